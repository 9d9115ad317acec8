//! What is fuzzed: for each target a function from bytes to nothing, which panics where a promise is broken.
//!
//! The fuzzer feeds them what it makes up, and `tests/it/fuzz.rs` feeds them `corpus`, in every test run. Files and settings go through
//! the program itself, as a user gives them; answers go where a crawl reads them.
//!
//! **Invariant:** no target needs a network: the snapshot and the plan that are damaged come from the simulator in this process.

use std::ffi::OsString;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use chatferry::internals::model::{Api, Entity, ListPage, Records};
use chatferry::internals::simulator;
use chatferry::internals::source::page_of;
use chatferry::internals::twilio::next_address;
use chatferry::{Environment, ExitStatus, Streams};

/// A function to be fuzzed; its corpus is in the folder of its name.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&[u8]),
}

pub(crate) const TARGETS: [Target; 7] = [
    Target { name: "chat_page", run: |data| page(Api::Chat, data) },
    Target { name: "conversations_page", run: |data| page(Api::Conversations, data) },
    Target { name: "next_page", run: next_page },
    Target { name: "mapping", run: mapping },
    Target { name: "settings", run: settings },
    Target { name: "plan_header", run: plan_header },
    Target { name: "snapshot_header", run: snapshot_header },
];

pub(crate) fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// A page of a list: the first byte chooses the list, the rest is the body.
fn page(api: Api, data: &[u8]) {
    let Some((list, body)) = data.split_first() else { return };
    let entity = Entity::ALL[usize::from(*list) % Entity::ALL.len()];
    let Some((page, next_page_url)) = page_of(api, entity, body) else { return };
    let rows = check_records(&page);
    assert!(rows <= page.received, "{rows} records of {} rows", page.received);
    for issue in &page.issues {
        assert!(!issue.value.is_empty() || !issue.field.is_empty(), "an issue says what was odd: {issue:?}");
    }
    if let Some(url) = next_page_url {
        next_page(url.as_bytes());
    }
}

/// Each record can be written as JSON and its odd fields are JSON; the number of records.
fn check_records(page: &ListPage) -> usize {
    fn each<T: serde::Serialize>(rows: &[T]) -> usize {
        for row in rows {
            let text = serde_json::to_string(row).expect("a record is written as JSON");
            let read: serde_json::Value = serde_json::from_str(&text).expect("and read again");
            assert!(read.is_object());
        }
        rows.len()
    }
    match &page.records {
        Records::Services(rows) => each(rows),
        Records::Roles(rows) => each(rows),
        Records::Users(rows) => each(rows),
        Records::Channels(rows) => each(rows),
        Records::Memberships(rows) => each(rows),
        Records::Members(rows) => each(rows),
        Records::Invites(rows) => each(rows),
        Records::Messages(rows) => each(rows),
        Records::Bindings(rows) => each(rows),
    }
}

/// An address of a next page: whatever it is, only the configured origin is asked, without a user's name.
fn next_page(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    for origin in ["https://chat.twilio.com", "http://127.0.0.1:4010", "http://[::1]:4010"] {
        for api in [Api::Chat, Api::Conversations] {
            if let Some(address) = next_address(api, origin, text) {
                let rest =
                    address.strip_prefix(origin).unwrap_or_else(|| panic!("{text:?} leads to {address:?}"));
                assert!(rest.starts_with('/') && !rest.contains('#'), "{text:?} leads to {address:?}");
                assert!(rest.is_ascii() && !rest.bytes().any(|byte| byte <= b' '), "{address:?}");
            }
        }
    }
}

/// A mapping file: it is refused with its place, or it is checked against made-up rows.
fn mapping(data: &[u8]) {
    let folder = folder();
    fs::write(folder.path().join("m.toml"), data).expect("the folder can be written to");
    // An expression may go wrong on a row: that is a finding.
    let ran = run(folder.path(), &["mapping", "check", "m.toml"]);
    ran.ends_with(&[ExitStatus::Done, ExitStatus::Usage, ExitStatus::Findings]);
    if ran.status != ExitStatus::Usage {
        run(folder.path(), &["mapping", "check", "m.toml", "--json"]).is_json();
    }
}

/// A settings file, with the profile `p` where it has profiles.
fn settings(data: &[u8]) {
    let folder = folder();
    fs::write(folder.path().join("chatferry.toml"), data).expect("the folder can be written to");
    let has_profiles = data.windows(8).any(|bytes| bytes == b"profiles");
    let arguments: &[&str] = if has_profiles { &["config", "--profile", "p"] } else { &["config"] };
    run(folder.path(), arguments).ends_with(&[ExitStatus::Done, ExitStatus::Usage]);
}

/// What a plan says of itself. See [`damage`].
fn plan_header(data: &[u8]) {
    let folder = folder();
    if damage(&FILES.plan, &folder.path().join("plan.db"), data) {
        let shown = run(folder.path(), &["plan", "show"]);
        let json = run(folder.path(), &["plan", "show", "--json"]);
        assert_eq!(shown.status, json.status);
        json.is_json();
        shown.ends_with(&[ExitStatus::Done, ExitStatus::Usage, ExitStatus::Failed]);
    }
}

/// What a snapshot says of itself. See [`damage`].
fn snapshot_header(data: &[u8]) {
    let folder = folder();
    if damage(&FILES.snapshot, &folder.path().join("snapshot.db"), data) {
        let shown = run(folder.path(), &["snapshot", "info"]);
        let json = run(folder.path(), &["snapshot", "info", "--json"]);
        assert_eq!(shown.status, json.status);
        json.is_json();
        shown.ends_with(&[ExitStatus::Done, ExitStatus::Usage, ExitStatus::Failed]);
    }
}

/// Puts a damaged copy of a file in place. Input that begins with the byte 255 has two bytes that say where, in units of 4 bytes, and
/// what stands there then. Any other is lines of `property=value`; a value is one line.
fn damage(whole: &[u8], place: &Path, data: &[u8]) -> bool {
    let mut bytes = whole.to_vec();
    if let Some([high, low, damage @ ..]) = data.strip_prefix(&[255]) {
        let start = usize::from(u16::from_be_bytes([*high, *low])) * 4;
        for (place, byte) in bytes.iter_mut().skip(start).zip(damage) {
            *place = *byte;
        }
        fs::write(place, bytes).expect("the folder can be written to");
        return true;
    }
    let Ok(text) = str::from_utf8(data) else { return false };
    fs::write(place, bytes).expect("the folder can be written to");
    let file = rusqlite::Connection::open(place).expect("the file is one of SQLite");
    file.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
        .expect("it can be written to");
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        file.execute("INSERT OR REPLACE INTO property (key, value) VALUES (?1, ?2)", [key, value])
            .expect("any text is a property");
    }
    file.execute_batch("COMMIT").expect("it can be written to");
    true
}

/// The bytes of a snapshot and of the plan made from it.
struct Files {
    snapshot: Vec<u8>,
    plan: Vec<u8>,
}

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    let options =
        simulator::Options { users: 4, channels: 3, memberships: 2, ..simulator::Options::default() };
    let account = runtime.block_on(simulator::start(options)).expect("a port is free");
    let (url, folder) = (account.url(), folder());
    let environment = [
        ("TWILIO_ACCOUNT_SID", account.account_sid()),
        ("TWILIO_AUTH_TOKEN", account.auth_token()),
        ("CHATFERRY_CHAT_URL", &url),
        ("CHATFERRY_CONVERSATIONS_URL", &url),
    ];
    for arguments in [
        &["crawl", "--service", account.service_sid()][..],
        &["plan", "--target", "in-place", "--mute-source"][..],
    ] {
        let ran = run_with(folder.path(), Environment::of(environment), arguments);
        assert!(ran.status != ExitStatus::Usage && ran.status != ExitStatus::Failed, "{}", ran.stderr);
    }
    let read = |name: &str| fs::read(folder.path().join(name)).expect("it was written");
    Files { snapshot: read("snapshot.db"), plan: read("plan.db") }
});

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary folders can be made")
}

/// How the program ended in this process, and what it printed.
struct Ran {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn ends_with(&self, expected: &[ExitStatus]) {
        assert!(expected.contains(&self.status), "{:?}: {}", self.status, self.stderr);
        // An exit code that is no success has its reason.
        assert!(self.status == ExitStatus::Done || !(self.stderr.is_empty() && self.stdout.is_empty()));
    }

    fn is_json(&self) {
        let read: Result<serde_json::Value, _> = serde_json::from_str(&self.stdout);
        assert!(read.is_ok(), "{read:?}: {}", self.stdout);
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    run_with(folder, Environment::default(), arguments)
}

/// Runs the program. What it prints is text that no terminal takes for commands.
fn run_with(folder: &Path, environment: Environment, arguments: &[&str]) -> Ran {
    let (stdout, stderr) = (Printed::default(), Printed::default());
    let streams = Streams {
        stdin: Box::new(Cursor::new(Vec::new())),
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(stderr.clone()),
        stdin_is_terminal: false,
        stdout_is_terminal: false,
        stderr_is_terminal: false,
    };
    // Files are named by their full paths: the process is in another folder.
    let arguments: Vec<OsString> = std::iter::once("chatferry".into())
        .chain(arguments.iter().map(|argument| match *argument {
            "m.toml" => folder.join("m.toml").into(),
            argument => argument.into(),
        }))
        .chain(match arguments {
            ["snapshot", ..] => vec![folder.join("snapshot.db").into()],
            ["crawl", ..] => vec!["--snapshot".into(), folder.join("snapshot.db").into()],
            ["plan", "show", ..] => vec!["--plan".into(), folder.join("plan.db").into()],
            ["plan", ..] => vec![
                "--snapshot".into(),
                folder.join("snapshot.db").into(),
                "--plan".into(),
                folder.join("plan.db").into(),
            ],
            _ => Vec::new(),
        })
        .collect();
    let status = chatferry::start(&arguments, environment, folder, streams);
    let ran = Ran { status, stdout: stdout.text(), stderr: stderr.text() };
    for text in [&ran.stdout, &ran.stderr] {
        let harmful = text.chars().find(|character| character.is_control() && *character != '\n');
        assert!(harmful.is_none(), "{harmful:?} is printed: {text:?}");
    }
    ran
}

/// What the program prints, kept.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no one panics with it").clone()).expect("text is UTF-8")
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no one panics with it").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
