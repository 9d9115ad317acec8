//! A plan that is looked at together with a snapshot: it must have been made of that snapshot.

use std::path::Path;

use crate::plan::PlanFile;
use crate::plan::binding::PlanBinding;
use crate::snapshot::Snapshot;

use super::CommandError;

/// Opens a plan that was made of this snapshot.
pub(super) fn plan_of(path: &Path, snapshot: &Snapshot) -> Result<PlanFile, CommandError> {
    let plan = PlanFile::open(path)?;
    PlanBinding { plan: path, header: plan.header() }.check_made_of(snapshot)?;
    Ok(plan)
}
