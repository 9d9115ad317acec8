//! The page that a verb writes beside its result.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Where the page goes, and whether it is opened.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct PageArgs {
    /// Also write a page for people to this file
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// Open the page in the browser
    #[arg(long, requires = "report")]
    pub open: bool,
}
