//! Where an export's files go: the seam between the export and folders or object stores.

use std::io::{self, Write};

use super::error::ExportError;

/// The file that describes an export.
pub(super) const PACKAGE: &str = "datapackage.json";

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
