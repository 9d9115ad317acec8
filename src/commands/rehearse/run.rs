//! A rehearsal from its beginning to its verdict, on a simulated clock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::cli::ProgressStyle;
use crate::clock;
use crate::plan::file::{copy_plan, set_back, take_up};
use crate::plan::{OperationState, PlanFile, SECONDS_PER_REQUEST, Totals, WriteLimit};
use crate::report::plan::ReasonGroup;
use crate::report::rehearsal::result::{
    self as text, Rehearsal, RehearsalVerdict, RehearseError, RehearsedUndo,
};
use crate::report::text::diff::conclusion;
use crate::report::{ApplySummary, count_of};
use crate::settings::RehearseSettings;
use crate::simulator::{self, Delays, Options, Running, WriteClock};

use super::super::read_target::file_of;
use super::super::simulate::start_error;
use super::super::{CommandError, Context};
use super::differences::FirstLines;
use super::input::RehearsalInput;
use super::timeline::timeline;
use super::{kills, steps};

/// Rehearses a plan.
pub(super) fn run(settings: &RehearseSettings, context: &Context) -> Result<Rehearsal, CommandError> {
    let input = RehearsalInput::of(settings, context)?;
    let parent = std::env::temp_dir();
    let folder = tempfile::Builder::new()
        .prefix("chatferry-rehearsal-")
        .tempdir_in(&parent)
        .map_err(|source| RehearseError::Folder { parent, source })?;
    let rehearsed = clock::run_simulated(hold(settings, &input, folder.path(), context));
    let rehearsal = rehearsed.map_err(RehearseError::Runtime)??;
    // A folder that stays is worth a word, and the result is worth more.
    if let Err(error) = folder.close() {
        tracing::warn!(%error, "the folder of the rehearsal could not be removed");
    }
    Ok(rehearsal)
}

async fn hold(
    settings: &RehearseSettings,
    input: &RehearsalInput,
    folder: &Path,
    context: &Context,
) -> Result<Rehearsal, CommandError> {
    let totals = input.plan.totals()?;
    let plan = folder.join("plan.db");
    copy_plan(&input.plan, &plan)?;
    let running = start(settings, input).await?;
    let mut lacks: Vec<String> = running.lacks().iter().map(ToString::to_string).collect();
    lacks.extend(input.header.media.map(|_| text::MADE_UP_MEDIA.to_owned()));
    context.say(text::started(&settings.plan, &lacks));
    let header = &input.header;
    let environment =
        settings.environment(&running.url(), &header.source.account_sid, &header.target.account_sid);
    let printed = FirstLines::default();
    let mut inner = context.nested(environment, folder, printed.clone())?;
    if settings.kills > 0 {
        inner.output.progress = ProgressStyle::None; // bars would stay where they were broken off
    }
    let mut stage = RehearsalStage { settings, input, folder, plan, running, inner, printed };
    let applied_before = stage.begin().await?;
    let began = clock::now();
    let applied = stage.apply(&totals).await?;
    let copy = PlanFile::open(&stage.plan)?;
    let planned_blocks: u64 = totals.blocked_by.values().sum();
    let mut rehearsal = Rehearsal {
        verdict: RehearsalVerdict::Failure,
        sentence: String::new(),
        plan: settings.plan.display().to_string(),
        digest: input.plan.digest().to_owned(),
        applied_before,
        failed: applied.summary.left + count_of(&applied.summary.operations, &[OperationState::Blocked])
            - planned_blocks,
        blocked: planned_blocks,
        differing: applied.summary.differing,
        causes: ReasonGroup::all(&copy)?,
        simulated_seconds: applied.took.as_secs_f64(),
        estimated_seconds: totals.estimated_seconds,
        requests: applied.requests,
        throttled: applied.throttled,
        kills: applied.kills,
        operations: applied.summary.operations,
        timeline: timeline(&copy, began, applied.took.as_secs())?,
        rehearsed: context.settings.now()?.to_string(),
        faults: settings.faults.clone(),
        verify: None,
        differences: Vec::new(),
        again: None,
        undo: None,
        lacks,
    };
    drop(copy);
    if applied.summary.stopped.is_none() {
        stage.check(&mut rehearsal).await?;
    }
    stage.running.shutdown().await;
    Ok(rehearsal.judged())
}

/// The simulator, with the plan's files and Twilio's limits.
async fn start(settings: &RehearseSettings, input: &RehearsalInput) -> Result<Running, CommandError> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 30")]
    let write_rate = WriteLimit::PER_SECOND as u32;
    let options = Options {
        seed: settings.seed,
        latency: Duration::from_secs_f64(SECONDS_PER_REQUEST),
        delays: Some(Delays::new(|moment| Box::pin(clock::hold_until(moment)))),
        write_rate: Some(write_rate),
        record_writes: false,
        gzip: false,
        write_clock: WriteClock::Started(clock::now()),
        faults: input.faults.clone(),
        load: Some(input.loaded.clone()),
        ..Options::default()
    };
    simulator::start(options).await.map_err(start_error)
}

/// What the steps of a rehearsal share.
struct RehearsalStage<'r> {
    settings: &'r RehearseSettings,
    input: &'r RehearsalInput,
    folder: &'r Path,
    /// The copy of the plan.
    plan: PathBuf,
    running: Running,
    inner: Context,
    /// What the verbs print: only `verify` prints anything here.
    printed: FirstLines,
}

/// How the apply went.
struct Applied {
    summary: ApplySummary,
    took: Duration,
    requests: u64,
    throttled: u64,
    kills: u32,
}

impl RehearsalStage<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Performs what was applied of the plan before the rehearsal. Gives how many operations these are.
    async fn begin(&mut self) -> Result<u64, CommandError> {
        let before = set_back(&self.plan)?;
        if before > 0 {
            self.inner.say(text::step("What is applied already"));
            self.inner.say(text::applied_before(before));
            steps::apply(&self.plan, &mut self.inner).await?;
        }
        take_up(&self.plan)?;
        Ok(before)
    }

    /// Applies the plan, and breaks it off as often as is wanted.
    async fn apply(&mut self, totals: &Totals) -> Result<Applied, CommandError> {
        self.inner.say(text::step("Apply"));
        let before = self.running.stats();
        let start = Instant::now();
        let moments = kills::moments(self.settings.seed, self.settings.kills, totals.estimated_seconds);
        let mut kills = 0;
        let mut moments = moments.into_iter();
        let summary = loop {
            let Some(after) = moments.next() else { break steps::apply(&self.plan, &mut self.inner).await? };
            tokio::select! {
                biased;
                applied = steps::apply(&self.plan, &mut self.inner) => break applied?,
                () = sleep_until(start + after) => {}
            }
            kills::journal_is_free(&self.plan).await?;
            kills += 1;
            self.inner.say(text::killed(start.elapsed()));
        };
        let took = start.elapsed();
        let after = self.running.stats();
        let (requests, throttled) = (after.requests - before.requests, after.throttled - before.throttled);
        self.inner.say(text::applied(took, requests, throttled));
        Ok(Applied { summary, took, requests, throttled, kills })
    }

    /// What comes after an apply: is everything there, is nothing left, and can it be taken back?
    async fn check(&mut self, rehearsal: &mut Rehearsal) -> Result<(), CommandError> {
        let header = &self.input.header;
        self.inner.say(text::step("Verify"));
        let verified = steps::verify(&self.plan, &mut self.inner).await?;
        self.inner.say(text::line(&conclusion(&verified)));
        rehearsal.verify = Some(verified.totals.total);
        rehearsal.differences = self.printed.all();

        self.inner.say(text::step("Plan again"));
        let again = steps::plan_again(header, &self.file("again.db"), &mut self.inner).await?;
        let again = again.saturating_sub(rehearsal.failed);
        self.inner.say(text::planned_again(again));
        rehearsal.again = Some(again);

        self.inner.say(text::step("Undo"));
        let undo = self.file("undo.db");
        let one_way = steps::plan_undo(&self.plan, &undo, &mut self.inner).await?;
        let start = Instant::now();
        let undone = steps::apply(&undo, &mut self.inner).await?;
        let simulated_seconds = start.elapsed().as_secs_f64();
        let after = self.file("undone.db");
        steps::plan_again(header, &after, &mut self.inner).await?;
        let not_restored = steps::not_restored(self.input.target(), &file_of(&after), &one_way)?;
        let undo = RehearsedUndo {
            operations: count_of(&undone.operations, &OperationState::ALL),
            failed: undone.left + count_of(&undone.operations, &[OperationState::Blocked]),
            one_way: one_way.len() as u64,
            not_restored,
            simulated_seconds,
        };
        self.inner.say(text::undone(&undo));
        rehearsal.undo = Some(undo);
        Ok(())
    }
}
