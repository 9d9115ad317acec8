//! What is written and said of a plan: the reports, the JSON of `--json`, the terminal's table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Advise, Failure};
use crate::plan::{OperationKind, OperationState, PlanError, PlanFile, PlanVerdict, Severity};
use crate::printable::Printable;
use crate::report::plan::{self, ReportError};
use crate::report::text::format;
use crate::settings::PlanSettings;
use crate::storage::{Access, AtomicFile};

use super::super::CommandError;

/// A report's file could not be written. The plan is made all the same.
#[derive(Debug, thiserror::Error)]
#[error("the report `{}` could not be written; the plan is made", path.display())]
pub(super) struct ReportFile {
    path: PathBuf,
    #[source]
    source: ReportError,
}

impl Advise for ReportFile {
    fn status(&self) -> Failure {
        Failure::Failed
    }

    fn hint(&self) -> Option<String> {
        Some(
            "mend that and take it from the plan with `chatferry plan show --format html`, or `md`"
                .to_owned(),
        )
    }
}

/// Writes the reports, each whole or not at all.
pub(super) fn reports(made: &PlanFile, files: &[PathBuf]) -> Result<(), CommandError> {
    for path in files {
        report(made, path).map_err(|source| ReportFile { path: path.clone(), source })?;
    }
    Ok(())
}

fn report(made: &PlanFile, path: &Path) -> Result<(), ReportError> {
    let mut out = BufWriter::new(AtomicFile::create(path, Access::Private)?);
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => plan::html(made, &mut out)?,
        Some("md") => plan::markdown(made, &mut out)?,
        _ => plan::json(made, &mut out)?,
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(file.commit()?)
}

/// What `--json` gives.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Summary {
    operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    noop: BTreeMap<String, u64>,
    findings: BTreeMap<String, Found>,
    requests: u64,
    estimated_seconds: f64,
    verdict: PlanVerdict,
    /// Operations that are blocked, by the check that blocks them.
    blocked_by: BTreeMap<String, u64>,
    /// Checks that could not look at all they look at.
    not_checked: BTreeSet<String>,
    plan: String,
    digest: String,
}

/// What a check found.
#[derive(Debug, Clone, Copy, Serialize)]
struct Found {
    severity: Severity,
    count: u64,
}

impl Summary {
    pub(super) fn of(made: &PlanFile) -> Result<Self, PlanError> {
        let totals = made.totals()?;
        let checks = made.checks()?;
        let found = |(code, count): (String, u64)| {
            let check = checks.iter().find(|check| check.code == code);
            let severity = check.map_or(Severity::Pass, |check| check.severity);
            (code, Found { severity, count })
        };
        Ok(Self {
            operations: totals.operations,
            noop: totals.noop,
            findings: totals.findings.into_iter().map(found).collect(),
            requests: totals.requests,
            estimated_seconds: totals.estimated_seconds,
            verdict: totals.verdict,
            blocked_by: totals.blocked_by,
            not_checked: totals.not_checked,
            plan: made.path().display().to_string(),
            digest: made.digest().to_owned(),
        })
    }

    /// How to review the plan and to perform it.
    pub(super) fn next_steps(&self) -> Printable {
        let plan = format::shell_word(&self.plan);
        let review = format!("chatferry plan show --plan {plan} --format html > plan.html");
        format::next_steps(match self.verdict {
            PlanVerdict::Ready | PlanVerdict::ReadyExceptBlocked => {
                vec![review, format!("chatferry apply --plan {plan}")]
            }
            PlanVerdict::Blocked => vec![review],
            PlanVerdict::NothingToDo | PlanVerdict::CannotBeUndone => Vec::new(),
        })
    }

    /// Whether anything is to be done, or blocked.
    pub(super) fn is_anything(&self) -> bool {
        matches!(self.verdict, PlanVerdict::Blocked | PlanVerdict::CannotBeUndone)
            || self.operations.values().flat_map(BTreeMap::values).any(|count| *count > 0)
    }
}

/// The table, and where the plan and its reports are.
pub(super) fn text(made: &PlanFile, settings: &PlanSettings) -> Result<Printable, PlanError> {
    let mut text = plan::table(made)?;
    let reports: Vec<String> = settings.reports.iter().map(|path| path.display().to_string()).collect();
    let mut line = format!("plan: {}", made.path().display());
    if !reports.is_empty() {
        line.push_str(" · reports: ");
        line.push_str(&reports.join(", "));
    }
    text.push(line);
    Ok(text)
}
