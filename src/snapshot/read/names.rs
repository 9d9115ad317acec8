//! Records by what a person types: a SID, an identity, a unique name, a friendly name, or how one of them begins.
//!
//! These reads go over the tables of users, channels and roles. A program that asks often keeps an index of its own, which it
//! fills from [`Snapshot::each_name`].

use rusqlite::{Connection, Row};
use serde::Serialize;

use crate::model::{ChannelSid, Entity, RoleSid, ServiceSid, Sid, SidKind, UserSid};
use crate::snapshot::encode::{bind, required};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;

/// A record, by its SID and names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NamedRecord {
    #[serde(rename = "record", serialize_with = "singular")]
    pub entity: Entity,
    pub service_sid: ServiceSid,
    pub sid: String,
    /// What programs know it by: an identity or a unique name.
    pub name: Option<String>,
    pub friendly_name: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
fn singular<S: serde::Serializer>(entity: &Entity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(entity.singular())
}

/// How a text is compared with names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameMatch {
    /// The complete name. Letters of ASCII count as equal in either case; what is equal in case comes first.
    Complete,
    /// The name begins with it.
    Prefix,
}

/// Users, channels and roles with the same columns: SID, name, friendly name.
const SOURCES: [(Entity, &str); 3] = [
    (Entity::User, "SELECT sid, identity AS name, friendly_name FROM user_row WHERE service = ?1 AND listed"),
    (
        Entity::Channel,
        "SELECT sid, unique_name AS name, friendly_name FROM channel_row WHERE service = ?1 AND listed",
    ),
    (Entity::Role, "SELECT sid, NULL AS name, friendly_name FROM role_row WHERE service = ?1"),
];

pub(in crate::snapshot) fn record_of_sid(
    snapshot: &Snapshot,
    text: &str,
) -> Result<Option<NamedRecord>, SnapshotError> {
    for (number, service) in snapshot.service_numbers()? {
        if service.to_string() == text {
            let friendly_name = snapshot.sql(|connection| {
                let sql = "SELECT friendly_name FROM service_row WHERE id = ?1";
                connection.query_row(sql, [number], |row| row.get(0))
            })?;
            return Ok(Some(NamedRecord {
                entity: Entity::Service,
                sid: service.to_string(),
                service_sid: service,
                name: None,
                friendly_name,
            }));
        }
        let found = snapshot.sql(|connection| {
            Ok([
                by_sid(connection, &SOURCES[0], number, &service, &UserSid::from_wire(text))?,
                by_sid(connection, &SOURCES[1], number, &service, &ChannelSid::from_wire(text))?,
                by_sid(connection, &SOURCES[2], number, &service, &RoleSid::from_wire(text))?,
            ])
        })?;
        if let Some(found) = found.into_iter().flatten().next() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

pub(in crate::snapshot) fn named(
    snapshot: &Snapshot,
    text: &str,
    how: NameMatch,
    most: u32,
) -> Result<Vec<NamedRecord>, SnapshotError> {
    let mut found = Vec::new();
    for (number, service) in snapshot.service_numbers()? {
        for (entity, source) in SOURCES {
            let sql = match how {
                NameMatch::Complete => format!(
                    "SELECT * FROM ({source}) WHERE name = ?2 COLLATE NOCASE OR friendly_name = ?2 COLLATE NOCASE
                     ORDER BY ifnull(name = ?2, 0) DESC, ifnull(friendly_name = ?2, 0) DESC, name, sid LIMIT {most}"
                ),
                NameMatch::Prefix => format!(
                    "SELECT * FROM ({source}) WHERE name LIKE ?2 ESCAPE '\\' OR friendly_name LIKE ?2 ESCAPE '\\'
                     ORDER BY name, sid LIMIT {most}"
                ),
            };
            let text = match how {
                NameMatch::Complete => text.to_owned(),
                NameMatch::Prefix => format!("{}%", escaped_pattern(text)),
            };
            let rows = snapshot.sql(|connection| {
                let mut statement = connection.prepare_cached(&sql)?;
                let rows = statement.query_map((number, &text), |row| named_record(row, entity, &service))?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            })?;
            found.extend(rows);
        }
    }
    Ok(found)
}

pub(in crate::snapshot) fn each_name<E: From<SnapshotError>>(
    snapshot: &Snapshot,
    mut visit: impl FnMut(NamedRecord) -> Result<(), E>,
) -> Result<(), E> {
    let wrap = |source| E::from(SnapshotError::from_sqlite(snapshot.path(), source));
    for (number, service) in snapshot.service_numbers()? {
        for (entity, source) in SOURCES {
            let mut statement =
                snapshot.connection.prepare(&format!("{source} ORDER BY sid")).map_err(wrap)?;
            let mut rows = statement.query([number]).map_err(wrap)?;
            while let Some(row) = rows.next().map_err(wrap)? {
                visit(named_record(row, entity, &service).map_err(wrap)?)?;
            }
        }
    }
    Ok(())
}

/// The SID of the listed user of that identity, in any service.
pub(in crate::snapshot) fn user_of_identity(
    snapshot: &Snapshot,
    identity: &str,
) -> Result<Option<String>, SnapshotError> {
    snapshot.sql(|connection| {
        let sql = "SELECT sid FROM user_row WHERE identity = ?1 AND listed ORDER BY service, sid LIMIT 1";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([identity])?;
        rows.next()?.map(|row| Ok(required::<UserSid>(row, 0)?.to_string())).transpose()
    })
}

fn by_sid<K: SidKind>(
    connection: &Connection,
    (entity, source): &(Entity, &str),
    number: i64,
    service: &ServiceSid,
    sid: &Sid<K>,
) -> rusqlite::Result<Option<NamedRecord>> {
    let mut statement = connection.prepare_cached(&format!("{source} AND sid = ?2"))?;
    bind!(statement, number, sid);
    let mut rows = statement.raw_query();
    rows.next()?.map(|row| named_record(row, *entity, service)).transpose()
}

fn named_record(row: &Row<'_>, entity: Entity, service: &ServiceSid) -> rusqlite::Result<NamedRecord> {
    let sid = match entity {
        Entity::User => required::<UserSid>(row, 0)?.to_string(),
        Entity::Channel => required::<ChannelSid>(row, 0)?.to_string(),
        _ => required::<RoleSid>(row, 0)?.to_string(),
    };
    Ok(NamedRecord {
        entity,
        service_sid: service.clone(),
        sid,
        name: row.get(1)?,
        friendly_name: row.get(2)?,
    })
}

/// The text as a pattern of `LIKE` that stands for itself.
fn escaped_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
