//! `plan --undo`: the plan that takes back what another one did.

use std::num::NonZeroU32;
use std::path::Path;

use crate::plan::{self, PlanDraft, PlanFile};
use crate::settings::{ConnectionSettings, PlanSettings};

use super::super::CommandError;

/// Assumed for the estimate where no rate is set.
const USUAL_RATE: u32 = 100;

/// Makes the plan.
pub(super) fn make(
    undone: &Path,
    settings: &PlanSettings,
    connection: &ConnectionSettings,
) -> Result<PlanFile, CommandError> {
    // Held to the end, so that the plan is not applied meanwhile.
    let undone_plan = PlanFile::open_alone(undone)?;
    undone_plan.check()?;
    plan::undo::check_outcomes(&undone_plan)?;
    let mut draft = PlanDraft::create(&settings.plan, &plan::undo::header(&undone_plan))?;
    let rate = connection.rps.map_or(USUAL_RATE, NonZeroU32::get);
    let totals = plan::undo::undo(&undone_plan, &mut draft, f64::from(rate))?;
    Ok(draft.finish(&totals)?)
}
