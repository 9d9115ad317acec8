//! What a snapshot says about itself: the crawl it is of, how far that got, and its verdict.

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::unit::state;
use crate::model::{AccountSid, Api, Entity, ServiceSid, Share};

/// What a crawl is of. A snapshot is of one crawl, and only the same one may resume it.
#[derive(Debug, Clone, PartialEq)]
pub struct CrawlIdentity {
    /// The account whose credentials read it.
    pub account_sid: AccountSid,
    /// The services asked for; empty for all of the account.
    pub services: Vec<ServiceSid>,
    /// The API that is read.
    pub source: Api,
    /// What was asked for, in the order of [`Entity::ALL`].
    pub include: Vec<Entity>,
    /// The users that the crawl is limited to, as SIDs or identities; `None` for all.
    pub users: Option<Vec<String>>,
    /// When it was begun, RFC 3339.
    pub started: String,
}

/// The crawl's judgement of its own completeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything listed was received, and every count agrees.
    Complete,
    /// Everything listed was received; some of it changed meanwhile, and is listed.
    CompleteWithDrift,
    /// Something is missing, and is listed; or the crawl has not ended.
    Incomplete,
}

impl Verdict {
    /// Its name, as in `--json` and `datapackage.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::CompleteWithDrift => "complete_with_drift",
            Self::Incomplete => "incomplete",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "complete" => Self::Complete,
            "complete_with_drift" => Self::CompleteWithDrift,
            _ => Self::Incomplete,
        }
    }
}

/// Requests that a crawl took, in all its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Requests {
    /// Every attempt.
    pub total: u64,
    /// Attempts that were sent again.
    pub retried: u64,
    /// Attempts that were answered with 429.
    pub throttled: u64,
    /// The fewest that this crawl could have taken.
    pub minimum: u64,
}

/// Reads one property.
pub(super) fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT value FROM property WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

/// Writes one property.
pub(super) fn set(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO property (key, value) VALUES (?1, ?2)")?
        .execute([key, value])
        .map(|_| ())
}

/// The API that the snapshot was read from.
pub(super) fn source(connection: &Connection) -> rusqlite::Result<Api> {
    let name = get(connection, "source")?.unwrap_or_default();
    Api::named(&name).ok_or_else(|| {
        let unknown = format!("`{name}` is not an API that a snapshot can be of");
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, unknown.into())
    })
}

impl CrawlIdentity {
    /// Reads it back from a snapshot.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let text = |key: &str| Ok::<_, rusqlite::Error>(get(connection, key)?.unwrap_or_default());
        let list =
            |key: &str| Ok::<_, rusqlite::Error>(text(key)?.split_whitespace().map(str::to_owned).collect());
        let services: Vec<String> = list("services")?;
        let include: Vec<String> = list("include")?;
        let users = match get(connection, "users")? {
            Some(users) => serde_json::from_str(&users).ok(),
            None => None,
        };
        Ok(Self {
            account_sid: AccountSid::from_wire(&text("account_sid")?),
            services: services.iter().map(|sid| ServiceSid::from_wire(sid)).collect(),
            source: source(connection)?,
            include: Entity::ALL
                .into_iter()
                .filter(|entity| include.iter().any(|name| name == entity.plural()))
                .collect(),
            users,
            started: text("started")?,
        })
    }

    /// Says how another crawl differs, for an error; `None` where it is the same one, begun at another time.
    pub fn difference(&self, asked: &Self) -> Option<(String, String)> {
        let services = |identity: &Self| match identity.services.as_slice() {
            [] => "all services".to_owned(),
            [one] => format!("service {one}"),
            many => {
                format!("services {}", many.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
        };
        let include = |identity: &Self| {
            let names: Vec<_> = identity.include.iter().map(|entity| entity.plural()).collect();
            names.join(", ")
        };
        let users = |identity: &Self, which: &str| match identity.users.as_deref() {
            None => "all users".to_owned(),
            Some([one]) => format!("the selected user {one}"),
            Some(users) => format!("{} {which} users", users.len()),
        };
        if self.account_sid != asked.account_sid {
            Some((format!("account {}", self.account_sid), format!("account {}", asked.account_sid)))
        } else if self.services != asked.services {
            Some((services(self), services(asked)))
        } else if self.source != asked.source {
            Some((format!("source {}", self.source), format!("source {}", asked.source)))
        } else if self.include != asked.include {
            Some((include(self), include(asked)))
        } else if self.users != asked.users {
            let is_of_as_many = users(self, "selected") == users(asked, "selected");
            let which = if is_of_as_many { "other" } else { "selected" };
            Some((users(self, which), users(asked, "selected")))
        } else {
            None
        }
    }
}

pub(super) fn write_identity(connection: &Connection, identity: &CrawlIdentity) -> rusqlite::Result<()> {
    let services: Vec<_> = identity.services.iter().map(ToString::to_string).collect();
    let include: Vec<_> = identity.include.iter().map(|entity| entity.plural()).collect();
    set(connection, "account_sid", &identity.account_sid.to_string())?;
    set(connection, "services", &services.join(" "))?;
    set(connection, "source", identity.source.name())?;
    set(connection, "include", &include.join(" "))?;
    set(connection, "started", &identity.started)?;
    set(connection, "tool_version", env!("CARGO_PKG_VERSION"))?;
    set(connection, "verdict", Verdict::Incomplete.as_str())?;
    if let Some(users) = &identity.users {
        set(connection, "users", &serde_json::json!(users).to_string())?;
    }
    Ok(())
}

/// Turns the crawl to another API, if nothing was received from the first one. Returns whether it turned.
pub(super) fn turn_to(connection: &Connection, source: Api) -> rusqlite::Result<bool> {
    let empty = is_empty(connection)?;
    if empty {
        set(connection, "source", source.name())?;
    }
    Ok(empty)
}

/// Whether nothing was received yet, so that nothing is lost if another crawl takes its place.
pub(super) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM unit WHERE pages > 0 OR state IN (?1, ?2))",
        [state::COMPLETE, state::VANISHED],
        |row| row.get(0),
    )
}

/// Whether the crawl has ended, and with what verdict.
pub(super) fn finished(connection: &Connection) -> rusqlite::Result<Option<Verdict>> {
    if get(connection, "finished")?.is_none() {
        return Ok(None);
    }
    verdict(connection).map(Some)
}

/// The verdict as it stands: incomplete until the crawl has ended.
pub(super) fn verdict(connection: &Connection) -> rusqlite::Result<Verdict> {
    Ok(Verdict::from_name(&get(connection, "verdict")?.unwrap_or_default()))
}

/// Requests so far.
pub(super) fn requests(connection: &Connection) -> rusqlite::Result<Requests> {
    let number =
        |key| Ok::<_, rusqlite::Error>(get(connection, key)?.and_then(|text| text.parse().ok()).unwrap_or(0));
    Ok(Requests {
        total: number("requests_total")?,
        retried: number("requests_retried")?,
        throttled: number("requests_throttled")?,
        minimum: number("requests_minimum")?,
    })
}

/// Seconds so far.
pub(super) fn elapsed(connection: &Connection) -> rusqlite::Result<f64> {
    Ok(get(connection, "elapsed_seconds")?.and_then(|text| text.parse().ok()).unwrap_or(0.0))
}

/// Adds to the requests of the crawl's runs so far. The minimum is set once, at the end.
pub(super) fn count_requests(
    connection: &Connection,
    total: u64,
    retried: u64,
    throttled: u64,
) -> rusqlite::Result<()> {
    let sum = requests(connection)?;
    set(connection, "requests_total", &(sum.total + total).to_string())?;
    set(connection, "requests_retried", &(sum.retried + retried).to_string())?;
    set(connection, "requests_throttled", &(sum.throttled + throttled).to_string())
}

/// Adds to the seconds that the crawl's runs have taken.
pub(super) fn count_seconds(connection: &Connection, seconds: f64) -> rusqlite::Result<()> {
    let so_far = elapsed(connection)?;
    set(connection, "elapsed_seconds", &format!("{:.3}", so_far + seconds))
}

/// The share that the crawl reads by the other route too, as evidence.
pub(super) fn cross_check(connection: &Connection) -> rusqlite::Result<Option<Share>> {
    Ok(get(connection, "cross_check")?.and_then(|text| text.parse().ok()))
}

pub(super) fn is_included(connection: &Connection, entity: Entity) -> rusqlite::Result<bool> {
    let include = get(connection, "include")?.unwrap_or_default();
    Ok(include.split_whitespace().any(|name| name == entity.plural()))
}

/// Whether the crawl is limited to a part of the service: the table `focus`.
pub(super) fn is_limited(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(get(connection, "focus")?.is_some())
}

/// Whether the crawl is of one person: its user, and of channels only what is that user's.
pub(super) fn is_of_one_person(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(get(connection, ONE_PERSON)?.is_some())
}

pub(super) const ONE_PERSON: &str = "one_person";

/// Which digests of its lists a snapshot has: the version of how they are computed.
pub(super) const LIST_DIGESTS: &str = "list_digests";

/// Drops the digests of lists, since the lists are about to change.
pub(super) fn forget_list_digests(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM property WHERE key = ?1", [LIST_DIGESTS])?;
    connection.execute_batch("DROP TABLE IF EXISTS list_digest")
}

/// Makes an ended crawl one that has not ended. Disagreements that were not drift are found again.
pub(super) fn reopen(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM property WHERE key = 'finished'", [])?;
    set(connection, "verdict", Verdict::Incomplete.as_str())?;
    connection
        .execute("DELETE FROM disagreement WHERE outcome IN ('open', 'hole', 'count_only')", [])
        .map(drop)
}
