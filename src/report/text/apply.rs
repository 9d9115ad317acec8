//! How a plan was performed: the object of `apply --json` and its text for people, with one plain verdict line at the end.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::{CANNOT_BE_UNDONE, OperationKind, OperationState};

use super::format;
use super::stays::{self, StaysItem};
use crate::printable::{Printable, PrintableLine, Tone, padded};
use crate::report::CountedFinding;

/// How a plan was performed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ApplySummary {
    /// What has become of the plan.
    pub verdict: ApplyVerdict,
    /// Why the run stopped before the end, if it did.
    pub stopped: Option<ApplyStopped>,
    /// Operations of the plan by kind and state.
    pub operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    /// Operations that this run has brought to an end, by kind and state.
    pub performed: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    /// Items that were in the target as they should be, by collection.
    pub noop: BTreeMap<String, u64>,
    /// What the plan's checks found.
    pub findings: BTreeMap<String, CountedFinding>,
    /// Operations that are to be done still, those that failed included.
    pub left: u64,
    /// Operations that found what they would have made, but not as planned.
    pub differing: u64,
    /// The first operations that failed or are blocked; all are in the plan.
    pub not_done: Vec<NotDoneItem>,
    /// Operations that the plan itself blocks, by the check that blocks them.
    pub blocked_by: BTreeMap<String, u64>,
    /// What an undo plan does not undo.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<StaysItem>,
    /// HTTP requests of this run.
    pub requests: u64,
    /// Of these, those that were sent again.
    pub retried: u64,
    /// Of these, those that were answered with 429.
    pub throttled: u64,
    /// Conversations that this run created together with participants; not there where the plan has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches: Option<BatchSummary>,
    /// How long this run took.
    pub elapsed_seconds: f64,
    /// Of this, how long nothing was in flight because all that was left waited to be sent again.
    pub retry_wait_seconds: f64,
    /// This by the kind of the operation that was next.
    pub retry_wait_by_kind: BTreeMap<OperationKind, f64>,
    /// Of this, how long nothing was in flight because all that was left waited for a turn under Twilio's write limits.
    pub limit_wait_seconds: f64,
    /// Of this, how long what was ready waited for one of the requests in flight to be answered, after 429s have made these few.
    pub slot_wait_seconds: f64,
    /// The plan file, as it was given.
    pub plan: String,
    /// The plan's digest.
    pub digest: String,
    /// The service that was written to, as people know it.
    pub target: String,
    /// Whether the writes fired webhooks.
    pub webhooks: bool,
}

/// How a run created conversations together with participants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BatchSummary {
    pub conversations: u64,
    pub participants: u64,
    /// What Twilio dropped of the participants, and updates set.
    pub dropped: Vec<String>,
    /// Why the others were created one by one.
    pub refused: Option<String>,
}

/// An operation that was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NotDoneItem {
    /// What it does.
    pub kind: OperationKind,
    /// To what: SIDs of the source.
    pub subject: String,
    /// Failed or blocked.
    pub state: OperationState,
    pub reason: String,
}

/// What has become of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApplyVerdict {
    /// Every operation is done, or was there as planned.
    Complete,
    /// Nothing is left that could be done; some operations are blocked, or found something else than planned.
    CompleteWithDifferences,
    /// Something is left, or failed: running it again goes on.
    Incomplete,
}

/// Why a run stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApplyStopped {
    /// Ctrl-C.
    Interrupted,
    /// `--max-duration`.
    TimeUp,
    /// `--limit`.
    Limit,
    /// `--stop-after-errors`.
    Errors,
    /// Too many operations in a row could not be sent.
    GaveUp,
}

/// Operations that are shown to people.
const SHOWN: usize = 5;

/// Shorter waits are not shown, in seconds.
const LEAST_WAIT: f64 = 0.1;

/// What to do where the page could not be written.
pub(crate) const PLAN_HAS_THE_PAGE: &str =
    "the plan has it all: `chatferry plan show --format html` prints the page";

/// Sums the operations in some states.
pub(crate) fn count_of(
    operations: &BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    wanted: &[OperationState],
) -> u64 {
    let states = operations.values().flatten();
    states.filter(|(state, _)| wanted.contains(state)).map(|(_, count)| count).sum()
}

impl ApplySummary {
    /// The summary for people: a few lines, the verdict last.
    pub(crate) fn text(&self) -> Printable {
        let mut lines: Vec<PrintableLine> = Vec::new();
        for (kind, states) in &self.operations {
            let counts: Vec<String> = states
                .iter()
                .filter(|(_, count)| **count > 0)
                .map(|(state, count)| format!("{} {}", format::count(*count), state.name()))
                .collect();
            lines.push(row(kind.name(), &counts.join(", ")));
        }
        lines.push(row(
            "requests",
            &format!(
                "{} ({} sent again, {} throttled)",
                format::count(self.requests),
                format::count(self.retried),
                format::count(self.throttled)
            ),
        ));
        lines.extend(self.batches.as_ref().map(|batches| row("batches", &batches.text())));
        lines.push(row("time", &format!("{}{}", format::seconds(self.elapsed_seconds), self.waits())));
        lines.extend(self.not_done_lines());
        lines.extend(stays::lines(&self.stays, &self.plan));
        lines.push(PrintableLine::verdict(self.verdict.tone(), &self.verdict_line()));
        lines.into_iter().collect()
    }

    /// The first operations that were not done, and how many the plan itself blocks, by cause: these are no news.
    fn not_done_lines(&self) -> Vec<PrintableLine> {
        let line = |state: OperationState, text: &str| {
            PrintableLine::from("  ").and_toned(Tone::Bad, state.name()).and(text)
        };
        let is_planned = |item: &&NotDoneItem| {
            item.state == OperationState::Blocked && self.blocked_by.contains_key(&item.reason)
        };
        let news = self.not_done.iter().filter(|item| !is_planned(item)).take(SHOWN);
        let mut lines: Vec<PrintableLine> = news
            .map(|NotDoneItem { kind, subject, state, reason }| {
                line(*state, &format!(" {} {subject}: {reason}", kind.name()))
            })
            .collect();
        let all = count_of(&self.operations, &[OperationState::Failed, OperationState::Blocked]);
        let planned: u64 = self.blocked_by.values().sum();
        let show = format!(
            "`chatferry plan show --plan {} --format ndjson --state failed,blocked`",
            format::shell_word(&self.plan)
        );
        if let more @ 1.. = all.saturating_sub(planned).saturating_sub(lines.len() as u64) {
            lines.push(format!("  and {} more: {show}", format::count(more)).into());
        }
        if all > 0 {
            let by = self.blocked_by.iter().filter(|(_, count)| **count > 0);
            lines.extend(by.map(|(code, count)| {
                let operations = format::counted(*count, "operation");
                line(OperationState::Blocked, &format!(" {operations} by {code}: {show}"))
            }));
        }
        lines
    }

    /// Where the time went that no request took.
    fn waits(&self) -> String {
        let shown = |seconds: &f64| *seconds >= LEAST_WAIT;
        let kinds = self.retry_wait_by_kind.iter().filter(|(_, seconds)| shown(seconds));
        let kinds: Vec<String> =
            kinds.map(|(kind, seconds)| format!("{} {}", kind.name(), format::seconds(*seconds))).collect();
        let of = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        let waits = [
            (self.retry_wait_seconds, format!("waiting before retries{of}")),
            (self.limit_wait_seconds, "waiting for Twilio's write limits".to_owned()),
            (self.slot_wait_seconds, "with fewer requests in flight after 429s".to_owned()),
        ];
        let shown = waits.iter().filter(|(seconds, _)| shown(seconds));
        let parts: Vec<String> =
            shown.map(|(seconds, why)| format!("{} {why}", format::seconds(*seconds))).collect();
        if parts.is_empty() { String::new() } else { format!(", of it {}", parts.join(", ")) }
    }

    /// The verdict in one plain line.
    pub(crate) fn verdict_line(&self) -> String {
        let stays = self.findings.get(CANNOT_BE_UNDONE.code).map_or(0, |found| found.count);
        let stays = match stays {
            0 => String::new(),
            1 => "; 1 operation of the undone plan cannot be undone, and what it did stays".to_owned(),
            count => format!(
                "; {} operations of the undone plan cannot be undone, and what they did stays",
                format::count(count)
            ),
        };
        self.line_of_verdict() + &stays
    }

    fn line_of_verdict(&self) -> String {
        let all = format::counted(count_of(&self.operations, &OperationState::ALL), "operation");
        let done =
            format::count(count_of(&self.operations, &[OperationState::Done, OperationState::Existing]));
        let (plan, target) = (&self.plan, &self.target);
        let blocked = count_of(&self.operations, &[OperationState::Blocked]);
        let why = match self.stopped {
            Some(ApplyStopped::Interrupted) => "interrupted",
            Some(ApplyStopped::TimeUp) => "the time was up",
            Some(ApplyStopped::Limit) => "the limit was reached",
            Some(ApplyStopped::Errors) => "too many operations failed",
            Some(ApplyStopped::GaveUp) => "nothing could be sent any more",
            None => "some operations could not be done",
        };
        match self.verdict {
            ApplyVerdict::Complete if self.performed.is_empty() => {
                format!("complete: {target} had all of {plan} ({all}) before, and this run wrote nothing")
            }
            ApplyVerdict::Complete => format!("complete: {target} has all of {plan} ({all})"),
            // Only what an undo plan leaves.
            ApplyVerdict::CompleteWithDifferences if self.operations.is_empty() => {
                format!("nothing was undone: {plan} has no operation")
            }
            ApplyVerdict::CompleteWithDifferences if blocked + self.differing == 0 => {
                format!("undone in part: {target} has all of {plan} ({all})")
            }
            ApplyVerdict::CompleteWithDifferences => {
                let parts = [(blocked, "blocked"), (self.differing, "found otherwise than planned")];
                let parts = parts.into_iter().filter(|(count, _)| *count > 0);
                let parts: Vec<String> =
                    parts.map(|(count, what)| format!("{} {what}", format::count(count))).collect();
                format!(
                    "complete with differences: {done} of {all} of {plan} are in {target}, {}; plan again to see what is left",
                    parts.join(" and ")
                )
            }
            ApplyVerdict::Incomplete => format!(
                "incomplete: {why} with {done} of {all} of {plan} in {target}; run the same command again to go on from there"
            ),
        }
    }
}

impl BatchSummary {
    fn text(&self) -> String {
        let dropped = match self.dropped.join(", ") {
            dropped if dropped.is_empty() => dropped,
            dropped => format!("; Twilio dropped {dropped}, which updates set"),
        };
        let refused = self.refused.as_ref().map_or_else(String::new, |why| {
            format!("; then one by one, because Twilio refused a batch: {why}")
        });
        format!(
            "{} with {}{dropped}{refused}",
            format::counted(self.conversations, "conversation"),
            format::counted(self.participants, "participant")
        )
    }
}

impl ApplyVerdict {
    fn tone(self) -> Tone {
        match self {
            Self::Complete => Tone::Good,
            Self::CompleteWithDifferences => Tone::Caution,
            Self::Incomplete => Tone::Bad,
        }
    }
}

fn row(name: &str, value: &str) -> PrintableLine {
    PrintableLine::from(format!("  {} {value}", padded(name, 24)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Severity;

    fn summary(states: &[(OperationState, u64)]) -> ApplySummary {
        let states: BTreeMap<OperationState, u64> = states.iter().copied().collect();
        let operations = BTreeMap::from([(OperationKind::CreateUser, states)]);
        let failed = count_of(&operations, &[OperationState::Failed, OperationState::Blocked]);
        let item = |_| NotDoneItem {
            kind: OperationKind::CreateUser,
            subject: "US1".to_owned(),
            state: OperationState::Failed,
            reason: "50207: too long".to_owned(),
        };
        ApplySummary {
            verdict: ApplyVerdict::Incomplete,
            stopped: None,
            performed: operations.clone(),
            operations,
            noop: BTreeMap::new(),
            findings: BTreeMap::new(),
            left: 0,
            differing: 0,
            blocked_by: BTreeMap::new(),
            stays: Vec::new(),
            not_done: (0..failed.min(20)).map(item).collect(),
            requests: 1_234,
            retried: 1,
            throttled: 0,
            batches: None,
            elapsed_seconds: 61.0,
            retry_wait_seconds: 0.0,
            retry_wait_by_kind: BTreeMap::new(),
            limit_wait_seconds: 0.0,
            slot_wait_seconds: 0.0,
            plan: "plan.db".to_owned(),
            digest: "aa".to_owned(),
            target: "shop (IS1)".to_owned(),
            webhooks: false,
        }
    }

    #[test]
    fn the_summary_ends_with_its_verdict() {
        insta::assert_snapshot!(summary(&[(OperationState::Done, 4_000), (OperationState::Failed, 7), (OperationState::Pending, 3)]).text(), @r#"
          create_user              3 pending, 4,000 done, 7 failed
          requests                 1,234 (1 sent again, 0 throttled)
          time                     1m 01s
          failed create_user US1: 50207: too long
          failed create_user US1: 50207: too long
          failed create_user US1: 50207: too long
          failed create_user US1: 50207: too long
          failed create_user US1: 50207: too long
          and 2 more: `chatferry plan show --plan plan.db --format ndjson --state failed,blocked`
        incomplete: some operations could not be done with 4,000 of 4,010 operations of plan.db in shop (IS1); run the same command again to go on from there
        "#);
        let waited = ApplySummary {
            retry_wait_seconds: 9.0,
            retry_wait_by_kind: BTreeMap::from([
                (OperationKind::CreateUser, 8.5),
                (OperationKind::CreateParticipant, 0.5),
                (OperationKind::MuteSource, 0.01),
            ]),
            limit_wait_seconds: 3.2,
            slot_wait_seconds: 20.0,
            ..summary(&[(OperationState::Done, 1)])
        };
        let text = waited.text().render(false);
        let expected = "1m 01s, of it 9.0s waiting before retries (create_user 8.5s, create_participant 0.5s), 3.2s waiting for \
                        Twilio's write limits, 20s with fewer requests in flight after 429s";
        assert!(text.contains(expected), "{text}");
        let undone = ApplySummary {
            verdict: ApplyVerdict::CompleteWithDifferences,
            findings: BTreeMap::from([(
                "cannot_be_undone".to_owned(),
                CountedFinding { severity: Severity::Warn, count: 7 },
            )]),
            ..summary(&[(OperationState::Done, 3)])
        };
        assert_eq!(
            undone.verdict_line(),
            "undone in part: shop (IS1) has all of plan.db (3 operations); 7 operations of the undone plan cannot be \
             undone, and what they did stays"
        );
        let nothing = ApplySummary {
            operations: BTreeMap::new(),
            stays: (0..7).map(|number| StaysItem::made_private(&format!("CH{number}"))).collect(),
            ..undone
        };
        let text = nothing.text().render(false);
        assert!(text.contains("  stays channels CH4: it was made private"), "{text}");
        assert!(text.contains("  and 2 more: `chatferry plan show --plan plan.db --json`\n"), "{text}");
        assert!(
            text.ends_with(
                "nothing was undone: plan.db has no operation; 7 operations of the undone plan cannot be undone, and what they \
                 did stays"
            ),
            "{text}"
        );
        let done = ApplySummary { verdict: ApplyVerdict::Complete, ..summary(&[(OperationState::Done, 1)]) };
        assert_eq!(done.verdict_line(), "complete: shop (IS1) has all of plan.db (1 operation)");
        let again = ApplySummary { performed: BTreeMap::new(), ..done };
        assert_eq!(
            again.verdict_line(),
            "complete: shop (IS1) had all of plan.db (1 operation) before, and this run wrote nothing"
        );
        let blocked = ApplySummary {
            verdict: ApplyVerdict::CompleteWithDifferences,
            differing: 2,
            ..summary(&[(OperationState::Done, 8), (OperationState::Blocked, 2)])
        };
        assert_eq!(
            blocked.verdict_line(),
            "complete with differences: 8 of 10 operations of plan.db are in shop (IS1), 2 blocked and 2 found otherwise than \
             planned; plan again to see what is left"
        );
        let planned = |code: &str| NotDoneItem {
            kind: OperationKind::CreateUser,
            subject: "US1".to_owned(),
            state: OperationState::Blocked,
            reason: code.to_owned(),
        };
        let grouped = ApplySummary {
            blocked_by: BTreeMap::from([("participants_over_limit".to_owned(), 309)]),
            not_done: vec![planned("depends_on_failed"), planned("participants_over_limit")],
            ..summary(&[(OperationState::Done, 8), (OperationState::Blocked, 310)])
        };
        let text = grouped.text().render(false);
        let expected = "  blocked create_user US1: depends_on_failed\n  \
                        blocked 309 operations by participants_over_limit: `chatferry plan show";
        assert!(text.contains(expected), "{text}");
        for (stopped, line) in [
            (
                ApplyStopped::Interrupted,
                "incomplete: interrupted with 8 of 10 operations of plan.db in shop (IS1); run",
            ),
            (ApplyStopped::Limit, "incomplete: the limit was reached with"),
        ] {
            let stopped = ApplySummary {
                stopped: Some(stopped),
                ..summary(&[(OperationState::Done, 8), (OperationState::Pending, 2)])
            };
            assert!(stopped.verdict_line().starts_with(line), "{}", stopped.verdict_line());
        }
    }
}
