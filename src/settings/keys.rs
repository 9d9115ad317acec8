//! Every setting: its name, its variable, its default. One line each.

use super::parse::DEFAULT_INCLUDE;

/// What a setting's value looks like in the settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// An array of strings; a string with commas in the environment and in one flag.
    List,
}

/// A setting.
#[derive(Debug)]
pub struct Key {
    /// Its name in the settings file; with `-` for `_` it is the flag.
    pub name: &'static str,
    /// The environment variable that sets it.
    pub variable: &'static str,
    /// Whether a flag sets it.
    pub has_flag: bool,
    /// What its value looks like.
    pub kind: Kind,
    /// Its value where nobody sets it.
    pub default: Option<&'static str>,
}

impl Key {
    const fn flag(
        name: &'static str,
        variable: &'static str,
        kind: Kind,
        default: Option<&'static str>,
    ) -> Self {
        Self { name, variable, has_flag: true, kind, default }
    }

    const fn without_flag(name: &'static str, variable: &'static str) -> Self {
        Self { name, variable, has_flag: false, kind: Kind::Text, default: None }
    }

    /// The key of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().copied().find(|key| key.name == name)
    }
}

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(super) static $name: Key = $key;)*
        /// Every setting, in the order in which `chatferry config` lists them.
        pub static KEYS: &[&Key] = &[$(&$name),*];
    };
}

keys! {
    ACCOUNT_SID = Key::without_flag("account_sid", "TWILIO_ACCOUNT_SID");
    API_KEY = Key::without_flag("api_key", "TWILIO_API_KEY");
    SECRET_FILE = Key::flag("secret_file", "CHATFERRY_SECRET_FILE", Kind::Text, None);
    SECRET_COMMAND = Key::flag("secret_command", "CHATFERRY_SECRET_COMMAND", Kind::Text, None);
    REGION = Key::without_flag("region", "TWILIO_REGION");
    EDGE = Key::without_flag("edge", "TWILIO_EDGE");
    CHAT_URL = Key::flag("chat_url", "CHATFERRY_CHAT_URL", Kind::Text, None);
    CONVERSATIONS_URL = Key::flag("conversations_url", "CHATFERRY_CONVERSATIONS_URL", Kind::Text, None);
    ALLOW_HTTP = Key::flag("allow_http", "CHATFERRY_ALLOW_HTTP", Kind::Switch, Some("false"));
    CONCURRENCY = Key::flag("concurrency", "CHATFERRY_CONCURRENCY", Kind::Number, Some("16"));
    RPS = Key::flag("rps", "CHATFERRY_RPS", Kind::Number, Some("100"));
    ACCOUNT_CONCURRENCY =
        Key::flag("account_concurrency", "CHATFERRY_ACCOUNT_CONCURRENCY", Kind::Number, Some("50"));
    MAX_DURATION = Key::flag("max_duration", "CHATFERRY_MAX_DURATION", Kind::Text, None);
    SERVICE = Key::flag("service", "CHATFERRY_SERVICE", Kind::List, None);
    ALL_SERVICES = Key::flag("all_services", "CHATFERRY_ALL_SERVICES", Kind::Switch, Some("false"));
    SNAPSHOT = Key::flag("snapshot", "CHATFERRY_SNAPSHOT", Kind::Text, Some("snapshot.db"));
    SOURCE = Key::flag("source", "CHATFERRY_SOURCE", Kind::Text, Some("auto"));
    INCLUDE = Key::flag("include", "CHATFERRY_INCLUDE", Kind::List, Some(DEFAULT_INCLUDE));
    USERS = Key::flag("users", "CHATFERRY_USERS", Kind::Text, None);
    CROSS_CHECK = Key::flag("cross_check", "CHATFERRY_CROSS_CHECK", Kind::Text, None);
    TARGET = Key::flag("target", "CHATFERRY_TARGET", Kind::Text, None);
    PLAN = Key::flag("plan", "CHATFERRY_PLAN", Kind::Text, Some("plan.db"));
    MAX_AGE = Key::flag("max_age", "CHATFERRY_MAX_AGE", Kind::Number, Some("24"));
    MAX_CHANGE_PERCENT =
        Key::flag("max_change_percent", "CHATFERRY_MAX_CHANGE_PERCENT", Kind::Number, Some("20"));
    TARGET_ACCOUNT_SID = Key::without_flag("target_account_sid", "CHATFERRY_TARGET_ACCOUNT_SID");
    TARGET_API_KEY = Key::without_flag("target_api_key", "CHATFERRY_TARGET_API_KEY");
    TARGET_SECRET_FILE = Key::without_flag("target_secret_file", "CHATFERRY_TARGET_SECRET_FILE");
    TARGET_SECRET_COMMAND = Key::without_flag("target_secret_command", "CHATFERRY_TARGET_SECRET_COMMAND");
    CONVERSATION_RATE =
        Key::flag("conversation_rate", "CHATFERRY_CONVERSATION_RATE", Kind::Number, Some("30"));
    SERVICE_RATE = Key::flag("service_rate", "CHATFERRY_SERVICE_RATE", Kind::Number, Some("30"));
    CHECK_FILES = Key {
        name: "check_files",
        variable: "CHATFERRY_CHECK_FILES",
        has_flag: false,
        kind: Kind::Switch,
        default: Some("true"),
    };
    LOG_FORMAT = Key::flag("log_format", "CHATFERRY_LOG_FORMAT", Kind::Text, Some("text"));
    PROGRESS = Key::flag("progress", "CHATFERRY_PROGRESS", Kind::Text, Some("auto"));
    COLOR = Key::flag("color", "CHATFERRY_COLOR", Kind::Text, Some("auto"));
}

/// The variables that hold secrets. They have no key: a secret has no place in a file of settings.
pub(super) const AUTH_TOKEN_VARIABLE: &str = "TWILIO_AUTH_TOKEN";
/// See [`AUTH_TOKEN_VARIABLE`].
pub(super) const API_SECRET_VARIABLE: &str = "TWILIO_API_SECRET";
/// See [`AUTH_TOKEN_VARIABLE`].
pub(super) const TARGET_AUTH_TOKEN_VARIABLE: &str = "CHATFERRY_TARGET_AUTH_TOKEN";
/// See [`AUTH_TOKEN_VARIABLE`].
pub(super) const TARGET_API_SECRET_VARIABLE: &str = "CHATFERRY_TARGET_API_SECRET";
