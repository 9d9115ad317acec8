//! What there is to know of a membership beyond who and where.

use std::borrow::Cow;

use jiff::Timestamp;

use super::graph::MembershipStatus;
use super::order::{GeneratedOrder, MergedOrder};
use super::record::{MembershipRecord, moment};
use super::role_table::{AGENT, CHANNEL_ADMIN, CHANNEL_USER};
use super::sid::{self, SidSpace};
use super::{ServiceWorld, WorldView, names};
use crate::simulator::draws::{DrawPurpose, below, next};

impl ServiceWorld {
    /// The SIDs of a channel's generated members; the rank is the edge's place in its channel.
    fn member_sids(&self, channel: u32) -> SidSpace {
        self.in_channel("MB", channel)
    }

    /// The SIDs of a channel's invites; the rank is the edge's place in its channel.
    pub(crate) fn invite_sids(&self, channel: u32) -> SidSpace {
        self.in_channel("IN", channel)
    }

    fn in_channel(&self, prefix: &'static str, channel: u32) -> SidSpace {
        let edges = self.graph.of_channel(channel);
        SidSpace::new(self.draws, prefix, channel, edges.end - edges.start)
    }

    fn generated_attributes(&self, edge: u32) -> Option<String> {
        let draw = self.draws.draw(DrawPurpose::MemberText, u64::from(edge));
        if draw.is_multiple_of(4) { names::attributes(next(draw)) } else { Some("{}".to_owned()) }
    }

    fn generated_member_role(&self, edge: u32) -> &str {
        let role = match below(next(self.draws.draw(DrawPurpose::MemberText, u64::from(edge))), 20) {
            0 => CHANNEL_ADMIN,
            1 => AGENT,
            _ => CHANNEL_USER,
        };
        &self.role_sids[role]
    }

    /// Created and updated, in Unix seconds, of a generated membership: after the channel.
    pub(crate) fn member_dates(&self, edge: u32, channel: u32) -> (u32, u32) {
        let draw = self.draws.draw(DrawPurpose::MemberDate, u64::from(edge));
        let created = self.channel_dates(channel).0 + below(draw, 2_000_000);
        (created, created + if draw & 1 == 0 { 0 } else { below(next(draw), 2_000_000) })
    }

    /// When the member last read, if it ever did.
    fn first_consumption(&self, edge: u32, channel: u32) -> u32 {
        let draw = next(next(self.draws.draw(DrawPurpose::MemberDate, u64::from(edge))));
        self.member_dates(edge, channel).1 + below(draw, 1_000_000)
    }

    fn generated_last_read(&self, edge: u32, channel: u32) -> Option<u32> {
        let draw = self.draws.draw(DrawPurpose::MembershipHorizon, u64::from(edge));
        let last = self.last_message_index(channel)?;
        match below(draw, 10) {
            _ if self.graph.status(edge) != MembershipStatus::Joined => None,
            0..=3 => None,
            4 => Some(0),
            5 => Some(last),
            _ => Some(below(next(draw), last + 1)),
        }
    }

    fn generated_muted(&self, edge: u32) -> bool {
        below(self.draws.draw(DrawPurpose::MembershipLevel, u64::from(edge)), 10) == 0
    }

    /// What the seed says of a joined membership.
    pub(super) fn generated_membership(&self, edge: u32) -> MembershipRecord {
        let channel = self.graph.channel(edge);
        let (created, updated) = self.member_dates(edge, channel);
        let last_read_index = self.generated_last_read(edge, channel);
        MembershipRecord {
            user: Some(self.graph.user(edge)),
            channel,
            digits: self.member_sids(channel).digits(edge - self.graph.of_channel(channel).start),
            role_sid: Some(self.generated_member_role(edge).to_owned()),
            attributes: self.generated_attributes(edge),
            created: moment(created),
            updated: moment(updated),
            last_read_index,
            last_read: last_read_index.map(|_| moment(self.first_consumption(edge, channel))),
            muted: self.generated_muted(edge),
            binding: None,
        }
    }

    /// One in four has the spelling of descriptions before 2025-10-28.
    fn spells_with_underscore(&self, edge: u32) -> bool {
        next(next(self.draws.draw(DrawPurpose::MembershipStatus, u64::from(edge)))).is_multiple_of(4)
    }

    /// The generated memberships of a channel by member SIDs.
    pub(super) fn members_order(&self, channel: u32) -> GeneratedOrder<'_> {
        if channel < self.channels.count() {
            let first = self.graph.of_channel(channel).start;
            GeneratedOrder::Space { space: self.member_sids(channel), first }
        } else {
            GeneratedOrder::Few(&[])
        }
    }

    /// The generated memberships of a user by channel SIDs.
    pub(super) fn memberships_order(&self, user: u32) -> GeneratedOrder<'_> {
        if user < self.users.count() {
            GeneratedOrder::OfUser {
                edges: self.graph.of_user(user),
                graph: &self.graph,
                channels: self.channels,
            }
        } else {
            GeneratedOrder::Few(&[])
        }
    }

    fn is_generated(&self, edge: u32) -> bool {
        edge < self.graph.count()
    }
}

impl WorldView<'_> {
    /// The memberships of a channel by member SIDs, of every standing, absent ones included.
    pub(crate) fn members(&self, channel: u32) -> MergedOrder<'_> {
        let world = self.world;
        let created = self.changes.of_channel.get(&channel).map_or(&[][..], Vec::as_slice);
        let generated = world.members_order(channel);
        MergedOrder { generated, created }
    }

    /// The memberships of a user by channel SIDs, of every standing, absent ones included.
    pub(crate) fn memberships(&self, user: u32) -> MergedOrder<'_> {
        let world = self.world;
        let created = self.changes.of_user.get(&user).map_or(&[][..], Vec::as_slice);
        let generated = world.memberships_order(user);
        MergedOrder { generated, created }
    }

    /// The membership of a user in a channel, of any standing, if it is there.
    pub(crate) fn membership_of(&self, user: u32, channel: u32) -> Option<u32> {
        let order = self.memberships(user);
        let digits = self.channel_digits(channel);
        let (mut low, mut high) = (0, order.count());
        while low < high {
            let middle = low + (high - low) / 2;
            if order.digits(middle) < digits {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // Several may stand at one channel: those that went, and the one that came after them.
        (low..order.count())
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
            None => Cow::Owned(self.world.generated_membership(edge)),
        }
    }

    pub(crate) fn status(&self, edge: u32) -> MembershipStatus {
        if self.world.is_generated(edge) { self.world.graph.status(edge) } else { MembershipStatus::Joined }
    }

    /// None of a participant of another network.
    pub(crate) fn user_of(&self, edge: u32) -> Option<u32> {
        if self.world.is_generated(edge) {
            Some(self.world.graph.user(edge))
        } else {
            self.changes.memberships.get(&edge).and_then(|record| record.user)
        }
    }

    pub(crate) fn channel_of(&self, edge: u32) -> u32 {
        if self.world.is_generated(edge) {
            self.world.graph.channel(edge)
        } else {
            self.changes.memberships.get(&edge).map_or(0, |record| record.channel)
        }
    }

    /// The digits of the member's SID.
    pub(crate) fn member_digits(&self, edge: u32, channel: u32) -> u128 {
        if self.world.is_generated(edge) {
            let place = edge - self.world.graph.of_channel(channel).start;
            self.world.member_sids(channel).digits(place)
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
            MembershipStatus::NotParticipating if self.world.spells_with_underscore(edge) => {
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
        self.world.generated_last_read(edge, channel).filter(|_| self.present(edge))
    }

    pub(crate) fn last_read(&self, edge: u32, channel: u32) -> Option<Timestamp> {
        match self.changes.memberships.get(&edge) {
            Some(record) => record.last_read,
            None => self
                .last_read_index(edge, channel)
                .map(|_| moment(self.world.first_consumption(edge, channel))),
        }
    }

    /// Messages after the last one read; null until one was.
    pub(crate) fn unread(&self, edge: u32, channel: u32) -> Option<u32> {
        let read = self.last_read_index(edge, channel)?;
        let total = self.world.messages_count(channel);
        Some(total.saturating_sub(super::messages::count_through(read)))
    }

    /// `default` or `muted`.
    pub(crate) fn notification_level(&self, edge: u32) -> &'static str {
        let muted = match self.changes.memberships.get(&edge) {
            Some(record) => record.muted,
            None => self.world.generated_muted(edge),
        };
        if muted { "muted" } else { "default" }
    }
}
