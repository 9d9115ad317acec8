//! Finding what does not agree, having it read again once, and the verdict. See `evidence` for what is held against what.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::SnapshotError;
use super::evidence::Members;
use super::properties::{self, Verdict};
use super::schema::write_out;
use super::unit::{Kind, state};
use super::writer::SnapshotWriter;
use crate::model::Entity;

/// What a look at the evidence led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciled {
    /// Disagreements that are to be read again.
    pub opened: u64,
    /// Whether new units wait.
    pub more_work: bool,
}

/// The kinds of disagreement, as in the column `disagreement.kind`.
mod kind {
    pub(super) const USER_COUNT: &str = "user_count";
    pub(super) const CHANNEL_COUNT: &str = "channel_count";
    pub(super) const MEMBER_LIST: &str = "member_list";
    pub(super) const UNLISTED_CHANNEL: &str = "unlisted_channel";
}

/// Something that does not agree now.
struct Finding {
    kind: &'static str,
    service: i64,
    parent: i64,
    sid: String,
    expected: Option<i64>,
    received: Option<i64>,
}

impl SnapshotWriter {
    /// Looks at the evidence after everything was read (round 0) or what disagreed was read again (rounds 1 and on). New
    /// disagreements are opened for another reading unless this is the `last` look.
    pub fn reconcile(&mut self, round: u32, last: bool) -> Result<Reconciled, SnapshotError> {
        self.begin()?;
        self.sql(|connection| {
            connection.execute_batch(
                "CREATE INDEX IF NOT EXISTS membership_by_channel
                   ON membership_row (service, channel_sid, status, member_sid);
                 CREATE TEMP TABLE IF NOT EXISTS finding (kind TEXT, service INTEGER, parent INTEGER, sid TEXT,
                   expected INTEGER, received INTEGER, PRIMARY KEY (kind, parent)) WITHOUT ROWID;
                 DELETE FROM finding;",
            )
        })?;
        self.add_unlisted_channels()?;
        self.sql(find_user_counts)?;
        if self.lists_failed()? == 0 {
            let whole = self.identity().users.is_none();
            self.sql(|connection| find_channel_counts(connection, whole))?;
        }
        self.sql(|connection| settle(connection, round))?;
        let opened = self.open_new(round, last)?;
        self.commit()?;
        let more_work = self.has_pending()?;
        Ok(Reconciled { opened, more_work })
    }

    fn has_pending(&self) -> Result<bool, SnapshotError> {
        self.sql(|connection| {
            connection.query_row("SELECT EXISTS (SELECT 1 FROM unit WHERE state = 0)", [], |row| row.get(0))
        })
    }

    fn lists_failed(&self) -> Result<i64, SnapshotError> {
        self.sql(|connection| {
            connection.query_row(
                "SELECT count(*) FROM unit WHERE state = ?1 AND kind IN (?2, ?3)",
                [state::FAILED, Kind::UserChannels.number(), Kind::Users.number()],
                |row| row.get(0),
            )
        })
    }

    /// Channels that users are on and that the list of channels did not have are fetched by their SIDs.
    fn add_unlisted_channels(&self) -> Result<(), SnapshotError> {
        if !self.identity().include.contains(&Entity::Channel) {
            return Ok(());
        }
        let whole = self.identity().users.is_none();
        let found: Vec<(i64, i64, String)> = self.sql(|connection| {
            connection.execute(
                "INSERT INTO channel_row (service, sid, pass, listed)
                 SELECT m.service, m.channel_sid, 0, 0 FROM membership_row m
                 GROUP BY m.service, m.channel_sid
                 HAVING NOT EXISTS (SELECT 1 FROM channel_row c WHERE c.service = m.service AND c.sid = m.channel_sid)",
                [],
            )?;
            let mut statement = connection.prepare(&write_out(
                "SELECT id, service, @CH(sid) FROM channel_row c WHERE listed = 0 AND NOT EXISTS
                   (SELECT 1 FROM unit WHERE kind = ?1 AND parent = c.id AND service = c.service)",
            ))?;
            statement
                .query_map([Kind::Channel.number()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })?;
        for (channel, service, sid) in found {
            self.add_work(service, Kind::Channel, channel, 1)?;
            if whole {
                self.sql(|connection| {
                    connection.execute(
                        "INSERT OR IGNORE INTO disagreement (kind, service, parent, sid, first_expected,
                           first_received, expected, received, round, outcome, detail)
                         VALUES (?1, ?2, ?3, ?4, 1, 0, 1, 0, 0, 'drift', 'users are on it; the list did not have it')",
                        params![kind::UNLISTED_CHANNEL, service, channel, sid],
                    )
                })?;
            }
        }
        Ok(())
    }

    /// The round that the next look is: after the last one whose disagreements are still open.
    pub fn next_round(&self) -> Result<u32, SnapshotError> {
        self.sql(|connection| {
            connection.query_row(
                "SELECT coalesce(max(round) + 1, 0) FROM disagreement WHERE outcome = 'open'",
                [],
                |row| row.get(0),
            )
        })
    }

    /// Opens what was not known to disagree and has it read again.
    fn open_new(&self, round: u32, last: bool) -> Result<u64, SnapshotError> {
        let outcome = if last { "drift" } else { "open" };
        let detail = if last { "appeared while others were read again" } else { "" };
        let opened = self.sql(|connection| {
            connection.execute(
                "INSERT INTO disagreement (kind, service, parent, sid, first_expected, first_received, expected,
                   received, round, outcome, detail)
                 SELECT kind, service, parent, sid, expected, received, expected, received, ?1, ?2, ?3
                 FROM finding f WHERE NOT EXISTS
                   (SELECT 1 FROM disagreement d WHERE d.kind = f.kind AND d.parent = f.parent)",
                params![round, outcome, detail],
            )
        })?;
        if !last && opened > 0 {
            self.schedule(round)?;
        }
        Ok(opened as u64)
    }

    /// Has the lists and details behind this round's open disagreements read again.
    fn schedule(&self, round: u32) -> Result<(), SnapshotError> {
        let open: Vec<(String, i64, i64)> = self.sql(|connection| {
            let mut statement = connection.prepare(
                "SELECT kind, service, parent FROM disagreement WHERE outcome = 'open' AND round = ?1",
            )?;
            statement.query_map([round], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        })?;
        let members = self.identity().include.contains(&Entity::Member);
        for (kind, service, parent) in open {
            if kind == kind::USER_COUNT {
                self.read_again(service, Kind::User, parent, 1)?;
                self.read_again(service, Kind::UserChannels, parent, 1)?;
                continue;
            }
            self.read_again(service, Kind::Channel, parent, 1)?;
            if members {
                self.read_again(service, Kind::Members, parent, 1)?;
                self.read_users_of(service, parent)?;
            }
        }
        Ok(())
    }

    /// Has those users read again who are on one side of a channel's membership and not on the other.
    fn read_users_of(&self, service: i64, channel: i64) -> Result<(), SnapshotError> {
        let (users, strangers) = self.sql(|connection| {
            connection.execute_batch(
                "CREATE INDEX IF NOT EXISTS user_by_identity ON user_row (service, identity)",
            )?;
            one_sided_users(connection, service, channel)
        })?;
        for user in users {
            self.read_again(service, Kind::User, user, 1)?;
            self.read_again(service, Kind::UserChannels, user, 1)?;
        }
        if strangers && self.identity().users.is_none() {
            // A member whose identity no listed user has: the list of users is read again.
            self.read_again(service, Kind::Users, 0, super::unit::FIRST)?;
        }
        Ok(())
    }

    /// Ends the crawl: the verdict from the evidence, and the fewest requests it could have taken.
    pub fn finish(&mut self, finished: &str) -> Result<Verdict, SnapshotError> {
        self.begin()?;
        let minimum = self.minimum()?;
        let verdict = self.sql(|connection| {
            forgive_counters(connection)?;
            let verdict = judge(connection)?;
            properties::set(connection, "requests_minimum", &minimum.to_string())?;
            properties::set(connection, "verdict", verdict.as_str())?;
            properties::set(connection, "finished", finished)?;
            Ok(verdict)
        })?;
        self.commit()?;
        Ok(verdict)
    }

    /// The fewest requests: every list's rows on full pages, at least one page each, and one request for each service.
    fn minimum(&self) -> Result<i64, SnapshotError> {
        let lists = [
            (Kind::UserChannels, Entity::Membership, "membership_row r WHERE r.user = unit.parent"),
            (Kind::Members, Entity::Member, "member_row r WHERE r.channel = unit.parent"),
            (Kind::Invites, Entity::Invite, "invite_row r WHERE r.channel = unit.parent"),
            (Kind::Users, Entity::User, "user_row r WHERE r.service = unit.service"),
            (Kind::Channels, Entity::Channel, "channel_row r WHERE r.service = unit.service"),
            (Kind::Roles, Entity::Role, "role_row r WHERE r.service = unit.service"),
        ];
        let mut sum = 0;
        for (kind, entity, rows) in lists {
            let page = self.page_of(entity);
            sum += self.sql(|connection| {
                connection.query_row(
                    &format!(
                        "SELECT coalesce(sum((max(1, (SELECT count(*) FROM {rows})) + ?2 - 1) / ?2), 0)
                         FROM unit WHERE kind = ?1"
                    ),
                    [kind.number(), page],
                    |row| row.get::<_, i64>(0),
                )
            })?;
        }
        let services: i64 = self.sql(|connection| {
            connection.query_row(
                "SELECT count(*) FROM unit WHERE kind IN (?1, ?2)",
                [Kind::Service.number(), Kind::Services.number()],
                |row| row.get(0),
            )
        })?;
        Ok(sum + services)
    }
}

fn find_user_counts(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        &write_out(
            "INSERT INTO finding SELECT ?1, service, id, sid, expected, received FROM (
           SELECT u.service, u.id, @US(u.sid) AS sid, u.joined_channels_count AS expected,
             (SELECT count(*) FROM membership_row m WHERE m.user = u.id AND m.status = 1) AS received
           FROM user_row u JOIN unit ON unit.kind = ?2 AND unit.parent = u.id AND unit.service = u.service
           WHERE unit.state = ?3 AND u.joined_channels_count IS NOT NULL)
         WHERE expected <> received",
        ),
        params![kind::USER_COUNT, Kind::UserChannels.number(), state::COMPLETE],
    )?;
    Ok(())
}

/// Compares each channel's sides. With a crawl of selected users (`whole` false) the users' side is a part only, and the
/// Members list stands in for it.
fn find_channel_counts(connection: &Connection, whole: bool) -> rusqlite::Result<()> {
    let mut channels = connection.prepare(&write_out(
        "SELECT c.service, c.id, c.members_count,
           (SELECT sid_set(m.member_sid) FROM membership_row m
              WHERE m.service = c.service AND m.channel_sid = c.sid AND m.status = 1),
           (SELECT sid_set(x.sid) FROM member_row x WHERE x.channel = c.id),
           coalesce((SELECT state FROM unit WHERE kind = ?1 AND parent = c.id AND service = c.service), -1),
           @CH(c.sid)
         FROM channel_row c WHERE c.listed
           AND NOT EXISTS (SELECT 1 FROM unit WHERE kind = ?2 AND parent = c.id AND service = c.service AND state = ?3)",
    ))?;
    let users_read: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM unit WHERE kind = ?1)",
        [Kind::UserChannels.number()],
        |row| row.get(0),
    )?;
    let mut rows =
        channels.query(params![Kind::Members.number(), Kind::Channel.number(), state::VANISHED])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (service, parent) = (row.get(0)?, row.get(1)?);
        let count: Option<i64> = row.get(2)?;
        let users_side = (whole && users_read).then(|| row.get::<_, String>(3)).transpose()?;
        let users_side = users_side.map(|text| Members::parse(&text));
        let list_state: i64 = row.get(5)?;
        if list_state == state::VANISHED {
            continue;
        }
        let list = (list_state == state::COMPLETE).then(|| row.get::<_, String>(4)).transpose()?;
        let list = list.map(|text| Members::parse(&text));
        let seen = users_side.as_ref().or(list.as_ref());
        if let (Some(count), Some(seen)) = (count, seen)
            && count != seen.count
        {
            found.push((kind::CHANNEL_COUNT, service, parent, Some(count), Some(seen.count)));
        }
        if let (Some(list), Some(users_side)) = (&list, &users_side)
            && !list.same(users_side)
        {
            found.push((kind::MEMBER_LIST, service, parent, Some(list.count), Some(users_side.count)));
        }
        for (kind, service, parent, expected, received) in found.drain(..) {
            let sid = row.get(6)?;
            insert(connection, &Finding { kind, service, parent, sid, expected, received })?;
        }
    }
    Ok(())
}

fn insert(connection: &Connection, finding: &Finding) -> rusqlite::Result<()> {
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

/// Settles what was open before this round and has been read again meanwhile.
fn settle(connection: &Connection, round: u32) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE disagreement AS d SET outcome = 'drift', detail = 'agreed when it was read again'
         WHERE outcome = 'open' AND round < ?1
           AND NOT EXISTS (SELECT 1 FROM finding f WHERE f.kind = d.kind AND f.parent = d.parent)",
        [round],
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

/// A counter that is off while both lists agree is said as such: two complete lists outweigh a counter. And members who
/// are missing from the users' side because their user vanished are no hole.
fn forgive_counters(connection: &Connection) -> rusqlite::Result<()> {
    // A channel's counter: its own two lists agree, and its Members list was read.
    connection.execute(
        "UPDATE disagreement AS d SET outcome = 'count_only', detail = 'both lists agree; the counter alone is off'
         WHERE kind = ?1 AND outcome = 'hole'
           AND EXISTS (SELECT 1 FROM unit WHERE kind = ?2 AND parent = d.parent AND state = ?3)
           AND EXISTS (SELECT 1 FROM unit WHERE kind = ?4)
           AND NOT EXISTS (SELECT 1 FROM disagreement o WHERE o.kind = ?5 AND o.parent = d.parent)",
        params![
            kind::CHANNEL_COUNT,
            Kind::Members.number(),
            state::COMPLETE,
            Kind::UserChannels.number(),
            kind::MEMBER_LIST
        ],
    )?;
    forgive_vanished_users(connection)?;
    // A user's counter: every channel's two lists agree, so no channel misses the user and none is missing.
    let lists_agree: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM unit WHERE kind = ?1)
           AND NOT EXISTS (SELECT 1 FROM unit WHERE state IN (?2, ?3))
           AND NOT EXISTS (SELECT 1 FROM disagreement WHERE kind = ?4 AND outcome IN ('hole', 'open'))
           AND NOT EXISTS (SELECT 1 FROM property WHERE key = 'users')",
        params![Kind::Members.number(), state::FAILED, state::PENDING, kind::MEMBER_LIST],
        |row| row.get(0),
    )?;
    if lists_agree {
        connection.execute(
            "UPDATE disagreement SET outcome = 'count_only', detail = 'both lists agree; the counter alone is off'
             WHERE kind = ?1 AND outcome = 'hole'",
            [kind::USER_COUNT],
        )?;
    }
    Ok(())
}

fn forgive_vanished_users(connection: &Connection) -> rusqlite::Result<()> {
    let any: bool =
        connection.query_row("SELECT EXISTS (SELECT 1 FROM vanished WHERE entity = 'user')", [], |row| {
            row.get(0)
        })?;
    if !any {
        return Ok(());
    }
    connection.execute(
        "UPDATE disagreement AS d SET outcome = 'drift', detail = 'members whose user vanished'
         WHERE kind IN (?1, ?2) AND outcome = 'hole' AND NOT EXISTS (
           SELECT 1 FROM member_row x WHERE x.channel = d.parent
             AND NOT EXISTS (SELECT 1 FROM membership_row m JOIN channel_row c ON c.id = d.parent
               WHERE m.service = d.service AND m.channel_sid = c.sid AND m.status = 1 AND m.member_sid IS x.sid)
             AND NOT EXISTS (SELECT 1 FROM user_row u
               JOIN unit ON unit.kind = ?3 AND unit.parent = u.id AND unit.service = u.service AND unit.state = ?4
               WHERE u.service = d.service AND u.identity IS x.identity))
           AND EXISTS (SELECT 1 FROM unit WHERE kind = ?5 AND parent = d.parent AND state = ?6)",
        params![
            kind::MEMBER_LIST,
            kind::CHANNEL_COUNT,
            Kind::UserChannels.number(),
            state::VANISHED,
            Kind::Members.number(),
            state::COMPLETE
        ],
    )?;
    Ok(())
}

/// The users of a channel's memberships that only one side has, and whether a member has no user at all.
fn one_sided_users(
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
    let mut missing = connection.prepare_cached(
        "SELECT x.identity FROM member_row x JOIN channel_row c ON c.id = ?2 WHERE x.channel = ?2
           AND NOT EXISTS (SELECT 1 FROM membership_row m
             WHERE m.service = ?1 AND m.channel_sid = c.sid AND m.status = 1 AND m.member_sid IS x.sid)",
    )?;
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

fn judge(connection: &Connection) -> rusqlite::Result<Verdict> {
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
