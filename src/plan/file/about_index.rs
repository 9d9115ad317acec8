//! An index of a plan's operations by the records that they are about, for programs that ask often.
//!
//! It is a file beside the plan, made once and recognized by the plan's digest: applying the plan changes no operation's subject. Where
//! none can be written there, or another file has its name, it is made in the connection for one run.
//!
//! **Invariant:** the plan itself is not written to: it is sealed, and may lie on read-only media.
//!
//! **Why not in the plan:** most plans are never asked, and three more indexes would make each of them a quarter larger.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};

use super::reader::PlanFile;
use crate::plan::error::PlanError;
use crate::storage::{self, Access, FileKind, OpenMode, SqliteDraft, StorageError, with_suffix};

static ABOUT: FileKind = FileKind {
    noun: "index of a plan",
    application: 0x4368_4669,
    format: 1,
    oldest: 1,
    option: "--plan",
    command: "chatferry browse",
    remake: "remove it, and `chatferry browse` makes it again",
    after_full: "the plan is as it was",
};

/// What of an operation is indexed; the number stands for it in the file.
pub(super) const USER: i64 = 1;
pub(super) const IDENTITY: i64 = 2;
pub(super) const CHANNEL: i64 = 3;
pub(super) const ROLE: i64 = 4;

/// The keys of all operations, as a query. A role's are those of the role itself, not of everyone who has it.
fn keys() -> String {
    let of = |(kind, column, also): (i64, &str, &str)| {
        format!("SELECT {kind}, {column}, number FROM operation WHERE {column} IS NOT NULL{also}")
    };
    [
        (USER, "user", ""),
        (IDENTITY, "identity", ""),
        (CHANNEL, "channel", ""),
        (ROLE, "role", " AND channel IS NULL"),
    ]
    .map(of)
    .join(" UNION ALL ")
}

const TABLE: &str = "subject (kind INTEGER NOT NULL, key NOT NULL, number INTEGER NOT NULL)";
const INDEX: &str = "subject_by_key ON subject (kind, key, number)";

/// The condition on operations with any of these keys, whose values are the parameters in order. `schema` is where the index is in
/// the connection.
pub(super) fn condition(schema: &str, kinds: &[i64]) -> String {
    let each: Vec<String> = (1..)
        .zip(kinds)
        .map(|(at, kind)| format!("SELECT number FROM {schema}.subject WHERE kind = {kind} AND key = ?{at}"))
        .collect();
    format!("number IN ({})", each.join(" UNION "))
}

/// A plan with an index of its records; `making` is called where the index is not there yet.
pub(crate) fn indexed(mut plan: PlanFile, making: impl FnOnce()) -> Result<PlanFile, PlanError> {
    let path = with_suffix(plan.path(), ".search");
    let foreign = match digest_in(&path) {
        Ok(digest) if digest.as_deref() == Some(plan.digest()) && attach(&mut plan, &path)? => {
            return Ok(plan);
        }
        Ok(_) | Err(StorageError::Missing { .. } | StorageError::OtherFormat { .. }) => false,
        // What is there is not an index of this program, or it cannot be read: it is left alone.
        Err(_) => true,
    };
    making();
    if !foreign {
        match make(&plan, &path) {
            Ok(()) if attach(&mut plan, &path)? => return Ok(plan),
            Ok(()) => {}
            Err(PlanError::Storage(error)) => {
                tracing::debug!(%error, "the index of the plan cannot be kept beside it");
            }
            Err(error) => return Err(error),
        }
    }
    let keys = keys();
    let sql =
        format!("CREATE TEMP TABLE {TABLE}; INSERT INTO temp.subject {keys}; CREATE INDEX temp.{INDEX};");
    plan.connection().execute_batch(&sql).map_err(|source| plan.wrap(source))?;
    plan.set_about_index("temp");
    Ok(plan)
}

/// Whether it could be attached. SQLite takes only a path that is text.
fn attach(plan: &mut PlanFile, path: &Path) -> Result<bool, PlanError> {
    let Some(text) = path.to_str() else { return Ok(false) };
    plan.connection().execute("ATTACH ?1 AS about", [text]).map_err(|source| plan.wrap(source))?;
    plan.set_about_index("about");
    Ok(true)
}

fn make(plan: &PlanFile, path: &Path) -> Result<(), PlanError> {
    let draft = SqliteDraft::begin(&ABOUT, path, Access::Private)?;
    let connection = draft.connect()?;
    fill(plan, &connection, path)?;
    drop(connection);
    draft.publish()?;
    Ok(())
}

fn fill(plan: &PlanFile, index: &Connection, path: &Path) -> Result<(), PlanError> {
    let wrap = |source| PlanError::from(StorageError::from_sqlite(&ABOUT, path, source));
    let begin = format!(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; {} BEGIN;
         CREATE TABLE property (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID; CREATE TABLE {TABLE};",
        ABOUT.mark()
    );
    index.execute_batch(&begin).map_err(wrap)?;
    let mut insert = index.prepare("INSERT INTO subject VALUES (?1, ?2, ?3)").map_err(wrap)?;
    plan.rows::<_, PlanError>(
        &keys(),
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Value>(1)?, row.get::<_, i64>(2)?)),
        |key| insert.execute(key).map(drop).map_err(wrap),
    )?;
    drop(insert);
    index.execute("INSERT INTO property VALUES ('plan', ?1)", [plan.digest()]).map_err(wrap)?;
    index.execute_batch(&format!("CREATE INDEX {INDEX}; COMMIT")).map_err(wrap)
}

/// The digest of the plan that an index is of.
fn digest_in(path: &Path) -> Result<Option<String>, StorageError> {
    let connection = storage::open(&ABOUT, path, OpenMode::Read)?;
    let digest = connection
        .query_row("SELECT value FROM property WHERE key = 'plan'", [], |row| row.get(0))
        .optional();
    digest.map_err(|source| StorageError::from_sqlite(&ABOUT, path, source))
}
