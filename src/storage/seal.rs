//! The seal of a finished SQLite file: a digest of its bytes, behind its last page.
//!
//! SQLite notices damage to the structure of a file, not to the values in it: a flipped bit in a name is another name. The seal says whether
//! the bytes are those that were written. SQLite and its tools ignore what stands behind the last page.
//!
//! **Invariant:** a seal is of the file as it was last closed. A writer removes the seal first.
//!
//! Why a file that another tool wrote to counts as not sealed: SQLite numbers the changes of a file in its header, and the seal keeps the
//! number. A changed value is the user's business; a changed byte without a new number is damage.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::{FileKind, StorageError};
use super::path::{resolve, with_suffix};

const MAGIC: [u8; 8] = *b"ChFySeal";

/// Magic, number of the last change, length of the file without its seal, SHA-256 of that.
const LENGTH: usize = 8 + 4 + 8 + 32;

/// Where SQLite's header has the number of the last change, and the same number once more.
const CHANGE: usize = 24;
const CHANGE_AGAIN: usize = 92;
const HEADER: usize = 100;

/// Where the header has the size of a page, in two bytes, and the number of pages.
const PAGE_SIZE: usize = 16;
const PAGES: usize = 28;

/// Read at a time.
const CHUNK: usize = 1 << 20;

struct Seal {
    change: [u8; 4],
    length: u64,
    digest: [u8; 32],
}

impl Seal {
    /// The seal of a file, if it has one.
    fn read(file: &mut File) -> io::Result<Option<Self>> {
        let size = file.metadata()?.len();
        let Some(length) = size.checked_sub(LENGTH as u64) else { return Ok(None) };
        let mut bytes = [0; LENGTH];
        file.seek(SeekFrom::Start(length))?;
        file.read_exact(&mut bytes)?;
        let (magic, rest) = bytes.split_at(8);
        let (change, rest) = rest.split_at(4);
        let (sealed, digest) = rest.split_at(8);
        if magic != MAGIC || sealed != length.to_be_bytes() {
            return Ok(None);
        }
        let mut seal = Self { change: [0; 4], length, digest: [0; 32] };
        seal.change.copy_from_slice(change);
        seal.digest.copy_from_slice(digest);
        Ok(Some(seal))
    }

    /// The seal that a file of this length shall have.
    fn of(file: &mut File, length: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        let mut hasher = Sha256::new();
        let mut rest = file.take(length);
        let mut buffer = vec![0; CHUNK];
        let mut change = [0; 4];
        let mut at_start = true;
        loop {
            let read = rest.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            if at_start && let Some(header) = bytes.get(CHANGE..CHANGE + 4) {
                change.copy_from_slice(header);
            }
            at_start = false;
            hasher.update(bytes);
        }
        Ok(Self { change, length, digest: hasher.finalize().into() })
    }
}

/// The length that a file has by its header: SQLite never leaves a shorter one. 0 where the header does not say.
fn length_in(header: &[u8; HEADER]) -> u64 {
    let number = |place: usize| {
        header
            .get(place..place + 4)
            .map_or(0, |bytes| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    // 1 stands for 65,536 bytes.
    let page = match number(PAGE_SIZE) >> 16 {
        1 => 1 << 16,
        size => size,
    };
    if number(CHANGE) == number(CHANGE_AGAIN) { page * number(PAGES) } else { 0 }
}

/// Seals a closed file. The caller has its lock.
pub(crate) fn seal(kind: &'static FileKind, path: &Path) -> Result<(), StorageError> {
    let write = || {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        if let Some(old) = Seal::read(&mut file)? {
            file.set_len(old.length)?;
        }
        let length = file.metadata()?.len();
        let seal = Seal::of(&mut file, length)?;
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(MAGIC);
        bytes.extend(seal.change);
        bytes.extend(seal.length.to_be_bytes());
        bytes.extend(seal.digest);
        file.seek(SeekFrom::Start(length))?;
        file.write_all(&bytes)?;
        file.sync_all()
    };
    write().map_err(|source| StorageError::file(kind, path, source))
}

/// Removes the seal of a file that is about to be written to. The caller has its lock, and no transaction is open.
pub(crate) fn unseal(kind: &'static FileKind, path: &Path) -> Result<(), StorageError> {
    let remove = || {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        match Seal::read(&mut file)? {
            Some(seal) => file.set_len(seal.length),
            None => Ok(()),
        }
    };
    remove().map_err(|source| StorageError::file(kind, path, source))
}

/// Reads a file once and compares it with its seal. One that is not sealed passes, unless it is shorter than it says: it is not finished, or
/// another tool wrote to it.
pub(crate) fn check_seal(kind: &'static FileKind, path: &Path) -> Result<(), StorageError> {
    let is_broken = || {
        let mut file = match File::open(path) {
            // Opening the file reports that, and better.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file?,
        };
        if !file.metadata()?.is_file() {
            return Ok(false);
        }
        let size = file.metadata()?.len();
        let written = Seal::read(&mut file)?;
        if size < HEADER as u64 {
            return Ok(false);
        }
        let mut header = [0; HEADER];
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut header)?;
        let at = |place: usize| header.get(place..place + 4).unwrap_or_default();
        // What a log next to it has may be missing from the file.
        let has_log = with_suffix(&resolve(path)?, "-wal").exists();
        let Some(written) = written else { return Ok(!has_log && size < length_in(&header)) };
        if at(CHANGE) == at(CHANGE_AGAIN) && at(CHANGE) != written.change {
            return Ok(false);
        }
        Ok::<_, io::Error>(Seal::of(&mut file, written.length)?.digest != written.digest)
    };
    match is_broken() {
        Ok(false) => Ok(()),
        Ok(true) => Err(StorageError::Altered { kind, path: path.to_path_buf() }),
        Err(source) => Err(StorageError::file(kind, path, source)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rusqlite::Connection;

    use super::*;

    static KIND: FileKind = FileKind {
        noun: "book",
        application: 1,
        format: 1,
        oldest: 1,
        option: "--book",
        command: "chatferry write",
        remake: "write another one",
        after_full: "nothing was changed",
    };

    fn book(folder: &tempfile::TempDir) -> std::path::PathBuf {
        let path = folder.path().join("book.db");
        let rows: String = (0..200)
            .fold(String::new(), |sql, row| sql + &format!("INSERT INTO page VALUES ('text of row {row}');"));
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(&format!("BEGIN; CREATE TABLE page (text); {rows} COMMIT")).unwrap();
        drop(connection);
        seal(&KIND, &path).unwrap();
        path
    }

    #[test]
    fn every_flipped_bit_is_found_and_the_file_stays_one_of_sqlite() {
        let folder = tempfile::tempdir().unwrap();
        let path = book(&folder);
        check_seal(&KIND, &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        let count: i64 = connection.query_row("SELECT count(*) FROM page", [], |row| row.get(0)).unwrap();
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        drop(connection);
        assert_eq!((count, sound.as_str()), (200, "ok"));
        let good = fs::read(&path).unwrap();
        for at in (0..good.len() - LENGTH).step_by(97).chain([CHANGE, CHANGE_AGAIN]) {
            let mut bytes = good.clone();
            bytes[at] ^= 4;
            fs::write(&path, bytes).unwrap();
            let found = check_seal(&KIND, &path);
            assert!(matches!(found, Err(StorageError::Altered { .. })), "byte {at}: {found:?}");
        }
        for length in [good.len() - LENGTH - 1, good.len() / 2, 200] {
            fs::write(&path, &good[..length]).unwrap();
            let found = check_seal(&KIND, &path);
            assert!(matches!(found, Err(StorageError::Altered { .. })), "cut to {length}: {found:?}");
        }
        fs::write(&path, good).unwrap();
        check_seal(&KIND, &path).unwrap();
    }

    #[test]
    fn what_another_tool_wrote_is_not_damage_and_what_is_resumed_has_no_seal() {
        let folder = tempfile::tempdir().unwrap();
        let path = book(&folder);
        Connection::open(&path).unwrap().execute_batch("UPDATE page SET text = 'edited'").unwrap();
        check_seal(&KIND, &path).unwrap();
        seal(&KIND, &path).unwrap();
        let sealed = fs::metadata(&path).unwrap().len();
        seal(&KIND, &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), sealed, "one seal at a time");
        unseal(&KIND, &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), sealed - LENGTH as u64);
        unseal(&KIND, &path).unwrap();
        check_seal(&KIND, &path).unwrap();
        check_seal(&KIND, &folder.path().join("none.db")).unwrap();
    }
}
