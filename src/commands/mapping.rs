//! `chatferry mapping`: lists, shows and checks mapping files.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::cli::mapping::{MappingAction, MappingArgs};
use crate::error::ExitStatus;
use crate::export::{subject, walk_of};
use crate::mapping::{self, Evaluator, Mapping, MappingError, Record, Sample, Tried};
use crate::snapshot::{Snapshot, SnapshotError};

use super::failure::Explained;
use super::{Context, Outcome};

/// `chatferry mapping` failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum MappingCommandError {
    /// The mapping cannot be used (exit code 2).
    #[error(transparent)]
    Mapping(Box<MappingError>),
    /// The snapshot cannot be read.
    #[error("the snapshot cannot be read")]
    Snapshot(#[from] SnapshotError),
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// What a check found.
#[derive(Debug, Default, Serialize)]
struct CheckReport {
    /// The mapping.
    pub mapping: String,
    /// How many records and columns it has.
    pub records: usize,
    /// See `records`.
    pub columns: usize,
    /// What failed on a row.
    pub failures: Vec<CheckFailure>,
    /// The first rows of the snapshot, by record.
    pub rows: Map<String, Json>,
}

/// An expression that failed on a row.
#[derive(Debug, Serialize)]
struct CheckFailure {
    /// The record.
    pub record: String,
    /// The column, or `where`.
    pub column: String,
    /// `a made-up row`, `a made-up row of nulls`, `row 1 of the snapshot`.
    pub on: String,
    /// What went wrong.
    pub message: String,
    /// Whether an export would end here.
    pub fatal: bool,
}

/// Runs the verb. A check that found something is exit code 5.
pub(super) fn run(args: &MappingArgs, context: &mut Context) -> Outcome {
    let Some(report) = act(args, &mut context.stdout)? else { return Ok(ExitStatus::Done) };
    if context.output.json {
        context.json(&report)?;
    } else {
        summarize(&report, &mut context.stdout).map_err(MappingCommandError::Output)?;
    }
    Ok(if report.failures.is_empty() { ExitStatus::Done } else { ExitStatus::Findings })
}

impl Explained for MappingCommandError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Mapping(_) => ExitStatus::Usage,
            Self::Snapshot(error) => error.exit_status(),
            Self::Output(_) => ExitStatus::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Snapshot(error) => error.hint(),
            Self::Mapping(_) | Self::Output(_) => None,
        }
    }
}

/// Does what was asked for; gives the report of a check.
fn act(args: &MappingArgs, out: &mut dyn Write) -> Result<Option<CheckReport>, MappingCommandError> {
    match &args.action {
        MappingAction::List => list(out).map(|()| None),
        MappingAction::Show { name } => show(name, out).map(|()| None),
        MappingAction::Check { file, snapshot, rows } => check(file, snapshot.as_deref(), *rows).map(Some),
    }
}

fn load(name: &str) -> Result<Mapping, MappingCommandError> {
    mapping::load(name).map_err(|error| MappingCommandError::Mapping(Box::new(error)))
}

fn list(out: &mut dyn Write) -> Result<(), MappingCommandError> {
    for name in mapping::bundled_names() {
        let mapping = load(name)?;
        writeln!(out, "{name}: {}", mapping.description)?;
        for record in &mapping.records {
            writeln!(out, "  {:<20} {}", record.name, record.description)?;
        }
    }
    Ok(())
}

fn show(name: &str, out: &mut dyn Write) -> Result<(), MappingCommandError> {
    out.write_all(load(name)?.text.as_bytes())?;
    Ok(())
}

fn check(file: &str, snapshot: Option<&Path>, rows: usize) -> Result<CheckReport, MappingCommandError> {
    let mapping = load(file)?;
    let mut report = CheckReport {
        mapping: mapping.name.clone(),
        records: mapping.records.len(),
        columns: mapping.records.iter().map(|record| record.columns.len()).sum(),
        ..CheckReport::default()
    };
    let samples = [("a made-up row", Sample::full()), ("a made-up row of nulls", Sample::nulls())];
    let snapshot = snapshot.map(Snapshot::open).transpose()?;
    for record in &mapping.records {
        for (name, sample) in &samples {
            let tried = Evaluator::new(record).try_all(&sample.subject(record.entity));
            report.take(record, name, &tried);
        }
        if let Some(snapshot) = &snapshot {
            let shown = first_rows(snapshot, record, rows, &mut report)?;
            report.rows.insert(record.name.clone(), shown.into());
        }
    }
    Ok(report)
}

/// Ends a walk.
enum Stop {
    /// There are enough rows.
    Enough,
    /// The walk failed.
    Failed(SnapshotError),
}

impl From<SnapshotError> for Stop {
    fn from(error: SnapshotError) -> Self {
        Self::Failed(error)
    }
}

/// What a record gives for the first rows of a snapshot that its conditions keep.
fn first_rows(
    snapshot: &Snapshot,
    record: &Record,
    most: usize,
    report: &mut CheckReport,
) -> Result<Vec<Json>, SnapshotError> {
    let mut evaluator = Evaluator::new(record);
    let mut rows = Vec::new();
    let walked = snapshot.walk(&walk_of(record), |step| {
        if rows.len() >= most {
            return Err(Stop::Enough);
        }
        let tried = evaluator.try_all(&subject(step));
        let is_kept =
            tried.iter().all(|tried| tried.name != "where" || tried.outcome == Ok(Json::Bool(true)));
        if is_kept {
            report.take(record, &format!("row {} of the snapshot", rows.len() + 1), &tried);
            let cells = tried.into_iter().filter(|tried| tried.name != "where");
            rows.push(Json::Object(
                cells
                    .map(|tried| {
                        (tried.name, tried.outcome.unwrap_or_else(|message| format!("⚠ {message}").into()))
                    })
                    .collect(),
            ));
        }
        Ok(())
    });
    match walked {
        Err(Stop::Failed(error)) => Err(error),
        Ok(()) | Err(Stop::Enough) => Ok(rows),
    }
}

impl CheckReport {
    fn take(&mut self, record: &Record, on: &str, tried: &[Tried]) {
        for tried in tried {
            if let Err(message) = &tried.outcome {
                self.failures.push(CheckFailure {
                    record: record.name.clone(),
                    column: tried.name.clone(),
                    on: on.to_owned(),
                    message: message.clone(),
                    fatal: tried.is_fatal,
                });
            }
        }
    }
}

/// A check's report in words.
fn summarize(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "mapping {}: records {}, columns {}", report.mapping, report.records, report.columns)?;
    for failure in &report.failures {
        let end = if failure.fatal { ", which would end an export" } else { "" };
        let CheckFailure { record, column, on, message, .. } = failure;
        writeln!(out, "  {record}.{column} fails on {on}{end}: {message}")?;
    }
    for (record, rows) in &report.rows {
        writeln!(out, "{record}:")?;
        for row in rows.as_array().into_iter().flatten() {
            writeln!(out, "  {row}")?;
        }
    }
    if report.failures.is_empty() {
        writeln!(out, "every expression works on made-up rows, full and with nulls")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(mapping: &str) -> CheckReport {
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
        let mut text = Vec::new();
        summarize(&report, &mut text).unwrap();
        assert!(
            String::from_utf8(text)
                .unwrap()
                .contains("r.x fails on a made-up row of nulls, which would end an export")
        );
    }

    #[test]
    fn a_bundled_mapping_is_shown_as_it_is() {
        let mut shown = Vec::new();
        show("chat", &mut shown).unwrap();
        assert_eq!(shown, mapping::bundled_text("chat").unwrap().as_bytes());
        assert!(matches!(show("chatt", &mut Vec::new()), Err(MappingCommandError::Mapping(_))));
        let mut listed = Vec::new();
        list(&mut listed).unwrap();
        assert!(String::from_utf8(listed).unwrap().contains("\n  user_channels "));
    }
}
