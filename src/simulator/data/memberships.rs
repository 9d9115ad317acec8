//! What there is to know of a membership beyond who and where.

use super::graph::Standing;
use super::hash::{Purpose, below, next};
use super::roles::{AGENT, CHANNEL_ADMIN, CHANNEL_USER};
use super::sid::SidSpace;
use super::{View, World, names};

impl World {
    /// The SIDs of a channel's members; the rank is the edge's place in its channel.
    pub(crate) fn members(&self, channel: u32) -> SidSpace {
        self.in_channel("MB", channel)
    }

    /// The SIDs of a channel's invites; the rank is the edge's place in its channel.
    pub(crate) fn invites(&self, channel: u32) -> SidSpace {
        self.in_channel("IN", channel)
    }

    fn in_channel(&self, prefix: &'static str, channel: u32) -> SidSpace {
        let edges = self.graph.of_channel(channel);
        SidSpace::new(self.draws, prefix, channel, edges.end - edges.start)
    }

    pub(crate) fn member_attributes(&self, edge: u32) -> Option<String> {
        let draw = self.draws.draw(Purpose::MemberText, u64::from(edge));
        if draw.is_multiple_of(4) { names::attributes(next(draw)) } else { Some("{}".to_owned()) }
    }

    pub(crate) fn member_role(&self, edge: u32) -> &str {
        let role = match below(next(self.draws.draw(Purpose::MemberText, u64::from(edge))), 20) {
            0 => CHANNEL_ADMIN,
            1 => AGENT,
            _ => CHANNEL_USER,
        };
        &self.role_sids[role]
    }

    /// Created and updated, in Unix seconds: after the channel.
    pub(crate) fn member_dates(&self, edge: u32, channel: u32) -> (u32, u32) {
        let draw = self.draws.draw(Purpose::MemberDate, u64::from(edge));
        let created = self.channel_dates(channel).0 + below(draw, 2_000_000);
        (created, created + if draw & 1 == 0 { 0 } else { below(next(draw), 2_000_000) })
    }

    /// When the member last read, if it ever did.
    pub(crate) fn first_consumption(&self, edge: u32, channel: u32) -> u32 {
        let draw = next(next(self.draws.draw(Purpose::MemberDate, u64::from(edge))));
        self.member_dates(edge, channel).1 + below(draw, 1_000_000)
    }

    /// Of the two spellings of "not participating" that are documented, this row's.
    pub(crate) fn status(&self, edge: u32) -> &'static str {
        match self.graph.standing(edge) {
            Standing::Joined => "joined",
            Standing::Invited => "invited",
            Standing::Unknown => "archived",
            Standing::NotParticipating => {
                if self.spells_with_underscore(edge) {
                    "not_participating"
                } else {
                    "notParticipating"
                }
            }
        }
    }

    /// One in four has the spelling of descriptions before 2025-10-28.
    fn spells_with_underscore(&self, edge: u32) -> bool {
        next(next(self.draws.draw(Purpose::MembershipStatus, u64::from(edge)))).is_multiple_of(4)
    }
}

impl View<'_> {
    /// The index of the last message read; null until one was.
    pub(crate) fn last_consumed(&self, edge: u32, channel: u32) -> Option<u32> {
        if let Some(index) =
            self.changes.updates.get(&edge).and_then(|update| update.last_consumed_message_index)
        {
            return Some(index);
        }
        let draw = self.world.draws.draw(Purpose::MembershipHorizon, u64::from(edge));
        let last = self.world.last_message_index(channel)?;
        match below(draw, 10) {
            _ if !self.joined(edge) => None,
            0..=3 => None,
            4 => Some(0),
            5 => Some(last),
            _ => Some(below(next(draw), last + 1)),
        }
    }

    /// Messages after the last one read; null until one was.
    pub(crate) fn unread(&self, edge: u32, channel: u32) -> Option<u32> {
        let consumed = self.last_consumed(edge, channel)?;
        let total = self.world.messages_count(channel);
        Some(total.saturating_sub(super::messages::count_through(consumed)))
    }

    /// `default` or `muted`, or what was written.
    pub(crate) fn notification_level(&self, edge: u32) -> &str {
        if let Some(level) =
            self.changes.updates.get(&edge).and_then(|update| update.notification_level.as_ref())
        {
            return level;
        }
        let draw = self.world.draws.draw(Purpose::MembershipLevel, u64::from(edge));
        if below(draw, 10) == 0 { "muted" } else { "default" }
    }
}
