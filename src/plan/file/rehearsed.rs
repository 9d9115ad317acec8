//! A copy of a plan for a rehearsal.
//!
//! Of a plan that was applied in part, what was done is performed again first: the rehearsal begins with the target as it was when the plan
//! was made. Meanwhile the other operations are set aside.

use std::path::Path;

use rusqlite::Connection;

use super::reader::PlanFile;
use super::row;
use super::schema::{self, state_number};
use crate::plan::error::PlanError;
use crate::plan::operation::{OperationKind, OperationState};

/// The reason of an operation that is set aside. `apply` leaves such operations blocked.
const SET_ASIDE: &str = "set_aside";

/// Copies a plan as it is now, with what a run that was killed has left in its write-ahead log.
pub(crate) fn copy_plan(plan: &PlanFile, to: &Path) -> Result<(), PlanError> {
    let copied = plan.connection().execute("VACUUM INTO ?1", [to.display().to_string()]);
    copied.map(drop).map_err(|source| PlanError::from_sqlite(to, source))
}

/// Makes the copy a plan of which only what was done is to be performed. Gives how many operations these are.
pub(crate) fn set_back(copy: &Path) -> Result<u64, PlanError> {
    let [pending, done, existing, failed, blocked] = [
        OperationState::Pending,
        OperationState::Done,
        OperationState::Existing,
        OperationState::Failed,
        OperationState::Blocked,
    ]
    .map(state_number);
    change(copy, |connection| {
        connection.execute(
            "UPDATE operation SET state = ?1, reason = ?2, started = NULL, result = NULL
             WHERE state IN (?3, ?4) OR (state = ?1 AND blocked IS NULL)",
            (blocked, SET_ASIDE, pending, failed),
        )?;
        let performed = connection.execute(
            "UPDATE operation SET state = ?1, reason = NULL, started = NULL, result = NULL WHERE state IN (?2, ?3)",
            (pending, done, existing),
        )?;
        connection.execute("DELETE FROM counterpart WHERE planned <> 1", [])?;
        Ok(performed as u64)
    })
}

/// Makes what was set aside pending, and what was done before the rehearsal none of its timeline.
pub(crate) fn take_up(copy: &Path) -> Result<(), PlanError> {
    let [pending, blocked] = [OperationState::Pending, OperationState::Blocked].map(state_number);
    change(copy, |connection| {
        connection.execute("UPDATE operation SET started = NULL WHERE started IS NOT NULL", [])?;
        connection.execute(
            "UPDATE operation SET state = ?1, reason = NULL WHERE state = ?2 AND reason = ?3",
            (pending, blocked, SET_ASIDE),
        )?;
        Ok(())
    })
}

/// Visits when operations were started, kind by kind in the order of time: how many in each second.
pub(crate) fn starts<E: From<PlanError>>(
    plan: &PlanFile,
    mut visit: impl FnMut(OperationKind, String, u64) -> Result<(), E>,
) -> Result<(), E> {
    plan.rows(
        "SELECT kind, started, count(*) FROM operation WHERE typeof(started) = 'text' GROUP BY kind, started",
        |row| {
            let count = row.get::<_, i64>(2)?.cast_unsigned();
            Ok((row::named(row, 0, &OperationKind::ALL)?, row.get(1)?, count))
        },
        |(kind, started, count)| visit(kind, started, count),
    )
}

fn change<T>(copy: &Path, run: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, PlanError> {
    let connection = schema::open_to_write(copy)?;
    let changed = || {
        connection.execute_batch("BEGIN")?;
        let result = run(&connection)?;
        connection.execute_batch("COMMIT")?;
        Ok(result)
    };
    changed().map_err(|source| PlanError::from_sqlite(copy, source))
}
