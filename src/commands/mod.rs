//! One `run` for each verb, and what they share. The only place where stages are joined.
//!
//! To add a verb: its file in `cli`, its variant in [`Verb`], its file here, its line in `dispatch`.

mod accounts;
mod apply;
mod audit;
mod browse;
mod completions;
mod config;
mod connect;
pub(crate) mod context;
mod crawl;
mod demo;
mod diff;
mod difference_reports;
mod export;
pub(crate) mod failure;
pub(crate) mod interrupt;
mod man;
mod mapping;
mod page;
mod plan;
mod planned;
mod probe;
pub(crate) mod read_target;
mod rehearse;
mod show;
mod simulate;
mod snapshot;
mod source;
mod start;
mod subject;
mod summary;
mod threads;
mod user_channel;
mod verify;

use crate::cli::Verb;
use crate::error::ExitStatus;

pub(crate) use context::Context;
pub use failure::CommandError;
pub(crate) use interrupt::Interrupt;
pub use start::{Streams, start};

/// How every verb ends.
pub(crate) type Outcome = Result<ExitStatus, CommandError>;

async fn dispatch(verb: Verb, context: &mut Context) -> Outcome {
    match verb {
        Verb::Probe(args) => probe::run(&args, context).await,
        Verb::Crawl(args) => crawl::run(&args, context).await,
        Verb::Snapshot(args) => snapshot::run(&args, context),
        Verb::Show(args) => show::run(&args, context),
        Verb::Browse(args) => browse::run(&args, context).await,
        Verb::Audit(args) => audit::run(&args, context).await,
        Verb::Accounts(args) => accounts::run(&args, context).await,
        Verb::Summary(args) => summary::run(&args, context),
        Verb::Diff(args) => diff::run(&args, context),
        Verb::Export(args) => export::run(&args, context).await,
        Verb::UserChannel(args) => user_channel::run(&args, context).await,
        Verb::Subject(args) => subject::run(&args, context).await,
        Verb::Plan(args) => plan::run(&args, context).await,
        Verb::Rehearse(args) => rehearse::run(&args, context),
        Verb::Apply(args) => apply::run(&args, context).await,
        Verb::Verify(args) => verify::run(&args, context).await,
        Verb::Mapping(args) => mapping::run(&args, context),
        Verb::Simulate(args) => simulate::run(&args, context).await,
        Verb::Demo(args) => Box::pin(demo::run(&args, context)).await,
        Verb::Config(args) => config::run(&args, context),
        Verb::Completions(args) => completions::run(&args, context),
        Verb::Man(args) => man::run(&args, context),
    }
}

#[cfg(test)]
mod tests;
