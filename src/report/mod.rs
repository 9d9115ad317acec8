//! What a person sees: progress from events, log lines, summaries, errors.
//!
//! stdout is data and belongs to the verb; everything else goes to stderr through [`Stderr`], so that a line never tears a bar. Summaries
//! are pure functions from plain structs to text; the same structs are the objects of `--json`.
//!
//! **Invariant:** everything goes to a writer that was given. Nothing here asks what time it is but [`progress`], whose clock
//! is given to what it drives.

pub(crate) mod audits;
mod bar_terminal;
mod counted_finding;
pub(crate) mod diff;
pub(crate) mod html;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod rehearsal;
pub(crate) mod snapshot;
pub(crate) mod stderr;
pub(crate) mod subject;
pub(crate) mod summary;
pub(crate) mod text;

pub(crate) use bar_terminal::stdout_columns;
pub(crate) use counted_finding::CountedFinding;
pub(crate) use progress::Progress;
pub(crate) use stderr::Stderr;
pub(crate) use text::accounts::{AccountsSummary, CheckedAccount};
pub(crate) use text::apply::{ApplyStopped, ApplySummary, ApplyVerdict, NotDoneItem, count_of};
pub(crate) use text::audit::{AuditSummary, AuditVerdict, Exported, HookReport};
pub(crate) use text::crawl::{CrawlSummary, Stopped};
pub(crate) use text::probe::{Answer, ProbeSummary, ProbedService, Routes};
