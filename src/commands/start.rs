//! From what was typed to the exit status: parse, read settings, run, tell what went wrong.
//!
//! Everything that belongs to the process is given, so a test can run the program without one.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, FromArgMatches};

use crate::cli::setting::declarations::SERVICE;
use crate::cli::setting::{FlagGroup, Flags};
use crate::cli::{self, Cli, ColorWhen, LogFormat};
use crate::error::ExitStatus;
use crate::printable::json;
use crate::report::Stderr;
use crate::report::log::{self, LogOptions};
use crate::report::text::problem::Problem;
use crate::settings::{Environment, Loader, OutputSettings, ResultSettings};
use crate::storage::{Access, Exposure};
use crate::summary::{RunRecord, SummaryError, WhoseRun};

use super::context::KeptResult;
use super::threads::ProgramRuntime;
use super::{Context, Interrupt, Outcome, dispatch};

/// What the program reads and writes.
#[expect(missing_debug_implementations, reason = "writers have none")]
pub struct Streams {
    /// For `-` as an input file.
    pub stdin: Box<dyn Read + Send>,
    /// For data.
    pub stdout: Box<dyn Write + Send>,
    pub stderr: Box<dyn Write + Send>,
    /// Whether stdin is a terminal: whether there is someone to ask.
    pub stdin_is_terminal: bool,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
}

/// Runs the program to its end.
pub fn start(
    arguments: &[OsString],
    environment: Environment,
    folder: &Path,
    mut streams: Streams,
) -> ExitStatus {
    let no_color = environment.has("NO_COLOR") || environment.is_dumb_terminal();
    let (typed, verb, service) = match parse(arguments, no_color, &streams) {
        Ok(typed) => typed,
        Err(error) => return explain(&error, arguments, no_color, &mut streams),
    };
    let colored = |when, terminal| match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => terminal && !no_color,
    };
    let loaded = Loader::new(&typed.global, environment, folder).and_then(|settings| {
        let output = OutputSettings::load(&settings, &typed.global)?;
        if typed.verb.is_of_one_account() {
            settings.require_account()?;
        }
        let result = ResultSettings::load(&settings, &typed.global.settings.flags().and(&service))?;
        Ok((settings, output, result))
    });
    let (settings, output, result) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            let output = OutputSettings::preliminary(&typed.global);
            let color = colored(output.color, streams.stderr_is_terminal);
            let stderr = Stderr::new(streams.stderr, streams.stderr_is_terminal, color);
            log::install(&stderr, log_options(output));
            return conclude(Err(error.into()), output, &stderr, &mut streams.stdout);
        }
    };
    let color = colored(output.color, streams.stderr_is_terminal);
    let stderr = Stderr::new(streams.stderr, streams.stderr_is_terminal, color);
    log::install(&stderr, log_options(output));
    if output.shared {
        Access::share_results();
    }
    let runtime = match ProgramRuntime::start() {
        Ok(runtime) => runtime,
        Err(error) => return conclude(Err(error.into()), output, &stderr, &mut streams.stdout),
    };
    let interrupt = {
        let _entered = runtime.enter();
        let stderr = stderr.clone();
        Interrupt::listen(move |text| match output.log_format {
            LogFormat::Json => tracing::warn!("{text}"),
            LogFormat::Text => stderr.print(text),
        })
    };
    let mut context = Context {
        global: typed.global,
        settings,
        output,
        stdout: streams.stdout,
        stdout_is_terminal: streams.stdout_is_terminal,
        stdout_colored: colored(output.color, streams.stdout_is_terminal),
        stdin: streams.stdin,
        stdin_is_terminal: streams.stdin_is_terminal,
        stderr: stderr.clone(),
        interrupt,
        kept: KeptResult::Unwanted,
    };
    let record = match result.map(|result| begin_record(result, verb)).transpose() {
        Ok(record) => record,
        Err(error) => return conclude(Err(error.into()), output, &stderr, &mut context.stdout),
    };
    if record.is_some() {
        context.kept = KeptResult::Pending;
    }
    for (variable, meant) in context.settings.unknown_variables() {
        tracing::warn!(%variable, meant, "unknown environment variable");
    }
    for (path, exposure) in context.settings.exposed_files() {
        let path = path.display();
        match exposure {
            Exposure::Writable => {
                tracing::warn!(%path, "everyone on this machine can change this settings file: chmod o-w");
            }
            Exposure::Readable => {
                tracing::warn!(%path, "everyone can read this settings file, which says where credentials are: chmod o-r");
            }
        }
    }
    let outcome = runtime.block_on(dispatch(typed.verb, &mut context));
    // A record that cannot be written does not change how the run ended.
    if let Some(record) = record
        && let Err(error) = end_record(record, &outcome, &mut context)
    {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the record of the run is the one of its beginning"
        );
    }
    let status = conclude(outcome, output, &stderr, &mut context.stdout);
    drop(context);
    if output.findings_ok && status == ExitStatus::Findings { ExitStatus::Done } else { status }
}

fn begin_record(settings: ResultSettings, verb: String) -> Result<RunRecord, SummaryError> {
    let ResultSettings { path, account, account_sid, services } = settings;
    RunRecord::begin(path, WhoseRun { verb, account, account_sid, services })
}

fn end_record(record: RunRecord, outcome: &Outcome, context: &mut Context) -> Result<(), SummaryError> {
    let result = std::mem::take(&mut context.kept).into_result();
    match outcome {
        Ok(status) => record.end(*status, result, None),
        Err(error) if error.is_broken_pipe() => record.end(ExitStatus::Done, result, None),
        Err(error) => record.end(error.status, result, serde_json::to_value(error.problem()).ok()),
    }
}

fn log_options(output: OutputSettings) -> LogOptions {
    LogOptions { json: output.log_format == LogFormat::Json, verbose: output.verbose, quiet: output.quiet }
}

/// Reports how it ended, where the verb did not.
fn conclude(outcome: Outcome, output: OutputSettings, stderr: &Stderr, stdout: &mut dyn Write) -> ExitStatus {
    let error = match outcome {
        Ok(status) => return status,
        // The reader of stdout closed it, as `head` does; that is not an error.
        Err(error) if error.is_broken_pipe() => return ExitStatus::Done,
        Err(error) => error,
    };
    let problem = error.problem();
    if output.log_format == LogFormat::Json {
        problem.log();
    } else {
        problem.print(stderr);
    }
    if output.json && !error.has_object && write_object(&problem, stdout).is_err() {
        tracing::debug!("stdout is gone");
    }
    error.status
}

fn write_object(problem: &Problem, stdout: &mut dyn Write) -> io::Result<()> {
    let object = serde_json::json!({ "error": problem });
    let text = json::to_string_pretty(&object)?;
    stdout.write_all(text.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// What `--dry-run` is called here. People look for it under that name.
const DRY_RUN: &str = "there is no dry run to ask for: `chatferry plan` is the dry run. It only reads, and `chatferry apply` performs \
     that plan and nothing else";

/// Adds a tip where someone looks for a dry run.
fn advised(mut error: clap::Error) -> clap::Error {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if error.kind() == ErrorKind::UnknownArgument => {
            argument.as_str()
        }
        _ => "",
    };
    if ["--dry-run", "--dryrun", "--dry_run"].contains(&unknown) {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![DRY_RUN.into()]));
    }
    error
}

/// What was typed, the name of the verb, and the service that it was given.
fn parse(
    arguments: &[OsString],
    no_color: bool,
    streams: &Streams,
) -> Result<(Cli, String, Flags), clap::Error> {
    let color = match color_typed(arguments) {
        Some(ColorWhen::Always) => ColorChoice::Always,
        Some(ColorWhen::Auto) | None if streams.stdout_is_terminal && !no_color => ColorChoice::Always,
        Some(_) | None => ColorChoice::Never,
    };
    let matches = cli::command().color(color).try_get_matches_from(arguments).map_err(advised)?;
    let verb = matches.subcommand_name().unwrap_or_default().to_owned();
    let service = Flags::of_any_verb(&matches, &SERVICE);
    Ok((Cli::from_arg_matches(&matches)?, verb, service))
}

/// Help and version go to stdout and are no error; the rest is wrong usage.
fn explain(error: &clap::Error, arguments: &[OsString], no_color: bool, streams: &mut Streams) -> ExitStatus {
    let shown = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let terminal = if shown { streams.stdout_is_terminal } else { streams.stderr_is_terminal };
    let colored = match color_typed(arguments) {
        Some(ColorWhen::Always) => true,
        Some(ColorWhen::Never) => false,
        Some(ColorWhen::Auto) | None => terminal && !no_color,
    };
    let styled = error.render();
    let text = if colored { styled.ansi().to_string() } else { styled.to_string() };
    if shown {
        let written = streams.stdout.write_all(text.as_bytes()).and_then(|()| streams.stdout.flush());
        return match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitStatus::Failed,
            _ => ExitStatus::Done,
        };
    }
    let mut written = streams.stderr.write_all(text.as_bytes()).and_then(|()| streams.stderr.flush());
    if before_dashes(arguments).any(|argument| argument == "--json") {
        let problem = usage_problem(&error.render().to_string());
        written = written.and(write_object(&problem, &mut streams.stdout));
    }
    // Without a reader the exit code still says it.
    written.map_or(ExitStatus::Usage, |()| ExitStatus::Usage)
}

/// clap's message as an object: its first line, and its tip if it has one.
fn usage_problem(rendered: &str) -> Problem {
    let first = rendered.lines().next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    let hint = rendered.lines().find_map(|line| line.trim_start().strip_prefix("tip: ")).map(str::to_owned);
    Problem { message, causes: Vec::new(), hint, exit_code: ExitStatus::Usage.code() }
}

/// `--color` as typed, found before clap parses: it decides how clap itself speaks.
fn color_typed(arguments: &[OsString]) -> Option<ColorWhen> {
    let mut typed = None;
    let mut arguments = before_dashes(arguments).peekable();
    while let Some(argument) = arguments.next() {
        let value = match argument.to_str()?.strip_prefix("--color") {
            Some("") => arguments.peek().and_then(|next| next.to_str()),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        match value {
            Some("always") => typed = Some(ColorWhen::Always),
            Some("never") => typed = Some(ColorWhen::Never),
            Some("auto") => typed = Some(ColorWhen::Auto),
            _ => {}
        }
    }
    typed
}

fn before_dashes(arguments: &[OsString]) -> impl Iterator<Item = &OsString> {
    arguments.iter().take_while(|argument| *argument != "--")
}
