//! A service as a snapshot has it, or two snapshots of the same service: what the one lacks of it the other says.
//!
//! Rows are read when an answer needs them; those of memberships in `lists`. Of a service that both a source and a target reading have, the target reading has the
//! last word on what Conversations shows: it is the later one, and a plan is of it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::bindings::LoadedBindings;
use super::file::LoadedFile;
use super::messages::MessageKeys;
use super::recent::Recent;
use super::rows::{self, ChannelList, ReadChannel, ReadUserChannel};
use super::settings::ReadSettings;
use crate::simulator::data::as_sent::{AsSent, ShownBy};
use crate::simulator::data::graph::Graph;
use crate::simulator::data::record::{
    BindingRecord, ChannelRecord, InviteRecord, MessageRecord, RoleRecord, UserRecord,
};
use crate::simulator::data::sid;
use crate::simulator::data::sids::Sids;

/// How much of what was read is kept: users, channels; and of lists, their rows.
const KEPT_RECORDS: usize = 512;
const KEPT_ROWS: usize = 8_192;
/// What a list counts for beyond its rows, so that no great number of short lists is looked through.
pub(super) const KEPT_LEAST: usize = 8;
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
    pub(super) devices: LoadedBindings,
}

/// Address and proxy address → channels and members.
pub(super) type BoundMembers = HashMap<(Option<String>, Option<String>), Vec<(u32, u128)>>;

#[derive(Debug)]
pub(super) struct RecentlyRead {
    users: Recent<(UserRecord, Option<i64>)>,
    channels: Recent<ReadChannel>,
    pub(super) of_channel: Recent<ChannelList>,
    pub(super) of_user: Recent<Vec<ReadUserChannel>>,
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

    pub(super) fn user_sid(&self, user: u32) -> String {
        self.users.text(user)
    }

    pub(super) fn channel_sid(&self, channel: u32) -> String {
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
        let mut digits = self.files.iter().flat_map(found).flatten();
        digits.find_map(|digits| self.users.rank(digits))
    }

    pub(super) fn read_channel(&self, channel: u32) -> Arc<ReadChannel> {
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

    /// Digits and ids of the push notification bindings in SID order: all, or those of these identities.
    pub(crate) fn bindings(&self, identities: &[&str]) -> Arc<[(u128, u32)]> {
        self.devices.order(identities)
    }

    pub(crate) fn binding(&self, binding: u32) -> Option<BindingRecord> {
        let mut record = self.devices.record(binding)?;
        record.user = record.identity.as_deref().and_then(|identity| self.user_with_identity(identity));
        Some(record)
    }

    fn message_keys(&self, channel: u32) -> Arc<MessageKeys> {
        let sid = self.channel_sid(channel);
        self.recent.messages.get(
            channel,
            || MessageKeys::read(&self.files, &sid),
            |keys| keys.len() + KEPT_LEAST,
        )
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
