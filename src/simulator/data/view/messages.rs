//! The messages that a channel has at one moment: those of the seed, and after them those that were created.

use std::borrow::Cow;

use crate::simulator::data::WorldView;
use crate::simulator::data::changes::CreatedMessages;
use crate::simulator::data::messages::{self, ChannelMessages, MessageOrder};
use crate::simulator::data::record::MessageRecord;

impl WorldView<'_> {
    fn created_messages(&self, channel: u32) -> Option<&CreatedMessages> {
        self.changes.messages.get(&channel)
    }

    /// The order of their list.
    pub(crate) fn messages(&self, channel: u32) -> MessageOrder<'_> {
        MessageOrder {
            generated: ChannelMessages::of(self.world, channel).sids(),
            created: self.created_messages(channel),
        }
    }

    pub(crate) fn messages_count(&self, channel: u32) -> u32 {
        self.messages(channel).count()
    }

    /// The message at a position.
    pub(crate) fn message(&self, channel: u32, position: u32) -> Cow<'_, MessageRecord> {
        let generated = ChannelMessages::of(self.world, channel);
        let created = position.checked_sub(generated.count()).and_then(|place| {
            self.created_messages(channel).and_then(|created| created.records.get(place as usize))
        });
        created.map_or_else(|| Cow::Owned(generated.record(position)), Cow::Borrowed)
    }

    pub(crate) fn last_message_index(&self, channel: u32) -> Option<u32> {
        let created = self.created_messages(channel).and_then(|created| created.records.last());
        created.map(|last| last.index).or_else(|| ChannelMessages::of(self.world, channel).last_index())
    }

    /// How many messages have an index up to this one.
    pub(crate) fn messages_through(&self, channel: u32, index: u32) -> u32 {
        let generated = messages::count_through(index).min(ChannelMessages::of(self.world, channel).count());
        let created = self.created_messages(channel).map_or(0, |created| {
            let through = created.records.partition_point(|record| record.index <= index);
            u32::try_from(through).unwrap_or(u32::MAX)
        });
        generated + created
    }
}
