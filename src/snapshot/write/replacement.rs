//! A snapshot that takes the place of an older one, and one that is removed for a later one of its name.
//!
//! **Invariant:** what is not a snapshot is never replaced, whatever was asked for: the likelier reason is a mistyped name.

use std::fs;
use std::path::{Path, PathBuf};

use crate::snapshot::error::SnapshotError;
use crate::snapshot::format::SNAPSHOT;
use crate::snapshot::schema;
use crate::storage::{self, FileLock, StorageError};

/// A snapshot that is crawled again next to an older one, which it replaces once it is finished.
#[derive(Debug)]
pub(crate) struct Replacement {
    old: PathBuf,
    new: PathBuf,
    _lock: FileLock,
}

impl Replacement {
    /// Of a snapshot, which may be damaged or of another version. Nothing is written to it before
    /// [`complete`](Self::complete), and no other run can.
    pub(crate) fn of(old: &Path) -> Result<Self, SnapshotError> {
        let lock = lock_any(old)?;
        let old = storage::resolve(old).map_err(|source| SnapshotError::file(old, source))?;
        let new = storage::with_suffix(&old, ".restart");
        Ok(Self { old, new, _lock: lock })
    }

    /// Where the new one is made.
    pub(crate) fn path(&self) -> &Path {
        &self.new
    }

    /// Puts the new one, which is finished and closed, in the place of the old one.
    pub(crate) fn complete(&self) -> Result<(), SnapshotError> {
        // Another process reads the new one: without its log it is not complete, and a log cannot be renamed with it.
        if storage::has_log(&self.new) {
            return Err(StorageError::Locked { kind: &SNAPSHOT, path: self.new.clone() }.into());
        }
        // The old one's log is first played into it, so that it is complete until the moment it is replaced. One that cannot be
        // opened has no log that anyone could use.
        if let Ok(old) = schema::open_to_write(&self.old) {
            let _folded = old.execute_batch("PRAGMA journal_mode = DELETE").is_ok();
        }
        let replace = || {
            storage::remove_companions(&self.old)?;
            fs::rename(&self.new, &self.old)?;
            self.old.parent().map_or(Ok(()), storage::sync_folder)
        };
        replace().map_err(|source| SnapshotError::file(&self.old, source))
    }
}

/// Removes a snapshot that a later one of the same name takes the place of. What is not a snapshot is left alone, and so is one
/// that is in use.
pub(crate) fn clear(snapshot: &Path) -> Result<(), SnapshotError> {
    let _lock = lock_any(snapshot)?;
    Ok(storage::discard(&SNAPSHOT, snapshot)?)
}

/// Locks a snapshot, be it damaged or of another format.
fn lock_any(snapshot: &Path) -> Result<FileLock, SnapshotError> {
    match schema::open_to_read(snapshot) {
        Ok(_)
        | Err(SnapshotError::Storage(StorageError::OtherFormat { .. } | StorageError::Damaged { .. })) => {}
        Err(error) => return Err(error),
    }
    Ok(storage::lock(&SNAPSHOT, snapshot)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_snapshot_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("thesis.txt");
        fs::write(&place, "years of work").unwrap();
        let refused = Replacement::of(&place);
        assert!(matches!(refused, Err(SnapshotError::Storage(StorageError::OtherKind { .. }))));
        assert!(clear(&place).is_err() && place.exists());
    }
}
