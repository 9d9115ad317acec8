//! Where a plan may be written: never over what must be kept.
//!
//! **Invariant:** what is not a plan is never replaced, nor is a plan that was applied: it is the only record of what was done.

use std::path::Path;

use super::schema;
use crate::plan::error::PlanError;
use crate::plan::format::PLAN;
use crate::plan::operation::OperationState;
use crate::storage::{self, Access, StorageError};

/// Whether a plan can be written here, before any work is done for it: says what [`PlanDraft::create`](super::PlanDraft::create)
/// would say.
pub(crate) fn check_place(plan: &Path) -> Result<(), PlanError> {
    refuse_to_replace(plan)?;
    Ok(storage::check_place(&PLAN, plan, Access::of_results())?)
}

/// Refuses what must be kept: another kind of file, a plan of another version, a plan that was begun.
pub(super) fn refuse_to_replace(plan: &Path) -> Result<(), PlanError> {
    let connection = match schema::open_to_read(plan) {
        Ok(connection) => connection,
        Err(PlanError::Storage(StorageError::Missing { .. })) => return Ok(()),
        Err(error) => return Err(error),
    };
    let count = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map(|count| u64::try_from(count).unwrap_or_default())
            .map_err(|source| PlanError::from_sqlite(plan, source))
    };
    // A blocked one that was planned otherwise depends on one that failed.
    let ended = [OperationState::Done, OperationState::Existing, OperationState::Failed];
    let ended = ended.map(|state| schema::state_number(state).to_string()).join(", ");
    let pending = schema::state_number(OperationState::Pending);
    let begun = count(&format!(
        "SELECT (SELECT count(*) FROM operation WHERE state IN ({ended}))
              + (SELECT count(*) FROM operation WHERE started IS NOT NULL AND state = {pending})"
    ))?;
    if begun == 0 {
        return Ok(());
    }
    let total = count("SELECT count(*) FROM operation")?;
    Err(PlanError::Applied { path: plan.to_path_buf(), begun, total })
}
