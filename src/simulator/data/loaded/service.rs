//! A service as a snapshot has it, or two snapshots of the same service: what the one lacks of it the other says.
//!
//! Rows are read when an answer needs them. Of a service that both a source and a target reading have, the target reading has the
//! last word on what Conversations shows: it is the later one, and a plan is of it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::file::LoadedFile;
use super::messages::MessageKeys;
use super::recent::Recent;
use super::relation::{IN_CHANNELS_LIST, IN_USERS_LIST};
use super::rows::{self, ReadChannel, ReadMember, ReadUserChannel};
use super::settings::ReadSettings;
use crate::simulator::data::as_sent::{AsSent, ShownBy};
use crate::simulator::data::graph::{Graph, MembershipStatus};
use crate::simulator::data::record::{
    ChannelRecord, InviteRecord, MembershipRecord, MessageRecord, NetworkBinding, ReadMembership,
    ReadPosition, RoleRecord, UserRecord, UserSide,
};
use crate::simulator::data::sid;
use crate::simulator::data::sids::Sids;

/// How much of what was read is kept: users, channels; and of lists, their rows.
const KEPT_RECORDS: usize = 512;
const KEPT_ROWS: usize = 8_192;
/// What a list counts for beyond its rows, so that no great number of short lists is looked through.
const KEPT_LEAST: usize = 8;
/// Messages whose SIDs are kept.
const KEPT_KEYS: usize = 1_000_000;

/// A service that was loaded.
#[derive(Debug)]
pub(crate) struct LoadedService {
    /// In the order of precedence.
    pub(super) files: Vec<Arc<LoadedFile>>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) users: Sids,
    pub(crate) channels: Sids,
    /// Of each channel, the file that says who has joined it.
    pub(super) deciding: Vec<u8>,
    pub(super) private: Vec<bool>,
    /// Of each channel, whether its service lists it.
    pub(super) listed: Vec<bool>,
    /// Of each edge, which lists have it.
    pub(super) lists: Vec<u8>,
    pub(super) roles: Vec<RoleRecord>,
    pub(crate) settings: ReadSettings,
    pub(super) recent: RecentlyRead,
    pub(super) bindings: OnceLock<BoundMembers>,
}

/// Address and proxy address → channels and members.
pub(super) type BoundMembers = HashMap<(Option<String>, Option<String>), Vec<(u32, u128)>>;

#[derive(Debug)]
pub(super) struct RecentlyRead {
    users: Recent<(UserRecord, Option<i64>)>,
    channels: Recent<ReadChannel>,
    of_channel: Recent<ChannelList>,
    of_user: Recent<Vec<ReadUserChannel>>,
    invites: Recent<Vec<InviteRecord>>,
    messages: Recent<MessageKeys>,
}

impl Default for RecentlyRead {
    fn default() -> Self {
        Self {
            users: Recent::new(KEPT_RECORDS),
            channels: Recent::new(KEPT_RECORDS),
            of_channel: Recent::new(KEPT_ROWS),
            of_user: Recent::new(KEPT_ROWS),
            invites: Recent::new(KEPT_ROWS),
            messages: Recent::new(KEPT_KEYS),
        }
    }
}

/// Everyone in a channel.
#[derive(Debug)]
struct ChannelList {
    /// By the digits of members; those without one come last, with digits that no SID has.
    order: Arc<[(u128, u32)]>,
    /// In the same order; none of who is not in the channel's own list.
    members: Vec<Option<ReadMember>>,
}

impl LoadedService {
    /// Why a file could not be read, once it could not.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.files.iter().find_map(|file| file.trouble())
    }

    /// A number that is another one once anything was created.
    pub(crate) fn fingerprint(&self) -> u64 {
        let users = (0..self.users.count()).map(|user| self.users.digits(user));
        let channels = (0..self.channels.count()).map(|channel| self.channels.digits(channel));
        let roles = self.roles.iter().map(|role| role.digits);
        let start = u128::from(self.graph.count());
        let mixed =
            users.chain(channels).chain(roles).fold(start, |mixed, digits| mixed.rotate_left(5) ^ digits);
        u64::try_from((mixed ^ mixed >> 64) & u128::from(u64::MAX)).unwrap_or_default()
    }

    fn user_sid(&self, user: u32) -> String {
        self.users.text(user)
    }

    fn channel_sid(&self, channel: u32) -> String {
        self.channels.text(channel)
    }

    fn read_user(&self, user: u32) -> Arc<(UserRecord, Option<i64>)> {
        let read = || {
            let sql = format!("SELECT {} FROM users WHERE sid = ?1", rows::USER);
            let sid = self.user_sid(user);
            let mut found = self.files.iter().filter_map(|file| file.row(&sql, [&sid], rows::user));
            let first = found.next();
            let empty = || UserRecord {
                digits: self.users.digits(user),
                identity: String::new(),
                friendly_name: None,
                attributes: None,
                role_sid: None,
                created: jiff::Timestamp::UNIX_EPOCH,
                updated: jiff::Timestamp::UNIX_EPOCH,
                sent: AsSent::default(),
            };
            let (mut record, mut channels) = first.unwrap_or_else(|| (empty(), None));
            for (other, counted) in found {
                record.sent.take_over(&other.sent, ShownBy::Chat);
                channels = channels.or(counted);
            }
            (record, channels)
        };
        self.recent.users.get(user, read, |_| 1)
    }

    pub(crate) fn user(&self, user: u32) -> UserRecord {
        self.read_user(user).0.clone()
    }

    pub(crate) fn identity(&self, user: u32) -> String {
        self.read_user(user).0.identity.clone()
    }

    /// How many channels Chat said that the user has joined.
    pub(crate) fn stated_channels(&self, user: u32) -> Option<i64> {
        self.read_user(user).1
    }

    pub(crate) fn user_with_identity(&self, identity: &str) -> Option<u32> {
        let sql = "SELECT sid FROM users WHERE identity = ?1";
        let found = |file: &Arc<LoadedFile>| file.rows(sql, [identity], |fields| fields.digits("US"));
        let digits = self.files.iter().flat_map(found).flatten();
        digits.filter_map(|digits| self.users.rank(digits)).next()
    }

    fn read_channel(&self, channel: u32) -> Arc<ReadChannel> {
        let read = || {
            let sql = format!("SELECT {} FROM channels WHERE sid = ?1", rows::CHANNEL);
            let sid = self.channel_sid(channel);
            let mut found = self.files.iter().filter_map(|file| file.row(&sql, [&sid], rows::channel));
            let mut first =
                found.next().unwrap_or_else(|| ReadChannel::unlisted(self.channels.digits(channel)));
            for other in found {
                first.record.sent.take_over(&other.record.sent, ShownBy::Chat);
                first.record.created_by = first.record.created_by.or(other.record.created_by);
                first.members = first.members.or(other.members);
                first.messages = first.messages.or(other.messages);
            }
            first
        };
        self.recent.channels.get(channel, read, |_| 1)
    }

    pub(crate) fn channel(&self, channel: u32) -> ChannelRecord {
        self.read_channel(channel).record.clone()
    }

    /// How many members Chat said that the channel has.
    pub(crate) fn stated_members(&self, channel: u32) -> Option<i64> {
        self.read_channel(channel).members
    }

    pub(crate) fn is_private(&self, channel: u32) -> bool {
        self.private[channel as usize]
    }

    pub(crate) fn is_listed(&self, channel: u32) -> bool {
        self.listed[channel as usize]
    }

    pub(crate) fn channels_named(&self, unique_name: &str) -> impl Iterator<Item = u32> {
        let sql = "SELECT sid FROM channels WHERE unique_name = ?1";
        let found = |file: &Arc<LoadedFile>| file.rows(sql, [unique_name], |fields| fields.digits("CH"));
        let digits = self.files.iter().flat_map(found).flatten();
        digits.filter_map(|digits| self.channels.rank(digits)).collect::<Vec<_>>().into_iter()
    }

    /// Digits and ids of the roles, in SID order.
    pub(crate) fn roles(&self) -> Vec<(u128, u32)> {
        self.roles.iter().map(|role| role.digits).zip(0..).collect()
    }

    pub(crate) fn role(&self, role: u32) -> RoleRecord {
        self.roles[role as usize].clone()
    }

    /// Everyone in a channel by member SIDs.
    pub(crate) fn order_in_channel(&self, channel: u32) -> Arc<[(u128, u32)]> {
        Arc::clone(&self.list_of_channel(channel).order)
    }

    fn list_of_channel(&self, channel: u32) -> Arc<ChannelList> {
        self.recent.of_channel.get(channel, || self.read_list_of_channel(channel), |list| list.order.len() + KEPT_LEAST)
    }

    fn read_list_of_channel(&self, channel: u32) -> ChannelList {
        let file = &self.files[usize::from(self.deciding[channel as usize])];
        let sql = format!("SELECT {} FROM members WHERE channel_sid = ?1", rows::MEMBER);
        let mut read = file.rows(&sql, [self.channel_sid(channel)], rows::member);
        read.retain(|member| member.digits != 0);
        read.sort_unstable_by_key(|member| member.digits);
        // Where the list was not read, its members are those of the users' lists.
        let made = read.is_empty();
        let mut read = read.into_iter();
        let edges = self.graph.of_channel(channel);
        let (mut order, mut members) = (Vec::new(), Vec::new());
        let mut without = u128::MAX - u128::from(edges.end - edges.start);
        for edge in edges {
            let member = match (self.lists[edge as usize] & IN_CHANNELS_LIST > 0, made) {
                (false, _) => None,
                (true, false) => read.next(),
                (true, true) => self.made_member(edge),
            };
            without += 1;
            // Who is in the user's list only stands where its member would.
            let digits = match &member {
                Some(member) => Some(member.digits),
                None => self.row_of_user(edge).and_then(|row| row.member),
            };
            order.push((digits.unwrap_or(without), edge));
            members.push(member);
        }
        ChannelList { order: order.into(), members }
    }

    /// A member of whom only the user's list is known.
    fn made_member(&self, edge: u32) -> Option<ReadMember> {
        let row = self.row_of_user(edge)?;
        let channel = self.graph.channel(edge);
        let created = self.read_channel(channel).record.created;
        Some(ReadMember {
            digits: row.member?,
            identity: None,
            role_sid: None,
            index: row.reading.index,
            last_read: None,
            created,
            updated: created,
            attributes: Some("{}".to_owned()),
            binding: None,
            sent: AsSent::default(),
        })
    }

    fn with_member<T>(&self, edge: u32, take: impl FnOnce(&ReadMember) -> T) -> Option<T> {
        let channel = self.graph.channel(edge);
        let at = edge - self.graph.of_channel(channel).start;
        self.list_of_channel(channel).members.get(at as usize)?.as_ref().map(take)
    }

    fn member_of(&self, edge: u32) -> Option<ReadMember> {
        self.with_member(edge, ReadMember::clone)
    }

    pub(crate) fn is_bound(&self, edge: u32) -> bool {
        self.with_member(edge, |member| member.binding.is_some()).unwrap_or_default()
    }

    /// A membership as the list of its channel has it.
    pub(crate) fn member(&self, edge: u32) -> MembershipRecord {
        let channel = self.graph.channel(edge);
        let user = self.graph.user(edge);
        let read = self.member_of(edge);
        let digits = read.as_ref().map_or(0, |member| member.digits);
        let empty = || ReadMember {
            digits,
            identity: None,
            role_sid: None,
            index: None,
            last_read: None,
            created: jiff::Timestamp::UNIX_EPOCH,
            updated: jiff::Timestamp::UNIX_EPOCH,
            attributes: None,
            binding: None,
            sent: AsSent::default(),
        };
        let read = read.unwrap_or_else(empty);
        MembershipRecord {
            user,
            channel,
            digits: read.digits,
            role_sid: read.role_sid,
            attributes: read.attributes,
            created: read.created,
            updated: read.updated,
            last_read_index: read.index,
            last_read: read.last_read,
            muted: false,
            binding: read.binding,
            read: Some(Box::new(ReadMembership {
                identity: read.identity,
                reading: None,
                as_member: read.sent,
                as_user_channel: AsSent::default(),
            })),
        }
    }

    /// A membership as both lists have it.
    pub(crate) fn membership(&self, edge: u32) -> MembershipRecord {
        let mut record = self.member(edge);
        let side = self.users_side(edge);
        record.muted = side.muted;
        if record.digits == 0 {
            record.digits = side.member.unwrap_or_default();
        }
        if let Some(read) = &mut record.read {
            read.reading = Some(side.reading);
            read.as_user_channel = side.sent;
        }
        record
    }

    /// The memberships that have the addresses of a binding. The first time, all members are looked through.
    pub(crate) fn bound_to(&self, binding: &NetworkBinding) -> Vec<u32> {
        let bindings = self.bindings.get_or_init(|| self.read_bindings());
        let key = (binding.address.clone(), binding.proxy_address.clone());
        let places = bindings.get(&key).into_iter().flatten();
        let edge = |(channel, member): &(u32, u128)| {
            let order = self.order_in_channel(*channel);
            order.binary_search_by_key(member, |(digits, _)| *digits).ok().map(|at| order[at].1)
        };
        places.filter_map(edge).collect()
    }

    fn read_bindings(&self) -> BoundMembers {
        let sql = "SELECT channel_sid, sid, extra FROM members WHERE extra LIKE '%\"messaging_binding\"%'";
        let mut bindings = BoundMembers::new();
        for (number, file) in self.files.iter().enumerate() {
            for (channel, member, binding) in file.rows(sql, [], rows::bound_member) {
                let channel = channel.and_then(|channel| self.channels.rank(channel));
                let (Some(channel), Some(member), Some(binding)) = (channel, member, binding) else {
                    continue;
                };
                if usize::from(self.deciding[channel as usize]) == number {
                    let key = (binding.address, binding.proxy_address);
                    bindings.entry(key).or_default().push((channel, member));
                }
            }
        }
        bindings
    }

    pub(crate) fn is_in_users_list(&self, edge: u32) -> bool {
        self.lists[edge as usize] & IN_USERS_LIST > 0
    }

    pub(crate) fn is_in_channels_list(&self, edge: u32) -> bool {
        self.lists[edge as usize] & IN_CHANNELS_LIST > 0
    }

    /// Whether Chat has it as a member: not who takes part from another network.
    pub(crate) fn is_in_chat(&self, edge: u32) -> bool {
        let channel = self.graph.channel(edge);
        let of_chat = self.files[usize::from(self.deciding[channel as usize])].api == ShownBy::Chat;
        self.graph.user(edge).is_some()
            || of_chat
            || self.with_member(edge, |member| member.identity.is_some()).unwrap_or_default()
    }

    fn list_of_user(&self, user: u32) -> Arc<Vec<ReadUserChannel>> {
        let read = || {
            let sql = format!("SELECT {} FROM user_channels WHERE user_sid = ?1", rows::USER_CHANNEL);
            let sid = self.user_sid(user);
            let mut all = Vec::new();
            for (number, file) in self.files.iter().enumerate() {
                let mut read = file.rows(&sql, [&sid], rows::user_channel);
                read.retain(|row| {
                    let deciding =
                        self.channels.rank(row.channel).map(|channel| self.deciding[channel as usize]);
                    row.status != "joined" || deciding.is_some_and(|deciding| usize::from(deciding) == number)
                });
                all.extend(read);
            }
            all.sort_by_key(|row| (row.channel, row.status != "joined"));
            all.dedup_by_key(|row| row.channel);
            all
        };
        self.recent.of_user.get(user, read, |list| list.len() + KEPT_LEAST)
    }

    fn row_of_user(&self, edge: u32) -> Option<ReadUserChannel> {
        let list = self.list_of_user(self.graph.user(edge)?);
        let channel = self.channels.digits(self.graph.channel(edge));
        list.binary_search_by_key(&channel, |row| row.channel).ok().map(|at| list[at].clone())
    }

    /// A membership as the list of its user has it.
    pub(crate) fn users_side(&self, edge: u32) -> UserSide {
        if let Some(row) = self.row_of_user(edge) {
            return UserSide {
                status: row.status,
                member: row.member,
                reading: row.reading,
                muted: row.muted,
                sent: row.sent,
            };
        }
        let member = self.member_of(edge);
        let index = member.as_ref().and_then(|member| member.index);
        let status = match self.graph.status(edge) {
            MembershipStatus::Joined => "joined",
            MembershipStatus::Invited => "invited",
            MembershipStatus::NotParticipating => "notParticipating",
            MembershipStatus::Unknown => "archived",
        };
        UserSide {
            status,
            member: member.map(|member| member.digits),
            reading: ReadPosition { index, unread: None },
            muted: false,
            sent: AsSent::default(),
        }
    }

    /// The invitations to a channel by their SIDs.
    pub(crate) fn invites(&self, channel: u32) -> Arc<Vec<InviteRecord>> {
        let read = || {
            let sql = format!("SELECT {} FROM invites WHERE channel_sid = ?1", rows::INVITE);
            let sid = self.channel_sid(channel);
            let mut invites: Vec<InviteRecord> =
                self.files.iter().flat_map(|file| file.rows(&sql, [&sid], rows::invite)).collect();
            invites.retain(|invite| invite.digits != 0);
            for invite in &mut invites {
                invite.user =
                    invite.identity.as_deref().and_then(|identity| self.user_with_identity(identity));
            }
            invites.sort_by_key(|invite| invite.digits);
            invites
        };
        self.recent.invites.get(channel, read, |list| list.len() + KEPT_LEAST)
    }

    fn message_keys(&self, channel: u32) -> Arc<MessageKeys> {
        let sid = self.channel_sid(channel);
        self.recent.messages.get(channel, || MessageKeys::read(&self.files, &sid), |keys| keys.len() + KEPT_LEAST)
    }

    /// How many messages Chat said that the channel has, or how many there are.
    pub(crate) fn message_count(&self, channel: u32) -> i64 {
        let count = || i64::try_from(self.message_keys(channel).len()).unwrap_or(i64::MAX);
        self.read_channel(channel).messages.unwrap_or_else(count)
    }

    /// How many messages have an index up to this one, as far as that is known.
    pub(crate) fn messages_through(&self, channel: u32, index: i64) -> i64 {
        self.message_keys(channel).through(index).unwrap_or_else(|| index.saturating_add(1))
    }

    /// The digits of a channel's messages, by index.
    pub(crate) fn message_digits(&self, channel: u32) -> Arc<[u128]> {
        self.message_keys(channel).digits()
    }

    /// The message at a position of the channel.
    pub(crate) fn message(&self, channel: u32, position: u32) -> MessageRecord {
        let sid = self.channel_sid(channel);
        self.message_keys(channel).message(&self.files, &sid, position)
    }

    /// The number of an invitation's user among the channel's invitations.
    pub(crate) fn invite_of(&self, channel: u32, user: u32) -> Option<u32> {
        let at = self.invites(channel).iter().position(|invite| invite.user == Some(user))?;
        u32::try_from(at).ok()
    }
}

/// What a channel is that users are in and no list has.
impl ReadChannel {
    fn unlisted(digits: u128) -> Self {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut record = ChannelRecord::named(String::new(), sid::text("CH", digits), now);
        record.digits = digits;
        record.unique_name = None;
        record.friendly_name = None;
        Self { record, members: None, messages: None }
    }
}
