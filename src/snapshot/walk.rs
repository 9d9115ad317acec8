//! Ordered reads that stream: every record of an entity in its key's order, with the records it refers to.
//!
//! **Invariant:** memory does not grow with the data. One row is held at a time, and a bounded number of looked-up records.

use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use rusqlite::{CachedStatement, Row};

use super::decode;
use super::encode::bind;
use super::error::SnapshotError;
use super::reader::Snapshot;
use crate::model::{
    Channel, ChannelSid, Entity, Invite, Member, MemberSid, Membership, Message, Role, RoleSid, Service, User,
};

/// Looked-up records remembered between rows.
const REMEMBERED: usize = 4096;

/// What to walk: an entity, in its key's order, with the records it refers to.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// The records to walk.
    pub entity: Entity,
    /// The order of memberships; ignored for other entities.
    pub order: Order,
    /// Which of the records that each one refers to are wanted. What is not wanted is `None`.
    pub with: With,
}

/// The order of a walk over memberships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By service SID, user SID, channel SID.
    ByUser,
    /// By service SID, channel SID, member SID (null first), user SID.
    ByChannel,
}

/// The referred records that a walk shall look up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "each flag is the record its name says")]
pub struct With {
    pub user: bool,
    pub channel: bool,
    pub member: bool,
    pub role: bool,
}

/// One step of a walk: the record of the walked entity is always there, others where wanted and known.
///
/// `role` is the member's role for memberships and members, the user's for users, the invite's for invites. Other
/// entities than memberships are walked by service SID, then their own key: roles, users and channels by SID; members and
/// invites by channel SID, then SID.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is the record its name says")]
pub struct Step {
    pub service: Rc<Service>,
    pub membership: Option<Membership>,
    pub user: Option<Rc<User>>,
    pub channel: Option<Rc<Channel>>,
    pub member: Option<Rc<Member>>,
    pub role: Option<Rc<Role>>,
    pub invite: Option<Invite>,
    pub message: Option<Message>,
}

impl Step {
    fn new(service: &Rc<Service>) -> Self {
        Self {
            service: Rc::clone(service),
            membership: None,
            user: None,
            channel: None,
            member: None,
            role: None,
            invite: None,
            message: None,
        }
    }
}

impl Snapshot {
    /// Visits every step of a walk in order; the visitor's error ends it.
    pub fn walk<E: From<SnapshotError>>(
        &self,
        walk: &Walk,
        mut visit: impl FnMut(&Step) -> Result<(), E>,
    ) -> Result<(), E> {
        for (number, service) in self.services()? {
            let mut look_up = LookUp::new(self, number)?;
            let mut step = Step::new(&Rc::new(service));
            match walk.entity {
                Entity::Service => visit(&step)?,
                Entity::Role => {
                    let sql =
                        format!("SELECT {} FROM role_row r WHERE service = ?1 ORDER BY sid", decode::ROLE);
                    self.each(&sql, number, &mut visit, &mut step, |row, step| {
                        step.role = Some(Rc::new(decode::role(row, &self.scopes)?));
                        Ok(())
                    })?;
                }
                Entity::User => {
                    let sql = format!(
                        "SELECT {} FROM user_row u WHERE service = ?1 AND listed ORDER BY sid",
                        decode::USER
                    );
                    self.each(&sql, number, &mut visit, &mut step, |row, step| {
                        let user = decode::user(row, 0, &self.scopes)?;
                        step.role = look_up.role_if(walk.with.role, user.role_sid.as_ref())?;
                        step.user = Some(Rc::new(user));
                        Ok(())
                    })?;
                }
                Entity::Channel => {
                    let sql = format!(
                        "SELECT {} FROM channel_row c WHERE service = ?1 AND listed ORDER BY sid",
                        decode::CHANNEL
                    );
                    self.each(&sql, number, &mut visit, &mut step, |row, step| {
                        step.channel = Some(Rc::new(decode::channel(row, &self.scopes)?));
                        Ok(())
                    })?;
                }
                Entity::Membership => {
                    self.walk_memberships(*walk, number, &mut look_up, &mut step, &mut visit)?;
                }
                Entity::Member => {
                    let sql = format!(
                        "SELECT {} FROM channel_row c CROSS JOIN member_row x ON x.channel = c.id
                         WHERE c.service = ?1 ORDER BY c.sid, x.sid",
                        decode::MEMBER
                    );
                    self.each(&sql, number, &mut visit, &mut step, |row, step| {
                        let member = decode::member(row, &self.scopes)?;
                        step.channel = look_up.channel_if(walk.with.channel, &member.channel_sid)?;
                        step.role = look_up.role_if(walk.with.role, member.role_sid.as_ref())?;
                        step.member = Some(Rc::new(member));
                        Ok(())
                    })?;
                }
                Entity::Invite => {
                    let sql = format!(
                        "SELECT {} FROM channel_row c CROSS JOIN invite_row i ON i.channel = c.id
                         WHERE c.service = ?1 ORDER BY c.sid, i.sid",
                        decode::INVITE
                    );
                    self.each(&sql, number, &mut visit, &mut step, |row, step| {
                        let invite = decode::invite(row, &self.scopes)?;
                        step.channel = look_up.channel_if(walk.with.channel, &invite.channel_sid)?;
                        step.role = look_up.role_if(walk.with.role, invite.role_sid.as_ref())?;
                        step.invite = Some(invite);
                        Ok(())
                    })?;
                }
                Entity::Message => {} // no crawl stores messages
            }
        }
        Ok(())
    }

    fn walk_memberships<E: From<SnapshotError>>(
        &self,
        walk: Walk,
        number: i64,
        look_up: &mut LookUp<'_>,
        step: &mut Step,
        visit: &mut impl FnMut(&Step) -> Result<(), E>,
    ) -> Result<(), E> {
        let with = walk.with;
        let by_user = walk.order == Order::ByUser;
        let columns = if with.user { decode::USER } else { "NULL" };
        let (from, order) = if by_user {
            // CROSS JOIN keeps SQLite to this order of loops: users as their index has them, then their rows.
            (
                "user_row u CROSS JOIN membership_row m ON m.user = u.id WHERE u.service = ?1",
                "u.sid, m.channel_sid",
            )
        } else {
            (
                "membership_row m CROSS JOIN user_row u ON u.id = m.user WHERE m.service = ?1",
                "m.channel_sid, m.member_sid, u.sid",
            )
        };
        let sql = format!("SELECT {}, {columns}, m.user FROM {from} ORDER BY {order}", decode::MEMBERSHIP);
        let user_number_at = decode::MEMBERSHIP_COLUMNS + if with.user { decode::USER_COLUMNS } else { 1 };
        let mut last_user = None;
        self.each(&sql, number, visit, step, |row, step| {
            let membership = decode::membership(row, &self.scopes)?;
            if with.user {
                let user: i64 = row.get(user_number_at)?;
                if last_user != Some(user) {
                    step.user = Some(Rc::new(decode::user(row, decode::MEMBERSHIP_COLUMNS, &self.scopes)?));
                    last_user = Some(user);
                }
            }
            step.channel = look_up.channel_if(with.channel, &membership.channel_sid)?;
            if with.member || with.role {
                let member = match &membership.member_sid {
                    Some(member) => look_up.member(&membership.channel_sid, member)?,
                    None => None,
                };
                let role = member.as_ref().and_then(|member| member.role_sid.as_ref());
                step.role = look_up.role_if(with.role, role)?;
                step.member = member;
            }
            step.membership = Some(membership);
            Ok(())
        })
    }

    /// Runs a query for one service; each row fills the step that is then visited.
    fn each<E: From<SnapshotError>>(
        &self,
        sql: &str,
        service: i64,
        visit: &mut impl FnMut(&Step) -> Result<(), E>,
        step: &mut Step,
        mut fill: impl FnMut(&Row<'_>, &mut Step) -> rusqlite::Result<()>,
    ) -> Result<(), E> {
        let wrap = |source| E::from(SnapshotError::from_sqlite(self.path(), source));
        let mut statement = self.connection.prepare_cached(sql).map_err(wrap)?;
        let mut rows = statement.query([service]).map_err(wrap)?;
        while let Some(row) = rows.next().map_err(wrap)? {
            fill(row, step).map_err(wrap)?;
            visit(step)?;
        }
        Ok(())
    }

    fn services(&self) -> Result<Vec<(i64, Service)>, SnapshotError> {
        let sql = format!("SELECT {}, s.id FROM service_row s ORDER BY s.sid", decode::SERVICE);
        let read = || {
            let mut statement = self.connection.prepare(&sql)?;
            let rows =
                statement.query_map([], |row| Ok((row.get(22)?, decode::service(row, &self.scopes)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| SnapshotError::from_sqlite(self.path(), source))
    }
}

/// Finds referred records, remembering a bounded number of them.
struct LookUp<'s> {
    snapshot: &'s Snapshot,
    service: i64,
    roles: HashMap<RoleSid, Option<Rc<Role>>>,
    channels: HashMap<ChannelSid, Option<Rc<Channel>>>,
    role: CachedStatement<'s>,
    channel: CachedStatement<'s>,
    member: CachedStatement<'s>,
}

impl<'s> LookUp<'s> {
    fn new(snapshot: &'s Snapshot, service: i64) -> Result<Self, SnapshotError> {
        let wrap = |source| SnapshotError::from_sqlite(snapshot.path(), source);
        let prepare = |sql: String| snapshot.connection.prepare_cached(&sql).map_err(wrap);
        Ok(Self {
            snapshot,
            service,
            roles: HashMap::new(),
            channels: HashMap::new(),
            role: prepare(format!(
                "SELECT {} FROM role_row r WHERE service = ?1 AND sid = ?2",
                decode::ROLE
            ))?,
            channel: prepare(format!(
                "SELECT {} FROM channel_row c WHERE service = ?1 AND sid = ?2 AND listed",
                decode::CHANNEL
            ))?,
            member: prepare(format!(
                "SELECT {} FROM channel_row c CROSS JOIN member_row x ON x.channel = c.id
                 WHERE c.service = ?1 AND c.sid = ?2 AND x.sid = ?3",
                decode::MEMBER
            ))?,
        })
    }

    fn role_if(&mut self, wanted: bool, sid: Option<&RoleSid>) -> rusqlite::Result<Option<Rc<Role>>> {
        let Some(sid) = sid.filter(|_| wanted) else { return Ok(None) };
        let (statement, service, scopes) = (&mut self.role, self.service, &self.snapshot.scopes);
        remember(&mut self.roles, sid, || {
            bind!(*statement, service, sid);
            statement.raw_query().next()?.map(|row| decode::role(row, scopes)).transpose()
        })
    }

    fn channel_if(&mut self, wanted: bool, sid: &ChannelSid) -> rusqlite::Result<Option<Rc<Channel>>> {
        if !wanted {
            return Ok(None);
        }
        let (statement, service, scopes) = (&mut self.channel, self.service, &self.snapshot.scopes);
        remember(&mut self.channels, sid, || {
            bind!(*statement, service, sid);
            statement.raw_query().next()?.map(|row| decode::channel(row, scopes)).transpose()
        })
    }

    /// A member is met once in a walk, so it is not remembered.
    fn member(&mut self, channel: &ChannelSid, sid: &MemberSid) -> rusqlite::Result<Option<Rc<Member>>> {
        bind!(self.member, self.service, channel, sid);
        let scopes = &self.snapshot.scopes;
        let found = self.member.raw_query().next()?.map(|row| decode::member(row, scopes)).transpose()?;
        Ok(found.map(Rc::new))
    }
}

fn remember<K: Clone + Eq + Hash, V>(
    known: &mut HashMap<K, Option<Rc<V>>>,
    key: &K,
    find: impl FnOnce() -> rusqlite::Result<Option<V>>,
) -> rusqlite::Result<Option<Rc<V>>> {
    if let Some(found) = known.get(key) {
        return Ok(found.clone());
    }
    let found = find()?.map(Rc::new);
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(key.clone(), found.clone());
    Ok(found)
}
