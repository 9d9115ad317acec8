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

pub mod align;
pub mod check;
pub mod compute;
pub mod error;
pub mod file;
pub mod finding;
pub mod operation;
pub mod overview;
pub mod request;
pub mod undo;

#[cfg(test)]
mod fixture;

pub use align::{Name, PlanRecords, UnfitMapping, names};
pub use check::CHECKS;
pub use compute::{Inputs, Limits, PlanOptions, Sink, compute};
pub use error::PlanError;
pub use file::{
    Entry, Journal, Lane, LaneName, NotDone, PendingOperation, PlanDraft, PlanFile, Wanted, check_place,
};
pub use finding::{Check, Finding, Severity};
pub use operation::{Fields, Kind, Operation, State, Subject};
pub use overview::{Bucket, Header, Move, Side, Step, Totals, Verdict, service_digest};
pub use request::{Endpoint, FormValue, Method, PlannedRequest, Segment};
