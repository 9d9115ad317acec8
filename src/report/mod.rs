//! What a person sees: progress from events, log lines, summaries, errors.
//!
//! stdout is data and belongs to the verb; stderr is talk and goes through [`Talk`], so that a line never tears a bar. Summaries are
//! pure functions from plain structs to text; the same structs are the objects of `--json`.
//!
//! **Invariant:** everything goes to a writer that was given. Nothing here asks what time it is but [`progress`], whose clock
//! is given to what it drives.

pub(crate) mod apply_summary;
pub(crate) mod audit_summary;
mod bars;
pub(crate) mod crawl_summary;
pub(crate) mod differences;
mod estimate;
pub(crate) mod human;
pub(crate) mod log;
mod markdown;
pub(crate) mod metrics;
pub(crate) mod page;
mod plain;
pub(crate) mod plan;
pub(crate) mod probe_summary;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod snapshot_text;
pub(crate) mod table;
pub(crate) mod talk;
mod tally;

pub(crate) use apply_summary::{
    ApplyStopped, ApplySummary, ApplyVerdict, CountedFinding, NotDoneItem, count_of,
};
pub(crate) use audit_summary::{AuditSummary, AuditVerdict, Exported, HookReport};
pub(crate) use crawl_summary::{CrawlSummary, Stopped};
pub(crate) use probe_summary::{Answer, ProbeSummary, ProbedService, Routes};
pub(crate) use progress::Progress;
pub(crate) use talk::Talk;
