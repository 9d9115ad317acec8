//! `chatferry demo`

use std::path::PathBuf;

use clap::Args;

/// See all of it at work, against a made-up Twilio on this machine.
///
/// Starts the simulator with a few hundred users, what real accounts have and is hard to migrate, and some faults, crawls it, exports it, plans its migration in place, then
/// plans a copy into an empty service, rehearses that plan, applies it and verifies it. Says of each step how to type it, and at the end
/// what to open and what to run next. It needs no account and no network. Files of a former demo are replaced.
#[derive(Debug, Default, Clone, Args)]
#[command(after_help = "Example:\n  chatferry demo --users 2000 --out big-demo\n\n\
    Exit codes:\n  0 every step is complete, and the copy is the same · otherwise that of the first step that is not")]
pub(crate) struct DemoArgs {
    /// The folder to write to [default: chatferry-demo]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How many users to make up [default: 300]
    #[arg(long, value_name = "N")]
    pub users: Option<u32>,
    /// Which made-up world; the same number gives the same data [default: 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}
