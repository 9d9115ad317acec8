//! What of a plan is still to be done, lane by lane: how the journal hands out operations.
//!
//! **Invariant:** bounded memory. Lanes are sorted in a temporary table on disk, and operations are loaded some at a time by index.

use rusqlite::types::Value as SqlValue;

use super::journal::{Journal, limit};
use super::row;
use super::schema::{kind_number, state_number};
use crate::plan::error::PlanError;
use crate::plan::operation::{Operation, OperationKind, OperationState};
use crate::storage::hex;

/// An operation that is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PendingOperation {
    /// Its place in the order of performance.
    pub number: i64,
    /// What it does.
    pub operation: Operation,
    /// When an earlier run was about to send it, where its outcome is not known.
    pub started: Option<String>,
}

/// The name of a lane: what shares a write limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LaneName(SqlValue);

/// A lane with operations to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lane {
    /// Its place among the lanes of its kind, the longest first, from 1.
    pub rank: i64,
    pub name: LaneName,
    /// How many operations it has that are to be done.
    pub operations: u64,
}

impl LaneName {
    /// The lane of a conversation, for tests.
    #[cfg(test)]
    pub(crate) fn of(channel: &str) -> Self {
        Self(if channel.is_empty() { SqlValue::Blob(Vec::new()) } else { SqlValue::Text(channel.to_owned()) })
    }

    /// Whether it is the service's own, not a conversation's.
    pub(crate) fn is_service(&self) -> bool {
        match &self.0 {
            SqlValue::Blob(bytes) => bytes.is_empty(),
            SqlValue::Text(_) => false,
            _ => true,
        }
    }

    /// A text that tells it from the others.
    pub(crate) fn key(&self) -> String {
        match &self.0 {
            SqlValue::Blob(bytes) => hex(bytes),
            SqlValue::Text(text) => text.clone(),
            _ => String::new(),
        }
    }
}

impl Journal {
    /// Visits the creates that are blocked: nothing can refer to what they would make.
    pub(crate) fn blocked_creates(&self, mut visit: impl FnMut(&Operation)) -> Result<(), PlanError> {
        let creates = OperationKind::ALL.into_iter().filter(|kind| kind.is_create());
        self.sql(|connection| {
            let sql = format!("SELECT {} FROM operation WHERE state = ?1 AND kind = ?2", row::COLUMNS);
            let mut statement = connection.prepare(&sql)?;
            for kind in creates {
                let mut rows = statement.query((state_number(OperationState::Blocked), kind_number(kind)))?;
                while let Some(row) = rows.next()? {
                    visit(&row::read(row, self.services())?.operation);
                }
            }
            Ok(())
        })
    }

    /// Sorts the lanes of a kind, the longest first, and says how many operations they have.
    pub(crate) fn open_lanes(&self, kind: OperationKind) -> Result<u64, PlanError> {
        self.sql(|connection| {
            connection.execute("DELETE FROM temp.lanes", [])?;
            connection.execute(
                "INSERT INTO temp.lanes (name, operations)
                 SELECT lane, count(*) FROM operation
                 WHERE state = ?1 AND kind = ?2 AND number NOT IN (SELECT number FROM temp.aside)
                 GROUP BY lane ORDER BY 2 DESC, 1",
                (state_number(OperationState::Pending), kind_number(kind)),
            )?;
            connection.query_row("SELECT coalesce(sum(operations), 0) FROM temp.lanes", [], |row| {
                row.get::<_, i64>(0).map(i64::cast_unsigned)
            })
        })
    }

    /// Sets an operation aside: this run has it already, or has left it to another one.
    pub(crate) fn set_aside(&self, number: i64) -> Result<(), PlanError> {
        self.write("INSERT OR IGNORE INTO temp.aside (number) VALUES (?1)", (number,))
    }

    /// Holds what depends on this, until [`hold_nothing`](Self::hold_nothing).
    pub(crate) fn hold(&self, key: &str) -> Result<(), PlanError> {
        self.write("INSERT OR IGNORE INTO temp.held (key) VALUES (?1)", (key,))
    }

    pub(crate) fn is_held(&self, key: &str) -> Result<bool, PlanError> {
        self.sql(|connection| {
            connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM temp.held WHERE key = ?1)")?
                .query_row((key,), |row| row.get(0))
        })
    }

    pub(crate) fn hold_nothing(&self) -> Result<(), PlanError> {
        self.write("DELETE FROM temp.held", ())
    }

    /// The lanes after one of this rank.
    pub(crate) fn next_lanes(&self, rank: i64, most: usize) -> Result<Vec<Lane>, PlanError> {
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT rank, name, operations FROM temp.lanes WHERE rank > ?1 ORDER BY rank LIMIT ?2",
            )?;
            let lanes = statement.query_map((rank, limit(most)), |row| {
                let operations = row.get::<_, i64>(2)?.cast_unsigned();
                Ok(Lane { rank: row.get(0)?, name: LaneName(row.get(1)?), operations })
            })?;
            lanes.collect()
        })
    }

    /// Whether anything of an earlier kind is still to be done.
    pub(crate) fn has_pending_before(&self, kind: OperationKind) -> Result<bool, PlanError> {
        self.sql(|connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM operation WHERE state = ?1 AND kind < ?2)",
                (state_number(OperationState::Pending), kind_number(kind)),
                |row| row.get(0),
            )
        })
    }

    /// Operations of a lane that are to be done, after this one.
    pub(crate) fn pending(
        &self,
        kind: OperationKind,
        lane: &LaneName,
        after: i64,
        most: usize,
    ) -> Result<Vec<PendingOperation>, PlanError> {
        let pending = self.sql(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {}, started FROM operation INDEXED BY operation_by_state
                 WHERE state = ?1 AND kind = ?2 AND lane IS ?3 AND number > ?4 AND blocked IS NULL
                   AND number NOT IN (SELECT number FROM temp.aside)
                 ORDER BY number LIMIT ?5",
                row::COLUMNS
            ))?;
            let wanted =
                (state_number(OperationState::Pending), kind_number(kind), &lane.0, after, limit(most));
            let mut rows = statement.query(wanted)?;
            let mut pending = Vec::new();
            while let Some(row) = rows.next()? {
                let row::ReadOperation { number, operation, .. } = row::read(row, self.services())?;
                let started = row.get("started")?;
                pending.push(PendingOperation { number, operation, started });
            }
            Ok(pending)
        })?;
        self.filled(pending)
    }

    /// The operations with the texts of messages.
    fn filled(&self, mut pending: Vec<PendingOperation>) -> Result<Vec<PendingOperation>, PlanError> {
        pending.iter_mut().try_for_each(|pending| self.fill(&mut pending.operation))?;
        Ok(pending)
    }

    /// What is to be done of a kind with an identity, in the conversation of this operation.
    pub(crate) fn pending_in_conversation(
        &self,
        number: i64,
        kind: OperationKind,
        identity: &str,
    ) -> Result<Option<PendingOperation>, PlanError> {
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {}, started FROM operation INDEXED BY operation_by_state
                 WHERE state = ?1 AND kind = ?2 AND lane IS (SELECT channel FROM operation WHERE number = ?3)
                   AND identity = ?4 AND blocked IS NULL LIMIT 1",
                row::COLUMNS
            ))?;
            let wanted = (state_number(OperationState::Pending), kind_number(kind), number, identity);
            let mut rows = statement.query(wanted)?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let row::ReadOperation { number, operation, .. } = row::read(row, self.services())?;
            Ok(Some(PendingOperation { number, operation, started: row.get("started")? }))
        })
    }

    /// Operations after this one that an earlier run was about to send, and whose outcome is unknown.
    pub(crate) fn begun(&self, after: i64, most: usize) -> Result<Vec<PendingOperation>, PlanError> {
        let begun = self.sql(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {}, started FROM operation INDEXED BY operation_begun
                 WHERE started IS NOT NULL AND state = {} AND number > ?1 ORDER BY number LIMIT ?2",
                row::COLUMNS,
                // Not as a parameter: the index is of this state only.
                state_number(OperationState::Pending)
            ))?;
            let mut rows = statement.query((after, limit(most)))?;
            let mut begun = Vec::new();
            while let Some(row) = rows.next()? {
                let row::ReadOperation { number, operation, .. } = row::read(row, self.services())?;
                let started = row.get("started")?;
                begun.push(PendingOperation { number, operation, started });
            }
            Ok(begun)
        })?;
        self.filled(begun)
    }
}
