//! The outcome of a plan that was applied, for reports: when, and why what is not as planned is not.

use super::reader::PlanFile;
use super::row;
use super::schema::state_number;
use crate::plan::error::PlanError;
use crate::plan::operation::{OperationKind, OperationState};

/// When the first and the last of its operations were started; none before it is applied.
pub(crate) fn applied_window(plan: &PlanFile) -> Result<Option<(String, String)>, PlanError> {
    let sql = "SELECT min(started), max(started) FROM operation WHERE typeof(started) = 'text'";
    let window = plan
        .connection()
        .query_row(sql, [], |row| Ok(row.get::<_, Option<String>>(0)?.zip(row.get::<_, Option<String>>(1)?)));
    window.map_err(|source| plan.wrap(source))
}

/// Visits the operations that failed, are blocked or found something else than planned, with the reason of each.
pub(crate) fn reasons<E: From<PlanError>>(
    plan: &PlanFile,
    mut visit: impl FnMut(OperationKind, OperationState, String) -> Result<(), E>,
) -> Result<(), E> {
    let states = [OperationState::Failed, OperationState::Blocked, OperationState::Existing];
    let states = states.map(|state| state_number(state).to_string()).join(", ");
    let sql = format!(
        "SELECT state, kind, coalesce(reason, blocked) FROM operation
         WHERE +state IN ({states}) AND coalesce(reason, blocked) IS NOT NULL ORDER BY number"
    );
    plan.rows(
        &sql,
        |row| {
            let state = row::named(row, 0, &OperationState::ALL)?;
            Ok((row::named(row, 1, &OperationKind::ALL)?, state, row.get(2)?))
        },
        |(kind, state, reason)| visit(kind, state, reason),
    )
}
