//! The file's format: how it is made, recognized and refused.
//!
//! **Invariant:** a file that is not a snapshot of this format is never written to.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::SnapshotError;

/// The number in `PRAGMA application_id`: the letters `ChFy`.
const APPLICATION: i64 = 0x4368_4679;

/// The format that this version reads and writes: the number in `PRAGMA user_version`.
pub(crate) const FORMAT: i64 = 2;

/// Page cache of a connection that writes, in KiB. Sorts spill to temporary files beyond it, so this bounds SQLite's memory.
pub(super) const CACHE_TO_WRITE: u32 = 16 * 1024;

/// Page cache of a connection that reads, in KiB: users and channels are looked up beside the rows of a walk.
const CACHE_TO_READ: u32 = 48 * 1024;

/// Pages of the write-ahead log before they go into the file (32 MiB): the more, the fewer are written twice.
const CHECKPOINT_PAGES: u32 = 4096;

/// Creates a new, empty snapshot where no file is. Errors name the snapshot that it is a draft of.
pub(super) fn create(draft: &Path, snapshot: &Path) -> Result<Connection, SnapshotError> {
    let wrap = |source| SnapshotError::from_sqlite(snapshot, source);
    // `create_new` says precisely why a file cannot be made; SQLite says only that it cannot.
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(draft)
        .map_err(|source| SnapshotError::File { path: snapshot.to_path_buf(), source })?;
    let connection = Connection::open(draft).map_err(wrap)?;
    connection.execute_batch("PRAGMA page_size = 8192").map_err(wrap)?;
    tune(&connection, CACHE_TO_WRITE).map_err(wrap)?;
    let sql = format!(
        "BEGIN; {} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;",
        write_out(include_str!("schema.sql"))
    );
    connection.execute_batch(&sql).map_err(wrap)?;
    Ok(connection)
}

/// Opens an existing snapshot for writing. The caller holds the lock.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, SnapshotError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX, CACHE_TO_WRITE)
}

/// Opens an existing snapshot for reading; a crawl may go on writing meanwhile.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, SnapshotError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX, CACHE_TO_READ)
}

fn open(path: &Path, flags: OpenFlags, cache_kib: u32) -> Result<Connection, SnapshotError> {
    let wrap = |source| SnapshotError::from_sqlite(path, source);
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(SnapshotError::NotASnapshot { path: path.to_path_buf() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(SnapshotError::Missing { path: path.to_path_buf() });
        }
        Err(source) => return Err(SnapshotError::File { path: path.to_path_buf(), source }),
    }
    let connection = Connection::open_with_flags(path, flags).map_err(wrap)?;
    let number =
        |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    if number("application_id").map_err(wrap)? != APPLICATION {
        return Err(SnapshotError::NotASnapshot { path: path.to_path_buf() });
    }
    let found = number("user_version").map_err(wrap)?;
    if found != FORMAT {
        return Err(SnapshotError::OtherFormat { path: path.to_path_buf(), found });
    }
    tune(&connection, cache_kib).map_err(wrap)?;
    Ok(connection)
}

/// Settings of every connection.
fn tune(connection: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    // NORMAL with a write-ahead log: a killed process loses nothing that was committed; a power cut may lose the last
    // commits but never tears one.
    connection.execute_batch(&format!(
        "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -{cache_kib}; PRAGMA temp_store = FILE;
         PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA foreign_keys = OFF;"
    ))?;
    super::evidence::register(connection)
}

/// Writes out the shorthands of views and statements: `@US(column)` for a SID's text, `@date(column)` for a date's.
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
        let expression = if name == "date" {
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

    /// Scripts query the views, and other versions of the program read the tables: neither changes within a format.
    #[test]
    fn every_table_and_view_has_the_columns_of_its_format() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.db");
        let connection = create(&path, &path).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT s.type || ' ' || s.name || ': ' || group_concat(trim(c.name || ' ' || c.type), ', ')
                 FROM sqlite_schema s JOIN pragma_table_info(s.name) c WHERE s.type IN ('table', 'view')
                 GROUP BY s.name ORDER BY s.type, s.name",
            )
            .unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let columns: Vec<String> = rows.map(Result::unwrap).collect();
        insta::assert_snapshot!(format!("format {FORMAT}\n{}", columns.join("\n")));
    }
}
