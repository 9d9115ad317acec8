//! The file's format: how it is made, recognized and refused.
//!
//! **Invariant:** a file that is not a plan of this format is never written to.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::plan::error::PlanError;
use crate::plan::operation::{Kind, State, WriteLimit};

/// The number in `PRAGMA application_id`: the letters `ChFp`.
const APPLICATION: i64 = 0x4368_4670;

/// The format that this version reads and writes: the number in `PRAGMA user_version`.
pub(crate) const FORMAT: i64 = 2;

/// Page cache of a connection, in KiB. Sorts spill to temporary files beyond it, so this bounds SQLite's memory.
const CACHE: u32 = 16 * 1024;

/// The number that stands for a kind.
pub(super) fn kind_number(kind: Kind) -> i64 {
    number(Kind::ALL.iter().position(|other| *other == kind))
}

/// The number that stands for a state.
pub(super) fn state_number(state: State) -> i64 {
    number(State::ALL.iter().position(|other| *other == state))
}

fn number(position: Option<usize>) -> i64 {
    position.and_then(|position| i64::try_from(position).ok()).expect("ALL has every variant")
}

/// Creates a new, empty plan where no file is. Errors name the plan that it is a draft of.
///
/// A draft is thrown away when anything goes wrong, so it needs no journal and no syncing before it is whole.
pub(super) fn create(draft: &Path, plan: &Path) -> Result<Connection, PlanError> {
    let wrap = |source| PlanError::from_sqlite(plan, source);
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(draft)
        .map_err(|source| PlanError::File { path: plan.to_path_buf(), source })?;
    let connection = Connection::open(draft).map_err(wrap)?;
    connection
        .execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE")
        .map_err(wrap)?;
    tune(&connection).map_err(wrap)?;
    connection.execute_batch("PRAGMA synchronous = OFF").map_err(wrap)?;
    let sql = format!(
        "{} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; BEGIN;",
        write_out(include_str!("schema.sql"))
    );
    connection.execute_batch(&sql).map_err(wrap)?;
    let names = |table: &str, names: &mut dyn Iterator<Item = &'static str>| {
        let mut insert =
            connection.prepare(&format!("INSERT INTO {table} (number, name) VALUES (?1, ?2)"))?;
        (0_i64..).zip(names).try_for_each(|(number, name)| insert.execute((number, name)).map(|_| ()))
    };
    names("kinds", &mut Kind::ALL.iter().map(|kind| kind.name())).map_err(wrap)?;
    names("states", &mut State::ALL.iter().map(|state| state.name())).map_err(wrap)?;
    Ok(connection)
}

/// Opens an existing plan for reading; a run may go on applying it meanwhile.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, PlanError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Opens an existing plan to apply it. The caller holds the lock.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, PlanError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Opens an existing plan.
fn open(path: &Path, flags: OpenFlags) -> Result<Connection, PlanError> {
    let wrap = |source| PlanError::from_sqlite(path, source);
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(PlanError::NotAPlan { path: path.to_path_buf() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(PlanError::Missing { path: path.to_path_buf() });
        }
        Err(source) => return Err(PlanError::File { path: path.to_path_buf(), source }),
    }
    let connection = Connection::open_with_flags(path, flags).map_err(wrap)?;
    let number =
        |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    if number("application_id").map_err(wrap)? != APPLICATION {
        return Err(PlanError::NotAPlan { path: path.to_path_buf() });
    }
    let found = number("user_version").map_err(wrap)?;
    if found != FORMAT {
        return Err(PlanError::OtherFormat { path: path.to_path_buf(), found });
    }
    tune(&connection).map_err(wrap)?;
    Ok(connection)
}

/// Settings of every connection.
fn tune(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch(&format!(
        "PRAGMA cache_size = -{CACHE}; PRAGMA temp_store = FILE; PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL;
         PRAGMA foreign_keys = OFF;"
    ))
}

/// Writes out the shorthands of the schema: `@US(column)` for a SID's text, `@service_kinds` for their numbers.
fn write_out(sql: &str) -> String {
    let of_service = |kind: &Kind| kind.write_limit() == WriteLimit::Service;
    let kinds: Vec<String> =
        Kind::ALL.into_iter().filter(of_service).map(|kind| kind_number(kind).to_string()).collect();
    let sql = sql.replace("@service_kinds", &kinds.join(", "));
    let mut parts = sql.split('@');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let call =
            part.split_once(')').and_then(|(call, rest)| call.split_once('(').map(|call| (call, rest)));
        let ((name, column), rest) = call.expect("the schema has `@` before `US(column)` only");
        out.push_str("CASE typeof(");
        out.push_str(column);
        out.push_str(") WHEN 'blob' THEN '");
        out.push_str(name);
        out.push_str("' || lower(hex(");
        out.push_str(column);
        out.push_str(")) ELSE ");
        out.push_str(column);
        out.push_str(" END");
        out.push_str(rest);
    }
    out
}
