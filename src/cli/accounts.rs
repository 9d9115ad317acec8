//! `chatferry accounts`

use clap::{Args, Subcommand};

/// Check the accounts of an accounts file
///
/// The file is the one of --accounts. Every other verb works for one of its accounts: the one of --account.
#[derive(Debug, Clone, Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  chatferry accounts check --accounts accounts.toml\n  chatferry crawl --accounts accounts.toml --account acme"
)]
pub(crate) struct AccountsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: AccountsVerb,
}

/// What can be done with accounts.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum AccountsVerb {
    /// Try each account as `probe` does, and print a line for each
    ///
    /// The exit code is the worst of all: 2 wrong settings, 3 refused by Twilio, 1 does not answer, 0 all answer.
    Check,
}
