//! What was done of a plan, what was not, and why.
//!
//! **Invariant:** memory is bounded: from [`MOST_CAUSES`] on, causes share one row for each state and kind.

use std::collections::BTreeMap;

use serde::Serialize;

use super::checks::CheckRow;
use super::kinds::shortened;
use super::verdict::PlanProgress;
use crate::plan::file;
use crate::plan::{OperationKind, OperationState, PlanError, PlanFile, Totals};

/// Causes that have a row of their own.
const MOST_CAUSES: usize = 200;

/// The outcome of a plan that was applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PlanOutcome {
    /// When its first and its last operation were started.
    pub(super) window: Option<(String, String)>,
    pub(super) rows: Vec<OutcomeRow>,
    pub(super) causes: Vec<OutcomeCause>,
    /// Operations that found something else than planned.
    pub(super) differing: u64,
}

/// The operations of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OutcomeRow {
    pub(super) kind: &'static str,
    pub(super) label: String,
    pub(super) done: u64,
    pub(super) existing: u64,
    pub(super) failed: u64,
    pub(super) blocked: u64,
    pub(super) pending: u64,
}

/// Why operations of one kind were not done, or found something else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OutcomeCause {
    pub(super) state: OperationState,
    pub(super) kind: &'static str,
    pub(super) label: String,
    pub(super) count: u64,
    /// The reason of the first of them.
    pub(super) reason: String,
    /// The check that blocked them when the plan was made.
    pub(super) check: Option<String>,
}

/// Operations that ended alike, for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ReasonGroup {
    pub(crate) state: OperationState,
    pub(crate) kind: OperationKind,
    pub(crate) count: u64,
    /// The reason of the first of them.
    pub(crate) reason: String,
}

impl ReasonGroup {
    /// Whether they were not done, and not because the plan blocks them.
    pub(crate) fn is_failure(&self) -> bool {
        match self.state {
            OperationState::Failed => true,
            // The reason of what the plan blocks is the code of a check.
            OperationState::Blocked => self.reason.contains(':'),
            _ => false,
        }
    }

    /// The operations of a plan that failed, are blocked or found something else: what failed first, then what is blocked, then what was
    /// there otherwise; of each the most first.
    pub(crate) fn all(plan: &PlanFile) -> Result<Vec<Self>, PlanError> {
        let mut causes: BTreeMap<(OperationState, OperationKind, String), (u64, String)> = BTreeMap::new();
        file::reasons::<PlanError>(plan, |kind, state, reason| {
            let mut key = (state, kind, cause_of(&reason));
            if causes.len() >= MOST_CAUSES && !causes.contains_key(&key) {
                key.2.clear();
            }
            let other = key.2.is_empty();
            let cause = causes.entry(key).or_insert_with(|| {
                (0, if other { "other reasons; each operation has its own".to_owned() } else { reason })
            });
            cause.0 += 1;
            Ok(())
        })?;
        let group = |((state, kind, _), (count, reason)): (_, (u64, String))| {
            let reason = shortened(&reason);
            Self { state, kind, count, reason }
        };
        let mut groups: Vec<Self> = causes.into_iter().map(group).collect();
        let rank = |state| match state {
            OperationState::Failed => 0,
            OperationState::Blocked => 1,
            _ => 2,
        };
        groups.sort_by_key(|group| (rank(group.state), std::cmp::Reverse(group.count)));
        Ok(groups)
    }
}

impl PlanOutcome {
    /// None for a plan of which nothing was applied.
    pub(super) fn of(
        plan: &PlanFile,
        totals: &Totals,
        progress: PlanProgress,
        checks: &[CheckRow],
    ) -> Result<Option<Self>, PlanError> {
        if progress.done + progress.failed == 0 {
            return Ok(None);
        }
        let groups = ReasonGroup::all(plan)?;
        let existing = groups.iter().filter(|group| group.state == OperationState::Existing);
        let differing = existing.map(|group| group.count).sum();
        let cause = |ReasonGroup { state, kind, count, reason }| OutcomeCause {
            state,
            kind: kind.name(),
            label: label(kind),
            count,
            check: checks.iter().find(|check| check.code == reason).map(|check| check.code.clone()),
            reason,
        };
        let causes = groups.into_iter().map(cause).collect();
        let rows = totals.operations.iter().map(|(kind, states)| {
            let of = |state| states.get(&state).copied().unwrap_or_default();
            OutcomeRow {
                kind: kind.name(),
                label: label(*kind),
                done: of(OperationState::Done),
                existing: of(OperationState::Existing),
                failed: of(OperationState::Failed),
                blocked: of(OperationState::Blocked),
                pending: of(OperationState::Pending),
            }
        });
        Ok(Some(Self { window: file::applied_window(plan)?, rows: rows.collect(), causes, differing }))
    }
}

fn label(kind: OperationKind) -> String {
    kind.name().replace('_', " ")
}

/// What reasons of one cause have in common: the code in front of the colon, or the text without SIDs and quoted names.
fn cause_of(reason: &str) -> String {
    let is_code =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if let Some((code, _)) = reason.split_once(':').filter(|(code, _)| is_code(code) && *code != "differs") {
        return code.to_owned();
    }
    let quoted = reason.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "" });
    let is_sid = |word: &&str| word.bytes().filter(u8::is_ascii_hexdigit).count() >= 32;
    let words: Vec<String> = quoted
        .map(|part| part.split(' ').filter(|word| !is_sid(word)).collect::<Vec<_>>().join(" "))
        .collect();
    words.join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_one_cause_are_counted_together() {
        let same = |one: &str, other: &str| assert_eq!(cause_of(one), cause_of(other), "{one} | {other}");
        let other = |one: &str, other: &str| assert_ne!(cause_of(one), cause_of(other), "{one} | {other}");
        same("depends_on_failed: the user `ann`", "depends_on_failed: the conversation `b`");
        same("Twilio says `ann` is over its limit", "Twilio says `bob` is over its limit");
        let (one, two) = ("1".repeat(32), "2".repeat(32));
        same(&format!("the role RL{one} is gone"), &format!("the role RL{two} is gone"));
        other("conversation_over_limit", "identity_missing");
        other("differs: role_sid is 1, not 2", "differs: attributes is 1, not 2");
        other("50438: over its limit", "50416: no such member");
    }
}
