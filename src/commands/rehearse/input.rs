//! What is rehearsed, checked before anything starts.

use std::path::{Path, PathBuf};

use crate::plan::binding::PlanBinding;
use crate::plan::{Header, PlanFile};
use crate::report::rehearsal::result::RehearseError;
use crate::settings::{RehearseSettings, check_files};
use crate::simulator::{Faults, Loaded};
use crate::snapshot::Snapshot;

use super::super::read_target::file_of;
use super::super::{CommandError, Context, planned, simulate};

/// A plan with what it was made from.
#[derive(Debug)]
pub(super) struct RehearsalInput {
    pub(super) plan: PlanFile,
    pub(super) header: Header,
    /// The snapshot, and what the plan read of its target.
    pub(super) loaded: Loaded,
    pub(super) faults: Faults,
}

impl RehearsalInput {
    /// Checks the plan and the files that it was made from, as `apply` and `verify` would.
    pub(super) fn of(settings: &RehearseSettings, context: &Context) -> Result<Self, CommandError> {
        let faults = simulate::faults(&settings.faults)?;
        let is_checked = check_files(&context.settings)?;
        let plan = PlanFile::open(&settings.plan)?;
        if is_checked {
            plan.check()?;
        }
        let header = plan.header().clone();
        let binding = PlanBinding { plan: &settings.plan, header: &header };
        planned::made_from(binding, is_checked)?;
        let target = target_reading(&settings.plan, &header)?;
        let loaded = Loaded { source: PathBuf::from(&header.snapshot), target: Some(target) };
        simulate::check_loaded(&loaded)?;
        Ok(Self { plan, header, loaded, faults })
    }

    /// What the plan read of its target.
    pub(super) fn target(&self) -> &Path {
        self.loaded.target.as_deref().expect("it is checked to be there")
    }
}

fn target_reading(plan: &Path, header: &Header) -> Result<PathBuf, CommandError> {
    let (plan, reading) = (plan.to_path_buf(), file_of(plan));
    if !reading.exists() {
        return Err(RehearseError::NoTarget { plan, reading }.into());
    }
    if Snapshot::open(&reading)?.content_digest()? != header.target_digest {
        return Err(RehearseError::OtherTarget { plan, reading }.into());
    }
    Ok(reading)
}
