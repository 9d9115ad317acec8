//! The memberships that a service has at one moment, by their edges.

use std::borrow::Cow;

use crate::simulator::data::as_sent::AsSent;
use crate::simulator::data::graph::MembershipStatus;
use crate::simulator::data::order::{MergedOrder, first_rank};
use crate::simulator::data::record::{MembershipRecord, ReadMark, UserSide};
use crate::simulator::data::{WorldView, initial, sid};

impl WorldView<'_> {
    /// Whether the membership is there.
    pub(crate) fn present(&self, edge: u32) -> bool {
        self.changes.absent.is_empty() || !self.changes.absent.contains(&edge)
    }

    /// Whether the membership is there and joined.
    pub(crate) fn joined(&self, edge: u32) -> bool {
        self.status(edge) == MembershipStatus::Joined && self.present(edge)
    }

    /// The memberships of a channel by member SIDs, of every standing, absent ones included.
    pub(crate) fn members(&self, channel: u32) -> MergedOrder<'_> {
        let world = self.world;
        let created = self.changes.of_channel.get(&channel).map_or(&[][..], Vec::as_slice);
        let generated = initial::members(world, channel);
        MergedOrder { generated, created }
    }

    /// The memberships of a user by channel SIDs, of every standing, absent ones included.
    pub(crate) fn memberships(&self, user: u32) -> MergedOrder<'_> {
        let world = self.world;
        let created = self.changes.of_user.get(&user).map_or(&[][..], Vec::as_slice);
        let generated = initial::memberships(world, user);
        MergedOrder { generated, created }
    }

    /// The membership of a user in a channel, of any standing, if it is there.
    pub(crate) fn membership_of(&self, user: u32, channel: u32) -> Option<u32> {
        self.memberships_at(user, channel).into_iter().find(|edge| self.present(*edge))
    }

    /// Whether a user has neither joined nor left a channel since the start.
    pub(crate) fn is_as_at_first(&self, user: u32, channel: u32) -> bool {
        let is_old = |edge: &u32| initial::has_edge(self.world, *edge) && self.present(*edge);
        self.memberships_at(user, channel).iter().all(is_old)
    }

    /// All that a user ever had in a channel: what went, and what came after it.
    fn memberships_at(&self, user: u32, channel: u32) -> Vec<u32> {
        let order = self.memberships(user);
        let digits = self.channel_digits(channel);
        let first = first_rank(order.count(), |rank| order.digits(rank) < digits);
        let here = (first..order.count()).take_while(|rank| order.digits(*rank) == digits);
        here.map(|rank| order.id(rank)).collect()
    }

    /// The joined membership that a member SID or identity names in a channel.
    pub(crate) fn find_member(&self, channel: u32, text: &str) -> Option<u32> {
        let by_sid = || {
            let digits = sid::digits("MB", text)?;
            let order = self.members(channel);
            let rank = (0..order.count()).find(|rank| order.digits(*rank) == digits)?;
            Some(order.id(rank))
        };
        let by_identity = || self.membership_of(self.find_user(text)?, channel);
        by_sid().or_else(by_identity).filter(|edge| self.joined(*edge))
    }

    /// The identity of a membership's user; none of a participant of another network.
    pub(crate) fn identity_of(&self, edge: u32) -> Option<Cow<'_, str>> {
        match self.user_of(edge) {
            Some(user) => Some(self.identity(user)),
            None => self.membership(edge).read.as_ref()?.identity.clone().map(Cow::Owned),
        }
    }

    /// Whether Chat shows it as a member.
    pub(crate) fn is_member(&self, edge: u32) -> bool {
        self.is_participant(edge)
            && (self.user_of(edge).is_some()
                || (initial::has_edge(self.world, edge) && initial::is_in_chat(self.world, edge)))
    }

    /// Whether the list of its channel has it.
    pub(crate) fn is_participant(&self, edge: u32) -> bool {
        self.joined(edge) && initial::is_in_channels_list(self.world, edge)
    }

    /// Whether the list of its user has it.
    pub(crate) fn is_listed_of_user(&self, edge: u32) -> bool {
        self.present(edge) && initial::is_in_users_list(self.world, edge)
    }

    /// A joined membership as the list of its channel has it.
    pub(crate) fn membership(&self, edge: u32) -> Cow<'_, MembershipRecord> {
        let stored = self.changes.memberships.get(edge);
        stored.unwrap_or_else(|| Cow::Owned(initial::member(self.world, edge)))
    }

    pub(crate) fn status(&self, edge: u32) -> MembershipStatus {
        if initial::has_edge(self.world, edge) {
            self.world.graph.status(edge)
        } else {
            MembershipStatus::Joined
        }
    }

    /// None of a participant of another network.
    pub(crate) fn user_of(&self, edge: u32) -> Option<u32> {
        if initial::has_edge(self.world, edge) {
            self.world.graph.user(edge)
        } else {
            self.changes.memberships.user(edge)
        }
    }

    pub(crate) fn channel_of(&self, edge: u32) -> u32 {
        if initial::has_edge(self.world, edge) {
            self.world.graph.channel(edge)
        } else {
            self.changes.memberships.channel(edge).unwrap_or_default()
        }
    }

    /// The digits of the member's SID.
    pub(crate) fn member_digits(&self, edge: u32, channel: u32) -> u128 {
        self.changes.memberships.digits(edge).unwrap_or_else(|| {
            initial::users_side(self.world, edge, channel, true).member.unwrap_or_default()
        })
    }

    /// A membership as the list of its user has it.
    pub(crate) fn users_side(&self, edge: u32, channel: u32) -> UserSide {
        let Some(record) = self.changes.memberships.get(edge) else {
            let mut side = initial::users_side(self.world, edge, channel, self.present(edge));
            side.reading = self.with_added(channel, side.reading);
            return side;
        };
        let read = record.read.as_ref();
        UserSide {
            status: "joined",
            member: Some(record.digits),
            reading: read
                .and_then(|read| read.reading)
                .map_or_else(|| self.reading(&record), |reading| self.with_added(channel, reading)),
            muted: record.muted,
            sent: read.map_or_else(AsSent::default, |read| read.as_user_channel.clone()),
        }
    }

    /// How far a membership that was written to has read.
    fn reading(&self, record: &MembershipRecord) -> ReadMark {
        let index = record.last_read_index;
        let after = |index| {
            let messages = self.messages(record.channel);
            (messages.counted() - messages.through(index)).max(0)
        };
        ReadMark { index, unread: index.map(after) }
    }

    /// How far someone has read who has not read what was created since.
    fn with_added(&self, channel: u32, reading: ReadMark) -> ReadMark {
        let added = self.changes.messages.get(&channel).map_or(0, |created| created.records.len());
        let added = i64::try_from(added).unwrap_or(i64::MAX);
        ReadMark { unread: reading.unread.map(|unread| unread.saturating_add(added)), ..reading }
    }

    /// How many members the channel has. Of a vanished channel, how many it had when it was listed.
    pub(crate) fn members_count(&self, channel: u32) -> usize {
        if self.world.selected.vanished_channels.contains(&channel) {
            let graph = &self.world.graph;
            return graph
                .of_channel(channel)
                .filter(|edge| graph.status(*edge) == MembershipStatus::Joined)
                .count();
        }
        // By edges, not by the list: its order may have to be read.
        let graph = &self.world.graph;
        let is_old = channel < self.world.channels.count();
        let first = if is_old { graph.of_channel(channel) } else { 0..0 };
        let created = self.changes.of_channel.get(&channel).map_or(&[][..], Vec::as_slice);
        let now = first.clone().chain(created.iter().map(|place| place.id));
        let now = now.filter(|edge| self.is_member(*edge)).count();
        let Some(stated) = initial::stated_members(self.world, channel) else { return now };
        let is_at_first = |edge: &u32| {
            self.status(*edge) == MembershipStatus::Joined
                && initial::is_in_channels_list(self.world, *edge)
                && initial::is_in_chat(self.world, *edge)
        };
        since(stated, first.filter(is_at_first).count(), now)
    }

    /// How many channels the user has joined. Of a vanished user, how many it had when it was listed.
    pub(crate) fn joined_channels_count(&self, user: u32) -> usize {
        if self.world.selected.vanished_users.contains(&user) {
            let graph = &self.world.graph;
            return graph
                .of_user(user)
                .iter()
                .filter(|edge| graph.status(**edge) == MembershipStatus::Joined)
                .count();
        }
        let order = self.memberships(user);
        let now = (0..order.count()).filter(|rank| self.joined(order.id(*rank))).count();
        let Some(stated) = initial::stated_channels(self.world, user) else { return now };
        let graph = &self.world.graph;
        let of_user = graph.of_user(user).iter();
        let first = of_user.filter(|edge| graph.status(**edge) == MembershipStatus::Joined).count();
        since(stated, first, now)
    }

    /// The participants of other networks.
    pub(crate) fn bound_participants(&self, channel: u32) -> impl Iterator<Item = Cow<'_, MembershipRecord>> {
        self.participants_with_bindings(channel).filter(|record| record.user.is_none())
    }

    /// The participants that can be reached through another network, or in a group MMS.
    pub(crate) fn participants_with_bindings(
        &self,
        channel: u32,
    ) -> impl Iterator<Item = Cow<'_, MembershipRecord>> {
        let order = self.members(channel);
        let all = (0..order.count()).map(move |rank| order.id(rank));
        let some = all.filter(|edge| self.joined(*edge) && self.may_be_bound(*edge));
        some.map(|edge| self.membership(edge)).filter(|record| record.binding.is_some())
    }

    /// Whether it is worth a look: hardly anyone has a binding.
    fn may_be_bound(&self, edge: u32) -> bool {
        self.changes.memberships.others().contains_key(&edge)
            || (initial::has_edge(self.world, edge) && initial::is_bound(self.world, edge))
    }
}

/// What was stated at first, with what came and went since.
fn since(stated: i64, first: usize, now: usize) -> usize {
    let stated = usize::try_from(stated).unwrap_or_default();
    (stated + now).saturating_sub(first)
}
