//! What an export wrote.

use serde::Serialize;

use super::formats::FileFormat;
use super::passed::RowsPassed;

/// One record of an export.
#[derive(Debug, Serialize)]
pub struct WrittenRecord {
    pub record: String,
    pub mapping: String,
    #[serde(flatten)]
    pub passed: RowsPassed,
    /// Its own files: none where a bundle has its rows.
    pub files: Vec<WrittenFile>,
}

/// One file of several records.
#[derive(Debug, Serialize)]
pub struct WrittenBundle {
    pub bundle: String,
    pub mapping: String,
    /// The records that it has, in the order of their rows.
    pub records: Vec<String>,
    /// The parts where there are some.
    pub files: Vec<WrittenFile>,
}

/// One file of an export.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenFile {
    /// Its name within the folder.
    pub path: String,
    pub format: FileFormat,
    pub rows: u64,
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// One table of an export to a database.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenTable {
    /// Its schema and name.
    pub table: String,
    pub record: String,
    pub rows: u64,
    /// Bytes that were sent.
    pub bytes: u64,
    /// Rows of it that were removed.
    pub replaced: u64,
}
