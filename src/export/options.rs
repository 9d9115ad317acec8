//! What an export is asked to do.

use super::format::{Compression, Format};
use crate::mapping::Mapping;

/// What one export needs to know.
#[derive(Debug)]
pub struct ExportOptions {
    /// The mappings whose records are written.
    pub mappings: Vec<Mapping>,
    /// The records to write, by name; all that the snapshot can give without it.
    pub records: Option<Vec<String>>,
    /// The formats, each once.
    pub formats: Vec<Format>,
    /// How the text formats are compressed.
    pub compression: Option<Compression>,
    /// Whether CSV cells that a spreadsheet would take for formulas get an apostrophe in front.
    pub spreadsheet_safe: bool,
    /// Whether to write into a folder that holds other files too.
    pub force: bool,
}
