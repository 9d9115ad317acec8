//! The flags of the verbs that talk to Twilio.

use super::setting::flag_group;

flag_group!(
    /// Which hosts, with which credentials, and how politely.
    pub ConnectionArgs: CONCURRENCY, RPS, ACCOUNT_CONCURRENCY, MAX_DURATION, MAX_ANSWER, MAX_LIST_ROWS, CHAT_URL, CONVERSATIONS_URL, ALLOW_HTTP, SECRET_FILE,
        SECRET_COMMAND;
    where |flag| if flag.get_id() == "secret_file" { flag.conflicts_with("secret_command") } else { flag }
);

/// The part of a long help that says where credentials come from, as a literal for `concat!`.
macro_rules! credentials_help {
    () => {
        "\
Credentials:
  TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and TWILIO_API_SECRET (the
  key is used where both are set), or for Conversations with TWILIO_CLIENT_ID and
  TWILIO_CLIENT_SECRET. --secret-file or --secret-command may give the secret instead.
"
    };
}
pub(super) use credentials_help;
