//! `chatferry crawl`

use clap::Args;

use super::ConnectionArgs;
use super::connection::credentials_help;
use super::setting::flag_group;

flag_group!(
    pub(crate) CrawlFlags: SERVICE, ALL_SERVICES, SNAPSHOT, SOURCE, INCLUDE, USERS, CROSS_CHECK;
    where |flag| if flag.get_id() == "service" { flag.conflicts_with("all_services") } else { flag }
);

/// Read a Chat or Conversations service into a snapshot file, or resume one
///
/// Every page is committed as it arrives: after an interruption, a crash or `--max-duration` the same command resumes
/// where it stopped. At the end, what was received is checked against the counts that Twilio gives, and the
/// verdict is written into the snapshot. On a finished snapshot the command does nothing and says so.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = CRAWL_HELP)]
pub(crate) struct CrawlArgs {
    #[command(flatten)]
    pub settings: CrawlFlags,
    /// Start over; an older snapshot file is replaced only when the new one is finished
    #[arg(long)]
    pub restart: bool,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

const CRAWL_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry crawl --service IS…                            into snapshot.db
  chatferry crawl --all-services --max-duration 6h         stop after a night, resume the next
  chatferry crawl --service IS… --users leavers.txt        a few users only
  chatferry crawl --service IS… --include users,channels,user-channels --cross-check 1/7
  chatferry crawl --service IS… --source conversations     what Conversations shows of it
  chatferry crawl --service IS… --rps 20 --concurrency 4   beside a busy live app

Exit codes:
  0 complete · 2 wrong usage or settings · 3 refused by Twilio · 4 incomplete, run it again ·
  5 complete, but data changed meanwhile (drift) · 130 interrupted, run it again"
);
