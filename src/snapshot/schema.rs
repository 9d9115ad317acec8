//! The file's tables and views: how a snapshot is created and opened.
//!
//! **Invariant:** a file that is not a snapshot of this format is never written to.

use std::path::Path;

use rusqlite::Connection;

use super::columns;
use super::error::SnapshotError;
use super::format::SNAPSHOT;
use super::sid_set;
use crate::model::Entity;
use crate::storage::{self, OpenMode, SqliteDraft};

const SCHEMA: &str = include_str!("schema.sql");

/// Page cache of a connection, in KiB: users and channels are looked up between the rows of a walk. SQLite sorts in as much memory again
/// before it goes to a temporary file, and two snapshots and a plan are open at a time.
pub(super) const CACHE: u32 = 16 * 1024;

/// Pages of the write-ahead log before they go into the file (32 MiB): the more, the fewer are written twice.
pub(super) const CHECKPOINT_PAGES: u32 = 4096;

/// Creates an empty snapshot in a draft.
pub(super) fn create(draft: &SqliteDraft, path: &Path) -> Result<Connection, SnapshotError> {
    let connection = draft.connect()?;
    let wrap = |source| SnapshotError::from_sqlite(path, source);
    tune(&connection).map_err(wrap)?;
    let tables = write_out(SCHEMA);
    connection.execute_batch(&format!("BEGIN; {tables} {} COMMIT;", SNAPSHOT.mark())).map_err(wrap)?;
    Ok(connection)
}

/// Opens an existing snapshot for writing. The caller holds the lock.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, SnapshotError> {
    open(path, OpenMode::Write)
}

/// Opens an existing snapshot for reading; a crawl may continue to write meanwhile.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, SnapshotError> {
    open(path, OpenMode::Read)
}

fn open(path: &Path, mode: OpenMode) -> Result<Connection, SnapshotError> {
    let connection = storage::open(&SNAPSHOT, path, mode)?;
    let prepare = || {
        tune(&connection)?;
        add_bindings(&connection)
    };
    prepare().map_err(|source| SnapshotError::from_sqlite(path, source))?;
    Ok(connection)
}

/// Gives a connection to a file of format 2 the table that only later formats have, empty and of this connection: it is read as a
/// snapshot without bindings.
fn add_bindings(connection: &Connection) -> rusqlite::Result<()> {
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let Some((_, table)) = SCHEMA.split_once("CREATE TABLE binding_row").filter(|_| format < 3) else {
        return Ok(());
    };
    let (table, _) = table.split_once(';').unwrap_or((table, ""));
    connection.execute_batch(&write_out(&format!("CREATE TEMP TABLE binding_row {table}")))
}

/// Settings of every connection.
fn tune(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    // NORMAL with a write-ahead log: a killed process loses nothing that was committed; a power cut may lose the last
    // commits but never tears one.
    connection.execute_batch(&format!(
        "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -{CACHE}; PRAGMA temp_store = FILE;
         PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA foreign_keys = OFF;"
    ))?;
    sid_set::register(connection)
}

/// Writes out the shorthands of the schema and of statements: `@columns(user)` for the columns of a record, `@fields(user)` for
/// its fields in a view, `@US(column)` for a SID's text, `@date(column)` for a date's.
pub(super) fn write_out(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() * 2);
    let mut parts = sql.split('@');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let Some(((name, column), rest)) =
            part.split_once(')').and_then(|(call, rest)| Some((call.split_once('(')?, rest)))
        else {
            out.push('@');
            out.push_str(part);
            continue;
        };
        let entity = || Entity::ALL.into_iter().find(|entity| entity.singular() == column);
        let expression = if let ("columns", Some(entity)) = (name, entity()) {
            columns::declared(entity)
        } else if let ("fields", Some(entity)) = (name, entity()) {
            write_out(&columns::shown(entity))
        } else if name == "date" {
            format!(
                "CASE typeof({column}) WHEN 'integer' THEN strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch') \
                 ELSE {column} END"
            )
        } else {
            format!(
                "CASE typeof({column}) WHEN 'blob' THEN '{name}' || lower(hex({column})) ELSE {column} END"
            )
        };
        out.push_str(&expression);
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Access;

    /// Scripts query the views, and other versions of the program read the tables: neither changes within a format.
    #[test]
    fn every_table_and_view_has_the_columns_of_its_format() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.db");
        let draft = SqliteDraft::begin(&SNAPSHOT, &path, Access::Private).unwrap();
        let connection = create(&draft, &path).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT s.type || ' ' || s.name || ': ' || group_concat(trim(c.name || ' ' || c.type), ', ')
                 FROM sqlite_schema s JOIN pragma_table_info(s.name) c WHERE s.type IN ('table', 'view')
                 GROUP BY s.name ORDER BY s.type, s.name",
            )
            .unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let columns: Vec<String> = rows.map(Result::unwrap).collect();
        insta::assert_snapshot!(format!("format {}\n{}", SNAPSHOT.format, columns.join("\n")));
    }
}
