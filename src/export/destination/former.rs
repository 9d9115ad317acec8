//! Which files of a destination are of a former export, and may be replaced or removed.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

/// The file that describes an export.
pub(in crate::export) const PACKAGE: &str = "datapackage.json";
/// Lists our files while they are being replaced, so that a killed export can be told from other people's files.
pub(super) const JOURNAL: &str = ".chatferry-journal.json";

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
struct ExportJournal {
    files: BTreeSet<String>,
}

/// The text of a journal of the files that were there and the ones that come.
pub(super) fn journal(new: &BTreeSet<String>, former: &BTreeSet<String>) -> Vec<u8> {
    let journal = ExportJournal { files: new.union(former).cloned().collect() };
    serde_json::to_vec(&journal).expect("names are text")
}

/// The names of our files in a destination, by its package and journal. One that is not ours, or damaged, names none.
pub(super) fn former_files(package: Option<&[u8]>, journal: Option<&[u8]>) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    if let Some(package) = package.and_then(|text| serde_json::from_slice::<FormerPackage>(text).ok()) {
        files.insert(PACKAGE.to_owned());
        files.extend(package.resources.into_iter().map(|resource| resource.path));
    }
    if let Some(journal) = journal.and_then(|text| serde_json::from_slice::<ExportJournal>(text).ok()) {
        files.insert(PACKAGE.to_owned());
        files.extend(journal.files);
    }
    // Anyone can edit a package: it cannot make us remove files of other folders.
    files.retain(|name| {
        let mut parts = Path::new(name).components();
        let first = parts.next();
        matches!((first, parts.next()), (Some(Component::Normal(part)), None) if part == name.as_str())
    });
    files
}

/// Some of the names, for a message.
pub(in crate::export) fn examples(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.truncate(3);
    names
}
