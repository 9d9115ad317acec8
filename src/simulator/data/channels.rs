//! What there is to know of a channel.

use super::graph::Standing;
use super::hash::{Purpose, below, next};
use super::{View, World, names};

/// When the first channel came (2019-03-01), in Unix seconds.
const FIRST: u32 = 1_551_398_400;
/// How long channels kept coming: five years.
const SPAN: u32 = 157_000_000;

impl World {
    fn channel_draw(&self, channel: u32) -> u64 {
        self.draws.draw(Purpose::ChannelText, u64::from(channel))
    }

    pub(crate) fn channel_friendly_name(&self, channel: u32) -> Option<String> {
        names::channel(self.channel_draw(channel), channel)
    }

    pub(crate) fn channel_unique_name(&self, channel: u32) -> Option<String> {
        names::unique_name(next(self.channel_draw(channel) ^ 1), channel)
    }

    pub(crate) fn channel_attributes(&self, channel: u32) -> Option<String> {
        names::attributes(next(self.channel_draw(channel) ^ 2))
    }

    pub(crate) fn is_private(&self, channel: u32) -> bool {
        below(self.draws.draw(Purpose::ChannelShape, u64::from(channel)), 5) < 3
    }

    /// The identity of the creator, or `system` for the API.
    pub(crate) fn channel_created_by(&self, channel: u32) -> String {
        let draw = next(self.draws.draw(Purpose::ChannelShape, u64::from(channel)));
        if draw & 1 == 0 || self.users.count() == 0 {
            "system".to_owned()
        } else {
            self.identity(below(next(draw), self.users.count()))
        }
    }

    /// Created and updated, in Unix seconds.
    pub(crate) fn channel_dates(&self, channel: u32) -> (u32, u32) {
        let draw = self.draws.draw(Purpose::ChannelDate, u64::from(channel));
        let created = FIRST + below(draw, SPAN);
        (created, created + if draw & 1 == 0 { 0 } else { below(next(draw), 3_000_000) })
    }

    /// The channel with this SID or unique name.
    pub(crate) fn find_channel(&self, text: &str) -> Option<u32> {
        self.channels.find(text).or_else(|| {
            names::ranks_in(text).find(|channel| {
                *channel < self.channels.count()
                    && self.channel_unique_name(*channel).as_deref() == Some(text)
            })
        })
    }
}

impl View<'_> {
    /// How many members the channel has. Of a vanished channel, how many it had when it was listed.
    pub(crate) fn members_count(&self, channel: u32) -> usize {
        let graph = &self.world.graph;
        let edges = graph.of_channel(channel);
        if self.world.selected.vanished_channels.contains(&channel) {
            edges.filter(|edge| graph.standing(*edge) == Standing::Joined).count()
        } else {
            edges.filter(|edge| self.joined(*edge)).count()
        }
    }
}
