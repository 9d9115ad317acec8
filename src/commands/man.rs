//! `chatferry man`: manual pages, made of the same text as `--help`.

use std::io;
use std::path::Path;

use crate::cli::{self, ManArgs};
use crate::error::ExitStatus;
use crate::report::text::man::{ManError, written};

use super::failure::StdoutError;
use super::{Context, Outcome};

/// Prints the page of the program, or writes one page for each verb.
pub(super) fn run(args: &ManArgs, context: &mut Context) -> Outcome {
    match &args.out {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(cli::command()).render(&mut page).map_err(StdoutError)?;
            if context.output.json {
                context.json(&serde_json::json!({ "page": String::from_utf8_lossy(&page) }))?;
            } else {
                context.data(&page)?;
            }
        }
        Some(folder) => {
            write(folder).map_err(|source| ManError { folder: folder.clone(), source })?;
            context.conclude(&serde_json::json!({ "out": folder.display().to_string() }), written(folder))?;
        }
    }
    Ok(ExitStatus::Done)
}

fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(cli::command(), folder)
}
