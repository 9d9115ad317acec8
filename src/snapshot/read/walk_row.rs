//! What a walk is asked for, and the row that it is at.

use std::rc::Rc;

use rusqlite::Row;

use crate::model::{
    Binding, Channel, Entity, Invite, Member, Membership, Message, Role, RowRecords, Service, User,
};
use crate::snapshot::error::SnapshotError;
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

/// Whether a user or member is looked up. Both have the identity, so a lookup only for the identity is rarely needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lookup {
    /// Never.
    #[default]
    No,
    /// Where the other one of the two is missing or has no identity.
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
    pub(in crate::snapshot) binding: Option<Binding>,
}

impl WalkRow {
    pub(in crate::snapshot) fn new(service: &Rc<Service>) -> Self {
        Self {
            service: Rc::clone(service),
            membership: None,
            user: None,
            channel: None,
            member: None,
            role: None,
            invite: None,
            message: None,
            binding: None,
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
            binding: self.binding.as_ref(),
        }
    }
}

/// Runs a query for one service; each row fills the step that is then visited.
pub(in crate::snapshot) fn each<E: From<SnapshotError>>(
    snapshot: &Snapshot,
    sql: &str,
    service: i64,
    visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), E>,
    step: &mut WalkRow,
    fill: &mut dyn FnMut(&Row<'_>, &mut WalkRow) -> rusqlite::Result<()>,
) -> Result<(), E> {
    let wrap = |source| E::from(SnapshotError::from_sqlite(snapshot.path(), source));
    let mut statement = snapshot.connection.prepare_cached(sql).map_err(wrap)?;
    let mut rows = statement.query([service]).map_err(wrap)?;
    while let Some(row) = rows.next().map_err(wrap)? {
        fill(row, step).map_err(wrap)?;
        visit(&step.records())?;
    }
    Ok(())
}
