//! What a user may type: clap types only, one file for each verb. Doc comments are the help.
//!
//! Values stay text here. `settings` turns them into what the program works with, by the same parsers that read the
//! environment and `chatferry.toml`, so a value is right or wrong in the same way wherever it came from.
//!
//! To add a verb: its file here, its variant in [`Verb`] at its place in the order of use, its file and its line in `commands`, and its
//! flags' keys in `settings::keys`. A verb is offered when it works, not before.
//!
//! **Invariant:** no defaults. A flag that was not given is `None`, so that environment and file can be asked next;
//! the defaults are in `settings::keys`.
//!
//! **Invariant:** no flag takes a secret as its value: values of flags are seen by every process of the machine.

pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod connection;
pub(crate) mod crawl;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod global;
pub(crate) mod man;
pub(crate) mod mapping;
pub(crate) mod plan;
pub(crate) mod probe;
pub(crate) mod simulate;
pub(crate) mod snapshot;
pub(crate) mod verify;

use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use apply::ApplyArgs;
pub(crate) use audit::AuditArgs;
pub(crate) use completions::CompletionsArgs;
pub(crate) use config::ConfigArgs;
pub use connection::ConnectionArgs;
pub(crate) use crawl::CrawlArgs;
pub(crate) use demo::DemoArgs;
pub(crate) use diff::{DiffArgs, DiffFormat};
pub(crate) use export::ExportArgs;
pub use global::GlobalArgs;
pub(crate) use global::{ColorWhen, LogFormat, ProgressStyle};
pub(crate) use man::ManArgs;
pub(crate) use mapping::MappingArgs;
pub(crate) use plan::PlanArgs;
pub(crate) use probe::ProbeArgs;
pub(crate) use simulate::SimulateArgs;
pub(crate) use snapshot::SnapshotArgs;
pub(crate) use verify::{VerifyArgs, VerifyFormat};

/// Get a Twilio Programmable Chat service out, and over to Conversations, completely and politely.
///
/// chatferry reads a service with its users, channels and memberships into one snapshot file, and writes from
/// it what other systems load, or plans a migration, item by item. It goes on where it stopped, and it says what is missing.
/// Only `apply` changes anything at Twilio: it performs a plan that was reviewed, and nothing else.
#[derive(Debug, Parser)]
#[command(
    name = "chatferry",
    version,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "`chatferry VERB --help` explains a verb, with examples. `chatferry --help` says more than `-h`.",
    after_long_help = MAIN_HELP
)]
pub(crate) struct Cli {
    /// What every verb understands.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs: one for each stage, in the order in which they are used.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Probe(ProbeArgs),
    Crawl(CrawlArgs),
    Export(ExportArgs),
    Plan(PlanArgs),
    Apply(ApplyArgs),
    Verify(VerifyArgs),
    Mapping(MappingArgs),
    Snapshot(SnapshotArgs),
    Diff(DiffArgs),
    Audit(Box<AuditArgs>),
    Simulate(SimulateArgs),
    Demo(DemoArgs),
    Config(ConfigArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

const MAIN_HELP: &str = "\
Quick start:
  chatferry demo                                  see it work, nothing needed
  export TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=…
  chatferry probe                                 what is there, what a crawl costs
  chatferry crawl --service IS…                   read it into snapshot.db
  chatferry plan --target in-place                what moving to Conversations takes
  chatferry apply                                 do it, after asking
  chatferry verify                                is everything there as it should be?

Settings come from flags, then the environment (CHATFERRY_CHAT_URL is --chat-url), then
chatferry.toml, then defaults; `chatferry config` shows which.

Exit codes:
    0  done, and nothing is wrong
    1  failed for a reason with no better code
    2  wrong usage, settings, mapping or input file; nothing was started
    3  Twilio refused the credentials or the permission
    4  incomplete: what was done is kept, running it again goes on from there
    5  done, and there is something to see: differences, changes, drift
  130  interrupted: what was done is kept, running it again goes on from there";

/// The command as clap builds it, for completions, manual pages and tests.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests;
