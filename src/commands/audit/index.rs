//! `index.html` of a folder of audits, written again by each audit.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::audit::AuditFolder;
use crate::report::audits::{self, AuditRow};

use super::super::CommandError;
use super::super::page;

/// A `result.json` larger than this is not one of ours.
const MOST_BYTES: u64 = 16 << 20;

/// Writes the page of the audits that are there.
pub(super) fn write(folder: &AuditFolder) -> Result<(), CommandError> {
    let mut rows = Vec::new();
    let mut place = None;
    for audit in folder.list()? {
        let path = folder.path_of(&audit);
        let result = read(&path.join("result.json")).ok();
        rows.push(AuditRow::of(audit.folder(), result.as_ref(), path.join("report.html").exists()));
        place = path.parent().map(Path::to_path_buf);
    }
    let Some(place) = place else { return Ok(()) };
    page::write(&place.join("index.html"), |out| audits::html(&rows, out))
}

fn read(path: &Path) -> io::Result<Value> {
    if std::fs::metadata(path)?.len() > MOST_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}
