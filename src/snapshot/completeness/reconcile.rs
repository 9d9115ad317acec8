//! Finding what does not agree, having it read again once, and the verdict. See [`completeness`](super) for what is compared with what.

use std::sync::LazyLock;

use rusqlite::params;

use crate::model::Entity;
use crate::snapshot::completeness::cross_check;
use crate::snapshot::completeness::disagreements::{self, kind};
use crate::snapshot::completeness::verdict;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::messages;
use crate::snapshot::properties::{self, Verdict};
use crate::snapshot::schema::{self, CACHE, write_out};
use crate::snapshot::unit::{UnitKind, state};
use crate::snapshot::write::writer::SnapshotWriter;
use crate::snapshot::write::{frontier, selection};

/// Indexes for people's queries: the views show SIDs as text, and a condition on that text finds rows by an index of the same
/// expression. Users and channels are few compared with memberships, so these indexes are small.
static INDEXES_OF_VIEWS: LazyLock<String> = LazyLock::new(|| {
    write_out(
        "CREATE INDEX IF NOT EXISTS user_by_shown_sid ON user_row (@US(sid));
         CREATE INDEX IF NOT EXISTS user_by_identity ON user_row (identity);
         CREATE INDEX IF NOT EXISTS channel_by_shown_sid ON channel_row (@CH(sid));
         CREATE INDEX IF NOT EXISTS channel_by_unique_name ON channel_row (unique_name);
         CREATE INDEX IF NOT EXISTS binding_by_shown_sid ON binding_row (@BS(sid));
         CREATE INDEX IF NOT EXISTS binding_by_identity ON binding_row (identity);",
    )
});

/// What a round found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciled {
    /// Disagreements that are to be read again.
    pub opened: u64,
    /// Whether new units wait.
    pub more_work: bool,
}

/// Compares the evidence after everything was read (round 0) or what disagreed was read again (rounds 1 and on). New
/// disagreements are opened and read again, unless this is the `last` round.
pub(in crate::snapshot) fn reconcile(
    writer: &mut SnapshotWriter,
    round: u32,
    last: bool,
) -> Result<Reconciled, SnapshotError> {
    writer.begin()?;
    writer.sql(|connection| {
        // SQLite sorts in as much memory as its cache may have, in addition to the cache: half of each while indexes are created.
        connection.execute_batch(&format!("PRAGMA cache_size = -{}", CACHE / 2))?;
        connection.execute_batch(
            "CREATE INDEX IF NOT EXISTS membership_by_channel ON membership_row (service, channel_sid, member_sid,
               user, status, last_consumed_message_index, unread_messages_count, notification_level, scope, extra);
             CREATE INDEX IF NOT EXISTS user_sid_by_id ON user_row (id, sid);
             CREATE TEMP TABLE IF NOT EXISTS finding (kind TEXT, service INTEGER, parent INTEGER, sid TEXT,
               expected INTEGER, received INTEGER, PRIMARY KEY (kind, parent)) WITHOUT ROWID;
             DELETE FROM finding;",
        )?;
        connection.execute_batch(&INDEXES_OF_VIEWS)?;
        connection.execute_batch(&format!("PRAGMA cache_size = -{CACHE}"))
    })?;
    add_unlisted_channels(writer)?;
    writer.sql(disagreements::find_user_counts)?;
    writer.sql(cross_check::find_user_lists)?;
    writer.sql(disagreements::find_message_counts)?;
    let channels_compared = lists_failed(writer)? == 0;
    if channels_compared {
        let users_side =
            writer.identity().users.is_none() && writer.identity().include.contains(&Entity::Membership);
        writer.sql(|connection| disagreements::find_channel_counts(connection, users_side))?;
    }
    writer.sql(|connection| verdict::settle(connection, round, channels_compared))?;
    let opened = open_new(writer, round, last)?;
    writer.commit()?;
    let more_work = has_pending(writer)?;
    Ok(Reconciled { opened, more_work })
}

fn has_pending(writer: &SnapshotWriter) -> Result<bool, SnapshotError> {
    writer.sql(|connection| {
        connection.query_row("SELECT EXISTS (SELECT 1 FROM unit WHERE state = 0)", [], |row| row.get(0))
    })
}

fn lists_failed(writer: &SnapshotWriter) -> Result<i64, SnapshotError> {
    writer.sql(|connection| {
        connection.query_row(
            "SELECT count(*) FROM unit WHERE state = ?1 AND kind IN (?2, ?3)",
            [state::FAILED, UnitKind::UserChannels.number(), UnitKind::Users.number()],
            |row| row.get(0),
        )
    })
}

/// Channels that users are on and that the list of channels did not have are fetched by their SIDs.
fn add_unlisted_channels(writer: &SnapshotWriter) -> Result<(), SnapshotError> {
    if !writer.identity().include.contains(&Entity::Channel) {
        return Ok(());
    }
    let has_all_users = writer.identity().users.is_none();
    let found: Vec<(i64, i64, String)> = writer.sql(|connection| {
        connection.execute(
            "INSERT INTO channel_row (service, sid, pass, listed)
             SELECT m.service, m.channel_sid, 0, 0 FROM membership_row m
             WHERE NOT EXISTS (SELECT 1 FROM unit WHERE kind = ?1 AND service = m.service AND state <> ?2)
             GROUP BY m.service, m.channel_sid
             HAVING NOT EXISTS (SELECT 1 FROM channel_row c WHERE c.service = m.service AND c.sid = m.channel_sid)
               AND EXISTS (SELECT 1 FROM membership_row n WHERE n.service = m.service AND n.channel_sid = m.channel_sid
                 AND NOT EXISTS (SELECT 1 FROM unit WHERE kind = ?3 AND parent = n.user AND service = n.service AND state = ?4))",
            // A list of channels that was not read to its end lacks channels anyway. One of a user that failed, such as one without
            // end, may name any number of them: it is read again by another run.
            [
                UnitKind::Channels.number(),
                state::COMPLETE,
                UnitKind::UserChannels.number(),
                state::FAILED,
            ],
        )?;
        let mut statement = connection.prepare(&write_out(
            "SELECT id, service, @CH(sid) FROM channel_row c WHERE listed = 0 AND NOT EXISTS
               (SELECT 1 FROM unit WHERE kind = ?1 AND parent = c.id AND service = c.service)",
        ))?;
        statement
            .query_map([UnitKind::Channel.number()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect()
    })?;
    for (channel, service, sid) in found {
        frontier::add_work(writer, service, UnitKind::Channel, channel, 1)?;
        if has_all_users {
            writer.sql(|connection| {
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

/// The number of the next round: after the last one whose disagreements are still open.
pub(in crate::snapshot) fn next_round(writer: &SnapshotWriter) -> Result<u32, SnapshotError> {
    writer.sql(|connection| {
        connection.query_row(
            "SELECT coalesce(max(round) + 1, 0) FROM disagreement WHERE outcome = 'open'",
            [],
            |row| row.get(0),
        )
    })
}

/// Opens new disagreements and has their lists read again.
fn open_new(writer: &SnapshotWriter, round: u32, last: bool) -> Result<u64, SnapshotError> {
    // After the last round nothing is read again, so it stays open, and the crawl incomplete: the next run compares again.
    // Messages are sent all the time, and their counter that moved since the round before is no reason for another run.
    let detail = if last { "appeared while others were read again" } else { "" };
    let opened = writer.sql(|connection| {
        connection.execute(
            "INSERT INTO disagreement (kind, service, parent, sid, first_expected, first_received, expected,
               received, round, outcome, detail)
             SELECT kind, service, parent, sid, expected, received, expected, received, ?1,
               CASE WHEN ?3 AND kind = ?4 THEN 'drift' ELSE 'open' END, ?2
             FROM finding f WHERE NOT EXISTS
               (SELECT 1 FROM disagreement d WHERE d.kind = f.kind AND d.parent = f.parent)",
            params![round, detail, last, kind::MESSAGE_COUNT],
        )
    })?;
    if !last && opened > 0 {
        schedule(writer, round)?;
    }
    Ok(opened as u64)
}

/// Has the lists and details behind this round's open disagreements read again.
fn schedule(writer: &SnapshotWriter, round: u32) -> Result<(), SnapshotError> {
    let members = selection::reads_members(writer);
    let memberships = writer.identity().include.contains(&Entity::Membership);
    // Some at a time: a server whose counters are all wrong must not fill the memory.
    let (mut last_kind, mut last_parent) = (String::new(), 0);
    loop {
        let open = open_after(writer, round, &last_kind, last_parent)?;
        let Some((kind, _, parent)) = open.last() else { return Ok(()) };
        (last_kind, last_parent) = (kind.clone(), *parent);
        for (kind, service, parent) in open {
            if kind == kind::USER_LIST {
                frontier::read_again(writer, service, UnitKind::User, parent, 1)?;
                frontier::read_again(writer, service, UnitKind::UserChannels, parent, 1)?;
                for channel in writer.sql(|connection| cross_check::one_sided_channels(connection, parent))? {
                    frontier::read_again(writer, service, UnitKind::Members, channel, 1)?;
                }
                continue;
            }
            if kind == kind::USER_COUNT {
                frontier::read_again(writer, service, UnitKind::User, parent, 1)?;
                frontier::read_again(writer, service, UnitKind::UserChannels, parent, 1)?;
                continue;
            }
            frontier::read_again(writer, service, UnitKind::Channel, parent, 1)?;
            if kind == kind::MESSAGE_COUNT {
                continue; // the counter is the side in doubt, and a list of messages may have thousands of pages
            }
            // Under a cross-check, members are read again only of the channels of its share.
            let members =
                members && (writer.cross_check.is_none() || is_known(writer, UnitKind::Members, parent)?);
            if members {
                frontier::read_again(writer, service, UnitKind::Members, parent, 1)?;
            }
            if members && memberships {
                read_users_of(writer, service, parent)?;
            }
        }
    }
}

fn is_known(writer: &SnapshotWriter, kind: UnitKind, parent: i64) -> Result<bool, SnapshotError> {
    writer.sql(|connection| {
        connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM unit WHERE kind = ?1 AND parent = ?2)")?
            .query_row([kind.number(), parent], |row| row.get(0))
    })
}

/// The next open disagreements of a round, in the order of their key.
fn open_after(
    writer: &SnapshotWriter,
    round: u32,
    kind: &str,
    parent: i64,
) -> Result<Vec<(String, i64, i64)>, SnapshotError> {
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached(
            "SELECT kind, service, parent FROM disagreement
             WHERE outcome = 'open' AND round = ?1 AND (kind, parent) > (?2, ?3)
             ORDER BY kind, parent LIMIT 1000",
        )?;
        let rows = statement
            .query_map(params![round, kind, parent], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect()
    })
}

/// Has those users read again who are on one side of a channel's membership and not on the other.
fn read_users_of(writer: &SnapshotWriter, service: i64, channel: i64) -> Result<(), SnapshotError> {
    let (users, strangers) = writer.sql(|connection| {
        // By `user_by_identity`, which exists by now.
        disagreements::one_sided_users(connection, service, channel)
    })?;
    for user in users {
        frontier::read_again(writer, service, UnitKind::User, user, 1)?;
        frontier::read_again(writer, service, UnitKind::UserChannels, user, 1)?;
    }
    if strangers && writer.identity().users.is_none() {
        // A member whose identity no listed user has: the list of users is read again.
        frontier::read_again(writer, service, UnitKind::Users, 0, crate::snapshot::unit::FIRST)?;
    }
    Ok(())
}

/// Ends the crawl: the verdict from the evidence, and the fewest requests it could have taken.
///
/// # Errors
/// Where what was written cannot be read back, there is no verdict: the crawl is not complete, and the file is damaged.
pub(in crate::snapshot) fn finish(
    writer: &mut SnapshotWriter,
    finished: &str,
) -> Result<Verdict, SnapshotError> {
    read_back(writer)?;
    let finished = &not_before(finished, &writer.identity().started);
    writer.begin()?;
    let minimum = minimum(writer)?;
    let verdict = writer.sql(|connection| {
        verdict::forgive_counters(connection)?;
        let verdict = verdict::judge(connection)?;
        if verdict != Verdict::Incomplete {
            cross_check::drop_evidence(connection)?;
        }
        properties::set(connection, "requests_minimum", &minimum.to_string())?;
        properties::set(connection, "verdict", verdict.as_str())?;
        properties::set(connection, "finished", finished)?;
        Ok(verdict)
    })?;
    writer.commit()?;
    Ok(verdict)
}

/// When a crawl ended. An earlier run of it may have been under a clock that was ahead: its window is never one that ends before it
/// starts.
fn not_before(finished: &str, started: &str) -> String {
    let parse = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (parse(finished), parse(started)) {
        (Some(end), Some(start)) if end < start => {
            tracing::warn!(%started, %finished, "the clock went back since the crawl was started: it counts as ended when it started");
            started.to_owned()
        }
        _ => finished.to_owned(),
    }
}

/// Reads the file's structure through a connection of its own, which shares no page with the one that wrote it, and compares its pages
/// with those that were written.
fn read_back(writer: &SnapshotWriter) -> Result<(), SnapshotError> {
    let all_moved = writer.move_log()?;
    let reader = schema::open_to_read(writer.path())?;
    let found: String = reader
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|source| SnapshotError::from_sqlite(writer.path(), source))?;
    if found == "ok" {
        return writer.compare_pages(all_moved);
    }
    let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(SnapshotError::from_sqlite(writer.path(), rusqlite::Error::SqliteFailure(corrupt, Some(found))))
}

/// The fewest requests: every list's rows on full pages, at least one page each, and what a service's own record takes.
fn minimum(writer: &SnapshotWriter) -> Result<i64, SnapshotError> {
    let lists = [
        (UnitKind::UserChannels, Entity::Membership, "membership_row r WHERE r.user = unit.parent"),
        (UnitKind::Members, Entity::Member, "member_row r WHERE r.channel = unit.parent"),
        (UnitKind::Invites, Entity::Invite, "invite_row r WHERE r.channel = unit.parent"),
        (UnitKind::Users, Entity::User, "user_row r WHERE r.service = unit.service"),
        (UnitKind::Channels, Entity::Channel, "channel_row r WHERE r.service = unit.service"),
        (UnitKind::Roles, Entity::Role, "role_row r WHERE r.service = unit.service"),
        (UnitKind::Bindings, Entity::Binding, "binding_row r WHERE r.service = unit.service"),
        (
            UnitKind::UserBindings,
            Entity::Binding,
            "binding_row r JOIN user_row u ON u.identity = r.identity WHERE r.service = unit.service AND u.id = unit.parent",
        ),
    ];
    let mut sum = 0;
    for (kind, entity, rows) in lists {
        let page = writer.page_of(entity);
        sum += writer.sql(|connection| {
            connection.query_row(
                &format!(
                    "SELECT coalesce(sum((max(1, (SELECT count(*) FROM {rows})) + ?2 - 1) / ?2), 0)
                     FROM unit WHERE kind = ?1 AND NOT (state = ?3 AND pages = 0)"
                ),
                [kind.number(), page, state::COMPLETE],
                |row| row.get::<_, i64>(0),
            )
        })?;
    }
    let services: i64 = writer.sql(|connection| {
        connection.query_row(
            "SELECT coalesce(sum(CASE kind WHEN ?1 THEN ?3 ELSE 1 END), 0) FROM unit WHERE kind IN (?1, ?2)",
            [
                UnitKind::Service.number(),
                UnitKind::Services.number(),
                if writer.of_one_person {
                    1
                } else {
                    writer.identity().source.requests_of_service().cast_signed()
                },
            ],
            |row| row.get(0),
        )
    })?;
    Ok(sum
        + services
        + writer.sql(|connection| messages::count_requests(connection, writer.page_of(Entity::Message)))?)
}
