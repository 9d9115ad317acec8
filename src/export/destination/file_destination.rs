//! The seam between an export and the places that it can write to.

use std::io::{self, Write};

use crate::export::error::ExportError;

/// A place for files that appear together.
///
/// **Invariant:** nothing of a file can be seen before [`FileDestination::publish`], and what was not published leaves nothing behind.
pub(in crate::export) trait FileDestination {
    /// A file that cannot be seen yet.
    type File: Write + Send;

    fn create(&self, name: &str) -> Result<Self::File, ExportError>;

    /// Stores the bytes that a file has, as far as that is possible while it cannot be seen.
    fn complete(&self, file: &mut Self::File) -> io::Result<()>;

    /// Makes the completed files visible, the package last, and removes what only the former export had.
    fn publish(self, files: Vec<(String, Self::File)>, package: Self::File) -> Result<(), ExportError>;

    /// The error of a write.
    fn failed(&self, name: &str, source: io::Error) -> ExportError;
}
