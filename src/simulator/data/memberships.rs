//! What the seed says of a membership, beyond who is where.

use super::graph::MembershipStatus;
use super::messages::ChannelMessages;
use super::order::GeneratedOrder;
use super::record::{MembershipRecord, moment};
use super::role_table::{AGENT, CHANNEL_ADMIN, CHANNEL_USER};
use super::sid::SidSpace;
use super::{ServiceWorld, channels, names};
use crate::simulator::draws::{DrawPurpose, below, next};

/// The SIDs of a channel's generated members; the rank is the edge's place in its channel.
pub(super) fn member_sids(world: &ServiceWorld, channel: u32) -> SidSpace {
    in_channel(world, "MB", channel)
}

/// The SIDs of a channel's invites; the rank is the edge's place in its channel.
pub(crate) fn invite_sids(world: &ServiceWorld, channel: u32) -> SidSpace {
    in_channel(world, "IN", channel)
}

fn in_channel(world: &ServiceWorld, prefix: &'static str, channel: u32) -> SidSpace {
    let edges = world.graph.of_channel(channel);
    SidSpace::new(world.draws, prefix, channel, edges.end - edges.start)
}

fn attributes(world: &ServiceWorld, edge: u32) -> Option<String> {
    let draw = world.draws.draw(DrawPurpose::MemberText, u64::from(edge));
    if draw.is_multiple_of(4) { names::attributes(next(draw)) } else { Some("{}".to_owned()) }
}

fn role(world: &ServiceWorld, edge: u32) -> &str {
    let role = match below(next(world.draws.draw(DrawPurpose::MemberText, u64::from(edge))), 20) {
        0 => CHANNEL_ADMIN,
        1 => AGENT,
        _ => CHANNEL_USER,
    };
    &world.role_sids[role]
}

/// Created and updated, in Unix seconds, of a generated membership: after the channel.
pub(crate) fn dates(world: &ServiceWorld, edge: u32, channel: u32) -> (u32, u32) {
    let draw = world.draws.draw(DrawPurpose::MemberDate, u64::from(edge));
    let created = channels::dates(world, channel).0 + below(draw, 2_000_000);
    (created, created + if draw & 1 == 0 { 0 } else { below(next(draw), 2_000_000) })
}

/// When the member last read, if it ever did.
pub(super) fn last_read(world: &ServiceWorld, edge: u32, channel: u32) -> u32 {
    let draw = next(next(world.draws.draw(DrawPurpose::MemberDate, u64::from(edge))));
    dates(world, edge, channel).1 + below(draw, 1_000_000)
}

pub(super) fn last_read_index(world: &ServiceWorld, edge: u32, channel: u32) -> Option<u32> {
    let draw = world.draws.draw(DrawPurpose::MembershipHorizon, u64::from(edge));
    let last = ChannelMessages::of(world, channel).last_index()?;
    match below(draw, 10) {
        _ if world.graph.status(edge) != MembershipStatus::Joined => None,
        0..=3 => None,
        4 => Some(0),
        5 => Some(last),
        _ => Some(below(next(draw), last + 1)),
    }
}

pub(super) fn is_muted(world: &ServiceWorld, edge: u32) -> bool {
    below(world.draws.draw(DrawPurpose::MembershipLevel, u64::from(edge)), 10) == 0
}

/// A joined membership.
pub(super) fn generated(world: &ServiceWorld, edge: u32) -> MembershipRecord {
    let channel = world.graph.channel(edge);
    let (created, updated) = dates(world, edge, channel);
    let last_read_index = last_read_index(world, edge, channel);
    MembershipRecord {
        user: world.graph.user(edge),
        channel,
        digits: member_sids(world, channel).digits(edge - world.graph.of_channel(channel).start),
        role_sid: Some(role(world, edge).to_owned()),
        attributes: attributes(world, edge),
        created: moment(created),
        updated: moment(updated),
        last_read_index: last_read_index.map(i64::from),
        last_read: last_read_index.map(|_| moment(last_read(world, edge, channel))),
        muted: is_muted(world, edge),
        binding: None,
        read: None,
    }
}

/// One in four has the spelling of descriptions before 2025-10-28.
pub(super) fn spells_with_underscore(world: &ServiceWorld, edge: u32) -> bool {
    next(next(world.draws.draw(DrawPurpose::MembershipStatus, u64::from(edge)))).is_multiple_of(4)
}

/// The generated memberships of a channel by member SIDs.
pub(super) fn order_in_channel(world: &ServiceWorld, channel: u32) -> GeneratedOrder<'_> {
    let first = world.graph.of_channel(channel).start;
    GeneratedOrder::Space { space: member_sids(world, channel), first }
}
