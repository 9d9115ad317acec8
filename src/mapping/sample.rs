//! Made-up records to try a mapping on: one with a value in every field, one with null wherever null can be.

use super::field::reachable;
use super::sids::SidMap;
use crate::model::{
    Binding, Channel, Entity, Invite, Member, Membership, Message, Role, RowRecords, Service, User,
};

/// One record of each kind.
#[derive(Debug)]
pub(crate) struct Sample {
    service: Service,
    membership: Membership,
    user: User,
    channel: Channel,
    member: Member,
    role: Role,
    invite: Invite,
    message: Message,
    binding: Binding,
    /// Whether a row brings along the records that its own one refers to.
    with_others: bool,
}

impl Sample {
    /// Every field has a value.
    pub(crate) fn full() -> Self {
        Self::new(true)
    }

    /// Every field that can be null is, and no record has others next to it.
    pub(crate) fn nulls() -> Self {
        Self::new(false)
    }

    pub(crate) fn subject(&self, entity: Entity) -> RowRecords<'_> {
        let has =
            |wanted: Entity| wanted == entity || self.with_others && reachable(entity).contains(&wanted);
        RowRecords {
            service: &self.service,
            membership: has(Entity::Membership).then_some(&self.membership),
            user: has(Entity::User).then_some(&self.user),
            channel: has(Entity::Channel).then_some(&self.channel),
            member: has(Entity::Member).then_some(&self.member),
            role: has(Entity::Role).then_some(&self.role),
            invite: has(Entity::Invite).then_some(&self.invite),
            message: has(Entity::Message).then_some(&self.message),
            binding: has(Entity::Binding).then_some(&self.binding),
        }
    }

    /// What SIDs of another service are: one that no one has, or none.
    pub(crate) fn sids(&self) -> SidMap {
        let full = self.with_others;
        SidMap::new(move |sid| Ok(sid.get(..2).filter(|_| full).map(|kind| format!("{kind}{:032x}", 0))))
    }

    fn new(full: bool) -> Self {
        Self {
            service: Service::sample(full),
            membership: Membership::sample(full),
            user: User::sample(full),
            channel: Channel::sample(full),
            member: Member::sample(full),
            role: Role::sample(full),
            invite: Invite::sample(full),
            message: Message::sample(full),
            binding: Binding::sample(full),
            with_others: full,
        }
    }
}
