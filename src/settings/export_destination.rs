//! Where an export goes: standard output, a folder, or an object store.

use std::path::PathBuf;

use url::Url;

/// Where an export goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExportDestination {
    /// Standard output.
    Stream,
    Folder(PathBuf),
    /// A prefix of a bucket.
    Store(Url),
}

impl ExportDestination {
    /// Takes `-`, a URL of an object store, or a folder's path.
    pub(super) fn of(text: &str) -> Self {
        if text == "-" {
            return Self::Stream;
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "s3" | "s3a" | "gs" | "az" | "azure" | "abfs" | "abfss") => {
                Self::Store(url)
            }
            _ => Self::Folder(PathBuf::from(text)),
        }
    }
}
