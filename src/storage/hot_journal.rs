//! Undoes what a killed run had begun to write into a SQLite file without a write-ahead log, as in the moment in which it gets its log.
//!
//! SQLite does so when the file is opened by whom may write. One that is opened to read only is refused, and so would be every
//! run that looks at the file before it writes.
//!
//! **Invariant:** it is undone only where no other process writes: the file is locked meanwhile.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::FileKind;
use super::lock::FileLock;
use super::path::{resolve, with_suffix};

/// Where a SQLite file has its application's number (<https://www.sqlite.org/fileformat.html>).
const APPLICATION_AT: u64 = 68;

/// Undoes it where a journal lies beside the file. What cannot be undone is reported by whatever reads the file next.
pub(super) fn roll_back(kind: &'static FileKind, path: &Path) {
    let Ok(real) = resolve(path) else { return };
    let has_journal = fs::metadata(with_suffix(&real, "-journal")).is_ok_and(|journal| journal.len() > 0);
    if !has_journal || !application(&real).is_ok_and(|found| i64::from(found) == kind.application) {
        return;
    }
    // A journal of a run that goes on is not ours to undo.
    let Ok(_lock) = FileLock::of_file(&real) else { return };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let undone = Connection::open_with_flags(&real, flags).and_then(|connection| {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
    });
    match undone {
        Ok(_) => tracing::debug!(file = %path.display(), "what a killed run had begun was undone"),
        Err(error) => {
            tracing::debug!(file = %path.display(), %error, "what a killed run had begun cannot be undone");
        }
    }
}

fn application(path: &Path) -> io::Result<u32> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(APPLICATION_AT))?;
    let mut number = [0; 4];
    file.read_exact(&mut number)?;
    Ok(u32::from_be_bytes(number))
}
