//! `chatferry completions`

use clap::Args;
use clap_complete::Shell;

/// Print the completion script of a shell.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Example:\n  chatferry completions bash > ~/.local/share/bash-completion/completions/chatferry"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}
