//! A list as CSV, for a spreadsheet.
//!
//! **Invariant:** no cell is run as a formula: what a spreadsheet may take for one has an apostrophe in front of it.

use serde_json::Value;

use crate::browse::error::BrowseError;
use crate::model::spreadsheet::is_formula;
use crate::snapshot::ListedMembership;

pub(super) fn csv(rows: &[ListedMembership]) -> Result<Vec<u8>, BrowseError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = serde_json::to_value(ListedMembership::default())?;
    let names: Vec<String> =
        header.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    writer.write_record(&names)?;
    for row in rows {
        let row = serde_json::to_value(row)?;
        let cells = names.iter().map(|name| match row.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) if is_formula(text) => format!("'{text}"),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        });
        writer.write_record(cells)?;
    }
    writer.into_inner().map_err(|error| BrowseError::Csv(error.into_error().into()))
}
