//! The two walks over memberships, by user and by channel: the longest reads of an export.
//!
//! By user, rows are in the order of their table. By channel, they are read from an index that holds the entire row, so that none is
//! looked up separately: a random access for each row costs ten times as much.

use std::rc::Rc;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::model::{ChannelSid, Member, Membership, RowRecords, User};
use crate::snapshot::columns::StoredRecord as _;
use crate::snapshot::encode::{bind_two, required};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::lookup::LookUp;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::read::walk_row::{Lookup, Walk, WalkOrder, WalkRow, With, each};
use crate::snapshot::scopes::Scopes;

/// Where [`Membership::SELECT`] has the channel and the member.
const CHANNEL_SID: usize = 0;
const MEMBER_SID: usize = 2;

/// One walk over the memberships of a service.
struct MembershipWalk<'s, 'w> {
    snapshot: &'s Snapshot,
    walk: Walk,
    service: i64,
    filler: Filler<'s>,
    step: &'w mut WalkRow,
}

pub(in crate::snapshot) fn walk<'s, E: From<SnapshotError>>(
    snapshot: &'s Snapshot,
    walk: Walk,
    service: i64,
    look_up: LookUp<'s>,
    step: &mut WalkRow,
    visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let filler = Filler::new(walk, look_up, &snapshot.scopes);
    let mut memberships = MembershipWalk { snapshot, walk, service, filler, step };
    if walk.order == WalkOrder::ByChannel && walk.with.other_members {
        return memberships.with_other_members(visit);
    }
    memberships.only(visit)
}

impl MembershipWalk<'_, '_> {
    /// Merges the members without a membership into the walk: participants by SMS or another network, and members whose user
    /// is not in the snapshot.
    fn with_other_members<E: From<SnapshotError>>(
        &mut self,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (snapshot, walk, service) = (self.snapshot, self.walk, self.service);
        let wrap = |source| E::from(SnapshotError::from_sqlite(snapshot.path(), source));
        let of_service = Rc::clone(&self.step.service);
        // Without the index, a set of all memberships is made once instead of a search for each member.
        let has_no_membership = if snapshot.is_indexed()? {
            "NOT EXISTS (SELECT 1 FROM membership_row m INDEXED BY membership_by_channel
               WHERE m.service = ?1 AND m.channel_sid = c.sid AND m.member_sid = x.sid)"
        } else {
            "(c.sid, x.sid) NOT IN (SELECT channel_sid, member_sid FROM membership_row
               WHERE service = ?1 AND member_sid IS NOT NULL)"
        };
        let sql = format!(
            "SELECT {} FROM channel_row c CROSS JOIN member_row x ON x.channel = c.id
             WHERE c.service = ?1 AND {has_no_membership} ORDER BY c.sid, x.sid",
            Member::SELECT
        );
        let mut statement = snapshot.connection.prepare_cached(&sql).map_err(wrap)?;
        let rows = statement.query([service]).map_err(wrap)?;
        let look_up_of_others = LookUp::new(snapshot, service)?;
        let mut others = OtherMembers { rows, next: None, look_up: look_up_of_others };
        others.advance(&snapshot.scopes).map_err(wrap)?;
        let mut visit_before = |end: Option<&Membership>,
                                visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), E>|
         -> Result<(), E> {
            while let Some(member) = others.take_before(end) {
                let channel =
                    others.look_up.channel_if(walk.with.channel, &member.channel_sid).map_err(wrap)?;
                let role = others.look_up.role_if(walk.with.role, member.role_sid.as_ref()).map_err(wrap)?;
                visit(&RowRecords {
                    channel: channel.as_deref(),
                    member: Some(&member),
                    role: role.as_deref(),
                    ..RowRecords::of_service(&of_service)
                })?;
                others.advance(&snapshot.scopes).map_err(wrap)?;
            }
            Ok(())
        };
        self.only(&mut |records: &RowRecords<'_>| {
            visit_before(records.membership, visit)?;
            visit(records)
        })?;
        visit_before(None, visit)
    }

    fn only<E: From<SnapshotError>>(
        &mut self,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { snapshot, walk, service, filler, step } = self;
        let (snapshot, service, select) = (*snapshot, *service, filler.select());
        if walk.order == WalkOrder::ByUser {
            // CROSS JOIN keeps SQLite to this order of loops: users as their index has them, then their rows.
            let sql = format!(
                "{select} FROM user_row u CROSS JOIN membership_row m ON m.user = u.id
                 WHERE u.service = ?1 ORDER BY u.sid, m.channel_sid"
            );
            return each(snapshot, &sql, service, visit, step, &mut |row, step| filler.fill(row, step));
        }
        if !snapshot.is_indexed()? {
            let sql = format!(
                "{select} FROM membership_row m CROSS JOIN user_row u ON u.id = m.user
                 WHERE m.service = ?1 ORDER BY m.channel_sid, m.member_sid, u.sid"
            );
            return each(snapshot, &sql, service, visit, step, &mut |row, step| filler.fill(row, step));
        }
        let users = if filler.read_user { "user_row u" } else { "user_row u INDEXED BY user_sid_by_id" };
        let from = format!("FROM membership_row m CROSS JOIN {users} ON u.id = m.user WHERE m.service = ?1");
        self.by_index(&format!("{select} {from}"), visit)
    }

    /// Walks the index. It has rows in order but for those without a member: of each channel they come first and are sorted
    /// by themselves, since sorting every row by its user as well would cost as much as reading it.
    fn by_index<E: From<SnapshotError>>(
        &mut self,
        select: &str,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { snapshot, service, filler, step, .. } = self;
        let (snapshot, service) = (*snapshot, *service);
        let wrap = |source| E::from(SnapshotError::from_sqlite(snapshot.path(), source));
        let prepare = |sql: String| snapshot.connection.prepare_cached(&sql).map_err(wrap);
        let mut all = prepare(format!("{select} ORDER BY m.channel_sid, m.member_sid, m.user"))?;
        let mut without_member =
            prepare(format!("{select} AND m.channel_sid = ?2 AND m.member_sid IS NULL ORDER BY u.sid"))?;
        let mut done: Option<ChannelSid> = None;
        let mut rows = all.query([service]).map_err(wrap)?;
        while let Some(row) = rows.next().map_err(wrap)? {
            if row.get_ref(MEMBER_SID).map_err(wrap)? != ValueRef::Null {
                filler.fill(row, step).map_err(wrap)?;
                visit(&step.records())?;
                continue;
            }
            let channel: ChannelSid = required(row, CHANNEL_SID).map_err(wrap)?;
            if done.as_ref() == Some(&channel) {
                continue;
            }
            bind_two(&mut without_member, service, &channel).map_err(wrap)?;
            let mut rows = without_member.raw_query();
            while let Some(row) = rows.next().map_err(wrap)? {
                filler.fill(row, step).map_err(wrap)?;
                visit(&step.records())?;
            }
            done = Some(channel);
        }
        Ok(())
    }
}

/// Members without a membership, by channel SID and member SID.
struct OtherMembers<'s> {
    rows: rusqlite::Rows<'s>,
    next: Option<Member>,
    look_up: LookUp<'s>,
}

impl OtherMembers<'_> {
    fn advance(&mut self, scopes: &Scopes) -> rusqlite::Result<()> {
        self.next = self.rows.next()?.map(|row| Member::read(row, 0, scopes)).transpose()?;
        Ok(())
    }

    /// The next member, if a walk by channel has it before that membership.
    fn take_before(&mut self, end: Option<&Membership>) -> Option<Member> {
        let is_before = |member: &mut Member| {
            end.is_none_or(|end| {
                (&member.channel_sid, Some(&member.sid)) < (&end.channel_sid, end.member_sid.as_ref())
            })
        };
        self.next.take_if(is_before)
    }
}

/// Fills a walk's row from a row of the query.
struct Filler<'s> {
    with: With,
    by_user: bool,
    /// Whether the query selects the user's columns.
    read_user: bool,
    last_user: Option<i64>,
    look_up: LookUp<'s>,
    scopes: &'s Scopes,
}

impl<'s> Filler<'s> {
    fn new(walk: Walk, look_up: LookUp<'s>, scopes: &'s Scopes) -> Self {
        let by_user = walk.order == WalkOrder::ByUser;
        // By user, a user is read once for all its rows, so there is nothing to spare.
        let read_user = match walk.with.user {
            Lookup::Yes => true,
            Lookup::ForIdentity => by_user,
            Lookup::No => false,
        };
        Self { with: walk.with, by_user, read_user, last_user: None, look_up, scopes }
    }

    fn select(&self) -> String {
        let user = if self.read_user { User::SELECT } else { "NULL" };
        format!("SELECT {}, {user}, m.user", Membership::SELECT)
    }

    fn fill(&mut self, row: &Row<'_>, step: &mut WalkRow) -> rusqlite::Result<()> {
        let with = self.with;
        let membership = Membership::read(row, 0, self.scopes)?;
        let number_at = Membership::COLUMNS + if self.read_user { User::COLUMNS } else { 1 };
        let user: i64 = row.get(number_at)?;
        if self.read_user && self.last_user != Some(user) {
            step.user = Some(Rc::new(User::read(row, Membership::COLUMNS, self.scopes)?));
            self.last_user = Some(user);
        }
        step.channel = self.look_up.channel_if(with.channel, &membership.channel_sid)?;
        let user_has_identity = || step.user.as_ref().is_some_and(|user| user.identity.is_some());
        let wants_member = match with.member {
            Lookup::Yes => true,
            Lookup::ForIdentity => !user_has_identity(),
            Lookup::No => false,
        };
        step.member = match &membership.member_sid {
            Some(_) if !wants_member && !with.role => None,
            Some(member) if self.by_user => self.look_up.member(&membership.channel_sid, member)?,
            Some(member) => self.look_up.member_in_order(&membership.channel_sid, member)?,
            None => None,
        };
        let role = step.member.as_ref().and_then(|member| member.role_sid.as_ref());
        step.role = self.look_up.role_if(with.role, role)?;
        if with.user == Lookup::ForIdentity && !self.by_user {
            let member_has_identity = step.member.as_ref().is_some_and(|member| member.identity.is_some());
            step.user = if member_has_identity { None } else { self.look_up.user(user)? };
        }
        step.membership = Some(membership);
        Ok(())
    }
}
