//! The journal: what applying a plan writes into it.
//!
//! The planned columns of an operation are never touched. State, reason, begin and result are written as it is performed, and the
//! SIDs of what was created are noted next to those of the source.
//!
//! **Invariant:** one journal of a plan at a time, held by the lock of its file.
//!
//! **Invariant:** a commit is on disk when it returns (`synchronous = FULL`), but in a rehearsal: what is begun is known to be begun
//! after a power cut too, and is looked up before it is sent again.
//!
//! What is still to be done is handed out in `queue`.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::reader::PlanFile;
use super::row::{self, NumberedServices};
use super::schema::{self, kind_number, state_number};
use crate::model::Entity;
use crate::plan::error::PlanError;
use crate::plan::finding::PlanCheck;
use crate::plan::format::PLAN;
use crate::plan::message_texts::MessageTexts;
use crate::plan::operation::{Operation, OperationKind, OperationState};
use crate::plan::overview::{Header, Totals};
use crate::storage::{self, FileLock};

/// A plan that is being applied.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    connection: Connection,
    header: Header,
    services: NumberedServices,
    digest: String,
    /// Where the texts of messages are read, once one is written.
    texts: OnceCell<MessageTexts>,
    /// So many commits are one transaction of SQLite: 1, but in a rehearsal.
    per_transaction: u32,
    /// Commits in the transaction that is open.
    uncommitted: Cell<u32>,
    _lock: FileLock,
}

/// An operation that was not done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NotDone {
    /// What it does.
    pub operation: Operation,
    /// Failed or blocked.
    pub state: OperationState,
    pub reason: String,
}

impl Journal {
    /// The code of the reason of an operation that is blocked because another one failed. It is retried together with that one.
    pub(crate) const DEPENDS_ON_FAILED: &str = "depends_on_failed";

    /// Opens a plan to apply it: locked, and as it was when it was made.
    pub(crate) fn open(path: &Path) -> Result<Self, PlanError> {
        Self::open_checked(path, PlanFile::check)
    }

    /// [`open`](Self::open) without a look at the bytes of the file. What was planned is compared with its digest all the same: nothing else
    /// is performed.
    pub(crate) fn open_without_seal(path: &Path) -> Result<Self, PlanError> {
        Self::open_checked(path, PlanFile::check_digest)
    }

    /// [`open_without_seal`](Self::open_without_seal) of a copy that goes with its rehearsal: its commits do not survive its process.
    pub(crate) fn open_to_rehearse(path: &Path) -> Result<Self, PlanError> {
        let journal = Self::open_without_seal(path)?;
        journal.sql(|connection| {
            connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -4096;")
        })?;
        Ok(Self { per_transaction: 1_000, ..journal })
    }

    fn open_checked(
        path: &Path,
        check: impl FnOnce(&PlanFile) -> Result<(), PlanError>,
    ) -> Result<Self, PlanError> {
        // Read first: no lock is created for a file that is not a plan.
        drop(schema::open_to_read(path)?);
        let lock = storage::lock(&PLAN, path)?;
        let plan = PlanFile::open(path)?;
        check(&plan)?;
        let (header, digest) = (plan.header().clone(), plan.digest().to_owned());
        drop(plan);
        storage::unseal(&PLAN, path)?;
        let connection = schema::open_to_write(path)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TEMP TABLE lanes (rank INTEGER PRIMARY KEY, name, operations INTEGER NOT NULL);
                 CREATE TEMP TABLE missing (entity TEXT, source TEXT, PRIMARY KEY (entity, source)) WITHOUT ROWID;
                 CREATE TEMP TABLE aside (number INTEGER PRIMARY KEY);
                 CREATE TEMP TABLE held (key TEXT PRIMARY KEY) WITHOUT ROWID;
                 CREATE TEMP TABLE fresh (lane BLOB PRIMARY KEY) WITHOUT ROWID;",
            )
            .map_err(|source| PlanError::from_sqlite(path, source))?;
        let services = NumberedServices::of(&header);
        Ok(Self {
            path: path.to_path_buf(),
            connection,
            header,
            services,
            digest,
            texts: OnceCell::new(),
            per_transaction: 1,
            uncommitted: Cell::new(0),
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the plan was made from, and how.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The digest of what was planned.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// What the plan comes to, with the states as they are now.
    pub(crate) fn totals(&self) -> Result<Totals, PlanError> {
        PlanFile::open(&self.path)?.totals()
    }

    /// The checks that were made when it was planned.
    pub(crate) fn checks(&self) -> Result<Vec<&'static PlanCheck>, PlanError> {
        PlanFile::open(&self.path)?.checks()
    }

    pub(crate) fn is_begun(&self) -> Result<bool, PlanError> {
        let ended = [OperationState::Done, OperationState::Existing, OperationState::Failed];
        let any = self.counts()?.values().flatten().any(|(state, count)| ended.contains(state) && *count > 0);
        Ok(any || !self.begun(0, 1)?.is_empty())
    }

    /// Fills in what is written of a message.
    pub(super) fn fill(&self, operation: &mut Operation) -> Result<(), PlanError> {
        if operation.kind != OperationKind::CreateMessage {
            return Ok(());
        }
        if let Some(texts) = self.texts.get() {
            return texts.fill(operation);
        }
        let opened = MessageTexts::open(&self.header)?;
        self.texts.get_or_init(|| opened).fill(operation)
    }

    /// Begins a transaction.
    pub(crate) fn begin(&self) -> Result<(), PlanError> {
        if self.uncommitted.get() > 0 {
            return Ok(());
        }
        self.sql(|connection| connection.execute_batch("BEGIN IMMEDIATE"))
    }

    pub(crate) fn commit(&self) -> Result<(), PlanError> {
        self.uncommitted.set(self.uncommitted.get() + 1);
        if self.uncommitted.get() < self.per_transaction {
            return Ok(());
        }
        self.end_transaction()
    }

    /// Ends the transaction that is open, if one is.
    pub(crate) fn end_transaction(&self) -> Result<(), PlanError> {
        if self.uncommitted.replace(0) == 0 {
            return Ok(());
        }
        storage::kill_point("journal");
        self.sql(|connection| connection.execute_batch("COMMIT"))?;
        storage::kill_point("journal");
        Ok(())
    }

    /// Has what failed in earlier runs retried, and what was blocked by that. A failure says that nothing was written, so
    /// what failed is as if it had never begun.
    pub(crate) fn retry_failed(&self) -> Result<(), PlanError> {
        let (pending, failed, blocked) = (
            state_number(OperationState::Pending),
            state_number(OperationState::Failed),
            state_number(OperationState::Blocked),
        );
        self.sql(|connection| {
            connection.execute(
                "UPDATE operation SET state = ?1, reason = NULL, started = NULL, result = NULL WHERE state = ?2",
                (pending, failed),
            )?;
            connection.execute(
                "UPDATE operation SET state = ?1, reason = NULL, started = NULL, result = NULL
                 WHERE state = ?2 AND blocked IS NULL AND reason LIKE ?3 || ':%'",
                (pending, blocked, Self::DEPENDS_ON_FAILED),
            )?;
            connection.execute("DELETE FROM temp.missing", [])
        })?;
        Ok(())
    }

    pub(crate) fn counts(&self) -> Result<BTreeMap<OperationKind, BTreeMap<OperationState, u64>>, PlanError> {
        self.sql(|connection| {
            let mut counts: BTreeMap<OperationKind, BTreeMap<OperationState, u64>> = BTreeMap::new();
            let mut statement =
                connection.prepare("SELECT state, kind, count(*) FROM operation GROUP BY state, kind")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (state, kind) =
                    (row::named(row, 0, &OperationState::ALL)?, row::named(row, 1, &OperationKind::ALL)?);
                counts.entry(kind).or_default().insert(state, row.get::<_, i64>(2)?.cast_unsigned());
            }
            Ok(counts)
        })
    }

    /// Notes that an operation is about to be sent.
    pub(crate) fn started(&self, number: i64, now: &str) -> Result<(), PlanError> {
        self.write("UPDATE operation SET started = ?2 WHERE number = ?1", (number, now))
    }

    /// Notes that an operation which was about to be sent was not.
    pub(crate) fn withdrawn(&self, number: i64) -> Result<(), PlanError> {
        self.write("UPDATE operation SET started = NULL WHERE number = ?1", (number,))
    }

    /// Notes the outcome of an operation.
    pub(crate) fn ended(
        &self,
        number: i64,
        state: OperationState,
        reason: Option<&str>,
        result: &Value,
    ) -> Result<(), PlanError> {
        let result = (!result.is_null()).then(|| result.to_string());
        self.write(
            "UPDATE operation SET state = ?2, reason = ?3, result = ?4 WHERE number = ?1",
            (number, state_number(state), reason, result),
        )
    }

    /// The first operations that failed or are blocked.
    pub(crate) fn not_done(&self, most: usize) -> Result<Vec<NotDone>, PlanError> {
        self.sql(|connection| {
            let mut found = Vec::new();
            for state in [OperationState::Failed, OperationState::Blocked] {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT {}, coalesce(reason, blocked, '') FROM operation WHERE state = ?1 LIMIT ?2",
                    row::COLUMNS
                ))?;
                let mut rows = statement.query((state_number(state), limit(most - found.len())))?;
                while let Some(row) = rows.next()? {
                    let operation = row::read(row, &self.services)?.operation;
                    found.push(NotDone {
                        operation,
                        state,
                        reason: row.get("coalesce(reason, blocked, '')")?,
                    });
                }
            }
            Ok(found)
        })
    }

    /// How many operations found what they would have written, but not as planned.
    pub(crate) fn differing(&self) -> Result<u64, PlanError> {
        self.sql(|connection| {
            connection.query_row(
                "SELECT count(*) FROM operation WHERE state = ?1 AND reason IS NOT NULL",
                [state_number(OperationState::Existing)],
                |row| row.get::<_, i64>(0).map(i64::cast_unsigned),
            )
        })
    }

    /// The SID in the target of what stands for a record of the source.
    pub(crate) fn counterpart(&self, entity: Entity, source: &str) -> Result<Option<String>, PlanError> {
        self.sql(|connection| {
            connection
                .prepare_cached("SELECT target FROM counterpart WHERE entity = ?1 AND source = ?2")?
                .query_row((entity.plural(), source), |row| row.get(0))
                .optional()
        })
    }

    /// Notes the SID in the target of what was made or found for a record of the source.
    pub(crate) fn set_counterpart(
        &self,
        entity: Entity,
        source: &str,
        target: &str,
    ) -> Result<(), PlanError> {
        self.write(
            "INSERT INTO counterpart (entity, source, target, planned) VALUES (?1, ?2, ?3, 0)
             ON CONFLICT DO UPDATE SET target = excluded.target WHERE planned <> 1",
            (entity.plural(), source, target),
        )
    }

    /// The SID in the target of what was uploaded for a media of the source.
    pub(crate) fn uploaded(&self, source: &str) -> Result<Option<String>, PlanError> {
        self.sql(|connection| {
            connection
                .prepare_cached("SELECT target FROM counterpart WHERE entity = 'media' AND source = ?1")?
                .query_row((source,), |row| row.get(0))
                .optional()
        })
    }

    /// Notes the SID in the target of what was uploaded for a media of the source.
    pub(crate) fn set_uploaded(&self, source: &str, target: &str) -> Result<(), PlanError> {
        self.write(
            "INSERT OR REPLACE INTO counterpart (entity, source, target, planned) VALUES ('media', ?1, ?2, 0)",
            (source, target),
        )
    }

    /// Notes that what was to be created for a record of the source was there: another program created it since the plan.
    pub(crate) fn set_found(&self, entity: Entity, source: &str) -> Result<(), PlanError> {
        self.write(
            "UPDATE counterpart SET planned = 2 WHERE entity = ?1 AND source = ?2 AND planned = 0",
            (entity.plural(), source),
        )
    }

    /// Whether that was noted.
    pub(crate) fn is_found(&self, entity: Entity, source: &str) -> Result<bool, PlanError> {
        self.sql(|connection| {
            connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM counterpart WHERE entity = ?1 AND source = ?2 AND planned = 2)",
                )?
                .query_row((entity.plural(), source), |row| row.get(0))
        })
    }

    /// Whether something is still to be written to the conversation of an operation before it: what is not done yet, what failed,
    /// and what that holds.
    pub(crate) fn has_unfinished_before(&self, number: i64) -> Result<bool, PlanError> {
        let kinds = [
            OperationKind::CreateParticipant,
            OperationKind::CreateMessage,
            OperationKind::UpdateParticipant,
            OperationKind::UpdateUserConversation,
            OperationKind::UpdateConversation,
        ]
        .map(|kind| kind_number(kind).to_string())
        .join(", ");
        let (pending, failed, blocked) = (
            state_number(OperationState::Pending),
            state_number(OperationState::Failed),
            state_number(OperationState::Blocked),
        );
        self.sql(|connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT EXISTS (SELECT 1 FROM operation INDEXED BY operation_by_state
                     WHERE state IN ({pending}, {failed}, {blocked}) AND kind IN ({kinds})
                       AND lane IS (SELECT lane FROM operation WHERE number = ?1) AND number < ?1
                       AND (state <> {blocked} OR blocked IS NULL AND reason LIKE ?2 || ':%'))"
                ))?
                .query_row((number, Self::DEPENDS_ON_FAILED), |row| row.get(0))
        })
    }

    /// Whether this run knows that a record will have no counterpart.
    pub(crate) fn is_missing(&self, entity: Entity, source: &str) -> Result<bool, PlanError> {
        self.sql(|connection| {
            connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM temp.missing WHERE entity = ?1 AND source = ?2)",
                )?
                .query_row((entity.plural(), source), |row| row.get(0))
        })
    }

    /// Notes for this run that a record will have no counterpart.
    pub(crate) fn set_missing(&self, entity: Entity, source: &str) -> Result<(), PlanError> {
        self.write(
            "INSERT OR IGNORE INTO temp.missing (entity, source) VALUES (?1, ?2)",
            (entity.plural(), source),
        )
    }

    /// Makes the plan one file again. While another process reads it, its write-ahead log stays.
    pub(crate) fn close(self) -> Result<(), PlanError> {
        let Self { path, connection, _lock, .. } = self;
        let is_one_file = storage::fold_log(&PLAN, &path, &connection)?;
        // The connection closes first: closing any handle of a file ends SQLite's own locks on it.
        drop(connection);
        if is_one_file {
            storage::seal(&PLAN, &path)?;
        }
        Ok(())
    }

    /// Lets the file grow by no more than so many pages, as on a disk that is nearly full.
    #[cfg(test)]
    pub(crate) fn allow_pages(&self, more: u32) {
        let pages: u32 = self.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        self.connection.execute_batch(&format!("PRAGMA max_page_count = {}", pages + more)).unwrap();
    }

    pub(super) fn write(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), PlanError> {
        self.sql(|connection| connection.prepare_cached(sql)?.execute(values).map(drop))
    }

    /// Asks whether something is so of an operation.
    pub(super) fn ask(&self, sql: &str, number: i64) -> Result<bool, PlanError> {
        self.sql(|connection| connection.prepare_cached(sql)?.query_row((number,), |row| row.get(0)))
    }

    pub(super) fn services(&self) -> &NumberedServices {
        &self.services
    }

    pub(super) fn sql<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, PlanError> {
        run(&self.connection).map_err(|source| PlanError::from_sqlite(&self.path, source))
    }
}

pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
