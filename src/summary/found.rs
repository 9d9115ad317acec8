//! Looks for the files of runs in a folder and below it, or among the objects of a bucket.
//!
//! **Invariant:** links are not followed: `latest` of a folder of audits is one of the audits beside it.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::SummaryError;
use super::record::{self, FoundRun};

/// The longest file that is read. Records are a few KiB, and packages of many resources a few hundred.
pub(crate) const MOST_BYTES: u64 = 16 << 20;

/// How deep folders are looked into: a place with all its names, the folder of an audit, and its export.
const DEEPEST: usize = 8;

/// The runs that left files in a folder or below it, in the order of their paths. A file that cannot be read is no reason not to read the others.
pub(crate) fn folder(path: &Path) -> Result<Vec<FoundRun>, SummaryError> {
    let listed = |path: &Path| {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        entries.map_err(|source| SummaryError::Folder { path: path.to_owned(), source })
    };
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![(path.to_path_buf(), 0)];
    while let Some((path, depth)) = folders.pop() {
        let entries = match listed(&path) {
            Err(error) if depth > 0 => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a folder is left out");
                continue;
            }
            entries => entries?,
        };
        for entry in entries {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < DEEPEST {
                folders.push((entry.path(), depth + 1));
            } else if kind.is_file() && is_json(&entry.path()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files.iter().filter_map(|path| of_file(path)).collect())
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json")
}

fn of_file(path: &Path) -> Option<FoundRun> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > MOST_BYTES) {
        return None;
    }
    match fs::read(path) {
        Ok(bytes) => record::read(&path.display().to_string(), &bytes),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a file is left out");
            None
        }
    }
}

/// The runs that these objects of a bucket are of, each with its address.
pub(crate) fn objects(objects: &[(String, Vec<u8>)]) -> Vec<FoundRun> {
    objects.iter().filter_map(|(address, bytes)| record::read(address, bytes)).collect()
}
