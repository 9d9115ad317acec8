//! Differences of two snapshots, as a stream: what was added, removed and changed, field by field.
//!
//! ```text
//! old ─┐
//!      ├─ terms ──▶ merge, entity by entity ──▶ differences, totals
//! new ─┘
//! ```
//!
//! `terms` says what of the two can be compared at all; the merge itself, which reads both files in one order, is
//! [`snapshot::merge`](crate::snapshot::merge()).
//!
//! **Invariant:** pure. The same two snapshots and options give the same differences in the same order.
//!
//! **Invariant:** what could not be read in one of the two is unreadable (`!`), never added or missing; what one of the two
//! was not asked for is not compared, and that is said.
//!
//! Why unread counts are not ignored unless asked for: they are a part of what a migration carries over, and a difference
//! that was hidden by default would be found by no one. Ignored by default is only presence, which moves because someone's
//! app is open.

mod difference;
mod error;
mod ignore;
mod snapshots;
mod target;
mod terms;

#[cfg(test)]
pub(crate) use difference::ConversationName;
pub(crate) use difference::{Comparison, DiffTotals, Difference, FieldChange, Mark, MarkCounts};
pub(crate) use error::TermsError;
pub(crate) use ignore::IgnoredFields;
pub(crate) use snapshots::{DiffOptions, diff_snapshots, open, open_checked};
pub(crate) use target::{TargetDiffOptions, Uncounted, diff_target};
pub(crate) use terms::{ComparedSide, Terms};
