//! Where files of media go, one by one: a folder, or a prefix of a bucket.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use url::Url;

#[cfg(feature = "cloud")]
use crate::export::destination::{BucketFile, StoreObjects};
use crate::export::destination::{examples, lock_folder};
use crate::export::error::ExportError;
use crate::storage::{self, Access, AtomicFile, FileLock};

/// A place that was opened, and locked where it can be.
pub(super) enum MediaPlace {
    Folder {
        path: PathBuf,
        _lock: Option<FileLock>,
    },
    #[cfg(feature = "cloud")]
    Store(StoreObjects),
}

/// A file that cannot be seen yet.
pub(super) enum MediaFile {
    Folder(AtomicFile),
    #[cfg(feature = "cloud")]
    Store(BucketFile),
}

impl MediaPlace {
    pub(super) fn folder(path: &Path) -> Result<Self, ExportError> {
        if path.exists() && !path.is_dir() {
            return Err(ExportError::NotAFolder { path: path.to_owned() });
        }
        storage::create_folder(path, Access::of_results()).map_err(|source| ExportError::File {
            action: "create the folder",
            path: path.to_owned(),
            source,
        })?;
        let place = Self::Folder { _lock: lock_folder(path)?, path: path.to_owned() };
        place.remove_drafts(path)?;
        Ok(place)
    }

    /// Removes what a killed run left: no other one is writing while the folder is locked.
    fn remove_drafts(&self, path: &Path) -> Result<(), ExportError> {
        let failed = |source| self.error("clear the folder", "", source);
        for entry in fs::read_dir(path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if name.to_string_lossy().starts_with(".chatferry-") {
                storage::remove(&path.join(name)).map_err(failed)?;
            }
        }
        Ok(())
    }

    #[cfg(feature = "cloud")]
    pub(super) fn store(url: &Url) -> Result<Self, ExportError> {
        Ok(Self::Store(StoreObjects::open(url)?))
    }

    #[cfg(not(feature = "cloud"))]
    pub(super) fn store(url: &Url) -> Result<Self, ExportError> {
        let source = "this chatferry was built without object storage: build it with `--features cloud`";
        Err(ExportError::Destination { url: url.to_string(), source: source.into() })
    }

    /// Fails where it holds files that are not hidden.
    pub(super) fn check_is_empty(&self) -> Result<(), ExportError> {
        let (shown, names): (_, Vec<String>) = match self {
            Self::Folder { path, .. } => {
                let entries =
                    fs::read_dir(path).map_err(|source| self.error("read the folder", "", source))?;
                let names = entries.filter_map(Result::ok).map(|entry| entry.file_name());
                (path.clone(), names.map(|name| name.to_string_lossy().into_owned()).collect())
            }
            #[cfg(feature = "cloud")]
            Self::Store(store) => (PathBuf::from(store.shown()), store.names()?),
        };
        let foreign: Vec<String> = names.into_iter().filter(|name: &String| !name.starts_with('.')).collect();
        if foreign.is_empty() {
            return Ok(());
        }
        Err(ExportError::ForeignFiles { path: shown, examples: examples(foreign) })
    }

    /// The bytes of a file; none where there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ExportError> {
        match self {
            Self::Folder { path, .. } => match fs::read(path.join(name)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(self.error("read", name, source)),
            },
            #[cfg(feature = "cloud")]
            Self::Store(store) => store.read(name),
        }
    }

    /// Writes a small file in the place of the one that has its name.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        match self {
            Self::Folder { path, .. } => storage::write(&path.join(name), bytes, Access::of_results())
                .map_err(|source| self.error("write", name, source)),
            #[cfg(feature = "cloud")]
            Self::Store(store) => store.put(name, bytes.to_vec()),
        }
    }

    pub(super) fn create(&self, name: &str) -> Result<MediaFile, ExportError> {
        Ok(match self {
            Self::Folder { path, .. } => {
                let file = AtomicFile::create(&path.join(name), Access::of_results());
                MediaFile::Folder(file.map_err(|source| self.error("create", name, source))?)
            }
            #[cfg(feature = "cloud")]
            Self::Store(store) => MediaFile::Store(store.create(name)),
        })
    }

    /// Makes a complete file visible.
    pub(super) fn publish(&self, file: MediaFile, name: &str) -> Result<(), ExportError> {
        match file {
            MediaFile::Folder(file) => file.commit().map_err(|source| self.failed(name, source)),
            #[cfg(feature = "cloud")]
            MediaFile::Store(file) => file.publish(name),
        }
    }

    /// The error of a write.
    pub(super) fn failed(&self, name: &str, source: io::Error) -> ExportError {
        self.error("write", name, source)
    }

    fn error(&self, action: &'static str, name: &str, source: io::Error) -> ExportError {
        match self {
            Self::Folder { path, .. } => ExportError::File { action, path: path.join(name), source },
            #[cfg(feature = "cloud")]
            Self::Store(store) => {
                ExportError::Store { action, url: format!("{}/{name}", store.shown()), source: source.into() }
            }
        }
    }
}

impl Write for MediaFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Folder(file) => file.write_all(bytes)?,
            #[cfg(feature = "cloud")]
            Self::Store(file) => file.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Folder(file) => file.flush(),
            #[cfg(feature = "cloud")]
            Self::Store(file) => file.flush(),
        }
    }
}
