//! What a snapshot lacks of one person, and why: what its crawl was not asked for, could not read, or found contradicted.
//!
//! **Invariant:** nothing that may be about the person is left out. Only what is about another user is.

use rusqlite::Connection;
use serde::Serialize;

use crate::model::{Api, Entity, UserSid};
use crate::snapshot::completeness::disagreements::kind;
use crate::snapshot::properties::{self, CrawlIdentity};
use crate::snapshot::schema::write_out;
use crate::snapshot::unit::{UnitKind, state};

/// Lists that are named; the others are counted.
const NAMED: usize = 20;

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingOfPerson {
    /// `messages`, or a list such as `members of CH…`.
    pub what: String,
    pub why: String,
}

impl MissingOfPerson {
    fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

pub(in crate::snapshot) fn missing(
    connection: &Connection,
    user: Option<&UserSid>,
) -> rusqlite::Result<Vec<MissingOfPerson>> {
    let mut missing = not_asked_for(connection)?;
    let user = user.map(ToString::to_string).unwrap_or_default();
    if properties::finished(connection)?.is_none() {
        missing.push(MissingOfPerson::new("what was still to be read", "the crawl has not ended"));
    }
    let lists = unread_lists(connection, &user)?;
    let unnamed = lists.len().saturating_sub(NAMED);
    missing.extend(lists.into_iter().take(NAMED));
    if unnamed > 0 {
        missing.push(MissingOfPerson::new(format!("{unnamed} more lists"), "they could not be read"));
    }
    let contradicted: i64 = connection.query_row(
        "SELECT count(*) FROM disagreement WHERE outcome IN ('hole', 'open') AND (sid = ?1 OR kind NOT IN (?2, ?3))",
        [user.as_str(), kind::USER_COUNT, kind::USER_LIST],
        |row| row.get(0),
    )?;
    if contradicted > 0 {
        let why = format!(
            "Twilio's counts and lists do not agree, for {contradicted} of the user and its channels"
        );
        missing.push(MissingOfPerson::new("some memberships or messages", why));
    }
    let unusable: i64 =
        connection.query_row("SELECT count(*) FROM issue WHERE kind = 'unusable'", [], |row| row.get(0))?;
    if unusable > 0 {
        missing.push(MissingOfPerson::new(format!("{unusable} rows of lists"), "they came without a SID"));
    }
    Ok(missing)
}

fn not_asked_for(connection: &Connection) -> rusqlite::Result<Vec<MissingOfPerson>> {
    let identity = CrawlIdentity::read(connection)?;
    let is_missing = |entity: &Entity| {
        let has_none = *entity == Entity::Invite && identity.source == Api::Conversations;
        *entity != Entity::Service && !has_none && !identity.include.contains(entity)
    };
    let missing = Entity::ALL.into_iter().filter(is_missing).map(|entity| {
        let flag = entity.plural().replace('_', "-");
        let why = format!("the snapshot was crawled without them: crawl with `--include …,{flag}`");
        MissingOfPerson::new(entity.plural().replace('_', " "), why)
    });
    Ok(missing.collect())
}

/// Lists and records that were not read to their end, but for those of other users.
fn unread_lists(connection: &Connection, user: &str) -> rusqlite::Result<Vec<MissingOfPerson>> {
    let sql = write_out(&format!(
        "SELECT unit.kind, @IS(s.sid), @US(u.sid), @CH(c.sid), unit.failure FROM unit
           LEFT JOIN service_row s ON s.id = unit.service
           LEFT JOIN user_row u ON u.id = unit.parent AND unit.kind IN ({})
           LEFT JOIN channel_row c ON c.id = unit.parent AND unit.kind IN ({})
         WHERE unit.state IN (?1, ?2) AND (u.id IS NULL OR @US(u.sid) = ?3) ORDER BY unit.id",
        UnitKind::numbers(UnitKind::is_of_user),
        UnitKind::numbers(UnitKind::is_of_channel),
    ));
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(rusqlite::params![state::FAILED, state::PENDING, user], |row| {
        let kind: i64 = row.get(0)?;
        let what = UnitKind::from_number(kind).map_or("unit of", UnitKind::name);
        let sids: [Option<String>; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
        let of = sids.into_iter().flatten().next_back().unwrap_or_else(|| "the account".to_owned());
        let why = row.get::<_, Option<String>>(4)?.unwrap_or_else(|| "it was not read to its end".to_owned());
        Ok(MissingOfPerson::new(format!("{what} {of}"), why))
    })?;
    rows.collect()
}
