//! Two snapshots read side by side, in the order of their keys: which rows both have, which one alone, and which differ.
//!
//! Rows are compared as SQLite stores them, and nothing of a row is decoded unless somebody asks. Lists of users and channels
//! are merged by their SIDs; the rows of a user's or channel's own list are merged within it, so that both files are read in
//! the order of one index and memory holds two rows. Where both files have digests of their lists (`list_digest`), a list that is
//! the same in both is counted and not read.
//!
//! **Invariant:** memory does not grow with the data.
//!
//! **Invariant:** a row that one side lacks is told with the reason why that side may lack it wrongly ([`Met::Only`]); what
//! nobody could read is never told as gone.

mod column;
mod row;
mod unread;

use std::cmp::Ordering;

use rusqlite::types::ValueRef;
use rusqlite::{Row, Rows, Statement};

pub(super) use self::column::select;
pub use self::column::{Column, Fields, columns};
use self::row::Parent;
pub use self::row::RawRow;
use self::unread::{Lacking, Witness};
use super::error::SnapshotError;
use super::list_digest::{self, ListDigest};
use super::reader::Snapshot;
use super::unit::Kind;
use crate::model::{Entity, ServiceSid};

/// Page cache of each of the two files, in KiB: rows are read once, so little of it is read again.
const CACHE: u32 = 16 * 1024;

/// What to merge and how.
#[derive(Debug, Clone, Copy)]
pub struct MergeOptions {
    /// The records.
    pub entity: Entity,
    /// The fields that count.
    pub fields: Fields,
    /// Whether rows that are the same are told one by one.
    pub tell_same: bool,
    /// Whether only users and channels that both sides have are looked at, with what is in their lists: where the two
    /// were read for other users, one that a side lacks says nothing.
    pub common_only: bool,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The older one.
    Old,
    /// The newer one.
    New,
}

/// What a merge came upon.
#[derive(Debug)]
pub enum Met<'r> {
    /// Rows that are the same, by number.
    Same(u64),
    /// A row that is the same, where these are told one by one.
    SameRow(RawRow<'r>),
    /// A row that differs.
    Differs {
        /// As it was.
        old: RawRow<'r>,
        /// As it is.
        new: RawRow<'r>,
        /// In which of the fields that count.
        fields: Fields,
    },
    /// A row that one side alone has.
    Only {
        /// The side that has it.
        which: Which,
        /// The row.
        row: RawRow<'r>,
        /// Why the other side may lack it all the same; none where it is not there.
        unread: Option<String>,
    },
}

/// Merges one entity of two snapshots; the visitor's error ends it.
pub fn merge<E: From<SnapshotError>>(
    old: &Snapshot,
    new: &Snapshot,
    options: MergeOptions,
    visit: &mut impl FnMut(Met<'_>) -> Result<(), E>,
) -> Result<(), E> {
    for side in [old, new] {
        side.sql(|connection| connection.execute_batch(&format!("PRAGMA cache_size = -{CACHE}")))?;
    }
    let mut merge = Merge {
        options,
        sides: [old, new],
        service: [None, None],
        scopes: ScopePair::default(),
        witnesses: [Witness::of(old)?, Witness::of(new)?],
    };
    for service in services(old, new)? {
        merge.service = service;
        merge.service(visit)?;
    }
    Ok(())
}

/// The services of both, by SID: their numbers in each. Those that one of the crawls was not asked for are left out.
fn services(old: &Snapshot, new: &Snapshot) -> Result<Vec<[Option<i64>; 2]>, SnapshotError> {
    let mut found = std::collections::BTreeMap::<ServiceSid, [Option<i64>; 2]>::new();
    for (at, side) in [old, new].into_iter().enumerate() {
        for (number, sid) in side.service_numbers()? {
            found.entry(sid).or_default()[at] = Some(number);
        }
    }
    for side in [old, new] {
        let asked = side.identity()?.services;
        found.retain(|sid, _| asked.is_empty() || asked.contains(sid));
    }
    Ok(found.into_values().collect())
}

/// How an entity is stored.
struct Shape {
    /// Its rows, for the number of a service or, where they are in lists, of a user or channel.
    rows: String,
    /// The lists that it is in.
    list: Option<Kind>,
}

fn shape(entity: Entity) -> Option<Shape> {
    let fields = column::select(entity);
    let shape = |from: &str, key: &str, list| {
        Some(Shape { rows: format!("SELECT {key}, {fields} FROM {from} ORDER BY {key}"), list })
    };
    match entity {
        Entity::Service => shape("service_row WHERE id = ?1 AND fetched", "sid", None),
        Entity::Role => shape("role_row WHERE service = ?1", "sid", None),
        Entity::User => shape("user_row WHERE service = ?1 AND listed", "sid", None),
        Entity::Channel => shape("channel_row WHERE service = ?1 AND listed", "sid", None),
        Entity::Membership => {
            shape("membership_row WHERE user = ?1", "channel_sid", Some(Kind::UserChannels))
        }
        Entity::Member => shape("member_row WHERE channel = ?1", "sid", Some(Kind::Members)),
        Entity::Invite => shape("invite_row WHERE channel = ?1", "sid", Some(Kind::Invites)),
        Entity::Message => None,
    }
}

/// A number that no row has, for a side that lacks what the number is of.
const NOBODY: i64 = -1;

struct Merge<'s> {
    options: MergeOptions,
    sides: [&'s Snapshot; 2],
    /// The service's number in each.
    service: [Option<i64>; 2],
    scopes: ScopePair,
    witnesses: [Witness<'s>; 2],
}

impl Merge<'_> {
    fn service<E: From<SnapshotError>>(
        &mut self,
        visit: &mut impl FnMut(Met<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(shape) = shape(self.options.entity) else { return Ok(()) };
        let sides = self.sides;
        let prepare = |at: usize, sql: &str| {
            let side: &Snapshot = sides[at];
            side.connection.prepare(sql).map_err(|source| SnapshotError::from_sqlite(side.path(), source))
        };
        let mut old = prepare(0, &shape.rows)?;
        let mut new = prepare(1, &shape.rows)?;
        let Some(list) = shape.list else {
            return self.rows([&mut old, &mut new], self.service, [None, None], visit);
        };
        let digests = self.digests()?;
        if digests && let Some(rows) = self.all_same(list)? {
            return visit(Met::Same(rows));
        }
        let parents = match (digests, list) {
            (true, _) => list_digest::PARENTS.replace("?2", &list.number().to_string()),
            (false, Kind::UserChannels) => parents_in("user_row"),
            (false, _) => parents_in("channel_row"),
        };
        let mut old_parents = prepare(0, &parents)?;
        let mut new_parents = prepare(1, &parents)?;
        let number = |at: usize| self.service[at].unwrap_or(NOBODY);
        let mut left = self.ask(0, &mut old_parents, number(0))?;
        let mut right = self.ask(1, &mut new_parents, number(1))?;
        let (mut one, mut other) = (self.next(0, &mut left)?, self.next(1, &mut right)?);
        loop {
            let order = match (one, other) {
                (None, None) => return Ok(()),
                (Some(one), Some(other)) => self.order(1, one, other)?,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
            };
            let parents = [
                one.filter(|_| order.is_le()).map(|row| self.parent(0, row)).transpose()?,
                other.filter(|_| order.is_ge()).map(|row| self.parent(1, row)).transpose()?,
            ];
            let same = match (one, other) {
                (Some(one), Some(other)) if order.is_eq() && digests => self.same_list(one, other)?,
                _ => None,
            };
            match same {
                Some(rows) => visit(Met::Same(rows))?,
                None if self.options.common_only && order.is_ne() => {}
                None => {
                    let numbers = parents.map(|parent| parent.map(|parent| parent.number));
                    self.rows([&mut old, &mut new], numbers, parents, visit)?;
                }
            }
            if order.is_le() {
                one = self.next(0, &mut left)?;
            }
            if order.is_ge() {
                other = self.next(1, &mut right)?;
            }
        }
    }

    /// Merges the rows of one list of both sides.
    fn rows<E: From<SnapshotError>>(
        &mut self,
        statements: [&mut Statement<'_>; 2],
        of: [Option<i64>; 2],
        parents: [Option<Parent<'_>>; 2],
        visit: &mut impl FnMut(Met<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let [old, new] = statements;
        let mut left = self.ask(0, old, of[0].unwrap_or(NOBODY))?;
        let mut right = self.ask(1, new, of[1].unwrap_or(NOBODY))?;
        let (mut one, mut other) = (self.next(0, &mut left)?, self.next(1, &mut right)?);
        let mut same = 0;
        loop {
            match (one, other) {
                (None, None) => break,
                (Some(old), Some(new)) => match self.order(0, old, new)? {
                    Ordering::Equal => {
                        let fields = self.differing(old, new)?;
                        if !fields.is_empty() {
                            let (old, new) = (self.raw(0, old, parents), self.raw(1, new, parents));
                            visit(Met::Differs { old, new, fields })?;
                        } else if self.options.tell_same {
                            visit(Met::SameRow(self.raw(1, new, parents)))?;
                        } else {
                            same += 1;
                        }
                        one = self.next(0, &mut left)?;
                        other = self.next(1, &mut right)?;
                    }
                    Ordering::Less => {
                        self.only(0, old, parents, visit)?;
                        one = self.next(0, &mut left)?;
                    }
                    Ordering::Greater => {
                        self.only(1, new, parents, visit)?;
                        other = self.next(1, &mut right)?;
                    }
                },
                (Some(old), None) => {
                    self.only(0, old, parents, visit)?;
                    one = self.next(0, &mut left)?;
                }
                (None, Some(new)) => {
                    self.only(1, new, parents, visit)?;
                    other = self.next(1, &mut right)?;
                }
            }
        }
        if same > 0 { visit(Met::Same(same)) } else { Ok(()) }
    }

    /// Tells a row that one side alone has.
    fn only<E: From<SnapshotError>>(
        &mut self,
        at: usize,
        row: &Row<'_>,
        parents: [Option<Parent<'_>>; 2],
        visit: &mut impl FnMut(Met<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let in_list = matches!(self.options.entity, Entity::Membership | Entity::Member | Entity::Invite);
        if self.options.common_only && !in_list {
            return Ok(());
        }
        let other = 1 - at;
        let unread = self.witnesses[other].unread(Lacking {
            entity: self.options.entity,
            service: self.service[other],
            parent: parents[other].map(|parent| parent.number),
            parent_key: parents[at].map(|parent| parent.key),
            key: self.wrap(at, row.get_ref(0))?,
        })?;
        let which = if at == 0 { Which::Old } else { Which::New };
        visit(Met::Only { which, row: self.raw(at, row, parents), unread })
    }

    fn raw<'r>(&self, at: usize, row: &'r Row<'r>, parents: [Option<Parent<'r>>; 2]) -> RawRow<'r>
    where
        Self: 'r,
    {
        RawRow { snapshot: self.sides[at], entity: self.options.entity, parent: parents[at], row }
    }

    /// In which of the fields that count two rows of one key differ.
    fn differing(&mut self, old: &Row<'_>, new: &Row<'_>) -> Result<Fields, SnapshotError> {
        let (from, to) = (self.wrap(0, old.get(1))?, self.wrap(1, new.get(1))?);
        let mut found = self.scopes.differing(self.sides, from, to);
        for number in column::SCOPE_FIELDS..columns(self.options.entity).len() {
            let at = number + 2 - column::SCOPE_FIELDS;
            if self.wrap(0, old.get_ref(at))? != self.wrap(1, new.get_ref(at))? {
                found = found.with(number);
            }
        }
        Ok(found.and(self.options.fields))
    }

    /// The number of rows of a list that has the same digest on both sides.
    fn same_list(&self, old: &Row<'_>, new: &Row<'_>) -> Result<Option<u64>, SnapshotError> {
        if self.options.tell_same {
            return Ok(None);
        }
        let read = |at: usize, row: &Row<'_>| self.wrap(at, ListDigest::read(row));
        let (old, new) = (read(0, old)?, read(1, new)?);
        Ok((old == new).then_some(new.rows))
    }

    /// The number of rows where every list of the service has the same digest on both sides.
    fn all_same(&self, list: Kind) -> Result<Option<u64>, SnapshotError> {
        let [Some(old), Some(new)] = self.service else { return Ok(None) };
        if self.options.tell_same {
            return Ok(None);
        }
        let old = self.sides[0].digest_of_all(old, list)?;
        let new = self.sides[1].digest_of_all(new, list)?;
        Ok(old.filter(|_| old == new).map(|digest| digest.rows))
    }

    /// Whether both sides have digests of their lists.
    fn digests(&self) -> Result<bool, SnapshotError> {
        Ok(self.sides[0].has_digests()? && self.sides[1].has_digests()?)
    }

    fn parent<'r>(&self, at: usize, row: &'r Row<'r>) -> Result<Parent<'r>, SnapshotError> {
        Ok(Parent { number: self.wrap(at, row.get(0))?, key: self.wrap(at, row.get_ref(1))? })
    }

    /// The order of two rows by the key in a column, as SQLite has it: texts before digits, and each by their bytes.
    fn order(&self, column: usize, old: &Row<'_>, new: &Row<'_>) -> Result<Ordering, SnapshotError> {
        Ok(compare(self.wrap(0, old.get_ref(column))?, self.wrap(1, new.get_ref(column))?))
    }

    fn ask<'t>(
        &self,
        at: usize,
        statement: &'t mut Statement<'_>,
        number: i64,
    ) -> Result<Rows<'t>, SnapshotError> {
        self.wrap(at, statement.query([number]))
    }

    fn next<'r>(&self, at: usize, rows: &'r mut Rows<'_>) -> Result<Option<&'r Row<'r>>, SnapshotError> {
        self.wrap(at, rows.next())
    }

    fn wrap<T>(&self, at: usize, result: rusqlite::Result<T>) -> Result<T, SnapshotError> {
        result.map_err(|source| SnapshotError::from_sqlite(self.sides[at].path(), source))
    }
}

/// The users or channels of a service in the order of their SIDs; the index by SID has all of it.
fn parents_in(table: &str) -> String {
    format!("SELECT id, sid FROM {table} WHERE service = ?1 ORDER BY sid")
}

fn compare(left: ValueRef<'_>, right: ValueRef<'_>) -> Ordering {
    let rank = |value: ValueRef<'_>| match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) | ValueRef::Real(_) => 1,
        ValueRef::Text(_) => 2,
        ValueRef::Blob(_) => 3,
    };
    match (left, right) {
        (ValueRef::Text(left), ValueRef::Text(right)) | (ValueRef::Blob(left), ValueRef::Blob(right)) => {
            left.cmp(right)
        }
        (left, right) => rank(left).cmp(&rank(right)),
    }
}

/// The pairs of SIDs that two rows were sent with: each file numbers them by itself. Nearly all rows have the same two numbers.
#[derive(Default)]
struct ScopePair(Option<(Option<i64>, Option<i64>, Fields)>);

impl ScopePair {
    fn differing(&mut self, sides: [&Snapshot; 2], old: Option<i64>, new: Option<i64>) -> Fields {
        if let Some((last_old, last_new, fields)) = self.0
            && (last_old, last_new) == (old, new)
        {
            return fields;
        }
        let (old_pair, new_pair) = (sides[0].scopes.pair(old), sides[1].scopes.pair(new));
        let mut fields = Fields::default();
        if old_pair.0 != new_pair.0 {
            fields = fields.with(0);
        }
        if old_pair.1 != new_pair.1 {
            fields = fields.with(1);
        }
        self.0 = Some((old, new, fields));
        fields
    }
}
