//! How a plan comes into its place: from a draft beside it, whole, and never over what must be kept.
//!
//! **Invariant:** what is not a plan is never replaced, nor is a plan that was applied: it is the only record of what was done.

use std::fs;
use std::path::{Path, PathBuf};

use super::lock::PlanLock;
use super::schema;
use crate::plan::error::PlanError;

/// What SQLite keeps beside a file, by what is added to its name.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A plan in the making. It is removed when dropped, unless it was [put in its place](Self::publish).
#[derive(Debug)]
pub(super) struct Place {
    draft: PathBuf,
    plan: PathBuf,
}

impl Place {
    /// A name for the draft, with what a former run left of it removed. The caller holds the plan's lock.
    pub(super) fn of(plan: &Path) -> Result<Self, PlanError> {
        refuse_to_replace(plan)?;
        let place = Self { draft: beside(plan, ".new"), plan: plan.to_path_buf() };
        place.clear_draft()?;
        Ok(place)
    }

    /// Where it is made.
    pub(super) fn draft(&self) -> &Path {
        &self.draft
    }

    /// Where it goes.
    pub(super) fn plan(&self) -> &Path {
        &self.plan
    }

    /// Puts it in its place. It must be whole, and closed.
    pub(super) fn publish(&self) -> Result<(), PlanError> {
        let failed = |source| PlanError::File { path: self.plan.clone(), source };
        // What stands there may have been replaced meanwhile by other means than this program's.
        refuse_to_replace(&self.plan)?;
        fs::File::open(&self.draft).and_then(|file| file.sync_all()).map_err(failed)?;
        COMPANIONS.iter().try_for_each(|suffix| self.remove(&beside(&self.plan, suffix)))?;
        fs::rename(&self.draft, &self.plan).map_err(failed)?;
        if cfg!(unix) {
            let folder = self.plan.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(())
    }

    fn clear_draft(&self) -> Result<(), PlanError> {
        self.remove(&self.draft)?;
        COMPANIONS.iter().try_for_each(|suffix| self.remove(&beside(&self.draft, suffix)))
    }

    fn remove(&self, path: &Path) -> Result<(), PlanError> {
        match fs::remove_file(path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(PlanError::File { path: self.plan.clone(), source })
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Where that fails the next run does it.
        let _removed = self.clear_draft().is_ok();
    }
}

/// Whether a plan can be written here, before any work is done for it: says what [`PlanDraft::create`](super::PlanDraft::create)
/// would say.
pub(crate) fn check_place(plan: &Path) -> Result<(), PlanError> {
    let _lock = PlanLock::take(plan)?;
    refuse_to_replace(plan)
}

/// Refuses what must be kept: another kind of file, a plan of another version, a plan that was begun.
fn refuse_to_replace(plan: &Path) -> Result<(), PlanError> {
    let connection = match schema::open_to_read(plan) {
        Ok(connection) => connection,
        Err(PlanError::Missing { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let count = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map(|count| u64::try_from(count).unwrap_or_default())
            .map_err(|source| PlanError::from_sqlite(plan, source))
    };
    // 0 and 4 are what is planned; a blocked one that was planned otherwise depends on one that failed.
    let begun = count(
        "SELECT (SELECT count(*) FROM operation WHERE state IN (1, 2, 3))
              + (SELECT count(*) FROM operation WHERE started IS NOT NULL AND state = 0)",
    )?;
    if begun == 0 {
        return Ok(());
    }
    let total = count("SELECT count(*) FROM operation")?;
    Err(PlanError::Applied { path: plan.to_path_buf(), begun, total })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
