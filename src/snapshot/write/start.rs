//! How a crawl starts: a new snapshot, or the snapshot of an earlier run resumed.

use std::path::Path;

use rusqlite::Connection;

use crate::snapshot::error::SnapshotError;
use crate::snapshot::format::SNAPSHOT;
use crate::snapshot::properties::{self, CrawlIdentity};
use crate::snapshot::schema;
use crate::snapshot::write::writer::{LargestPage, SnapshotWriter};
use crate::snapshot::write::{frontier, selection};
use crate::storage::{self, Access, SqliteDraft};

/// Creates a snapshot; `fill` says beforehand what else limits the crawl. No file of that name may exist.
pub(in crate::snapshot) fn create<E: From<SnapshotError>>(
    path: &Path,
    identity: &CrawlIdentity,
    largest_page: LargestPage,
    fill: impl FnOnce(&mut SnapshotWriter) -> Result<(), E>,
) -> Result<SnapshotWriter, E> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        storage::create_folder(folder, Access::of_results())
            .map_err(|source| SnapshotError::file(path, source))?;
    }
    let draft = SqliteDraft::begin_new(&SNAPSHOT, path, Access::of_results()).map_err(SnapshotError::from)?;
    let connection = schema::create(&draft, path)?;
    let mut writer = SnapshotWriter::new(connection, path, identity.clone(), largest_page, None);
    writer.begin()?;
    writer.sql(|connection| properties::write_identity(connection, identity))?;
    fill(&mut writer)?;
    selection::add_first_units(&writer, identity)?;
    writer.commit()?;
    // A file is closed before it is renamed: SQLite remembers the name for its log.
    let wrap = |source| SnapshotError::from_sqlite(path, source);
    writer.connection = Connection::open_in_memory().map_err(wrap)?;
    writer.lock = Some(draft.publish().map_err(SnapshotError::from)?);
    writer.connection = schema::open_to_write(path)?;
    writer.begin_watch()?;
    Ok(writer)
}

/// Resumes the crawl: failed units are retried, and what disagreed in a crawl that had ended is rechecked.
pub(in crate::snapshot) fn resume(writer: &mut SnapshotWriter) -> Result<(), SnapshotError> {
    storage::unseal(&SNAPSHOT, writer.path())?;
    writer.begin_watch()?;
    writer.begin()?;
    frontier::retry_failed_units(writer)?;
    writer.sql(|connection| {
        properties::forget_list_digests(connection)?;
        if properties::finished(connection)?.is_some() {
            properties::reopen(connection)?;
        }
        Ok(())
    })?;
    writer.commit()?;
    frontier::count_work(writer)
}
