//! The scopes of rows: the account and the service that each was sent with. Rows have the number of the pair, since nearly all have the
//! same one.

use std::collections::HashMap;

use rusqlite::{Connection, Result, Row};

use super::encode::optional;
use crate::model::{AccountSid, ServiceSid};

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
