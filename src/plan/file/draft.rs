//! A plan in the making.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::digest::PlanDigest;
use super::finding;
use super::place::refuse_to_replace;
use super::reader::PlanFile;
use super::row::{self, NumberedServices, StoredOperation};
use super::schema;
use crate::model::Entity;
use crate::plan::error::PlanError;
use crate::plan::finding::{PlanCheck, PlanFinding};
use crate::plan::format::PLAN;
use crate::plan::operation::{JsonFields, Operation, OperationState};
use crate::plan::overview::{Header, Totals};
use crate::storage::{Access, SqliteDraft};

/// A plan in the making, in a file of its own. It replaces the plan's file when it is complete, by [`finish`](Self::finish).
/// Dropped unfinished it leaves nothing.
#[derive(Debug)]
pub struct PlanDraft {
    connection: Connection,
    path: PathBuf,
    draft: SqliteDraft,
    services: NumberedServices,
    header: String,
    digest: PlanDigest,
    checks: Vec<&'static PlanCheck>,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl PlanDraft {
    /// Begins a plan. A plan that stands there already is replaced when this one is finished, unless it was applied, if only in
    /// part; what is no plan is never replaced.
    pub fn create(path: &Path, header: &Header) -> Result<Self, PlanError> {
        // First, since a lock is not laid on what is not a plan; then again, since another run may have had the lock.
        refuse_to_replace(path)?;
        let draft = SqliteDraft::begin(&PLAN, path, Access::of_results())?;
        refuse_to_replace(path)?;
        let connection = schema::create(&draft, path)?;
        let draft = Self {
            connection,
            path: path.to_path_buf(),
            draft,
            services: NumberedServices::of(header),
            header: to_text(header),
            digest: PlanDigest::new(),
            checks: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        };
        draft.property("header", &draft.header)?;
        Ok(draft)
    }

    /// Adds an operation, to be performed after all that were added before it. With the code of a reason it is blocked.
    pub fn operation(&mut self, operation: &Operation, blocked: Option<&str>) -> Result<(), PlanError> {
        let before = json(&operation.before, &mut self.before);
        let after = json(&operation.after, &mut self.after);
        let stored = StoredOperation { before, after, blocked };
        let state = if blocked.is_some() { OperationState::Blocked } else { OperationState::Pending };
        self.digest.operation(operation, &stored);
        row::insert(&self.connection, &self.services, operation, schema::state_number(state), &stored)
            .map_err(|source| PlanError::from_sqlite(&self.path, source))
    }

    /// Notes what the target has already for a record of the source: the SIDs of the two.
    pub fn counterpart(&mut self, entity: Entity, source: &str, target: &str) -> Result<(), PlanError> {
        self.sql(|connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO counterpart (entity, source, target, planned) VALUES (?, ?, ?, 1)",
                )?
                .execute((entity.plural(), source, target))
                .map(|_| ())
        })
    }

    /// A draft that no operation can be added to.
    #[cfg(test)]
    pub(in crate::plan) fn spoiled(self) -> Self {
        self.sql(|connection| connection.execute_batch("DROP TABLE operation")).unwrap();
        self
    }

    /// Adds a finding.
    pub fn finding(&mut self, found: &PlanFinding) -> Result<(), PlanError> {
        let (connection, digest) = (&self.connection, &mut self.digest);
        let known = self.checks.iter().position(|check| check.code == found.check.code);
        let place = u32::try_from(known.unwrap_or(self.checks.len())).unwrap_or(u32::MAX);
        let inserted = if known.is_none() {
            self.checks.push(found.check);
            finding::insert_check(connection, digest, place, found.check)
        } else {
            Ok(())
        };
        inserted
            .and_then(|()| finding::insert(connection, digest, place, found))
            .map_err(|source| PlanError::from_sqlite(&self.path, source))
    }

    /// Puts the plan in its place.
    pub fn finish(self, totals: &Totals) -> Result<PlanFile, PlanError> {
        let totals = to_text(totals);
        self.property("totals", &totals)?;
        let Self { connection, path, draft, header, digest, .. } = self;
        let wrap = |source| PlanError::from_sqlite(&path, source);
        let digest = digest.finish(&connection, &header, &totals).map_err(wrap)?;
        connection
            .execute("INSERT INTO property (key, value) VALUES ('digest', ?1)", [&digest])
            .map_err(wrap)?;
        connection.execute_batch(include_str!("indexes.sql")).map_err(wrap)?;
        connection.execute_batch("COMMIT").map_err(wrap)?;
        connection.close().map_err(|(_, source)| wrap(source))?;
        // What stands there may have been replaced meanwhile by other means than this program's.
        refuse_to_replace(&path)?;
        draft.seal()?;
        drop(draft.publish()?);
        PlanFile::open(&path)
    }

    fn property(&self, key: &str, value: &str) -> Result<(), PlanError> {
        self.sql(|connection| {
            connection.execute("INSERT INTO property (key, value) VALUES (?1, ?2)", [key, value]).map(|_| ())
        })
    }

    fn sql(&self, run: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> Result<(), PlanError> {
        run(&self.connection).map_err(|source| PlanError::from_sqlite(&self.path, source))
    }
}

/// A header or totals as JSON.
fn to_text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain structs with text for keys are written to memory")
}

/// The text that fields are stored as; none where there are none.
fn json<'a>(fields: &JsonFields, buffer: &'a mut Vec<u8>) -> Option<&'a str> {
    if fields.is_empty() {
        return None;
    }
    buffer.clear();
    serde_json::to_writer(&mut *buffer, fields).expect("a map of JSON values is written to memory");
    Some(str::from_utf8(buffer).expect("JSON is UTF-8"))
}
