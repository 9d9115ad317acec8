//! The folder that an export is written to.
//!
//! Which files of it are ours is said by its `datapackage.json`, or, after an export that was killed while its files were
//! being put in place, by a journal. Everything else is somebody's and is not touched; without `--force` it is an error,
//! because a mistyped folder is the likelier explanation.
//!
//! **Invariant:** `datapackage.json` never describes files of another export. It is removed before the first file is
//! replaced and written after the last.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::error::ExportError;
use super::place::{PACKAGE, Place};

/// Lists our files while they are being replaced.
const JOURNAL: &str = ".chatferry-journal.json";
const TEMPORARY_PREFIX: &str = ".chatferry-";
const TEMPORARY_SUFFIX: &str = ".tmp";

/// An output folder that nobody else writes to.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Files of a former export.
    former: BTreeSet<String>,
    /// Holds the lock until the export is done.
    #[expect(dead_code, reason = "the lock ends when the handle is dropped")]
    lock: Option<File>,
}

/// As much of a package as says whose it is.
#[derive(Deserialize)]
struct FormerPackage {
    #[expect(dead_code, reason = "its presence says that chatferry wrote the file")]
    chatferry: serde::de::IgnoredAny,
    resources: Vec<FormerResource>,
}

#[derive(Deserialize)]
struct FormerResource {
    path: String,
}

#[derive(Serialize, Deserialize)]
struct Journal {
    files: BTreeSet<String>,
}

impl Folder {
    /// Takes a folder for an export, and makes it if need be.
    pub(super) fn claim(path: &Path, force: bool) -> Result<Self, ExportError> {
        let failed = |action: &'static str| {
            move |source: io::Error| ExportError::File { action, path: path.to_owned(), source }
        };
        if path.exists() && !path.is_dir() {
            return Err(ExportError::NotAFolder { path: path.to_owned() });
        }
        fs::create_dir_all(path).map_err(failed("create the folder"))?;
        let lock = lock(path)?;
        let former = former_files(|name| fs::read(path.join(name)).ok());
        let mut foreign = Vec::new();
        for entry in fs::read_dir(path).map_err(failed("read the folder"))? {
            let name = entry.map_err(failed("read the folder"))?.file_name();
            let Some(name) = name.to_str() else {
                foreign.push(name.to_string_lossy().into_owned());
                continue;
            };
            if name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX) {
                // Left by an export that was killed: nobody else can be writing while we hold the lock.
                fs::remove_file(path.join(name)).map_err(failed("clear the folder"))?;
            } else if !name.starts_with('.') && !former.contains(name) {
                foreign.push(name.to_owned());
            }
        }
        if !foreign.is_empty() && !force {
            foreign.sort();
            foreign.truncate(3);
            return Err(ExportError::ForeignFiles { path: path.to_owned(), examples: foreign });
        }
        Ok(Self { path: path.to_owned(), former, lock })
    }

    /// A file of the folder under a temporary name. It disappears when it is dropped.
    fn temporary(&self) -> Result<NamedTempFile, ExportError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any other file that the user creates; the umask applies.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(&self.path).map_err(|source| self.error("create a file in", "", source))
    }

    fn place(&self, name: &str, file: NamedTempFile) -> Result<(), ExportError> {
        match file.persist(self.path.join(name)) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.error("put in place", name, error.error)),
        }
    }

    fn remove(&self, name: &str) -> Result<(), ExportError> {
        match fs::remove_file(self.path.join(name)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(self.error("remove", name, source))
            }
            _ => Ok(()),
        }
    }

    /// Makes the renames durable. Only Unix lets a folder be synced.
    fn sync(&self) -> Result<(), ExportError> {
        if cfg!(unix) {
            let synced = File::open(&self.path).and_then(|folder| folder.sync_all());
            synced.map_err(|source| self.error("sync", "", source))?;
        }
        Ok(())
    }

    fn error(&self, action: &'static str, name: &str, source: io::Error) -> ExportError {
        let path = if name.is_empty() { self.path.clone() } else { self.path.join(name) };
        ExportError::File { action, path, source }
    }
}

impl Place for Folder {
    type File = NamedTempFile;

    fn create(&self, _name: &str) -> Result<NamedTempFile, ExportError> {
        self.temporary()
    }

    fn complete(&self, file: &mut NamedTempFile) -> io::Result<()> {
        file.as_file().sync_all()
    }

    fn publish(self, files: Vec<(String, NamedTempFile)>, package: NamedTempFile) -> Result<(), ExportError> {
        let new: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
        let journal = Journal { files: new.union(&self.former).cloned().collect() };
        let mut journal_file = self.temporary()?;
        serde_json::to_writer(journal_file.as_file_mut(), &journal)
            .map_err(io::Error::from)
            .and_then(|()| self.complete(&mut journal_file))
            .map_err(|source| self.error("write", JOURNAL, source))?;
        self.place(JOURNAL, journal_file)?;
        self.remove(PACKAGE)?;
        for (name, file) in files {
            self.place(&name, file)?;
        }
        for name in self.former.difference(&new).filter(|name| *name != PACKAGE) {
            self.remove(name)?;
        }
        self.sync()?;
        self.place(PACKAGE, package)?;
        self.remove(JOURNAL)?;
        self.sync()
    }

    fn failed(&self, name: &str, source: io::Error) -> ExportError {
        self.error("write", name, source)
    }
}

/// Locks the folder itself, so that no lock file is left in it. Where folders cannot be opened or locked, goes without.
fn lock(path: &Path) -> Result<Option<File>, ExportError> {
    let Ok(folder) = File::open(path) else { return Ok(None) };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(fs::TryLockError::WouldBlock) => Err(ExportError::Busy { path: path.to_owned() }),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// The names of our files in a place, by its package or journal. A file that is not ours, or damaged, says nothing.
pub(super) fn former_files(read: impl Fn(&str) -> Option<Vec<u8>>) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    if let Some(package) = read(PACKAGE).and_then(|text| serde_json::from_slice::<FormerPackage>(&text).ok())
    {
        files.insert(PACKAGE.to_owned());
        files.extend(package.resources.into_iter().map(|resource| resource.path));
    }
    if let Some(journal) = read(JOURNAL).and_then(|text| serde_json::from_slice::<Journal>(&text).ok()) {
        files.insert(PACKAGE.to_owned());
        files.extend(journal.files);
    }
    // A package is a file that anybody can edit: it cannot make us remove files of other folders.
    files.retain(|name| {
        let mut parts = Path::new(name).components();
        let first = parts.next();
        matches!((first, parts.next()), (Some(Component::Normal(part)), None) if part == name.as_str())
    });
    files
}
