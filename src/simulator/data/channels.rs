//! What the seed says of a channel.

use super::as_sent::AsSent;
use super::record::{ChannelRecord, Timers, moment};
use super::{ServiceWorld, names, users};
use crate::simulator::draws::{DrawPurpose, below, next};

/// When the first channel came (2019-03-01), in Unix seconds.
const FIRST: u32 = 1_551_398_400;
/// How long channels kept coming: five years.
const SPAN: u32 = 157_000_000;

fn draw(world: &ServiceWorld, channel: u32) -> u64 {
    world.draws.draw(DrawPurpose::ChannelText, u64::from(channel))
}

fn unique_name(world: &ServiceWorld, channel: u32) -> Option<String> {
    names::unique_name(next(draw(world, channel) ^ 1), channel)
}

pub(super) fn is_private(world: &ServiceWorld, channel: u32) -> bool {
    below(world.draws.draw(DrawPurpose::ChannelShape, u64::from(channel)), 5) < 3
}

/// The identity of the creator, or `system` for the API.
fn creator(world: &ServiceWorld, channel: u32) -> String {
    let draw = next(world.draws.draw(DrawPurpose::ChannelShape, u64::from(channel)));
    if draw & 1 == 0 || world.users.count() == 0 {
        "system".to_owned()
    } else {
        users::identity(world, below(next(draw), world.users.count()))
    }
}

/// Created and updated, in Unix seconds, of a generated channel.
pub(crate) fn dates(world: &ServiceWorld, channel: u32) -> (u32, u32) {
    let draw = world.draws.draw(DrawPurpose::ChannelDate, u64::from(channel));
    let created = FIRST + below(draw, SPAN);
    (created, created + if draw & 1 == 0 { 0 } else { below(next(draw), 3_000_000) })
}

pub(super) fn generated(world: &ServiceWorld, channel: u32) -> ChannelRecord {
    let draw = draw(world, channel);
    let (created, updated) = dates(world, channel);
    ChannelRecord {
        digits: world.channels.digits(channel),
        friendly_name: names::channel(draw, channel),
        unique_name: unique_name(world, channel),
        attributes: names::attributes(next(draw ^ 2)),
        private: is_private(world, channel),
        state: "active",
        timers: Timers::default(),
        messaging_service_sid: None,
        email: None,
        created_by: Some(creator(world, channel)),
        created: moment(created),
        updated: moment(updated),
        sent: AsSent::default(),
    }
}
