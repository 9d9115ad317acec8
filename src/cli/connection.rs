//! The flags of the verbs that talk to Twilio.

use clap::{Args, ValueHint};

/// Which hosts, with which credentials, and how politely.
#[derive(Debug, Default, Clone, Args)]
pub struct ConnectionArgs {
    /// Most requests in flight [default: 16]
    #[arg(long, value_name = "N", help_heading = "Politeness")]
    pub concurrency: Option<String>,
    /// Most requests per second; 0 for no limit [default: 100]
    #[arg(long, value_name = "N", help_heading = "Politeness")]
    pub rps: Option<String>,
    /// Stay below N requests in flight for the whole account, your live app included [default: 50]
    ///
    /// Twilio says in `Twilio-Concurrent-Requests` how many requests of the account are in flight. Near N, this
    /// program sends fewer.
    #[arg(long, value_name = "N", help_heading = "Politeness")]
    pub account_concurrency: Option<String>,
    /// Stop cleanly after this long (`2h`, `1h 30m`), at a point that can be resumed
    #[arg(long, value_name = "TIME", help_heading = "Politeness")]
    pub max_duration: Option<String>,
    /// Origin of the Chat API [default: Twilio's own]
    ///
    /// That is `https://chat.twilio.com`, or the host that `TWILIO_REGION` and `TWILIO_EDGE` choose.
    #[arg(long, value_name = "URL", help_heading = "Credentials and endpoints")]
    pub chat_url: Option<String>,
    /// Origin of the Conversations API [default: Twilio's own]
    ///
    /// That is `https://conversations.twilio.com`, or the host that `TWILIO_REGION` and `TWILIO_EDGE` choose.
    #[arg(long, value_name = "URL", help_heading = "Credentials and endpoints")]
    pub conversations_url: Option<String>,
    /// Send credentials over plain HTTP to other machines too (loopback is always allowed)
    #[arg(long, help_heading = "Credentials and endpoints")]
    pub allow_http: bool,
    /// Read the auth token or API secret from this file
    ///
    /// The account is `TWILIO_ACCOUNT_SID`. The secret is the one of the API key where `TWILIO_API_KEY` is set, otherwise
    /// the account's auth token. It is never taken from a flag, never printed, logged or stored.
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        help_heading = "Credentials and endpoints",
        conflicts_with = "secret_command"
    )]
    pub secret_file: Option<String>,
    /// Run this command with `sh -c`; what it prints is the auth token or API secret
    #[arg(long, value_name = "CMD", help_heading = "Credentials and endpoints")]
    pub secret_command: Option<String>,
}

/// The part of a long help that tells where credentials come from, as a literal for `concat!`.
macro_rules! credentials_help {
    () => {
        "\
Credentials:
  TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and TWILIO_API_SECRET (the
  key is used where both are set). --secret-file or --secret-command may give the secret instead.
"
    };
}
pub(super) use credentials_help;
