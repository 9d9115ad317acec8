//! What there is to know of a channel.

use std::borrow::Cow;

use super::graph::MembershipStatus;
use super::order::{GeneratedOrder, MergedOrder};
use super::record::{ChannelRecord, MembershipRecord, Timers, moment};
use super::{ServiceWorld, WorldView, names};
use crate::simulator::draws::{DrawPurpose, below, next};

/// When the first channel came (2019-03-01), in Unix seconds.
const FIRST: u32 = 1_551_398_400;
/// How long channels kept coming: five years.
const SPAN: u32 = 157_000_000;

impl ServiceWorld {
    fn channel_draw(&self, channel: u32) -> u64 {
        self.draws.draw(DrawPurpose::ChannelText, u64::from(channel))
    }

    fn generated_unique_name(&self, channel: u32) -> Option<String> {
        names::unique_name(next(self.channel_draw(channel) ^ 1), channel)
    }

    fn generated_private(&self, channel: u32) -> bool {
        below(self.draws.draw(DrawPurpose::ChannelShape, u64::from(channel)), 5) < 3
    }

    /// The identity of the creator, or `system` for the API.
    fn generated_creator(&self, channel: u32) -> String {
        let draw = next(self.draws.draw(DrawPurpose::ChannelShape, u64::from(channel)));
        if draw & 1 == 0 || self.users.count() == 0 {
            "system".to_owned()
        } else {
            self.identity(below(next(draw), self.users.count()))
        }
    }

    /// Created and updated, in Unix seconds, of a generated channel.
    pub(crate) fn channel_dates(&self, channel: u32) -> (u32, u32) {
        let draw = self.draws.draw(DrawPurpose::ChannelDate, u64::from(channel));
        let created = FIRST + below(draw, SPAN);
        (created, created + if draw & 1 == 0 { 0 } else { below(next(draw), 3_000_000) })
    }

    /// The generated channels in SID order.
    pub(super) fn channel_order(&self) -> GeneratedOrder<'_> {
        GeneratedOrder::Space { space: self.channels, first: 0 }
    }

    /// What the seed says of a channel.
    pub(super) fn generated_channel(&self, channel: u32) -> ChannelRecord {
        let draw = self.channel_draw(channel);
        let (created, updated) = self.channel_dates(channel);
        ChannelRecord {
            digits: self.channels.digits(channel),
            friendly_name: names::channel(draw, channel),
            unique_name: self.generated_unique_name(channel),
            attributes: names::attributes(next(draw ^ 2)),
            private: self.generated_private(channel),
            state: "active",
            timers: Timers::default(),
            messaging_service_sid: None,
            email: None,
            created_by: Some(self.generated_creator(channel)),
            created: moment(created),
            updated: moment(updated),
        }
    }
}

impl WorldView<'_> {
    /// All channels in SID order, deleted ones included.
    pub(crate) fn channels(&self) -> MergedOrder<'_> {
        MergedOrder { generated: self.world.channel_order(), created: &self.changes.created_channels }
    }

    pub(crate) fn channel(&self, channel: u32) -> Cow<'_, ChannelRecord> {
        match self.changes.channels.get(&channel) {
            Some(record) => Cow::Borrowed(record),
            None => Cow::Owned(self.world.generated_channel(channel)),
        }
    }

    pub(crate) fn channel_digits(&self, channel: u32) -> u128 {
        match self.changes.channels.get(&channel) {
            Some(record) => record.digits,
            None => self.world.channels.digits(channel),
        }
    }

    pub(crate) fn is_private(&self, channel: u32) -> bool {
        match self.changes.channels.get(&channel) {
            Some(record) => record.private,
            None => self.world.generated_private(channel),
        }
    }

    /// Whether the channel was not deleted.
    pub(crate) fn channel_exists(&self, channel: u32) -> bool {
        !self.changes.deleted_channels.contains(&channel)
    }

    /// The channel with this SID or unique name; not one that vanished or was deleted.
    pub(crate) fn find_channel(&self, text: &str) -> Option<u32> {
        let exists = |channel: &u32| {
            self.channel_exists(*channel) && !self.world.selected.vanished_channels.contains(channel)
        };
        self.channel_with_sid(text).or_else(|| self.channel_named(text)).filter(exists)
    }

    fn channel_with_sid(&self, text: &str) -> Option<u32> {
        let digits = super::sid::digits("CH", text)?;
        let created = &self.changes.created_channels;
        let among_created = || {
            let at = created.binary_search_by_key(&digits, |place| place.digits).ok()?;
            Some(created[at].id)
        };
        self.world.channels.rank(digits).or_else(among_created)
    }

    /// The channel that has this unique name now.
    pub(crate) fn channel_named(&self, text: &str) -> Option<u32> {
        let generated = || {
            names::ranks_in(text).find(|channel| {
                *channel < self.world.channels.count()
                    && self.channel_exists(*channel)
                    && self.channel(*channel).unique_name.as_deref() == Some(text)
            })
        };
        self.changes.unique_names.get(text).copied().or_else(generated)
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

    /// The participants of other networks.
    pub(crate) fn bound_participants(&self, channel: u32) -> impl Iterator<Item = Cow<'_, MembershipRecord>> {
        let created = self.changes.of_channel.get(&channel).map_or(&[][..], Vec::as_slice);
        let joined = created.iter().map(|place| place.id).filter(|edge| self.joined(*edge));
        joined.map(|edge| self.membership(edge)).filter(|record| record.user.is_none())
    }
}
