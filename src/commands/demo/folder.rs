//! The demo's folder: what is in it, and that a demo starts from nothing.
//!
//! **Invariant:** of a folder that is there only the demo's own former files go.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::report::text::demo::{DemoFileError, DemoFiles};
use crate::storage::{self, Access};

/// Where everything of a demo is.
#[derive(Debug)]
pub(super) struct DemoFolder {
    /// The folder itself.
    pub(super) path: PathBuf,
    /// What was crawled.
    pub(super) snapshot: PathBuf,
    pub(super) export: PathBuf,
    /// The plan in place, which is not applied.
    pub(super) plan: PathBuf,
    pub(super) plan_page: PathBuf,
    /// The mapping of the copy.
    pub(super) mapping: PathBuf,
    /// The plan of the copy.
    pub(super) copy: PathBuf,
    pub(super) copy_page: PathBuf,
    /// The result of verifying each record of the copy.
    pub(super) verified: PathBuf,
}

impl DemoFolder {
    /// The files that the text names.
    pub(super) fn files(&self) -> DemoFiles<'_> {
        DemoFiles {
            snapshot: &self.snapshot,
            export: &self.export,
            plan_page: &self.plan_page,
            mapping: &self.mapping,
            copy: &self.copy,
            copy_page: &self.copy_page,
            verified: &self.verified,
        }
    }

    /// Makes the folder, and removes what a former demo left in it.
    pub(super) fn prepare(path: PathBuf) -> Result<Self, DemoFileError> {
        storage::create_folder(&path, Access::Private)
            .map_err(|source| DemoFileError { path: path.clone(), source })?;
        let folder = Self {
            snapshot: path.join("snapshot.db"),
            export: path.join("export"),
            plan: path.join("plan.db"),
            plan_page: path.join("plan.html"),
            mapping: path.join("copy.toml"),
            copy: path.join("copy.db"),
            copy_page: path.join("copy.html"),
            verified: path.join("verify.txt"),
            path,
        };
        for file in [
            &folder.snapshot,
            &folder.plan,
            &folder.plan_page,
            &folder.mapping,
            &folder.copy,
            &folder.copy_page,
            &folder.verified,
        ] {
            remove(file)?;
        }
        for scratch in ["plan.target.db", "copy.target.db", "copy.verify.db"] {
            remove(&folder.path.join(scratch))?;
        }
        Ok(folder)
    }

    /// The file for the result of each record.
    pub(super) fn verified(&self) -> Result<File, DemoFileError> {
        let path = &self.verified;
        storage::create_file(path, Access::Private)
            .map_err(|source| DemoFileError { path: path.clone(), source })
    }
}

/// Removes a file with the other files that SQLite keeps for it.
fn remove(file: &Path) -> Result<(), DemoFileError> {
    let removed = storage::remove_companions(file).and_then(|()| storage::remove(file));
    removed.map_err(|source| DemoFileError { path: file.to_path_buf(), source })
}
