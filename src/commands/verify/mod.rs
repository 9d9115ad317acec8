//! `verify`: is everything in the target as it should be?
//!
//! The target is read as it is now, into a temporary snapshot next to the plan, which is deleted after the report, and compared with
//! the source by the alignment that plans are made of.

mod compare;
mod input;
mod read;
mod views;

use std::io::{self, BufWriter};

use tokio_util::sync::CancellationToken;

use crate::cli::{VerifyArgs, VerifyFormat};
use crate::diff::{Comparison, TermsError};
use crate::error::{Advise, ExitStatus, Failure};
use crate::event::Events;
use crate::model::ServiceSid;
use crate::plan::PlanFile;
use crate::report::diff::{DiffOutput, PageAbout};
use crate::report::text::diff::summary;
use crate::settings::{ConnectionSettings, Verified, VerifySettings};
use crate::snapshot::{ServiceView, Snapshot, clear};

use super::difference_reports::{DifferenceReports, begin_page};
use super::failure::StdoutError;
use super::page::WantedPage;
use super::{CommandError, Context, Outcome};
use input::VerifyInput;
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
    let taken = match &settings.verified {
        Verified::Plan(plan) => plan,
        Verified::Snapshot { snapshot, .. } => snapshot,
    };
    let page = WantedPage::of(&args.page, &[taken])?;
    let input = VerifyInput::of(&settings, connection, &context.settings)?;
    let page = match &page {
        Some(page) => Some(begin_page(page, about(&input, context)?)?),
        None => None,
    };
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
            let reports = DifferenceReports::start(format, io::sink(), page).map_err(StdoutError)?;
            run.compare(read, reports).await
        }
        Ok(read) => {
            let style = context.line_style();
            let out = BufWriter::new(&mut context.stdout);
            let reports = DifferenceReports::start(format, out, page).map_err(StdoutError)?;
            run.compare(read, reports.styled(style)).await
        }
    };
    let comparison = compared?;
    clear(&input.scratch)?;
    Ok(comparison)
}

/// What the page of a verification says of itself: when, of which plan, and of which target.
fn about(input: &VerifyInput, context: &Context) -> Result<PageAbout, CommandError> {
    let now = context.settings.now()?.to_string();
    let mut facts = vec![("Verified", now.clone())];
    match &input.plan {
        Some(plan) => {
            facts.push(("Plan", plan.display().to_string()));
            facts.push(("Digest of the plan", PlanFile::open(plan)?.digest().to_owned()));
        }
        None => facts.push(("Mapping", input.mapping.name.clone())),
    }
    facts.push(("Target", input.target.to_string()));
    Ok(PageAbout {
        kicker: "verification",
        moment: Some(format!("Verified at {now}.")),
        same: "The target holds everything that was verified, as it should be.",
        differs: "The target is not as it should be",
        facts,
    })
}

/// The exit status that a comparison leads to.
pub(super) fn exit_status(comparison: &Comparison) -> ExitStatus {
    if comparison.totals.total.unreadable > 0 || comparison.has_incomplete_side() {
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
