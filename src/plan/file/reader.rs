//! A plan that is there.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _};
use serde::de::DeserializeOwned;

use super::digest::PlanDigest;
use super::entry::{Entry, WantedOperations};
use super::finding;
use super::row::{self, NumberedServices, StoredOperation};
use super::schema::{self, kind_number, state_number};
use crate::model::Entity;
use crate::plan::error::PlanError;
use crate::plan::finding::{PlanCheck, PlanFinding};
use crate::plan::format::PLAN;
use crate::plan::message_texts::MessageTexts;
use crate::plan::operation::{Operation, OperationKind, OperationState};
use crate::plan::overview::{Header, Totals};
use crate::storage::{self, FileLock};

/// A plan, opened for reading. A run may go on applying it meanwhile.
#[derive(Debug)]
pub struct PlanFile {
    path: PathBuf,
    connection: Connection,
    header: Header,
    services: NumberedServices,
    digest: String,
    /// Where the index of the records that operations are about is in the connection, if there is one.
    about: Option<&'static str>,
    /// Where the texts of messages are read, once one is shown; none where the snapshot is not there.
    texts: OnceCell<Option<MessageTexts>>,
    /// Held, not read.
    #[expect(dead_code, reason = "it is held")]
    lock: Option<FileLock>,
}

impl PlanFile {
    pub fn open(path: &Path) -> Result<Self, PlanError> {
        let connection = schema::open_to_read(path)?;
        let header: Header = parsed(path, "header", &property(&connection, path, "header")?)?;
        let digest = property(&connection, path, "digest")?;
        let services = NumberedServices::of(&header);
        Ok(Self {
            path: path.to_path_buf(),
            connection,
            header,
            services,
            digest,
            about: None,
            texts: OnceCell::new(),
            lock: None,
        })
    }

    /// Opens a plan that no other process applies or replaces as long as it is open.
    pub fn open_alone(path: &Path) -> Result<Self, PlanError> {
        let opened = Self::open(path)?;
        Ok(Self { lock: Some(storage::lock(&PLAN, path)?), ..opened })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it was made from, and how.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The digest of what was planned, as 64 hexadecimal digits. See [`check`](Self::check).
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What it comes to, with the states as they are now.
    pub fn totals(&self) -> Result<Totals, PlanError> {
        let mut totals: Totals = parsed(&self.path, "totals", &self.property("totals")?)?;
        if let Some(problem) = totals.problem() {
            return Err(PlanError::unreadable(&self.path, format!("its totals: {problem}")));
        }
        let mut operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>> = BTreeMap::new();
        self.rows::<_, PlanError>(
            "SELECT state, kind, count(*) FROM operation GROUP BY state, kind",
            |row| {
                let (state, kind) =
                    (row::named(row, 0, &OperationState::ALL)?, row::named(row, 1, &OperationKind::ALL)?);
                let count = u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default();
                operations.entry(kind).or_default().insert(state, count);
                Ok(())
            },
            Ok,
        )?;
        totals.operations = operations;
        Ok(totals)
    }

    /// Compares what was planned with its digest, and the file's bytes with their seal.
    pub fn check(&self) -> Result<(), PlanError> {
        self.check_digest()?;
        // The digest is of what was planned; the seal is of the journal and the indexes too.
        Ok(storage::check_seal(&PLAN, &self.path)?)
    }

    /// Recomputes the digest of all that was planned, and says where it differs from the one that the plan was given.
    pub(super) fn check_digest(&self) -> Result<(), PlanError> {
        let mut digest = PlanDigest::new();
        let sql = format!("SELECT {} FROM operation ORDER BY number", row::COLUMNS);
        self.rows::<_, PlanError>(
            &sql,
            |row| {
                let read = row::read(row, &self.services)?;
                digest.operation(&read.operation, &StoredOperation::of(row)?);
                Ok(())
            },
            Ok,
        )?;
        finding::digest(&self.connection, &mut digest).map_err(|source| self.wrap(source))?;
        let header = self.property("header")?;
        let totals = self.property("totals")?;
        let found = digest.finish(&self.connection, &header, &totals).map_err(|source| self.wrap(source))?;
        if found == self.digest {
            return Ok(());
        }
        Err(PlanError::Edited { path: self.path.clone(), written: self.digest.clone(), found })
    }

    /// Visits the findings, in the order in which they were found.
    pub fn findings<E: From<PlanError>>(
        &self,
        mut visit: impl FnMut(&PlanFinding) -> Result<(), E>,
    ) -> Result<(), E> {
        let checks = finding::checks(&self.connection).map_err(|source| self.wrap(source))?;
        self.rows(
            "SELECT check_number, entity, sid, name, detail FROM finding ORDER BY number",
            |row| finding::read(row, &checks),
            |finding| visit(&finding),
        )
    }

    /// The checks that found something, by their first finding.
    pub fn checks(&self) -> Result<Vec<&'static PlanCheck>, PlanError> {
        finding::checks(&self.connection).map_err(|source| self.wrap(source))
    }

    /// Visits the operations that are wanted, in the order of performance.
    pub fn operations<E: From<PlanError>>(
        &self,
        wanted: &WantedOperations,
        mut visit: impl FnMut(&Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut sql = format!("SELECT {} FROM operation", row::COLUMNS);
        let mut conditions = Vec::new();
        if let Some(kinds) = &wanted.kinds {
            conditions.push(among("kind", kinds.iter().map(|kind| kind_number(*kind))));
        }
        if let Some(states) = &wanted.states {
            conditions.push(among("state", states.iter().map(|state| state_number(*state))));
        }
        if !conditions.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&conditions.join(" AND "));
        }
        sql.push_str(" ORDER BY number");
        self.rows(&sql, |row| self.entry(row), |entry| visit(&entry))
    }

    /// At most so many operations of a kind in a state, those of the first lanes, in the order of performance: found by the
    /// index, for reports that show some dozens of what may be millions.
    pub fn first(
        &self,
        kind: OperationKind,
        state: OperationState,
        most: usize,
    ) -> Result<Vec<Entry>, PlanError> {
        let sql = format!(
            "SELECT {} FROM operation WHERE number IN (
               SELECT number FROM operation WHERE state = {} AND kind = {} ORDER BY lane, number LIMIT {most}
             ) ORDER BY number",
            row::COLUMNS,
            state_number(state),
            kind_number(kind),
        );
        let mut entries = Vec::new();
        self.rows::<_, PlanError>(
            &sql,
            |row| self.entry(row),
            |entry| {
                entries.push(entry);
                Ok(())
            },
        )?;
        Ok(entries)
    }

    /// The SID in the target of a record of the source: known when the plan was made, or created since.
    pub fn counterpart(&self, entity: Entity, source: &str) -> Result<Option<String>, PlanError> {
        self.connection()
            .prepare_cached("SELECT target FROM counterpart WHERE entity = ?1 AND source = ?2")
            .and_then(|mut statement| {
                statement.query_row((entity.plural(), source), |row| row.get(0)).optional()
            })
            .map_err(|source| self.wrap(source))
    }

    /// Visits what is known of SIDs in order: the collection (`users`), the SID in the source and the one in the target.
    pub fn counterparts<E: From<PlanError>>(
        &self,
        mut visit: impl FnMut(&str, &str, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT entity, source, target FROM counterpart ORDER BY entity, source";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        self.rows(sql, read, |(entity, source, target): (String, String, String)| {
            visit(&entity, &source, &target)
        })
    }

    /// Operations that were begun and whose end is not in the journal: a run is on, or was killed.
    pub fn begun(&self) -> Result<u64, PlanError> {
        self.connection()
            .query_row(
                "SELECT count(*) FROM operation WHERE started IS NOT NULL AND state = ?1",
                [state_number(OperationState::Pending)],
                |row| row.get::<_, i64>(0),
            )
            .map(|count| u64::try_from(count).unwrap_or_default())
            .map_err(|source| self.wrap(source))
    }

    pub(super) fn entry(&self, row: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
        let mut read = row::read(row, &self.services)?;
        self.fill(&mut read.operation);
        let reason = match row.get(17)? {
            Some(reason) => Some(reason),
            None => row.get(16)?,
        };
        let result = match row.get_ref(18)? {
            ValueRef::Null => None,
            value => {
                let text = value.as_str().map_err(|error| row::wrong(18, error))?;
                let value = serde_json::from_str(text).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(
                        18,
                        rusqlite::types::Type::Text,
                        Box::new(error),
                    )
                })?;
                Some(value)
            }
        };
        let id = read.operation.id();
        Ok(Entry { number: read.number, id, operation: read.operation, state: read.state, reason, result })
    }

    /// Fills in the texts of a message, which are in the snapshot: as long as that is there. A plan can be looked at without.
    fn fill(&self, operation: &mut Operation) {
        if operation.kind != OperationKind::CreateMessage {
            return;
        }
        let texts = self.texts.get_or_init(|| MessageTexts::open(&self.header).ok());
        if let Some(Err(error)) = texts.as_ref().map(|texts| texts.fill(operation)) {
            tracing::debug!(%error, "a message is shown without its texts");
        }
    }

    /// Reads rows one by one and gives each to `visit`.
    pub(super) fn rows<T, E: From<PlanError>>(
        &self,
        sql: &str,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
        mut visit: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let wrap = |source| E::from(self.wrap(source));
        let mut statement = self.connection.prepare(sql).map_err(wrap)?;
        let mut rows = statement.query([]).map_err(wrap)?;
        while let Some(row) = rows.next().map_err(wrap)? {
            visit(read(row).map_err(wrap)?)?;
        }
        Ok(())
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn about_index(&self) -> Option<&'static str> {
        self.about
    }

    pub(super) fn set_about_index(&mut self, schema: &'static str) {
        self.about = Some(schema);
    }

    fn property(&self, key: &str) -> Result<String, PlanError> {
        property(&self.connection, &self.path, key)
    }

    pub(super) fn wrap(&self, source: rusqlite::Error) -> PlanError {
        PlanError::from_sqlite(&self.path, source)
    }
}

/// The unary plus keeps SQLite from going by an index and sorting what may be millions.
fn among(column: &str, numbers: impl Iterator<Item = i64>) -> String {
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    format!("+{column} IN ({})", numbers.join(", "))
}

fn property(connection: &Connection, path: &Path, key: &str) -> Result<String, PlanError> {
    connection.query_row("SELECT value FROM property WHERE key = ?1", [key], |row| row.get(0)).map_err(
        |source| match source {
            rusqlite::Error::QueryReturnedNoRows => PlanError::unreadable(path, format!("it has no {key}")),
            source => PlanError::from_sqlite(path, source),
        },
    )
}

fn parsed<T: DeserializeOwned>(path: &Path, key: &str, text: &str) -> Result<T, PlanError> {
    serde_json::from_str(text).map_err(|error| PlanError::unreadable(path, format!("its {key}: {error}")))
}
