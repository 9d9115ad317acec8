//! A plan that was made: the object of `plan --json`, its text for people, and what reading its target costs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;

use crate::plan::{Batches, MediaTotals, OperationKind, OperationState, PlanError, PlanFile, PlanVerdict};
use crate::printable::Printable;
use crate::report::CountedFinding;
use crate::report::plan::terminal;
use crate::report::text::format;
use crate::report::text::stays::StaysItem;

/// What `plan --json` gives.
#[derive(Debug, Serialize)]
pub(crate) struct PlanResult {
    operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    noop: BTreeMap<String, u64>,
    findings: BTreeMap<String, CountedFinding>,
    requests: u64,
    estimated_seconds: f64,
    /// Conversations that are created together with participants; not there in a plan without such.
    #[serde(skip_serializing_if = "Option::is_none")]
    batches: Option<Batches>,
    /// The files that messages are copied with; not there in a plan without such.
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<MediaTotals>,
    verdict: PlanVerdict,
    /// Operations that are blocked, by the check that blocks them.
    blocked_by: BTreeMap<String, u64>,
    /// Checks that could not look at all they look at.
    not_checked: BTreeSet<String>,
    /// What an undo plan cannot undo.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stays: Vec<StaysItem>,
    plan: String,
    digest: String,
    #[serde(skip)]
    can_be_rehearsed: bool,
}

impl PlanResult {
    pub(crate) fn of(made: &PlanFile) -> Result<Self, PlanError> {
        let totals = made.totals()?;
        let checks = made.checks()?;
        Ok(Self {
            operations: totals.operations,
            noop: totals.noop,
            findings: CountedFinding::all(totals.findings, &checks),
            requests: totals.requests,
            estimated_seconds: totals.estimated_seconds,
            batches: Some(totals.batches).filter(|batches| !batches.is_none()),
            media: Some(totals.media).filter(|media| media.files > 0),
            verdict: totals.verdict,
            blocked_by: totals.blocked_by,
            not_checked: totals.not_checked,
            stays: StaysItem::all(made)?,
            plan: made.path().display().to_string(),
            digest: made.digest().to_owned(),
            can_be_rehearsed: made.header().can_be_rehearsed(),
        })
    }

    /// How to review the plan, to rehearse it and to perform it.
    pub(crate) fn next_steps(&self) -> Printable {
        let plan = format::shell_word(&self.plan);
        let review = format!("chatferry plan show --plan {plan} --format html > plan.html");
        format::next_steps(match self.verdict {
            PlanVerdict::Ready | PlanVerdict::ReadyExceptBlocked => {
                let rehearsal = format!("chatferry rehearse --plan {plan}");
                let rehearsal = self.can_be_rehearsed.then_some(rehearsal);
                let apply = format!("chatferry apply --plan {plan}");
                std::iter::once(review).chain(rehearsal).chain([apply]).collect()
            }
            PlanVerdict::Blocked => vec![review],
            PlanVerdict::NothingToDo | PlanVerdict::CannotBeUndone => Vec::new(),
        })
    }

    /// Whether anything is to be done, or blocked.
    pub(crate) fn is_anything(&self) -> bool {
        matches!(self.verdict, PlanVerdict::Blocked | PlanVerdict::CannotBeUndone)
            || self.operations.values().flat_map(BTreeMap::values).any(|count| *count > 0)
    }
}

/// The table, and where the plan and its reports are.
pub(crate) fn text(made: &PlanFile, reports: &[PathBuf]) -> Result<Printable, PlanError> {
    let mut text = terminal::table(made)?;
    let reports: Vec<String> = reports.iter().map(|path| path.display().to_string()).collect();
    let mut line = format!("plan: {}", made.path().display());
    if !reports.is_empty() {
        line.push_str(" · reports: ");
        line.push_str(&reports.join(", "));
    }
    text.push(line);
    Ok(text)
}

/// What reading the target takes, from so many requests to so many, at so many a second if that is limited.
pub(crate) fn reading_cost(least: u64, most: u64, per_second: Option<u32>) -> String {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let time = per_second.map_or(String::new(), |rate| {
        format!(", {} at {rate} a second", format::seconds(most as f64 / f64::from(rate)))
    });
    let requests = format::counted(most, "request");
    if least == most {
        format!("reading the target takes about {requests}{time}")
    } else {
        format!("reading the target takes from {} to about {requests}{time}", format::count(least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_a_number_or_a_range() {
        assert_eq!(reading_cost(8, 8, None), "reading the target takes about 8 requests");
        let range = reading_cost(8, 1_200, Some(10));
        assert_eq!(range, "reading the target takes from 8 to about 1,200 requests, 2m 00s at 10 a second");
    }
}
