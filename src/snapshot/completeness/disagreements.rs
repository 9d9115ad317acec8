//! Current disagreements: two sides of the API compared with each other, in SQL. See [`completeness`](super) for which sides.

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::Api;
use crate::snapshot::properties;
use crate::snapshot::schema::write_out;
use crate::snapshot::sid_set::MemberSet;
use crate::snapshot::unit::{UnitKind, state};

/// The kinds of disagreement, as in the column `disagreement.kind`.
pub(in crate::snapshot) mod kind {
    pub(in crate::snapshot) const USER_COUNT: &str = "user_count";
    pub(in crate::snapshot) const CHANNEL_COUNT: &str = "channel_count";
    pub(in crate::snapshot) const MEMBER_LIST: &str = "member_list";
    pub(in crate::snapshot) const MESSAGE_COUNT: &str = "message_count";
    pub(in crate::snapshot) const USER_LIST: &str = "user_list";
    pub(in crate::snapshot) const UNLISTED_CHANNEL: &str = "unlisted_channel";
}

/// Something that does not agree now.
struct FoundDisagreement {
    kind: &'static str,
    service: i64,
    parent: i64,
    sid: String,
    expected: Option<i64>,
    received: Option<i64>,
}

pub(in crate::snapshot) fn find_user_counts(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        &write_out(
            "INSERT INTO finding SELECT ?1, service, id, sid, expected, received FROM (
           SELECT u.service, u.id, @US(u.sid) AS sid, u.joined_channels_count AS expected,
             (SELECT count(*) FROM membership_row m WHERE m.user = u.id AND m.status = 1) AS received
           FROM user_row u JOIN unit ON unit.kind = ?2 AND unit.parent = u.id AND unit.service = u.service
           WHERE unit.state = ?3 AND u.joined_channels_count IS NOT NULL)
         WHERE expected <> received",
        ),
        params![kind::USER_COUNT, UnitKind::UserChannels.number(), state::COMPLETE],
    )?;
    Ok(())
}

/// Channels whose `messages_count` is not the number of rows that their list had. Rows are counted only where the number as
/// received, repeated ones included, is another one.
pub(in crate::snapshot) fn find_message_counts(connection: &Connection) -> rusqlite::Result<()> {
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

/// The members that can be seen from the users' side. In Conversations a participant by SMS or the like has no identity and so
/// no user, and where a crawl is limited to a selection, only the selected users' memberships were read.
pub(in crate::snapshot) fn comparable(connection: &Connection) -> rusqlite::Result<&'static str> {
    let conversations = properties::source(connection)? == Api::Conversations;
    let limited = properties::is_limited(connection)?;
    Ok(match (conversations, limited) {
        (_, true) => "EXISTS (SELECT 1 FROM focus f WHERE f.entity = 'identity' AND f.key = x.identity)",
        (true, false) => "x.identity IS NOT NULL",
        (false, false) => "TRUE",
    })
}

/// Compares each channel's sides. Where the users' side was not read, or of selected users only (`users_side` false), the
/// Members list takes its place.
pub(in crate::snapshot) fn find_channel_counts(
    connection: &Connection,
    users_side: bool,
) -> rusqlite::Result<()> {
    let comparable = comparable(connection)?;
    let limited = properties::is_limited(connection)?;
    let mut channels = connection.prepare(&write_out(&format!(
        "SELECT c.service, c.id, c.members_count,
           (SELECT sid_set(m.member_sid) FROM membership_row m
              WHERE m.service = c.service AND m.channel_sid = c.sid AND m.status = 1),
           (SELECT sid_set(x.sid) FROM member_row x WHERE x.channel = c.id AND {comparable}),
           coalesce((SELECT state FROM unit WHERE kind = ?1 AND parent = c.id AND service = c.service), -1),
           @CH(c.sid)
         FROM channel_row c WHERE c.listed
           AND NOT EXISTS (SELECT 1 FROM unit WHERE kind = ?2 AND parent = c.id AND service = c.service AND state = ?3)",
    )))?;
    let mut rows =
        channels.query(params![UnitKind::Members.number(), UnitKind::Channel.number(), state::VANISHED])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (service, parent) = (row.get(0)?, row.get(1)?);
        let count: Option<i64> = row.get(2)?;
        let by_users = users_side.then(|| row.get::<_, String>(3)).transpose()?;
        let by_users = by_users.map(|text| MemberSet::parse(&text));
        let list_state: i64 = row.get(5)?;
        if list_state == state::VANISHED {
            continue;
        }
        let list = (list_state == state::COMPLETE).then(|| row.get::<_, String>(4)).transpose()?;
        let list = list.map(|text| MemberSet::parse(&text));
        let seen = by_users.as_ref().or(list.as_ref());
        if let (Some(count), Some(seen), false) = (count, seen, limited)
            && count != seen.count
        {
            found.push((kind::CHANNEL_COUNT, service, parent, Some(count), Some(seen.count)));
        }
        if let (Some(list), Some(by_users)) = (&list, &by_users)
            && !list.same(by_users)
        {
            found.push((kind::MEMBER_LIST, service, parent, Some(list.count), Some(by_users.count)));
        }
        for (kind, service, parent, expected, received) in found.drain(..) {
            let sid = row.get(6)?;
            insert(connection, &FoundDisagreement { kind, service, parent, sid, expected, received })?;
        }
    }
    Ok(())
}

fn insert(connection: &Connection, finding: &FoundDisagreement) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT OR REPLACE INTO finding VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
        params![
            finding.kind,
            finding.service,
            finding.parent,
            finding.sid,
            finding.expected,
            finding.received
        ],
    )?;
    Ok(())
}

/// The users of a channel's memberships that only one side has, and whether a member has no user at all.
pub(in crate::snapshot) fn one_sided_users(
    connection: &Connection,
    service: i64,
    channel: i64,
) -> rusqlite::Result<(Vec<i64>, bool)> {
    let mut users: Vec<i64> = connection
        .prepare_cached(
            "SELECT m.user FROM membership_row m JOIN channel_row c ON c.id = ?2
             WHERE m.service = ?1 AND m.channel_sid = c.sid AND m.status = 1
               AND NOT EXISTS (SELECT 1 FROM member_row x WHERE x.channel = ?2 AND x.sid IS m.member_sid)",
        )?
        .query_map([service, channel], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut strangers = false;
    let comparable = comparable(connection)?;
    let mut missing = connection.prepare_cached(&format!(
        "SELECT x.identity FROM member_row x JOIN channel_row c ON c.id = ?2 WHERE x.channel = ?2 AND {comparable}
           AND NOT EXISTS (SELECT 1 FROM membership_row m
             WHERE m.service = ?1 AND m.channel_sid = c.sid AND m.status = 1 AND m.member_sid IS x.sid)",
    ))?;
    let mut find =
        connection.prepare_cached("SELECT id FROM user_row WHERE service = ?1 AND identity IS ?2")?;
    let mut rows = missing.query([service, channel])?;
    while let Some(row) = rows.next()? {
        let identity: Option<String> = row.get(0)?;
        let user: Option<i64> = find.query_row(params![service, identity], |row| row.get(0)).optional()?;
        match user {
            Some(user) => users.push(user),
            None => strangers = true,
        }
    }
    users.sort_unstable();
    users.dedup();
    Ok((users, strangers))
}
