//! What a person sees: progress from events, log lines, summaries, errors.
//!
//! stdout is data and belongs to the verb; stderr is talk and goes through [`Talk`], so that a line never tears a bar. Summaries are
//! pure functions from plain structs to text; the same structs are the objects of `--json`.
//!
//! **Invariant:** everything goes to a writer that was given. Nothing here asks what time it is but [`progress`], whose clock
//! is given to what it drives.

pub mod apply_summary;
pub mod audit_summary;
mod bars;
pub mod crawl_summary;
pub mod differences;
mod estimate;
pub mod human;
pub mod log;
mod markdown;
pub mod metrics;
pub mod page;
mod plain;
pub mod plan;
pub mod probe_summary;
pub mod problem;
pub mod progress;
pub mod snapshot_text;
pub mod table;
pub mod talk;
mod tally;

pub use apply_summary::{ApplyStopped, ApplySummary, ApplyVerdict, CountedFinding, NotDoneItem, count_of};
pub use audit_summary::{AuditSummary, AuditVerdict, Exported, HookReport};
pub use crawl_summary::{CrawlSummary, Stopped};
pub use probe_summary::{Answer, ProbeSummary, ProbedService, Routes};
pub use progress::Progress;
pub use talk::Talk;
