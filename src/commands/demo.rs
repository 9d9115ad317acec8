//! `demo`: all of it against the simulator, in a folder of its own.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::cli::{ConnectionArgs, CrawlArgs, DemoArgs, GlobalArgs, LogFormat};
use crate::error::ExitStatus;
use crate::report::CrawlSummary;
use crate::settings::{Environment, Loader};
use crate::simulator::{self, Options, Running, SimulatorError};

use super::failure::Explained;
use super::{CommandError, Context, Outcome};

/// The folder without `--out`.
const FOLDER: &str = "chatferry-demo";

/// Rows shown of each file.
const ROWS_SHOWN: usize = 3;

/// A believable day: some refusals, some failures, a page that repeats a row.
const FAULTS: &str = "429=2%,500=1%,503=1%,reset=1%,truncate=1%,html=1%,expired-token=1%,repeat-row=2%,\
     empty-page=2%,flaky-404=1%,unknown-key=1%";

/// The demo could not be given.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    /// The simulator did not start.
    #[error("the simulator could not start")]
    Simulator(#[source] SimulatorError),
    /// A file of the demo's folder.
    #[error("cannot use `{}`", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl Explained for DemoError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Failed
    }
}

/// Runs the verb.
pub(super) async fn run(args: &DemoArgs, context: &mut Context) -> Outcome {
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
    fs::create_dir_all(&folder).map_err(|source| DemoError::File { path: folder.clone(), source })?;
    let snapshot = folder.join("snapshot.db");
    let export = folder.join("export");
    remove_former(&snapshot)?;

    let running = start(args).await?;
    say(
        context,
        &format!(
            "A made-up Twilio listens on {} with {} users; it refuses, breaks off and repeats itself now and then.\n",
            running.url(),
            args.users.unwrap_or(Options::default().users)
        ),
    );
    say(context, &format!("1. crawl --service {} --snapshot {}", running.service_sid(), snapshot.display()));
    let crawled = crawl(&running, &snapshot, context).await;
    running.shutdown().await;
    let summary = crawled?;
    say(context, &format!("{}\n", summary.text()));

    say(context, &format!("2. export --snapshot {} --out {}", snapshot.display(), export.display()));
    let report =
        super::export::to_folder(&super::export::plain_args(&snapshot, &export), &snapshot, context)?;
    say(context, &format!("{}\n", super::export::summarize(&report)));

    for file in ["user_channels.csv", "users.csv"] {
        say(context, &first_rows(&export.join(file))?);
    }
    let text = next_steps(&snapshot, &export);
    context.conclude(&summary, &text)?;
    Ok(super::crawl::exit_status(&summary))
}

async fn start(args: &DemoArgs) -> Result<Running, DemoError> {
    let defaults = Options::default();
    let options = Options {
        users: args.users.unwrap_or(defaults.users),
        seed: args.seed.unwrap_or(defaults.seed),
        latency: std::time::Duration::from_millis(20),
        max_concurrent: Some(20),
        faults: FAULTS.parse().expect("the demo's faults are spelled right"),
        ..defaults
    };
    simulator::start(options).await.map_err(DemoError::Simulator)
}

/// Crawls with the settings that a user would export to use the simulator.
async fn crawl(running: &Running, snapshot: &Path, context: &Context) -> Result<CrawlSummary, CommandError> {
    let url = running.url();
    let environment = Environment::of([
        ("TWILIO_ACCOUNT_SID", running.account_sid()),
        ("TWILIO_AUTH_TOKEN", running.auth_token()),
        ("CHATFERRY_CHAT_URL", &url),
        ("CHATFERRY_CONVERSATIONS_URL", &url),
        ("CHATFERRY_RPS", "0"),
        ("CHATFERRY_TEST_BACKOFF_SCALE", "0.2"), // the made-up Twilio recovers at once
    ]);
    let folder = snapshot.parent().unwrap_or(Path::new("."));
    let loader = Loader::new(&GlobalArgs::default(), environment, folder)?;
    let args = CrawlArgs {
        services: vec![running.service_sid().to_owned()],
        snapshot: Some(snapshot.display().to_string()),
        ..CrawlArgs::default()
    };
    let settings = loader.crawl(&args, &mut std::io::empty())?;
    let connection = loader.connection(&ConnectionArgs::default())?;
    let progress = context.progress();
    let stop = context.interrupt.token();
    let crawled = super::crawl::crawl(&settings, &connection, &progress.events(), &stop).await;
    progress.finish();
    crawled
}

/// A demo starts from nothing: its own former snapshot goes, and nothing else.
fn remove_former(snapshot: &Path) -> Result<(), DemoError> {
    match fs::remove_file(snapshot) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(DemoError::File { path: snapshot.to_path_buf(), source })
        }
        _ => Ok(()),
    }
}

/// The beginning of a file, cut to the width of a terminal.
fn first_rows(path: &Path) -> Result<String, DemoError> {
    const WIDTH: usize = 110;
    let wrap = |source| DemoError::File { path: path.to_path_buf(), source };
    let file = BufReader::new(fs::File::open(path).map_err(wrap)?);
    let mut text = format!("{}\n", path.display());
    for line in file.lines().take(ROWS_SHOWN + 1) {
        let line = line.map_err(wrap)?;
        let shown: String = line.chars().take(WIDTH).collect();
        let cut = if shown.len() < line.len() { "…" } else { "" };
        writeln!(text, "  {shown}{cut}").expect("writing to a String does not fail");
    }
    Ok(text)
}

fn next_steps(snapshot: &Path, export: &Path) -> String {
    let (snapshot, export) = (snapshot.display(), export.display());
    format!(
        "Open\n  \
           {export}/user_channels.csv    every user's channels, sorted\n  \
           {export}/datapackage.json     what the files are: columns, rows, SHA-256, the crawl's verdict\n  \
           {snapshot}                    with sqlite3: SELECT * FROM user_channels LIMIT 5\n\
         Run next\n  \
           chatferry snapshot info {snapshot}\n  \
           chatferry export --snapshot {snapshot} --out - --records user_channels --format ndjson\n  \
           export TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=…\n  \
           chatferry probe                           what your own account holds, and what a crawl of it costs"
    )
}

fn say(context: &Context, text: &str) {
    match context.output.log_format {
        LogFormat::Json => tracing::info!("{}", text.trim_end()),
        LogFormat::Text if context.output.quiet => {}
        LogFormat::Text => context.talk.line(text),
    }
}
