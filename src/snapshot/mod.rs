//! The snapshot: one SQLite file that holds what a crawl received and how far it got.
//!
//! It is written by one run at a time ([`SnapshotWriter`], under a lock) and read by every later stage ([`Snapshot`]).
//! People read it too: with `sqlite3`, through views named like the API's collections.
//!
//! **Invariant:** a page's rows and its list's cursor are committed together, so a kill at any moment costs at most the pages
//! in flight, and the snapshot never claims a page whose rows it lacks.
//!
//! **Invariant:** the frontier is in the file. Memory does not grow with the number of users or channels.
//!
//! Why rows are keyed by the number of their user or channel: a page's rows then stand together, and writing stays in one
//! place of the tree at a time. The one index with random keys, by channel, is made once, when everything has been read.
//!
//! All SQL of snapshots is in this folder.

mod carry;
mod check;
mod columns;
mod cross_check;
mod decode;
mod digest;
mod encode;
mod error;
mod evidence;
mod finding;
mod focus;
mod frontier;
mod group_digest;
mod info;
mod list_digest;
mod look_up;
mod memberships;
mod merge;
mod messages;
mod missing;
mod outcome;
mod properties;
mod reader;
mod reconcile;
mod replacement;
mod row_hash;
mod rows;
mod schema;
mod seats;
mod selection;
mod service_view;
mod survey;
mod unit;
mod views;
mod walk;
mod whole;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use carry::Carried;
pub(crate) use check::CheckReport;
pub(crate) use cross_check::CrossCheck;
pub use error::SnapshotError;
pub use focus::Focus;
pub(crate) use info::Failure;
pub use info::{Counts, Info};
pub(crate) use merge::{Fields, MergeOptions, Met, RawRow, Which, columns, merge};
pub use missing::MissingMembership;
pub use properties::{CrawlIdentity, Requests, Verdict};
pub use reader::Snapshot;
pub(crate) use reconcile::Reconciled;
pub(crate) use replacement::{Replacement, clear};
pub(crate) use seats::{Seat, SeatsWith};
pub(crate) use service_view::{JoinedCount, ServiceView};
pub(crate) use unit::{Estimate, SoFar, UnitId};
pub use unit::{Target, Unit};
pub use walk::Walk;
pub(crate) use walk::{Order, Wanted, With};
pub(crate) use whole::ListOf;
pub(crate) use writer::Stored;
pub use writer::{Detail, SnapshotWriter};
