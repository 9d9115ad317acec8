//! How a snapshot comes into its place: a new one from a draft, and one that was begun anew in place of an older one.
//!
//! **Invariant:** at the snapshot's path stands no file, or a whole one. A run that is killed or finds the disk full while it
//! makes the file leaves a draft beside it, which the next run throws away.
//!
//! **Invariant:** a file never comes to stand beside the write-ahead log of another. SQLite would play that log into it, and
//! what was just read would be what had been read before.
//!
//! **Invariant:** what is not a snapshot is never replaced, whatever was asked for: the likelier reason is a mistyped name.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::SnapshotError;
use super::lock::WriteLock;
use super::schema;

/// What SQLite keeps beside a file, by what is added to its name.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A snapshot in the making. It is removed when dropped, unless it was [put in its place](Self::publish).
#[derive(Debug)]
pub(super) struct Draft<'a> {
    draft: PathBuf,
    place: &'a Path,
}

impl<'a> Draft<'a> {
    /// A name for the draft, with what a former run left of it removed. The caller holds the lock of the place, and there is
    /// no file.
    pub(super) fn of(place: &'a Path) -> Result<Self, SnapshotError> {
        if place.exists() {
            let source = std::io::ErrorKind::AlreadyExists.into();
            return Err(SnapshotError::File { path: place.to_path_buf(), source });
        }
        let draft = beside(place, ".new");
        remove(&draft, place)?;
        remove_companions(&draft, place)?;
        Ok(Self { draft, place })
    }

    /// Where it is made.
    pub(super) fn path(&self) -> &Path {
        &self.draft
    }

    /// Puts it in its place. It must be whole, and closed.
    pub(super) fn publish(self) -> Result<(), SnapshotError> {
        remove_companions(self.place, self.place)?;
        put(&self.draft, self.place)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        // Where that fails the next run does it.
        if remove(&self.draft, self.place).is_ok() {
            let _removed = remove_companions(&self.draft, self.place).is_ok();
        }
    }
}

/// A snapshot that is begun anew beside an older one, which it replaces once it is finished.
#[derive(Debug)]
pub(crate) struct Replacement {
    old: PathBuf,
    new: PathBuf,
    _lock: WriteLock,
}

impl Replacement {
    /// Of a snapshot, which may be damaged or of another version. Nothing is written to it before
    /// [`complete`](Self::complete), and no other run can.
    pub(crate) fn of(old: &Path) -> Result<Self, SnapshotError> {
        match schema::open_to_read(old) {
            Ok(_) | Err(SnapshotError::OtherFormat { .. } | SnapshotError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        let lock = WriteLock::take(old)?;
        Ok(Self { old: old.to_path_buf(), new: beside(old, ".restart"), _lock: lock })
    }

    /// Where the new one is made.
    pub(crate) fn path(&self) -> &Path {
        &self.new
    }

    /// Puts the new one, which is finished and closed, in the place of the old one.
    pub(crate) fn complete(&self) -> Result<(), SnapshotError> {
        // Somebody reads the new one: without its log it is not whole, and a log cannot be renamed with it.
        if has_log(&self.new) {
            return Err(SnapshotError::Locked { path: self.new.clone() });
        }
        // The old one's log is first played into it, so that it is whole until the moment it is replaced. One that cannot be
        // opened has no log that anybody could use.
        if let Ok(old) = schema::open_to_write(&self.old) {
            let _folded = old.execute_batch("PRAGMA journal_mode = DELETE").is_ok();
        }
        remove_companions(&self.old, &self.old)?;
        put(&self.new, &self.old)
    }
}

/// Removes a snapshot that nobody has open. The caller holds its lock.
pub(super) fn discard(snapshot: &Path) -> Result<(), SnapshotError> {
    remove(snapshot, snapshot)?;
    remove_companions(snapshot, snapshot)
}

/// Removes a snapshot that a later one of the same name takes the place of. What is no snapshot is left alone, and so is one
/// that is in use.
pub(crate) fn clear(snapshot: &Path) -> Result<(), SnapshotError> {
    match schema::open_to_read(snapshot) {
        Ok(_) | Err(SnapshotError::OtherFormat { .. } | SnapshotError::Damaged { .. }) => {}
        Err(error) => return Err(error),
    }
    let _lock = WriteLock::take(snapshot)?;
    remove_companions(snapshot, snapshot)?;
    remove(snapshot, snapshot)
}

/// Whether a write-ahead log stands beside a snapshot.
pub(super) fn has_log(snapshot: &Path) -> bool {
    beside(snapshot, "-wal").exists()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(path: &Path, shown: &Path) -> Result<(), SnapshotError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(SnapshotError::File { path: shown.to_path_buf(), source })
        }
        _ => Ok(()),
    }
}

fn remove_companions(path: &Path, shown: &Path) -> Result<(), SnapshotError> {
    COMPANIONS.iter().try_for_each(|suffix| remove(&beside(path, suffix), shown))
}

/// Renames, and makes that durable where folders can be synced.
fn put(from: &Path, to: &Path) -> Result<(), SnapshotError> {
    let failed = |source| SnapshotError::File { path: to.to_path_buf(), source };
    fs::rename(from, to).map_err(failed)?;
    if cfg!(unix) {
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_put_in_place_or_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("snapshot.db");
        fs::write(beside(&place, "-wal"), "of a snapshot that is gone").unwrap();
        fs::write(beside(&place, ".new"), "of a run that was killed").unwrap();
        let draft = Draft::of(&place).unwrap();
        fs::write(draft.path(), "half").unwrap();
        drop(draft);
        assert!(!place.exists() && !beside(&place, ".new").exists());
        let draft = Draft::of(&place).unwrap();
        fs::write(draft.path(), "whole").unwrap();
        draft.publish().unwrap();
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["snapshot.db"]);
        assert_eq!(fs::read(&place).unwrap(), b"whole");
        assert!(
            matches!(Draft::of(&place), Err(SnapshotError::File { .. })),
            "a whole file is not made again"
        );
    }

    #[test]
    fn what_is_not_a_snapshot_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("thesis.txt");
        fs::write(&place, "years of work").unwrap();
        assert!(matches!(Replacement::of(&place), Err(SnapshotError::NotASnapshot { .. })));
    }
}
