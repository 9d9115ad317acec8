//! What a plan's run created, looked up by what it is about, for undoing it.
//!
//! **Invariant:** only what the run created, by its journal. What existed before is never in here.

use rusqlite::OptionalExtension;

use super::entry::Entry;
use super::reader::PlanFile;
use super::row;
use super::schema::{kind_number, state_number};
use crate::plan::error::PlanError;
use crate::plan::operation::{OperationKind, OperationState};

/// By what a created record is found again: its channel, and who or what it is there.
const KEY: &str = "CASE kind WHEN ?1 THEN x'' WHEN ?2 THEN x'' ELSE coalesce(channel, x'') END AS channel,
    CASE kind WHEN ?1 THEN coalesce(role, x'') WHEN ?3 THEN x''
      ELSE coalesce(identity, member, invite, user, x'') END AS who";

/// What the journal proves was created by the run: the answer to its own request shows it, or what was found after the
/// answer was lost has what only that request sent (`created`). Otherwise another program may have created it, unless it is named
/// after the source's channel, as no one else names it.
const PROVEN: &str = "(json_extract(result, '$.created') OR json_extract(result, '$.known_by') = 'answer'
    OR kind = ?3 AND unique_name LIKE '%CH' || lower(hex(channel)))";

/// What the run has written: what is done, and what it wrote but not as planned, because Twilio ignored a field or because what
/// it made was found after a lost answer with other values.
fn is_written() -> String {
    format!(
        "(state = {} OR state = {} AND (json_extract(result, '$.known_by') = 'answer'
           OR json_extract(result, '$.sent') AND json_extract(result, '$.created')))",
        state_number(OperationState::Done),
        state_number(OperationState::Existing)
    )
}

/// What a plan's run created.
#[derive(Debug)]
pub(crate) struct CreatedRecords<'p> {
    plan: &'p PlanFile,
}

impl<'p> CreatedRecords<'p> {
    /// Gathers them in a temporary file, not in memory.
    pub(crate) fn gather(plan: &'p PlanFile) -> Result<Self, PlanError> {
        let kinds = format!("kind IN (?1, ?2, ?3, ?4) AND {}", is_written());
        let sql = format!(
            "INSERT OR REPLACE INTO temp.made (kind, channel, who, sid)
             SELECT kind, {KEY}, json_extract(result, '$.sid') FROM operation
             WHERE {kinds} AND json_extract(result, '$.sid') IS NOT NULL AND {PROVEN}"
        );
        let gather = || {
            plan.connection().execute_batch(
                "DROP TABLE IF EXISTS temp.made;
                 CREATE TEMP TABLE made (kind INTEGER, channel, who, sid TEXT, PRIMARY KEY (kind, channel, who)) WITHOUT ROWID",
            )?;
            let creates = [
                OperationKind::CreateRole,
                OperationKind::CreateUser,
                OperationKind::CreateConversation,
                OperationKind::CreateParticipant,
            ];
            let [role, user, conversation, participant] = creates.map(kind_number);
            plan.connection().execute(&sql, (role, user, conversation, participant)).map(|_| ())
        };
        gather().map_err(|source| plan.wrap(source))?;
        Ok(Self { plan })
    }

    /// The SID of what the run created by an operation of this kind for the subject of an operation, which may be that one.
    pub(crate) fn sid(&self, kind: OperationKind, subject_of: &Entry) -> Result<Option<String>, PlanError> {
        let [role, user, conversation] =
            [OperationKind::CreateRole, OperationKind::CreateUser, OperationKind::CreateConversation]
                .map(kind_number);
        // The key is made of the operation's own row by the same expression, with the kind that is asked for.
        let sql = format!(
            "SELECT m.sid FROM temp.made m, (SELECT {KEY} FROM (
               SELECT ?4 AS kind, role, user, channel, member, invite, identity FROM operation WHERE number = ?5)) o
             WHERE m.kind = ?4 AND m.channel = o.channel AND m.who = o.who"
        );
        self.plan
            .connection()
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement
                    .query_row((role, user, conversation, kind_number(kind), subject_of.number), |row| {
                        row.get(0)
                    })
                    .optional()
            })
            .map_err(|source| self.plan.wrap(source))
    }
}

/// Visits the operations that a plan's run has written, the last first.
pub(crate) fn done_reversed<E: From<PlanError>>(
    plan: &PlanFile,
    mut visit: impl FnMut(&Entry) -> Result<(), E>,
) -> Result<(), E> {
    let sql = format!(
        "SELECT {} FROM operation WHERE {} ORDER BY number DESC",
        row::COLUMNS,
        is_written().replace("state", "+state")
    );
    plan.rows(&sql, |row| plan.entry(row), |entry: Entry| visit(&entry))
}
