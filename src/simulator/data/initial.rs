//! What a service has at first, from whichever source it is: the seed, or snapshots that were loaded.
//!
//! Everything else in the simulator asks here, so that views, writes, lists and faults are the same for both.

use std::sync::Arc;

use super::changes::{ServiceDefaults, ServiceWebhooks};
use super::graph::MembershipStatus;
use super::messages::ChannelMessages;
use super::order::GeneratedOrder;
use super::record::{
    BindingRecord, ChannelRecord, InviteRecord, MembershipRecord, MessageRecord, NetworkBinding, ReadMark,
    RoleRecord, UserRecord, UserSide, moment,
};
use super::role_table::{CHANNEL_ADMIN, CHANNEL_USER, SERVICE_USER};
use super::sid::SidSpace;
use super::world::SettingsGiven;
use super::{ServiceWorld, bindings as of_users, channels, memberships, messages, names, roles, users};
use crate::simulator::WorldKind;

/// The users in SID order.
pub(crate) fn users(world: &ServiceWorld) -> GeneratedOrder<'_> {
    GeneratedOrder::All(&world.users)
}

pub(crate) fn user(world: &ServiceWorld, user: u32) -> UserRecord {
    match &world.loaded {
        Some(loaded) => loaded.user(user),
        None => users::generated(world, user),
    }
}

/// The identity of a user; it never changes.
pub(crate) fn identity(world: &ServiceWorld, user: u32) -> String {
    match &world.loaded {
        Some(loaded) => loaded.identity(user),
        None => users::identity(world, user),
    }
}

/// Whether the user is reachable and online, which only a fetch shows: null for those of whom that is not known.
pub(crate) fn presence(world: &ServiceWorld, user: u32) -> (Option<bool>, Option<bool>) {
    match &world.loaded {
        Some(_) => (None, None),
        None => users::presence(world, user),
    }
}

/// The user with this identity, if it is one that is there.
pub(crate) fn user_with_identity(
    world: &ServiceWorld,
    text: &str,
    is_there: impl Fn(u32) -> bool,
) -> Option<u32> {
    match &world.loaded {
        Some(loaded) => loaded.user_with_identity(text).filter(|user| is_there(*user)),
        None => names::ranks_in(text).find(|user| {
            *user < world.users.count() && is_there(*user) && users::identity(world, *user) == text
        }),
    }
}

/// What Chat said how many channels a user has joined.
pub(crate) fn stated_channels(world: &ServiceWorld, user: u32) -> Option<i64> {
    world.loaded.as_ref().filter(|_| user < world.users.count())?.stated_channels(user)
}

/// The channels in SID order.
pub(crate) fn channels(world: &ServiceWorld) -> GeneratedOrder<'_> {
    GeneratedOrder::All(&world.channels)
}

pub(crate) fn channel(world: &ServiceWorld, channel: u32) -> ChannelRecord {
    match &world.loaded {
        Some(loaded) => loaded.channel(channel),
        None => channels::generated(world, channel),
    }
}

pub(crate) fn is_private(world: &ServiceWorld, channel: u32) -> bool {
    match &world.loaded {
        Some(loaded) => loaded.is_private(channel),
        None => channels::is_private(world, channel),
    }
}

/// Whether the service has the channel. Users may be in one that it has not.
pub(crate) fn is_listed(world: &ServiceWorld, channel: u32) -> bool {
    world.loaded.as_ref().is_none_or(|loaded| channel >= world.channels.count() || loaded.is_listed(channel))
}

/// The first channel that had this unique name and still has it.
pub(crate) fn channel_named(world: &ServiceWorld, text: &str, has_it: impl Fn(u32) -> bool) -> Option<u32> {
    match &world.loaded {
        Some(loaded) => loaded.channels_named(text).find(|channel| has_it(*channel)),
        None => names::ranks_in(text).find(|channel| *channel < world.channels.count() && has_it(*channel)),
    }
}

/// What Chat said how many members a channel has.
pub(crate) fn stated_members(world: &ServiceWorld, channel: u32) -> Option<i64> {
    world.loaded.as_ref().filter(|_| channel < world.channels.count())?.stated_members(channel)
}

/// The roles in SID order.
pub(crate) fn roles(world: &ServiceWorld) -> GeneratedOrder<'_> {
    GeneratedOrder::Few(&world.roles)
}

pub(crate) fn role(world: &ServiceWorld, role: u32) -> RoleRecord {
    match &world.loaded {
        Some(loaded) => loaded.role(role),
        None => roles::generated(world, role),
    }
}

/// What the service gives who is created without a role, and what it calls.
pub(crate) fn defaults(world: &ServiceWorld) -> ServiceDefaults {
    if let Some(loaded) = &world.loaded {
        return loaded.settings.defaults();
    }
    let sids = &world.role_sids;
    ServiceDefaults {
        service_role_sid: sids[SERVICE_USER].clone(),
        channel_role_sid: sids[CHANNEL_USER].clone(),
        creator_role_sid: sids[CHANNEL_ADMIN].clone(),
        reachability_enabled: world.settings.pick(Some(true), true),
        webhooks: webhooks(world.settings),
    }
}

/// What a service calls as long as no one has set it.
fn webhooks(given: SettingsGiven) -> ServiceWebhooks {
    let text = |text: &str| text.to_owned();
    let post = text("https://hooks.example.com/chat?source=twilio&v=2");
    let filters = ["onMessageAdded", "onConversationAdded", "onParticipantAdded"].map(text).to_vec();
    ServiceWebhooks {
        pre_url: given.pick(None, text("https://hooks.example.com/before")),
        post_url: given.pick(Some(post.clone()), post),
        method: given.pick(Some(text("POST")), text("GET")),
        filters: given.pick(Some(filters.clone()), filters),
    }
}

/// Everyone in a channel by member SIDs, of every standing.
pub(crate) fn members(world: &ServiceWorld, channel: u32) -> GeneratedOrder<'_> {
    if channel >= world.channels.count() {
        return GeneratedOrder::Few(&[]);
    }
    match &world.loaded {
        Some(loaded) => GeneratedOrder::Read(loaded.order_in_channel(channel)),
        None => memberships::order_in_channel(world, channel),
    }
}

/// The memberships of a user by channel SIDs, of every standing.
pub(crate) fn memberships(world: &ServiceWorld, user: u32) -> GeneratedOrder<'_> {
    if user < world.users.count() {
        let (edges, graph, channels) = (world.graph.of_user(user), &*world.graph, &world.channels);
        GeneratedOrder::OfUser { edges, graph, channels }
    } else {
        GeneratedOrder::Few(&[])
    }
}

/// Whether the service had a membership at first.
pub(crate) fn has_edge(world: &ServiceWorld, edge: u32) -> bool {
    edge < world.graph.count()
}

/// Whether the list of a membership's user has it.
pub(crate) fn is_in_users_list(world: &ServiceWorld, edge: u32) -> bool {
    world.loaded.as_ref().is_none_or(|loaded| !has_edge(world, edge) || loaded.is_in_users_list(edge))
}

/// Whether the list of a membership's channel has it.
pub(crate) fn is_in_channels_list(world: &ServiceWorld, edge: u32) -> bool {
    world.loaded.as_ref().is_none_or(|loaded| !has_edge(world, edge) || loaded.is_in_channels_list(edge))
}

/// Whether Chat shows a membership as a member.
pub(crate) fn is_in_chat(world: &ServiceWorld, edge: u32) -> bool {
    match &world.loaded {
        Some(loaded) => loaded.is_in_chat(edge),
        None => true,
    }
}

/// A joined membership as the list of its channel has it.
pub(crate) fn member(world: &ServiceWorld, edge: u32) -> MembershipRecord {
    match &world.loaded {
        Some(loaded) => loaded.member(edge),
        None => memberships::generated(world, edge),
    }
}

/// All there is to know of a joined membership.
pub(crate) fn membership(world: &ServiceWorld, edge: u32) -> MembershipRecord {
    match &world.loaded {
        Some(loaded) => loaded.membership(edge),
        None => memberships::generated(world, edge),
    }
}

/// A membership as the list of its user has it; what was read in a channel is not known of who is not in it any more.
pub(crate) fn users_side(world: &ServiceWorld, edge: u32, channel: u32, is_there: bool) -> UserSide {
    if let Some(loaded) = &world.loaded {
        return loaded.users_side(edge);
    }
    let status = match world.graph.status(edge) {
        MembershipStatus::Joined => "joined",
        MembershipStatus::Invited => "invited",
        MembershipStatus::Unknown => "archived",
        MembershipStatus::NotParticipating if memberships::spells_with_underscore(world, edge) => {
            "not_participating"
        }
        MembershipStatus::NotParticipating => "notParticipating",
    };
    let place = edge - world.graph.of_channel(channel).start;
    let index = memberships::last_read_index(world, edge, channel).filter(|_| is_there).map(i64::from);
    let unread =
        index.map(|index| (message_count(world, channel) - messages_through(world, channel, index)).max(0));
    UserSide {
        status,
        member: Some(memberships::member_sids(world, channel).digits(place)),
        reading: ReadMark { index, unread },
        muted: memberships::is_muted(world, edge),
        sent: super::as_sent::AsSent::default(),
    }
}

/// Whether a membership had a binding. None that the seed gives has one.
pub(crate) fn is_bound(world: &ServiceWorld, edge: u32) -> bool {
    world.loaded.as_ref().is_some_and(|loaded| loaded.is_bound(edge))
}

/// The memberships that had the addresses of a binding.
pub(crate) fn bound_to(world: &ServiceWorld, binding: &NetworkBinding) -> Vec<u32> {
    world.loaded.as_ref().map(|loaded| loaded.bound_to(binding)).unwrap_or_default()
}

/// The invitations to a channel by their SIDs. No operation creates one.
pub(crate) fn invites(world: &ServiceWorld, channel: u32) -> GeneratedOrder<'_> {
    if channel >= world.channels.count() {
        return GeneratedOrder::Few(&[]);
    }
    if let Some(loaded) = &world.loaded {
        let invites = loaded.invites(channel);
        return GeneratedOrder::Read(invites.iter().map(|invite| invite.digits).zip(0..).collect());
    }
    let first = world.graph.of_channel(channel).start;
    GeneratedOrder::Space { space: memberships::invite_sids(world, channel), first }
}

/// Whether something of the order of invitations is one.
pub(crate) fn is_invite(world: &ServiceWorld, invite: u32) -> bool {
    world.loaded.is_some() || world.graph.status(invite) == MembershipStatus::Invited
}

/// The invitation with an id of the order.
pub(crate) fn invite(world: &ServiceWorld, of_channel: u32, invite: u32) -> InviteRecord {
    if let Some(loaded) = &world.loaded {
        return loaded.invites(of_channel)[invite as usize].clone();
    }
    let place = invite - world.graph.of_channel(of_channel).start;
    // The role of an invitation may be left to the service.
    let has_role = world.kind == WorldKind::Plain || !place.is_multiple_of(3);
    let (created, updated) = memberships::dates(world, invite, of_channel);
    let user = world.graph.user(invite);
    InviteRecord {
        digits: memberships::invite_sids(world, of_channel).digits(place),
        user,
        identity: user.map(|user| identity(world, user)),
        role_sid: has_role.then(|| world.role_sids[CHANNEL_USER].clone()),
        created_by: channel(world, of_channel).created_by,
        created: moment(created),
        updated: moment(updated),
        sent: super::as_sent::AsSent::default(),
    }
}

/// The id of the invitation that a membership came from.
pub(crate) fn invite_of(world: &ServiceWorld, edge: u32) -> Option<u32> {
    match &world.loaded {
        Some(loaded) => loaded.invite_of(world.graph.channel(edge), world.graph.user(edge)?),
        None => Some(edge),
    }
}

/// The bindings by their SIDs, as far as they may be of one of these identities. No operation creates one.
pub(crate) fn bindings<'a>(world: &ServiceWorld, identities: &[&str]) -> GeneratedOrder<'a> {
    match &world.loaded {
        Some(loaded) => GeneratedOrder::Read(loaded.bindings(identities)),
        None => GeneratedOrder::Space { space: of_users::sids(world), first: 0 },
    }
}

/// The binding with an id of the order, if it is one.
pub(crate) fn binding(world: &ServiceWorld, binding: u32) -> Option<BindingRecord> {
    match &world.loaded {
        Some(loaded) => loaded.binding(binding),
        None => of_users::generated(world, binding),
    }
}

/// The SIDs of a channel's messages, by index.
#[derive(Debug)]
pub(crate) enum MessageSids {
    Drawn(SidSpace),
    Read(Arc<[u128]>),
}

impl MessageSids {
    pub(crate) fn count(&self) -> u32 {
        match self {
            Self::Drawn(space) => space.count(),
            Self::Read(digits) => u32::try_from(digits.len()).unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn digits(&self, position: u32) -> u128 {
        match self {
            Self::Drawn(space) => space.digits(position),
            Self::Read(digits) => digits[position as usize],
        }
    }

    /// The position of a message.
    pub(crate) fn rank(&self, digits: u128) -> Option<u32> {
        match self {
            Self::Drawn(space) => space.rank(digits),
            Self::Read(all) => {
                all.iter().position(|other| *other == digits).and_then(|at| u32::try_from(at).ok())
            }
        }
    }
}

pub(crate) fn message_sids(world: &ServiceWorld, channel: u32) -> MessageSids {
    match &world.loaded {
        Some(loaded) if channel < world.channels.count() => MessageSids::Read(loaded.message_digits(channel)),
        Some(_) => MessageSids::Read(Arc::new([])),
        None => MessageSids::Drawn(ChannelMessages::of(world, channel).sids()),
    }
}

/// The message at a position of the channel.
pub(crate) fn message(world: &ServiceWorld, channel: u32, position: u32) -> MessageRecord {
    match &world.loaded {
        Some(loaded) => loaded.message(channel, position),
        None => ChannelMessages::of(world, channel).record(position),
    }
}

/// How many messages a channel has.
pub(crate) fn message_count(world: &ServiceWorld, channel: u32) -> i64 {
    match &world.loaded {
        Some(loaded) if channel < world.channels.count() => loaded.message_count(channel),
        Some(_) => 0,
        None => i64::from(ChannelMessages::of(world, channel).count()),
    }
}

/// How many messages of a channel have an index up to this one.
pub(crate) fn messages_through(world: &ServiceWorld, channel: u32, index: i64) -> i64 {
    match &world.loaded {
        Some(loaded) if channel < world.channels.count() => loaded.messages_through(channel, index),
        _ => i64::from(messages::count_through(u32::try_from(index).unwrap_or_default())),
    }
}

/// The digits of a channel's last message. Of what was loaded it is not looked for: it is an address and no value.
pub(crate) fn last_message(world: &ServiceWorld, channel: u32) -> Option<u128> {
    if world.loaded.is_some() {
        return None;
    }
    let messages = ChannelMessages::of(world, channel);
    messages.count().checked_sub(1).map(|last| messages.sids().digits(last))
}

/// The index of a channel's last message.
pub(crate) fn last_index(world: &ServiceWorld, channel: u32) -> Option<i64> {
    match &world.loaded {
        Some(_) => message_count(world, channel).checked_sub(1).filter(|index| *index >= 0),
        None => ChannelMessages::of(world, channel).last_index().map(i64::from),
    }
}
