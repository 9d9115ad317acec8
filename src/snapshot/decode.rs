//! Reading rows back into the model's records: what a query selects for each (`columns`), and the scopes.

use std::collections::HashMap;

use rusqlite::{Connection, Result, Row};

use super::columns::StoredRecord as _;
use super::encode::optional;
use crate::model::{AccountSid, Channel, Invite, Member, Membership, Role, Service, ServiceSid, User};

/// The pairs of SIDs that rows were sent with, by number.
#[derive(Debug, Default)]
pub(super) struct Scopes(HashMap<i64, (Option<AccountSid>, Option<ServiceSid>)>);

impl Scopes {
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let mut statement = connection.prepare("SELECT id, account, service FROM scope")?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, (optional(row, 1)?, optional(row, 2)?))))?;
        rows.collect::<Result<_>>().map(Self)
    }

    /// The pair that a row's column names.
    pub(super) fn of(
        &self,
        row: &Row<'_>,
        column: usize,
    ) -> Result<(Option<AccountSid>, Option<ServiceSid>)> {
        Ok(self.pair(row.get(column)?))
    }

    /// The pair of a number.
    pub(super) fn pair(&self, id: Option<i64>) -> (Option<AccountSid>, Option<ServiceSid>) {
        id.and_then(|id| self.0.get(&id)).cloned().unwrap_or_default()
    }
}

pub(super) const SERVICE: &str = Service::SELECT;
pub(super) const SERVICE_COLUMNS: usize = Service::COLUMNS;
pub(super) const ROLE: &str = Role::SELECT;
pub(super) const USER: &str = User::SELECT;
pub(super) const USER_COLUMNS: usize = User::COLUMNS;
pub(super) const CHANNEL: &str = Channel::SELECT;
pub(super) const MEMBERSHIP: &str = Membership::SELECT;
pub(super) const MEMBERSHIP_COLUMNS: usize = Membership::COLUMNS;
pub(super) const MEMBER: &str = Member::SELECT;
pub(super) const INVITE: &str = Invite::SELECT;

pub(super) fn service(row: &Row<'_>, scopes: &Scopes) -> Result<Service> {
    Service::read(row, 0, scopes)
}

pub(super) fn role(row: &Row<'_>, scopes: &Scopes) -> Result<Role> {
    Role::read(row, 0, scopes)
}

/// Reads a user whose columns begin at `first`.
pub(super) fn user(row: &Row<'_>, first: usize, scopes: &Scopes) -> Result<User> {
    User::read(row, first, scopes)
}

pub(super) fn channel(row: &Row<'_>, scopes: &Scopes) -> Result<Channel> {
    Channel::read(row, 0, scopes)
}

pub(super) fn membership(row: &Row<'_>, scopes: &Scopes) -> Result<Membership> {
    Membership::read(row, 0, scopes)
}

pub(super) fn member(row: &Row<'_>, scopes: &Scopes) -> Result<Member> {
    Member::read(row, 0, scopes)
}

pub(super) fn invite(row: &Row<'_>, scopes: &Scopes) -> Result<Invite> {
    Invite::read(row, 0, scopes)
}
