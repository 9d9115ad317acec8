//! The frontier: which units wait, and how they are added, restarted, failed or recorded as vanished.
//!
//! It lives in the snapshot, not in memory: a unit is a row of the table `unit`, and its cursor moves in the transaction that
//! stores the page's rows (`writer`).

use rusqlite::{Row, ToSql};

use crate::model::{MemberSid, ServiceSid, Sid, SidKind};
use crate::snapshot::encode::{FromStored, bind, required};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::unit::{Estimate, FIRST, SoFar, Target, Unit, UnitId, UnitKind, state};
use crate::snapshot::write::own_place;
use crate::snapshot::write::writer::SnapshotWriter;

/// Units that wait to be read, most pages first, without those already taken.
pub(in crate::snapshot) fn pending(
    writer: &mut SnapshotWriter,
    most: usize,
    taken: &[UnitId],
) -> Result<Vec<Unit>, SnapshotError> {
    let limit = i64::try_from(most + taken.len()).unwrap_or(i64::MAX);
    let pending = writer.sql(|connection| {
        let mut statement = connection.prepare_cached(
            "SELECT unit.id, unit.kind, unit.next, unit.pass, unit.parent, unit.service, service_row.sid, unit.expected_pages
             FROM unit LEFT JOIN service_row ON service_row.id = unit.service
             WHERE unit.state = 0 ORDER BY unit.expected_pages DESC, unit.id LIMIT ?1",
        )?;
        let mut rows = statement.query([limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id = UnitId(row.get(0)?);
            if found.len() < most && !taken.contains(&id) {
                found.push((id, RawUnit::read(row)?));
            }
        }
        Ok(found)
    })?;
    pending.into_iter().map(|(id, raw)| unit(writer, id, raw)).collect()
}

fn unit(writer: &SnapshotWriter, id: UnitId, raw: RawUnit) -> Result<Unit, SnapshotError> {
    let RawUnit { kind, next, pass, parent, service, service_sid, expected_pages } = raw;
    let user = || sid_of(writer, "SELECT sid FROM user_row WHERE id = ?1", parent);
    let channel = || sid_of(writer, "SELECT sid FROM channel_row WHERE id = ?1", parent);
    let target = match kind {
        UnitKind::Services => Target::Services,
        UnitKind::Service => Target::Service(service_sid),
        UnitKind::Roles => Target::Roles(service_sid),
        UnitKind::Users => Target::Users(service_sid),
        UnitKind::Channels => Target::Channels(service_sid),
        UnitKind::User => Target::User(service_sid, user()?),
        UnitKind::Channel => Target::Channel(service_sid, channel()?),
        UnitKind::UserChannels => Target::UserChannels(service_sid, user()?),
        UnitKind::Members => Target::Members(service_sid, channel()?),
        UnitKind::Member => {
            let channel = channel()?;
            let member = own_place::own_place(writer, service, &channel)?.and_then(|place| place.member);
            // A person who has left since has no member to read: 404 says so.
            Target::Member(service_sid, channel, member.unwrap_or_else(|| MemberSid::from_wire("none")))
        }
        UnitKind::Invites => {
            Target::Invites(service_sid, channel()?, own_place::the_one_person(writer, service)?)
        }
        UnitKind::Messages => Target::Messages(service_sid, channel()?),
        UnitKind::Bindings => Target::Bindings(service_sid),
        UnitKind::UserBindings => Target::UserBindings(service_sid, user()?, identity_of(writer, parent)?),
    };
    let has_count = writer.identity().source.has_counters() && expected_pages < FIRST;
    let expected_pages = u64::try_from(expected_pages).ok().filter(|_| has_count);
    Ok(Unit { id, target, cursor: next, pass, expected_pages, parent, service })
}

fn identity_of(writer: &SnapshotWriter, user: i64) -> Result<String, SnapshotError> {
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached("SELECT identity FROM user_row WHERE id = ?1")?;
        statement.query_row([user], |row| row.get(0))
    })
}

pub(in crate::snapshot) fn sid_of<K: SidKind>(
    writer: &SnapshotWriter,
    query: &str,
    id: i64,
) -> Result<Sid<K>, SnapshotError> {
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached(query)?;
        statement.query_row([id], |row| required(row, 0))
    })
}

/// Restarts a unit: its cursor goes back to the first page and a new pass begins. Rows of the former pass stay until
/// the new one is complete.
pub(in crate::snapshot) fn restart_unit(
    writer: &mut SnapshotWriter,
    unit: UnitId,
) -> Result<(), SnapshotError> {
    writer.sql(|connection| {
        connection
            .prepare_cached(
                "UPDATE unit SET state = 0, pass = pass + 1, next = NULL, pages = 0, rows = 0, failure = NULL
                 WHERE id = ?1",
            )?
            .execute([unit.0])
    })?;
    Ok(())
}

/// Records that a unit could not be read, and why. Its cursor stays: a later run resumes there.
pub(in crate::snapshot) fn fail_unit(
    writer: &mut SnapshotWriter,
    unit: UnitId,
    why: &str,
) -> Result<(), SnapshotError> {
    writer.sql(|connection| {
        connection
            .prepare_cached("UPDATE unit SET state = ?2, failure = ?3 WHERE id = ?1")?
            .execute(rusqlite::params![unit.0, state::FAILED, why])
    })?;
    Ok(())
}

/// Records that a unit's user or channel is gone, with the evidence.
pub(in crate::snapshot) fn vanish_unit(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    evidence: &str,
) -> Result<(), SnapshotError> {
    let (entity, sid) = match &unit.target {
        Target::User(_, user) | Target::UserChannels(_, user) | Target::UserBindings(_, user, _) => {
            ("user", user.to_string())
        }
        Target::Member(_, _, member) => ("member", member.to_string()),
        Target::Channel(_, channel)
        | Target::Members(_, channel)
        | Target::Invites(_, channel, _)
        | Target::Messages(_, channel) => ("channel", channel.to_string()),
        _ => return fail_unit(writer, unit.id, evidence),
    };
    writer.sql(|connection| {
        connection
            .prepare_cached("UPDATE unit SET state = ?2, next = NULL, failure = NULL WHERE id = ?1")?
            .execute(rusqlite::params![unit.id.0, state::VANISHED])?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO vanished (entity, sid, evidence) VALUES (?1, ?2, ?3)")?
            .execute(rusqlite::params![entity, sid, evidence])?;
        // What was read of its list before it went is a part of nothing.
        let (table, parent): (_, &dyn ToSql) = match &unit.target {
            Target::UserChannels(..) => ("membership_row WHERE user", &unit.parent),
            Target::Members(..) => ("member_row WHERE channel", &unit.parent),
            Target::Invites(..) => ("invite_row WHERE channel", &unit.parent),
            Target::Messages(..) => ("message_row WHERE channel", &unit.parent),
            Target::UserBindings(_, _, identity) => ("binding_row WHERE identity", identity),
            _ => return Ok(0),
        };
        connection.prepare_cached(&format!("DELETE FROM {table} = ?1"))?.execute([parent])
    })?;
    Ok(())
}

/// Failed units wait again, each with its cursor.
pub(in crate::snapshot) fn retry_failed_units(writer: &mut SnapshotWriter) -> Result<usize, SnapshotError> {
    writer.sql(|connection| {
        connection.execute("UPDATE unit SET state = 0, failure = NULL WHERE state = ?1", [state::FAILED])
    })
}

/// Adds a unit unless it exists.
pub(in crate::snapshot) fn add_work(
    writer: &SnapshotWriter,
    service: i64,
    kind: UnitKind,
    parent: i64,
    expected_pages: i64,
) -> Result<bool, SnapshotError> {
    let added = writer.sql(|connection| {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO unit (service, kind, parent, expected_pages) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute([service, kind.number(), parent, expected_pages])
    })?;
    if added > 0 {
        expect_work(writer, kind, expected_pages);
    }
    Ok(added > 0)
}

fn expect_work(writer: &SnapshotWriter, kind: UnitKind, expected_pages: i64) {
    let mut estimate = writer.estimate();
    estimate.requests += if expected_pages >= FIRST { 1 } else { expected_pages.max(1).cast_unsigned() };
    estimate.open_lists += u64::from(kind.brings_work());
    writer.set_estimate(estimate);
}

/// Adds a unit, or restarts it if it exists.
pub(in crate::snapshot) fn read_again(
    writer: &SnapshotWriter,
    service: i64,
    kind: UnitKind,
    parent: i64,
    expected_pages: i64,
) -> Result<(), SnapshotError> {
    let begun = writer.sql(|connection| {
        connection
            .prepare_cached(
                "INSERT INTO unit (service, kind, parent, expected_pages) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (kind, parent, service) DO UPDATE SET
                   state = 0, pass = pass + 1, next = NULL, pages = 0, rows = 0, failure = NULL
                 WHERE state <> 0",
            )?
            .execute([service, kind.number(), parent, expected_pages])
    })?;
    if begun > 0 {
        expect_work(writer, kind, expected_pages);
    }
    Ok(())
}

/// Counts from the units how much work the crawl is.
pub(in crate::snapshot) fn count_work(writer: &SnapshotWriter) -> Result<(), SnapshotError> {
    let estimate = writer.sql(|connection| {
        connection.query_row(
            &format!(
                "SELECT
                   coalesce(sum(CASE WHEN state = ?2 THEN max(1, pages + 1,
                     CASE WHEN expected_pages >= ?1 THEN 1 ELSE expected_pages END) ELSE max(1, pages) END), 0),
                   coalesce(sum(pages), 0),
                   coalesce(sum(state = ?2 AND kind IN ({})), 0)
                 FROM unit",
                UnitKind::numbers(UnitKind::brings_work)
            ),
            [FIRST, state::PENDING],
            |row| {
                Ok(Estimate {
                    requests: row.get::<_, i64>(0)?.cast_unsigned(),
                    done: row.get::<_, i64>(1)?.cast_unsigned(),
                    open_lists: row.get::<_, i64>(2)?.cast_unsigned(),
                })
            },
        )
    })?;
    writer.set_estimate(estimate);
    Ok(())
}

/// What earlier runs have read.
pub(in crate::snapshot) fn so_far(writer: &SnapshotWriter) -> Result<SoFar, SnapshotError> {
    let number = |sql: &str, parameters: &[i64]| {
        writer
            .sql(|connection| {
                connection.query_row(sql, rusqlite::params_from_iter(parameters), |row| row.get::<_, i64>(0))
            })
            .map(i64::cast_unsigned)
    };
    let lists_of_users = [UnitKind::Services.number(), UnitKind::Users.number(), state::PENDING];
    Ok(SoFar {
        users: number("SELECT count(*) FROM user_row WHERE listed", &[])?,
        users_listed: number(
            "SELECT count(*) FROM unit WHERE kind IN (?1, ?2) AND state = ?3",
            &lists_of_users,
        )? == 0,
        users_done: number(
            "SELECT count(*) FROM unit WHERE kind = ?1 AND state = ?2",
            &[UnitKind::UserChannels.number(), state::COMPLETE],
        )?,
        rows: number("SELECT coalesce(sum(rows), 0) FROM unit", &[])?,
    })
}

/// The service's number, added if it is new.
pub(in crate::snapshot) fn service_number(
    writer: &SnapshotWriter,
    sid: &ServiceSid,
) -> Result<i64, SnapshotError> {
    writer.sql(|connection| {
        let mut find = connection.prepare_cached("SELECT id FROM service_row WHERE sid = ?1")?;
        bind!(find, sid);
        let found: Option<i64> = find.raw_query().next()?.map(|row| row.get(0)).transpose()?;
        if let Some(id) = found {
            return Ok(id);
        }
        let mut insert = connection.prepare_cached("INSERT INTO service_row (sid) VALUES (?1)")?;
        bind!(insert, sid);
        insert.raw_execute()?;
        Ok(connection.last_insert_rowid())
    })
}

struct RawUnit {
    kind: UnitKind,
    next: Option<String>,
    pass: u32,
    parent: i64,
    service: i64,
    service_sid: ServiceSid,
    expected_pages: i64,
}

impl RawUnit {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let number: i64 = row.get(1)?;
        let kind =
            UnitKind::from_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(1, number))?;
        Ok(Self {
            kind,
            next: row.get(2)?,
            pass: row.get(3)?,
            parent: row.get(4)?,
            service: row.get(5)?,
            // The list of services belongs to no service.
            service_sid: ServiceSid::from_stored(row.get_ref(6)?)
                .unwrap_or_else(|| ServiceSid::from_wire("")),
            expected_pages: row.get(7)?,
        })
    }
}

/// Moves the unit's cursor.
pub(in crate::snapshot) fn advance(
    writer: &SnapshotWriter,
    unit: &Unit,
    received: usize,
    next: Option<&str>,
) -> Result<(), SnapshotError> {
    let state = if next.is_none() { state::COMPLETE } else { state::PENDING };
    let (pages, expected) = writer.sql(|connection| {
        let mut statement = connection.prepare_cached(
            "UPDATE unit SET state = ?2, next = ?3, pages = pages + 1, rows = rows + ?4 WHERE id = ?1
             RETURNING pages, expected_pages",
        )?;
        bind!(statement, unit.id.0, state, next, i64::try_from(received).unwrap_or(i64::MAX));
        let mut rows = statement.raw_query();
        let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let numbers = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
        while rows.next()?.is_some() {} // a RETURNING statement must be read to its end
        Ok(numbers)
    })?;
    let expected = if expected >= FIRST { 1 } else { expected };
    let mut estimate = writer.estimate();
    estimate.done += 1;
    if next.is_some() && pages >= expected {
        estimate.requests += 1;
    } else if next.is_none() && pages < expected {
        estimate.requests = estimate.requests.saturating_sub((expected - pages).cast_unsigned());
    }
    if next.is_none() && unit.target.brings_work() {
        estimate.open_lists = estimate.open_lists.saturating_sub(1);
    }
    writer.set_estimate(estimate);
    Ok(())
}
