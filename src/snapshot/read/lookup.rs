//! Looks up the records that a walk's rows refer to.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::rc::Rc;

use rusqlite::CachedStatement;

use crate::model::{Channel, ChannelSid, Member, MemberSid, Role, RoleSid, User};
use crate::snapshot::columns::StoredRecord as _;
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;

/// Members read ahead in a walk by channel. Their attributes are at most 4 KB each.
const AHEAD: usize = 256;

/// Looked-up records remembered between rows: roles and channels, some hundred bytes each.
const REMEMBERED: usize = 32_768;

/// Bytes of attributes among them. A channel may have 16 KB of attributes, so their number is not a bound.
const REMEMBERED_BYTES: usize = 16 << 20;

/// Finds referred records, remembering a bounded number of them.
pub(in crate::snapshot) struct LookUp<'s> {
    snapshot: &'s Snapshot,
    service: i64,
    roles: LookupCache<RoleSid, Role>,
    channels: LookupCache<ChannelSid, Channel>,
    role: CachedStatement<'s>,
    channel: CachedStatement<'s>,
    channel_number: CachedStatement<'s>,
    last_channel: Option<(ChannelSid, i64)>,
    member: CachedStatement<'s>,
    next_members: CachedStatement<'s>,
    /// Members of `last_channel` that a walk by channel has not come to yet.
    ahead: VecDeque<Rc<Member>>,
    user: CachedStatement<'s>,
}

impl<'s> LookUp<'s> {
    pub(in crate::snapshot) fn new(snapshot: &'s Snapshot, service: i64) -> Result<Self, SnapshotError> {
        let wrap = |source| SnapshotError::from_sqlite(snapshot.path(), source);
        let prepare = |sql: String| snapshot.connection.prepare_cached(&sql).map_err(wrap);
        Ok(Self {
            snapshot,
            service,
            roles: LookupCache::new(),
            channels: LookupCache::new(),
            role: prepare(format!(
                "SELECT {} FROM role_row r WHERE service = ?1 AND sid = ?2",
                Role::SELECT
            ))?,
            channel: prepare(format!(
                "SELECT {} FROM channel_row c WHERE service = ?1 AND sid = ?2 AND listed",
                Channel::SELECT
            ))?,
            channel_number: prepare("SELECT id FROM channel_row WHERE service = ?1 AND sid = ?2".to_owned())?,
            last_channel: None,
            // The channel's SID is known already, so its row need not be read for it.
            member: prepare(format!(
                "SELECT {} FROM member_row x WHERE x.channel = ?1 AND x.sid = ?2",
                Member::SELECT.replace("c.sid", "?3")
            ))?,
            next_members: prepare(format!(
                "SELECT {} FROM member_row x WHERE x.channel = ?1 AND x.sid >= ?2 ORDER BY x.sid LIMIT {AHEAD}",
                Member::SELECT.replace("c.sid", "?3")
            ))?,
            ahead: VecDeque::new(),
            user: prepare(format!("SELECT {} FROM user_row u WHERE id = ?1", User::SELECT))?,
        })
    }

    pub(in crate::snapshot) fn role_if(
        &mut self,
        wanted: bool,
        sid: Option<&RoleSid>,
    ) -> rusqlite::Result<Option<Rc<Role>>> {
        let Some(sid) = sid.filter(|_| wanted) else { return Ok(None) };
        let (statement, service, scopes) = (&mut self.role, self.service, &self.snapshot.scopes);
        self.roles.or_find(sid, || {
            bind!(*statement, service, sid);
            statement.raw_query().next()?.map(|row| Role::read(row, 0, scopes)).transpose()
        })
    }

    pub(in crate::snapshot) fn channel_if(
        &mut self,
        wanted: bool,
        sid: &ChannelSid,
    ) -> rusqlite::Result<Option<Rc<Channel>>> {
        if !wanted {
            return Ok(None);
        }
        let (statement, service, scopes) = (&mut self.channel, self.service, &self.snapshot.scopes);
        self.channels.or_find(sid, || {
            bind!(*statement, service, sid);
            statement.raw_query().next()?.map(|row| Channel::read(row, 0, scopes)).transpose()
        })
    }

    /// A member is met once in a walk, so it is not remembered.
    pub(in crate::snapshot) fn member(
        &mut self,
        channel: &ChannelSid,
        sid: &MemberSid,
    ) -> rusqlite::Result<Option<Rc<Member>>> {
        let Some(number) = self.channel_number(channel)? else { return Ok(None) };
        bind!(self.member, number, sid, channel);
        let scopes = &self.snapshot.scopes;
        let found = self.member.raw_query().next()?.map(|row| Member::read(row, 0, scopes)).transpose()?;
        Ok(found.map(Rc::new))
    }

    /// [`Self::member`] for a walk that asks in the order of channels and members: reads some members ahead, which costs a
    /// fraction of looking each one up.
    pub(in crate::snapshot) fn member_in_order(
        &mut self,
        channel: &ChannelSid,
        sid: &MemberSid,
    ) -> rusqlite::Result<Option<Rc<Member>>> {
        if self.last_channel.as_ref().is_none_or(|(last, _)| last != channel) {
            self.ahead.clear();
        }
        let Some(number) = self.channel_number(channel)? else { return Ok(None) };
        while self.ahead.front().is_some_and(|member| member.sid < *sid) {
            self.ahead.pop_front();
        }
        if self.ahead.is_empty() {
            bind!(self.next_members, number, sid, channel);
            let scopes = &self.snapshot.scopes;
            let mut rows = self.next_members.raw_query();
            while let Some(row) = rows.next()? {
                self.ahead.push_back(Rc::new(Member::read(row, 0, scopes)?));
            }
        }
        Ok(self.ahead.front().filter(|member| member.sid == *sid).cloned())
    }

    /// A channel's number. By channel, thousands of rows in a row ask for the same one.
    fn channel_number(&mut self, channel: &ChannelSid) -> rusqlite::Result<Option<i64>> {
        if let Some((last, number)) = &self.last_channel
            && last == channel
        {
            return Ok(Some(*number));
        }
        bind!(self.channel_number, self.service, channel);
        let number = self.channel_number.raw_query().next()?.map(|row| row.get(0)).transpose()?;
        self.last_channel = number.map(|number| (channel.clone(), number));
        Ok(number)
    }

    /// Asked for by the few rows that have no other identity, so it is not remembered.
    pub(in crate::snapshot) fn user(&mut self, number: i64) -> rusqlite::Result<Option<Rc<User>>> {
        bind!(self.user, number);
        let scopes = &self.snapshot.scopes;
        let found = self.user.raw_query().next()?.map(|row| User::read(row, 0, scopes)).transpose()?;
        Ok(found.map(Rc::new))
    }
}

/// Records found, so that the next row need not find them again. Holds the first ones, up to a number and a size, and the last one.
///
/// **Why the first ones:** rows by user ask for channels in no order. Where there are more than can be held, whichever are held save the
/// same share of the lookups. Rows by channel ask for the last one.
struct LookupCache<K, V> {
    found: HashMap<K, Option<Rc<V>>>,
    bytes: usize,
    last: Option<(K, Option<Rc<V>>)>,
}

impl<K: Clone + Eq + Hash, V: Weigh> LookupCache<K, V> {
    fn new() -> Self {
        Self { found: HashMap::new(), bytes: 0, last: None }
    }

    fn or_find(
        &mut self,
        key: &K,
        find: impl FnOnce() -> rusqlite::Result<Option<V>>,
    ) -> rusqlite::Result<Option<Rc<V>>> {
        if let Some((_, found)) = self.last.as_ref().filter(|(last, _)| last == key) {
            return Ok(found.clone());
        }
        let found = if let Some(found) = self.found.get(key) {
            found.clone()
        } else {
            let found = find()?.map(Rc::new);
            let bytes = self.bytes + found.as_ref().map_or(0, |found| found.weight());
            if self.found.len() < REMEMBERED && bytes <= REMEMBERED_BYTES {
                self.found.insert(key.clone(), found.clone());
                self.bytes = bytes;
            }
            found
        };
        self.last = Some((key.clone(), found.clone()));
        Ok(found)
    }
}

/// A record whose size may be large.
trait Weigh {
    /// Bytes of its longest texts.
    fn weight(&self) -> usize;
}

impl Weigh for Channel {
    fn weight(&self) -> usize {
        self.attributes.as_ref().map_or(0, String::len)
    }
}

impl Weigh for Role {
    fn weight(&self) -> usize {
        self.permissions.iter().flatten().map(String::len).sum()
    }
}
