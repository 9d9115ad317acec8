//! Ordered reads that stream: every record of an entity in its key's order, with the records it refers to.
//!
//! **Invariant:** memory does not grow with the data. One row is held at a time, and a bounded number of looked-up records.

use std::rc::Rc;

use rusqlite::Row;

use crate::model::{Channel, Entity, Invite, Member, Membership, Message, Role, RowRecords, Service, User};
use crate::snapshot::decode;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::messages;
use crate::snapshot::read::lookup::LookUp;
use crate::snapshot::read::reader::Snapshot;

/// What to walk: an entity, in its key's order, with the records it refers to.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// The records to walk.
    pub entity: Entity,
    /// The order of memberships; ignored for other entities.
    pub order: WalkOrder,
    /// Which of the records that each one refers to are wanted. What is not wanted is `None`.
    pub with: With,
}

/// The order of a walk over memberships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkOrder {
    /// By service SID, user SID, channel SID.
    ByUser,
    /// By service SID, channel SID, member SID (null first), user SID.
    ByChannel,
}

/// The referred records that a walk shall look up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct With {
    pub user: Lookup,
    pub channel: bool,
    pub member: Lookup,
    pub role: bool,
    /// By channel: also the members without a membership, each with its channel and role.
    pub other_members: bool,
}

/// Whether a user or member is looked up. Both have the identity; a lookup for it alone can nearly always be spared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lookup {
    /// Never.
    #[default]
    No,
    /// Where the other one of the two is not there or has no identity.
    ForIdentity,
    /// Always.
    Yes,
}

/// The records of the row that a walk is at; the ones that rows share are read once.
#[derive(Debug)]
pub(in crate::snapshot) struct WalkRow {
    pub(in crate::snapshot) service: Rc<Service>,
    pub(in crate::snapshot) membership: Option<Membership>,
    pub(in crate::snapshot) user: Option<Rc<User>>,
    pub(in crate::snapshot) channel: Option<Rc<Channel>>,
    pub(in crate::snapshot) member: Option<Rc<Member>>,
    pub(in crate::snapshot) role: Option<Rc<Role>>,
    pub(in crate::snapshot) invite: Option<Invite>,
    pub(in crate::snapshot) message: Option<Message>,
}

impl WalkRow {
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

    pub(in crate::snapshot) fn records(&self) -> RowRecords<'_> {
        RowRecords {
            service: &self.service,
            membership: self.membership.as_ref(),
            user: self.user.as_deref(),
            channel: self.channel.as_deref(),
            member: self.member.as_deref(),
            role: self.role.as_deref(),
            invite: self.invite.as_ref(),
            message: self.message.as_ref(),
        }
    }
}

impl Snapshot {
    /// Visits the records of every row in order; the visitor's error ends the walk.
    ///
    /// The record of the walked entity is always there, others where wanted and known. `role` is the member's role for
    /// memberships and members, the user's for users, the invite's for invites. Other entities than memberships are walked by
    /// service SID, then their own key: roles, users and channels by SID; members and invites by channel SID, then SID;
    /// messages by channel SID, index, SID.
    pub fn walk<E: From<SnapshotError>>(
        &self,
        walk: &Walk,
        visit: impl FnMut(&RowRecords<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.walk_within(*walk, None, visit)
    }

    /// [`Snapshot::walk`] over all services or one.
    pub(in crate::snapshot) fn walk_within<E: From<SnapshotError>>(
        &self,
        walk: Walk,
        only: Option<i64>,
        mut visit: impl FnMut(&RowRecords<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (number, service) in self.services()? {
            if only.is_some_and(|only| only != number) {
                continue;
            }
            let mut look_up = LookUp::new(self, number)?;
            let mut step = WalkRow::new(&Rc::new(service));
            match walk.entity {
                Entity::Service => visit(&step.records())?,
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
                    self.walk_memberships(walk, number, look_up, &mut step, &mut visit)?;
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
                Entity::Message => {
                    self.each(&messages::WALK, number, &mut visit, &mut step, |row, step| {
                        let message = messages::message(row, &self.scopes)?;
                        step.channel = look_up.channel_if(walk.with.channel, &message.channel_sid)?;
                        step.message = Some(message);
                        Ok(())
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Runs a query for one service; each row fills the step that is then visited.
    pub(in crate::snapshot) fn each<E: From<SnapshotError>>(
        &self,
        sql: &str,
        service: i64,
        visit: &mut impl FnMut(&RowRecords<'_>) -> Result<(), E>,
        step: &mut WalkRow,
        mut fill: impl FnMut(&Row<'_>, &mut WalkRow) -> rusqlite::Result<()>,
    ) -> Result<(), E> {
        let wrap = |source| E::from(SnapshotError::from_sqlite(self.path(), source));
        let mut statement = self.connection.prepare_cached(sql).map_err(wrap)?;
        let mut rows = statement.query([service]).map_err(wrap)?;
        while let Some(row) = rows.next().map_err(wrap)? {
            fill(row, step).map_err(wrap)?;
            visit(&step.records())?;
        }
        Ok(())
    }

    /// Every service, by its number.
    pub(in crate::snapshot) fn services(&self) -> Result<Vec<(i64, Service)>, SnapshotError> {
        let sql = format!("SELECT {}, s.id FROM service_row s ORDER BY s.sid", decode::SERVICE);
        let read = || {
            let mut statement = self.connection.prepare(&sql)?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(decode::SERVICE_COLUMNS)?, decode::service(row, &self.scopes)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| SnapshotError::from_sqlite(self.path(), source))
    }
}
