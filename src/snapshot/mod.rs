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

mod columns;
mod completeness;
mod diff;
mod encode;
mod error;
mod format;
mod info;
mod interface;
mod messages;
mod properties;
mod read;
mod schema;
mod scopes;
mod sid_set;
mod unit;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use completeness::check::CheckReport;
pub(crate) use completeness::cross_check::CrossCheck;
pub(crate) use completeness::list_completeness::{ListOf, why_incomplete};
pub(crate) use completeness::missing::MissingMembership;
pub(crate) use completeness::of_person::MissingOfPerson;
pub(crate) use completeness::reconcile::Reconciled;
pub(crate) use diff::column::{FieldMask, columns};
pub(crate) use diff::merge::{MergeOptions, Met, RawRow, Which, merge};
pub use error::SnapshotError;
pub use info::{Counts, Info};
pub(crate) use info::{Disagreement, FailedUnit};
pub use properties::{CrawlIdentity, Requests, Verdict};
pub(crate) use read::listed::{ListedMembership, RoleHolder};
pub(crate) use read::names::{NameMatch, NamedRecord};
pub(crate) use read::participants::{Participation, ParticipationWith};
pub(crate) use read::plan_queries::{identities_alike, unlisted_users, vanished};
pub use read::reader::Snapshot;
pub(crate) use read::service_view::{JoinedCount, ServiceView};
pub use read::walk_row::Walk;
pub(crate) use read::walk_row::{Lookup, WalkOrder, With};
pub(crate) use unit::{Estimate, SoFar, UnitId};
pub use unit::{Target, Unit};
pub(crate) use write::carry::Carried;
pub use write::focus::Focus;
pub use write::pages::Detail;
pub(crate) use write::pages::StoredPage;
pub(crate) use write::replacement::{Replacement, clear};
pub use write::writer::SnapshotWriter;
