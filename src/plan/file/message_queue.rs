//! What the journal knows of the messages of a conversation: which is next, what holds the others up, and where they went.
//!
//! **Invariant:** a message is handed out only if each before it is in the target, so that they keep their order.

use rusqlite::OptionalExtension as _;

use super::journal::Journal;
use super::schema::{kind_number, state_number};
use crate::plan::error::PlanError;
use crate::plan::operation::{OperationKind, OperationState};

/// The messages of the conversation of an operation, with what is not there yet: to be done, failed, or held up by that.
fn unfinished(and: &str) -> String {
    format!(
        "SELECT EXISTS (SELECT 1 FROM operation INDEXED BY operation_by_state
         WHERE state IN ({}, {}, {blocked}) AND kind = {} AND lane IS (SELECT lane FROM operation WHERE number = ?1)
           AND (state <> {blocked} OR blocked IS NULL) {and})",
        state_number(OperationState::Pending),
        state_number(OperationState::Failed),
        kind_number(OperationKind::CreateMessage),
        blocked = state_number(OperationState::Blocked),
    )
}

/// Whether a message before this one is not in the target.
pub(crate) fn is_held_up(journal: &Journal, number: i64) -> Result<bool, PlanError> {
    journal.ask(&unfinished("AND number < ?1"), number)
}

/// Whether a message of the conversation of this operation is not in the target.
pub(crate) fn has_unfinished_messages(journal: &Journal, number: i64) -> Result<bool, PlanError> {
    journal.ask(&unfinished(""), number)
}

/// The index in the target of the message before this one that is there; none of the first.
pub(crate) fn index_before(journal: &Journal, number: i64) -> Result<Option<i64>, PlanError> {
    let last = |state| {
        format!(
            "SELECT max(number) AS number FROM operation INDEXED BY operation_by_state WHERE state = {} AND kind = {}
               AND lane IS (SELECT lane FROM operation WHERE number = ?1) AND number < ?1",
            state_number(state),
            kind_number(OperationKind::CreateMessage),
        )
    };
    let sql = format!(
        "SELECT coalesce(json_extract(result, '$.index'), position) FROM operation
         WHERE number = (SELECT max(number) FROM ({} UNION ALL {}))",
        last(OperationState::Done),
        last(OperationState::Existing),
    );
    journal
        .sql(|connection| connection.prepare_cached(&sql)?.query_row([number], |row| row.get(0)).optional())
}

/// Has the messages after this one wait for another run, and gives how many these are.
pub(crate) fn hold_up(journal: &Journal, number: i64, reason: &str) -> Result<u64, PlanError> {
    let sql = format!(
        "UPDATE operation SET state = {}, reason = ?2
         WHERE state = {pending} AND kind = {} AND lane IS (SELECT lane FROM operation WHERE number = ?1) AND number > ?1",
        state_number(OperationState::Blocked),
        kind_number(OperationKind::CreateMessage),
        pending = state_number(OperationState::Pending),
    );
    let held = journal.sql(|connection| connection.prepare_cached(&sql)?.execute((number, reason)))?;
    Ok(held as u64)
}

/// Notes that this run has created the conversation of an operation.
pub(crate) fn set_fresh(journal: &Journal, number: i64) -> Result<(), PlanError> {
    journal.write(
        "INSERT OR IGNORE INTO temp.fresh (lane) SELECT channel FROM operation WHERE number = ?1",
        (number,),
    )
}

/// Whether this run has created the conversation of an operation, so that no one else has written to it.
pub(crate) fn is_fresh(journal: &Journal, number: i64) -> Result<bool, PlanError> {
    journal.ask(
        "SELECT EXISTS (SELECT 1 FROM temp.fresh WHERE lane IS (SELECT lane FROM operation WHERE number = ?1))",
        number,
    )
}
