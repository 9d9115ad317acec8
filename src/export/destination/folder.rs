//! The folder that an export is written to.
//!
//! Its `datapackage.json` says which of its files are ours, or, after an export that was killed while it renamed its files, a
//! journal does. Everything else belongs to others and is not touched; without `--force` it is an error, because a mistyped
//! folder is the likelier explanation.
//!
//! **Invariant:** `datapackage.json` never describes files of another export. It is removed before the first file is
//! replaced and written after the last.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::file_destination::FileDestination;
use super::former::{JOURNAL, PACKAGE, examples, former_files, journal};
use crate::export::error::ExportError;
use crate::storage::{self, Access, FileLock, LockError};

const TEMPORARY_PREFIX: &str = ".chatferry-";
const TEMPORARY_SUFFIX: &str = ".tmp";

/// The file that is locked where the folder itself cannot be.
const LOCK: &str = ".chatferry.lock";

/// An output folder that no other export writes to.
#[derive(Debug)]
pub(in crate::export) struct OutputFolder {
    path: PathBuf,
    /// Whether this export made the folder, and it has nothing in it yet.
    is_new: bool,
    former: BTreeSet<String>,
    /// Holds the lock until the export is done.
    lock: Option<FileLock>,
}

impl OutputFolder {
    /// Locks a folder for an export; creates it if it does not exist.
    pub(in crate::export) fn claim(path: &Path, force: bool) -> Result<Self, ExportError> {
        let failed = |action: &'static str| {
            move |source: io::Error| ExportError::File { action, path: path.to_owned(), source }
        };
        if path.exists() && !path.is_dir() {
            return Err(ExportError::NotAFolder { path: path.to_owned() });
        }
        let is_new = !path.exists();
        storage::create_folder(path, Access::of_results()).map_err(failed("create the folder"))?;
        let lock = lock(path)?;
        let read = |name: &str| fs::read(path.join(name)).ok();
        let former = former_files(read(PACKAGE).as_deref(), read(JOURNAL).as_deref());
        let mut foreign = Vec::new();
        for entry in fs::read_dir(path).map_err(failed("read the folder"))? {
            let name = entry.map_err(failed("read the folder"))?.file_name();
            let Some(name) = name.to_str() else {
                foreign.push(name.to_string_lossy().into_owned());
                continue;
            };
            if name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX) {
                // Left by an export that was killed: no other export can be writing while we hold the lock.
                fs::remove_file(path.join(name)).map_err(failed("clear the folder"))?;
            } else if !name.starts_with('.') && !former.contains(name) {
                foreign.push(name.to_owned());
            }
        }
        if !foreign.is_empty() && !force {
            return Err(ExportError::ForeignFiles { path: path.to_owned(), examples: examples(foreign) });
        }
        Ok(Self { path: path.to_owned(), is_new, former, lock })
    }

    /// A file of the folder under a temporary name. It disappears when it is dropped.
    fn temporary(&self) -> Result<NamedTempFile, ExportError> {
        storage::draft_in(&self.path, TEMPORARY_PREFIX, TEMPORARY_SUFFIX, Access::of_results())
            .map_err(|source| self.error("create a file in", "", source))
    }

    fn rename(&self, name: &str, file: NamedTempFile) -> Result<(), ExportError> {
        storage::kill_point("export");
        match file.persist(self.path.join(name)) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.error("rename", name, error.error)),
        }
    }

    fn remove(&self, name: &str) -> Result<(), ExportError> {
        storage::kill_point("export");
        storage::remove(&self.path.join(name)).map_err(|source| self.error("remove", name, source))
    }

    fn sync(&self) -> Result<(), ExportError> {
        storage::sync_folder(&self.path).map_err(|source| self.error("sync", "", source))
    }

    fn error(&self, action: &'static str, name: &str, source: io::Error) -> ExportError {
        let path = if name.is_empty() { self.path.clone() } else { self.path.join(name) };
        ExportError::File { action, path, source }
    }
}

impl FileDestination for OutputFolder {
    type File = NamedTempFile;

    fn create(&self, _name: &str) -> Result<NamedTempFile, ExportError> {
        self.temporary()
    }

    fn complete(&self, file: &mut NamedTempFile) -> io::Result<()> {
        file.as_file().sync_all()
    }

    fn publish(
        mut self,
        files: Vec<(String, NamedTempFile)>,
        package: NamedTempFile,
    ) -> Result<(), ExportError> {
        let new: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
        let mut file = self.temporary()?;
        file.write_all(&journal(&new, &self.former))
            .and_then(|()| self.complete(&mut file))
            .map_err(|source| self.error("write", JOURNAL, source))?;
        self.is_new = false;
        self.rename(JOURNAL, file)?;
        self.remove(PACKAGE)?;
        for (name, file) in files {
            self.rename(&name, file)?;
        }
        for name in self.former.difference(&new).filter(|name| *name != PACKAGE) {
            self.remove(name)?;
        }
        self.sync()?;
        self.rename(PACKAGE, package)?;
        self.remove(JOURNAL)?;
        self.sync()
    }

    fn failed(&self, name: &str, source: io::Error) -> ExportError {
        self.error("write", name, source)
    }
}

impl Drop for OutputFolder {
    /// An export that failed leaves no empty folder behind; one with anything in it cannot be removed this way.
    fn drop(&mut self) {
        // Where the lock is a file in the folder, it goes first.
        self.lock = None;
        if self.is_new
            && let Err(error) = fs::remove_dir(&self.path)
        {
            tracing::debug!(%error, folder = %self.path.display(), "the new folder stays");
        }
    }
}

/// Locks the folder. Where folders cannot be locked, goes without.
pub(in crate::export) fn lock(path: &Path) -> Result<Option<FileLock>, ExportError> {
    match FileLock::of_folder(path, LOCK) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Busy | LockError::SeveralNames(_)) => Err(ExportError::Busy { path: path.to_owned() }),
        Err(LockError::System(_)) => Ok(None),
    }
}
