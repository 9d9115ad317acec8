//! A channel's messages. Their indices skip every eighth number, as the documentation warns that indices may.

use super::hash::{Purpose, below, next};
use super::sid::SidSpace;
use super::{World, names};

/// The index of the message at a position.
pub(crate) fn index(position: u32) -> u32 {
    position + position / 7
}

/// How many messages have an index up to this one.
pub(crate) fn count_through(index: u32) -> u32 {
    (index / 8).saturating_mul(7).saturating_add((index % 8 + 1).min(7))
}

impl World {
    /// Few channels are busy: none, some, or up to 240 messages. A channel that was created has none.
    pub(crate) fn messages_count(&self, channel: u32) -> u32 {
        if channel >= self.channels.count() {
            return 0;
        }
        let draw = self.draws.draw(Purpose::Messages, u64::from(channel));
        match below(draw, 10) {
            0 | 1 => 0,
            2 => 1,
            3 => below(next(draw), 240),
            _ => 1 + below(next(draw), 30),
        }
    }

    pub(crate) fn last_message_index(&self, channel: u32) -> Option<u32> {
        self.messages_count(channel).checked_sub(1).map(index)
    }

    /// The SIDs of a channel's messages; the rank is the position.
    pub(crate) fn message_sids(&self, channel: u32) -> SidSpace {
        SidSpace::new(self.draws, "IM", channel, self.messages_count(channel)).scrambled()
    }

    fn message_draw(&self, channel: u32, position: u32) -> u64 {
        self.draws.draw2(Purpose::MessageText, u64::from(channel), u64::from(position))
    }

    /// Its author: a user, whether still a member or not, or `system`.
    pub(crate) fn message_from(&self, channel: u32, position: u32) -> String {
        let draw = self.message_draw(channel, position);
        if below(draw, 12) == 0 || self.users.count() == 0 {
            "system".to_owned()
        } else {
            self.identity(below(next(draw), self.users.count()))
        }
    }

    /// Its text; null for most media messages.
    pub(crate) fn message_body(&self, channel: u32, position: u32) -> Option<String> {
        let draw = self.message_draw(channel, position);
        (!self.message_is_media(channel, position) || draw & 2 == 0).then(|| names::body(next(draw)))
    }

    pub(crate) fn message_is_media(&self, channel: u32, position: u32) -> bool {
        below(next(self.message_draw(channel, position) ^ 3), 15) == 0
    }

    pub(crate) fn message_was_edited(&self, channel: u32, position: u32) -> bool {
        below(next(self.message_draw(channel, position) ^ 4), 20) == 0
    }

    /// In Unix seconds; later messages are later.
    pub(crate) fn message_date(&self, channel: u32, position: u32) -> u32 {
        self.channel_dates(channel).0 + 600 * position + below(self.message_draw(channel, position), 500)
    }

    /// Size in bytes of the media of a media message.
    pub(crate) fn message_media_size(&self, channel: u32, position: u32) -> u32 {
        1_000 + below(next(self.message_draw(channel, position) ^ 5), 20_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_indices_agree() {
        for position in 0..100 {
            assert_eq!(count_through(index(position)), position + 1);
        }
        assert_eq!(count_through(7), 7);
    }
}
