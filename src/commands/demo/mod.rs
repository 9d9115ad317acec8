//! `demo`: all of it against the simulator, in a folder of its own.
//!
//! **Invariant:** each step is the verb's own function with the simulator's environment: what the demo shows is what the verbs do.
//!
//! **Invariant:** no failure of a step is hidden: one that stops the demo is an error, any other decides the exit status.

mod folder;
mod migrate;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::crawl::CrawlFlags;
use crate::cli::export::ExportChoice;
use crate::cli::setting::declarations::{SERVICE, SNAPSHOT};
use crate::cli::setting::{FlagGroup, Flags};
use crate::cli::{ConnectionArgs, CrawlArgs, DemoArgs};
use crate::clock;
use crate::error::ExitStatus;
use crate::report::CrawlSummary;
use crate::report::text::demo::{self as text, DemoFileError};
use crate::report::text::simulate::SimulateError;
use crate::settings::{ConnectionSettings, CrawlSettings, Environment, ExportSettings};
use crate::simulator::{self, Options, Running, WorldKind, WriteClock};
use crate::snapshot::Verdict;

use super::{CommandError, Context, Outcome};
use folder::DemoFolder;
use migrate::Migrated;

/// The folder without `--out`.
const FOLDER: &str = "chatferry-demo";

/// A believable day: some refusals, some failures, a page that repeats a row.
const FAULTS: &str = "429=1%,500=1%,503=1%,reset=1%,truncate=1%,html=1%,expired-token=1%,repeat-row=2%,\
     empty-page=2%,flaky-404=1%,unknown-key=1%,lost-answer=1%,accepted-503=1%";

/// What `--json` gives: the crawl's summary, and what came after it.
#[derive(Debug, Serialize)]
struct DemoSummary<'a> {
    #[serde(flatten)]
    crawl: &'a CrawlSummary,
    /// What was made of the snapshot; null where it is incomplete.
    #[serde(flatten)]
    migrated: Option<&'a Migrated>,
}

pub(super) async fn run(args: &DemoArgs, context: &mut Context) -> Outcome {
    let folder = DemoFolder::prepare(args.out.clone().unwrap_or_else(|| PathBuf::from(FOLDER)))?;
    let running = start(args).await?;
    context.say(text::start(&running.url(), running.truth().user_sids().count()));
    let mut inner = inside(&running, &folder, context)?;
    let shown = show(&running, &folder, &mut inner).await;
    running.shutdown().await;
    let (crawl, migrated) = shown?;
    for file in ["user_channels.csv", "users.csv"] {
        let file = folder.export.join(file);
        context.say(text::first_rows(&file, &first_lines(&file)?));
    }
    let next = text::next_steps(&folder.files(), migrated.is_some());
    context.conclude(&DemoSummary { crawl: &crawl, migrated: migrated.as_ref() }, next)?;
    let after = migrated.as_ref().map(Migrated::exit_statuses).unwrap_or_default();
    let mut all = std::iter::once(super::crawl::exit_status(&crawl)).chain(after);
    Ok(all.find(|status| *status != ExitStatus::Done).unwrap_or(ExitStatus::Done))
}

/// All steps, one after the other. What is incomplete is exported and not migrated.
async fn show(
    running: &Running,
    folder: &DemoFolder,
    inner: &mut Context,
) -> Result<(CrawlSummary, Option<Migrated>), CommandError> {
    let (snapshot, export) = (folder.snapshot.display(), folder.export.display());
    inner.say(text::step(1, &format!("crawl --service {} --snapshot {snapshot}", running.service_sid())));
    let crawl = crawl(running, &folder.snapshot, inner).await?;
    inner.say(text::result(crawl.text()));

    inner.say(text::step(2, &format!("export --snapshot {snapshot} --out {export}")));
    let plain = ExportSettings::of_choice(&ExportChoice::default(), folder.snapshot.clone())?;
    let report = super::export::to_folder(&plain.options, &folder.snapshot, &folder.export, inner)?;
    inner.say(text::result(super::export::summarize(&report)));

    if crawl.verdict == Verdict::Incomplete {
        return Ok((crawl, None));
    }
    let migrated = migrate::run(running.target_service_sid(), folder, inner).await?;
    Ok((crawl, Some(migrated)))
}

/// The header and the first rows of a file.
fn first_lines(path: &Path) -> Result<Vec<String>, DemoFileError> {
    const ROWS: usize = 3;
    let wrap = |source| DemoFileError { path: path.to_path_buf(), source };
    let file = BufReader::new(File::open(path).map_err(wrap)?);
    file.lines().take(ROWS + 1).collect::<Result<_, _>>().map_err(wrap)
}

fn users(args: &DemoArgs) -> u32 {
    args.users.unwrap_or(Options::default().users)
}

async fn start(args: &DemoArgs) -> Result<Running, SimulateError> {
    let defaults = Options::default();
    let users = users(args);
    let options = Options {
        users,
        channels: (users / 5).max(1),
        memberships: 6, // each is a write of the copy
        seed: args.seed.unwrap_or(defaults.seed),
        latency: std::time::Duration::from_millis(10),
        max_concurrent: Some(20),
        world: WorldKind::Real,
        write_clock: WriteClock::Started(clock::now()),
        faults: FAULTS.parse().expect("the demo's faults are spelled right"),
        ..defaults
    };
    simulator::start(options).await.map_err(|error| SimulateError::Start(error.into()))
}

/// What the steps are given: the settings that a user would export to use the simulator. Their results go into the demo's own.
fn inside(running: &Running, folder: &DemoFolder, context: &Context) -> Result<Context, CommandError> {
    let url = running.url();
    let environment = Environment::of([
        ("TWILIO_ACCOUNT_SID", running.account_sid()),
        ("TWILIO_AUTH_TOKEN", running.auth_token()),
        ("CHATFERRY_CHAT_URL", &url),
        ("CHATFERRY_CONVERSATIONS_URL", &url),
        ("CHATFERRY_MEDIA_URL", &url),
        ("CHATFERRY_RPS", "0"),
        ("CHATFERRY_TEST_BACKOFF_SCALE", "0.2"), // the simulator recovers at once
    ]);
    Ok(context.nested(environment, &folder.path, folder.verified()?)?)
}

async fn crawl(running: &Running, snapshot: &Path, inner: &Context) -> Result<CrawlSummary, CommandError> {
    let args = CrawlArgs {
        settings: CrawlFlags::of(
            Flags::default()
                .with(&SERVICE, running.service_sid())
                .with(&SNAPSHOT, snapshot.display().to_string()),
        ),
        ..CrawlArgs::default()
    };
    let settings = CrawlSettings::load(&inner.settings, &args, &mut std::io::empty())?;
    let connection = ConnectionSettings::load(&inner.settings, &ConnectionArgs::default())?;
    let progress = inner.progress();
    let stop = inner.interrupt.token();
    let crawled = super::crawl::crawl(&settings, &connection, &progress.events(), &stop).await;
    progress.finish();
    crawled
}
