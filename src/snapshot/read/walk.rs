//! Ordered reads that stream: every record of an entity in its key's order, with the records it refers to.
//!
//! **Invariant:** memory does not grow with the data. One row is held at a time, and a bounded number of looked-up records.

use std::rc::Rc;
use std::sync::LazyLock;

use crate::model::{Binding, Channel, Entity, Invite, Member, Message, Role, RowRecords, User};
use crate::snapshot::columns::StoredRecord;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::lookup::LookUp;
use crate::snapshot::read::memberships;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::read::walk_row::{Walk, WalkRow, each};

/// Messages in the order of a walk. `CROSS JOIN` keeps SQLite to it: channels as their index has them, then their rows.
static MESSAGES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM channel_row c CROSS JOIN message_row x ON x.channel = c.id
         WHERE c.service = ?1 ORDER BY c.sid, x.position, x.sid",
        Message::SELECT
    )
});

/// Visits the records of every row in order; the visitor's error ends the walk.
///
/// The record of the walked entity is always there, others where wanted and known. `role` is the member's role for
/// memberships and members, the user's for users, the invite's for invites. Other entities than memberships are walked by
/// service SID, then their own key: roles, users, channels and bindings by SID; members and invites by channel SID, then SID;
/// messages by channel SID, index, SID.
///
/// Over all services, or over the one of this number.
pub(in crate::snapshot) fn walk<E: From<SnapshotError>>(
    snapshot: &Snapshot,
    walk: Walk,
    only: Option<i64>,
    visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), E>,
) -> Result<(), E> {
    for (number, service) in snapshot.services()? {
        if only.is_some_and(|only| only != number) {
            continue;
        }
        let mut look_up = LookUp::new(snapshot, number)?;
        let mut step = WalkRow::new(&Rc::new(service));
        match walk.entity {
            Entity::Service => visit(&step.records())?,
            Entity::Role => {
                let sql = format!("SELECT {} FROM role_row r WHERE service = ?1 ORDER BY sid", Role::SELECT);
                each(snapshot, &sql, number, visit, &mut step, &mut |row, step| {
                    step.role = Some(Rc::new(Role::read(row, 0, &snapshot.scopes)?));
                    Ok(())
                })?;
            }
            Entity::User => {
                let sql = format!(
                    "SELECT {} FROM user_row u WHERE service = ?1 AND listed ORDER BY sid",
                    User::SELECT
                );
                each(snapshot, &sql, number, visit, &mut step, &mut |row, step| {
                    let user = User::read(row, 0, &snapshot.scopes)?;
                    step.role = look_up.role_if(walk.with.role, user.role_sid.as_ref())?;
                    step.user = Some(Rc::new(user));
                    Ok(())
                })?;
            }
            Entity::Channel => {
                let sql = format!(
                    "SELECT {} FROM channel_row c WHERE service = ?1 AND listed ORDER BY sid",
                    Channel::SELECT
                );
                each(snapshot, &sql, number, visit, &mut step, &mut |row, step| {
                    step.channel = Some(Rc::new(Channel::read(row, 0, &snapshot.scopes)?));
                    Ok(())
                })?;
            }
            Entity::Membership => {
                memberships::walk(snapshot, walk, number, look_up, &mut step, visit)?;
            }
            Entity::Member => {
                each(snapshot, &in_channels::<Member>("x"), number, visit, &mut step, &mut |row, step| {
                    let member = Member::read(row, 0, &snapshot.scopes)?;
                    step.channel = look_up.channel_if(walk.with.channel, &member.channel_sid)?;
                    step.role = look_up.role_if(walk.with.role, member.role_sid.as_ref())?;
                    step.member = Some(Rc::new(member));
                    Ok(())
                })?;
            }
            Entity::Invite => {
                each(snapshot, &in_channels::<Invite>("i"), number, visit, &mut step, &mut |row, step| {
                    let invite = Invite::read(row, 0, &snapshot.scopes)?;
                    step.channel = look_up.channel_if(walk.with.channel, &invite.channel_sid)?;
                    step.role = look_up.role_if(walk.with.role, invite.role_sid.as_ref())?;
                    step.invite = Some(invite);
                    Ok(())
                })?;
            }
            Entity::Message => {
                each(snapshot, &MESSAGES, number, visit, &mut step, &mut |row, step| {
                    let message = Message::read(row, 0, &snapshot.scopes)?;
                    step.channel = look_up.channel_if(walk.with.channel, &message.channel_sid)?;
                    step.message = Some(message);
                    Ok(())
                })?;
            }
            Entity::Binding => {
                let sql =
                    format!("SELECT {} FROM binding_row b WHERE service = ?1 ORDER BY sid", Binding::SELECT);
                each(snapshot, &sql, number, visit, &mut step, &mut |row, step| {
                    step.binding = Some(Binding::read(row, 0, &snapshot.scopes)?);
                    Ok(())
                })?;
            }
        }
    }
    Ok(())
}

/// Rows of channels' lists by channel SID and SID. `CROSS JOIN` keeps SQLite to that order of loops.
fn in_channels<T: StoredRecord>(alias: &str) -> String {
    format!(
        "SELECT {} FROM channel_row c CROSS JOIN {} {alias} ON {alias}.channel = c.id
         WHERE c.service = ?1 ORDER BY c.sid, {alias}.sid",
        T::SELECT,
        T::TABLE
    )
}
