//! The contents of every report of a plan, gathered once: the templates and the text for terminals are views of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::changes::PlanChanges;
use super::checks::{CheckRow, FindingRow, allotted};
use super::kinds::KindRow;
use super::outcome::PlanOutcome;
use super::verdict::{BlockedCause, Notice, PlanProgress, Statement, notices};
use crate::plan::{Header, Move, OperationState, PlanCheck, PlanError, PlanFile, Severity, Side, Totals};
use crate::report::html::chart::{self, Curve, Histogram};
use crate::report::text::format;

/// How much of a plan a report shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    /// Findings of each check.
    pub(super) findings: usize,
    /// Findings in all that the page's script has.
    pub(super) listed: u64,
    /// Operations of each kind that failed or are blocked, and as many others.
    pub(super) operations: usize,
}

/// What a report contains.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PlanReport {
    pub(super) title: String,
    pub(super) header: Header,
    /// The service that is written to, for people.
    pub(super) target: String,
    pub(super) digest: String,
    /// The command that performs this plan.
    pub(super) command: String,
    /// The command that rehearses it, where that is possible.
    pub(super) rehearse_command: Option<String>,
    /// The command that lists what was not done.
    pub(super) list_command: String,
    /// The command that searches all operations.
    pub(super) search_command: String,
    /// Operations that the report shows.
    pub(super) shown: u64,
    pub(super) statement: Statement,
    pub(super) notices: Vec<Notice>,
    /// Why operations are blocked, or cannot be undone.
    pub(super) blocked_by: Vec<BlockedCause>,
    pub(super) progress: PlanProgress,
    /// What was done, and what was not and why; none before it is applied.
    pub(super) outcome: Option<PlanOutcome>,
    pub(super) totals: Totals,
    /// Items that are in the target as they should be.
    pub(super) kept: u64,
    pub(super) changes: PlanChanges,
    pub(super) sizes: Option<Histogram>,
    /// Conversations beyond the limit.
    pub(super) oversized: u64,
    pub(super) time: Option<Curve>,
    pub(super) steps: Vec<StepRow>,
    pub(super) findings: FindingCounts,
    pub(super) checks: Vec<CheckRow>,
    pub(super) kinds: Vec<KindRow>,
    /// The states that there are, the columns of [`KindRow::states`].
    pub(super) states: Vec<&'static str>,
}

/// A step of the way through the plan.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StepRow {
    pub(super) label: String,
    pub(super) requests: u64,
    pub(super) seconds: f64,
    /// When it begins.
    pub(super) from: f64,
}

/// Findings by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct FindingCounts {
    pub(super) all: u64,
    pub(super) block: u64,
    pub(super) warn: u64,
    pub(super) note: u64,
    pub(super) listed: u64,
}

/// A command about the plan. Without the folder, so that the same plan has the same report wherever it is.
fn command(verb: &str, plan: &PlanFile, rest: &str) -> String {
    let name = plan.path().file_name().unwrap_or(plan.path().as_os_str());
    format!("chatferry {verb} --plan {}{rest}", format::shell_word(&name.to_string_lossy()))
}

impl PlanReport {
    pub(super) fn of(plan: &PlanFile, extent: Extent) -> Result<Self, PlanError> {
        let header = plan.header().clone();
        let totals = plan.totals()?;
        let progress = PlanProgress::of(&totals);
        let checks = checks(plan, &totals, extent)?;
        let causes: Vec<&str> = checks
            .iter()
            .filter(|check| check.of_plan && check.severity == Severity::Block)
            .map(|check| check.code.as_str())
            .collect();
        let statement = Statement::of(&header, &totals, progress, &causes);
        let steps: Vec<_> = totals.steps.iter().filter(|step| step.requests > 0).collect();
        let sizes: Vec<_> =
            totals.sizes.iter().map(|bucket| (bucket.from, bucket.to, bucket.conversations)).collect();
        let course: Vec<_> = steps.iter().map(|step| (step.requests, step.seconds)).collect();
        let mut from = 0.0;
        let steps = steps.iter().map(|step| {
            let row = StepRow {
                label: step.kind.name().replace('_', " "),
                requests: step.requests,
                seconds: step.seconds,
                from,
            };
            from += step.seconds;
            row
        });
        let in_state = |state: &OperationState| {
            totals.operations.values().any(|of| of.get(state).is_some_and(|count| *count > 0))
        };
        let states: Vec<OperationState> = OperationState::ALL.into_iter().filter(in_state).collect();
        let kinds = KindRow::all(plan, &totals, &states, extent.operations)?;
        Ok(Self {
            title: title(&header),
            target: side(&header.target),
            digest: plan.digest().to_owned(),
            command: command("apply", plan, ""),
            rehearse_command: header.can_be_rehearsed().then(|| command("rehearse", plan, "")),
            list_command: command("plan show", plan, " --format ndjson --state failed,blocked"),
            search_command: command("plan show", plan, " --format ndjson | grep -F 'TEXT'"),
            shown: kinds.iter().map(|kind| kind.examples.len() as u64).sum(),
            statement,
            notices: notices(&header, &totals, progress),
            blocked_by: BlockedCause::all(&totals, progress, &checks),
            outcome: PlanOutcome::of(plan, &totals, progress, &checks)?,
            progress,
            kept: totals.noop.values().sum(),
            changes: PlanChanges::of(&totals),
            oversized: sizes
                .iter()
                .filter(|(from, ..)| *from > totals.participants_limit)
                .map(|(.., count)| count)
                .sum(),
            sizes: chart::histogram(&sizes, totals.participants_limit),
            time: chart::curve(&course),
            steps: steps.collect(),
            findings: FindingCounts::of(&checks),
            checks,
            kinds,
            states: states.iter().map(|state| state.name()).collect(),
            header,
            totals,
        })
    }
}

impl FindingCounts {
    fn of(checks: &[CheckRow]) -> Self {
        let mut found = Self::default();
        for check in checks {
            found.all += check.count;
            found.listed += check.listed;
            match check.severity {
                Severity::Block => found.block += check.count,
                Severity::Warn => found.warn += check.count,
                Severity::Note => found.note += check.count,
                Severity::Pass => {}
            }
        }
        found
    }
}

/// The checks with their first findings.
fn checks(plan: &PlanFile, totals: &Totals, extent: Extent) -> Result<Vec<CheckRow>, PlanError> {
    let mut found: BTreeMap<&'static str, (&'static PlanCheck, Vec<FindingRow>)> =
        plan.checks()?.into_iter().map(|check| (check.code, (check, Vec::new()))).collect();
    if extent.findings > 0 {
        plan.findings(|finding| {
            let first = found.get_mut(finding.check.code).map(|(_, first)| first);
            if let Some(first) = first.filter(|first| first.len() < extent.findings) {
                first.push(FindingRow::of(finding));
            }
            Ok::<(), PlanError>(())
        })?;
    }
    let mut checks = CheckRow::all(&totals.findings, &totals.not_checked, found);
    let counts: Vec<u64> = checks.iter().map(|check| check.count).collect();
    for (check, listed) in checks.iter_mut().zip(allotted(&counts, extent.listed)) {
        check.listed = listed;
    }
    Ok(checks)
}

fn title(header: &Header) -> String {
    match header.kind {
        Move::InPlace => format!("{} in place", name(&header.target)),
        Move::Copy => format!("{} to {}", name(&header.source), name(&header.target)),
        Move::Undo => format!("Undo in {}", name(&header.target)),
        Move::UserChannels => format!("User channels of {}", name(&header.target)),
    }
}

/// A service's name, or its SID where it has none.
fn name(side: &Side) -> &str {
    side.friendly_name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&side.service_sid)
}

/// A service's name and SID.
pub(super) fn side(side: &Side) -> String {
    match name(side) {
        name if name == side.service_sid => name.to_owned(),
        name => format!("{name} ({})", side.service_sid),
    }
}
