//! A channel's messages, all of which the seed says. Their indices skip every eighth number, as the documentation warns that indices may.

use super::as_sent::AsSent;
use super::record::{MessageRecord, lone_surrogate, moment};
use super::sid::{self, SidSpace};
use super::{ServiceWorld, channels, names, users};
use crate::simulator::WorldKind;
use crate::simulator::draws::{DrawPurpose, below, next};

/// When the specimens' first messages came (2021-06-15), in Unix seconds.
const SPECIMENS: u32 = 1_623_715_200;

/// How far a message came with two participants of other networks.
const DELIVERY: &str = concat!(
    "{\"total\":2,\"sent\":\"all\",\"delivered\":\"some\",\"read\":\"some\",",
    "\"failed\":\"none\",\"undelivered\":\"none\"}"
);

/// The index of the message at a position.
pub(crate) fn index(position: u32) -> u32 {
    position + position / 7
}

/// How many messages have an index up to this one.
pub(crate) fn count_through(index: u32) -> u32 {
    (index / 8).saturating_mul(7).saturating_add((index % 8 + 1).min(7))
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ChannelMessages<'a> {
    world: &'a ServiceWorld,
    channel: u32,
}

impl<'a> ChannelMessages<'a> {
    pub(crate) fn of(world: &'a ServiceWorld, channel: u32) -> Self {
        Self { world, channel }
    }

    /// Few channels are busy: none, some, or up to 240 messages. A channel that was created has none.
    pub(crate) fn count(self) -> u32 {
        if self.channel >= self.world.channels_with_messages {
            return 0;
        }
        let draw = self.world.draws.draw(DrawPurpose::Messages, u64::from(self.channel));
        match below(draw, 10) {
            0 | 1 => 0,
            2 => 1,
            3 => below(next(draw), 240),
            _ => 1 + below(next(draw), 30),
        }
    }

    pub(crate) fn last_index(self) -> Option<u32> {
        self.count().checked_sub(1).map(index)
    }

    /// The message at a position.
    pub(crate) fn record(self, position: u32) -> MessageRecord {
        let author = self.author(position);
        let was_edited = self.was_edited(position);
        let digits = self.sids().digits(position);
        let created = self.date(position);
        let updated = moment(if was_edited { created + 60 } else { created });
        let is_dated = !self.lacks_update(position);
        MessageRecord {
            digits,
            index: i64::from(index(position)),
            body: self.body(position),
            attributes: self.attributes(position),
            created: moment(created),
            updated: is_dated.then_some(updated),
            was_edited: is_dated.then_some(was_edited),
            last_updated_by: author.clone().filter(|_| was_edited),
            media: self.is_media(position).then(|| {
                let (sid, size) = (sid::text("ME", digits.rotate_left(64)), self.media_size(position));
                format!(
                    "{{\"sid\":\"{sid}\",\"size\":{size},\"content_type\":\"application/pdf\",\
                     \"filename\":\"Angebot \\\"März\\\".pdf\"}}"
                )
            }),
            delivery: self.was_delivered(position).then(|| DELIVERY.to_owned()),
            content_sid: self.has_content(position).then(|| sid::text("HX", digits.rotate_left(32))),
            author,
            sent: AsSent::default(),
        }
    }

    /// Their SIDs; the rank is the position.
    pub(crate) fn sids(self) -> SidSpace {
        SidSpace::new(self.world.draws, "IM", self.channel, self.count()).scrambled()
    }

    fn draw(self, position: u32) -> u64 {
        self.world.draws.draw2(DrawPurpose::MessageText, u64::from(self.channel), u64::from(position))
    }

    /// One in so many messages of the real world is unusual in some way.
    fn is_unusual(self, position: u32, way: u64, one_in: u32) -> bool {
        self.world.kind == WorldKind::Real && below(next(self.draw(position) ^ way), one_in) == 0
    }

    /// Its author: a user, whether still a member or not, or `system`; null for a few.
    fn author(self, position: u32) -> Option<String> {
        (!self.is_unusual(position, 6, 40)).then(|| self.usual_author(position))
    }

    fn usual_author(self, position: u32) -> String {
        let draw = self.draw(position);
        if below(draw, 12) == 0 || self.world.users.count() == 0 {
            "system".to_owned()
        } else {
            users::identity(self.world, below(next(draw), self.world.users.count()))
        }
    }

    /// JSON in a string, null, or what is no JSON.
    fn attributes(self, position: u32) -> Option<String> {
        if self.is_unusual(position, 7, 5) {
            names::attributes(next(self.draw(position) ^ 7))
        } else {
            Some("{}".to_owned())
        }
    }

    /// Whether it went to participants of other networks too, so that it has states of delivery.
    fn was_delivered(self, position: u32) -> bool {
        self.is_unusual(position, 8, 10)
    }

    /// Whether it was made from a template.
    fn has_content(self, position: u32) -> bool {
        self.is_unusual(position, 9, 25)
    }

    /// Whether `date_updated` is null, as the documentation has it for messages that were not edited.
    fn lacks_update(self, position: u32) -> bool {
        self.is_unusual(position, 10, 10) && !self.was_edited(position)
    }

    /// Its text; null for most media messages.
    fn body(self, position: u32) -> Option<String> {
        if self.is_unusual(position, 11, 30) {
            return Some(format!("half {} of a 😀, NUL \0, \u{202e}bidi", lone_surrogate(0xD83D)));
        }
        let draw = self.draw(position);
        (!self.is_media(position) || draw & 2 == 0).then(|| names::body(next(draw)))
    }

    fn is_media(self, position: u32) -> bool {
        below(next(self.draw(position) ^ 3), 15) == 0
    }

    fn was_edited(self, position: u32) -> bool {
        below(next(self.draw(position) ^ 4), 20) == 0
    }

    /// In Unix seconds; later messages are later.
    fn date(self, position: u32) -> u32 {
        let first = if self.channel < self.world.channels.count() {
            channels::dates(self.world, self.channel).0
        } else {
            SPECIMENS
        };
        first + 600 * position + below(self.draw(position), 500)
    }

    /// Size in bytes of the media of a media message.
    fn media_size(self, position: u32) -> u32 {
        let draw = next(self.draw(position) ^ 5);
        // Few are large.
        if below(draw, 16) == 0 {
            100_000 + below(next(draw), 2_000_000)
        } else {
            100 + below(next(draw), 40_000)
        }
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
