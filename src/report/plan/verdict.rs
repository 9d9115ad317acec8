//! What a plan comes to, in words: one headline, and what has to be known before anything else.

use serde::Serialize;

use super::checks::CheckRow;
use crate::plan::{
    CANNOT_BE_UNDONE, DIFFERENCES, Header, Move, OperationKind, OperationState, PlanCheck, PlanVerdict,
    Totals,
};
use crate::report::text::format;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    NothingToDo,
    Ready,
    /// Some operations are blocked, or in an undo plan cannot be undone.
    ReadyExceptBlocked,
    CannotBeUndone,
    Blocked,
    /// Applied in part.
    Started,
    /// Applied: nothing is pending.
    Finished,
}

/// How many operations are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct PlanProgress {
    pub(super) all: u64,
    pub(super) pending: u64,
    /// Done, or found as planned.
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) blocked: u64,
}

impl PlanProgress {
    pub(super) fn of(totals: &Totals) -> Self {
        let mut progress = Self::default();
        for (state, count) in totals.operations.values().flatten() {
            progress.all += count;
            match state {
                OperationState::Pending => progress.pending += count,
                OperationState::Done | OperationState::Existing => progress.done += count,
                OperationState::Failed => progress.failed += count,
                OperationState::Blocked => progress.blocked += count,
            }
        }
        progress
    }
}

/// The verdict in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Statement {
    pub(super) stage: Stage,
    /// `good`, `bad`, `busy` or `quiet`: its colour.
    pub(super) tone: &'static str,
    pub(super) headline: &'static str,
    pub(super) text: String,
}

impl Statement {
    /// `causes` are the codes of the checks that block the plan.
    pub(super) fn of(header: &Header, totals: &Totals, progress: PlanProgress, causes: &[&str]) -> Self {
        let started = progress.done + progress.failed > 0;
        let operations = format::counted(progress.all, "operation");
        let (stage, tone, headline, text) = if started && progress.pending > 0 {
            let text = format!(
                "{} of {operations} are done{}. Run `chatferry apply` again to go on.",
                format::count(progress.done),
                exceptions(progress)
            );
            (Stage::Started, "busy", "Applied in part", text)
        } else if started {
            let complete = progress.done == progress.all;
            let text = if complete {
                format!("All of its {operations} are done.")
            } else {
                format!("{} of {operations} are done{}.", format::count(progress.done), exceptions(progress))
            };
            let headline = if complete { "Applied" } else { "Applied, with exceptions" };
            (Stage::Finished, if complete { "good" } else { "bad" }, headline, text)
        } else {
            match totals.verdict {
                PlanVerdict::Blocked => (Stage::Blocked, "bad", "Blocked", blocked(causes)),
                PlanVerdict::NothingToDo => {
                    let (headline, text) = nothing(header, totals);
                    (Stage::NothingToDo, "quiet", headline, text)
                }
                PlanVerdict::Ready => (Stage::Ready, "good", "Ready to apply", ready(header, totals)),
                PlanVerdict::ReadyExceptBlocked => {
                    let (headline, text) = except_blocked(header, totals, progress);
                    (Stage::ReadyExceptBlocked, "busy", headline, text)
                }
                PlanVerdict::CannotBeUndone => {
                    (Stage::CannotBeUndone, "bad", "Nothing can be undone", one_way(totals))
                }
            }
        };
        Self { stage, tone, headline, text }
    }
}

fn blocked(causes: &[&str]) -> String {
    let causes: Vec<String> = causes.iter().map(|code| format!("`{code}`")).collect();
    let first = match causes.as_slice() {
        [] => "Something must be fixed first".to_owned(),
        [one] => format!("What the check {one} found must be fixed first"),
        several => format!("What the checks {} found must be fixed first", several.join(", ")),
    };
    format!("{first}; until then `chatferry apply` refuses this plan. Nothing has been written.")
}

fn nothing(header: &Header, totals: &Totals) -> (&'static str, String) {
    let found = |check: &&PlanCheck| {
        let count = totals.findings.get(check.code).copied().unwrap_or(0);
        (count > 0).then(|| format!("`{}` {}", check.code, format::count(count)))
    };
    let differences: Vec<String> = DIFFERENCES.iter().filter_map(found).collect();
    if !differences.is_empty() {
        let text = format!(
            "The target is not as the mapping wants it, and the plan leaves it as it is: {}. Each check says what to do.",
            differences.join(", ")
        );
        return ("Nothing to write, with differences", text);
    }
    let text = match header.kind {
        Move::Undo => "The undone plan changed nothing.",
        Move::InPlace | Move::Copy => "The target holds everything as the mapping wants it.",
        Move::UserChannels => "Every user channel is as the list wants it.",
    };
    ("Nothing to do", text.to_owned())
}

fn except_blocked(header: &Header, totals: &Totals, progress: PlanProgress) -> (&'static str, String) {
    let number = format::count;
    if header.kind == Move::Undo {
        let text = format!(
            "{} can be undone, {} cannot. {}",
            number(progress.all),
            number(cannot_be_undone(totals)),
            ready(header, totals)
        );
        return ("Ready to undo in part", text);
    }
    let all = format::counted(progress.all, "operation");
    if progress.pending == 0 {
        let text =
            format!("{all} would be needed, and a check blocks each of them. Nothing has been written.");
        return ("Everything is blocked", text);
    }
    let are = if progress.blocked == 1 { "is" } else { "are" };
    let text = format!(
        "{} of {all} ({}) {are} blocked and left out. {}",
        number(progress.blocked),
        share(progress.blocked, progress.all),
        ready(header, totals)
    );
    ("Ready except for blocked operations", text)
}

fn one_way(totals: &Totals) -> String {
    match cannot_be_undone(totals) {
        1 => "1 operation is one-way, and what it did stays.".to_owned(),
        count => format!("{} operations are one-way, and what they did stays.", format::count(count)),
    }
}

fn cannot_be_undone(totals: &Totals) -> u64 {
    totals.findings.get(CANNOT_BE_UNDONE.code).copied().unwrap_or(0)
}

/// `9 %`; a share that is not nothing is at least `under 1 %`.
fn share(part: u64, all: u64) -> String {
    match part * 100 / all.max(1) {
        0 => "under 1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// Why operations are blocked, or cannot be undone: one check and how many operations it holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct BlockedCause {
    pub(super) code: String,
    pub(super) operations: u64,
    /// Of all operations of the plan.
    pub(super) share: String,
    /// What to do about it.
    pub(super) advice: String,
}

impl BlockedCause {
    /// The causes, the largest first.
    pub(super) fn all(totals: &Totals, progress: PlanProgress, checks: &[CheckRow]) -> Vec<Self> {
        let undo = (CANNOT_BE_UNDONE.code.to_owned(), cannot_be_undone(totals));
        let undo = std::iter::once(undo).filter(|(_, count)| *count > 0);
        let mut causes: Vec<(String, u64)> = totals.blocked_by.clone().into_iter().chain(undo).collect();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let all = progress.all + cannot_be_undone(totals);
        let cause = |(code, operations): (String, u64)| {
            let advice = checks.iter().find(|check| check.code == code).map(|check| check.advice.clone());
            Self { share: share(operations, all), advice: advice.unwrap_or_default(), code, operations }
        };
        causes.into_iter().map(cause).collect()
    }
}

fn ready(header: &Header, totals: &Totals) -> String {
    let what = match header.kind {
        Move::InPlace => "Applying it changes the service in place",
        Move::Copy => "Applying it writes to the target service",
        Move::Undo => "Applying it undoes what the undone plan did",
        Move::UserChannels => "Applying it updates user channels",
    };
    format!(
        "{what}, with {} in about {}. Nothing has been written.",
        format::counted(totals.requests, "request"),
        format::seconds(totals.estimated_seconds)
    )
}

fn exceptions(progress: PlanProgress) -> String {
    let mut parts = Vec::new();
    if progress.failed > 0 {
        parts.push(format!("{} failed", format::count(progress.failed)));
    }
    if progress.blocked > 0 {
        let are = if progress.blocked == 1 { "is" } else { "are" };
        parts.push(format!("{} {are} blocked", format::count(progress.blocked)));
    }
    if parts.is_empty() { String::new() } else { format!("; {}", parts.join(" and ")) }
}

/// Something to be known before the rest is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Notice {
    /// `bad` or `quiet`: its colour.
    pub(super) tone: &'static str,
    pub(super) title: String,
    pub(super) text: &'static str,
    /// The part of the page with the details.
    pub(super) link: Option<&'static str>,
}

/// The notices of a plan, the gravest first.
pub(super) fn notices(header: &Header, totals: &Totals, progress: PlanProgress) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut add = |tone, title: String, text, link| notices.push(Notice { tone, title, text, link });
    let of =
        |kind: OperationKind| totals.operations.get(&kind).map_or(0, |states| states.values().sum::<u64>());
    match header.snapshot_verdict.as_str() {
        // A plan of user channels has none.
        "complete" | "" => {}
        "complete_with_drift" => add(
            "quiet",
            "The source changed while it was read".to_owned(),
            "The snapshot is complete, with drift: some records are from a later moment than others. \
             `chatferry snapshot info` names them.",
            None,
        ),
        _ => add(
            "bad",
            "The snapshot is incomplete".to_owned(),
            "What was not read is not in this plan, which therefore cannot say what would be left behind. Resume the \
             crawl and plan again; `chatferry snapshot info` lists what is missing.",
            None,
        ),
    }
    let private = of(OperationKind::MakePrivate);
    if private > 0 {
        add(
            "bad",
            format!("One way: {} made private", was_were(private, "public channel")),
            "No request makes a private channel public again. Users who are not members can no longer find or join \
             it by themselves; members stay.",
            Some("kind-make_private"),
        );
    }
    let deletes = OperationKind::ALL.into_iter().filter(|kind| kind.is_delete()).map(of).sum::<u64>();
    if deletes > 0 {
        add(
            "bad",
            format!("This plan undoes: {}", format::counted(deletes, "delete")),
            "It removes only what the journal of the undone plan proves that chatferry created. What was written to \
             it since is removed with it.",
            Some("operations"),
        );
    }
    if progress.failed > 0 {
        add(
            "bad",
            format!("{} refused", was_were(progress.failed, "operation")),
            "Twilio refused them. Each has its reason.",
            Some("operations"),
        );
    }
    if progress.blocked > 0 {
        add(
            "bad",
            format!("{} blocked", was_were(progress.blocked, "operation")),
            "They cannot be performed now and are left out. Each has its reason.",
            Some("operations"),
        );
    }
    if of(OperationKind::MuteSource) > 0 {
        add(
            "quiet",
            "The source is muted for those who were copied".to_owned(),
            "Their User Channels' notification level becomes `muted`, so that no one is notified twice. The old level \
             is kept for an undo.",
            Some("kind-mute_source"),
        );
    }
    notices
}

/// `1 channel is`, `2 channels are`
fn was_were(number: u64, singular: &str) -> String {
    format!("{} {}", format::counted(number, singular), if number == 1 { "is" } else { "are" })
}
