//! The participants of one channel: the users' side (memberships) paired with the channel's side (members).
//!
//! **Invariant:** nothing that either side has is left out, and rows are streamed: both sides are in the order of member SIDs and
//! are merged.

use std::rc::Rc;

use rusqlite::Row;

use crate::model::{ChannelSid, Invite, Member, Membership, Role, User};
use crate::snapshot::columns::StoredRecord as _;
use crate::snapshot::encode::bind_two;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::lookup::LookUp;
use crate::snapshot::read::service_view::ServiceView;
use crate::snapshot::read::walk_row::Lookup;

/// One user or participant on a channel. At least one of membership and member is there.
#[derive(Debug)]
pub struct Participation {
    /// What the user's side says: status, notification level, read index.
    pub membership: Option<Membership>,
    /// The user, where wanted and known.
    pub user: Option<Rc<User>>,
    /// What the channel's side says: identity, role, attributes, dates.
    pub member: Option<Member>,
    /// The member's role, where wanted and known.
    pub role: Option<Rc<Role>>,
}

/// The records that [`ServiceView::participations`] shall look up.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParticipationWith {
    pub user: Lookup,
    /// The member's role.
    pub role: bool,
}

pub(in crate::snapshot) fn participations<E: From<SnapshotError>>(
    view: &ServiceView<'_>,
    channel: &ChannelSid,
    with: ParticipationWith,
    visit: &mut dyn FnMut(&Participation) -> Result<(), E>,
) -> Result<(), E> {
    let wrap = |source| E::from(SnapshotError::from_sqlite(view.snapshot.path(), source));
    let scopes = &view.snapshot.scopes;
    // Created for the first that needs it: in most channels none does.
    let mut look_up: Option<LookUp<'_>> = None;
    let mut participation = |membership: Option<(Membership, i64)>, member: Option<Member>| {
        let identity = member.as_ref().is_some_and(|member| member.identity.is_some());
        let wanted = with.user == Lookup::Yes || with.user == Lookup::ForIdentity && !identity;
        let (mut user, mut role) = (None, None);
        let user_number = membership.as_ref().map(|(_, number)| *number).filter(|_| wanted);
        if user_number.is_some() || with.role {
            let look_up = match &mut look_up {
                Some(look_up) => look_up,
                none => none.insert(LookUp::new(view.snapshot, view.number)?),
            };
            if let Some(number) = user_number {
                user = look_up.user(number).map_err(wrap)?;
            }
            let sid = member.as_ref().and_then(|member| member.role_sid.as_ref());
            role = look_up.role_if(with.role, sid).map_err(wrap)?;
        }
        visit(&Participation { membership: membership.map(|(membership, _)| membership), user, member, role })
    };
    let of_row = |row: &Row<'_>| -> rusqlite::Result<(Membership, i64)> {
        Ok((Membership::read(row, 0, scopes)?, row.get(Membership::COLUMNS)?))
    };
    let select = format!("SELECT {}, m.user", Membership::SELECT);
    let from = if view.indexed {
        "FROM membership_row m INDEXED BY membership_by_channel
         CROSS JOIN user_row u INDEXED BY user_sid_by_id ON u.id = m.user
         WHERE m.service = ?1 AND m.channel_sid = ?2"
    } else {
        "FROM temp.by_channel s CROSS JOIN membership_row m ON m.user = s.user AND m.channel_sid = s.channel_sid
         CROSS JOIN user_row u ON u.id = m.user WHERE s.service = ?1 AND s.channel_sid = ?2"
    };
    let prepare = |sql: &str| view.snapshot.connection.prepare_cached(sql).map_err(wrap);

    let mut strangers = prepare(&format!("{select} {from} AND m.member_sid IS NULL ORDER BY u.sid"))?;
    bind_two(&mut strangers, view.number, channel).map_err(wrap)?;
    let mut rows = strangers.raw_query();
    while let Some(row) = rows.next().map_err(wrap)? {
        participation(Some(of_row(row).map_err(wrap)?), None)?;
    }
    drop(rows);

    let mut by_user =
        prepare(&format!("{select} {from} AND m.member_sid IS NOT NULL ORDER BY m.member_sid, m.user"))?;
    let mut by_channel = prepare(&format!(
        "SELECT {} FROM channel_row c CROSS JOIN member_row x ON x.channel = c.id
         WHERE c.service = ?1 AND c.sid = ?2 ORDER BY x.sid",
        Member::SELECT
    ))?;
    bind_two(&mut by_user, view.number, channel).map_err(wrap)?;
    bind_two(&mut by_channel, view.number, channel).map_err(wrap)?;
    let (mut memberships, mut members) = (by_user.raw_query(), by_channel.raw_query());
    let mut next_membership = || memberships.next().and_then(|row| row.map(of_row).transpose()).map_err(wrap);
    let mut next_member = || {
        members.next().and_then(|row| row.map(|row| Member::read(row, 0, scopes)).transpose()).map_err(wrap)
    };
    let (mut left, mut right) = (next_membership()?, next_member()?);
    loop {
        let order = match (&left, &right) {
            (None, None) => return Ok(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((membership, _)), Some(member)) => membership.member_sid.as_ref().cmp(&Some(&member.sid)),
        };
        let membership = if order.is_le() { left.take() } else { None };
        let member = if order.is_ge() { right.take() } else { None };
        participation(membership, member)?;
        if order.is_le() {
            left = next_membership()?;
        }
        if order.is_ge() {
            right = next_member()?;
        }
    }
}

pub(in crate::snapshot) fn invites<E: From<SnapshotError>>(
    view: &ServiceView<'_>,
    channel: &ChannelSid,
    visit: &mut dyn FnMut(&Invite) -> Result<(), E>,
) -> Result<(), E> {
    let wrap = |source| E::from(SnapshotError::from_sqlite(view.snapshot.path(), source));
    let sql = format!(
        "SELECT {} FROM channel_row c CROSS JOIN invite_row i ON i.channel = c.id
         WHERE c.service = ?1 AND c.sid = ?2 ORDER BY i.sid",
        Invite::SELECT
    );
    let mut statement = view.snapshot.connection.prepare_cached(&sql).map_err(wrap)?;
    bind_two(&mut statement, view.number, channel).map_err(wrap)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(wrap)? {
        visit(&Invite::read(row, 0, &view.snapshot.scopes).map_err(wrap)?)?;
    }
    Ok(())
}
