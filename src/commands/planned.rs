//! A plan together with what it was made of: that must be what it was.

use std::path::Path;

use crate::mapping::{self, Mapping};
use crate::plan::PlanFile;
use crate::plan::binding::{PlanBinding, PlanMismatch};
use crate::snapshot::Snapshot;

use super::CommandError;

/// Opens a plan that was made of this snapshot.
pub(super) fn plan_of(path: &Path, snapshot: &Snapshot) -> Result<PlanFile, CommandError> {
    let plan = PlanFile::open(path)?;
    PlanBinding { plan: path, header: plan.header() }.check_made_of(snapshot)?;
    Ok(plan)
}

/// Opens the mapping and the snapshot that a plan was made from, where they were then. With `is_checked`, the snapshot's file is compared
/// with its digest first.
pub(super) fn made_from(
    binding: PlanBinding<'_>,
    is_checked: bool,
) -> Result<(Mapping, Snapshot), CommandError> {
    binding.check_has_target()?;
    let file = Path::new(&binding.header.snapshot);
    if !file.exists() {
        let (plan, snapshot) = (binding.plan.to_path_buf(), file.to_path_buf());
        return Err(PlanMismatch::SnapshotGone { plan, snapshot }.into());
    }
    let mapping = mapping::load(&binding.header.mapping)
        .map_err(|source| PlanMismatch::NoMapping { plan: binding.plan.to_path_buf(), source })?;
    binding.check_mapping(&mapping)?;
    if is_checked {
        Snapshot::check_file(file)?;
    }
    let snapshot = Snapshot::open(file)?;
    binding.check_snapshot(&snapshot)?;
    binding.check_messages(&snapshot)?;
    Ok((mapping, snapshot))
}
