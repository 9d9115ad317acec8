//! The orders in which rows come, and what rows of two entities in their orders have in common.

use crate::model::Entity;

/// The order of a record's rows, among those that a walk over the snapshot delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrder {
    /// The entity's own order; for memberships by user, then channel.
    Natural,
    /// Memberships by channel, then member.
    ByChannel,
}

/// What the rows of a list have in common with the row that they stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListParent {
    User,
    Channel,
}

impl ListParent {
    /// What rows of an entity, in that order, come sorted by.
    pub(super) fn of_rows(entity: Entity, order: KeyOrder) -> Option<Self> {
        match (entity, order) {
            (Entity::User, _) | (Entity::Membership, KeyOrder::Natural) => Some(Self::User),
            (Entity::Membership, KeyOrder::ByChannel)
            | (Entity::Channel | Entity::Member | Entity::Invite | Entity::Message, _) => Some(Self::Channel),
            (Entity::Service | Entity::Role | Entity::Binding, _) => None,
        }
    }

    /// The order in which an entity's rows come sorted by it, for entities that lists can have.
    pub(super) fn order_of(self, listed: Entity) -> Option<KeyOrder> {
        match (self, listed) {
            (Self::User, Entity::Membership)
            | (Self::Channel, Entity::Member | Entity::Invite | Entity::Message) => Some(KeyOrder::Natural),
            (Self::Channel, Entity::Membership) => Some(KeyOrder::ByChannel),
            _ => None,
        }
    }

    /// The entities that lists can have.
    pub(super) fn listed(self) -> &'static [Entity] {
        match self {
            Self::User => &[Entity::Membership],
            Self::Channel => &[Entity::Membership, Entity::Member, Entity::Invite, Entity::Message],
        }
    }
}
