//! Messages: the one table that may outgrow all others together, with its own ways of being stored, read and counted.
//!
//! **Invariant:** rows are keyed by channel, index and SID, the order in which a list has them and an export wants them. A
//! crawl appends them, nothing is sorted, and no index with random keys stands beside the table.
//!
//! **Invariant:** nothing here reads the whole table but a walk, a check, and one count when the crawl ends, which is kept.
//!
//! Why a text for a missing index: a part of a key cannot be null, and numbers that mean "none" are numbers. Rows without an
//! index come after the others of their channel.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result, Row, Statement, params};

use super::decode::Scopes;
use super::encode::{Bind, bind, optional, required};
use super::error::SnapshotError;
use super::finding::kind;
use super::properties;
use super::schema::write_out;
use super::unit::{Kind, Unit, state};
use super::writer::SnapshotWriter;
use crate::model::Message;

/// The property that has the number of messages, once the crawl has ended.
const COUNT: &str = "messages";

/// An index as a part of the key.
struct Position(Option<i64>);

impl Bind for Position {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        match self.0 {
            Some(index) => statement.raw_bind_parameter(parameter, index),
            None => statement.raw_bind_parameter(parameter, ""),
        }
    }
}

/// The type of a message: 0 and 1 take no room in a row.
struct MessageType<'a>(Option<&'a str>);

impl Bind for MessageType<'_> {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        match self.0 {
            Some("text") => statement.raw_bind_parameter(parameter, 0),
            Some("media") => statement.raw_bind_parameter(parameter, 1),
            other => statement.raw_bind_parameter(parameter, other),
        }
    }
}

fn message_type(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Integer(0) => Some("text".to_owned()),
        ValueRef::Integer(1) => Some("media".to_owned()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    }
}

impl SnapshotWriter {
    pub(super) fn store_messages(&mut self, unit: &Unit, messages: &[Message]) -> Result<(), SnapshotError> {
        let scopes = messages
            .iter()
            .map(|row| self.scope(row.account_sid.as_ref(), row.service_sid.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "INSERT OR REPLACE INTO message_row (channel, position, sid, pass, scope, date_created, date_updated,
                   sender, body, attributes, type, was_edited, last_updated_by, media, participant_sid, delivery,
                   content_sid, extra)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            )?;
            for (message, scope) in messages.iter().zip(scopes) {
                bind!(
                    statement,
                    unit.parent,
                    Position(message.index),
                    message.sid,
                    unit.pass,
                    scope,
                    message.date_created,
                    message.date_updated,
                    message.from,
                    message.body,
                    message.attributes,
                    MessageType(message.r#type.as_deref()),
                    message.was_edited,
                    message.last_updated_by,
                    message.media,
                    message.participant_sid,
                    message.delivery,
                    message.content_sid,
                    message.extra,
                );
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
                [Kind::Messages.number(), page],
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
        params![kind::MESSAGE_COUNT, Kind::Messages.number(), state::COMPLETE],
    )?;
    Ok(())
}

/// What a walk reads, in its order. `CROSS JOIN` keeps SQLite to it: channels as their index has them, then their rows.
pub(super) const WALK: &str = "SELECT x.sid, x.scope, x.attributes, c.sid, x.date_created, x.date_updated,
     x.last_updated_by, x.was_edited, x.sender, x.body, x.position, x.type, x.media, x.participant_sid, x.delivery,
     x.content_sid, x.extra
   FROM channel_row c CROSS JOIN message_row x ON x.channel = c.id
   WHERE c.service = ?1 ORDER BY c.sid, x.position, x.sid";

/// Reads a message that [`WALK`] selected.
pub(super) fn message(row: &Row<'_>, scopes: &Scopes) -> Result<Message> {
    let (account_sid, service_sid) = scopes.of(row, 1)?;
    Ok(Message {
        sid: required(row, 0)?,
        account_sid,
        attributes: row.get(2)?,
        service_sid,
        channel_sid: required(row, 3)?,
        date_created: optional(row, 4)?,
        date_updated: optional(row, 5)?,
        last_updated_by: row.get(6)?,
        was_edited: row.get(7)?,
        from: row.get(8)?,
        body: row.get(9)?,
        index: row.get_ref(10)?.as_i64().ok(),
        r#type: message_type(row.get_ref(11)?),
        media: optional(row, 12)?,
        participant_sid: optional(row, 13)?,
        delivery: optional(row, 14)?,
        content_sid: optional(row, 15)?,
        extra: optional(row, 16)?,
    })
}
