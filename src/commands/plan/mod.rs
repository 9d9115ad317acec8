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
use crate::crawl::{ReadingPurpose, TargetError};
use crate::error::ExitStatus;
use crate::event::Events;
use crate::plan::{self, PlanFile, source_snapshot};
use crate::printable::Printable;
use crate::report::plan::{PlanResult, reading_cost, text as plan_text};
use crate::settings::{ConnectionSettings, PlanSettings};
use crate::twilio::media::MediaClient;
use tokio_util::sync::CancellationToken;

use super::page::open_in_browser;
use super::read_target::{self, EVERYTHING, TargetReading, WITH_MESSAGES};
use super::{CommandError, Context, Outcome, connect};
use input::{PlanInput, PlanTask};

pub(super) async fn run(args: &PlanArgs, context: &mut Context) -> Outcome {
    if let Some(PlanVerb::Show(args)) = &args.verb {
        return show::run(args, context);
    }
    let made = make(args, context).await?;
    context.conclude(&made.summary, &made.text)?;
    context.suggest(made.summary.next_steps());
    Ok(made.status)
}

/// A plan that was made, with its reports: its result and its text.
#[derive(Debug)]
pub(super) struct Made {
    /// What `--json` gives.
    pub(super) summary: PlanResult,
    /// The terminal's table.
    pub(super) text: Printable,
    /// The exit status that it leads to.
    pub(super) status: ExitStatus,
}

/// Makes a plan and its reports, without printing them: for this verb and for `demo`.
pub(super) async fn make(args: &PlanArgs, context: &mut Context) -> Result<Made, CommandError> {
    let settings = PlanSettings::load(&context.settings, args)?;
    plan::check_place(&settings.plan)?;
    let connection = ConnectionSettings::load(&context.settings, &args.connection)?;
    let made = match PlanInput::of(&settings.planned, &connection, &context.settings)? {
        PlanTask::Undo(undone) => undo::make(&undone, &settings, &connection)?,
        PlanTask::Move(input) => read_and_plan(&input, &settings, context).await?,
    };
    write::reports(&made, &settings.reports)?;
    if let Some(page) = &settings.open {
        open_in_browser(&page.display().to_string());
    }
    let summary = PlanResult::of(&made)?;
    let status =
        if settings.check && summary.is_anything() { ExitStatus::Findings } else { ExitStatus::Done };
    let text = plan_text(&made, &settings.reports)?;
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
        include: if input.messages { &WITH_MESSAGES } else { &EVERYTHING },
        resume_within: Some(Duration::from_hours(u64::from(input.max_age_hours))),
        purpose: ReadingPurpose::Plan,
    };
    let stop = context.interrupt.token();
    if input.media {
        check_media_access(input, &stop).await?;
    }
    if !reading.is_begun()? {
        print_cost(input, context);
    }
    let progress = context.progress();
    let read = reading.read_all(input.selection(), &progress.events(), &stop).await;
    progress.finish();
    let target = read?;
    let record = source_snapshot::service_record(&target)?;
    if let Some(owner) = record.account_sid.clone().filter(|owner| *owner != input.account) {
        let (service, account) = (input.service.clone(), input.account.clone());
        return Err(TargetError::OtherAccount { service, owner, account }.into());
    }
    let limits = if input.in_place { None } else { reading.limits(&stop).await? };
    input.compute(&target, &record, limits, settings)
}

/// Fails where the credentials may not use the media of one of the two services.
async fn check_media_access(input: &PlanInput, stop: &CancellationToken) -> Result<(), CommandError> {
    let sides = [(&input.source_connection, &input.record.sid), (&input.connection, &input.service)];
    for (connection, service) in sides {
        let client = connect::client(connection, &Events::none(), stop)?;
        MediaClient::new(client)?.check_access(&service.to_string()).await?;
    }
    Ok(())
}

fn print_cost(input: &PlanInput, context: &Context) {
    if context.output.quiet {
        return;
    }
    let (least, most) = input.cost();
    let text = reading_cost(least, most, input.connection.rps.map(std::num::NonZeroU32::get));
    if context.output.log_format == LogFormat::Json {
        tracing::info!(least, most, "{text}");
    } else {
        context.stderr.print(text);
    }
}
