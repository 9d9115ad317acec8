//! `verify`: is everything in the target as it should be?
//!
//! The target is read as it is now, into a temporary snapshot next to the plan, which is deleted after the report, and compared with
//! the source by the alignment that plans are made of.

mod compare;
mod input;
mod read;
mod reports;
mod views;

use std::io::{self, BufWriter};

use tokio_util::sync::CancellationToken;

use crate::cli::{VerifyArgs, VerifyFormat};
use crate::diff::{ComparedSide, Comparison, TermsError};
use crate::error::{Advise, ExitStatus, Failure};
use crate::event::Events;
use crate::model::ServiceSid;
use crate::report::diff::DiffOutput;
use crate::report::text::diff::summary;
use crate::settings::{ConnectionSettings, Verified, VerifySettings};
use crate::snapshot::{ServiceView, Snapshot, Verdict, clear};

use super::failure::StdoutError;
use super::{CommandError, Context, Outcome, page};
use input::VerifyInput;
use reports::VerifyReports;
use views::NamingError;

impl Advise for NamingError {
    fn status(&self) -> Failure {
        match self {
            Self::Snapshot(error) => error.status(),
            Self::Plan(error) => error.status(),
            Self::Ended => Failure::Failed,
        }
    }
}

pub(super) async fn run(args: &VerifyArgs, context: &mut Context) -> Outcome {
    let comparison = verify(args, context).await?;
    context.conclude(&comparison, summary(&comparison))?;
    Ok(exit_status(&comparison))
}

/// Verifies, and tells each difference but not how it ended: for this verb and for `demo`.
pub(super) async fn verify(args: &VerifyArgs, context: &mut Context) -> Result<Comparison, CommandError> {
    let connection = ConnectionSettings::load(&context.settings, &args.connection)?;
    let settings = VerifySettings::load(&context.settings, args)?;
    if let Some(report) = &settings.report {
        let read = match &settings.verified {
            Verified::Plan(plan) => plan,
            Verified::Snapshot { snapshot, .. } => snapshot,
        };
        page::check(report, &[read])?;
    }
    let input = VerifyInput::of(&settings, connection, &context.settings)?;
    let page = reports::page(&settings, &input, context)?;
    let stop = context.interrupt.token();
    let progress = context.progress();
    let events = progress.events();
    let run = VerifyRun { input: &input, events: &events, stop: &stop, report_same: settings.report_same };
    let format = match settings.format {
        VerifyFormat::Table if settings.records => DiffOutput::Records,
        VerifyFormat::Table => DiffOutput::Causes,
        VerifyFormat::Ndjson => DiffOutput::Ndjson,
    };
    let read = run.read().await;
    // What follows is written to stdout, which may be the terminal that the bars are on.
    progress.finish();
    let compared = match read {
        Err(error) => Err(error),
        // With --json stdout has the totals, and nothing else may stand there.
        Ok(read) if context.output.json => {
            let reports =
                VerifyReports::start(format, io::sink(), page, settings.open).map_err(StdoutError)?;
            run.compare(read, reports).await
        }
        Ok(read) => {
            let style = context.line_style();
            let out = BufWriter::new(&mut context.stdout);
            let reports = VerifyReports::start(format, out, page, settings.open).map_err(StdoutError)?;
            run.compare(read, reports.styled(style)).await
        }
    };
    let comparison = compared?;
    clear(&input.scratch)?;
    Ok(comparison)
}

/// The exit status that a comparison leads to.
pub(super) fn exit_status(comparison: &Comparison) -> ExitStatus {
    let is_incomplete = |side: &ComparedSide| side.verdict == Verdict::Incomplete;
    let is_whole = comparison.totals.total.unreadable == 0
        && ![&comparison.old, &comparison.new].into_iter().any(is_incomplete);
    if !is_whole {
        ExitStatus::Incomplete
    } else if comparison.is_same() {
        ExitStatus::Done
    } else {
        ExitStatus::Findings
    }
}

/// What a run has at hand.
struct VerifyRun<'r> {
    input: &'r VerifyInput,
    events: &'r Events,
    stop: &'r CancellationToken,
    /// Whether what is the same is reported too.
    report_same: bool,
}

fn service_of<'s>(snapshot: &'s Snapshot, service: &ServiceSid) -> Result<ServiceView<'s>, CommandError> {
    let missing =
        || TermsError::NoService { snapshot: snapshot.path().to_path_buf(), service: service.clone() };
    Ok(snapshot.service(service)?.ok_or_else(missing)?)
}
