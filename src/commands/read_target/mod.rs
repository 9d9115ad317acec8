//! Reads a target: a crawl of a Conversations service into a snapshot file of its own, for `plan` and for `verify`.
//!
//! **Invariant:** a plan, or a verification, is of the target as it is now. An unfinished crawl with the same selection is resumed;
//! otherwise the target is crawled again.
//!
//! **Invariant:** memory does not grow with what a copy is about: a selection is named one by one, and kept in the file.

mod crawl;
mod estimate;
mod reading;

use crate::model::Entity;
use crate::snapshot::{Focus, SnapshotError};

use super::CommandError;

pub use crawl::crawl_target;
pub use estimate::TargetEstimate;
pub(super) use reading::{TargetReading, file_of};

/// Everything that Conversations has of a service.
pub const EVERYTHING: [Entity; 6] =
    [Entity::Service, Entity::Role, Entity::User, Entity::Channel, Entity::Membership, Entity::Member];

/// The same, with messages.
pub(super) const WITH_MESSAGES: [Entity; 7] = [
    Entity::Service,
    Entity::Role,
    Entity::User,
    Entity::Channel,
    Entity::Membership,
    Entity::Member,
    Entity::Message,
];

/// Names one by one what is read beyond the lists of roles, users and conversations: conversations by SID or unique name, whose
/// participants are read, and users by identity, whose User Conversations are read.
pub trait Selection {
    /// Names each. It may be asked more than once and then names the same.
    fn each(&self, take: &mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>) -> Result<(), CommandError>;
}

impl<F> Selection for F
where
    F: Fn(&mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>) -> Result<(), CommandError>,
{
    fn each(&self, take: &mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>) -> Result<(), CommandError> {
        self(take)
    }
}

/// What is read of a target.
#[derive(Clone, Copy)]
pub struct TargetPart<'a> {
    /// The records, [`EVERYTHING`] or fewer.
    pub include: &'a [Entity],
    /// None for all of them.
    pub selection: Option<&'a dyn Selection>,
}

impl std::fmt::Debug for TargetPart<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TargetPart").field("include", &self.include).finish_non_exhaustive()
    }
}
