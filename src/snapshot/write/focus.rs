//! A crawl of a service of which only a part matters: every user and channel is listed, but the channels of a user and the
//! members of a channel are read only where the part has them.
//!
//! **Invariant:** the part is a table of the snapshot, filled before the snapshot appears. It is never held in memory.
//!
//! **Invariant:** a crawl resumes with the part it began with. A digest of the table says which that was.

use std::path::Path;

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use crate::model::{Channel, User};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties::{self, CrawlIdentity};
use crate::snapshot::write::writer::{LargestPage, SnapshotWriter};
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

/// Whether the crawl is limited to a part.
pub(in crate::snapshot) fn is_limited(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(properties::get(connection, "focus")?.is_some())
}

impl SnapshotWriter {
    /// Makes a new snapshot of a part, which `name` names one by one.
    pub fn create_focused<E: From<SnapshotError>>(
        path: &Path,
        identity: &CrawlIdentity,
        largest_page: LargestPage,
        name: impl FnOnce(&mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>) -> Result<(), E>,
    ) -> Result<Self, E> {
        Self::create_with(path, identity, largest_page, |writer| {
            name(&mut |one| writer.sql(|connection| add(connection, "focus", one)))?;
            let digest = writer.sql(|connection| digest(connection, "focus"))?;
            writer.sql(|connection| properties::set(connection, "focus", &digest))?;
            writer.focused = true;
            Ok(())
        })
    }

    /// Whether the crawl is of the part that `name` names.
    pub fn has_focus<E: From<SnapshotError>>(
        &self,
        name: impl FnOnce(&mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>) -> Result<(), E>,
    ) -> Result<bool, E> {
        self.sql(|connection| {
            connection.execute_batch(
                "CREATE TEMP TABLE IF NOT EXISTS asked (entity TEXT, key TEXT, PRIMARY KEY (entity, key)) WITHOUT ROWID;
                 DELETE FROM asked;",
            )
        })?;
        name(&mut |one| self.sql(|connection| add(connection, "asked", one)))?;
        Ok(self.sql(|connection| {
            let asked = digest(connection, "asked")?;
            connection.execute("DELETE FROM asked", [])?;
            Ok(properties::get(connection, "focus")? == Some(asked))
        })?)
    }

    /// Whether the crawl is limited to a part.
    pub fn is_focused(&self) -> bool {
        self.focused
    }

    pub(in crate::snapshot) fn is_in_focus_user(&self, user: &User) -> Result<bool, SnapshotError> {
        match &user.identity {
            _ if !self.focused => Ok(true),
            Some(identity) => self.is_in_focus(Focus::Identity(identity)),
            None => Ok(false),
        }
    }

    pub(in crate::snapshot) fn is_in_focus_channel(&self, channel: &Channel) -> Result<bool, SnapshotError> {
        if !self.focused || self.is_in_focus(Focus::Channel(&channel.sid.to_string()))? {
            return Ok(true);
        }
        channel.unique_name.as_ref().map_or(Ok(false), |name| self.is_in_focus(Focus::Channel(name)))
    }

    fn is_in_focus(&self, one: Focus<'_>) -> Result<bool, SnapshotError> {
        let (entity, key) = one.columns();
        self.sql(|connection| {
            connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM focus WHERE entity = ?1 AND key = ?2)")?
                .query_row([entity, key], |row| row.get(0))
        })
    }
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
