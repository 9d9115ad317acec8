//! A snapshot file, by its documented views.
//!
//! **Invariant:** it is only read, and rows are asked for when an answer needs them: what is kept in memory are the SIDs of users and
//! channels and who is in which channel.
//!
//! **Invariant:** a file that cannot be read any more is an error of the answer (500), never an empty list.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Params, Row};

use super::broken_texts::BrokenTexts;
use super::error::{FORMATS, LoadError};
use super::fields::RowFields;
use crate::simulator::data::as_sent::ShownBy;

/// `ChFy`, with which snapshots begin (`PRAGMA application_id`).
const APPLICATION: i64 = 0x4368_4679;

/// The most of its pages that SQLite keeps, in KiB.
const CACHE: u32 = 4 * 1_024;

#[derive(Debug)]
pub(super) struct LoadedFile {
    pub(super) path: PathBuf,
    /// The API that it was read from: Chat or Conversations.
    pub(super) api: ShownBy,
    connection: Mutex<Connection>,
    /// Why a row could not be read, once one could not.
    trouble: OnceLock<String>,
    pub(super) broken_texts: BrokenTexts,
    /// Whether it has a view of bindings.
    pub(super) has_bindings: bool,
}

impl LoadedFile {
    pub(super) fn open(path: &Path) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Unreadable { path: path.to_path_buf(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(unreadable)?;
        let number = |pragma: &str| {
            connection
                .query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0))
                .map_err(unreadable)
        };
        if number("application_id")? != APPLICATION {
            return Err(LoadError::OtherKind { path: path.to_path_buf() });
        }
        let found = number("user_version")?;
        if !FORMATS.contains(&found) {
            return Err(LoadError::OtherFormat { path: path.to_path_buf(), found });
        }
        connection.execute_batch(&format!("PRAGMA cache_size = -{CACHE}")).map_err(unreadable)?;
        connection.set_prepared_statement_cache_capacity(64);
        // Else a statement is compiled again whenever other values are bound to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(unreadable)?;
        // Only Conversations has resources of configuration.
        let sql = "SELECT count(configuration) FROM services";
        let configured: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(unreadable)?;
        let api = if configured > 0 { ShownBy::Conversations } else { ShownBy::Chat };
        let broken_texts = BrokenTexts::read(&connection).map_err(unreadable)?;
        Ok(Self {
            path: path.to_path_buf(),
            api,
            connection: Mutex::new(connection),
            trouble: OnceLock::new(),
            broken_texts,
            has_bindings: found > *FORMATS.start(),
        })
    }

    /// Visits the rows of a query, to fail at the start.
    pub(super) fn each(
        &self,
        sql: &str,
        parameters: impl Params,
        mut visit: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), LoadError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let result = (|| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(parameters)?;
            while let Some(row) = rows.next()? {
                visit(row)?;
            }
            Ok(())
        })();
        result.map_err(|source| LoadError::Unreadable { path: self.path.clone(), source })
    }

    /// The rows of a query for an answer; none where that fails, which the answer is to say.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl Fn(&mut RowFields<'_, '_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let mut found = Vec::new();
        let result = self.each(sql, parameters, |row| {
            found.push(read(&mut RowFields::new(row, self.api, &self.broken_texts))?);
            Ok(())
        });
        if let Err(error) = result {
            let why = match &error {
                LoadError::Unreadable { source, .. } => format!("{error}: {source}"),
                error => error.to_string(),
            };
            tracing::error!(file = %self.path.display(), %error, "the snapshot that is served cannot be read");
            self.trouble.get_or_init(|| why);
            found.clear();
        }
        found
    }

    /// The one row of a query, if it has one.
    pub(super) fn row<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl Fn(&mut RowFields<'_, '_>) -> rusqlite::Result<T>,
    ) -> Option<T> {
        self.rows(sql, parameters, read).into_iter().next()
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.get().map(String::as_str)
    }
}
