//! Changes a service: one writer at a time, with what it needs to see.
//!
//! **Invariant:** a write checks and acts under one lock, so that two requests at once cannot both create what may be there
//! only once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLockWriteGuard};

use jiff::Timestamp;

use super::changes::{Changes, CreatedKind, ServiceDefaults};
use super::record::{ChannelRecord, MembershipRecord, MessageRecord, RoleRecord, UserRecord};
use super::{ChangesGuard, ServiceWorld, WorldView, initial, order, sid, written};
use crate::simulator::draws::DrawPurpose;

/// The service while it is written to.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    world: &'a ServiceWorld,
    changes: RwLockWriteGuard<'a, Changes>,
}

/// First id of created roles: above those that any service has at first.
const FIRST_ROLE: u32 = 1 << 24;

impl ServiceWorld {
    /// Begins a write. Do not hold it across a wait, nor together with a view.
    pub(crate) fn writer(&self) -> Writer<'_> {
        Writer { world: self, changes: self.changes.write().unwrap_or_else(PoisonError::into_inner) }
    }
}

/// Digits of a SID for the next creation of a kind.
fn new_digits(world: &ServiceWorld, kind: CreatedKind, number: u32) -> u128 {
    let draw = |half| world.draws.draw2(DrawPurpose::Created, kind as u64 * 2 + half, u64::from(number));
    u128::from(draw(0)) << 64 | u128::from(draw(1))
}

impl Writer<'_> {
    /// The service as it is within the write.
    pub(crate) fn view(&self) -> WorldView<'_> {
        WorldView { world: self.world, changes: ChangesGuard::Within(&self.changes) }
    }

    /// The moment of the write; each is a second after the one before.
    pub(crate) fn now(&mut self) -> Timestamp {
        self.changes.tick()
    }

    /// What is created from now on is counted.
    pub(crate) fn count_creations(&mut self) {
        self.changes.created = Some(BTreeMap::new());
    }

    fn count(&mut self, kind: CreatedKind, key: impl FnOnce() -> String) {
        if let Some(created) = &mut self.changes.created {
            *created.entry((kind, key())).or_default() += 1;
        }
    }

    /// Adds a user; its digits are set here.
    pub(crate) fn create_user(&mut self, mut record: UserRecord) -> u32 {
        let world = self.world;
        let id = world.users.count() + self.changes.counts.users;
        record.digits = new_digits(world, CreatedKind::User, self.changes.counts.users);
        self.changes.counts.users += 1;
        order::insert(&mut self.changes.created_users, &initial::users(world), record.digits, id);
        self.changes.identities.insert(record.identity.clone(), id);
        self.count(CreatedKind::User, || record.identity.clone());
        self.changes.users.insert(id, record);
        id
    }

    pub(crate) fn update_user(&mut self, user: u32, update: impl FnOnce(&mut UserRecord)) {
        let world = self.world;
        let record = self.changes.users.entry(user).or_insert_with(|| initial::user(world, user));
        written::update_user(record, update);
    }

    /// Removes a user, and it from its channels.
    pub(crate) fn delete_user(&mut self, user: u32) {
        let (identity, edges) = {
            let view = self.view();
            let order = view.memberships(user);
            let edges: Vec<u32> = (0..order.count()).map(|rank| order.id(rank)).collect();
            (view.identity(user).into_owned(), edges)
        };
        self.changes.absent.extend(edges);
        self.changes.identities.remove(&identity);
        self.changes.deleted_users.insert(user);
    }

    /// Adds a channel; its digits are set here.
    pub(crate) fn create_channel(&mut self, mut record: ChannelRecord) -> u32 {
        let world = self.world;
        let id = world.channels.count() + self.changes.counts.channels;
        record.digits = new_digits(world, CreatedKind::Conversation, self.changes.counts.channels);
        self.changes.counts.channels += 1;
        order::insert(&mut self.changes.created_channels, &initial::channels(world), record.digits, id);
        self.count(CreatedKind::Conversation, || {
            record.unique_name.clone().unwrap_or_else(|| sid::text("CH", record.digits))
        });
        if let Some(name) = &record.unique_name {
            self.changes.unique_names.insert(name.clone(), id);
        }
        self.changes.channels.insert(id, record);
        id
    }

    pub(crate) fn update_channel(&mut self, channel: u32, update: impl FnOnce(&mut ChannelRecord)) {
        let (world, changes) = (self.world, &mut *self.changes);
        let record = changes.channels.entry(channel).or_insert_with(|| initial::channel(world, channel));
        let before = record.unique_name.clone();
        written::update_channel(record, update);
        if before != record.unique_name {
            if let Some(before) = before {
                changes.unique_names.remove(&before);
            }
            if let Some(name) = &record.unique_name {
                changes.unique_names.insert(name.clone(), channel);
            }
        }
    }

    /// Removes a channel with its members.
    pub(crate) fn delete_channel(&mut self, channel: u32) {
        let (name, edges) = {
            let view = self.view();
            let order = view.members(channel);
            let edges: Vec<u32> = (0..order.count()).map(|rank| order.id(rank)).collect();
            (view.channel(channel).unique_name.clone(), edges)
        };
        self.changes.absent.extend(edges);
        if let Some(name) = name {
            self.changes.unique_names.remove(&name);
        }
        self.changes.deleted_channels.insert(channel);
    }

    /// Adds a user to a channel; the record's digits are set here. An invite is used up by that.
    pub(crate) fn create_membership(&mut self, mut record: MembershipRecord) -> u32 {
        let world = self.world;
        let (user, channel) = (record.user, record.channel);
        let edge = world.graph.count() + self.changes.counts.memberships;
        record.digits = new_digits(world, CreatedKind::Participant, self.changes.counts.memberships);
        self.changes.counts.memberships += 1;
        let (pending, channel_digits, who) = {
            let view = self.view();
            let digits = view.channel_digits(channel);
            let address = record.binding.as_ref().and_then(|binding| binding.address.as_deref());
            let who = user.map_or(Cow::Borrowed(address.unwrap_or_default()), |user| view.identity(user));
            let pending = user.and_then(|user| view.membership_of(user, channel));
            (pending, digits, self.changes.created.is_some().then(|| who.into_owned()))
        };
        self.changes.absent.extend(pending);
        if let Some(user) = user {
            let of_user = self.changes.of_user.entry(user).or_default();
            order::insert(of_user, &initial::memberships(world, user), channel_digits, edge);
        }
        let of_channel = self.changes.of_channel.entry(channel).or_default();
        order::insert(of_channel, &initial::members(world, channel), record.digits, edge);
        if let Some(who) = who {
            self.count(CreatedKind::Participant, || format!("{} {who}", sid::text("CH", channel_digits)));
        }
        self.changes.memberships.insert(edge, record);
        edge
    }

    pub(crate) fn update_membership(&mut self, edge: u32, update: impl FnOnce(&mut MembershipRecord)) {
        let world = self.world;
        let stored = self.changes.memberships.get(edge).map(Cow::into_owned);
        let mut record = stored.unwrap_or_else(|| initial::membership(world, edge));
        written::update_membership(&mut record, update);
        self.changes.memberships.insert(edge, record);
    }

    pub(crate) fn delete_membership(&mut self, edge: u32) {
        self.changes.absent.insert(edge);
    }

    /// Adds a message after the channel's last one; its digits and its index are set here, and its position is given back.
    ///
    /// Two equal messages in a row may be meant. One that repeats a message whose answer was lost, without a look at the messages in
    /// between, was created again: it counts at the index of that one.
    pub(crate) fn create_message(&mut self, channel: u32, mut record: MessageRecord, is_lost: bool) -> u32 {
        let (position, channel_digits) = {
            let view = self.view();
            let messages = view.messages(channel);
            record.index = messages.next_index();
            (messages.count(), view.channel_digits(channel))
        };
        record.digits = new_digits(self.world, CreatedKind::Message, self.changes.counts.messages);
        self.changes.counts.messages += 1;
        let created = self.changes.messages.entry(channel).or_default();
        let repeated = created.records.last().filter(|last| created.last_is_unseen && record.repeats(last));
        let index = repeated.map_or(record.index, |last| last.index);
        created.last_is_unseen = is_lost;
        created.places.insert(record.digits, u32::try_from(created.records.len()).unwrap_or(u32::MAX));
        created.records.push(record);
        self.count(CreatedKind::Message, || format!("{} {index}", sid::text("CH", channel_digits)));
        position
    }

    /// Adds a role; its digits are set here.
    pub(crate) fn create_role(&mut self, mut record: RoleRecord) -> u32 {
        let world = self.world;
        let id = FIRST_ROLE + self.changes.counts.roles;
        record.digits = new_digits(world, CreatedKind::Role, self.changes.counts.roles);
        self.changes.counts.roles += 1;
        order::insert(&mut self.changes.created_roles, &initial::roles(world), record.digits, id);
        let kind = if record.of_service { "service" } else { "conversation" };
        self.count(CreatedKind::Role, || format!("{} ({kind})", record.friendly_name));
        self.changes.roles.insert(id, record);
        id
    }

    pub(crate) fn update_role(&mut self, role: u32, update: impl FnOnce(&mut RoleRecord)) {
        let world = self.world;
        let record = self.changes.roles.entry(role).or_insert_with(|| initial::role(world, role));
        written::update_role(record, update);
    }

    pub(crate) fn delete_role(&mut self, role: u32) {
        self.changes.deleted_roles.insert(role);
    }

    pub(crate) fn update_defaults(&mut self, update: impl FnOnce(&mut ServiceDefaults)) {
        let mut defaults = self.view().defaults().into_owned();
        update(&mut defaults);
        self.changes.defaults = Some(defaults);
    }
}
