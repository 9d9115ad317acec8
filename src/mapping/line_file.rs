//! Compiles how rows become lines and files: bundles, parts, batches, nested keys.

use std::path::Path;

use serde::de::IgnoredAny;
use toml::Spanned;

use super::bundle::{LineFiles, MappedBundle, RowBatch};
use super::error::{Located, MappingProblem};
use super::file::{BatchEntry, BundleEntry, PartsEntry};
use super::line_schema::LineSchema;
use super::record::{MappedColumn, MappedRecord};
use crate::storage::nearest;

/// What stands for the rows in a batch's line.
const ROWS: &str = "$ROWS";

fn section(section: &str, message: impl Into<String>) -> MappingProblem {
    MappingProblem::Section { section: section.to_owned(), message: message.into() }
}

/// Compiles a bundle of some of the records. A record is in one bundle.
pub(super) fn bundle(
    entry: BundleEntry,
    records: &[MappedRecord],
    others: &[MappedBundle],
    folder: Option<&Path>,
) -> Located<MappedBundle> {
    if entry.records.get_ref().is_empty() {
        return Err((entry.records.span(), MappingProblem::Empty { what: "`records` of a bundle" }));
    }
    let mut names: Vec<String> = Vec::new();
    for name in entry.records.get_ref() {
        let text = name.get_ref();
        let Some(record) = records.iter().find(|record| record.name == *text) else {
            let known: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
            let suggestion = nearest(text, known.iter().copied()).map(str::to_owned);
            let known = format!("the mapping's records are {}", known.join(", "));
            let problem = MappingProblem::Unknown { what: "record", name: text.clone(), suggestion, known };
            return Err((name.span(), problem));
        };
        if names.contains(text) || others.iter().any(|other| other.records.contains(text)) {
            return Err((
                name.span(),
                MappingProblem::Twice { what: "record of a bundle", name: text.clone() },
            ));
        }
        if record.lines.is_some() {
            let message =
                format!("`parts` and `schema` of record `{text}` belong to the bundle that it is in");
            return Err((name.span(), section(&format!("bundle `{}`", entry.name.get_ref()), message)));
        }
        names.push(text.clone());
    }
    let lines = lines(&entry.first, entry.parts, entry.schema.as_ref(), folder)?;
    Ok(MappedBundle { name: entry.name.into_inner(), description: entry.description, records: names, lines })
}

/// Compiles what files of lines begin with, when they end, and the schema of their lines.
pub(super) fn lines(
    first: &[Spanned<String>],
    parts: Option<Spanned<PartsEntry>>,
    schema: Option<&Spanned<String>>,
    folder: Option<&Path>,
) -> Located<LineFiles> {
    let mut lines = LineFiles::default();
    for line in first {
        if line.get_ref().contains(['\n', '\r'])
            || serde_json::from_str::<IgnoredAny>(line.get_ref()).is_err()
        {
            return Err((line.span(), section("`first`", "a line must be JSON, without line ends")));
        }
        lines.first.push(line.get_ref().clone());
    }
    if let Some(parts) = parts {
        let PartsEntry { max_rows, max_bytes } = *parts.get_ref();
        if max_rows.or(max_bytes).is_none() || max_rows == Some(0) || max_bytes == Some(0) {
            let message = "give `max_rows`, `max_bytes` or both, each at least 1";
            return Err((parts.span(), section("`parts`", message)));
        }
        (lines.max_rows, lines.max_bytes) = (max_rows, max_bytes);
    }
    lines.schema = schema.map(|schema| LineSchema::load(schema, folder)).transpose()?.map(Into::into);
    Ok(lines)
}

/// Compiles how several rows are one line.
pub(super) fn batch(entry: Spanned<BatchEntry>, columns: &[MappedColumn]) -> Located<RowBatch> {
    let span = entry.span();
    let entry = entry.into_inner();
    if entry.max_rows == 0 {
        return Err((span, section("`batch`", "`max_rows` is at least 1")));
    }
    let mut keyed_by = Vec::new();
    for name in &entry.keyed_by {
        if !columns.iter().any(|column| column.name == *name.get_ref()) {
            let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            let suggestion = nearest(name.get_ref(), known.iter().copied()).map(str::to_owned);
            let known = format!("the record's columns are {}", known.join(", "));
            let name_text = name.get_ref().clone();
            let problem = MappingProblem::Unknown { what: "column", name: name_text, suggestion, known };
            return Err((name.span(), problem));
        }
        keyed_by.push(name.get_ref().clone());
    }
    let text = entry.line.get_ref();
    let around = text.split_once(ROWS).filter(|(before, after)| {
        let rows = if keyed_by.is_empty() { "[]" } else { "{}" };
        let is_json = serde_json::from_str::<IgnoredAny>(&format!("{before}{rows}{after}")).is_ok();
        is_json && !text.contains(['\n', '\r'])
    });
    let Some((before, after)) = around else {
        let message = format!("`line` must be JSON on one line, with {ROWS} where the rows stand");
        return Err((entry.line.span(), section("`batch`", message)));
    };
    Ok(RowBatch {
        max_rows: entry.max_rows,
        around: (before.to_owned(), after.to_owned()),
        keyed_by,
        separator: entry.separator,
    })
}

/// What keeps names of columns such as `data.id` from being keys of objects: an object whose keys are not next to each other, or a
/// name that is a value and an object.
pub(super) fn nesting_problem(columns: &[MappedColumn]) -> Option<MappingProblem> {
    let problem = |column: &MappedColumn, problem: String| {
        Some(MappingProblem::Nested { column: column.name.clone(), problem })
    };
    for (position, column) in columns.iter().enumerate() {
        if column.name.split('.').any(str::is_empty) {
            return problem(column, "a key of it is empty".to_owned());
        }
        let objects = column.name.match_indices('.').filter_map(|(end, _)| column.name.get(..end));
        for object in objects {
            let is_inside = |other: &MappedColumn| {
                other.name.strip_prefix(object).is_some_and(|rest| rest.starts_with('.'))
            };
            if columns.iter().any(|other| other.name == object) {
                return problem(column, format!("`{object}` is a column too"));
            }
            let before = columns.get(..position).unwrap_or_default();
            let first = before.iter().position(is_inside).unwrap_or(position);
            if !before.get(first..).unwrap_or_default().iter().all(is_inside) {
                return problem(column, format!("the columns of `{object}` must stand together"));
            }
        }
    }
    None
}
