//! `chatferry subject`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::ConnectionArgs;
use super::connection::credentials_help;
use super::setting::flag_group;

flag_group!(pub(crate) SubjectFlags: SERVICE, SOURCE);

/// Write everything about one person to a folder: a page and the records
///
/// The user, its memberships and read positions, roles, invitations, push notification bindings and the messages that it wrote. With
/// --snapshot they are taken from a file; otherwise they are read from Twilio, the person's own records and lists only. Nothing of
/// other people is written; with --context also when others wrote in the person's channels, without their names and texts. What
/// could not be read, or is not in the snapshot, is named in the page, in `datapackage.json` and in the result.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = SUBJECT_HELP)]
pub(crate) struct SubjectArgs {
    /// The person: a SID (`US…`) or an identity
    #[arg(value_name = "WHO")]
    pub who: String,
    /// The folder to write: a new or an empty one
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Take the records from this snapshot, and ask Twilio nothing
    #[arg(id = "subject_snapshot", long = "snapshot", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub snapshot: Option<PathBuf>,
    /// Also write when others wrote in the person's channels, with numbers for names and lengths for texts
    #[arg(long)]
    pub context: bool,
    /// Until when the files are kept: a day such as `2027-01-31`, which datapackage.json states
    #[arg(long, value_name = "DATE")]
    pub retain_until: Option<String>,
    #[command(flatten)]
    pub settings: SubjectFlags,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

const SUBJECT_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry subject ann@example.org --out ann                        from Twilio, with few requests
  chatferry subject US… --out ann --snapshot snapshot.db             from a snapshot, without any
  chatferry subject ann@example.org --out ann --context --retain-until 2027-01-31

Exit codes:
  0 written, and nothing is missing · 2 wrong usage, or no such person · 3 refused by Twilio · 4 written, and what is missing is
  named in it; or stopped: run it again · 5 written; data changed while it was read · 130 interrupted, run it again"
);
