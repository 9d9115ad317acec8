//! Why a list is not complete, for comparisons that ask what a snapshot lacks.

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{ChannelSid, Entity};
use crate::snapshot::completeness::disagreements::kind as disagreement;
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::service_view::ServiceView;
use crate::snapshot::unit::{UnitKind, state};

/// A list of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListOf<'a> {
    Roles,
    Users,
    Channels,
    Members(&'a ChannelSid),
    Messages(&'a ChannelSid),
}

impl ListOf<'_> {
    /// What it holds.
    fn entity(self) -> Entity {
        match self {
            Self::Roles => Entity::Role,
            Self::Users => Entity::User,
            Self::Channels => Entity::Channel,
            Self::Members(_) => Entity::Member,
            Self::Messages(_) => Entity::Message,
        }
    }
}

/// Why a list is not complete; none where it is.
pub(crate) fn why_incomplete(
    service: &ServiceView<'_>,
    list: ListOf<'_>,
) -> Result<Option<String>, SnapshotError> {
    service.sql(|connection, service| {
        if let Some(why) = unusable(connection, list.entity())? {
            return Ok(Some(why));
        }
        let (channel, unit_kind) = match list {
            ListOf::Roles => return unit(connection, service, UnitKind::Roles, 0),
            ListOf::Users => return unit(connection, service, UnitKind::Users, 0),
            ListOf::Channels => return unit(connection, service, UnitKind::Channels, 0),
            ListOf::Members(channel) => (channel, UnitKind::Members),
            ListOf::Messages(channel) => (channel, UnitKind::Messages),
        };
        let mut number =
            connection.prepare_cached("SELECT id FROM channel_row WHERE service = ?1 AND sid = ?2")?;
        bind!(number, service, channel);
        let found: Option<i64> = number.raw_query().next()?.map(|row| row.get(0)).transpose()?;
        let Some(number) = found else { return Ok(Some("it was not listed".to_owned())) };
        parents_list(connection, service, unit_kind, number)
    })
}

/// A row that had no key may be any row.
pub(in crate::snapshot) fn unusable(
    connection: &Connection,
    entity: Entity,
) -> rusqlite::Result<Option<String>> {
    let any = connection
        .prepare_cached("SELECT 1 FROM issue WHERE entity = ?1 AND kind = 'unusable'")?
        .exists([entity.plural()])?;
    Ok(any.then(|| "a row that came without its SID may be this one".to_owned()))
}

/// Why the list of a user or channel is not complete.
pub(in crate::snapshot) fn parents_list(
    connection: &Connection,
    service: i64,
    list: UnitKind,
    parent: i64,
) -> rusqlite::Result<Option<String>> {
    if let Some(why) = unit(connection, service, list, parent)? {
        return Ok(Some(why));
    }
    let kinds = match list {
        UnitKind::UserChannels => [disagreement::USER_COUNT, disagreement::USER_LIST],
        UnitKind::Members => [disagreement::CHANNEL_COUNT, disagreement::MEMBER_LIST],
        UnitKind::Messages => [disagreement::MESSAGE_COUNT; 2],
        _ => return Ok(None),
    };
    let hole: Option<(Option<i64>, Option<i64>)> = connection
        .prepare_cached(
            "SELECT expected, received FROM disagreement
             WHERE parent = ?1 AND service = ?2 AND kind IN (?3, ?4) AND outcome IN ('hole', 'open')",
        )?
        .query_row(params![parent, service, kinds[0], kinds[1]], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(hole.map(|(expected, received)| {
        let number = |number: Option<i64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        format!("its list has {} of {} rows", number(received), number(expected))
    }))
}

/// Why a unit is not complete.
pub(in crate::snapshot) fn unit(
    connection: &Connection,
    service: i64,
    kind: UnitKind,
    parent: i64,
) -> rusqlite::Result<Option<String>> {
    let found: Option<(i64, Option<String>)> = connection
        .prepare_cached("SELECT state, failure FROM unit WHERE kind = ?1 AND parent = ?2 AND service = ?3")?
        .query_row([kind.number(), parent, service], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match found {
        Some((state::COMPLETE, _)) => None,
        Some((state::VANISHED, _)) => {
            Some("it was listed, and gone when its own list was to be read".to_owned())
        }
        Some((state::FAILED, why)) => {
            Some(format!("its list could not be read: {}", why.unwrap_or_else(|| "unknown".to_owned())))
        }
        Some(_) => Some("its list was not read to its end".to_owned()),
        // An account's services are listed where all were asked for; otherwise each was.
        None if kind == UnitKind::Services => None,
        None => Some("its list was never asked for".to_owned()),
    })
}
