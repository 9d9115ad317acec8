//! Files of this program: atomic writes, locks, permissions, SQLite files with a format, and the few encodings that several
//! modules need.
//!
//! **Invariant:** a file appears complete or not at all, and is on disk when it appears: draft, sync, rename, sync of the folder.
//! Every atomic write of the program goes through [`AtomicFile`] or [`SqliteDraft`].
//!
//! **Invariant:** what may hold personal data is readable by its owner only, whatever the umask says ([`Access`]).
//!
//! Why here: each of these was written several times before, with other guarantees each time.

mod access;
mod atomic;
mod encoding;
mod error;
mod hot_journal;
mod kill_point;
mod lock;
mod nearest;
mod number_map;
mod page_sums;
mod path;
mod seal;
mod sqlite;

pub(crate) use access::{Access, Exposure, exposure};
pub(crate) use atomic::{AtomicFile, create_file, create_folder, draft_in, remove, sync_folder, write};
pub(crate) use encoding::{base64, hex};
pub(crate) use error::{FileKind, StorageError};
pub(crate) use kill_point::kill_point;
pub(crate) use lock::{FileLock, LockError};
pub(crate) use nearest::nearest;
pub(crate) use number_map::{NumberMap, NumberSet};
pub(crate) use page_sums::PageSums;
pub(crate) use path::{resolve, with_suffix};
pub(crate) use seal::{check_seal, seal, unseal};
pub(crate) use sqlite::{
    OpenMode, SqliteDraft, check_place, discard, fold_log, has_log, lock, open, remove_companions,
};
