//! Checksums of the pages of a SQLite file while one run writes it, so that a page which changes by other means is noticed.
//!
//! SQLite notices damage to the structure of a file, and the seal is written at the end. Between the two, a value that a failing disk or
//! another program changes would be sealed as if it had been received.
//!
//! A page gets into the file through the write-ahead log. After each commit, [`PageSums::follow`] reads what the log gained: its frames have
//! checksums of their own, each with those before it, and each frame says which page it is. At the end [`PageSums::changed`] compares the file.
//!
//! **Invariant:** the log is moved into the file by its one writer only, after [`PageSums::follow`]: automatic checkpoints are off.
//!
//! **Invariant:** a [`PageSums`] outlives the connections to its file, as a lock does: closing a handle of a file ends the locks on it.
//!
//! Why 4 bytes for a page of 8 KiB: it is damage that is looked for, not an attacker, and this stays in memory (0.05 % of the file).

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;

use super::path::{resolve, with_suffix};

const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Where SQLite's header has the size of a page.
const PAGE_SIZE: u64 = 16;

/// Read at a time.
const CHUNK: usize = 1 << 20;

/// Checksums of pages. See the module.
#[derive(Debug)]
pub(crate) struct PageSums {
    file: File,
    log: PathBuf,
    page_size: usize,
    /// By the number of the page, from 1; 0 for one that was never written.
    sums: Vec<u32>,
    /// How far the log was followed.
    followed: Option<Followed>,
    /// Pages that the log has; the file may have older ones.
    in_log: HashSet<u32>,
}

/// The log up to a commit.
#[derive(Debug, Clone)]
struct Followed {
    salt: [u8; 8],
    /// Whether the log's checksums are of big-endian words.
    big_endian: bool,
    frames: u64,
    chain: (u32, u32),
}

impl PageSums {
    /// The sums of a file and its log as they are now.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let real = resolve(path)?;
        let mut file = OpenOptions::new().read(true).open(&real)?;
        let mut size = [0; 2];
        file.seek(SeekFrom::Start(PAGE_SIZE))?;
        file.read_exact(&mut size)?;
        // 1 stands for 65,536.
        let page_size = match u16::from_be_bytes(size) {
            1 => 1 << 16,
            size => usize::from(size),
        };
        let log = with_suffix(&real, "-wal");
        let mut sums =
            Self { file, log, page_size, sums: Vec::new(), followed: None, in_log: HashSet::new() };
        sums.sums = sums.read()?;
        sums.follow()?;
        Ok(sums)
    }

    /// The sums of the file's pages as they are now.
    fn read(&mut self) -> io::Result<Vec<u32>> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(CHUNK, &self.file);
        let mut page = vec![0; self.page_size];
        let mut sums = Vec::new();
        while read_or_end(&mut reader, &mut page)? {
            sums.push(sum(&page));
        }
        Ok(sums)
    }

    /// Takes what was committed since the last time: the number of frames of the log that are as SQLite wrote them. SQLite knows how many
    /// there should be.
    pub(crate) fn follow(&mut self) -> io::Result<u64> {
        let mut log = match File::open(&self.log) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.followed = None;
                return Ok(0);
            }
            log => log?,
        };
        let mut header = [0; LOG_HEADER];
        if !read_or_end(&mut log, &mut header)? {
            self.followed = None;
            return Ok(0);
        }
        let Some(start) = Followed::start(&header) else {
            self.followed = None;
            return Ok(0);
        };
        let mut at = match self.followed.take() {
            Some(followed) if followed.salt == start.salt => followed,
            _ => {
                // The log was moved into the file, and a new one takes its place.
                self.in_log.clear();
                start
            }
        };
        let frame = FRAME_HEADER + self.page_size;
        log.seek(SeekFrom::Start(LOG_HEADER as u64 + at.frames * frame as u64))?;
        let mut reader = BufReader::with_capacity(CHUNK, log);
        let mut bytes = vec![0; frame];
        let mut committed = at.clone();
        let mut pages: Vec<(u32, u32)> = Vec::new();
        while read_or_end(&mut reader, &mut bytes)? {
            let (header, page) = bytes.split_at(FRAME_HEADER);
            let Some(found) = at.take(header, page) else { break };
            pages.push((found.page, sum(page)));
            if found.is_commit {
                committed = at.clone();
                for (number, sum) in pages.drain(..) {
                    self.set(number, sum);
                }
            }
        }
        let frames = committed.frames;
        self.followed = Some(committed);
        Ok(frames)
    }

    fn set(&mut self, number: u32, sum: u32) {
        let Some(index) = number.checked_sub(1).and_then(|index| usize::try_from(index).ok()) else { return };
        if self.sums.len() <= index {
            self.sums.resize(index + 1, 0);
        }
        if let Some(place) = self.sums.get_mut(index) {
            *place = sum;
        }
        self.in_log.insert(number);
    }

    /// How many pages of the file are not as they were written. Where not all of the log is in the file yet, what the log has is left out.
    pub(crate) fn changed(&mut self, all_moved: bool) -> io::Result<usize> {
        let found = self.read()?;
        let is_changed = |(index, written): (usize, &u32)| {
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let is_elsewhere = !all_moved && self.in_log.contains(&number);
            *written != 0 && !is_elsewhere && found.get(index) != Some(written)
        };
        Ok(self.sums.iter().enumerate().filter(|page| is_changed(*page)).count())
    }
}

struct LogFrame {
    page: u32,
    is_commit: bool,
}

impl Followed {
    /// The empty log that this header begins; none where it is not one.
    fn start(header: &[u8; LOG_HEADER]) -> Option<Self> {
        let big_endian = match word(header, 0) {
            0x377f_0682 => false,
            0x377f_0683 => true,
            _ => return None,
        };
        let mut salt = [0; 8];
        salt.copy_from_slice(header.get(16..24)?);
        let chain = add((0, 0), header.get(..24)?, big_endian);
        (chain == (word(header, 24), word(header, 28))).then_some(Self { salt, big_endian, frames: 0, chain })
    }

    /// The next frame, if it belongs to this log and is as it was written.
    fn take(&mut self, header: &[u8], page: &[u8]) -> Option<LogFrame> {
        if header.get(8..16)? != self.salt {
            return None;
        }
        let chain = add(self.chain, header.get(..8)?, self.big_endian);
        let chain = add(chain, page, self.big_endian);
        if chain != (word(header, 16), word(header, 20)) {
            return None;
        }
        self.chain = chain;
        self.frames += 1;
        Some(LogFrame { page: word(header, 0), is_commit: word(header, 4) != 0 })
    }
}

/// The word at a place, as SQLite stores its own.
fn word(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    if let Some(found) = bytes.get(at..at + 4) {
        word.copy_from_slice(found);
    }
    u32::from_be_bytes(word)
}

/// SQLite's checksum of a log, continued over more bytes.
fn add((mut first, mut second): (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    let read = if big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
    for pair in bytes.as_chunks::<4>().0.as_chunks::<2>().0 {
        let [one, other] = pair.map(read);
        first = first.wrapping_add(one).wrapping_add(second);
        second = second.wrapping_add(other).wrapping_add(first);
    }
    (first, second)
}

/// The sum of a page; never 0.
fn sum(page: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(page);
    crc.sum().max(1)
}

/// Fills the buffer; false at the end, and where less is left than it takes.
fn read_or_end(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rusqlite::Connection;

    use super::*;

    struct Book {
        sums: PageSums,
        connection: Connection,
        path: PathBuf,
        folder: tempfile::TempDir,
    }

    fn book() -> Book {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "PRAGMA page_size = 1024; CREATE TABLE page (number INTEGER PRIMARY KEY, text);
                 PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;",
            )
            .unwrap();
        let sums = PageSums::of(&path).unwrap();
        Book { sums, connection, path, folder }
    }

    impl Book {
        fn write(&mut self, rows: std::ops::Range<u32>) -> u64 {
            self.connection.execute_batch("BEGIN").unwrap();
            for row in rows {
                let text = format!("{row} {}", "text ".repeat(40));
                let mut insert =
                    self.connection.prepare_cached("INSERT OR REPLACE INTO page VALUES (?1, ?2)").unwrap();
                insert.execute((row, text)).unwrap();
            }
            self.connection.execute_batch("COMMIT").unwrap();
            self.sums.follow().unwrap()
        }

        /// How many frames SQLite says that the log has, and how many of them are in the file now.
        fn checkpoint(&self) -> (u64, u64) {
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
            let (log, moved) = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], read).unwrap();
            (log.cast_unsigned(), moved.cast_unsigned())
        }
    }

    #[test]
    fn what_sqlite_writes_is_followed_through_many_logs() {
        let mut book = book();
        for step in 0..12 {
            let frames = book.write(step * 20..step * 20 + 60);
            // What is rolled back is in the log too, and is not counted.
            book.connection.execute_batch("BEGIN; DELETE FROM page WHERE number < 500; ROLLBACK").unwrap();
            assert_eq!(book.sums.follow().unwrap(), frames);
            if step % 3 == 2 {
                let (log, moved) = book.checkpoint();
                assert_eq!((log, moved), (frames, frames), "step {step}");
                assert_eq!(book.sums.changed(true).unwrap(), 0, "step {step}");
            }
            assert_eq!(book.sums.changed(false).unwrap(), 0, "step {step}");
        }
        let other = PageSums::of(&book.path).unwrap();
        assert_eq!(other.sums, book.sums.sums, "read at once it is the same");
        drop(book.folder);
    }

    #[test]
    fn a_changed_byte_of_the_file_is_found_wherever_it_is() {
        let mut book = book();
        book.write(0..300);
        book.checkpoint();
        book.write(300..310); // a part of the log is not in the file
        let good = std::fs::read(&book.path).unwrap();
        let mut found = 0;
        for at in (0..good.len()).step_by(509) {
            let mut file = OpenOptions::new().write(true).open(&book.path).unwrap();
            let mut damage = |byte: u8| {
                file.seek(SeekFrom::Start(at as u64)).unwrap();
                file.write_all(&[byte]).unwrap();
            };
            damage(good[at] ^ 1);
            let changed = book.sums.changed(false).unwrap();
            damage(good[at]);
            let page = u32::try_from(at / 1024 + 1).unwrap();
            assert_eq!(changed, usize::from(!book.sums.in_log.contains(&page)), "byte {at}");
            found += changed;
        }
        assert!(found > 50, "{found}");
        std::fs::OpenOptions::new().write(true).open(&book.path).unwrap().set_len(1024 * 20).unwrap();
        assert!(book.sums.changed(false).unwrap() > 20);
    }

    #[test]
    fn a_log_that_is_damaged_has_fewer_frames_than_sqlite_wrote() {
        let mut book = book();
        let frames = book.write(0..50);
        let log = with_suffix(&book.path, "-wal");
        let good = std::fs::read(&log).unwrap();
        for at in [3, 17, 40, 60, 2_000, good.len() - 1] {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            std::fs::write(&log, bytes).unwrap();
            book.sums.followed = None;
            assert!(book.sums.follow().unwrap() < frames, "byte {at}");
        }
        std::fs::write(&log, b"").unwrap();
        assert_eq!(book.sums.follow().unwrap(), 0);
        std::fs::write(&log, &good).unwrap();
        assert_eq!(book.sums.follow().unwrap(), frames);
    }
}
