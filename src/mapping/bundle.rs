//! How rows become lines and files where it is not one file of one row a line: bundles, parts and batches.

use std::sync::Arc;

use super::line_schema::LineSchema;

/// Files that are written as NDJSON only: of several records, in parts, with several rows on a line, or checked by a schema.
#[derive(Debug, Clone, Default)]
pub struct LineFiles {
    /// Lines that each file begins with, without their line ends.
    pub first: Vec<String>,
    pub max_rows: Option<u64>,
    /// Before compression.
    pub max_bytes: Option<u64>,
    pub(crate) schema: Option<Arc<LineSchema>>,
}

/// One file of several records.
#[derive(Debug, Clone)]
pub struct MappedBundle {
    /// The file's name without its ending.
    pub name: String,
    pub description: String,
    /// The names of its records, in the order of their rows.
    pub records: Vec<String>,
    pub lines: LineFiles,
}

/// Several rows of a record on one line.
#[derive(Debug, Clone)]
pub struct RowBatch {
    pub max_rows: u64,
    /// What stands before the rows and after them.
    pub around: (String, String),
    /// The names of the columns whose values are a row's key; rows without are a list.
    pub keyed_by: Vec<String>,
    /// What stands between several of these values.
    pub separator: String,
}

impl LineFiles {
    /// Whether its files are numbered.
    pub fn has_parts(&self) -> bool {
        self.max_rows.is_some() || self.max_bytes.is_some()
    }
}
