//! A SQLite file of this program: recognized by its format, created as a draft that appears complete, closed into one file.
//!
//! **Invariant:** at the file's path stands no file, the file that was there before, or a complete one. A run that is killed or finds the
//! disk full while it makes the file leaves a draft next to it, which the next run removes.
//!
//! **Invariant:** a file never gets the write-ahead log of another. SQLite would play that log into it, and
//! what was just written would be what was there before.
//!
//! **Invariant:** a file that is not of the kind and format asked for is never written to.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::access::Access;
use super::atomic::{remove, sync_folder};
use super::error::{FileKind, StorageError};
use super::hot_journal;
use super::kill_point::kill_point;
use super::lock::{FileLock, LockError};
use super::path::{names_of, parent, resolve, with_suffix};
use super::seal::seal;

/// The companions that SQLite keeps of a file, by their suffixes.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenMode {
    /// Another run may go on writing to it meanwhile.
    Read,
    /// The caller has the lock.
    Write,
}

impl FileKind {
    /// The statements that mark a new file as one of this kind.
    pub(crate) fn mark(&self) -> String {
        let Self { application, format, .. } = self;
        format!("PRAGMA application_id = {application}; PRAGMA user_version = {format};")
    }

    /// The formats that are read: `2`, or `2 to 3`.
    pub(super) fn formats(&self) -> String {
        if self.oldest == self.format {
            self.format.to_string()
        } else {
            format!("{} to {}", self.oldest, self.format)
        }
    }
}

pub(crate) fn open(kind: &'static FileKind, path: &Path, mode: OpenMode) -> Result<Connection, StorageError> {
    let wrap = |source| StorageError::from_sqlite(kind, path, source);
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(StorageError::OtherKind { kind, path: path.to_path_buf() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(StorageError::Missing { kind, path: path.to_path_buf() });
        }
        Err(source) => return Err(StorageError::file(kind, path, source)),
    }
    if mode == OpenMode::Read {
        hot_journal::roll_back(kind, path);
    }
    let access = match mode {
        OpenMode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        OpenMode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let connection =
        Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(wrap)?;
    // Else a prepared statement is compiled again whenever other values are bound to it, for statistics that these files do not have.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(wrap)?;
    let number =
        |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    if number("application_id").map_err(wrap)? != kind.application {
        return Err(StorageError::OtherKind { kind, path: path.to_path_buf() });
    }
    let found = number("user_version").map_err(wrap)?;
    if !(kind.oldest..=kind.format).contains(&found) {
        return Err(StorageError::OtherFormat { kind, path: path.to_path_buf(), found });
    }
    refuse_lost_log(kind, path, &connection)?;
    Ok(connection)
}

/// The log of a file with several names is next to only one of them: read by another name, the file is not what was committed.
fn refuse_lost_log(
    kind: &'static FileKind,
    path: &Path,
    connection: &Connection,
) -> Result<(), StorageError> {
    let links = names_of(path).map_err(|source| StorageError::file(kind, path, source))?;
    if links < 2 {
        return Ok(());
    }
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .map_err(|source| StorageError::from_sqlite(kind, path, source))?;
    if mode == "wal" {
        return Err(StorageError::SeveralNames { kind, path: path.to_path_buf(), links });
    }
    Ok(())
}

/// Locks a file that exists. It need not be readable: a damaged one can be replaced.
pub(crate) fn lock(kind: &'static FileKind, path: &Path) -> Result<FileLock, StorageError> {
    let real = resolve(path).map_err(|source| StorageError::file(kind, path, source))?;
    FileLock::of_file(&real).map_err(|error| match error {
        LockError::System(error) if error.kind() == io::ErrorKind::NotFound => {
            StorageError::Missing { kind, path: path.to_path_buf() }
        }
        error => StorageError::lock(kind, path, error),
    })
}

/// Joins a file with its log, so that it can be copied and read from read-only media. False while another process reads it: then it
/// keeps its log, and a later run, or the process that closes it last, joins the two.
pub(crate) fn fold_log(
    kind: &'static FileKind,
    path: &Path,
    connection: &Connection,
) -> Result<bool, StorageError> {
    match connection.execute_batch("PRAGMA journal_mode = DELETE") {
        Ok(()) => Ok(true),
        Err(source) => match StorageError::from_sqlite(kind, path, source) {
            StorageError::Locked { .. } => {
                tracing::warn!(
                    file = %path.display(),
                    "another process reads the {}: copy it with its -wal file", kind.noun
                );
                Ok(false)
            }
            error => Err(error),
        },
    }
}

pub(crate) fn has_log(path: &Path) -> bool {
    resolve(path).is_ok_and(|real| with_suffix(&real, "-wal").exists())
}

/// Removes the companions that SQLite keeps of a file.
pub(crate) fn remove_companions(real: &Path) -> io::Result<()> {
    COMPANIONS.iter().try_for_each(|suffix| remove(&with_suffix(real, suffix)))
}

/// Removes a file with its companions. The caller has the lock, and no connection is open.
pub(crate) fn discard(kind: &'static FileKind, path: &Path) -> Result<(), StorageError> {
    let removed = resolve(path).and_then(|real| {
        remove_companions(&real)?;
        remove(&real)
    });
    removed.map_err(|source| StorageError::file(kind, path, source))
}

/// Whether a new file can be made here now: fails as [`SqliteDraft::begin`] would because of locks and folders, and leaves nothing.
pub(crate) fn check_place(kind: &'static FileKind, path: &Path, access: Access) -> Result<(), StorageError> {
    SqliteDraft::begin(kind, path, access).map(drop)
}

/// An unfinished SQLite file, under a name of its own next to its place. Dropped unpublished, it leaves nothing.
#[derive(Debug)]
pub(crate) struct SqliteDraft {
    kind: &'static FileKind,
    /// The place as it was typed, for messages.
    shown: PathBuf,
    place: PathBuf,
    draft: PathBuf,
    /// Gone once it is published.
    lock: Option<FileLock>,
}

impl SqliteDraft {
    /// Locks the place, and the file that stands there, and creates an empty draft.
    pub(crate) fn begin(kind: &'static FileKind, path: &Path, access: Access) -> Result<Self, StorageError> {
        let wrap = |source| StorageError::file(kind, path, source);
        let place = resolve(path).map_err(wrap)?;
        let draft = with_suffix(&place, ".new");
        let lock = FileLock::of_draft(&place, &draft, access)
            .map_err(|error| StorageError::lock(kind, path, error))?;
        remove_companions(&draft).map_err(wrap)?;
        Ok(Self { kind, shown: path.to_path_buf(), place, draft, lock: Some(lock) })
    }

    /// [`begin`](Self::begin) where no file may stand.
    pub(crate) fn begin_new(
        kind: &'static FileKind,
        path: &Path,
        access: Access,
    ) -> Result<Self, StorageError> {
        let draft = Self::begin(kind, path, access)?;
        // Only the owner of the draft publishes here, so this stays true.
        if draft.place.exists() {
            return Err(StorageError::file(kind, path, io::ErrorKind::AlreadyExists.into()));
        }
        Ok(draft)
    }

    /// A connection to the empty file.
    pub(crate) fn connect(&self) -> Result<Connection, StorageError> {
        let connect = || {
            let connection = Connection::open(&self.draft)?;
            connection.execute_batch("PRAGMA page_size = 8192")?;
            Ok(connection)
        };
        connect().map_err(|source| StorageError::from_sqlite(self.kind, &self.shown, source))
    }

    /// Seals the complete file. Its connections are closed.
    pub(crate) fn seal(&self) -> Result<(), StorageError> {
        seal(self.kind, &self.draft)
    }

    /// Puts the complete file in its place. Its connections are closed. The lock is on the file from now on.
    pub(crate) fn publish(mut self) -> Result<FileLock, StorageError> {
        let publish = || {
            OpenOptions::new().write(true).open(&self.draft).and_then(|file: File| file.sync_all())?;
            kill_point("publish");
            remove_companions(&self.place)?;
            fs::rename(&self.draft, &self.place)?;
            kill_point("publish");
            sync_folder(parent(&self.place))
        };
        publish().map_err(|source| StorageError::file(self.kind, &self.shown, source))?;
        Ok(self.lock.take().expect("it is published once"))
    }
}

impl Drop for SqliteDraft {
    fn drop(&mut self) {
        if self.lock.is_some() {
            // Where that fails the next run does it.
            let _removed = remove(&self.draft).and_then(|()| remove_companions(&self.draft)).is_ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static KIND: FileKind = FileKind {
        noun: "book",
        application: 0x426F_6F6B,
        format: 3,
        oldest: 3,
        option: "--book",
        command: "chatferry write",
        remake: "write another one",
        after_full: "nothing was changed",
    };

    fn make(path: &Path) -> Result<FileLock, StorageError> {
        let draft = SqliteDraft::begin_new(&KIND, path, Access::Private)?;
        let connection = draft.connect()?;
        connection
            .execute_batch(&format!("BEGIN; CREATE TABLE page (text); {} COMMIT;", KIND.mark()))
            .unwrap();
        drop(connection);
        draft.publish()
    }

    #[test]
    fn a_draft_is_put_in_place_or_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.db");
        fs::write(with_suffix(&path, "-wal"), "of a file that is gone").unwrap();
        fs::write(with_suffix(&path, ".new"), "of a run that was killed").unwrap();
        drop(SqliteDraft::begin_new(&KIND, &path, Access::Private).unwrap());
        assert!(!path.exists() && !with_suffix(&path, ".new").exists());
        let lock = make(&path).unwrap();
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.contains(&"book.db".into()) && !names.contains(&"book.db-wal".into()), "{names:?}");
        assert!(matches!(super::lock(&KIND, &path), Err(StorageError::Locked { .. })));
        drop(lock);
        assert!(matches!(make(&path), Err(StorageError::File { .. })), "a complete file is not made again");
        assert!(open(&KIND, &path, OpenMode::Read).is_ok());
    }

    #[test]
    fn what_a_killed_run_had_begun_is_undone_for_whoever_reads() {
        let folder = tempfile::tempdir().unwrap();
        let (path, killed) = (folder.path().join("book.db"), folder.path().join("killed.db"));
        drop(make(&path).unwrap());
        let writer = Connection::open(&path).unwrap();
        // Pages go into the file while the transaction is open.
        writer.execute_batch("PRAGMA cache_size = 1; BEGIN; PRAGMA user_version = 9").unwrap();
        for _ in 0..100 {
            writer.execute("INSERT INTO page VALUES (randomblob(9000))", []).unwrap();
        }
        fs::copy(&path, &killed).unwrap();
        let journal = |path: &Path| with_suffix(path, "-journal");
        fs::copy(journal(&path), journal(&killed)).unwrap();
        let rows = |connection: &Connection| -> i64 {
            connection.query_row("SELECT count(*) FROM page", [], |row| row.get(0)).unwrap()
        };
        // Not while another run holds it: that one may be the writer.
        let lock = super::lock(&KIND, &killed).unwrap();
        assert!(open(&KIND, &killed, OpenMode::Read).is_err());
        drop(lock);
        assert_eq!(rows(&open(&KIND, &killed, OpenMode::Read).unwrap()), 0);
        assert!(!journal(&killed).exists());
    }

    #[test]
    fn what_is_not_of_the_kind_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.db");
        let refused = || open(&KIND, &path, OpenMode::Write).unwrap_err();
        assert!(matches!(refused(), StorageError::Missing { .. }));
        fs::write(&path, "years of work, in words, and longer than any header").unwrap();
        assert!(matches!(refused(), StorageError::OtherKind { .. }));
        fs::remove_file(&path).unwrap();
        make(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 4").unwrap();
        assert!(matches!(refused(), StorageError::OtherFormat { found: 4, .. }));
    }

    #[cfg(unix)]
    #[test]
    fn files_are_private_and_so_is_what_sqlite_keeps_beside_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.db");
        let _lock = make(&path).unwrap();
        let connection = open(&KIND, &path, OpenMode::Write).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; INSERT INTO page VALUES ('text')").unwrap();
        let mut seen = 0;
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                path.display()
            );
            seen += 1;
        }
        assert!(seen >= 3, "the file, its log, and the log's index");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_in_use_under_another_name_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.db");
        let _lock = make(&path).unwrap();
        let other = folder.path().join("copy.db");
        fs::hard_link(&path, &other).unwrap();
        assert!(open(&KIND, &other, OpenMode::Read).is_ok(), "nothing is in a log");
        let connection = open(&KIND, &path, OpenMode::Read);
        drop(connection);
        fs::remove_file(&other).unwrap();
        let writer = open(&KIND, &path, OpenMode::Write).unwrap();
        writer.execute_batch("PRAGMA journal_mode = WAL; INSERT INTO page VALUES ('text')").unwrap();
        fs::hard_link(&path, &other).unwrap();
        let refused = open(&KIND, &other, OpenMode::Read);
        assert!(matches!(refused, Err(StorageError::SeveralNames { links: 2, .. })), "{refused:?}");
    }
}
