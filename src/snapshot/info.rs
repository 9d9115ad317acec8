//! What a snapshot says about itself: verdict, counts, what failed, what disagreed, what was odd.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::completeness::cross_check::{self, CrossCheck};
use super::completeness::missing::{self, MissingMembership};
use super::messages;
use super::properties::{self, CrawlIdentity, Requests, Verdict};
use super::schema::write_out;
use super::unit::{UnitKind, state};
use super::write::carry::{self, Carried};
use crate::model::{AccountSid, Api, Entity, ServiceSid};
use crate::storage::hex;

/// Failures, disagreements and oddities shown at most; their counts are complete.
const SHOWN: u32 = 100;

/// Records by resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub services: u64,
    pub roles: u64,
    pub users: u64,
    pub channels: u64,
    pub user_channels: u64,
    pub members: u64,
    pub invites: u64,
    pub messages: u64,
    pub bindings: u64,
}

impl Counts {
    /// How many records of an entity there are.
    pub fn of(&self, entity: Entity) -> u64 {
        match entity {
            Entity::Service => self.services,
            Entity::Role => self.roles,
            Entity::User => self.users,
            Entity::Channel => self.channels,
            Entity::Membership => self.user_channels,
            Entity::Member => self.members,
            Entity::Invite => self.invites,
            Entity::Message => self.messages,
            Entity::Binding => self.bindings,
        }
    }
}

/// A list or detail that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedUnit {
    /// What: `user channels of US…`.
    pub subject: String,
    /// Why, in one line.
    pub error: String,
}

/// Two sides of the API that did not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// `user_count`, `channel_count`, `member_list`, `user_list`, `unlisted_channel` or `message_count`.
    pub kind: String,
    /// The user or channel.
    pub sid: String,
    /// What one side says: the counter, or the Members list.
    pub expected: Option<i64>,
    /// What the other side gave.
    pub received: Option<i64>,
    /// `drift`, `count_only`, `hole`, or `open`: not rechecked yet.
    pub outcome: String,
    /// How that was found.
    pub detail: String,
}

/// Oddities of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Oddity {
    /// The resource: `users`.
    pub entity: String,
    /// The key; empty for the entire row.
    pub field: String,
    /// `unknown_key`, `unknown_value`, `wrong_type`, `malformed_sid`, `other_parent`,
    /// `out_of_order` or `unusable`.
    pub kind: String,
    /// How many records.
    pub count: u64,
    pub example: String,
}

/// What a snapshot says about itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// The file's format.
    pub format: i64,
    /// The version of the tool that began it.
    pub tool_version: String,
    /// A digest of the crawl's identity and outcome: what a later artefact says it was made from.
    pub id: String,
    pub account_sid: AccountSid,
    /// The services crawled.
    pub services: Vec<ServiceSid>,
    /// The API that was read.
    pub source: Api,
    /// What was asked for, under the names of the counts.
    #[serde(serialize_with = "by_plural")]
    pub include: Vec<Entity>,
    /// How many users the crawl was limited to; null for all.
    pub selected_users: Option<usize>,
    /// The share of memberships that was read by the other route too, as evidence; null for none.
    pub cross_check: Option<CrossCheck>,
    /// When the crawl was begun, RFC 3339.
    pub started: String,
    /// When it ended; null while it has not.
    pub finished: Option<String>,
    /// Seconds that its runs took.
    pub elapsed_seconds: f64,
    /// What was carried over from an older snapshot and not read, if that was asked for.
    pub carried: Option<Carried>,
    /// Its judgement of its own completeness.
    pub verdict: Verdict,
    /// Records by resource.
    pub counts: Counts,
    /// Requests that its runs took.
    pub requests: Requests,
    /// Lists and details by state: pending, complete, failed, vanished.
    pub units: BTreeMap<String, u64>,
    /// Disagreements by kind and outcome: `user_count.drift`.
    pub disagreement_counts: BTreeMap<String, u64>,
    /// The first of them.
    pub disagreements: Vec<Disagreement>,
    /// Memberships that the holes are about: each once, however many disagreements show it.
    pub missing_memberships_count: u64,
    /// The first of them.
    pub missing_memberships: Vec<MissingMembership>,
    /// The first units that failed.
    pub failures: Vec<FailedUnit>,
    /// Users and channels that were listed and are gone: the first of them, with the evidence.
    pub vanished: BTreeMap<String, String>,
    /// Selected users that were not found.
    pub not_found: Vec<String>,
    /// Oddities of records.
    pub oddities: Vec<Oddity>,
}

fn by_plural<S: serde::Serializer>(include: &[Entity], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(include.iter().map(|entity| entity.plural()))
}

/// What a snapshot says about itself.
pub(super) fn read(connection: &Connection) -> rusqlite::Result<Info> {
    let identity = CrawlIdentity::read(connection)?;
    let missing = missing::find(connection, SHOWN)?;
    let mut info = Info {
        format: connection.query_row("PRAGMA user_version", [], |row| row.get(0))?,
        tool_version: properties::get(connection, "tool_version")?.unwrap_or_default(),
        id: String::new(),
        account_sid: identity.account_sid,
        services: services(connection)?,
        source: identity.source,
        include: identity.include,
        selected_users: identity.users.map(|users| users.len()),
        cross_check: cross_check::what_was_read(connection)?,
        started: identity.started,
        finished: properties::get(connection, "finished")?,
        elapsed_seconds: properties::elapsed(connection)?,
        carried: carry::carried(connection)?,
        verdict: properties::verdict(connection)?,
        counts: counts(connection)?,
        requests: properties::requests(connection)?,
        units: units(connection)?,
        disagreement_counts: tally(
            connection,
            "SELECT kind || '.' || outcome, count(*) FROM disagreement GROUP BY kind, outcome",
        )?,
        disagreements: disagreements(connection)?,
        missing_memberships_count: missing.count,
        missing_memberships: missing.first,
        failures: failures(connection)?,
        vanished: vanished(connection)?,
        not_found: not_found(connection)?,
        oddities: oddities(connection)?,
    };
    info.id = id(&info);
    Ok(info)
}

fn id(info: &Info) -> String {
    let mut digest = Sha256::new();
    let said = serde_json::json!([
        info.format,
        info.account_sid,
        info.services,
        info.source,
        info.include,
        info.selected_users,
        info.started,
        info.finished,
        info.verdict,
        info.counts,
        info.requests.total,
    ]);
    digest.update(said.to_string());
    hex(&digest.finalize()[..16])
}

fn services(connection: &Connection) -> rusqlite::Result<Vec<ServiceSid>> {
    let mut statement = connection.prepare("SELECT sid FROM service_row ORDER BY sid")?;
    statement.query_map([], |row| super::encode::required(row, 0))?.collect()
}

fn counts(connection: &Connection) -> rusqlite::Result<Counts> {
    Ok(Counts {
        services: count(connection, Entity::Service)?,
        roles: count(connection, Entity::Role)?,
        users: count(connection, Entity::User)?,
        channels: count(connection, Entity::Channel)?,
        user_channels: count(connection, Entity::Membership)?,
        members: count(connection, Entity::Member)?,
        invites: count(connection, Entity::Invite)?,
        messages: count(connection, Entity::Message)?,
        bindings: count(connection, Entity::Binding)?,
    })
}

/// How many records of an entity there are.
pub(super) fn count(connection: &Connection, entity: Entity) -> rusqlite::Result<u64> {
    let rows = match entity {
        Entity::Service => "service_row WHERE fetched",
        Entity::Role => "role_row",
        Entity::User => "user_row WHERE listed",
        Entity::Channel => "channel_row WHERE listed",
        Entity::Membership => "membership_row",
        Entity::Member => "member_row",
        Entity::Invite => "invite_row",
        Entity::Message => return messages::count(connection),
        Entity::Binding => "binding_row",
    };
    let sql = format!("SELECT count(*) FROM {rows}");
    connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

fn units(connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for (name, number) in [
        ("pending", state::PENDING),
        ("complete", state::COMPLETE),
        ("failed", state::FAILED),
        ("vanished", state::VANISHED),
    ] {
        let count: i64 =
            connection.query_row("SELECT count(*) FROM unit WHERE state = ?1", [number], |row| row.get(0))?;
        found.insert(name.to_owned(), count.cast_unsigned());
    }
    Ok(found)
}

fn tally(connection: &Connection, sql: &str) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
    rows.collect()
}

fn disagreements(connection: &Connection) -> rusqlite::Result<Vec<Disagreement>> {
    let mut statement = connection.prepare(
        "SELECT kind, sid, expected, received, outcome, detail FROM disagreement
         ORDER BY outcome = 'drift', kind, sid LIMIT ?1",
    )?;
    let rows = statement.query_map([SHOWN], disagreement)?;
    rows.collect()
}

/// What did not agree about one user or channel.
pub(in crate::snapshot) fn disagreements_about(
    connection: &Connection,
    sid: &str,
) -> rusqlite::Result<Vec<Disagreement>> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, sid, expected, received, outcome, detail FROM disagreement WHERE sid = ?1 ORDER BY kind",
    )?;
    let rows = statement.query_map([sid], disagreement)?;
    rows.collect()
}

fn disagreement(row: &rusqlite::Row<'_>) -> rusqlite::Result<Disagreement> {
    Ok(Disagreement {
        kind: row.get(0)?,
        sid: row.get(1)?,
        expected: row.get(2)?,
        received: row.get(3)?,
        outcome: row.get(4)?,
        detail: row.get(5)?,
    })
}

fn failures(connection: &Connection) -> rusqlite::Result<Vec<FailedUnit>> {
    let sql = write_out(&format!(
        "SELECT unit.kind, @IS(s.sid), @US(u.sid), @CH(c.sid), unit.failure FROM unit
           LEFT JOIN service_row s ON s.id = unit.service
           LEFT JOIN user_row u ON u.id = unit.parent AND unit.kind IN ({})
           LEFT JOIN channel_row c ON c.id = unit.parent AND unit.kind IN ({})
         WHERE unit.state = ?1 ORDER BY unit.id LIMIT ?2",
        UnitKind::numbers(UnitKind::is_of_user),
        UnitKind::numbers(UnitKind::is_of_channel),
    ));
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(rusqlite::params![state::FAILED, SHOWN], |row| {
        let kind: i64 = row.get(0)?;
        let what = UnitKind::from_number(kind).map_or("unit of", UnitKind::name);
        let sids: [Option<String>; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
        let of = sids.into_iter().flatten().next_back().unwrap_or_else(|| "the account".to_owned());
        Ok(FailedUnit {
            subject: format!("{what} {of}"),
            error: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
        })
    })?;
    rows.collect()
}

fn vanished(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut statement = connection.prepare("SELECT sid, evidence FROM vanished ORDER BY sid LIMIT ?1")?;
    statement.query_map([SHOWN], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn not_found(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare("SELECT key FROM selection WHERE NOT found ORDER BY key LIMIT ?1")?;
    statement.query_map([SHOWN], |row| row.get(0))?.collect()
}

fn oddities(connection: &Connection) -> rusqlite::Result<Vec<Oddity>> {
    let mut statement = connection.prepare(
        "SELECT entity, field, kind, count(*), min(subject) FROM issue
         GROUP BY entity, field, kind ORDER BY entity, field, kind LIMIT ?1",
    )?;
    let rows = statement.query_map([SHOWN], |row| {
        Ok(Oddity {
            entity: row.get(0)?,
            field: row.get(1)?,
            kind: row.get(2)?,
            count: row.get::<_, i64>(3)?.cast_unsigned(),
            example: row.get(4)?,
        })
    })?;
    rows.collect()
}
