//! `chatferry simulate`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Serve an embedded Twilio on this machine, to try things out and to test against.
///
/// Programmable Chat v2 and Conversations v1, which show the same objects, on 127.0.0.1. The account is made from a seed: the
/// same seed and sizes give the same SIDs, rows and credentials. Or it is your own, as a snapshot has it. There are an empty
/// service in the same account and one in another account too. It prints where it listens, then the environment to use it
/// with, and serves until Ctrl-C. What it saw is at /simulator/stats, as JSON, and what was written at /simulator/writes, one
/// JSON object a line.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = SIMULATE_HELP)]
pub(crate) struct SimulateArgs {
    /// Port on 127.0.0.1; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Serve what this snapshot has: its services, under their own SIDs. No secret is asked for; nothing is written to it
    #[arg(
        long,
        value_name = "SNAPSHOT",
        help_heading = "Account",
        conflicts_with_all = ["users", "channels", "memberships", "world"]
    )]
    pub load: Option<PathBuf>,
    /// With --load, serve this reading of a target too, such as a plan's `.target.db`
    #[arg(long, value_name = "SNAPSHOT", help_heading = "Account", requires = "load")]
    pub target: Option<PathBuf>,
    /// Makes another account
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Account")]
    pub seed: u64,
    /// Users of the service
    #[arg(long, value_name = "N", default_value_t = 300, help_heading = "Account")]
    pub users: u32,
    /// Channels of the service
    #[arg(long, value_name = "N", default_value_t = 120, help_heading = "Account")]
    pub channels: u32,
    /// Channels of a user, on average; some have none, some hundreds
    #[arg(long, value_name = "N", default_value_t = 12, help_heading = "Account")]
    pub memberships: u32,
    /// What the service has besides: `real` adds one object of each kind that real accounts have and that is hard to migrate,
    /// `plain` nothing
    #[arg(long, value_name = "WORLD", value_enum, default_value_t = SimulatedWorld::Real, help_heading = "Account")]
    pub world: SimulatedWorld,
    /// How long each answer takes
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Server")]
    pub latency_ms: u32,
    /// Answer 429 above N requests in any second
    #[arg(long, value_name = "N", help_heading = "Server")]
    pub rate: Option<u32>,
    /// Answer 429 above N requests in flight
    #[arg(long, value_name = "N", help_heading = "Server")]
    pub max_concurrent: Option<u32>,
    /// Answer 429 above N writes in any second to one conversation, or to the service itself
    #[arg(long, value_name = "N", help_heading = "Server")]
    pub write_rate: Option<u32>,
    /// Send `Retry-After` with a 429 of these limits
    #[arg(long, value_name = "SECONDS", help_heading = "Server")]
    pub retry_after: Option<u32>,
    /// Pretend N more requests in flight in `Twilio-Concurrent-Requests`, as of a live app
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Server")]
    pub background_load: u32,
    /// Name this server in URLs of answers, not Twilio's hosts
    #[arg(long, help_heading = "Server")]
    pub own_urls: bool,
    /// Never compress answers
    #[arg(long, help_heading = "Server")]
    pub no_gzip: bool,
    /// Keep no log of writes and no count of what was created: both grow with each
    #[arg(long, help_heading = "Server")]
    pub no_write_log: bool,
    /// What goes wrong, such as `429=3%,reset=1%,loop-user=1` (see below)
    #[arg(long, value_name = "SPEC", default_value = "", hide_default_value = true, help_heading = "Server")]
    pub faults: String,
}

/// The simulator's own kinds of world, as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulatedWorld {
    Plain,
    Real,
}

const SIMULATE_HELP: &str = "\
Faults, separated by commas; the same seed gives the same faults:
  of an attempt   429=P% 500=P% 502=P% 503=P% 504=P% reset=P% truncate=P% html=P% timeout=P%
                  expired-token=P% flaky-404=P% lost-answer=P% accepted-503=P%
                  (429 and 503 may add :retry-after=SECONDS; one request has three at most, then it passes)
  of a page       repeat-row=P% empty-page=P% short-page=P%
  of a row        unknown-enum=P% unknown-key=P% wrong-type=P%
  singled out     loop-user=N vanish-user=N vanish-channel=N hidden-row=N changing=N
  for good        unauthorized-after=N forbidden-after=N gateway-403=N chat-gone=N
                  create-404=P% stays-public=P% forbid=PATH ignore=PARAMETER
                  (PATH is the end of a path, `*` any segment, a final `/**` all below; both may come again)
  of a batch      batch-refused=STATUS batch-drops=KEY batch-fails=P% batch-closes=P%
                  (of ConversationWithParticipants; KEY is one of a participant, such as `role_sid`)
  of media        media-gone=P% media-resized=P% media-private=P% media-redirect=P%
  hostile         big-body=P% gzip-bomb=P% slow-body=P% endless-list=N escapes=P%
                  endless=PATH (lists; `same-rows:`, `empty-pages:` or `new-rows:` may stand before PATH)

Example:
  chatferry simulate --users 5000 --latency-ms 20 --max-concurrent 20 --faults 503=1%,reset=1%";
