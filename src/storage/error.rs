//! What can be wrong with a SQLite file of this program, whichever it is.

use std::io;
use std::path::{Path, PathBuf};

use super::lock::LockError;
use crate::error::{Advise, Failure};

/// A kind of SQLite file: how it is recognized, and how messages name it.
#[derive(Debug, PartialEq, Eq)]
pub struct FileKind {
    /// `snapshot`.
    pub(crate) noun: &'static str,
    /// The number in `PRAGMA application_id`.
    pub(crate) application: i64,
    /// The format that this version reads and writes: the number in `PRAGMA user_version`.
    pub(crate) format: i64,
    /// The oldest format that this version reads: what later ones added is empty there.
    pub(crate) oldest: i64,
    /// The flag that names another file.
    pub(crate) option: &'static str,
    /// The command that makes one.
    pub(crate) command: &'static str,
    /// How to make another one, before `with --snapshot`.
    pub(crate) remake: &'static str,
    /// What is true after a write failed for want of space.
    pub(crate) after_full: &'static str,
}

/// A SQLite file of this program cannot be created, opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("there is no {} at `{}`", kind.noun, path.display())]
    Missing { kind: &'static FileKind, path: PathBuf },
    #[error("`{}` is not a chatferry {}", path.display(), kind.noun)]
    OtherKind { kind: &'static FileKind, path: PathBuf },
    #[error("`{}` is a {} of format {found}; this chatferry reads format {}", path.display(), kind.noun, kind.formats())]
    OtherFormat { kind: &'static FileKind, path: PathBuf, found: i64 },
    #[error("the {} `{}` is damaged", kind.noun, path.display())]
    Damaged { kind: &'static FileKind, path: PathBuf, source: rusqlite::Error },
    /// It holds something that no chatferry writes there.
    #[error("the {} `{}` cannot be understood: {what}", kind.noun, path.display())]
    Unreadable { kind: &'static FileKind, path: PathBuf, what: String },
    /// Its bytes are not those that were written, and it was not SQLite that changed them.
    #[error("the {} `{}` is damaged: it is not as it was written, its bytes do not match their digest", kind.noun, path.display())]
    Altered { kind: &'static FileKind, path: PathBuf },
    /// What was written cannot be read back: a disk, or another program, changed it while it was being written.
    #[error("the {} `{}` changed while it was being written, and not by this program", kind.noun, path.display())]
    ChangedMeanwhile { kind: &'static FileKind, path: PathBuf },
    #[error("the {} `{}` is in use by another run", kind.noun, path.display())]
    Locked { kind: &'static FileKind, path: PathBuf },
    /// SQLite keeps its log by the file's name: under another name the log is not found, and the file is corrupted.
    #[error("the {} `{}` has {links} names (hard links)", kind.noun, path.display())]
    SeveralNames { kind: &'static FileKind, path: PathBuf, links: u64 },
    #[error("no space is left for the {} `{}`", kind.noun, path.display())]
    Full { kind: &'static FileKind, path: PathBuf, source: rusqlite::Error },
    /// The file, or the folder it is in, cannot be read or written.
    #[error("cannot use `{}` as a {}", path.display(), kind.noun)]
    File { kind: &'static FileKind, path: PathBuf, source: io::Error },
    /// Anything else that SQLite reports.
    #[error("cannot read or write the {} `{}`", kind.noun, path.display())]
    Database { kind: &'static FileKind, path: PathBuf, source: rusqlite::Error },
}

/// A limit on the size of files refuses a write (`EFBIG`) as a full disk does, and SQLite reports both as a failed write.
fn is_over_a_limit(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE};
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(SQLITE_IOERR_WRITE | SQLITE_IOERR_SHMSIZE | SQLITE_IOERR_TRUNCATE))
}

/// A page that the file should have is not in it.
fn is_cut(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    code == Some(rusqlite::ffi::SQLITE_IOERR_SHORT_READ)
}

impl StorageError {
    /// Sorts SQLite's errors by what a user can do about them.
    pub(crate) fn from_sqlite(kind: &'static FileKind, path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_path_buf();
        match source {
            rusqlite::Error::FromSqlConversionFailure(column, _, cause) => {
                Self::Unreadable { kind, path, what: format!("column {column}: {cause}") }
            }
            rusqlite::Error::InvalidColumnType(_, name, found) => {
                Self::Unreadable { kind, path, what: format!("`{name}` is {found}") }
            }
            source => match source.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { kind, path, source },
                _ if is_cut(&source) => Self::Damaged { kind, path, source },
                Some(ErrorCode::NotADatabase) => Self::OtherKind { kind, path },
                Some(ErrorCode::DiskFull) => Self::Full { kind, path, source },
                _ if is_over_a_limit(&source) => Self::Full { kind, path, source },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { kind, path },
                _ => Self::Database { kind, path, source },
            },
        }
    }

    pub(crate) fn file(kind: &'static FileKind, path: &Path, source: io::Error) -> Self {
        Self::File { kind, path: path.to_path_buf(), source }
    }

    pub(super) fn lock(kind: &'static FileKind, path: &Path, error: LockError) -> Self {
        match error {
            LockError::Busy => Self::Locked { kind, path: path.to_path_buf() },
            LockError::SeveralNames(links) => Self::SeveralNames { kind, path: path.to_path_buf(), links },
            LockError::System(source) => Self::file(kind, path, source),
        }
    }
}

impl Advise for StorageError {
    fn status(&self) -> Failure {
        match self {
            Self::Full { .. } | Self::File { .. } | Self::Database { .. } => Failure::Failed,
            Self::ChangedMeanwhile { .. } => Failure::Incomplete,
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { kind, .. } => {
                format!("run `{}` first, or name the file with {}", kind.command, kind.option)
            }
            Self::OtherKind { kind, .. } => {
                format!("name another file with {}; nothing was written to this one", kind.option)
            }
            Self::OtherFormat { kind, .. } => {
                let FileKind { remake, option, .. } = kind;
                format!("use the chatferry that wrote it, or {remake} with {option}; nothing was written to it")
            }
            Self::Damaged { kind, .. } | Self::Unreadable { kind, .. } => {
                let FileKind { remake, option, .. } = kind;
                format!("restore it from a copy, or {remake} with {option}; nothing was written to it")
            }
            Self::Altered { kind, .. } => {
                let FileKind { remake, option, .. } = kind;
                format!(
                    "a disk or a copy damaged it: restore it from a copy, or {remake} with {option}; to read it all the \
                     same set CHATFERRY_CHECK_FILES=false"
                )
            }
            Self::ChangedMeanwhile { kind, .. } => {
                let FileKind { remake, option, .. } = kind;
                format!("check the disk, and that no other program writes to it, then {remake} with {option}; it is not complete")
            }
            Self::Locked { kind, .. } => {
                format!("wait until that run ends, or name another file with {}", kind.option)
            }
            Self::SeveralNames { kind, .. } => {
                format!("copy it (`cp`, not `ln`) and name the copy with {}; nothing was written to it", kind.option)
            }
            Self::Full { kind, .. } => {
                format!(
                    "free some space, or raise the limit on file sizes (`ulimit -f`), and run the same command again; {}",
                    kind.after_full
                )
            }
            Self::File { kind, .. } => {
                format!("check that its folder exists and can be written, or name another file with {}", kind.option)
            }
            Self::Database { .. } => {
                "check whether the disk is full or failing, then run the same command again; committed data is safe"
                    .to_owned()
            }
        })
    }
}
