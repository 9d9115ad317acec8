//! `plan`: says what a migration would do, and shows a plan that was made.
//!
//! **Invariant:** everything that can be said before the first request is said before it: what was typed, the snapshot, the
//! mapping, the place of the plan and of its reports.

mod input;
mod show;
mod undo;
mod write;

use std::time::Duration;

use crate::cli::plan::PlanVerb;
use crate::cli::{LogFormat, PlanArgs};
use crate::error::ExitStatus;
use crate::plan::{self, PlanFile};
use crate::printable::Printable;
use crate::report::text::format;
use crate::settings::{ConnectionSettings, PlanSettings};

use super::read_target::{self, EVERYTHING, Purpose, TargetError, TargetReading};
use super::{CommandError, Context, Outcome};
use input::{Asked, PlanInput};
pub(super) use write::Summary;

/// Runs the verb.
pub(super) async fn run(args: &PlanArgs, context: &mut Context) -> Outcome {
    if let Some(PlanVerb::Show(args)) = &args.verb {
        return show::run(args, context);
    }
    let made = make(args, context).await?;
    context.conclude(&made.summary, &made.text)?;
    context.suggest(made.summary.next_steps());
    Ok(made.status)
}

/// A plan that was made, with its reports: what there is to tell of it.
#[derive(Debug)]
pub(super) struct Made {
    /// What `--json` gives.
    pub(super) summary: Summary,
    /// The terminal's table.
    pub(super) text: Printable,
    /// The exit status that it leads to.
    pub(super) status: ExitStatus,
}

/// Makes a plan and its reports, without a word of what is in it: for this verb and for `demo`.
pub(super) async fn make(args: &PlanArgs, context: &mut Context) -> Result<Made, CommandError> {
    let settings = PlanSettings::load(&context.settings, args)?;
    plan::check_place(&settings.plan)?;
    let connection = ConnectionSettings::load(&context.settings, &args.connection)?;
    let made = match PlanInput::of(&settings.planned, &connection, &context.settings)? {
        Asked::Undo(undone) => undo::make(&undone, &settings, &connection)?,
        Asked::Move(input) => read_and_plan(&input, &settings, context).await?,
    };
    write::reports(&made, &settings.reports)?;
    let summary = Summary::of(&made)?;
    let status =
        if settings.check && summary.is_anything() { ExitStatus::Findings } else { ExitStatus::Done };
    let text = write::text(&made, &settings)?;
    Ok(Made { summary, text, status })
}

/// Reads the target and plans.
async fn read_and_plan(
    input: &PlanInput,
    settings: &PlanSettings,
    context: &mut Context,
) -> Result<PlanFile, CommandError> {
    let file = read_target::file_of(&settings.plan);
    let reading = TargetReading {
        connection: &input.connection,
        service: &input.service,
        file: &file,
        include: &EVERYTHING,
        resume_within: Some(Duration::from_hours(u64::from(input.max_age_hours))),
        purpose: Purpose::Plan,
    };
    let stop = context.interrupt.token();
    if !reading.is_begun()? {
        tell_cost(input, context);
    }
    let progress = context.progress();
    let read = reading.read_all(input.selection(), &progress.events(), &stop).await;
    progress.finish();
    let target = read?;
    let record = input::service_record(&target)?;
    if let Some(owner) = record.account_sid.clone().filter(|owner| *owner != input.account) {
        let (service, account) = (input.service.clone(), input.account.clone());
        return Err(TargetError::OtherAccount { service, owner, account }.into());
    }
    let limits = if input.in_place { None } else { reading.limits(&stop).await? };
    input.compute(&target, &record, limits, settings)
}

/// Says how many requests reading the target takes, and how long.
fn tell_cost(input: &PlanInput, context: &Context) {
    if context.output.quiet {
        return;
    }
    let (least, most) = input.cost();
    let rate = input.connection.rps.map(std::num::NonZeroU32::get);
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let time = rate.map_or(String::new(), |rate| {
        format!(", {} at {rate} a second", format::seconds(most as f64 / f64::from(rate)))
    });
    let requests = format::counted(most, "request");
    let text = if least == most {
        format!("reading the target takes about {requests}{time}")
    } else {
        format!("reading the target takes from {} to about {requests}{time}", format::count(least))
    };
    if context.output.log_format == LogFormat::Json {
        tracing::info!(least, most, "{text}");
    } else {
        context.stderr.print(text);
    }
}
