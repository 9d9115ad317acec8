//! The plan: what a migration would do, item by item, before anyone does it.
//!
//! A plan is data: a file of operations, each with the values before and after and the request that would be sent, made from
//! a snapshot, a mapping and the target as it is. There is no switch for a dry run: the plan is the dry run, and `apply`
//! performs one plan and nothing else.
//!
//! ```text
//! snapshot ─┐
//! mapping  ─┼─ align ──▶ compute ──▶ operations, findings ──▶ plan file ──▶ report, apply, verify
//! target   ─┘
//! ```
//!
//! **Invariant:** pure. Nothing here sends a request, and the same snapshot, mapping and target give the same bytes.
//!
//! **Invariant:** a plan contains no delete, but for one that undoes, and that only of what a journal proves was created.

pub(crate) mod align;
pub(crate) mod binding;
pub(crate) mod check;
pub(crate) mod compute;
mod copy_cost;
pub(crate) mod equality;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod finding;
mod format;
mod message_texts;
mod messages;
pub(crate) mod operation;
pub(crate) mod overview;
mod pace;
pub(crate) mod request;
pub(crate) mod source_snapshot;
pub(crate) mod undo;
pub(crate) mod user_channels;

pub use align::PlanRecords;
pub(crate) use align::{Name, names};
pub(crate) use check::{CANNOT_BE_UNDONE, CHECKS, DIFFERENCES, all_checks};
pub(crate) use compute::ConversationLimits;
pub use compute::{Inputs, PlanOptions, compute_into};
#[cfg(test)]
pub(crate) use compute::{Sink, compute};
pub(crate) use copy_cost::CopyCost;
pub(crate) use error::PlanError;
pub use file::PlanDraft;
pub(crate) use file::{
    Entry, Journal, LaneName, NotDone, PendingOperation, PlanFile, PlannedRecord, WantedOperations,
    check_place, indexed, message_queue,
};
pub(crate) use finding::{PlanCheck, PlanFinding, Severity};
pub(crate) use messages::{PlannedMedia, without_media};
pub(crate) use operation::Endpoint;
#[cfg(test)]
pub(crate) use operation::PlannedMessage;
pub use operation::{JsonFields, Operation, OperationKind, Subject};
pub(crate) use operation::{OperationState, PARTICIPANTS, WriteLimit, in_braces, value_at};
#[cfg(test)]
pub(crate) use overview::Bucket;
pub(crate) use overview::Step;
pub(crate) use overview::UnavailableMedia;
pub(crate) use overview::service_digest;
pub use overview::{Batches, Header, MediaTotals, Move, PlanVerdict, Side, Totals};
pub(crate) use pace::{RequestPace, SECONDS_PER_REQUEST};
pub(crate) use request::{FormValue, Segment, WITH_PARTICIPANTS, WriteMethod};
