//! The memberships behind holes: each named once, though up to three disagreements show it (a user's count, a channel's count, and the
//! two lists of the channel).
//!
//! **Invariant:** only what one side of the API has is named. Where only a count is off, the user or channel is named with the number of
//! rows that it lacks.

use rusqlite::Connection;
use serde::Serialize;

use crate::snapshot::completeness::disagreements::{comparable, kind};
use crate::snapshot::schema::write_out;

/// Memberships that one side of the API shows and the other lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingMembership {
    pub user_sid: Option<String>,
    pub identity: Option<String>,
    pub channel_sid: Option<String>,
    pub member_sid: Option<String>,
    /// The lists that lack it: `user_channels` or `members`; `counted` where only a count shows it.
    pub missing_from: String,
    /// How many: 1, unless only a count shows them.
    pub count: u64,
}

/// What is missing: all of it counted, the first few named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::snapshot) struct Missing {
    pub(in crate::snapshot) count: u64,
    pub(in crate::snapshot) first: Vec<MissingMembership>,
}

/// Gathers what the holes of a snapshot are about.
pub(in crate::snapshot) fn find(connection: &Connection, most: u32) -> rusqlite::Result<Missing> {
    let any: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM disagreement WHERE outcome = 'hole')",
        [],
        |row| row.get(0),
    )?;
    if !any {
        return Ok(Missing::default());
    }
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS missing_membership
           (user INTEGER, channel INTEGER, identity TEXT, member, side TEXT NOT NULL, count INTEGER NOT NULL);
         DELETE FROM temp.missing_membership;",
    )?;
    gather(connection)?;
    let count: i64 =
        connection
            .query_row("SELECT coalesce(sum(count), 0) FROM temp.missing_membership", [], |row| row.get(0))?;
    let mut statement = connection.prepare(&write_out(
        "SELECT @US(u.sid), coalesce(x.identity, u.identity), @CH(c.sid), @MB(x.member), x.side, x.count
         FROM temp.missing_membership x LEFT JOIN user_row u ON u.id = x.user LEFT JOIN channel_row c ON c.id = x.channel
         ORDER BY u.sid, c.sid, x.member LIMIT ?1",
    ))?;
    let rows = statement.query_map([most], |row| {
        Ok(MissingMembership {
            user_sid: row.get(0)?,
            identity: row.get(1)?,
            channel_sid: row.get(2)?,
            member_sid: row.get(3)?,
            missing_from: row.get(4)?,
            count: row.get::<_, i64>(5)?.cast_unsigned(),
        })
    })?;
    let first = rows.collect::<rusqlite::Result<_>>()?;
    connection.execute_batch("DELETE FROM temp.missing_membership")?;
    Ok(Missing { count: count.cast_unsigned(), first })
}

fn gather(connection: &Connection) -> rusqlite::Result<()> {
    let comparable = comparable(connection)?;
    // What the two lists of a channel show.
    connection.execute(
        &format!(
            "INSERT INTO temp.missing_membership
             SELECT (SELECT u.id FROM user_row u WHERE u.service = d.service AND u.identity = x.identity LIMIT 1),
               d.parent, x.identity, x.sid, 'user_channels', 1
             FROM disagreement d JOIN channel_row c ON c.id = d.parent JOIN member_row x ON x.channel = d.parent
             WHERE d.kind = ?1 AND d.outcome = 'hole' AND {comparable} AND NOT EXISTS (SELECT 1 FROM membership_row m
               WHERE m.service = d.service AND m.channel_sid = c.sid AND m.status = 1 AND m.member_sid IS x.sid)"
        ),
        [kind::MEMBER_LIST],
    )?;
    connection.execute(
        "INSERT INTO temp.missing_membership
         SELECT m.user, d.parent, NULL, m.member_sid, 'members', 1
         FROM disagreement d JOIN channel_row c ON c.id = d.parent
           JOIN membership_row m ON m.service = d.service AND m.channel_sid = c.sid AND m.status = 1
         WHERE d.kind = ?1 AND d.outcome = 'hole'
           AND NOT EXISTS (SELECT 1 FROM member_row x WHERE x.channel = d.parent AND x.sid IS m.member_sid)",
        [kind::MEMBER_LIST],
    )?;
    // What only counts show: users and channels of none of the memberships above.
    for (kind, column) in
        [(kind::USER_COUNT, "user"), (kind::USER_LIST, "user"), (kind::CHANNEL_COUNT, "channel")]
    {
        connection.execute(
            &format!(
                "INSERT INTO temp.missing_membership ({column}, side, count)
                 SELECT d.parent, 'counted', max(1, abs(coalesce(d.expected, 0) - coalesce(d.received, 0)))
                 FROM disagreement d WHERE d.kind = ?1 AND d.outcome = 'hole'
                   AND NOT EXISTS (SELECT 1 FROM temp.missing_membership x WHERE x.{column} = d.parent)
                   AND NOT (?1 = ?2 AND EXISTS
                     (SELECT 1 FROM temp.missing_membership x WHERE x.side = 'counted' AND x.channel IS NULL))"
            ),
            [kind, kind::CHANNEL_COUNT],
        )?;
    }
    Ok(())
}
