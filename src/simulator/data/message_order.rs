//! The messages of a channel at one moment: those that it had at first, and after them those that were created, numbered without gaps.

use super::ServiceWorld;
use super::changes::CreatedMessages;
use super::initial::{self, MessageSids};
use super::record::MessageRecord;

/// The messages of a channel, by index.
#[derive(Debug)]
pub(crate) struct MessageOrder<'a> {
    world: &'a ServiceWorld,
    channel: u32,
    at_first: MessageSids,
    created: Option<&'a CreatedMessages>,
}

impl<'a> MessageOrder<'a> {
    pub(super) fn new(world: &'a ServiceWorld, channel: u32, created: Option<&'a CreatedMessages>) -> Self {
        Self { world, channel, at_first: initial::message_sids(world, channel), created }
    }

    fn created(&self) -> &'a [MessageRecord] {
        self.created.map_or(&[], |created| &created.records)
    }

    /// The created message at a position.
    fn created_at(&self, position: u32) -> Option<&'a MessageRecord> {
        let place = position.checked_sub(self.at_first.count())?;
        self.created().get(place as usize)
    }

    pub(crate) fn count(&self) -> u32 {
        self.at_first.count() + u32::try_from(self.created().len()).unwrap_or(0)
    }

    /// The message at a position.
    pub(crate) fn record(&self, position: u32) -> MessageRecord {
        let created = self.created_at(position).cloned();
        created.unwrap_or_else(|| initial::message(self.world, self.channel, position))
    }

    /// The digits of the SID of the message at a position.
    pub(crate) fn digits(&self, position: u32) -> u128 {
        self.created_at(position).map_or_else(|| self.at_first.digits(position), |record| record.digits)
    }

    /// The position of the message whose SID has these digits.
    pub(crate) fn position(&self, digits: u128) -> Option<u32> {
        let among_created = || {
            let place = self.created?.places.get(&digits)?;
            Some(self.at_first.count() + place)
        };
        self.at_first.rank(digits).or_else(among_created)
    }

    /// The index that the next message gets.
    pub(super) fn next_index(&self) -> i64 {
        self.count().checked_sub(1).map_or(0, |last| self.record(last).index.saturating_add(1))
    }

    /// How many the API counts: also those that a snapshot counts and does not have.
    pub(crate) fn counted(&self) -> i64 {
        initial::message_count(self.world, self.channel).saturating_add(length(self.created()))
    }

    /// How many have an index up to this one.
    pub(crate) fn through(&self, index: i64) -> i64 {
        let at_first = initial::messages_through(self.world, self.channel, index);
        let created = self.created().partition_point(|record| record.index <= index);
        let counted = initial::message_count(self.world, self.channel);
        at_first.min(counted).saturating_add(length(self.created().get(..created).unwrap_or_default()))
    }

    /// The digits of the last one, where it is known.
    pub(crate) fn last(&self) -> Option<u128> {
        let created = self.created().last().map(|last| last.digits);
        created.or_else(|| initial::last_message(self.world, self.channel))
    }
}

fn length(records: &[MessageRecord]) -> i64 {
    i64::try_from(records.len()).unwrap_or(i64::MAX)
}
