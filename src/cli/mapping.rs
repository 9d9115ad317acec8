//! `chatferry mapping`: the flags, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// List, show and check mapping files
///
/// A mapping says which records an export has, which columns, and where each value comes from. The bundled ones are files
/// like any other: show one, change the copy, and export with it.
#[derive(Debug, Args)]
pub(crate) struct MappingArgs {
    /// What to do
    #[command(subcommand)]
    pub action: MappingAction,
}

/// What to do with mappings.
#[derive(Debug, Subcommand)]
pub(crate) enum MappingAction {
    /// List the bundled mappings and their records
    List,
    /// Print a bundled mapping's file, to read it or to begin one of your own
    Show {
        /// A bundled mapping
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Check a mapping: compile it, and try every expression on made-up rows and on those of a snapshot
    Check {
        /// A mapping file, or a bundled mapping
        #[arg(value_name = "FILE")]
        file: String,
        /// Show what the mapping gives for the first rows of this snapshot
        #[arg(long, value_name = "FILE")]
        snapshot: Option<PathBuf>,
        /// How many rows of each record to show
        #[arg(long, value_name = "N", default_value_t = 3)]
        rows: usize,
    },
}
