//! `chatferry probe`

use clap::Args;

use super::ConnectionArgs;
use super::connection::credentials_help;
use super::setting::flag_group;

flag_group!(
    pub(crate) ProbeFlags: SERVICE, SOURCE, INCLUDE;
    where |flag| match flag.get_id().as_str() {
        "service" => flag.help("Service (`IS…`); may be repeated [default: every service of the account]"),
        _ => flag,
    }
);

/// Ask what answers, how much there is, and what a crawl would cost
///
/// Without --service it looks at every service of the account. Reports whether Chat and Conversations answer for these credentials, the limits of each service, how many users and
/// channels it has, and how many requests a crawl takes and how long at the allowed rate; memberships are priced both ways,
/// by user and by channel. It only reads.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = PROBE_HELP)]
pub(crate) struct ProbeArgs {
    #[command(flatten)]
    pub settings: ProbeFlags,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

const PROBE_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry probe                          every service of the account
  chatferry probe --service IS… --json     for scripts

Exit codes:
  0 what a crawl would read answers · 1 it does not · 2 wrong usage or settings · 3 refused by Twilio"
);
