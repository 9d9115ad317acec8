//! One writer at a time: an advisory lock on the file or folder itself, held for as long as the run and ended with the process.
//!
//! **Invariant:** what is locked is the file, not its name: a symbolic link leads to the same lock, a file with several names is
//! refused, and removing another file does not release it.
//!
//! Why not SQLite's locks: they are taken and given up within a transaction, and a run is many of them.
//!
//! Why not everywhere: only Linux keeps this kind of lock (`flock`, of the open file description) apart from SQLite's own on the same
//! file, and only on local file systems. Elsewhere a file named after the resolved path is locked instead, `snapshot.db.lock`,
//! which its owner removes at the end.
//!
//! **Invariant:** a [`FileLock`] outlives the SQLite connections to its file. Closing any handle of a file ends all locks that SQLite
//! has on it in this process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::access::Access;
use super::atomic::remove;
use super::path::{leads_to, names_of, parent, with_suffix};

/// Attempts to lock what a name leads to, should it lead elsewhere by the time the lock is taken.
const ATTEMPTS: u32 = 10;

/// The right to write to a file, or to all of a folder.
#[derive(Debug)]
pub(crate) struct FileLock {
    /// What is locked: the file and its draft, or the file that represents them.
    held: Vec<File>,
    /// A file that is there for the lock only.
    sidecar: Option<PathBuf>,
}

/// Why there is no lock.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Another process has it.
    Busy,
    /// The file has several names, so many.
    SeveralNames(u64),
    System(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl FileLock {
    /// Locks a file that exists. Never waits.
    pub(super) fn of_file(path: &Path) -> Result<Self, LockError> {
        match names_of(path)? {
            0 | 1 => {}
            names => return Err(LockError::SeveralNames(names)),
        }
        if !has_own_locks(parent(path)) {
            return Self::of_sidecar(with_suffix(path, ".lock"));
        }
        Ok(Self { held: vec![locked(path, OpenOptions::new().read(true).write(true))?], sidecar: None })
    }

    /// Locks a place for a new file, and the file that it is to replace, and creates the draft: an empty file, under a name of its own.
    pub(super) fn of_draft(place: &Path, draft: &Path, access: Access) -> Result<Self, LockError> {
        let exists = place.exists();
        let mut lock = if exists || !has_own_locks(parent(place)) {
            if exists { Self::of_file(place)? } else { Self::of_sidecar(with_suffix(place, ".lock"))? }
        } else {
            Self { held: Vec::new(), sidecar: None }
        };
        if lock.sidecar.is_some() {
            remove(draft)?;
            access.apply(&new_file(draft)?)?;
            return Ok(lock);
        }
        for _ in 0..ATTEMPTS {
            let file = match new_file(draft) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    // Left by a run that was killed, unless it is locked.
                    let left = locked(draft, OpenOptions::new().read(true).write(true));
                    if !matches!(&left, Err(LockError::System(error)) if error.kind() == io::ErrorKind::NotFound)
                    {
                        let _left = left?;
                        remove(draft)?;
                    }
                    continue;
                }
                file => file?,
            };
            access.apply(&file)?;
            try_lock(&file)?;
            // Another run may have taken it for one that was left.
            if leads_to(draft, &file)? {
                lock.held.push(file);
                return Ok(lock);
            }
        }
        Err(LockError::Busy)
    }

    /// Locks a folder and all in it. `name` is the file in it that is locked where a folder cannot be.
    pub(crate) fn of_folder(folder: &Path, name: &str) -> Result<Self, LockError> {
        if !has_own_locks(folder) {
            return Self::of_sidecar(folder.join(name));
        }
        Ok(Self { held: vec![locked(folder, OpenOptions::new().read(true))?], sidecar: None })
    }

    /// Locks a file that stands for something else, and creates it where it is not there. It stays: another user may be waiting for it.
    pub(crate) fn of_name(path: &Path) -> Result<Self, LockError> {
        match OpenOptions::new().create_new(true).write(true).open(path) {
            Ok(created) => Access::Public.apply(&created)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self { held: vec![locked(path, OpenOptions::new().read(true))?], sidecar: None })
    }

    fn of_sidecar(path: PathBuf) -> Result<Self, LockError> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        Ok(Self { held: vec![locked(&path, &options)?], sidecar: Some(path) })
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Some(path) = &self.sidecar {
            // While it is still locked. Where that fails, an empty file stays, which the next run takes.
            let _removed = remove(path).is_ok();
        }
    }
}

/// Opens what a name leads to and locks it.
fn locked(path: &Path, options: &OpenOptions) -> Result<File, LockError> {
    for _ in 0..ATTEMPTS {
        let file = options.open(path)?;
        try_lock(&file)?;
        if leads_to(path, &file)? {
            return Ok(file);
        }
    }
    Err(LockError::Busy)
}

fn try_lock(file: &File) -> Result<(), LockError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(LockError::Busy),
        Err(TryLockError::Error(error)) => Err(LockError::System(error)),
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// Whether locks on files of this folder are of the open file and apart from SQLite's: on Linux, unless a server keeps them.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn has_own_locks(folder: &Path) -> bool {
    /// NFS, SMB, SMB2, CIFS, 9P, AFS, Ceph, FUSE: what `statfs` calls them.
    const SHARED: [u64; 8] =
        [0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42, 0x0102_1997, 0x5346_414F, 0x00C3_6400, 0x6573_5546];
    rustix::fs::statfs(folder)
        .is_ok_and(|found| !SHARED.contains(&(found.f_type.cast_unsigned() & 0xFFFF_FFFF)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn has_own_locks(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn is_busy<T>(lock: &Result<T, LockError>) -> bool {
        matches!(lock, Err(LockError::Busy))
    }

    #[test]
    fn a_second_writer_is_refused_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("snapshot.db");
        fs::write(&file, "rows").unwrap();
        let first = FileLock::of_file(&file).unwrap();
        assert!(is_busy(&FileLock::of_file(&file)));
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            assert!(
                !(path != file && cfg!(target_os = "linux")),
                "a file for the lock only: {}",
                path.display()
            );
        }
        #[cfg(target_os = "linux")]
        {
            std::os::unix::fs::symlink("snapshot.db", folder.path().join("link.db")).unwrap();
            assert!(is_busy(&FileLock::of_file(&folder.path().join("link.db"))));
        }
        drop(first);
        assert!(FileLock::of_file(&file).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_several_names_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plan.db");
        fs::write(&file, "rows").unwrap();
        fs::hard_link(&file, folder.path().join("other.db")).unwrap();
        assert!(matches!(FileLock::of_file(&file), Err(LockError::SeveralNames(2))));
    }

    #[test]
    fn two_runs_do_not_make_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let (place, draft) = (folder.path().join("snapshot.db"), folder.path().join("snapshot.db.new"));
        fs::write(&draft, "of a run that was killed").unwrap();
        let first = FileLock::of_draft(&place, &draft, Access::Private).unwrap();
        assert_eq!(fs::read(&draft).unwrap(), b"", "what was left is gone");
        assert!(is_busy(&FileLock::of_draft(&place, &draft, Access::Private)));
        fs::rename(&draft, &place).unwrap();
        assert!(is_busy(&FileLock::of_file(&place)), "the lock goes with the file");
        drop(first);
        assert!(FileLock::of_draft(&place, &draft, Access::Private).is_ok());
    }

    #[test]
    fn a_folder_is_locked_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let first = FileLock::of_folder(folder.path(), "audit.lock").unwrap();
        assert!(is_busy(&FileLock::of_folder(folder.path(), "audit.lock")));
        drop(first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(FileLock::of_folder(folder.path(), "audit.lock").is_ok());
    }
}
