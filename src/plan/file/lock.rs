//! One run at a time makes or applies a plan: a lock on a file beside it, held for as long as the run.
//!
//! Why a file of its own: SQLite's locks are taken and given up within a transaction, and a run is many of them. The file
//! stays when the run is over, since removing it would let two runs lock two files of the same name. The lock itself ends
//! with the process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::plan::error::PlanError;

/// The right to write to one plan.
#[derive(Debug)]
pub(super) struct PlanLock {
    _file: File,
}

impl PlanLock {
    /// Takes the lock or says who has it; never waits.
    pub(super) fn take(plan: &Path) -> Result<Self, PlanError> {
        let path = lock_path(plan);
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|source| PlanError::File { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(PlanError::Locked { path: plan.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(PlanError::File { path, source }),
        }
    }
}

fn lock_path(plan: &Path) -> PathBuf {
    let mut name = plan.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let plan = folder.path().join("plan.db");
        let first = PlanLock::take(&plan).unwrap();
        assert!(matches!(PlanLock::take(&plan), Err(PlanError::Locked { .. })));
        drop(first);
        assert!(PlanLock::take(&plan).is_ok());
    }
}
