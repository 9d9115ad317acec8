//! `chatferry mapping`: lists, shows and checks mapping files.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::mapping::{MappingAction, MappingArgs};
use crate::error::ExitStatus;
use crate::event::Events;
use crate::export::{self, ExportError, ExportOptions, FileFormat, ListReader, walk_of};
use crate::mapping::{self, Evaluator, MappedRecord, Mapping, Sample, TriedCell};
use crate::printable::Printable;
use crate::report::text::mapping::{
    self as text, CheckedLines, FailedExpression, ListedMapping, MappingCheck, TriedRow,
};
use crate::snapshot::{Snapshot, SnapshotError};

use super::export::users;
use super::{CommandError, Context, Outcome};

/// Runs the verb. A check that found something is exit code 5.
pub(super) fn run(args: &MappingArgs, context: &mut Context) -> Outcome {
    let (answer, object, status) = act(args)?;
    match answer {
        _ if context.output.json => context.json(&object)?,
        Answered::Report(text) => context.print(text)?,
        // A mapping file byte for byte: what is shown is edited and used.
        Answered::File(text) => context.data(text.as_bytes())?,
    }
    Ok(status)
}

/// What goes to stdout.
enum Answered {
    Report(Printable),
    File(String),
}

/// Does what was asked for: the answer as text, as an object, and how it ends the program.
fn act(args: &MappingArgs) -> Result<(Answered, Json, ExitStatus), CommandError> {
    Ok(match &args.action {
        MappingAction::List => {
            let (text, object) = list()?;
            (Answered::Report(text), object, ExitStatus::Done)
        }
        MappingAction::Show { name } => {
            let mapping = mapping::load(name)?;
            let object = json!({ "name": mapping.name, "text": mapping.text });
            (Answered::File(mapping.text), object, ExitStatus::Done)
        }
        MappingAction::Check { file, snapshot, rows } => {
            let report = check(file, snapshot.as_deref(), *rows)?;
            let status = if report.is_clean() { ExitStatus::Done } else { ExitStatus::Findings };
            (Answered::Report(report.text()), json!(report), status)
        }
    })
}

/// The bundled mappings as text and as an object.
fn list() -> Result<(Printable, Json), CommandError> {
    let mut text = Printable::new();
    let mut mappings = Vec::new();
    for name in mapping::bundled_names() {
        let mapping = mapping::load(name)?;
        let records: Vec<(&str, &str)> = mapping
            .records
            .iter()
            .map(|record| (record.name.as_str(), record.description.as_str()))
            .collect();
        let objects: Vec<Json> = records
            .iter()
            .map(|(name, description)| json!({ "name": name, "description": description }))
            .collect();
        mappings.push(json!({ "name": name, "description": mapping.description, "records": objects }));
        text.append(text::list(&ListedMapping { name, description: &mapping.description, records }));
    }
    Ok((text, json!({ "mappings": mappings })))
}

fn check(file: &str, snapshot: Option<&Path>, rows: usize) -> Result<MappingCheck, CommandError> {
    let mut mapping = mapping::load(file)?;
    let mut report = MappingCheck {
        mapping: mapping.name.clone(),
        records: mapping.records.len(),
        columns: mapping.records.iter().map(|record| record.columns.len()).sum(),
        ..MappingCheck::default()
    };
    let samples = [(TriedRow::MadeUp, Sample::full()), (TriedRow::Nulls, Sample::nulls())];
    for record in &mut mapping.records {
        for (row, sample) in &samples {
            record.set_sids(sample.sids());
            record.set_users(sample.sids());
            let mut lists = Vec::new();
            for list in &record.lists {
                let tried = Evaluator::new(&list.record).try_all(&sample.subject(list.record.entity));
                take(&mut report, &list.record, *row, &tried);
                lists.push(Json::from(vec![cells(tried)]).to_string().into());
            }
            let mut evaluator = Evaluator::new(record);
            evaluator.set_lists(lists);
            let tried = evaluator.try_all(&sample.subject(record.entity));
            take(&mut report, record, *row, &tried);
        }
        record.set_sids(Sample::full().sids());
    }
    let Some(path) = snapshot else { return Ok(report) };
    let snapshot = Snapshot::open(path)?;
    let mut mappings = [mapping];
    users::give(&mut mappings, path)?;
    for record in &mappings[0].records {
        let shown = first_rows(&snapshot, record, rows, &mut report)?;
        report.rows.insert(record.name.clone(), shown.into());
    }
    let fails = report.failures.iter().any(|failure| failure.fatal);
    if !fails && mappings[0].has_schema() {
        report.lines = check_lines(&snapshot, mappings)?;
    }
    Ok(report)
}

/// Compares each line that an export would write with the schemas of the mapping.
fn check_lines(snapshot: &Snapshot, mappings: [Mapping; 1]) -> Result<Option<CheckedLines>, CommandError> {
    let options =
        ExportOptions { check_schema: true, ..ExportOptions::new(mappings.into(), vec![FileFormat::Ndjson]) };
    match export::check_lines(snapshot, &options, &Events::none()) {
        Ok(report) => {
            let files = report.bundles.iter().flat_map(|bundle| &bundle.files);
            let of_records = report.records.iter().flat_map(|record| &record.files);
            Ok(Some(CheckedLines {
                rows: files.chain(of_records).map(|file| file.rows).sum(),
                problem: None,
            }))
        }
        Err(error @ (ExportError::Schema { .. } | ExportError::NotUnique { .. } | ExportError::Row(_))) => {
            Ok(Some(CheckedLines { rows: 0, problem: Some(error.to_string()) }))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the columns of a row gave.
fn cells(tried: Vec<TriedCell>) -> Json {
    let cells = tried.into_iter().filter(|tried| tried.name != "where");
    let cell = |tried: TriedCell| {
        (tried.name, tried.outcome.unwrap_or_else(|message| text::failed_cell(&message).into()))
    };
    Json::Object(cells.map(cell).collect())
}

/// Ends a walk.
enum Stop {
    /// There are enough rows.
    Enough,
    /// The walk failed.
    Failed(SnapshotError),
    /// A list could not be read.
    List(Box<ExportError>),
}

impl From<SnapshotError> for Stop {
    fn from(error: SnapshotError) -> Self {
        Self::Failed(error)
    }
}

/// What a record gives for the first rows of a snapshot that its conditions keep.
fn first_rows(
    snapshot: &Snapshot,
    record: &MappedRecord,
    most: usize,
    report: &mut MappingCheck,
) -> Result<Vec<Json>, CommandError> {
    let mut evaluator = Evaluator::new(record);
    let mut lists = if most == 0 { Vec::new() } else { export::lists_of(snapshot, record)? };
    let mut rows = Vec::new();
    let walked = snapshot.walk(&walk_of(record), |step| {
        if rows.len() >= most {
            return Err(Stop::Enough);
        }
        lists
            .iter_mut()
            .try_for_each(|list| list.enter(step))
            .map_err(|error| Stop::List(Box::new(error)))?;
        evaluator.set_lists(lists.iter().map(ListReader::text).collect());
        let tried = evaluator.try_all(step);
        let is_kept =
            tried.iter().all(|tried| tried.name != "where" || tried.outcome == Ok(Json::Bool(true)));
        if is_kept {
            take(report, record, TriedRow::OfSnapshot(rows.len() + 1), &tried);
            rows.push(cells(tried));
        }
        Ok(())
    });
    match walked {
        Err(Stop::Failed(error)) => Err(error.into()),
        Err(Stop::List(error)) => Err((*error).into()),
        Ok(()) | Err(Stop::Enough) => Ok(rows),
    }
}

fn take(report: &mut MappingCheck, record: &MappedRecord, on: TriedRow, tried: &[TriedCell]) {
    for tried in tried {
        if let Err(message) = &tried.outcome {
            report.failures.push(FailedExpression {
                record: record.name.clone(),
                column: tried.name.clone(),
                on,
                message: message.clone(),
                fatal: tried.is_fatal,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(mapping: &str) -> MappingCheck {
        check(mapping, None, 0).unwrap()
    }

    #[test]
    fn bundled_mappings_work_on_made_up_rows() {
        for name in mapping::bundled_names() {
            let report = checked(name);
            assert!(report.failures.is_empty(), "{name}: {:?}", report.failures);
        }
    }

    #[test]
    fn a_failing_expression_is_told_with_the_row_that_it_fails_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.toml");
        std::fs::write(
            &file,
            "version = 1\nname = \"m\"\n[[records]]\nname = \"r\"\nentity = \"user\"\nkey = [\"sid\"]\n\
             columns = [{ name = \"sid\", path = \"sid\" }, { name = \"x\", value = \"identity ~ (attributes|fromjson).team\" },\n\
             { name = \"y\", value = \"1\", on_error = \"null\" }]",
        )
        .unwrap();
        let report = checked(file.to_str().unwrap());
        let failures: Vec<String> = report
            .failures
            .iter()
            .map(|failure| format!("{} {} {}", failure.column, failure.on, failure.fatal))
            .collect();
        assert_eq!(
            failures,
            ["y a made-up row false", "x a made-up row of nulls true", "y a made-up row of nulls false"]
        );
        let end = "r.x fails on a made-up row of nulls, which would end an export";
        assert!(report.text().to_string().contains(end));
    }

    #[test]
    fn a_bundled_mapping_is_shown_as_it_is() {
        let show = |name: &str| act(&MappingArgs { action: MappingAction::Show { name: name.to_owned() } });
        let (Answered::File(shown), ..) = show("chat").unwrap() else { panic!("a file is shown as it is") };
        assert_eq!(shown, mapping::bundled_text("chat").unwrap());
        assert_eq!(show("chatt").err().unwrap().status, ExitStatus::Usage);
        let (text, object, _) = act(&MappingArgs { action: MappingAction::List }).unwrap();
        let Answered::Report(text) = text else { panic!("the list is a report") };
        assert!(text.to_string().contains("\n  user_channels "));
        assert_eq!(object["mappings"][0]["name"], "chat");
    }
}
