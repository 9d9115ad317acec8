//! The scopes of rows: the account and the service that each was sent with. Rows have the number of the pair, since nearly all have the
//! same one.

use rusqlite::{Connection, Result, Row};

use super::encode::optional;
use crate::model::{AccountSid, ServiceSid};

/// The pairs of SIDs that rows were sent with, sorted by number: every row looks its own up, and nearly always there is one.
#[derive(Debug, Default)]
pub(super) struct Scopes(Vec<(i64, AccountAndService)>);

type AccountAndService = (Option<AccountSid>, Option<ServiceSid>);

impl Scopes {
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let mut statement = connection.prepare("SELECT id, account, service FROM scope ORDER BY id")?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, (optional(row, 1)?, optional(row, 2)?))))?;
        rows.collect::<Result<_>>().map(Self)
    }

    /// The pair that a row's column names.
    pub(super) fn of(&self, row: &Row<'_>, column: usize) -> Result<AccountAndService> {
        Ok(self.pair(row.get(column)?))
    }

    /// The pair of a number.
    pub(super) fn pair(&self, id: Option<i64>) -> AccountAndService {
        let Some(id) = id else { return (None, None) };
        let found = self.0.binary_search_by_key(&id, |(known, _)| *known);
        found.map_or((None, None), |position| self.0[position].1.clone())
    }
}
