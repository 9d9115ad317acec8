//! From disagreements to outcomes, and from outcomes to the verdict. See [`completeness`](super) for what each outcome means.

use rusqlite::{Connection, params};

use crate::model::Entity;
use crate::snapshot::completeness::disagreements::kind;
use crate::snapshot::properties::{self, Verdict};
use crate::snapshot::unit::{UnitKind, state};

/// Settles what was open before this round and has been read again meanwhile. What could not be read again, so that nothing
/// was compared, stays open: without a comparison there is no agreement. `channels_compared` says whether channels were compared.
pub(in crate::snapshot) fn settle(
    connection: &Connection,
    round: u32,
    channels_compared: bool,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE disagreement AS d SET outcome = 'drift', detail = 'agreed when it was read again'
         WHERE outcome = 'open' AND round < ?1
           AND NOT EXISTS (SELECT 1 FROM finding f WHERE f.kind = d.kind AND f.parent = d.parent)
           AND (kind IN (?2, ?9, ?11) OR ?3)
           AND NOT EXISTS (SELECT 1 FROM unit WHERE parent = d.parent AND service = d.service AND state = ?4
             AND kind IN (CASE d.kind WHEN ?2 THEN ?5 WHEN ?11 THEN ?5 WHEN ?9 THEN ?10 ELSE ?6 END,
               CASE d.kind WHEN ?2 THEN ?7 WHEN ?11 THEN ?7 ELSE ?8 END))
           AND (kind <> ?11 OR NOT EXISTS (SELECT 1 FROM unit WHERE kind = ?6 AND state = ?4))",
        params![
            round,
            kind::USER_COUNT,
            channels_compared,
            state::FAILED,
            UnitKind::UserChannels.number(),
            UnitKind::Members.number(),
            UnitKind::User.number(),
            UnitKind::Channel.number(),
            kind::MESSAGE_COUNT,
            UnitKind::Messages.number(),
            kind::USER_LIST
        ],
    )?;
    connection.execute(
        "UPDATE disagreement AS d SET expected = f.expected, received = f.received,
           outcome = CASE WHEN f.expected IS d.first_expected AND f.received IS d.first_received
             THEN 'hole' ELSE 'drift' END,
           detail = CASE WHEN f.expected IS d.first_expected AND f.received IS d.first_received
             THEN 'the same when it was read again' ELSE 'moved while it was read again' END
         FROM finding f WHERE f.kind = d.kind AND f.parent = d.parent AND d.outcome = 'open' AND d.round < ?1",
        [round],
    )?;
    Ok(())
}

/// A counter that is off while both lists agree is reported as such: two complete lists outweigh a counter.
///
/// Why a user who vanished excuses nothing: where the user is really gone, the Members lists that are read again no longer have it.
/// While they still do, the two sides contradict each other, and which one is right is not known.
pub(in crate::snapshot) fn forgive_counters(connection: &Connection) -> rusqlite::Result<()> {
    // Under a cross-check one of the routes was read in part: that proves nothing about the rest.
    let cross_check = properties::cross_check(connection)?.is_some();
    let by_user = properties::is_included(connection, Entity::Membership)?;
    // A channel's counter: its own two lists agree, and its Members list was read.
    connection.execute(
        "UPDATE disagreement AS d SET outcome = 'count_only', detail = 'both lists agree; the counter alone is off'
         WHERE kind = ?1 AND outcome = 'hole'
           AND EXISTS (SELECT 1 FROM unit WHERE kind = ?2 AND parent = d.parent AND state = ?3)
           AND EXISTS (SELECT 1 FROM unit WHERE kind = ?4) AND ?6
           AND NOT EXISTS (SELECT 1 FROM property WHERE key = 'users')
           AND NOT EXISTS (SELECT 1 FROM disagreement o WHERE o.kind = ?5 AND o.parent = d.parent)",
        params![
            kind::CHANNEL_COUNT,
            UnitKind::Members.number(),
            state::COMPLETE,
            UnitKind::UserChannels.number(),
            kind::MEMBER_LIST,
            by_user
        ],
    )?;
    // A count of messages: nothing published says what it counts, and the list itself was followed to its end.
    connection.execute(
        "UPDATE disagreement SET outcome = 'count_only', detail = 'the list was read to its end; the counter alone is off'
         WHERE kind = ?1 AND outcome = 'hole'",
        [kind::MESSAGE_COUNT],
    )?;
    // A user's counter: every channel's two lists agree, so no channel misses the user and none is missing.
    let lists_agree: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM unit WHERE kind = ?1)
           AND NOT EXISTS (SELECT 1 FROM unit WHERE state IN (?2, ?3))
           AND NOT EXISTS (SELECT 1 FROM disagreement WHERE kind = ?4 AND outcome IN ('hole', 'open'))
           AND NOT EXISTS (SELECT 1 FROM property WHERE key = 'users')",
        params![UnitKind::Members.number(), state::FAILED, state::PENDING, kind::MEMBER_LIST],
        |row| row.get(0),
    )?;
    if lists_agree && !cross_check {
        connection.execute(
            "UPDATE disagreement SET outcome = 'count_only', detail = 'both lists agree; the counter alone is off'
             WHERE kind = ?1 AND outcome = 'hole'",
            [kind::USER_COUNT],
        )?;
    }
    Ok(())
}

pub(in crate::snapshot) fn judge(connection: &Connection) -> rusqlite::Result<Verdict> {
    let missing: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM unit WHERE state IN (?1, ?2))
           OR EXISTS (SELECT 1 FROM disagreement WHERE outcome IN ('hole', 'open'))
           OR EXISTS (SELECT 1 FROM issue WHERE kind = 'unusable')
           OR EXISTS (SELECT 1 FROM selection WHERE NOT found)",
        [state::PENDING, state::FAILED],
        |row| row.get(0),
    )?;
    if missing {
        return Ok(Verdict::Incomplete);
    }
    let moved: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM disagreement) OR EXISTS (SELECT 1 FROM vanished)",
        [],
        |row| row.get(0),
    )?;
    Ok(if moved { Verdict::CompleteWithDrift } else { Verdict::Complete })
}
