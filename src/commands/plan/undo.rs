//! `plan --undo`: the plan that takes back what another one did.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use crate::error::{Advise, Failure};
use crate::plan::{self, PlanDraft, PlanFile};
use crate::settings::{ConnectionSettings, PlanSettings};

use super::super::CommandError;

/// Assumed for the estimate where no rate is set.
const USUAL_RATE: u32 = 100;

/// A plan cannot be undone as it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum UndoError {
    /// A run was killed in the middle of a request.
    #[error("of the plan `{}` {begun} operations were begun, and it is not known whether they were done", plan.display())]
    OutcomeUnknown { plan: PathBuf, begun: u64 },
}

impl Advise for UndoError {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(
            "run `chatferry apply` with that plan again, which finds out; `--limit 1` makes it stop soon"
                .to_owned(),
        )
    }
}

/// Makes the plan.
pub(super) fn make(
    undone: &Path,
    settings: &PlanSettings,
    connection: &ConnectionSettings,
) -> Result<PlanFile, CommandError> {
    // Held to the end, so that the plan is not applied meanwhile.
    let undone_plan = PlanFile::open_alone(undone)?;
    undone_plan.check()?;
    let begun = undone_plan.begun()?;
    if begun > 0 {
        return Err(UndoError::OutcomeUnknown { plan: undone.to_path_buf(), begun }.into());
    }
    let mut draft = PlanDraft::create(&settings.plan, &plan::undo::header(&undone_plan))?;
    let rate = connection.rps.map_or(USUAL_RATE, NonZeroU32::get);
    let totals = plan::undo::undo(&undone_plan, &mut draft, f64::from(rate))?;
    Ok(draft.finish(&totals)?)
}
