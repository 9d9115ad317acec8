//! Where an export's files go: the seam between the export and folders or object stores.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::error::ExportError;

/// The file that describes an export.
pub(super) const PACKAGE: &str = "datapackage.json";
/// Lists our files while they are being replaced, so that a killed export can be told from somebody's files.
pub(super) const JOURNAL: &str = ".chatferry-journal.json";

/// A place for files that appear together.
///
/// **Invariant:** nothing of a file can be seen before [`Place::publish`], and what was not published leaves nothing behind.
pub(super) trait Place {
    /// A file that cannot be seen yet.
    type File: Write + Send;

    /// Begins a file.
    fn create(&self, name: &str) -> Result<Self::File, ExportError>;

    /// Makes sure that a file's bytes are stored, so that nothing but its name is missing.
    fn complete(&self, file: &mut Self::File) -> io::Result<()>;

    /// Makes the completed files visible, the package last, and removes what only the former export had.
    fn publish(self, files: Vec<(String, Self::File)>, package: Self::File) -> Result<(), ExportError>;

    /// The error of a write.
    fn failed(&self, name: &str, source: io::Error) -> ExportError;
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

/// Our files while they are being replaced.
#[derive(Serialize, Deserialize)]
pub(super) struct Journal {
    files: BTreeSet<String>,
}

impl Journal {
    /// The journal's text: the files that were there and the ones that come.
    pub(super) fn of(new: &BTreeSet<String>, former: &BTreeSet<String>) -> Vec<u8> {
        let journal = Self { files: new.union(former).cloned().collect() };
        serde_json::to_vec(&journal).expect("names are text")
    }
}

/// The names of our files in a place, by its package and journal. One that is not ours, or damaged, says nothing.
pub(super) fn former_files(package: Option<&[u8]>, journal: Option<&[u8]>) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    if let Some(package) = package.and_then(|text| serde_json::from_slice::<FormerPackage>(text).ok()) {
        files.insert(PACKAGE.to_owned());
        files.extend(package.resources.into_iter().map(|resource| resource.path));
    }
    if let Some(journal) = journal.and_then(|text| serde_json::from_slice::<Journal>(text).ok()) {
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

/// Some names of files, for a message.
pub(super) fn examples(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.truncate(3);
    names
}
