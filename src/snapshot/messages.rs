//! Messages: the one table that may outgrow all others together, with its own ways of being stored, read and counted.
//!
//! **Invariant:** rows are keyed by channel, index and SID, the order in which a list has them and an export wants them. A
//! crawl appends them, nothing is sorted, and no index with random keys stands beside the table.
//!
//! **Invariant:** nothing here reads the whole table but a walk, a check, and one count when the crawl ends, which is kept.
//!
//! Why a text for a missing index: a part of a key cannot be null, and numbers that mean "none" are numbers. Rows without an
//! index come after the others of their channel.

use std::sync::LazyLock;

use rusqlite::{Connection, Result, Row, params};

use super::columns::StoredRecord as _;
use super::completeness::disagreements::kind;
use super::decode::Scopes;
use super::encode::bind;
use super::error::SnapshotError;
use super::properties;
use super::schema::write_out;
use super::unit::{Unit, UnitKind, state};
use super::write::writer::SnapshotWriter;
use crate::model::Message;

/// The property that has the number of messages, once the crawl has ended.
const COUNT: &str = "messages";

impl SnapshotWriter {
    pub(super) fn store_messages(&mut self, unit: &Unit, messages: &[Message]) -> Result<(), SnapshotError> {
        let scopes = messages
            .iter()
            .map(|row| self.scope(row.account_sid.as_ref(), row.service_sid.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(&INSERT)?;
            for (message, scope) in messages.iter().zip(scopes) {
                bind!(statement, unit.parent, message.sid, unit.pass, scope; message);
                statement.raw_execute()?;
            }
            Ok(())
        })
    }

    /// Counts the messages and the fewest requests that read them; the number of messages is kept for [`count`].
    pub(super) fn count_messages(&self, page: i64) -> Result<i64, SnapshotError> {
        self.sql(|connection| {
            let (pages, messages): (i64, i64) = connection.query_row(
                "SELECT coalesce(sum((max(1, found) + ?2 - 1) / ?2), 0), coalesce(sum(found), 0)
                 FROM (SELECT (SELECT count(*) FROM message_row r WHERE r.channel = unit.parent) AS found
                       FROM unit WHERE kind = ?1)",
                [UnitKind::Messages.number(), page],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            properties::set(connection, COUNT, &messages.to_string())?;
            Ok(pages)
        })
    }
}

/// How many messages there are: as counted when the crawl ended, so that not every look at the snapshot reads all of them.
pub(super) fn count(connection: &Connection) -> Result<u64> {
    let counted = match properties::finished(connection)? {
        Some(_) => properties::get(connection, COUNT)?.and_then(|text| text.parse().ok()),
        None => None,
    };
    match counted {
        Some(counted) => Ok(counted),
        None => connection
            .query_row("SELECT count(*) FROM message_row", [], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned),
    }
}

/// Channels whose `messages_count` is not the number of rows that their list had. Rows are counted only where the number as
/// received, repeated ones included, is another one.
pub(super) fn find_message_counts(connection: &Connection) -> Result<()> {
    connection.execute(
        &write_out(
            "INSERT INTO finding SELECT ?1, service, id, sid, expected, received FROM (
               SELECT c.service, c.id, @CH(c.sid) AS sid, c.messages_count AS expected,
                 (SELECT count(*) FROM message_row r WHERE r.channel = c.id) AS received
               FROM unit JOIN channel_row c ON c.id = unit.parent AND c.service = unit.service
               WHERE unit.kind = ?2 AND unit.state = ?3 AND c.listed AND c.messages_count <> unit.rows)
             WHERE expected <> received",
        ),
        params![kind::MESSAGE_COUNT, UnitKind::Messages.number(), state::COMPLETE],
    )?;
    Ok(())
}

static INSERT: LazyLock<String> =
    LazyLock::new(|| Message::insert("INSERT OR REPLACE", "channel, sid, pass, scope"));

/// What a walk reads, in its order. `CROSS JOIN` keeps SQLite to it: channels as their index has them, then their rows.
pub(super) static WALK: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM channel_row c CROSS JOIN message_row x ON x.channel = c.id
         WHERE c.service = ?1 ORDER BY c.sid, x.position, x.sid",
        Message::SELECT
    )
});

/// Reads a message that [`WALK`] selected.
pub(super) fn message(row: &Row<'_>, scopes: &Scopes) -> Result<Message> {
    Message::read(row, 0, scopes)
}
