//! `demo`: all of it against the simulator.

use crate::cli::DemoArgs;

use super::{Context, Outcome};

/// Runs the verb.
pub(super) async fn run(_args: &DemoArgs, _context: &mut Context) -> Outcome {
    Ok(crate::error::ExitStatus::Done)
}
