//! `apply`: performs a plan.
//!
//! **Invariant:** everything that can refuse a plan is looked at before the first write: the plan itself, the files that it was made
//! from, the credentials, the target's own record, and whoever is asked.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use crate::apply::{self, ApplyEnd, ApplyOptions, ApplyOutcome, Clients};
use crate::cli::ApplyArgs;
use crate::error::ExitStatus;
use crate::plan::check::CANNOT_BE_UNDONE;
use crate::plan::{Journal, Move, OperationState, PlanFile};
use crate::report::plan::{self as plan_report, ReportError};
use crate::report::text::apply::{BatchSummary, PLAN_HAS_THE_PAGE};
use crate::report::text::confirm::service_name;
use crate::report::text::stays::StaysItem;
use crate::report::{ApplyStopped, ApplySummary, ApplyVerdict, CountedFinding, NotDoneItem, count_of};
use crate::settings::{ApplySettings, ConnectionSettings, check_files};

use super::page::WantedPage;
use super::{CommandError, Context, Outcome};

mod admission;
mod confirm;

use self::admission::Admitted;
pub(super) use self::confirm::answer;

/// The wait before an unknown outcome is looked up; doubled each time.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn run(args: &ApplyArgs, context: &mut Context) -> Outcome {
    let settings = ApplySettings::load(&context.settings, args)?;
    let page = WantedPage::of(&args.page, &[&settings.plan])?;
    let summary = perform_settled(&settings, args, Site::Twilio, context).await?;
    let status = exit_status(&summary);
    // The page of what was done must not keep that from being said.
    let paged = page.map(|page| page.write(|out| write_page(&settings.plan, out))).transpose();
    context.conclude(&summary, summary.text())?;
    paged.map_err(|error| error.with_object().with_hint(PLAN_HAS_THE_PAGE))?;
    Ok(status)
}

fn write_page(plan: &Path, out: &mut dyn Write) -> Result<(), ReportError> {
    plan_report::html(&PlanFile::open(plan)?, out)
}

/// Performs a plan, without printing how it ended: for this verb and for `demo`.
pub(super) async fn perform(args: &ApplyArgs, context: &mut Context) -> Result<ApplySummary, CommandError> {
    let settings = ApplySettings::load(&context.settings, args)?;
    perform_settled(&settings, args, Site::Twilio, context).await
}

/// [`perform`] of a rehearsal's copy of a plan.
pub(super) async fn perform_simulated(
    args: &ApplyArgs,
    context: &mut Context,
) -> Result<ApplySummary, CommandError> {
    let settings = ApplySettings::load(&context.settings, args)?;
    perform_settled(&settings, args, Site::Simulator, context).await
}

/// Where a plan is performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Site {
    /// A person sees what is to be written, and is asked unless `--yes` was given.
    Twilio,
    /// Of a rehearsal: no one has to be asked, and the plan is a copy that goes with it.
    Simulator,
}

async fn perform_settled(
    settings: &ApplySettings,
    args: &ApplyArgs,
    site: Site,
    context: &mut Context,
) -> Result<ApplySummary, CommandError> {
    let connection = ConnectionSettings::load(&context.settings, &args.connection)?;
    let journal = if site == Site::Simulator {
        Journal::open_to_rehearse(&settings.plan)?
    } else if check_files(&context.settings)? {
        Journal::open(&settings.plan)?
    } else {
        Journal::open_without_seal(&settings.plan)?
    };
    let totals = journal.totals()?;
    let findings = CountedFinding::all(totals.findings.clone(), &journal.checks()?);
    admission::check_files(&journal, &totals)?;
    let admitted = Admitted::of(&journal, &totals, &connection, &context.settings)?;
    let stop = context.interrupt.token();
    admitted.check_target(&journal, &stop).await?;
    let to_do = count_of(&totals.operations, &[OperationState::Pending, OperationState::Failed]);
    if to_do > 0 && site == Site::Twilio {
        confirm::ask(&journal, &totals, settings, context).await?;
    }
    let _lock = match journal.header().kind {
        Move::Copy => Some(apply::lock_target(
            &context.settings.runtime_folder()?,
            &connection.conversations.to_string(),
            journal.header(),
        )?),
        Move::InPlace | Move::Undo | Move::UserChannels => None,
    };
    let options = ApplyOptions {
        only: settings.only.clone(),
        limit: settings.limit,
        max_duration: connection.max_duration,
        stop_after_errors: settings.stop_after_errors,
        webhooks: settings.webhooks,
        conversation_rate: settings.conversation_rate,
        service_rate: settings.service_rate,
        pause: PAUSE.mul_f64(connection.backoff_scale),
    };
    let progress = context.progress();
    let clients = admitted.clients(journal.header(), &progress.events(), &stop)?;
    let (header, digest) = (journal.header().clone(), journal.digest().to_owned());
    let stays = StaysItem::all(&PlanFile::open(&settings.plan)?)?;
    let outcome = apply::run(journal, clients.clone(), &options, &progress.events(), &stop).await;
    let elapsed = progress.elapsed();
    progress.finish();
    let outcome = outcome?;
    let plan = Performed {
        settings,
        target: service_name(header.target.friendly_name.as_deref(), &header.target.service_sid),
        digest,
        has_batches: !totals.batches.is_none(),
        noop: totals.noop,
        blocked_by: totals.blocked_by,
        stays,
        findings,
    };
    Ok(plan.summary(&outcome, &clients, elapsed))
}

/// A plan that was performed, with what its summary has besides the outcome.
struct Performed<'a> {
    settings: &'a ApplySettings,
    target: String,
    digest: String,
    has_batches: bool,
    noop: BTreeMap<String, u64>,
    blocked_by: BTreeMap<String, u64>,
    stays: Vec<StaysItem>,
    findings: BTreeMap<String, CountedFinding>,
}

impl Performed<'_> {
    fn summary(self, outcome: &ApplyOutcome, clients: &Clients, elapsed: Duration) -> ApplySummary {
        let left = count_of(&outcome.operations, &[OperationState::Pending, OperationState::Failed]);
        let blocked = count_of(&outcome.operations, &[OperationState::Blocked]);
        let stays = self.findings.get(CANNOT_BE_UNDONE.code).map_or(0, |finding| finding.count);
        let counters = clients.counters();
        ApplySummary {
            verdict: if left > 0 {
                ApplyVerdict::Incomplete
            } else if blocked + outcome.differing + stays > 0 {
                ApplyVerdict::CompleteWithDifferences
            } else {
                ApplyVerdict::Complete
            },
            stopped: match outcome.ended {
                ApplyEnd::Finished => None,
                ApplyEnd::Interrupted => Some(ApplyStopped::Interrupted),
                ApplyEnd::TimeUp => Some(ApplyStopped::TimeUp),
                ApplyEnd::LimitReached => Some(ApplyStopped::Limit),
                ApplyEnd::TooManyErrors => Some(ApplyStopped::Errors),
                ApplyEnd::GaveUp(_) => Some(ApplyStopped::GaveUp),
            },
            operations: outcome.operations.clone(),
            performed: outcome.performed.clone(),
            noop: self.noop,
            findings: self.findings,
            left,
            differing: outcome.differing,
            not_done: outcome
                .not_done
                .iter()
                .map(|item| NotDoneItem {
                    kind: item.operation.kind,
                    subject: apply::subject(&item.operation),
                    state: item.state,
                    reason: item.reason.clone(),
                })
                .collect(),
            blocked_by: self.blocked_by,
            stays: self.stays,
            requests: counters.attempts,
            retried: counters.retried,
            throttled: counters.throttled,
            batches: self.has_batches.then(|| BatchSummary {
                conversations: outcome.batches.conversations,
                participants: outcome.batches.participants,
                dropped: outcome.batches.dropped.clone(),
                refused: outcome.batches.refused.clone(),
            }),
            elapsed_seconds: elapsed.as_secs_f64(),
            retry_wait_seconds: outcome.waits.retries.values().sum::<Duration>().as_secs_f64(),
            retry_wait_by_kind: outcome
                .waits
                .retries
                .iter()
                .map(|(kind, waited)| (*kind, waited.as_secs_f64()))
                .collect(),
            limit_wait_seconds: outcome.waits.limits.as_secs_f64(),
            slot_wait_seconds: outcome.waits.slots.as_secs_f64(),
            plan: self.settings.plan.display().to_string(),
            digest: self.digest,
            target: self.target,
            webhooks: self.settings.webhooks,
        }
    }
}

/// The exit status that a performed plan leads to.
pub(super) fn exit_status(summary: &ApplySummary) -> ExitStatus {
    match (summary.verdict, summary.stopped) {
        (_, Some(ApplyStopped::Interrupted)) => ExitStatus::Interrupted,
        (ApplyVerdict::Complete, _) => ExitStatus::Done,
        (ApplyVerdict::CompleteWithDifferences, _) => ExitStatus::Findings,
        (ApplyVerdict::Incomplete, _) => ExitStatus::Incomplete,
    }
}
