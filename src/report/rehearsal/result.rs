//! How a rehearsal went: the object of `rehearse --json`, its steps and its text for people, the verdict last.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::diff::MarkCounts;
use crate::error::{Advise, Failure};
use crate::plan::{OperationKind, OperationState};
use crate::printable::{Printable, PrintableLine, Tone};
use crate::report::count_of;
use crate::report::plan::ReasonGroup;
use crate::report::text::format;

/// Causes, and differences, that a terminal shows.
const SHOWN: usize = 8;

/// A rehearsal could not be held, for a reason of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RehearseError {
    #[error("what was read of the target of `{}` is not at `{}`", plan.display(), reading.display())]
    NoTarget { plan: PathBuf, reading: PathBuf },
    #[error("`{}` is not what the plan `{}` read of its target", reading.display(), plan.display())]
    OtherTarget { plan: PathBuf, reading: PathBuf },
    #[error("the rehearsal cannot have a folder in `{}`", parent.display())]
    Folder { parent: PathBuf, source: io::Error },
    #[error("the rehearsal cannot start a runtime of its own")]
    Runtime(#[source] io::Error),
    #[error("the rehearsal was interrupted")]
    Interrupted,
}

impl Advise for RehearseError {
    fn status(&self) -> Failure {
        match self {
            Self::NoTarget { .. } | Self::OtherTarget { .. } => Failure::Usage,
            Self::Folder { .. } | Self::Runtime(_) => Failure::Failed,
            Self::Interrupted => Failure::Interrupted,
        }
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::NoTarget { .. } | Self::OtherTarget { .. } => {
                "`plan` keeps what it reads of the target beside the plan: put that file back, or plan again"
            }
            Self::Folder { .. } => {
                "set TMPDIR to a folder with room for a copy of the plan and of the target"
            }
            Self::Interrupted => "nothing of it is kept: the plan and Twilio are as they were; run it again",
            Self::Runtime(_) => return None,
        };
        Some(advice.to_owned())
    }
}

/// How a rehearsal went.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Rehearsal {
    pub(crate) verdict: RehearsalVerdict,
    /// The verdict in one sentence.
    pub(crate) sentence: String,
    /// The plan file, as it was given, and its digest.
    pub(crate) plan: String,
    pub(crate) digest: String,
    /// Operations of the plan by kind and state, after the rehearsal.
    pub(crate) operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    /// Operations that were applied at Twilio before; they were performed again, untimed, to begin where the plan is now.
    pub(crate) applied_before: u64,
    /// Operations that would fail, or could not be done because of one that fails.
    pub(crate) failed: u64,
    /// Operations that the plan itself blocks.
    pub(crate) blocked: u64,
    /// Operations that would find something else than planned.
    pub(crate) differing: u64,
    /// Why, each with the number of operations; the first is the most.
    pub(crate) causes: Vec<ReasonGroup>,
    pub(crate) simulated_seconds: f64,
    /// What the plan said that it takes.
    pub(crate) estimated_seconds: f64,
    /// HTTP requests of the apply, and of these those that were answered with 429.
    pub(crate) requests: u64,
    pub(crate) throttled: u64,
    /// How often the apply was broken off and resumed.
    pub(crate) kills: u32,
    /// Null, as what follows, where the apply did not come to its end.
    pub(crate) verify: Option<MarkCounts>,
    /// The first of the differences, as `verify --records` prints them.
    pub(crate) differences: Vec<String>,
    /// Operations that planning again finds, but for those that failed or are blocked.
    pub(crate) again: Option<u64>,
    pub(crate) undo: Option<RehearsedUndo>,
    pub(crate) timeline: RehearsalTimeline,
    /// When it was rehearsed, and what went wrong on purpose.
    pub(crate) rehearsed: String,
    pub(crate) faults: String,
    /// What the snapshots do not have, and how the simulator answers for it.
    pub(crate) lacks: Vec<String>,
}

/// When the operations of each kind were started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RehearsalTimeline {
    pub(crate) part_seconds: u64,
    pub(crate) kinds: Vec<KindOverTime>,
}

/// The operations of one kind over the simulated time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KindOverTime {
    pub(crate) kind: OperationKind,
    /// The seconds in which the first and the last were started.
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) operations: u64,
    /// How many were started in each part of the time.
    pub(crate) parts: Vec<u64>,
    pub(crate) most_a_second: u64,
}

/// How undoing it went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RehearsedUndo {
    /// Operations of the undo plan, and those of them that would fail.
    pub(crate) operations: u64,
    pub(crate) failed: u64,
    /// Changes that Twilio cannot take back.
    pub(crate) one_way: u64,
    /// Records of the target that are not as before, although no one-way change is about them.
    pub(crate) not_restored: u64,
    pub(crate) simulated_seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum RehearsalVerdict {
    /// All would succeed, verify agrees, and the undo restores all but what is one-way.
    #[serde(rename = "would_succeed")]
    Success,
    /// All that the plan does would succeed; something differs afterwards.
    #[serde(rename = "would_differ")]
    Difference,
    /// Something would fail.
    #[serde(rename = "would_fail")]
    Failure,
}

impl Rehearsal {
    /// The same with its verdict.
    #[must_use]
    pub(crate) fn judged(mut self) -> Self {
        let differs = self.differing > 0
            || self.verify.is_none_or(|counts| counts.differences() > 0)
            || self.again.is_none_or(|operations| operations > 0)
            || self.undo.as_ref().is_none_or(|undo| undo.failed + undo.not_restored > 0);
        self.verdict = if self.failed > 0 {
            RehearsalVerdict::Failure
        } else if differs {
            RehearsalVerdict::Difference
        } else {
            RehearsalVerdict::Success
        };
        self.sentence = self.sentence();
        self
    }

    /// The operations that were to be performed: neither blocked by the plan nor applied before.
    pub(crate) fn rehearsed_operations(&self) -> u64 {
        count_of(&self.operations, &OperationState::ALL) - self.blocked - self.applied_before
    }

    fn sentence(&self) -> String {
        let mut parts = Vec::new();
        match (self.rehearsed_operations(), self.applied_before) {
            (0, 0) => parts.push("Nothing to rehearse: the plan has no operation to perform".to_owned()),
            (0, before) => {
                let before = format::counted(before, "operation");
                parts.push(format!("Nothing left to rehearse: {before} of the plan were applied already"));
            }
            (operations, _) => {
                let operations = format::counted(operations, "operation");
                let time = format::seconds(self.simulated_seconds);
                parts.push(format!("Rehearsed: {operations} in {time} at Twilio's limits"));
                parts.push(match self.failed {
                    0 => ", all would succeed".to_owned(),
                    failed => format!(", {} would fail ({})", format::count(failed), self.failed_kinds()),
                });
            }
        }
        if self.differing > 0 {
            parts.push(format!(", {} would find something else", format::count(self.differing)));
        }
        parts.push(match self.verify.map(|counts| counts.differences()) {
            None => "; the apply did not end".to_owned(),
            Some(0) => "; verify agrees".to_owned(),
            Some(number) => format!("; verify finds {}", format::counted(number, "difference")),
        });
        if let Some(again @ 1..) = self.again {
            parts.push(format!("; planning again finds {}", format::counted(again, "operation")));
        }
        parts.extend(self.undo.as_ref().map(|undo| format!("; {}", undo.part())));
        parts.push(".".to_owned());
        parts.concat()
    }

    /// `8 create_participant, 4 create_user`
    fn failed_kinds(&self) -> String {
        let mut kinds: BTreeMap<OperationKind, u64> = BTreeMap::new();
        for cause in self.causes.iter().filter(|cause| cause.is_failure()) {
            *kinds.entry(cause.kind).or_default() += cause.count;
        }
        let part =
            |(kind, count): (&OperationKind, &u64)| format!("{} {}", format::count(*count), kind.name());
        kinds.iter().map(part).collect::<Vec<_>>().join(", ")
    }

    /// The summary for people.
    pub(crate) fn text(&self) -> Printable {
        let mut text = Printable::new();
        for cause in self.causes.iter().take(SHOWN) {
            let (count, kind) = (format::count(cause.count), cause.kind.name());
            text.push(format!("  {count} {kind} {}: {}", cause.state.name(), cause.reason));
        }
        if let more @ 1.. = self.causes.len().saturating_sub(SHOWN) {
            text.push(format!("  and {} more: --json has all", format::counted(more as u64, "cause")));
        }
        for difference in self.differences.iter().take(SHOWN) {
            text.push(format!("  {difference}"));
        }
        let differences = self.verify.map_or(0, |counts| counts.differences());
        if let more @ 1.. = differences.saturating_sub(self.differences.len().min(SHOWN) as u64) {
            text.push(format!("  and {} more", format::counted(more, "difference")));
        }
        let tone = match self.verdict {
            RehearsalVerdict::Success => Tone::Good,
            RehearsalVerdict::Difference => Tone::Caution,
            RehearsalVerdict::Failure => Tone::Bad,
        };
        text.push(PrintableLine::verdict(tone, &self.sentence));
        text
    }
}

impl RehearsedUndo {
    pub(crate) fn part(&self) -> String {
        let mut parts = Vec::new();
        if self.failed > 0 {
            parts.push(format!("{} of undo would fail", format::counted(self.failed, "operation")));
        }
        let one_way = format::counted(self.one_way, "one-way change");
        parts.push(match (self.not_restored, self.one_way) {
            (0, 0) => "undo restores all".to_owned(),
            (0, _) => format!("undo restores all but {one_way}"),
            (left, 0) => format!("undo leaves {} not as before", format::counted(left, "record")),
            (left, _) => {
                format!("undo leaves {} not as before, besides {one_way}", format::counted(left, "record"))
            }
        });
        parts.join(" and ")
    }
}

/// What a rehearsal has instead of the files of messages.
pub(crate) const MADE_UP_MEDIA: &str = "a snapshot has no files of messages: each is served with as many bytes as its message says, which are made up, so that their SHA-256 \
     is not that of the source's";

pub(crate) fn started(plan: &Path, lacks: &[String]) -> Printable {
    let plan = plan.display();
    let mut text = Printable::from(format!(
        "Rehearsing `{plan}` on this machine: the plan, its files and Twilio are not touched."
    ));
    text.extend(lacks.iter().map(|lack| format!("note: {lack}")));
    text
}

/// A step begins.
pub(crate) fn step(what: &str) -> PrintableLine {
    PrintableLine::toned(Tone::Heading, what)
}

/// What was applied of the plan already.
pub(crate) fn applied_before(operations: u64) -> Printable {
    let operations = format::counted(operations, "operation");
    Printable::from(format!(
        "  {operations} of it were applied already: these are performed first and not counted; what is left is rehearsed"
    ))
}

pub(crate) fn killed(at: Duration) -> Printable {
    Printable::from(format!("  broken off after {}, and resumed", format::duration(at)))
}

pub(crate) fn applied(took: Duration, requests: u64, throttled: u64) -> Printable {
    line(&format!(
        "{} in {}, {} of them answered with 429",
        format::counted(requests, "request"),
        format::duration(took),
        format::count(throttled)
    ))
}

pub(crate) fn planned_again(operations: u64) -> Printable {
    line(&match operations {
        0 => "nothing to do".to_owned(),
        number => format!("{} to do still", format::counted(number, "operation")),
    })
}

pub(crate) fn undone(undo: &RehearsedUndo) -> Printable {
    let operations = format::counted(undo.operations, "operation");
    line(&format!("{operations} in {}; {}", format::seconds(undo.simulated_seconds), undo.part()))
}

/// A step's result in a line.
pub(crate) fn line(text: &str) -> Printable {
    Printable::from(format!("  {text}"))
}
