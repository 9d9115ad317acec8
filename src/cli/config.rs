//! `chatferry config`

use clap::Args;

use super::ConnectionArgs;

/// Show every setting in force and where it came from.
///
/// Secrets are shown as `set` or `not set`. A secret command is not run, a secret file is not read.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = CONFIG_HELP)]
pub(crate) struct ConfigArgs {
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

const CONFIG_HELP: &str = "\
The settings file is TOML. Its keys are the flags with `_` for `-`; a profile overrides the top:

  service = [\"IS…\"]
  rps = 50
  secret_command = \"pass show twilio\"

  [profiles.staging]
  account_sid = \"AC…\"
  chat_url = \"http://127.0.0.1:8080\"

Flags win over the environment, the environment over the file, the file over the defaults.
Every flag that is listed has a variable: CHATFERRY_RPS is --rps. CHATFERRY_CONFIG and
CHATFERRY_PROFILE are --config and --profile.";
