//! How an audit ended: `result.json`, the object of `audit --json` and of hooks, and its text for people.

use std::error::Error;
use std::io;
use std::path::Path;
use std::process::ExitStatus;

use serde::Serialize;

use super::crawl::{CrawlSummary, Stopped};
use super::diff;
use super::format;
use super::problem::Problem;
use crate::diff::Comparison;
use crate::model::{AccountSid, Api};
use crate::printable::{Printable, PrintableLine, Tone};
use crate::snapshot::Verdict;

/// What came of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuditVerdict {
    /// Everything was read, and the evidence agrees.
    Complete,
    /// Everything was read; some of it changed meanwhile.
    CompleteWithDrift,
    /// Something is missing. It is kept, and never compared with.
    Incomplete,
    /// It ended with an error. What there is of it is kept, and never compared with.
    Failed,
}

impl AuditVerdict {
    pub(crate) const ALL: [Self; 4] =
        [Self::Complete, Self::CompleteWithDrift, Self::Incomplete, Self::Failed];

    /// Its name, as in `result.json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::CompleteWithDrift => "complete_with_drift",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Complete => Tone::Good,
            Self::CompleteWithDrift => Tone::Caution,
            Self::Incomplete | Self::Failed => Tone::Bad,
        }
    }

    /// Whether it may be compared with.
    pub(crate) fn is_complete(self) -> bool {
        matches!(self, Self::Complete | Self::CompleteWithDrift)
    }
}

impl From<Verdict> for AuditVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Complete => Self::Complete,
            Verdict::CompleteWithDrift => Self::CompleteWithDrift,
            Verdict::Incomplete => Self::Incomplete,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Exported {
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
}

/// The note of an audit whose page of all audits is the one before.
pub(crate) fn no_index(error: &dyn Error) -> String {
    format!("the page of all audits could not be written: {error}")
}

pub(crate) fn no_metrics(file: &Path, error: &io::Error) -> String {
    format!("the metrics file {} could not be written: {error}", file.display())
}

/// Why a hook did not end by itself with exit code 0.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HookFailure {
    #[error("it could not be started: {0}")]
    Start(io::Error),
    #[error("it ended with {0}")]
    Ended(ExitStatus),
    #[error("it was killed after {minutes} minutes")]
    Killed { minutes: u64 },
    #[error("it could not be killed after {minutes} minutes: {error}")]
    NotKilled { minutes: u64, error: io::Error },
    #[error("its end could not be seen: {0}")]
    Unseen(io::Error),
}

/// How a hook ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HookReport {
    /// `on_success`, `on_failure` or `on_difference`.
    pub hook: &'static str,
    /// Whether it ended with exit code 0.
    pub ok: bool,
    /// How it ended otherwise.
    pub detail: Option<String>,
}

/// How an audit ended.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AuditSummary {
    /// Its name: when it started, in UTC.
    pub audit: String,
    /// Its folder within the folder of audits.
    pub folder: String,
    /// The account that was read.
    pub account_sid: AccountSid,
    /// What came of it.
    pub verdict: AuditVerdict,
    /// Why it stopped before its end, if it did.
    pub stopped: Option<Stopped>,
    /// The audit that it was compared with; null where there was none.
    pub base: Option<String>,
    /// The newest complete audit now.
    pub last_complete: Option<String>,
    /// When it started, RFC 3339.
    pub started: String,
    /// When it ended.
    pub finished: String,
    /// Seconds that this run took.
    pub elapsed_seconds: f64,
    /// What was read.
    pub crawl: Option<CrawlSummary>,
    pub exported: Option<Exported>,
    /// What changed since the base.
    pub differences: Option<Comparison>,
    /// Where the report for people is, a page; null where none was written.
    pub report: Option<String>,
    /// Older audits that were removed.
    pub removed: Vec<String>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Why it failed.
    pub error: Option<Problem>,
    /// The hooks that were run. Empty in what hooks are given and in `result.json`.
    pub hooks: Vec<HookReport>,
    /// The exit code that it leads to.
    pub exit_code: u8,
}

/// What an audit would do.
#[derive(Debug, Serialize)]
pub(crate) struct AuditPlan {
    /// The folder that it would have.
    pub folder: String,
    /// The audit that it would be compared with.
    pub base: Option<String>,
    /// The audits that would be removed once it is complete.
    pub remove: Vec<String>,
    /// The audits that would stay.
    pub keep: Vec<String>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// Notes of an audit.
pub(crate) const NOTHING_TO_CARRY_OVER: &str =
    "--skip-unchanged: there is no complete audit to carry users over from";
pub(crate) const INCOMPLETE_SNAPSHOT: &str = "its snapshot is incomplete";
pub(crate) const FIRST_AUDIT: &str = "the first complete audit here: there is none to compare it with";

pub(crate) fn not_comparable(folder: &str, why: &str) -> String {
    format!("audit {folder} cannot be compared with: {why}")
}

pub(crate) fn kept_for_the_clock(before: &str, days: i64) -> String {
    format!(
        "--keep-days removes nothing up to audit {before}: {days} days without an audit follow it, as after a clock that jumped; if \
         the clock is right, remove them by hand, or keep a number of audits with --keep"
    )
}

pub(crate) fn not_removed(folder: &str, why: &str) -> String {
    format!("audit {folder} could not be removed: {why}")
}

impl AuditPlan {
    pub(crate) fn text(&self) -> String {
        let or_none = |list: &[String]| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
        format!(
            "would make      {}\ncompared with   {}\nthen remove     {}\nand keep        {}\n{}",
            self.folder,
            self.base.as_deref().unwrap_or("nothing: there is no complete audit yet"),
            or_none(&self.remove),
            or_none(&self.keep),
            self.notes.iter().map(|note| format!("note            {note}\n")).collect::<Vec<_>>().concat(),
        )
    }
}

impl AuditSummary {
    /// Of an audit that has only begun. It is failed until it is not.
    pub(crate) fn of_begun(audit: String, folder: String, account_sid: AccountSid, started: String) -> Self {
        Self {
            audit,
            folder,
            account_sid,
            verdict: AuditVerdict::Failed,
            stopped: None,
            base: None,
            last_complete: None,
            started,
            finished: String::new(),
            elapsed_seconds: 0.0,
            crawl: None,
            exported: None,
            differences: None,
            report: None,
            removed: Vec::new(),
            notes: Vec::new(),
            error: None,
            hooks: Vec::new(),
            exit_code: 0,
        }
    }

    /// Whether something changed since the base.
    pub(crate) fn has_differences(&self) -> bool {
        self.differences.as_ref().is_some_and(|comparison| !comparison.is_same())
    }

    /// The summary for people: a few lines, the verdict last.
    pub(crate) fn text(&self) -> Printable {
        let mut text = self.crawl.as_ref().map_or_else(Printable::new, CrawlSummary::text);
        if let Some(Exported { files, rows, bytes }) = self.exported {
            text.push(format!(
                "  exported  {}, {}, {}",
                format::counted(files, "file"),
                format::counted(rows, "row"),
                format::bytes(bytes)
            ));
        }
        if let (Some(base), Some(comparison)) = (&self.base, &self.differences) {
            text.blank();
            text.push(format!("since {base}:"));
            text.append(diff::summary(comparison));
        }
        if let Some(report) = &self.report {
            text.push(format!("  report    {report}"));
        }
        if !self.removed.is_empty() {
            text.push(format!("  removed   {}", self.removed.join(", ")));
        }
        text.extend(self.notes.iter().map(|note| format!("note: {note}")));
        for hook in self.hooks.iter().filter(|hook| !hook.ok) {
            let how = hook.detail.as_deref().unwrap_or("it failed");
            text.push(format!("note: --{}: {how}", hook.hook.replace('_', "-")));
        }
        text.push(PrintableLine::toned(self.verdict.tone(), &self.verdict_line()));
        text
    }

    /// Where the report of a complete audit is.
    pub(crate) fn next_steps(&self, folder: &str) -> Printable {
        if !self.verdict.is_complete() {
            return Printable::new();
        }
        let audit = format!("{folder}/{}", self.folder);
        let snapshot = format::shell_word(&format!("{audit}/snapshot.db"));
        format::next_steps([
            format!("open {audit}/report.html in a browser"),
            format!("chatferry snapshot info {snapshot}"),
        ])
    }

    fn verdict_line(&self) -> String {
        let folder = &self.folder;
        match self.verdict {
            AuditVerdict::Complete | AuditVerdict::CompleteWithDrift => {
                let drift = if self.verdict == AuditVerdict::Complete { "" } else { " with drift" };
                let changed = match (&self.base, self.has_differences()) {
                    (None, _) => "there is no earlier audit to compare it with",
                    (Some(_), true) => "something changed",
                    (Some(_), false) => "nothing changed",
                };
                let scope = match &self.crawl {
                    Some(crawl) if crawl.source == Api::Conversations => " for private channels only",
                    _ => "",
                };
                format!("audit {folder} is complete{drift}{scope}: {changed}")
            }
            AuditVerdict::Incomplete => format!(
                "audit {folder} is incomplete and will not be compared with; run the same command with --resume to finish it"
            ),
            AuditVerdict::Failed => {
                format!("audit {folder} failed; what was read is kept, and --resume finishes it")
            }
        }
    }
}
