//! The search index: names of users, channels and roles by how they begin, and counts that take a read of all rows.
//!
//! It is a SQLite file next to the snapshot, made once for a finished snapshot and recognized by the snapshot's size and time of
//! change. Where none can be written there, or another file has its name, it is made in a temporary folder for one run.
//!
//! **Invariant:** the index appears complete or not at all, and like the snapshot only its owner can read it: it holds names.
//!
//! **Why not in the snapshot:** a finished snapshot is sealed, may lie on read-only media, and is compared by its bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::error::BrowseError;
use crate::model::{Entity, ServiceSid};
use crate::snapshot::{NamedRecord, RoleHolder, Snapshot};
use crate::storage::{self, Access, FileKind, OpenMode, SqliteDraft, StorageError, with_suffix};

static SEARCH: FileKind = FileKind {
    noun: "search index",
    application: 0x4368_4673,
    format: 1,
    oldest: 1,
    option: "--snapshot",
    command: "chatferry browse",
    remake: "remove it, and `chatferry browse` makes it again",
    after_full: "the snapshot is as it was",
};

/// Page cache of the connection, in KiB.
const CACHE: u32 = 8 * 1024;
/// Letters of a word that are kept.
const WORD: usize = 64;
/// Holders of a role that are listed; all are counted.
const HOLDERS: u64 = 1_000;
/// Records that are looked at for a text of several words.
const CANDIDATES: usize = 1_000;

const KINDS: [Entity; 3] = [Entity::User, Entity::Channel, Entity::Role];

const TABLES: &str = "
CREATE TABLE property (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE record (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, service TEXT NOT NULL, sid TEXT NOT NULL, name TEXT,
  friendly_name TEXT, sort TEXT NOT NULL);
-- A name in lower case, or a later word of one.
CREATE TABLE word (key TEXT NOT NULL, record INTEGER NOT NULL);
CREATE TABLE holder (role TEXT NOT NULL, number INTEGER NOT NULL, sid TEXT NOT NULL, identity TEXT, channel TEXT,
  PRIMARY KEY (role, number)) WITHOUT ROWID;
CREATE TABLE role_count (role TEXT PRIMARY KEY, holders INTEGER NOT NULL) WITHOUT ROWID;
";

const INDEXES: &str = "
CREATE INDEX word_by_key ON word (key, record);
CREATE INDEX record_by_sid ON record (sid);
CREATE INDEX record_by_name ON record (kind, sort, id);
";

#[derive(Debug)]
pub(crate) struct SearchIndex {
    connection: Connection,
    path: PathBuf,
    /// Removed with the index, where it is one for this run.
    #[expect(dead_code, reason = "it is held")]
    folder: Option<TempDir>,
}

/// A record of a list, with where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ListPlace {
    pub(super) sort: String,
    pub(super) id: i64,
}

impl SearchIndex {
    /// Opens the index of a finished snapshot; makes it where there is none or it is of another state of the file.
    pub(crate) fn of(snapshot: &Snapshot, making: impl FnOnce()) -> Result<Self, BrowseError> {
        let stamp = stamp(snapshot)?;
        let path = Self::path_for(snapshot.path());
        let foreign = match Self::open(&path, None) {
            Ok(index) if index.property("snapshot")?.as_deref() == Some(&stamp) => return Ok(index),
            Ok(_) | Err(StorageError::Missing { .. } | StorageError::OtherFormat { .. }) => false,
            // What is there is not an index of this program, or it cannot be read: it is left alone.
            Err(_) => true,
        };
        making();
        if !foreign {
            match Self::make(&path, snapshot, &stamp) {
                Ok(()) => return Ok(Self::open(&path, None)?),
                Err(BrowseError::Index(error)) => {
                    tracing::debug!(%error, "the search index cannot be kept next to the snapshot");
                }
                Err(error) => return Err(error),
            }
        }
        let folder = tempfile::Builder::new()
            .prefix("chatferry-browse-")
            .tempdir()
            .map_err(BrowseError::IndexFolder)?;
        let path = folder.path().join("search.db");
        Self::make(&path, snapshot, &stamp)?;
        Ok(Self::open(&path, Some(folder))?)
    }

    /// Where the index of a snapshot is.
    pub(crate) fn path_for(snapshot: &Path) -> PathBuf {
        with_suffix(snapshot, ".search")
    }

    fn open(path: &Path, folder: Option<TempDir>) -> Result<Self, StorageError> {
        let connection = storage::open(&SEARCH, path, OpenMode::Read)?;
        connection
            .execute_batch(&format!("PRAGMA cache_size = -{CACHE}; PRAGMA temp_store = FILE"))
            .map_err(|source| StorageError::from_sqlite(&SEARCH, path, source))?;
        Ok(Self { connection, path: path.to_path_buf(), folder })
    }

    fn make(path: &Path, snapshot: &Snapshot, stamp: &str) -> Result<(), BrowseError> {
        let draft = SqliteDraft::begin(&SEARCH, path, Access::Private)?;
        let connection = draft.connect()?;
        let wrap = |source| BrowseError::from(StorageError::from_sqlite(&SEARCH, path, source));
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;
                 PRAGMA cache_size = -{CACHE}; {} BEGIN; {TABLES}",
                SEARCH.mark()
            ))
            .map_err(wrap)?;
        add_records(&connection, snapshot, path)?;
        add_holders(&connection, snapshot, path)?;
        let info = serde_json::to_string(&snapshot.info()?)?;
        let largest = serde_json::to_string(&snapshot.largest_channels(10)?)?;
        for (key, value) in [("snapshot", stamp), ("info", &info), ("largest", &largest)] {
            connection.execute("INSERT INTO property VALUES (?1, ?2)", [key, value]).map_err(wrap)?;
        }
        connection.execute_batch(&format!("{INDEXES} COMMIT")).map_err(wrap)?;
        drop(connection);
        draft.publish()?;
        Ok(())
    }

    /// What was kept under a name: `info`, `largest`.
    pub(super) fn property(&self, key: &str) -> Result<Option<String>, BrowseError> {
        self.sql(|connection| {
            connection
                .query_row("SELECT value FROM property WHERE key = ?1", [key], |row| row.get(0))
                .optional()
        })
    }

    /// Records with a name, or a word of one, that begins with the text, or whose SID does; complete names come first.
    pub(super) fn search(&self, text: &str, most: usize) -> Result<Vec<NamedRecord>, BrowseError> {
        let folded = fold(text);
        let mut found = self.by_prefix(&folded, most)?;
        let words: Vec<&str> = folded.split_whitespace().collect();
        // The longest word is had by the fewest records.
        if let Some(longest) = words.iter().max_by_key(|word| word.len()).filter(|_| words.len() > 1)
            && found.len() < most
        {
            for record in self.by_prefix(longest, CANDIDATES)? {
                if found.len() >= most {
                    break;
                }
                let had = words_of(&record);
                let has = |wanted: &&str| had.iter().any(|word| word.starts_with(*wanted));
                if words.iter().all(has) && !found.contains(&record) {
                    found.push(record);
                }
            }
        }
        Ok(found)
    }

    fn by_prefix(&self, prefix: &str, most: usize) -> Result<Vec<NamedRecord>, BrowseError> {
        if prefix.is_empty() {
            return Ok(Vec::new());
        }
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT r.kind, r.service, r.sid, r.name, r.friendly_name FROM (
                   SELECT record, min(key) AS key FROM (
                     SELECT record, key FROM word WHERE key >= ?1 AND key < ?1 || char(0x10ffff) ORDER BY key, record LIMIT ?2
                   ) GROUP BY record) f JOIN record r ON r.id = f.record ORDER BY f.key, r.id",
            )?;
            let rows = statement.query_map(params![prefix, i64::try_from(most).unwrap_or(i64::MAX)], named)?;
            let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            // A SID is found by how it begins too: its letters are upper case, its digits lower case.
            let sid: String = prefix.chars().enumerate().map(|(at, letter)| {
                if at < 2 { letter.to_ascii_uppercase() } else { letter }
            }).collect();
            if sid.len() > 2 && found.len() < most {
                let mut statement = connection.prepare_cached(
                    "SELECT kind, service, sid, name, friendly_name FROM record
                     WHERE sid >= ?1 AND sid < ?1 || char(0x10ffff) ORDER BY sid LIMIT ?2",
                )?;
                let rows = statement.query_map(params![sid, i64::try_from(most).unwrap_or(i64::MAX)], named)?;
                for record in rows {
                    let record = record?;
                    if found.len() < most && !found.contains(&record) {
                        found.push(record);
                    }
                }
            }
            Ok(found)
        })
    }

    /// Records of a kind by name, from a place on, and where the next page begins.
    pub(super) fn list(
        &self,
        entity: Entity,
        after: Option<&ListPlace>,
        most: usize,
    ) -> Result<(Vec<NamedRecord>, Option<ListPlace>), BrowseError> {
        let start = ListPlace { sort: String::new(), id: -1 };
        let after = after.unwrap_or(&start);
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT kind, service, sid, name, friendly_name, sort, id FROM record
                 WHERE kind = ?1 AND (sort, id) > (?2, ?3) ORDER BY kind, sort, id LIMIT ?4",
            )?;
            let limit = i64::try_from(most).unwrap_or(i64::MAX);
            let rows = statement
                .query_map(params![kind(entity), after.sort, after.id, limit + 1], |row| {
                    Ok((named(row)?, ListPlace { sort: row.get(5)?, id: row.get(6)? }))
                })?;
            let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let next = (rows.len() > most).then(|| rows.truncate(most));
            let place = next.and_then(|()| rows.last().map(|(_, place)| place.clone()));
            Ok((rows.into_iter().map(|(record, _)| record).collect(), place))
        })
    }

    /// How many have a role, and the first of them.
    pub(super) fn holders(&self, role: &str) -> Result<(u64, Vec<RoleHolder>), BrowseError> {
        self.sql(|connection| {
            let count: Option<i64> = connection
                .query_row("SELECT holders FROM role_count WHERE role = ?1", [role], |row| row.get(0))
                .optional()?;
            let mut statement = connection.prepare_cached(
                "SELECT sid, identity, channel FROM holder WHERE role = ?1 ORDER BY number",
            )?;
            let rows = statement.query_map([role], |row| {
                Ok(RoleHolder { sid: row.get(0)?, identity: row.get(1)?, channel_sid: row.get(2)? })
            })?;
            Ok((count.unwrap_or_default().cast_unsigned(), rows.collect::<rusqlite::Result<_>>()?))
        })
    }

    fn sql<T>(&self, run: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, BrowseError> {
        run(&self.connection).map_err(|source| StorageError::from_sqlite(&SEARCH, &self.path, source).into())
    }
}

fn kind(entity: Entity) -> i64 {
    KINDS.iter().position(|other| *other == entity).and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
}

fn named(row: &rusqlite::Row<'_>) -> rusqlite::Result<NamedRecord> {
    let number = usize::from(row.get::<_, u8>(0)?);
    Ok(NamedRecord {
        entity: KINDS.get(number).copied().unwrap_or(Entity::User),
        service_sid: ServiceSid::from_wire(&row.get::<_, String>(1)?),
        sid: row.get(2)?,
        name: row.get(3)?,
        friendly_name: row.get(4)?,
    })
}

/// The state of the snapshot's file that an index is of.
fn stamp(snapshot: &Snapshot) -> Result<String, BrowseError> {
    let metadata = fs::metadata(snapshot.path()).map_err(BrowseError::IndexFolder)?;
    let changed = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |time| time.as_nanos());
    Ok(format!("{} {} {changed}", snapshot.identity()?.started, metadata.len()))
}

fn add_records(connection: &Connection, snapshot: &Snapshot, path: &Path) -> Result<(), BrowseError> {
    let wrap = |source| BrowseError::from(StorageError::from_sqlite(&SEARCH, path, source));
    let mut insert = connection
        .prepare(
            "INSERT INTO record (kind, service, sid, name, friendly_name, sort) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .map_err(wrap)?;
    let mut insert_word =
        connection.prepare("INSERT INTO word (key, record) VALUES (?1, ?2)").map_err(wrap)?;
    snapshot.each_name::<BrowseError>(|record| {
        let sort = record.name.as_deref().or(record.friendly_name.as_deref()).map(fold).unwrap_or_default();
        insert
            .execute(params![
                kind(record.entity),
                record.service_sid.to_string(),
                record.sid,
                record.name,
                record.friendly_name,
                sort
            ])
            .map_err(wrap)?;
        let id = connection.last_insert_rowid();
        for word in words_of(&record) {
            insert_word.execute(params![word, id]).map_err(wrap)?;
        }
        Ok(())
    })
}

fn add_holders(connection: &Connection, snapshot: &Snapshot, path: &Path) -> Result<(), BrowseError> {
    let wrap = |source| BrowseError::from(StorageError::from_sqlite(&SEARCH, path, source));
    let mut insert = connection.prepare("INSERT INTO holder VALUES (?1, ?2, ?3, ?4, ?5)").map_err(wrap)?;
    let mut counts = BTreeMap::new();
    snapshot.each_role_holder::<BrowseError>(|role, holder| {
        let count: &mut u64 = counts.entry(role.clone()).or_default();
        *count += 1;
        if *count <= HOLDERS {
            let holder = holder()?;
            insert
                .execute(params![
                    role.to_string(),
                    count.cast_signed(),
                    holder.sid,
                    holder.identity,
                    holder.channel_sid
                ])
                .map_err(wrap)?;
        }
        Ok(())
    })?;
    for (role, count) in counts {
        connection
            .execute("INSERT INTO role_count VALUES (?1, ?2)", params![role.to_string(), count.cast_signed()])
            .map_err(wrap)?;
    }
    Ok(())
}

/// As names are compared: without case.
fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The texts that a record is found by: its names, and the later words of them.
fn words_of(record: &NamedRecord) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for name in [&record.name, &record.friendly_name].into_iter().flatten() {
        let folded = fold(name);
        let parts = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        words.extend(parts.map(short));
        if !folded.is_empty() {
            words.insert(short(&folded));
        }
    }
    words
}

fn short(word: &str) -> String {
    word.chars().take(WORD).collect()
}
