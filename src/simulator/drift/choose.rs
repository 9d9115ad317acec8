//! Chooses what a round of drift changes.

use std::collections::BTreeSet;

use super::rows::Touched;
use crate::simulator::data::WorldView;
use crate::simulator::data::graph::MembershipStatus;
use crate::simulator::draws::{DrawPurpose, below, happens, next};

#[derive(Debug, Clone, Copy)]
pub(super) enum Choice {
    /// A membership ends.
    Leave(u32),
    /// A user joins a channel, invited or not.
    Join(u32, u32),
    /// A member reads.
    Read(u32),
    /// A member turns notifications on or off.
    Level(u32),
    /// A member's attributes are written.
    Member(u32),
    User(u32),
    Channel(u32),
    Role(u32),
    NewUser(u32),
    NewChannel(u32),
    DeleteUser(u32),
    DeleteChannel(u32),
}

/// What a fault singled out: memberships, and the users and channels that have them.
#[derive(Debug)]
struct LeftAlone {
    edges: BTreeSet<u32>,
    users: BTreeSet<u32>,
    channels: BTreeSet<u32>,
}

impl LeftAlone {
    fn new(view: &WorldView<'_>) -> Self {
        let selected = &view.world.selected;
        let edges: BTreeSet<u32> =
            selected.hidden.iter().copied().chain(selected.changing.values().copied()).collect();
        let users = edges.iter().filter_map(|edge| view.user_of(*edge));
        Self {
            users: users.chain(selected.looping.iter().copied()).collect(),
            channels: edges.iter().map(|edge| view.channel_of(*edge)).collect(),
            edges,
        }
    }
}

/// What a round of drift changes, each thing once.
#[derive(Debug)]
pub(super) struct DriftChoices {
    pub(super) choices: Vec<Choice>,
}

/// What a draw is for; the round's number is the other half of its key.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
enum Draw {
    User = 1,
    Channel,
    Role,
    Membership,
    NewUser,
    NewChannel,
    Join,
}

impl DriftChoices {
    pub(super) fn new(view: &WorldView<'_>, round: u64, share: f64) -> Self {
        let draw = |kind: Draw, id: u32| {
            view.world.draws.draw2(DrawPurpose::Drift, round << 8 | kind as u64, u64::from(id))
        };
        let left_alone = LeftAlone::new(view);
        let mut choices = Vec::new();
        let (users, channels) = (existing_users(view), existing_channels(view));
        let mut gone_users = BTreeSet::new();
        let mut gone_channels = BTreeSet::new();
        for user in &users {
            let draw = draw(Draw::User, *user);
            if !happens(draw, share) {
                continue;
            }
            if below(next(draw), 10) == 0 && !left_alone.users.contains(user) {
                gone_users.insert(*user);
                choices.push(Choice::DeleteUser(*user));
            } else {
                choices.push(Choice::User(*user));
            }
        }
        for channel in &channels {
            let draw = draw(Draw::Channel, *channel);
            if !happens(draw, share) {
                continue;
            }
            if below(next(draw), 10) == 0 && !left_alone.channels.contains(channel) {
                gone_channels.insert(*channel);
                choices.push(Choice::DeleteChannel(*channel));
            } else {
                choices.push(Choice::Channel(*channel));
            }
        }
        let roles = view.world.roles.iter().map(|(_, role)| *role);
        choices.extend(roles.filter(|role| happens(draw(Draw::Role, *role), share)).map(Choice::Role));
        let mut joins = 0;
        for user in users.iter().filter(|user| !gone_users.contains(user)) {
            let order = view.memberships(*user);
            for edge in (0..order.count()).map(|rank| order.id(rank)) {
                let draw = draw(Draw::Membership, edge);
                let channel = view.channel_of(edge);
                let stays = left_alone.edges.contains(&edge) || gone_channels.contains(&channel);
                if stays || !view.present(edge) || !happens(draw, share) {
                    continue;
                }
                match (view.status(edge), below(next(draw), 10)) {
                    (MembershipStatus::Invited, _) => choices.push(Choice::Join(*user, channel)),
                    (MembershipStatus::NotParticipating | MembershipStatus::Unknown, _) => {}
                    (MembershipStatus::Joined, 0 | 1) => choices.push(Choice::Leave(edge)),
                    (MembershipStatus::Joined, 2 | 3) => joins += 1,
                    (MembershipStatus::Joined, 4..=6) => choices.push(Choice::Read(edge)),
                    (MembershipStatus::Joined, 7 | 8) => choices.push(Choice::Level(edge)),
                    (MembershipStatus::Joined, _) => choices.push(Choice::Member(edge)),
                }
            }
        }
        let some = |all: &[u32], draw: u64| {
            all.get(below(draw, u32::try_from(all.len()).unwrap_or(u32::MAX)) as usize).copied()
        };
        let mut joined = BTreeSet::new();
        for number in 0..joins {
            let draw = draw(Draw::Join, number);
            let pair = some(&users, draw).zip(some(&channels, next(draw)));
            let fits = |(user, channel): &(u32, u32)| {
                !gone_users.contains(user)
                    && !gone_channels.contains(channel)
                    && view.membership_of(*user, *channel).is_none()
                    && joined.insert((*user, *channel))
            };
            choices.extend(pair.filter(fits).map(|(user, channel)| Choice::Join(user, channel)));
        }
        let count = |all: &[u32]| u32::try_from(all.len()).unwrap_or(0) / 3;
        let new_users = (0..count(&users)).filter(|number| happens(draw(Draw::NewUser, *number), share));
        choices.extend(new_users.map(Choice::NewUser));
        let new_channels =
            (0..count(&channels)).filter(|number| happens(draw(Draw::NewChannel, *number), share));
        choices.extend(new_channels.map(Choice::NewChannel));
        Self { choices }
    }

    /// Everything whose rows may change by that.
    pub(super) fn touched(&self, view: &WorldView<'_>) -> Touched {
        let mut touched = Touched::default();
        let of_edge = |edge: u32| Some((view.user_of(edge)?, view.channel_of(edge)));
        for choice in &self.choices {
            match *choice {
                Choice::Leave(edge) | Choice::Read(edge) | Choice::Level(edge) | Choice::Member(edge) => {
                    touched.pairs.extend(of_edge(edge));
                }
                Choice::Join(user, channel) => {
                    touched.pairs.insert((user, channel));
                }
                Choice::User(user) => {
                    touched.users.insert(user);
                }
                Choice::Channel(channel) => {
                    touched.channels.insert(channel);
                }
                Choice::Role(role) => {
                    touched.roles.insert(role);
                }
                Choice::DeleteUser(user) => {
                    touched.users.insert(user);
                    let order = view.memberships(user);
                    touched.pairs.extend((0..order.count()).filter_map(|rank| of_edge(order.id(rank))));
                }
                Choice::DeleteChannel(channel) => {
                    touched.channels.insert(channel);
                    let order = view.members(channel);
                    touched.pairs.extend((0..order.count()).filter_map(|rank| of_edge(order.id(rank))));
                }
                Choice::NewUser(_) | Choice::NewChannel(_) => {}
            }
        }
        // The counters of both sides.
        touched.users.extend(touched.pairs.iter().map(|(user, _)| *user));
        touched.channels.extend(touched.pairs.iter().map(|(_, channel)| *channel));
        touched
    }
}

/// Users that are there and can be read.
fn existing_users(view: &WorldView<'_>) -> Vec<u32> {
    let order = view.users();
    let all = (0..order.count()).map(|rank| order.id(rank));
    let vanished = &view.world.selected.vanished_users;
    all.filter(|user| view.user_exists(*user) && !vanished.contains(user)).collect()
}

/// Channels that are there and can be read.
fn existing_channels(view: &WorldView<'_>) -> Vec<u32> {
    let order = view.channels();
    let all = (0..order.count()).map(|rank| order.id(rank));
    let vanished = &view.world.selected.vanished_channels;
    all.filter(|channel| view.channel_exists(*channel) && !vanished.contains(channel)).collect()
}
