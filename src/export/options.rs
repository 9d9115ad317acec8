//! What an export is asked to do.

use jiff::civil::Date;
use serde::Serialize;

use super::formats::{Compression, CsvOptions, FileFormat};
use crate::mapping::{Mapping, PiiPolicy};
use crate::snapshot::MissingOfPerson;

/// A plan that SIDs are from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanFacts {
    pub digest: String,
    pub target_service_sid: String,
}

/// Whom an export is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectFacts {
    pub service_sid: String,
    /// None of one who is no user any more.
    pub user_sid: Option<String>,
    pub identity: Option<String>,
    /// Whether it also says when others wrote, under numbers in the place of names.
    pub context: bool,
    /// What could not be read, or is not in the snapshot.
    pub missing: Vec<MissingOfPerson>,
}

/// A page for people that goes with the files.
#[derive(Debug, Clone)]
pub struct PackagePage {
    pub title: String,
    pub html: String,
}

/// What one export needs to know.
#[derive(Debug)]
pub struct ExportOptions {
    /// The mappings whose records are written.
    pub mappings: Vec<Mapping>,
    /// The records to write, by name; all that the snapshot can give without it.
    pub records: Option<Vec<String>>,
    /// The formats, each once.
    pub formats: Vec<FileFormat>,
    /// How the text formats are compressed.
    pub compression: Option<Compression>,
    /// What was done with personal columns; the mappings were adjusted accordingly.
    pub pii: PiiPolicy,
    /// The plan whose target's SIDs the mappings were given.
    pub plan: Option<PlanFacts>,
    /// Until when the files are kept, as the package states.
    pub retain_until: Option<Date>,
    /// The person that the rows are about, where they are about one.
    pub subject: Option<SubjectFacts>,
    /// Written as `index.html`.
    pub page: Option<PackagePage>,
    /// The condition that was added to every record.
    pub condition: Option<String>,
    /// Whether CSV cells that a spreadsheet would take for formulas get an apostrophe in front.
    pub spreadsheet_safe: bool,
    /// Whether the lines of files whose mapping names a schema are compared with it.
    pub check_schema: bool,
    /// Whether to write into a folder that holds other files too.
    pub force: bool,
}

impl ExportOptions {
    /// All records of these mappings, as they are, in these formats.
    pub fn new(mappings: Vec<Mapping>, formats: Vec<FileFormat>) -> Self {
        Self {
            mappings,
            records: None,
            formats,
            compression: None,
            pii: PiiPolicy::Keep,
            plan: None,
            retain_until: None,
            subject: None,
            page: None,
            condition: None,
            spreadsheet_safe: false,
            check_schema: false,
            force: false,
        }
    }

    /// How files of that format are compressed.
    pub(super) fn compression_of(&self, format: FileFormat) -> Option<Compression> {
        if format.is_text() { self.compression } else { None }
    }

    pub(super) fn csv(&self) -> CsvOptions {
        CsvOptions { spreadsheet_safe: self.spreadsheet_safe }
    }
}
