//! One writer at a time: a lock on a file beside the snapshot, held for as long as the run.
//!
//! Why a file of its own: SQLite's locks are taken and given up within a transaction, and a run is many of them. The file
//! stays when the run is over, since removing it would let two runs lock two files of the same name. The lock itself ends
//! with the process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::error::SnapshotError;

/// The right to write to one snapshot.
#[derive(Debug)]
pub(super) struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// Takes the lock or says who has it; never waits.
    pub(super) fn take(snapshot: &Path) -> Result<Self, SnapshotError> {
        let path = lock_path(snapshot);
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|source| SnapshotError::File { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(SnapshotError::Locked { path: snapshot.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(SnapshotError::File { path, source }),
        }
    }
}

fn lock_path(snapshot: &Path) -> PathBuf {
    let mut name = snapshot.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("snapshot.db");
        let first = WriteLock::take(&snapshot).unwrap();
        assert!(matches!(WriteLock::take(&snapshot), Err(SnapshotError::Locked { .. })));
        drop(first);
        assert!(WriteLock::take(&snapshot).is_ok());
    }
}
