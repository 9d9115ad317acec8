//! Who is in which channel: one relation, seen alike from both sides.
//!
//! A membership is a number, its *edge*. Edges are grouped by channel in channel order, so a user's edges in
//! ascending order are in channel order too: each side is a slice, and all of it costs 8 bytes a membership.
//!
//! **Invariant:** a user's edges and a channel's edges are the same set; every count is taken from it.

use crate::simulator::draws::{DrawPurpose, Draws, below, happens, next};

/// How a user stands to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MembershipStatus {
    Joined,
    Invited,
    /// Neither, but listed.
    NotParticipating,
    /// A status that no description names (a fault).
    Unknown,
}

/// What the relation is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GraphShape {
    pub(crate) users: u32,
    pub(crate) channels: u32,
    /// Memberships of a user, on average.
    pub(crate) average: u32,
    /// No channel holds more members.
    pub(crate) channel_members: u32,
    /// Share of memberships whose status is [`MembershipStatus::Unknown`].
    pub(crate) unknown: f64,
}

#[derive(Debug)]
pub(crate) struct Graph {
    /// First edge of each channel, and one past the last.
    channel_start: Vec<u32>,
    /// User of each edge, and its standing in the two high bits.
    edge_user: Vec<u32>,
    user_start: Vec<u32>,
    user_edges: Vec<u32>,
}

const USER_BITS: u32 = 30;

/// What stands for the user of an edge that has none.
const NO_USER: u32 = (1 << USER_BITS) - 1;

/// By the two high bits.
const STANDINGS: [MembershipStatus; 4] = [
    MembershipStatus::Joined,
    MembershipStatus::Invited,
    MembershipStatus::NotParticipating,
    MembershipStatus::Unknown,
];

impl Graph {
    /// Makes the relation: twice the same draws, first to count and then to fill.
    pub(crate) fn new(draws: Draws, shape: GraphShape) -> Self {
        let (users, channels) = (shape.users as usize, shape.channels as usize);
        let mut channel_start = vec![0_u32; channels + 1];
        let mut user_start = vec![0_u32; users + 1];
        let mut picked = Vec::new();
        for user in 0..shape.users {
            pick(draws, shape, user, &mut picked);
            user_start[user as usize + 1] = u32::try_from(picked.len()).unwrap_or(0);
            for channel in &picked {
                channel_start[*channel as usize + 1] += 1;
            }
        }
        accumulate(&mut channel_start);
        accumulate(&mut user_start);
        let edges = channel_start[channels] as usize;
        let mut edge_user = vec![0_u32; edges];
        let mut free = channel_start.clone();
        // Users come in a shuffled order, so that a channel's members are not in the order of their users.
        let stride = coprime(shape.users, draws.draw(DrawPurpose::Order, 0));
        for step in 0..shape.users {
            let user = shuffled(step, stride, shape.users);
            pick(draws, shape, user, &mut picked);
            for channel in &picked {
                let edge = free[*channel as usize];
                free[*channel as usize] += 1;
                edge_user[edge as usize] = user | (draw_status(draws, shape, edge) << USER_BITS);
            }
        }
        let user_edges = by_user(&edge_user, &user_start);
        Self { channel_start, edge_user, user_start, user_edges }
    }

    /// The relation of these edges, which come channel by channel: channel, user (none of who is no user) and standing.
    pub(crate) fn of_edges(
        users: u32,
        channels: u32,
        edges: impl ExactSizeIterator<Item = (u32, Option<u32>, MembershipStatus)>,
    ) -> Self {
        let mut channel_start = vec![0_u32; channels as usize + 1];
        let mut user_start = vec![0_u32; users as usize + 1];
        let mut edge_user = Vec::with_capacity(edges.len());
        for (channel, user, status) in edges {
            channel_start[channel as usize + 1] += 1;
            if let Some(user) = user {
                user_start[user as usize + 1] += 1;
            }
            let status = STANDINGS.iter().position(|standing| *standing == status).unwrap_or(0);
            let status = u32::try_from(status).unwrap_or(0);
            edge_user.push(user.unwrap_or(NO_USER) | (status << USER_BITS));
        }
        accumulate(&mut channel_start);
        accumulate(&mut user_start);
        let user_edges = by_user(&edge_user, &user_start);
        Self { channel_start, edge_user, user_start, user_edges }
    }

    /// How many edges there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.edge_user.len()).expect("an account has fewer than 2^32 memberships")
    }

    /// The edges of a user, in channel order.
    pub(crate) fn of_user(&self, user: u32) -> &[u32] {
        &self.user_edges[self.user_start[user as usize] as usize..self.user_start[user as usize + 1] as usize]
    }

    /// The edges of a channel.
    pub(crate) fn of_channel(&self, channel: u32) -> std::ops::Range<u32> {
        self.channel_start[channel as usize]..self.channel_start[channel as usize + 1]
    }

    pub(crate) fn channel(&self, edge: u32) -> u32 {
        let channel = self.channel_start.partition_point(|start| *start <= edge) - 1;
        u32::try_from(channel).expect("there are at most 2^32 channels")
    }

    /// None of who is no user.
    pub(crate) fn user(&self, edge: u32) -> Option<u32> {
        Some(self.edge_user[edge as usize] & NO_USER).filter(|user| *user != NO_USER)
    }

    /// How the edge's user stands to its channel.
    pub(crate) fn status(&self, edge: u32) -> MembershipStatus {
        STANDINGS[(self.edge_user[edge as usize] >> USER_BITS) as usize]
    }
}

/// The edges of each user, in the order of edges.
fn by_user(edge_user: &[u32], user_start: &[u32]) -> Vec<u32> {
    let mut free = user_start.to_vec();
    let mut user_edges = vec![0_u32; user_start.last().map_or(0, |end| *end as usize)];
    for (edge, packed) in (0_u32..).zip(edge_user) {
        let user = packed & NO_USER;
        if user != NO_USER {
            let slot = &mut free[user as usize];
            user_edges[*slot as usize] = edge;
            *slot += 1;
        }
    }
    user_edges
}

fn accumulate(starts: &mut [u32]) {
    let mut total = 0_u32;
    for start in starts {
        total = total.checked_add(*start).expect("an account has fewer than 2^32 memberships");
        *start = total;
    }
}

fn draw_status(draws: Draws, shape: GraphShape, edge: u32) -> u32 {
    let draw = draws.draw(DrawPurpose::MembershipStatus, u64::from(edge));
    if shape.unknown > 0.0 && happens(next(draw), shape.unknown) {
        return 3;
    }
    match below(draw, 100) {
        0..=93 => 0,
        94..=96 => 1,
        _ => 2,
    }
}

/// How many channels a user has: the first users have the numbers that matter to paging, the rest is skewed.
fn degree(draws: Draws, shape: GraphShape, user: u32) -> u32 {
    let draw = draws.draw(DrawPurpose::Degree, u64::from(user));
    let wanted = match (user, below(draw, 1_000)) {
        (1, _) | (_, 0..=19) => 0,
        (2, _) | (_, 20..=24) => 50,
        (4, _) | (_, 25..=29) => 51,
        (5, _) | (_, 30..=34) => 100,
        (7, _) | (_, 35..=36) => 200 + below(next(draw), 250),
        _ => {
            // The product of two even draws has a quarter of the limit as its mean and a long tail.
            let limit = (shape.average.saturating_mul(18) / 5).max(4);
            1 + below(next(draw), 1 + below(next(next(draw)), limit))
        }
    };
    wanted.min(shape.channels - shape.channels / 8)
}

/// The channels of a user, each once.
fn pick(draws: Draws, shape: GraphShape, user: u32, picked: &mut Vec<u32>) {
    picked.clear();
    let wanted = degree(draws, shape, user);
    if wanted == 0 {
        return;
    }
    let mut draw = draws.draw(DrawPurpose::Pick, u64::from(user));
    if below(draw, shape.users) < shape.channel_members {
        picked.push(general(shape));
    }
    // A user in most of the channels would draw for ever: after enough misses, the rest is taken in order.
    let mut misses = 0;
    let mut in_order = 0;
    while (picked.len() as u64) < u64::from(wanted) && in_order < shape.channels {
        draw = next(draw);
        let channel = if misses > 4 * wanted + 64 {
            in_order += 1;
            in_order - 1
        } else if draw.is_multiple_of(4) {
            // A quarter of all choices fall on a tenth of the channels.
            below(draw, shape.channels.div_ceil(10)) * 10
        } else {
            below(draw, shape.channels)
        };
        if channel >= shape.channels || is_empty(shape, channel) || picked.contains(&channel) {
            misses += 1;
        } else {
            picked.push(channel);
        }
    }
}

/// The channel that nearly everyone is in.
fn general(shape: GraphShape) -> u32 {
    shape.channels / 3 + u32::from(is_empty(shape, shape.channels / 3))
}

/// Channels without members: one in 37.
fn is_empty(shape: GraphShape, channel: u32) -> bool {
    shape.channels > 4 && channel % 37 == 2
}

fn shuffled(step: u32, stride: u32, count: u32) -> u32 {
    u32::try_from(u64::from(step) * u64::from(stride) % u64::from(count)).expect("a remainder of a u32 fits")
}

fn coprime(count: u32, draw: u64) -> u32 {
    let mut stride = below(draw, count).max(1);
    while greatest_common_divisor(stride, count) != 1 {
        stride += 1;
    }
    stride
}

fn greatest_common_divisor(mut first: u32, mut second: u32) -> u32 {
    while second != 0 {
        (first, second) = (second, first % second);
    }
    first
}
