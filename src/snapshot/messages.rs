//! How many messages a snapshot has: theirs is the one table that may outgrow all others together.
//!
//! **Invariant:** rows are keyed by channel, index and SID, the order in which a list has them and an export wants them. A
//! crawl appends them, nothing is sorted, and the table has no index with random keys.
//!
//! **Invariant:** only a walk, a check, and one count when the crawl ends read the entire table. The count is kept.
//!
//! Why a text for a missing index: a part of a key cannot be null, and numbers that mean "none" are numbers. Rows without an
//! index come after the others of their channel.

use rusqlite::{Connection, Result};

use super::properties;
use super::unit::UnitKind;

/// The property that has the number of messages, once the crawl has ended.
const COUNT: &str = "messages";

/// Counts the messages and the fewest requests that read them; the number of messages is kept for [`count`].
pub(super) fn count_requests(connection: &Connection, page: i64) -> Result<i64> {
    let (pages, messages): (i64, i64) = connection.query_row(
        "SELECT coalesce(sum((max(1, found) + ?2 - 1) / ?2), 0), coalesce(sum(found), 0)
         FROM (SELECT (SELECT count(*) FROM message_row r WHERE r.channel = unit.parent) AS found
               FROM unit WHERE kind = ?1)",
        [UnitKind::Messages.number(), page],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    properties::set(connection, COUNT, &messages.to_string())?;
    Ok(pages)
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
