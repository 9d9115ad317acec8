//! Who is in which channel, from both of the lists that a snapshot has of it.
//!
//! A user's list and a channel's list were read at different moments, and one of them may not have been read at all. Each edge says
//! which of the two has it; where hardly any list of one kind was read, that side follows from the other.
//!
//! **Invariant:** 32 bytes a membership while it is read, and 9 afterwards.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::error::LoadError;
use super::file::LoadedFile;
use crate::simulator::data::graph::{Graph, MembershipStatus};
use crate::simulator::data::sid;

/// The user's list has it.
pub(super) const IN_USERS_LIST: u8 = 1;
/// The channel's list has it.
pub(super) const IN_CHANNELS_LIST: u8 = 2;

/// The SIDs of a service, and which file says who is in a channel.
#[derive(Debug)]
pub(super) struct Parties<'a> {
    pub(super) users: &'a [u128],
    pub(super) channels: &'a [u128],
    /// By the numbers of files.
    pub(super) deciding: &'a [u8],
    /// Of several services in one file, this one.
    pub(super) only: Option<&'a str>,
}

#[derive(Debug)]
pub(super) enum Relation {
    Complete {
        graph: Graph,
        /// Of each edge, the lists that have it.
        lists: Vec<u8>,
        /// Whether a side had to be made from the other one: that of users, that of channels.
        made: [bool; 2],
    },
    /// Users are in channels that the list of channels does not have.
    Unlisted(BTreeSet<u128>),
}

#[derive(Debug, Clone, Copy)]
struct RawEdge {
    /// The digits of the member; 0 where there is none.
    member: u128,
    channel: u32,
    /// `u32::MAX` of who is no user.
    user: u32,
    status: MembershipStatus,
    lists: u8,
}

impl RawEdge {
    /// Those without a member come after the members.
    fn place(&self) -> (u32, bool, u128) {
        (self.channel, self.member == 0, self.member)
    }
}

const NO_ONE: u32 = u32::MAX;

fn digits(row: &Row<'_>, column: usize, prefix: &str) -> rusqlite::Result<Option<u128>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(|text| sid::digits(prefix, text)),
        _ => None,
    })
}

fn rank(all: &[u128], digits: u128) -> Option<u32> {
    all.binary_search(&digits).ok().and_then(|rank| u32::try_from(rank).ok())
}

/// Reads the relation. The files are in the order of precedence.
pub(super) fn read(files: &[Arc<LoadedFile>], parties: &Parties<'_>) -> Result<Relation, LoadError> {
    let mut unlisted = BTreeSet::new();
    let mut edges = Vec::new();
    for (number, file) in files.iter().enumerate() {
        read_users_side(file, number, parties, &mut edges, &mut unlisted)?;
    }
    // One pair once: joined before anything else, and the first file before the others.
    edges.sort_unstable_by_key(|edge| (edge.channel, edge.user, edge.status != MembershipStatus::Joined));
    edges.dedup_by_key(|edge| (edge.channel, edge.user));
    edges.sort_unstable_by_key(RawEdge::place);
    let mut unmatched = Vec::new();
    for (number, file) in files.iter().enumerate() {
        read_channels_side(file, number, parties, &mut edges, &mut unmatched, &mut unlisted)?;
    }
    if !unlisted.is_empty() {
        return Ok(Relation::Unlisted(unlisted));
    }
    if !unmatched.is_empty() {
        edges.extend(find_users(files, parties, unmatched)?);
        edges.sort_unstable_by_key(RawEdge::place);
    }
    let made = complete_sides(&mut edges, parties);
    let count = |all: &[u128]| u32::try_from(all.len()).unwrap_or(u32::MAX);
    let graph = Graph::of_edges(
        count(parties.users),
        count(parties.channels),
        edges.iter().map(|edge| (edge.channel, Some(edge.user).filter(|user| *user != NO_ONE), edge.status)),
    );
    let lists = edges.iter().map(|edge| edge.lists).collect();
    Ok(Relation::Complete { graph, lists, made })
}

fn filtered(sql: &str, only: Option<&str>) -> String {
    match only {
        None => sql.to_owned(),
        Some(_) => format!("{sql} WHERE service_sid = ?1"),
    }
}

fn read_users_side(
    file: &LoadedFile,
    number: usize,
    parties: &Parties<'_>,
    edges: &mut Vec<RawEdge>,
    unlisted: &mut BTreeSet<u128>,
) -> Result<(), LoadError> {
    file.each("SELECT count(*) FROM user_channels", [], |row| {
        edges.reserve_exact(row.get::<_, i64>(0)?.try_into().unwrap_or(0));
        Ok(())
    })?;
    let sql = filtered("SELECT user_sid, channel_sid, member_sid, status FROM user_channels", parties.only);
    file.each(&sql, rusqlite::params_from_iter(parties.only), |row| {
        let user = digits(row, 0, "US")?.and_then(|digits| rank(parties.users, digits));
        let (Some(user), Some(channel)) = (user, digits(row, 1, "CH")?) else { return Ok(()) };
        let status = match row.get_ref(3)? {
            ValueRef::Text(b"joined") => MembershipStatus::Joined,
            ValueRef::Text(b"invited") => MembershipStatus::Invited,
            ValueRef::Text(b"notParticipating" | b"not_participating") => MembershipStatus::NotParticipating,
            _ => MembershipStatus::Unknown,
        };
        let Some(channel) = rank(parties.channels, channel) else {
            unlisted.insert(channel);
            return Ok(());
        };
        if status != MembershipStatus::Joined || decides(parties, channel, number) {
            let member = digits(row, 2, "MB")?.unwrap_or(0);
            edges.push(RawEdge { member, channel, user, status, lists: IN_USERS_LIST });
        }
        Ok(())
    })
}

/// Whether a file says who has joined a channel. Of one that no file lists, the first file does.
fn decides(parties: &Parties<'_>, channel: u32, number: usize) -> bool {
    usize::from(parties.deciding[channel as usize]) == number
}

/// A member that no user's list has: channel, member, and a hash of its identity.
type Unmatched = (u32, u128, Option<u64>);

fn read_channels_side(
    file: &LoadedFile,
    number: usize,
    parties: &Parties<'_>,
    edges: &mut [RawEdge],
    unmatched: &mut Vec<Unmatched>,
    unlisted: &mut BTreeSet<u128>,
) -> Result<(), LoadError> {
    let sql = filtered("SELECT channel_sid, sid, identity FROM members", parties.only);
    file.each(&sql, rusqlite::params_from_iter(parties.only), |row| {
        let (Some(channel), Some(member)) = (digits(row, 0, "CH")?, digits(row, 1, "MB")?) else {
            return Ok(());
        };
        let Some(channel) = rank(parties.channels, channel) else {
            unlisted.insert(channel);
            return Ok(());
        };
        if !decides(parties, channel, number) {
            return Ok(());
        }
        if let Ok(at) = edges.binary_search_by_key(&(channel, false, member), RawEdge::place) {
            edges[at].lists |= IN_CHANNELS_LIST;
        } else {
            let identity = match row.get_ref(2)? {
                ValueRef::Text(text) => Some(hash(text)),
                _ => None,
            };
            unmatched.push((channel, member, identity));
        }
        Ok(())
    })
}

/// 64 bits tell the identities of any service apart. The keys are fixed: the same snapshot is the same service.
fn hash(identity: &[u8]) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(identity)
}

fn find_users(
    files: &[Arc<LoadedFile>],
    parties: &Parties<'_>,
    unmatched: Vec<Unmatched>,
) -> Result<Vec<RawEdge>, LoadError> {
    let mut users: HashMap<u64, u32> = HashMap::new();
    for file in files {
        file.each("SELECT sid, identity FROM users", [], |row| {
            let user = digits(row, 0, "US")?.and_then(|digits| rank(parties.users, digits));
            if let (Some(user), ValueRef::Text(identity)) = (user, row.get_ref(1)?) {
                users.insert(hash(identity), user);
            }
            Ok(())
        })?;
    }
    let edge = |(channel, member, identity): Unmatched| RawEdge {
        member,
        channel,
        user: identity.and_then(|identity| users.get(&identity).copied()).unwrap_or(NO_ONE),
        status: MembershipStatus::Joined,
        lists: IN_CHANNELS_LIST,
    };
    Ok(unmatched.into_iter().map(edge).collect())
}

/// Makes a side from the other one where hardly any of its lists was read.
fn complete_sides(edges: &mut [RawEdge], parties: &Parties<'_>) -> [bool; 2] {
    let (mut of_users, mut of_channels) =
        (SideLists::new(parties.users.len()), SideLists::new(parties.channels.len()));
    for edge in edges.iter().filter(|edge| edge.status == MembershipStatus::Joined) {
        if edge.user != NO_ONE {
            of_users.count(edge.user, edge.lists & IN_USERS_LIST > 0);
        }
        of_channels.count(edge.channel, edge.lists & IN_CHANNELS_LIST > 0);
    }
    let made = [of_users.was_hardly_read(), of_channels.was_hardly_read()];
    for edge in edges.iter_mut().filter(|edge| edge.status == MembershipStatus::Joined) {
        if made[0] && edge.user != NO_ONE && !of_users.read[edge.user as usize] {
            edge.lists |= IN_USERS_LIST;
        }
        if made[1] && edge.member != 0 && !of_channels.read[edge.channel as usize] {
            edge.lists |= IN_CHANNELS_LIST;
        }
    }
    made
}

/// Which lists of a side have members, and which of them were read.
struct SideLists {
    has_any: Vec<bool>,
    read: Vec<bool>,
}

impl SideLists {
    fn new(count: usize) -> Self {
        Self { has_any: vec![false; count], read: vec![false; count] }
    }

    fn count(&mut self, number: u32, in_list: bool) {
        self.has_any[number as usize] = true;
        self.read[number as usize] |= in_list;
    }

    /// A crawl reads all of them, some as evidence, or none.
    fn was_hardly_read(&self) -> bool {
        let count = |all: &[bool]| all.iter().filter(|one| **one).count();
        count(&self.read) * 2 < count(&self.has_any)
    }
}
