//! The file's format: how it is made, recognized and refused.
//!
//! **Invariant:** a file that is not a plan of this format is never written to.

use std::path::Path;

use rusqlite::Connection;

use crate::plan::error::PlanError;
use crate::plan::format::PLAN;
use crate::plan::operation::{OperationKind, OperationState, WriteLimit};
use crate::storage::{self, OpenMode, SqliteDraft};

/// Page cache of a connection, in KiB. Sorts spill to temporary files beyond it, so this bounds SQLite's memory.
const CACHE: u32 = 8 * 1024;

/// The number that stands for a kind.
pub(super) fn kind_number(kind: OperationKind) -> i64 {
    number(OperationKind::ALL.iter().position(|other| *other == kind))
}

/// The number that stands for a state.
pub(super) fn state_number(state: OperationState) -> i64 {
    number(OperationState::ALL.iter().position(|other| *other == state))
}

fn number(position: Option<usize>) -> i64 {
    position.and_then(|position| i64::try_from(position).ok()).expect("ALL has every variant")
}

/// Creates an empty plan in a draft.
///
/// A draft is thrown away when anything goes wrong, so it needs no journal and no syncing before it is complete.
pub(super) fn create(draft: &SqliteDraft, plan: &Path) -> Result<Connection, PlanError> {
    let wrap = |source| PlanError::from_sqlite(plan, source);
    let connection = draft.connect()?;
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE").map_err(wrap)?;
    tune(&connection).map_err(wrap)?;
    connection.execute_batch("PRAGMA synchronous = OFF").map_err(wrap)?;
    let sql = format!("{} {} BEGIN;", write_out(include_str!("schema.sql")), PLAN.mark());
    connection.execute_batch(&sql).map_err(wrap)?;
    let names = |table: &str, names: &mut dyn Iterator<Item = &'static str>| {
        let mut insert =
            connection.prepare(&format!("INSERT INTO {table} (number, name) VALUES (?1, ?2)"))?;
        (0_i64..).zip(names).try_for_each(|(number, name)| insert.execute((number, name)).map(|_| ()))
    };
    names("kinds", &mut OperationKind::ALL.iter().map(|kind| kind.name())).map_err(wrap)?;
    names("states", &mut OperationState::ALL.iter().map(|state| state.name())).map_err(wrap)?;
    Ok(connection)
}

/// Opens an existing plan for reading; a run may go on applying it meanwhile.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, PlanError> {
    open(path, OpenMode::Read)
}

/// Opens an existing plan to apply it. The caller holds the lock.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, PlanError> {
    open(path, OpenMode::Write)
}

fn open(path: &Path, mode: OpenMode) -> Result<Connection, PlanError> {
    let connection = storage::open(&PLAN, path, mode)?;
    tune(&connection).map_err(|source| PlanError::from_sqlite(path, source))?;
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
    let of_service = |kind: &OperationKind| kind.write_limit() == WriteLimit::Service;
    let kinds: Vec<String> =
        OperationKind::ALL.into_iter().filter(of_service).map(|kind| kind_number(kind).to_string()).collect();
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
