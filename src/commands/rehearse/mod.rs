//! `rehearse`: a plan performed against a simulator that holds the plan's snapshot and the target as the plan read it.
//!
//! **Invariant:** each step is the verb's own function with the simulator's environment: what is rehearsed is what is done at Twilio.
//!
//! **Invariant:** the plan, its snapshot and its target reading are only read. Everything else is in a folder that goes with the run.

mod differences;
mod input;
mod kills;
mod run;
mod steps;
mod timeline;

use crate::cli::RehearseArgs;
use crate::error::ExitStatus;
use crate::report::rehearsal;
use crate::report::rehearsal::result::{Rehearsal, RehearsalVerdict};
use crate::settings::RehearseSettings;

use super::{CommandError, Context, Outcome, page};

pub(super) fn run(args: &RehearseArgs, context: &mut Context) -> Outcome {
    let settings = RehearseSettings::load(&context.settings, args)?;
    let rehearsal = run::run(&settings, context)?;
    let mut reported = Ok(());
    for report in &settings.reports {
        // A report that cannot be written must not keep the result from being said.
        let written = page::write(report, |out| rehearsal::write(&rehearsal, report, out));
        reported = reported.and(written);
    }
    context.conclude(&rehearsal, rehearsal.text())?;
    reported.map_err(CommandError::with_object)?;
    if let Some(page) = &settings.open {
        page::open_in_browser(&page.display().to_string());
    }
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
        RehearsalVerdict::Success => ExitStatus::Done,
        RehearsalVerdict::Difference | RehearsalVerdict::Failure => ExitStatus::Findings,
    }
}
