//! The declarations of all settings, in the order in which `chatferry config` lists them.

use std::path::PathBuf;
use std::time::Duration;

use super::declaration::{Declaration, DeclaredSetting, Display, possible_values};
use super::parse;
use super::value::{ColorWhen, Include, LogFormat, MigrationTarget, ProgressStyle, SourceChoice};
use crate::model::{ServiceSid, Share};

/// More requests in flight than any account is allowed; a larger number is a slip.
const MOST_CONCURRENCY: u32 = 1_000;
/// More requests or writes per second than any account is allowed.
const MOST_PER_SECOND: u32 = 10_000;

const POLITENESS: &str = "Politeness";
const ENDPOINTS: &str = "Credentials and endpoints";
const OUTPUT: &str = "Output and settings";

/// The comment is the help: its first paragraph is what `-h` shows.
macro_rules! settings {
    ($($(#[doc = $line:literal])+ $name:ident: $value:ty = $declaration:expr, $parse:expr;)*) => {
        $(
            pub(crate) static $name: DeclaredSetting<$value> = DeclaredSetting {
                declaration: $declaration.explained(concat!($($line, "\n"),+)),
                parse: $parse,
            };
        )*
        /// Every setting.
        pub(crate) static SETTINGS: &[&Declaration] = &[$(&$name.declaration),*];
    };
}

/// The setting of this name.
pub(crate) fn named(name: &str) -> Option<&'static Declaration> {
    SETTINGS.iter().copied().find(|declaration| declaration.name == name)
}

settings! {
    /// The account that is read, and that is written to unless a target account is set
    ACCOUNT_SID: String =
        Declaration::without_flag("account_sid", "SID", "TWILIO_ACCOUNT_SID").display(Display::SidOnly), parse::text;
    /// The API key that signs requests instead of the account's auth token
    API_KEY: String =
        Declaration::without_flag("api_key", "SID", "TWILIO_API_KEY").display(Display::SidOnly), parse::text;
    /// The OAuth client that signs requests instead, to Conversations only
    CLIENT_ID: String =
        Declaration::without_flag("client_id", "SID", "TWILIO_CLIENT_ID").display(Display::SidOnly), parse::text;
    /// Read the auth token or API secret from this file
    ///
    /// The account is `TWILIO_ACCOUNT_SID`. The secret is the one of the API key where `TWILIO_API_KEY` is set, of the OAuth client
    /// where `TWILIO_CLIENT_ID` is, otherwise the account's auth token. It is never taken from a flag, never printed, logged or stored.
    SECRET_FILE: PathBuf = Declaration::file("secret_file", "CHATFERRY_SECRET_FILE").under(ENDPOINTS), parse::path;
    /// Run this command with `sh -c`; what it prints is the auth token or API secret
    SECRET_COMMAND: String = Declaration::flag("secret_command", "CMD", "CHATFERRY_SECRET_COMMAND")
        .under(ENDPOINTS).display(Display::Hidden), parse::text;
    /// Twilio's region, such as `ie1`
    REGION: String = Declaration::without_flag("region", "NAME", "TWILIO_REGION"), parse::label;
    /// Twilio's edge, such as `dublin`
    EDGE: String = Declaration::without_flag("edge", "NAME", "TWILIO_EDGE"), parse::label;
    /// Origin of the Chat API [default: Twilio's own]
    ///
    /// That is `https://chat.twilio.com`, or the host that `TWILIO_REGION` and `TWILIO_EDGE` choose.
    CHAT_URL: String = Declaration::flag("chat_url", "URL", "CHATFERRY_CHAT_URL").under(ENDPOINTS), parse::text;
    /// Origin of the Conversations API [default: Twilio's own]
    ///
    /// That is `https://conversations.twilio.com`, or the host that `TWILIO_REGION` and `TWILIO_EDGE` choose.
    CONVERSATIONS_URL: String =
        Declaration::flag("conversations_url", "URL", "CHATFERRY_CONVERSATIONS_URL").under(ENDPOINTS), parse::text;
    /// Origin that an OAuth client asks for access tokens [default: Twilio's own]
    OAUTH_URL: String = Declaration::without_flag("oauth_url", "URL", "CHATFERRY_OAUTH_URL"), parse::text;
    /// Origin of the Media Content Service, which has the files of messages [default: Twilio's own]
    ///
    /// That is `https://mcs.us1.twilio.com`, or the host of `TWILIO_REGION`. The bytes of a file are at temporary addresses of other hosts, which get
    /// no credentials.
    MEDIA_URL: String = Declaration::without_flag("media_url", "URL", "CHATFERRY_MEDIA_URL"), parse::text;
    /// Send credentials over plain HTTP to other machines too (loopback is always allowed)
    ALLOW_HTTP: bool =
        Declaration::flag("allow_http", "BOOL", "CHATFERRY_ALLOW_HTTP").switch().under(ENDPOINTS), parse::switch;
    /// Most requests in flight
    CONCURRENCY: u32 = Declaration::flag("concurrency", "N", "CHATFERRY_CONCURRENCY")
        .number().default("16").under(POLITENESS), |text| parse::number(text, 1..=MOST_CONCURRENCY);
    /// Most requests per second; 0 for no limit
    RPS: u32 = Declaration::flag("rps", "N", "CHATFERRY_RPS")
        .number().default("100").under(POLITENESS), |text| parse::number(text, 0..=MOST_PER_SECOND);
    /// Stay below N requests in flight for the entire account, your live app included
    ///
    /// Twilio reports in `Twilio-Concurrent-Requests` how many requests of the account are in flight. Near N, this program
    /// sends fewer.
    ACCOUNT_CONCURRENCY: u32 = Declaration::flag("account_concurrency", "N", "CHATFERRY_ACCOUNT_CONCURRENCY")
        .number().default("50").under(POLITENESS), |text| parse::number(text, 1..=1_000_000);
    /// Stop cleanly after this long (`2h`, `1h 30m`), at a point that can be resumed
    ///
    /// Requests that are in flight then have 5 seconds to be answered.
    MAX_DURATION: Duration =
        Declaration::flag("max_duration", "TIME", "CHATFERRY_MAX_DURATION").under(POLITENESS), parse::duration;
    /// Most MiB of one answer, decompressed
    ///
    /// Twilio's largest pages are a few MiB. A larger answer is a failed attempt, so that memory stays bounded whatever is sent.
    MAX_ANSWER: u32 = Declaration::flag("max_answer", "MIB", "CHATFERRY_MAX_ANSWER")
        .number().default("64").under(POLITENESS), |text| parse::number(text, 1..=4096);
    /// Most rows of one list [default: by what it is of]
    ///
    /// A list that goes on above that is not read further, and counts as failed. Without this setting it is twice the count of the
    /// user or channel and 2,000 more, 4,000 where there is no count, and 10,000,000 for the users and channels of a service and
    /// for messages.
    MAX_LIST_ROWS: u32 = Declaration::flag("max_list_rows", "N", "CHATFERRY_MAX_LIST_ROWS")
        .number().under(POLITENESS), |text| parse::number(text, 1..=u32::MAX);
    /// Service (`IS…`); may be repeated [default: the only one of the account]
    SERVICE: Vec<ServiceSid> = Declaration::flag("service", "SID", "CHATFERRY_SERVICE").list(), parse::services;
    /// Every service of the account
    ALL_SERVICES: bool = Declaration::flag("all_services", "BOOL", "CHATFERRY_ALL_SERVICES").switch(), parse::switch;
    /// The snapshot file
    ///
    /// `{account}`, `{service}`, `{date}` and `{name}` in it stand for the account's SID, the service, the day in UTC, and the account's name in the
    /// accounts file.
    SNAPSHOT: PathBuf = Declaration::file("snapshot", "CHATFERRY_SNAPSHOT").default("snapshot.db"), parse::path;
    /// The API to read from
    ///
    /// A crawl is resumed with the API that it started with.
    SOURCE: SourceChoice = Declaration::flag("source", "API", "CHATFERRY_SOURCE")
        .choices(possible_values::<SourceChoice>).default("auto"), parse::choice;
    /// What to read, separated by commas
    ///
    /// Of roles, users, channels, user-channels, members, invites, messages, bindings. Messages are many: `probe` says how many
    /// requests they take. Bindings are the devices that push notifications go to.
    INCLUDE: Include = Declaration::flag("include", "LIST", "CHATFERRY_INCLUDE")
        .list().default("roles,users,channels,user-channels,members"), parse::include;
    /// Read the channels of these users only: SIDs or identities, one a line; `-` for stdin
    ///
    /// Empty lines and lines that start with `#` are skipped.
    USERS: PathBuf = Declaration::file("users", "CHATFERRY_USERS"), parse::path;
    /// Read the N-th of T parts of the memberships by the other route too, and compare
    ///
    /// For a crawl with one of user-channels and members: the members of that share of the channels, or the channels of that
    /// share of the users, are read as evidence and left out again when the crawl ends complete. Parts depend only on SIDs: T
    /// runs cover all.
    CROSS_CHECK: Share = Declaration::flag("cross_check", "N/T", "CHATFERRY_CROSS_CHECK"), parse::share;
    /// `in-place`, or the service to copy into (`IS…`)
    ///
    /// In place is the same service, seen through Conversations. A copy may go to another account: see Credentials.
    TARGET: MigrationTarget = Declaration::flag("target", "WHERE", "CHATFERRY_TARGET"), parse::target;
    /// The plan file
    PLAN: PathBuf = Declaration::file("plan", "CHATFERRY_PLAN").default("plan.db"), parse::path;
    /// Warn of a snapshot that is older than this
    MAX_AGE: u32 = Declaration::flag("max_age", "HOURS", "CHATFERRY_MAX_AGE")
        .number().default("24"), |text| parse::number(text, 1..=24 * 366);
    /// Block a plan that creates or changes more than this share of a target that is not empty
    ///
    /// 100 blocks no plan.
    MAX_CHANGE_PERCENT: u32 = Declaration::flag("max_change_percent", "N", "CHATFERRY_MAX_CHANGE_PERCENT")
        .number().default("20"), |text| parse::number(text, 0..=100);
    /// The account to copy into, where it is another than the source's
    TARGET_ACCOUNT_SID: String =
        Declaration::without_flag("target_account_sid", "SID", "CHATFERRY_TARGET_ACCOUNT_SID")
            .display(Display::SidOnly), parse::text;
    /// The API key of the account to copy into
    TARGET_API_KEY: String = Declaration::without_flag("target_api_key", "SID", "CHATFERRY_TARGET_API_KEY")
        .display(Display::SidOnly), parse::text;
    /// The OAuth client of the account to copy into
    TARGET_CLIENT_ID: String =
        Declaration::without_flag("target_client_id", "SID", "CHATFERRY_TARGET_CLIENT_ID")
            .display(Display::SidOnly), parse::text;
    /// Read the secret of the account to copy into from this file
    TARGET_SECRET_FILE: PathBuf =
        Declaration::without_flag("target_secret_file", "FILE", "CHATFERRY_TARGET_SECRET_FILE"), parse::path;
    /// Run this command for the secret of the account to copy into
    TARGET_SECRET_COMMAND: String =
        Declaration::without_flag("target_secret_command", "CMD", "CHATFERRY_TARGET_SECRET_COMMAND")
            .display(Display::Hidden), parse::text;
    /// Most writes a second to one conversation and its participants; Twilio allows 30
    CONVERSATION_RATE: u32 = Declaration::flag("conversation_rate", "N", "CHATFERRY_CONVERSATION_RATE")
        .number().default("30").under(POLITENESS), |text| parse::number(text, 1..=MOST_PER_SECOND);
    /// Most writes a second that create conversations, users and roles; Twilio allows 30
    SERVICE_RATE: u32 = Declaration::flag("service_rate", "N", "CHATFERRY_SERVICE_RATE")
        .number().default("30").under(POLITENESS), |text| parse::number(text, 1..=MOST_PER_SECOND);
    /// Compare the bytes of a finished snapshot or plan with their digest before it is used
    CHECK_FILES: bool =
        Declaration::without_flag("check_files", "BOOL", "CHATFERRY_CHECK_FILES").switch().default("true"), parse::switch;
    /// Log lines for people, or one JSON object a line, progress included
    LOG_FORMAT: LogFormat = Declaration::flag("log_format", "FORMAT", "CHATFERRY_LOG_FORMAT")
        .choices(possible_values::<LogFormat>).default("text").under(OUTPUT), parse::choice;
    /// Progress as bars (on a terminal only), as a line every few seconds, or none
    PROGRESS: ProgressStyle = Declaration::flag("progress", "STYLE", "CHATFERRY_PROGRESS")
        .choices(possible_values::<ProgressStyle>).default("auto").under(OUTPUT), parse::choice;
    /// When to use color; auto respects `NO_COLOR`
    COLOR: ColorWhen = Declaration::flag("color", "WHEN", "CHATFERRY_COLOR")
        .choices(possible_values::<ColorWhen>).default("auto").under(OUTPUT), parse::choice;
    /// Write the result to this file too, as JSON with the account, the times and the exit code
    ///
    /// The file is written when the run begins and again when it ends, so that a run that was killed has one that says so. `chatferry
    /// summary` reads it. It can have `{account}`, `{service}`, `{date}` and `{name}` in it.
    RESULT: PathBuf = Declaration::file("result", "CHATFERRY_RESULT").under(OUTPUT), parse::path;
    /// Exit with 0 instead of 5, for a scheduler to which any other code is a failure
    ///
    /// What there is to see is in the result all the same, and its `exit_code` is 5.
    FINDINGS_OK: bool =
        Declaration::flag("findings_ok", "BOOL", "CHATFERRY_FINDINGS_OK").switch().under(OUTPUT), parse::switch;
    /// Let the group read what is written
    ///
    /// Snapshots, plans, exports, reports and audits hold personal data. They are readable by their owner only (0600, folders 0700),
    /// and with this by the group too (0640 and 0750), whatever the umask. What was there before keeps its mode.
    SHARED: bool = Declaration::flag("shared", "BOOL", "CHATFERRY_SHARED").switch().under(OUTPUT), parse::switch;
}
