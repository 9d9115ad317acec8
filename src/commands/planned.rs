//! A plan that is looked at beside a snapshot: it must have been made of that snapshot.

use std::path::{Path, PathBuf};

use crate::error::{Advise, Failure};
use crate::plan::{Move, PlanFile};
use crate::snapshot::Snapshot;

use super::CommandError;

/// What a plan does would be shown of records that it was not made of.
#[derive(Debug, thiserror::Error)]
#[error("the plan `{}` was not made of the snapshot `{}`", plan.display(), snapshot.display())]
struct OtherSnapshot {
    plan: PathBuf,
    snapshot: PathBuf,
    made_of: String,
    started: String,
}

impl Advise for OtherSnapshot {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(format!(
            "it was made of `{}`, a crawl that started {}: name that file with --snapshot, or plan again",
            self.made_of, self.started
        ))
    }
}

/// Opens a plan that was made of this snapshot. The service and the start of the crawl are compared: the digest of all rows, which
/// `apply` checks, would take a read of the complete file.
pub(super) fn plan_of(path: &Path, snapshot: &Snapshot) -> Result<PlanFile, CommandError> {
    let plan = PlanFile::open(path)?;
    let header = plan.header();
    if matches!(header.kind, Move::InPlace | Move::Copy) {
        let services = snapshot.services_in()?;
        let is_of_service = services.iter().any(|sid| sid.to_string() == header.source.service_sid);
        if !is_of_service || header.snapshot_window.0 != snapshot.identity()?.started {
            return Err(OtherSnapshot {
                plan: path.to_path_buf(),
                snapshot: snapshot.path().to_path_buf(),
                made_of: header.snapshot.clone(),
                started: header.snapshot_window.0.clone(),
            }
            .into());
        }
    }
    Ok(plan)
}
