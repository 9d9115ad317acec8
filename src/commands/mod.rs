//! One `run` for each verb, and what they share. The only place where stages are joined.
//!
//! To add a verb: its file in `cli`, its variant in [`Verb`], its file here, its line in `dispatch`.

mod completions;
mod config;
pub mod context;
pub mod failure;
pub mod interrupt;
mod man;
mod start;

use crate::cli::Verb;
use crate::error::ExitStatus;

pub use context::Context;
pub use failure::{CommandError, Explained, StdoutError};
pub use interrupt::Interrupt;
pub use start::{Streams, start};

/// How every verb ends.
pub type Outcome = Result<ExitStatus, CommandError>;

/// A verb whose stages are not joined in this build.
#[derive(Debug, thiserror::Error)]
#[error("`{verb}` is not part of this build")]
struct NotInThisBuild {
    verb: &'static str,
}

/// Runs the verb.
async fn dispatch(verb: Verb, context: &mut Context) -> Outcome {
    let missing = |verb| Err(CommandError::new(ExitStatus::Failed, NotInThisBuild { verb }));
    match verb {
        Verb::Probe(_) => missing("probe"),
        Verb::Crawl(_) => missing("crawl"),
        Verb::Snapshot(_) => missing("snapshot"),
        Verb::Demo(_) => missing("demo"),
        Verb::Config(args) => config::run(&args, context),
        Verb::Completions(args) => completions::run(&args, context),
        Verb::Man(args) => man::run(&args, context),
    }
}

#[cfg(test)]
mod tests;
