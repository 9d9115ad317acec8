//! A crawl of a service of which only a part matters: every user and channel is listed, but the channels of a user and the
//! members of a channel are read only where the part has them.
//!
//! **Invariant:** the part is a table of the snapshot, filled before the snapshot appears. It is never held in memory.
//!
//! **Invariant:** a crawl resumes with the part it began with. A digest of the table identifies that part.

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::model::{Channel, User};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties;
use crate::snapshot::write::writer::SnapshotWriter;
use crate::storage::hex;

/// One thing that belongs to the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus<'a> {
    /// The channel of this SID or unique name: its members and messages are read.
    Channel(&'a str),
    /// The user of this identity: its channels are read.
    Identity(&'a str),
}

impl<'a> Focus<'a> {
    /// The columns `entity` and `key`.
    fn columns(self) -> (&'static str, &'a str) {
        match self {
            Self::Channel(key) => ("channel", key),
            Self::Identity(key) => ("identity", key),
        }
    }
}

/// Takes what the part has, one by one.
pub(crate) type AddFocus<'a> = dyn FnMut(Focus<'_>) -> Result<(), SnapshotError> + 'a;

/// Limits a crawl that begins to a part, which `name` names one by one.
pub(in crate::snapshot) fn limit_to<E: From<SnapshotError>>(
    writer: &mut SnapshotWriter,
    name: impl FnOnce(&mut AddFocus<'_>) -> Result<(), E>,
) -> Result<(), E> {
    name(&mut |one| writer.sql(|connection| add(connection, "focus", one)))?;
    let digest = writer.sql(|connection| digest(connection, "focus"))?;
    writer.sql(|connection| properties::set(connection, "focus", &digest))?;
    writer.focused = true;
    Ok(())
}

/// Whether the crawl is of the part that `name` names.
pub(in crate::snapshot) fn has_focus<E: From<SnapshotError>>(
    writer: &SnapshotWriter,
    name: impl FnOnce(&mut AddFocus<'_>) -> Result<(), E>,
) -> Result<bool, E> {
    writer.sql(|connection| {
        connection.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS asked (entity TEXT, key TEXT, PRIMARY KEY (entity, key)) WITHOUT ROWID;
             DELETE FROM asked;",
        )
    })?;
    name(&mut |one| writer.sql(|connection| add(connection, "asked", one)))?;
    Ok(writer.sql(|connection| {
        let asked = digest(connection, "asked")?;
        connection.execute("DELETE FROM asked", [])?;
        Ok(properties::get(connection, "focus")? == Some(asked))
    })?)
}

pub(in crate::snapshot) fn is_in_focus_user(
    writer: &SnapshotWriter,
    user: &User,
) -> Result<bool, SnapshotError> {
    match &user.identity {
        _ if !writer.focused => Ok(true),
        Some(identity) => is_in_focus(writer, Focus::Identity(identity)),
        None => Ok(false),
    }
}

pub(in crate::snapshot) fn is_in_focus_channel(
    writer: &SnapshotWriter,
    channel: &Channel,
) -> Result<bool, SnapshotError> {
    if !writer.focused || is_in_focus(writer, Focus::Channel(&channel.sid.to_string()))? {
        return Ok(true);
    }
    channel.unique_name.as_ref().map_or(Ok(false), |name| is_in_focus(writer, Focus::Channel(name)))
}

fn is_in_focus(writer: &SnapshotWriter, one: Focus<'_>) -> Result<bool, SnapshotError> {
    let (entity, key) = one.columns();
    writer.sql(|connection| {
        connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM focus WHERE entity = ?1 AND key = ?2)")?
            .query_row([entity, key], |row| row.get(0))
    })
}

fn add(connection: &Connection, table: &str, one: Focus<'_>) -> rusqlite::Result<()> {
    let (entity, key) = one.columns();
    connection
        .prepare_cached(&format!("INSERT OR IGNORE INTO {table} (entity, key) VALUES (?1, ?2)"))?
        .execute(params![entity, key])
        .map(drop)
}

/// SHA-256 of the table in its own order, each text with its length before it.
fn digest(connection: &Connection, table: &str) -> rusqlite::Result<String> {
    let mut digest = Sha256::new();
    let mut statement =
        connection.prepare(&format!("SELECT entity, key FROM {table} ORDER BY entity, key"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..2 {
            let text = row.get_ref(column)?.as_str()?;
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
    }
    Ok(hex(&digest.finalize()))
}
