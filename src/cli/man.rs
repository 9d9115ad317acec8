//! `chatferry man`

use std::path::PathBuf;

use clap::Args;

/// Print the manual page, or write one page per verb.
#[derive(Debug, Default, Clone, Args)]
#[command(
    after_help = "Examples:\n  chatferry man | man -l -\n  chatferry man --out /usr/local/share/man/man1"
)]
pub(crate) struct ManArgs {
    /// Write one page per verb into this folder, which is made if need be
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
