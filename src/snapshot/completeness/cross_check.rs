//! A crawl by one route, of which a share is read by the other route too, as evidence.
//!
//! Memberships can be read by user or by channel. A crawl by user can be compared with counts only, and in Conversations not
//! even with those; with the members of a share of the channels, each of these channels is compared member by member,
//! as in a crawl of both. A crawl by channel reads the channels of a share of the users.
//!
//! **Invariant:** what is read for evidence is not part of the crawl's data. It is deleted when the crawl ends complete, so that exports
//! and comparisons do not depend on which share was checked. An incomplete crawl keeps it for the next run.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::model::Entity;
use crate::snapshot::completeness::disagreements::kind;
use crate::snapshot::properties;
use crate::snapshot::schema::write_out;
use crate::snapshot::unit::{UnitKind, state};

/// A user's joined memberships (`user_side`), and its members in channels (`channel_side`), as far as the members of a channel
/// were read to their end: SQL over a row `u` of `user_row`. Both give channel number and member SID.
const USER_SIDE: &str = "SELECT c.id AS channel, m.member_sid AS member FROM membership_row m
    JOIN channel_row c ON c.service = m.service AND c.sid = m.channel_sid
    JOIN unit k ON k.kind = 8 AND k.parent = c.id AND k.state = 1
    WHERE m.user = u.id AND m.status = 1";
const CHANNEL_SIDE: &str = "SELECT x.channel AS channel, x.sid AS member FROM member_row x
    JOIN channel_row c ON c.id = x.channel AND c.service = u.service
    JOIN unit k ON k.kind = 8 AND k.parent = c.id AND k.state = 1
    WHERE x.identity = u.identity";

/// Compares each user of the share with the members of all channels, where a crawl by channel is checked across.
pub(in crate::snapshot) fn find_user_lists(connection: &Connection) -> rusqlite::Result<()> {
    if properties::cross_check(connection)?.is_none()
        || properties::is_included(connection, Entity::Membership)?
    {
        return Ok(());
    }
    debug_assert_eq!((UnitKind::Members.number(), state::COMPLETE), (8, 1), "as in the SQL above");
    connection.execute_batch("CREATE INDEX IF NOT EXISTS member_by_identity ON member_row (identity)")?;
    connection.execute(
        &write_out(&format!(
            "INSERT INTO finding SELECT ?1, service, id, sid, substr(by_channel, 1, instr(by_channel, ':') - 1),
               substr(by_user, 1, instr(by_user, ':') - 1)
             FROM (SELECT u.service, u.id, @US(u.sid) AS sid,
                 (SELECT sid_set(member) FROM ({USER_SIDE})) AS by_user,
                 (SELECT sid_set(member) FROM ({CHANNEL_SIDE})) AS by_channel
               FROM user_row u JOIN unit ON unit.kind = ?2 AND unit.parent = u.id AND unit.service = u.service
               WHERE unit.state = ?3 AND u.identity IS NOT NULL)
             WHERE CASE WHEN by_user LIKE '%?' OR by_channel LIKE '%?'
               THEN substr(by_user, 1, instr(by_user, ':')) <> substr(by_channel, 1, instr(by_channel, ':'))
               ELSE by_user <> by_channel END"
        )),
        params![kind::USER_LIST, UnitKind::UserChannels.number(), state::COMPLETE],
    )?;
    Ok(())
}

/// The channels that one side of a user's memberships has and the other has not.
pub(in crate::snapshot) fn one_sided_channels(
    connection: &Connection,
    user: i64,
) -> rusqlite::Result<Vec<i64>> {
    let side = |sql: &str| {
        let of_user = |name: &str| format!("(SELECT {name} FROM user_row WHERE id = ?1)");
        // `u.id` last: `u.identity` begins with it.
        sql.replace("u.service", &of_user("service"))
            .replace("u.identity", &of_user("identity"))
            .replace("u.id", "?1")
    };
    let (by_user, by_channel) = (side(USER_SIDE), side(CHANNEL_SIDE));
    let sql = format!(
        "SELECT DISTINCT channel FROM (
           SELECT * FROM (SELECT * FROM ({by_user}) EXCEPT SELECT * FROM ({by_channel}))
           UNION ALL SELECT * FROM (SELECT * FROM ({by_channel}) EXCEPT SELECT * FROM ({by_user})))"
    );
    connection.prepare_cached(&sql)?.query_map([user], |row| row.get(0))?.collect()
}

/// What was read by the other route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrossCheck {
    /// The share: `1/7`.
    pub share: String,
    /// Lists of it that were read: channels' members, or users' channels.
    pub lists: u64,
    /// The resource whose lists these are: `members` or `user_channels`.
    pub of: &'static str,
}

/// The kind of lists that are read as evidence, and what they hold.
fn evidence(connection: &Connection) -> rusqlite::Result<(UnitKind, Entity)> {
    let by_user = properties::is_included(connection, Entity::Membership)?;
    Ok(if by_user {
        (UnitKind::Members, Entity::Member)
    } else {
        (UnitKind::UserChannels, Entity::Membership)
    })
}

/// What was read by the other route, if the crawl has a cross-check.
pub(in crate::snapshot) fn what_was_read(connection: &Connection) -> rusqlite::Result<Option<CrossCheck>> {
    let Some(share) = properties::cross_check(connection)? else { return Ok(None) };
    let (kind, entity) = evidence(connection)?;
    let lists: i64 = connection.query_row(
        "SELECT count(*) FROM unit WHERE kind = ?1 AND state = ?2",
        [kind.number(), state::COMPLETE],
        |row| row.get(0),
    )?;
    Ok(Some(CrossCheck { share: share.to_string(), lists: lists.cast_unsigned(), of: entity.plural() }))
}

/// Deletes what was read as evidence.
pub(in crate::snapshot) fn drop_evidence(connection: &Connection) -> rusqlite::Result<()> {
    if properties::cross_check(connection)?.is_none() {
        return Ok(());
    }
    connection.execute_batch(match evidence(connection)? {
        (UnitKind::Members, _) => "DELETE FROM member_row",
        _ => "DELETE FROM membership_row",
    })
}
