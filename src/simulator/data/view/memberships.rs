//! The memberships that a service has at one moment, by their edges.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::simulator::data::graph::MembershipStatus;
use crate::simulator::data::order::{MergedOrder, first_rank};
use crate::simulator::data::record::{MembershipRecord, moment};
use crate::simulator::data::{WorldView, memberships, sid};

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
        let generated = memberships::order_in_channel(world, channel);
        MergedOrder { generated, created }
    }

    /// The memberships of a user by channel SIDs, of every standing, absent ones included.
    pub(crate) fn memberships(&self, user: u32) -> MergedOrder<'_> {
        let world = self.world;
        let created = self.changes.of_user.get(&user).map_or(&[][..], Vec::as_slice);
        let generated = memberships::order_of_user(world, user);
        MergedOrder { generated, created }
    }

    /// The membership of a user in a channel, of any standing, if it is there.
    pub(crate) fn membership_of(&self, user: u32, channel: u32) -> Option<u32> {
        let order = self.memberships(user);
        let digits = self.channel_digits(channel);
        let first = first_rank(order.count(), |rank| order.digits(rank) < digits);
        // Several may stand at one channel: those that went, and the one that came after them.
        (first..order.count())
            .take_while(|rank| order.digits(*rank) == digits)
            .map(|rank| order.id(rank))
            .find(|edge| self.present(*edge))
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
        self.user_of(edge).map(|user| self.identity(user))
    }

    /// Whether Chat shows it as a member.
    pub(crate) fn is_member(&self, edge: u32) -> bool {
        self.joined(edge) && self.user_of(edge).is_some()
    }

    /// All there is to know of a joined membership.
    pub(crate) fn membership(&self, edge: u32) -> Cow<'_, MembershipRecord> {
        match self.changes.memberships.get(&edge) {
            Some(record) => Cow::Borrowed(record),
            None => Cow::Owned(memberships::generated(self.world, edge)),
        }
    }

    pub(crate) fn status(&self, edge: u32) -> MembershipStatus {
        if memberships::is_generated(self.world, edge) {
            self.world.graph.status(edge)
        } else {
            MembershipStatus::Joined
        }
    }

    /// None of a participant of another network.
    pub(crate) fn user_of(&self, edge: u32) -> Option<u32> {
        if memberships::is_generated(self.world, edge) {
            Some(self.world.graph.user(edge))
        } else {
            self.changes.memberships.get(&edge).and_then(|record| record.user)
        }
    }

    pub(crate) fn channel_of(&self, edge: u32) -> u32 {
        if memberships::is_generated(self.world, edge) {
            self.world.graph.channel(edge)
        } else {
            self.changes.memberships.get(&edge).map_or(0, |record| record.channel)
        }
    }

    /// The digits of the member's SID.
    pub(crate) fn member_digits(&self, edge: u32, channel: u32) -> u128 {
        if memberships::is_generated(self.world, edge) {
            let place = edge - self.world.graph.of_channel(channel).start;
            memberships::member_sids(self.world, channel).digits(place)
        } else {
            self.changes.memberships.get(&edge).map_or(0, |record| record.digits)
        }
    }

    /// Of the two spellings of "not participating" that are documented, this row's.
    pub(crate) fn status_text(&self, edge: u32) -> &'static str {
        match self.status(edge) {
            MembershipStatus::Joined => "joined",
            MembershipStatus::Invited => "invited",
            MembershipStatus::Unknown => "archived",
            MembershipStatus::NotParticipating if memberships::spells_with_underscore(self.world, edge) => {
                "not_participating"
            }
            MembershipStatus::NotParticipating => "notParticipating",
        }
    }

    /// The index of the last message read; null until one was.
    pub(crate) fn last_read_index(&self, edge: u32, channel: u32) -> Option<u32> {
        if let Some(record) = self.changes.memberships.get(&edge) {
            return record.last_read_index;
        }
        memberships::last_read_index(self.world, edge, channel).filter(|_| self.present(edge))
    }

    pub(crate) fn last_read(&self, edge: u32, channel: u32) -> Option<Timestamp> {
        match self.changes.memberships.get(&edge) {
            Some(record) => record.last_read,
            None => self
                .last_read_index(edge, channel)
                .map(|_| moment(memberships::last_read(self.world, edge, channel))),
        }
    }

    /// Messages after the last one read; null until one was.
    pub(crate) fn unread(&self, edge: u32, channel: u32) -> Option<u32> {
        let read = self.last_read_index(edge, channel)?;
        let messages = self.messages(channel);
        Some(messages.count().saturating_sub(messages.count_through(read)))
    }

    /// `default` or `muted`.
    pub(crate) fn notification_level(&self, edge: u32) -> &'static str {
        let muted = match self.changes.memberships.get(&edge) {
            Some(record) => record.muted,
            None => memberships::is_muted(self.world, edge),
        };
        if muted { "muted" } else { "default" }
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
        let order = self.members(channel);
        (0..order.count()).filter(|rank| self.is_member(order.id(*rank))).count()
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
        (0..order.count()).filter(|rank| self.joined(order.id(*rank))).count()
    }

    /// The participants of other networks.
    pub(crate) fn bound_participants(&self, channel: u32) -> impl Iterator<Item = Cow<'_, MembershipRecord>> {
        let created = self.changes.of_channel.get(&channel).map_or(&[][..], Vec::as_slice);
        let joined = created.iter().map(|place| place.id).filter(|edge| self.joined(*edge));
        joined.map(|edge| self.membership(edge)).filter(|record| record.user.is_none())
    }
}
