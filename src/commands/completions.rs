//! `chatferry completions`: the completion script of a shell.

use crate::cli::{self, CompletionsArgs};
use crate::error::ExitStatus;

use super::{Context, Outcome};

/// Prints the script.
pub(super) fn run(args: &CompletionsArgs, context: &mut Context) -> Outcome {
    // Into memory first: the generator panics where its writer fails, and a pipe may be closed early.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(), "chatferry", &mut script);
    if context.output.json {
        let script = String::from_utf8_lossy(&script);
        context.json(&serde_json::json!({ "shell": args.shell.to_string(), "script": script }))?;
    } else {
        context.data(&script)?;
    }
    Ok(ExitStatus::Done)
}
