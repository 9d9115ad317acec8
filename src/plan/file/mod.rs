//! The plan file: one SQLite file with what would be done, item by item, and later with its outcome.
//!
//! It is written once ([`PlanDraft`]), reviewed, and read by every later stage ([`PlanFile`]). Applying it adds to the journal
//! columns and to nothing else. People read it too, with `sqlite3`, through the views `operations` and `findings`.
//!
//! **Invariant:** at the plan's path is no file, the file that was there before, or a complete plan.
//!
//! **Invariant:** the digest covers all that was planned: header, operations with the requests that they are, what the target
//! was found to have, findings and totals; and nothing that applying changes.
//!
//! **Invariant:** the same input gives the same bytes. No time, path of the machine or order of a hash table is in the file.
//!
//! All SQL of plans is in this folder.

mod about;
mod about_index;
mod created;
mod digest;
mod draft;
mod entry;
mod finding;
mod journal;
pub(crate) mod message_queue;
mod outcome;
mod place;
mod queue;
mod reader;
mod rehearsed;
mod row;
mod schema;

#[cfg(test)]
mod tests;

pub(crate) use about::PlannedRecord;
pub(crate) use about_index::indexed;
pub(crate) use created::{CreatedRecords, done_reversed};
pub use draft::PlanDraft;
pub(crate) use entry::{Entry, WantedOperations};
pub(crate) use journal::{Journal, NotDone};
pub(crate) use outcome::{applied_window, reasons};
pub(crate) use place::check_place;
pub(crate) use queue::{LaneName, PendingOperation};
pub(crate) use reader::PlanFile;
pub(crate) use rehearsed::{copy_plan, set_back, starts, take_up};
