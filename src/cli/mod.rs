//! What a user may type: clap types only, one file for each verb. Doc comments are the help.
//!
//! Values stay text here. `settings` turns them into what the program works with, by the same parsers that read the
//! environment and `chatferry.toml`, so a value is right or wrong in the same way wherever it came from.
//!
//! A flag that is a setting too, with a variable and a key of the settings file, is declared in [`setting`], and a verb names it in its
//! flag group. A flag of one verb only is a field of the verb's arguments.
//!
//! To add a verb: its file here, its variant in [`Verb`] at its place in the order of use, its file in `settings`, its file and its
//! line in `commands`. A verb is offered when it works, not before.
//!
//! **Invariant:** a setting's flag has no default here: environment and file are asked next, and the declaration has the default.
//!
//! **Invariant:** no flag takes a secret as its value: values of flags are seen by every process of the machine.

pub(crate) mod accounts;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod browse;
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
pub(crate) mod page;
pub(crate) mod plan;
pub(crate) mod probe;
pub(crate) mod rehearse;
pub(crate) mod setting;
pub(crate) mod show;
pub(crate) mod simulate;
pub(crate) mod snapshot;
pub(crate) mod subject;
pub(crate) mod summary;
pub(crate) mod user_channel;
pub(crate) mod verify;

use clap::builder::StyledStr;
use std::fmt::Write as _;

use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use accounts::{AccountsArgs, AccountsVerb};
pub(crate) use apply::ApplyArgs;
pub(crate) use audit::AuditArgs;
pub(crate) use browse::BrowseArgs;
pub(crate) use completions::CompletionsArgs;
pub(crate) use config::ConfigArgs;
pub use connection::ConnectionArgs;
pub(crate) use crawl::CrawlArgs;
pub(crate) use demo::DemoArgs;
pub(crate) use diff::{DiffArgs, DiffFormat};
pub(crate) use export::ExportArgs;
pub use global::GlobalArgs;
pub(crate) use man::ManArgs;
pub(crate) use mapping::MappingArgs;
pub(crate) use page::PageArgs;
pub(crate) use plan::PlanArgs;
pub(crate) use probe::ProbeArgs;
pub(crate) use rehearse::RehearseArgs;
pub(crate) use setting::{ColorWhen, LogFormat, ProgressStyle};
pub(crate) use show::ShowArgs;
pub(crate) use simulate::SimulateArgs;
pub(crate) use snapshot::SnapshotArgs;
pub(crate) use subject::SubjectArgs;
pub(crate) use summary::{SummaryArgs, SummaryFormat};
pub(crate) use user_channel::UserChannelArgs;
pub(crate) use verify::{VerifyArgs, VerifyFormat};

/// Get a Twilio Programmable Chat service out, and over to Conversations, completely and politely
///
/// chatferry reads a service with its users, channels and memberships into one snapshot file, and writes from
/// it what other systems load, or plans a migration, item by item. It resumes where it stopped, and it says what is missing.
/// Only `apply` changes anything at Twilio: it performs a plan that was reviewed, and nothing else.
#[derive(Debug, Parser)]
#[command(
    name = "chatferry",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "`chatferry help VERB` explains a verb, with examples. `chatferry --help` says more than `-h`.",
    after_long_help = MAIN_HELP
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs: one for each stage, in the order in which they are used.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Probe(ProbeArgs),
    Crawl(CrawlArgs),
    Export(ExportArgs),
    UserChannel(UserChannelArgs),
    Subject(SubjectArgs),
    Plan(PlanArgs),
    Rehearse(RehearseArgs),
    Apply(ApplyArgs),
    Verify(VerifyArgs),
    Mapping(MappingArgs),
    Snapshot(SnapshotArgs),
    Show(ShowArgs),
    Browse(BrowseArgs),
    Diff(DiffArgs),
    Audit(Box<AuditArgs>),
    Accounts(AccountsArgs),
    Summary(SummaryArgs),
    Simulate(SimulateArgs),
    Demo(DemoArgs),
    Config(ConfigArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

impl Verb {
    /// Whether it is about one account's data or settings. Where there is an accounts file, such a verb needs the choice of one.
    pub(crate) fn is_of_one_account(&self) -> bool {
        !matches!(
            self,
            Self::Accounts(_)
                | Self::Summary(_)
                | Self::Mapping(_)
                | Self::Diff(_)
                | Self::Simulate(_)
                | Self::Demo(_)
                | Self::Config(_)
                | Self::Completions(_)
                | Self::Man(_)
        )
    }
}

const MAIN_HELP: &str = "\
Quick start:
  chatferry demo                                  see it work without an account
  export TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=…
  chatferry probe                                 what is there, what a crawl costs
  chatferry crawl --service IS…                   read it into snapshot.db
  chatferry plan --target in-place                what moving to Conversations takes
  chatferry rehearse                              try it on this machine: what would fail
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
    let command = Cli::command();
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let template = template(&command);
    let folded = |verb: clap::Command| {
        // `chatferry help plan show` does what `chatferry plan help show` would.
        let verb = verb.disable_help_subcommand(true);
        if verb.get_after_long_help().is_some() && verb.get_after_help().is_none() {
            verb.after_help(FOLDED)
        } else {
            verb
        }
    };
    let command = verbs.into_iter().fold(command, |command, name| command.mut_subcommand(name, folded));
    command.help_template(template)
}

const FOLDED: &str = "Flags that verbs share, examples and exit codes are in `--help`.";

/// The verbs in the groups of the help. A verb that is in none stands in the last.
const GROUPS: [(&str, &[&str]); 3] = [
    ("Read and export", &["probe", "crawl", "export", "user-channel", "subject"]),
    ("Migrate", &["plan", "rehearse", "apply", "verify"]),
    ("Keep watch", &["audit", "accounts", "summary", "diff", "snapshot", "show", "browse"]),
];
const OTHER_GROUP: &str = "Try and set up";

/// The help of the program: what clap makes of it, but for the verbs, which it would list without groups.
fn template(command: &clap::Command) -> StyledStr {
    let styles = command.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let widest = command.get_subcommands().map(|verb| verb.get_name().len()).max().unwrap_or(0);
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    let grouped = |name: &str| GROUPS.iter().any(|(_, verbs)| verbs.contains(&name));
    let groups = GROUPS.iter().map(|(title, _)| *title).chain([OTHER_GROUP]);
    for (index, title) in groups.enumerate() {
        writeln!(text, "\n{header}{title}:{header:#}").expect("writing to a text cannot fail");
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let name = verb.get_name();
            let here = GROUPS.get(index).map_or(!grouped(name), |(_, verbs)| verbs.contains(&name));
            if here {
                let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
                let space = " ".repeat(widest + 2 - name.len());
                writeln!(text, "  {literal}{name}{literal:#}{space}{about}")
                    .expect("writing to a text cannot fail");
            }
        }
    }
    write!(text, "\n{header}Options:{header:#}\n{{options}}{{after-help}}")
        .expect("writing to a text cannot fail");
    StyledStr::from(text)
}

#[cfg(test)]
mod tests;
