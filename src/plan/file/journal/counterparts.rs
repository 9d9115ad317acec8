//! What a journal keeps in addition to the operations: the SIDs of what was created and found, and which operations wait for others.

use rusqlite::OptionalExtension;

use super::super::schema::{kind_number, state_number};
use super::Journal;
use crate::model::Entity;
use crate::plan::error::PlanError;
use crate::plan::operation::{OperationKind, OperationState};

impl Journal {
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

    /// Notes that what was to be made for a record of the source was there: another program created it since the plan.
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
}
