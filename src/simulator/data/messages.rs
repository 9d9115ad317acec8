//! A channel's messages. Their indices skip every eighth number, as the documentation warns that indices may.

use super::record::lone_surrogate;
use super::sid::SidSpace;
use super::{ServiceWorld, names};
use crate::simulator::WorldKind;
use crate::simulator::draws::{DrawPurpose, below, next};

/// When the specimens' first messages came (2021-06-15), in Unix seconds.
const SPECIMENS: u32 = 1_623_715_200;

/// The index of the message at a position.
pub(crate) fn index(position: u32) -> u32 {
    position + position / 7
}

/// How many messages have an index up to this one.
pub(crate) fn count_through(index: u32) -> u32 {
    (index / 8).saturating_mul(7).saturating_add((index % 8 + 1).min(7))
}

impl ServiceWorld {
    /// Few channels are busy: none, some, or up to 240 messages. A channel that was created has none.
    pub(crate) fn messages_count(&self, channel: u32) -> u32 {
        if channel >= self.channels_with_messages {
            return 0;
        }
        let draw = self.draws.draw(DrawPurpose::Messages, u64::from(channel));
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
        self.draws.draw2(DrawPurpose::MessageText, u64::from(channel), u64::from(position))
    }

    /// One in so many messages of the real world is unusual in some way.
    fn is_unusual(&self, channel: u32, position: u32, way: u64, one_in: u32) -> bool {
        self.kind == WorldKind::Real && below(next(self.message_draw(channel, position) ^ way), one_in) == 0
    }

    /// Its author: a user, whether still a member or not, or `system`; null for a few.
    pub(crate) fn message_from(&self, channel: u32, position: u32) -> Option<String> {
        (!self.is_unusual(channel, position, 6, 40)).then(|| self.usual_author(channel, position))
    }

    fn usual_author(&self, channel: u32, position: u32) -> String {
        let draw = self.message_draw(channel, position);
        if below(draw, 12) == 0 || self.users.count() == 0 {
            "system".to_owned()
        } else {
            self.identity(below(next(draw), self.users.count()))
        }
    }

    /// JSON in a string, null, or what is no JSON.
    pub(crate) fn message_attributes(&self, channel: u32, position: u32) -> Option<String> {
        if self.is_unusual(channel, position, 7, 5) {
            names::attributes(next(self.message_draw(channel, position) ^ 7))
        } else {
            Some("{}".to_owned())
        }
    }

    /// Whether it went to participants of other networks too, so that it has states of delivery.
    pub(crate) fn message_was_delivered(&self, channel: u32, position: u32) -> bool {
        self.is_unusual(channel, position, 8, 10)
    }

    /// Whether it was made from a template.
    pub(crate) fn message_has_content(&self, channel: u32, position: u32) -> bool {
        self.is_unusual(channel, position, 9, 25)
    }

    /// Whether `date_updated` is null, as the documentation has it for messages that were not edited.
    pub(crate) fn message_lacks_update(&self, channel: u32, position: u32) -> bool {
        self.is_unusual(channel, position, 10, 10) && !self.message_was_edited(channel, position)
    }

    /// Its text; null for most media messages.
    pub(crate) fn message_body(&self, channel: u32, position: u32) -> Option<String> {
        if self.is_unusual(channel, position, 11, 30) {
            return Some(format!("half {} of a 😀, NUL \0, \u{202e}bidi", lone_surrogate(0xD83D)));
        }
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
        let first = if channel < self.channels.count() { self.channel_dates(channel).0 } else { SPECIMENS };
        first + 600 * position + below(self.message_draw(channel, position), 500)
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
