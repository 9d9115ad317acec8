//! What a plan comes to, in words: one headline, and what has to be known before anything else.

use serde::Serialize;

use crate::plan::{Header, Kind, Move, State, Totals, Verdict};
use crate::report::text::format;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    NothingToDo,
    Ready,
    Blocked,
    /// Applied in part.
    Begun,
    /// Applied: nothing is pending.
    Finished,
}

/// How many operations are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Progress {
    pub(super) all: u64,
    pub(super) pending: u64,
    /// Done, or found as planned.
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) blocked: u64,
}

impl Progress {
    pub(super) fn of(totals: &Totals) -> Self {
        let mut progress = Self::default();
        for (state, count) in totals.operations.values().flatten() {
            progress.all += count;
            match state {
                State::Pending => progress.pending += count,
                State::Done | State::Existing => progress.done += count,
                State::Failed => progress.failed += count,
                State::Blocked => progress.blocked += count,
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
    /// `causes` are the codes of the checks that hold up the plan as a whole.
    pub(super) fn of(header: &Header, totals: &Totals, progress: Progress, causes: &[&str]) -> Self {
        let begun = progress.done + progress.failed > 0;
        let operations = format::counted(progress.all, "operation");
        let (stage, tone, headline, text) = if begun && progress.pending > 0 {
            let text = format!(
                "{} of {operations} are done{}. Run `chatferry apply` again to go on.",
                format::count(progress.done),
                exceptions(progress)
            );
            (Stage::Begun, "busy", "Applied in part", text)
        } else if begun {
            let whole = progress.done == progress.all;
            let text = if whole {
                format!("All of its {operations} are done.")
            } else {
                format!("{} of {operations} are done{}.", format::count(progress.done), exceptions(progress))
            };
            let headline = if whole { "Applied" } else { "Applied, with exceptions" };
            (Stage::Finished, if whole { "good" } else { "bad" }, headline, text)
        } else {
            match totals.verdict {
                Verdict::Blocked => (Stage::Blocked, "bad", "Blocked", blocked(causes)),
                Verdict::NothingToDo => (Stage::NothingToDo, "quiet", "Nothing to do", nothing(progress)),
                Verdict::Ready => (Stage::Ready, "good", "Ready to apply", ready(header, totals)),
            }
        };
        Self { stage, tone, headline, text }
    }
}

fn blocked(causes: &[&str]) -> String {
    let causes: Vec<String> = causes.iter().map(|code| format!("`{code}`")).collect();
    let first = match causes.as_slice() {
        [] => "Something has to be settled first".to_owned(),
        [one] => format!("The check {one} has to be settled first"),
        several => format!("The checks {} have to be settled first", several.join(", ")),
    };
    format!("{first}; until then `chatferry apply` refuses this plan. Nothing has been written.")
}

fn nothing(progress: Progress) -> String {
    match progress.blocked {
        0 => "The target holds everything as the mapping wants it.".to_owned(),
        blocked => format!(
            "{} cannot be done as things are; everything else is in the target as the mapping wants it.",
            format::counted(blocked, "operation")
        ),
    }
}

fn ready(header: &Header, totals: &Totals) -> String {
    let what = match header.kind {
        Move::InPlace => "Applying it changes the service in place",
        Move::Copy => "Applying it writes to the target service",
        Move::Undo => "Applying it takes back what the undone plan did",
    };
    format!(
        "{what}, with {} in about {}. Nothing has been written.",
        format::counted(totals.requests, "request"),
        format::seconds(totals.estimated_seconds)
    )
}

fn exceptions(progress: Progress) -> String {
    let mut parts = Vec::new();
    if progress.failed > 0 {
        parts.push(format!("{} failed", format::count(progress.failed)));
    }
    if progress.blocked > 0 {
        parts.push(format!("{} are blocked", format::count(progress.blocked)));
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
    /// The part of the page that says more.
    pub(super) link: Option<&'static str>,
}

/// The notices of a plan, the gravest first.
pub(super) fn notices(header: &Header, totals: &Totals, progress: Progress) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut add = |tone, title: String, text, link| notices.push(Notice { tone, title, text, link });
    let of = |kind: Kind| totals.operations.get(&kind).map_or(0, |states| states.values().sum::<u64>());
    match header.snapshot_verdict.as_str() {
        "complete" => {}
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
            "What was not read is not in this plan, and nobody can say from it what would be left behind. Resume the \
             crawl and plan again; `chatferry snapshot info` says what is missing.",
            None,
        ),
    }
    let private = of(Kind::MakePrivate);
    if private > 0 {
        add(
            "bad",
            format!("One way: {} made private", was_were(private, "public channel")),
            "No request makes a private channel public again. Users who are not members can no longer find or join \
             it by themselves; members stay.",
            Some("kind-make_private"),
        );
    }
    let deletes = Kind::ALL.into_iter().filter(|kind| kind.is_delete()).map(of).sum::<u64>();
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
            "Twilio answered, and said no. Each has the reason beside it.",
            Some("operations"),
        );
    }
    if progress.blocked > 0 {
        add(
            "bad",
            format!("{} blocked", was_were(progress.blocked, "operation")),
            "They cannot be done as things are and are left out; each has the reason beside it.",
            Some("operations"),
        );
    }
    if header.mute_source {
        add(
            "quiet",
            "The source is muted for those who were copied".to_owned(),
            "Their User Channels' notification level becomes `muted`, so that nobody is notified twice. The old level \
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
