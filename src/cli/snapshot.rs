//! `chatferry snapshot`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::PageArgs;
use super::setting::flag_group;

flag_group!(pub(crate) SnapshotFlags: SNAPSHOT; where |flag| flag.conflicts_with("file"));

/// Look at a snapshot file.
///
/// It is only read, and no network is used.
#[derive(Debug, Clone, Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  chatferry snapshot info\n  chatferry snapshot check old.db --json"
)]
pub(crate) struct SnapshotArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub verb: SnapshotVerb,
}

/// What can be done with a snapshot.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SnapshotVerb {
    /// Tell what it holds, when it was taken, and how complete it is
    ///
    /// The page of --report has the evidence, the largest channels and the roles too.
    Info(SnapshotInfoArgs),
    /// Check the file, its references and its verdict
    ///
    /// Exit code 0 when all is well, 4 when the crawl is incomplete, 5 when something does not agree, 2 when the file is not a
    /// snapshot that can be read.
    Check(SnapshotFile),
}

/// Which snapshot, and where its page is written.
#[derive(Debug, Clone, Args)]
pub(crate) struct SnapshotInfoArgs {
    #[command(flatten)]
    pub file: SnapshotFile,
    #[command(flatten)]
    pub page: PageArgs,
}

/// Which snapshot.
#[derive(Debug, Clone, Args)]
pub(crate) struct SnapshotFile {
    /// The snapshot file, as --snapshot
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SnapshotFlags,
}
