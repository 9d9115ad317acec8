//! The merge itself: lists of a service row by row, and within lists of users or channels the rows of each one's own list.

use std::cmp::Ordering;

use rusqlite::{Row, Rows, Statement};

use super::pair::{ScopePair, compare};
use super::row::{Parent, RawRow};
use super::unread::{Lacking, Witness};
use super::{MergeOptions, Met, Which};
use crate::model::Entity;
use crate::snapshot::diff::column::{FieldMask, SCOPE_FIELDS, columns, select};
use crate::snapshot::diff::group_digest::Groups;
use crate::snapshot::diff::list_digest::{self, ListDigest};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::unit::UnitKind;

/// How an entity is stored.
struct Shape {
    /// Its rows, for the number of a service or, where they are in lists, of a user or channel.
    rows: String,
    list: Option<UnitKind>,
}

/// With digests, users and channels are lists of one record each, so that those that are the same are not read either.
fn shape(entity: Entity, digests: bool) -> Shape {
    let fields = select(entity);
    let shape = |from: &str, key: &str, list| Shape {
        rows: format!("SELECT {key}, {fields} FROM {from} ORDER BY {key}"),
        list,
    };
    match entity {
        Entity::Service => shape("service_row WHERE id = ?1 AND fetched", "sid", None),
        Entity::Role => shape("role_row WHERE service = ?1", "sid", None),
        Entity::Binding => shape("binding_row WHERE service = ?1", "sid", None),
        Entity::User if digests => shape("user_row WHERE id = ?1 AND listed", "sid", Some(UnitKind::User)),
        Entity::Channel if digests => {
            shape("channel_row WHERE id = ?1 AND listed", "sid", Some(UnitKind::Channel))
        }
        Entity::User => shape("user_row WHERE service = ?1 AND listed", "sid", None),
        Entity::Channel => shape("channel_row WHERE service = ?1 AND listed", "sid", None),
        Entity::Membership => {
            shape("membership_row WHERE user = ?1", "channel_sid", Some(UnitKind::UserChannels))
        }
        Entity::Member => shape("member_row WHERE channel = ?1", "sid", Some(UnitKind::Members)),
        Entity::Invite => shape("invite_row WHERE channel = ?1", "sid", Some(UnitKind::Invites)),
        Entity::Message => shape("message_row WHERE channel = ?1", "sid", Some(UnitKind::Messages)),
    }
}

/// How lists that are the same are known without being read.
enum Known {
    /// Not at all: where everything is listed, everything is read.
    Nothing,
    /// By digests of each list, which at least one of the two files keeps.
    Lists,
    /// By digests of groups of lists, made for this merge.
    Groups(Groups),
}

impl Known {
    fn of(
        options: MergeOptions,
        sides: [&Snapshot; 2],
        services: &[[Option<i64>; 2]],
    ) -> Result<Self, SnapshotError> {
        match shape(options.entity, true).list {
            Some(_) if options.report_same => Ok(Self::Nothing),
            None => Ok(Self::Nothing),
            Some(_) if list_digest::has_digests(sides[0])? || list_digest::has_digests(sides[1])? => {
                Ok(Self::Lists)
            }
            Some(list) => Groups::of(sides, services, list).map(Self::Groups),
        }
    }
}

/// A number that no row has, for a side that lacks the user or channel.
const NO_ROW: i64 = -1;

/// A merge in progress.
pub(super) struct Merge<'s> {
    options: MergeOptions,
    sides: [&'s Snapshot; 2],
    /// The service's number in each.
    service: [Option<i64>; 2],
    scopes: ScopePair,
    witnesses: [Witness<'s>; 2],
    known: Known,
}

impl<'s> Merge<'s> {
    pub(super) fn of(
        old: &'s Snapshot,
        new: &'s Snapshot,
        options: MergeOptions,
        services: &[[Option<i64>; 2]],
    ) -> Result<Self, SnapshotError> {
        let witnesses = [Witness::of(old)?, Witness::of(new)?];
        Ok(Self {
            options,
            sides: [old, new],
            service: [None, None],
            scopes: ScopePair::default(),
            witnesses,
            known: Known::of(options, [old, new], services)?,
        })
    }

    /// The rows of all lists that are known to be the same by their groups.
    pub(super) fn same_groups(&self) -> Option<u64> {
        match &self.known {
            Known::Groups(groups) => Some(groups.same()).filter(|rows| *rows > 0),
            _ => None,
        }
    }

    /// Merges one service, by its number in each.
    pub(super) fn service<E: From<SnapshotError>>(
        &mut self,
        service: [Option<i64>; 2],
        visit: &mut impl FnMut(Met<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.service = service;
        let digests = matches!(self.known, Known::Lists);
        let shape = shape(self.options.entity, !self.options.report_same);
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
        if digests {
            for side in sides {
                list_digest::prepare(side, list)?;
            }
            if let Some(rows) = self.all_same(list)? {
                return visit(Met::Same(rows));
            }
        }
        let parents = match (digests, list) {
            (true, _) => list_digest::PARENTS.replace("?2", &list.number().to_string()),
            (false, UnitKind::UserChannels | UnitKind::User) => parents_in("user_row"),
            (false, _) => parents_in("channel_row"),
        };
        let mut old_parents = prepare(0, &parents)?;
        let mut new_parents = prepare(1, &parents)?;
        let number = |at: usize| self.service[at].unwrap_or(NO_ROW);
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
                (Some(one), Some(other)) if order.is_eq() => self.same_list(one, other)?,
                _ => None,
            };
            match same {
                Some(0) => {}
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
        let mut left = self.ask(0, old, of[0].unwrap_or(NO_ROW))?;
        let mut right = self.ask(1, new, of[1].unwrap_or(NO_ROW))?;
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
                        } else if self.options.report_same {
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

    /// Reports a row that only one side has.
    fn only<E: From<SnapshotError>>(
        &mut self,
        at: usize,
        row: &Row<'_>,
        parents: [Option<Parent<'_>>; 2],
        visit: &mut impl FnMut(Met<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let in_list = matches!(
            self.options.entity,
            Entity::Membership | Entity::Member | Entity::Invite | Entity::Message
        );
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
    fn differing(&mut self, old: &Row<'_>, new: &Row<'_>) -> Result<FieldMask, SnapshotError> {
        let (from, to) = (self.wrap(0, old.get(1))?, self.wrap(1, new.get(1))?);
        let mut found = self.scopes.differing(self.sides, from, to);
        for number in SCOPE_FIELDS..columns(self.options.entity).len() {
            let at = number + 2 - SCOPE_FIELDS;
            if self.wrap(0, old.get_ref(at))? != self.wrap(1, new.get_ref(at))? {
                found = found.with(number);
            }
        }
        Ok(found.and(self.options.fields))
    }

    /// The number of rows to count for a list that is known to be the same on both sides. Those of groups are counted already.
    fn same_list(&self, old: &Row<'_>, new: &Row<'_>) -> Result<Option<u64>, SnapshotError> {
        match &self.known {
            Known::Nothing => return Ok(None),
            Known::Groups(groups) => {
                return Ok(groups.has_same(self.wrap(0, old.get_ref(1))?).then_some(0));
            }
            Known::Lists => {}
        }
        let read = |at: usize, row: &Row<'_>| self.wrap(at, ListDigest::read(row));
        let (old, new) = (read(0, old)?, read(1, new)?);
        Ok((old == new).then_some(new.rows))
    }

    /// The number of rows where every list of the service has the same digest on both sides.
    fn all_same(&self, list: UnitKind) -> Result<Option<u64>, SnapshotError> {
        let [Some(old), Some(new)] = self.service else { return Ok(None) };
        let old = list_digest::of_all(self.sides[0], old, list)?;
        let new = list_digest::of_all(self.sides[1], new, list)?;
        Ok(old.filter(|_| old == new).map(|digest| digest.rows))
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
