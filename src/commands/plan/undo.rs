//! `plan --undo`: the plan that takes back what another one did.

use std::path::Path;

use crate::plan::{self, PlanDraft, PlanFile};
use crate::settings::{ConnectionSettings, PlanSettings};

use super::super::{CommandError, connect};

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
    let totals = plan::undo::undo(&undone_plan, &mut draft, connect::pace(connection))?;
    Ok(draft.finish(&totals)?)
}
