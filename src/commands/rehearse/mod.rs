//! `rehearse`: a plan performed against a simulator that holds the plan's snapshot and the target as the plan read it.
//!
//! **Invariant:** each step is the verb's own function with the simulator's environment: what is rehearsed is what is done at Twilio.
//!
//! **Invariant:** the plan, its snapshot and its target reading are only read. Everything else is in a folder that goes with the run.

mod input;
mod kills;
mod run;
mod steps;

use crate::cli::RehearseArgs;
use crate::error::ExitStatus;
use crate::report::text::rehearse::{Rehearsal, RehearsalVerdict};
use crate::settings::RehearseSettings;

use super::{CommandError, Context, Outcome};

pub(super) fn run(args: &RehearseArgs, context: &mut Context) -> Outcome {
    let rehearsal = rehearse(args, context)?;
    context.conclude(&rehearsal, rehearsal.text())?;
    Ok(exit_status(&rehearsal))
}

/// Rehearses a plan, without printing how it went: for this verb and for `demo`.
pub(super) fn rehearse(args: &RehearseArgs, context: &Context) -> Result<Rehearsal, CommandError> {
    let settings = RehearseSettings::load(&context.settings, args)?;
    run::run(&settings, context)
}

/// The exit status that a rehearsal leads to.
pub(super) fn exit_status(rehearsal: &Rehearsal) -> ExitStatus {
    match rehearsal.verdict {
        RehearsalVerdict::WouldSucceed => ExitStatus::Done,
        RehearsalVerdict::WouldDiffer | RehearsalVerdict::WouldFail => ExitStatus::Findings,
    }
}
