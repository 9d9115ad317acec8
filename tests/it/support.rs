//! A simulator, the binary pointed at it, and the truth to compare with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Stdio};

use assert_cmd::Command;
use chatferry::internals::simulator::{self, Faults, Options, Running};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

/// A row as a JSON object.
pub(crate) type Row = Map<String, Value>;

/// A simulator, and a folder of its own for what the binary writes.
pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) folder: tempfile::TempDir,
    // Dropped last: the simulator's tasks live in it.
    _runtime: Runtime,
}

impl World {
    /// A small account whose server has these faults.
    pub(crate) fn with_faults(faults: &str) -> Self {
        Self::new(Options { faults: faults.parse::<Faults>().unwrap(), ..Options::default() })
    }

    pub(crate) fn new(options: Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let running = runtime.block_on(simulator::start(options)).unwrap();
        Self { running, folder: tempfile::tempdir().unwrap(), _runtime: runtime }
    }

    /// The binary, in the world's folder, with the environment that `simulate` prints.
    pub(crate) fn chatferry(&self, arguments: &[&str]) -> Command {
        Command::from_std(self.process(arguments))
    }

    /// The same as a process whose streams the test has to itself.
    pub(crate) fn process(&self, arguments: &[&str]) -> process::Command {
        let mut command = process(self.folder.path(), arguments);
        let url = self.running.url();
        command
            .env("TWILIO_ACCOUNT_SID", self.running.account_sid())
            .env("TWILIO_AUTH_TOKEN", self.running.auth_token())
            .env("CHATFERRY_CHAT_URL", &url)
            .env("CHATFERRY_CONVERSATIONS_URL", &url)
            .env("CHATFERRY_MEDIA_URL", &url)
            .env("CHATFERRY_RPS", "0");
        command
    }

    /// A child that can be killed.
    pub(crate) fn child(&self, arguments: &[&str]) -> Child {
        self.process(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// A crawl of the service, with further flags, run to its end.
    pub(crate) fn crawl(&self, flags: &[&str]) -> Crawled {
        let mut arguments = vec!["crawl", "--service", self.running.service_sid(), "--json"];
        arguments.extend(flags);
        let output = self.chatferry(&arguments).output().unwrap();
        Crawled {
            code: output.status.code().unwrap(),
            result: serde_json::from_slice(&output.stdout).unwrap(),
            talk: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Exports the snapshot and gives the folder.
    pub(crate) fn export(&self, folder: &str, flags: &[&str]) -> PathBuf {
        let mut arguments = vec!["export", "--out", folder, "--quiet"];
        arguments.extend(flags);
        self.chatferry(&arguments).assert().success();
        self.path(folder)
    }

    /// Any verb, run to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&mut self.chatferry(arguments))
    }

    /// The object that `--json` gives for a verb which succeeds.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let ran = self.run(&arguments);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What an undisturbed crawl would export: every record's rows by record name, without `url` and `links`.
    pub(crate) fn truth(&self) -> BTreeMap<&'static str, Vec<Row>> {
        let truth = self.running.truth();
        let bare = |rows: Vec<Row>| rows.into_iter().map(bare).collect::<Vec<_>>();
        let by_user = truth.user_sids().flat_map(|user| truth.user_channels(&user)).collect();
        let by_channel = truth.channel_sids().flat_map(|channel| truth.members(&channel)).collect();
        let invites = truth.channel_sids().flat_map(|channel| truth.invites(&channel)).collect();
        let messages = truth.channel_sids().flat_map(|channel| truth.messages(&channel)).collect();
        BTreeMap::from([
            ("services", bare(vec![truth.service()])),
            ("roles", bare(truth.roles())),
            ("users", bare(truth.users().collect())),
            ("channels", bare(truth.channels().collect())),
            ("user_channels", bare(by_user)),
            ("members", bare(by_channel)),
            ("invites", bare(invites)),
            ("messages", bare(messages)),
            ("bindings", bare(truth.bindings())),
        ])
    }

    /// Fails unless the exported records are the truth, row for row.
    pub(crate) fn assert_exported_truth(&self, export: &Path, records: &[&str]) {
        let truth = self.truth();
        for record in records {
            let exported = ndjson(&export.join(format!("{record}.ndjson")));
            let expected = &truth[record];
            assert_eq!(exported.len(), expected.len(), "rows of {record}");
            for (exported, expected) in exported.iter().zip(expected) {
                assert_eq!(exported, expected, "a row of {record}");
            }
        }
    }
}

/// The records of a default crawl.
pub(crate) const DEFAULT_RECORDS: [&str; 6] =
    ["services", "roles", "users", "channels", "user_channels", "members"];

/// How a crawl ended.
#[derive(Debug)]
pub(crate) struct Crawled {
    pub(crate) code: i32,
    pub(crate) result: Value,
    pub(crate) talk: String,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The binary in a folder, with no environment but its path.
pub(crate) fn chatferry(folder: &Path, arguments: &[&str]) -> Command {
    Command::from_std(process(folder, arguments))
}

fn process(folder: &Path, arguments: &[&str]) -> process::Command {
    let mut command = process::Command::new(assert_cmd::cargo::cargo_bin("chatferry"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("CHATFERRY_TEST_BACKOFF_SCALE", "0")
        .env("NO_COLOR", "1");
    command
}

/// A crawl as a child that can be killed.
pub(crate) fn spawn(world: &World, flags: &[&str]) -> Child {
    let mut arguments = vec!["crawl", "--service", world.running.service_sid(), "--progress", "none"];
    arguments.extend(flags);
    world.child(&arguments)
}

/// Waits until the server has seen so many more requests, or the child has ended.
pub(crate) fn wait_for_requests(world: &World, child: &mut Child, more: u64) {
    let target = world.running.stats().requests + more;
    while world.running.stats().requests < target && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
}

/// The rows of an NDJSON file.
pub(crate) fn ndjson(path: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A row as exports have it: without its addresses.
pub(crate) fn bare(mut row: Row) -> Row {
    row.shift_remove("url");
    row.shift_remove("links");
    row
}

/// Every file below a folder with its bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_file() {
            found.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    found
}

/// Sends a write to the simulated account, as an application would.
pub(crate) fn post(world: &World, path: &str, form: &[(&str, &str)]) -> Value {
    let answer = post_setting(world, path, form);
    assert!(answer["sid"].is_string() || answer["user_sid"].is_string(), "{answer}");
    answer
}

/// The same for what has no SID.
pub(crate) fn post_setting(world: &World, path: &str, form: &[(&str, &str)]) -> Value {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = reqwest::Client::new()
        .post(format!("{}{path}", world.running.url()))
        .basic_auth(world.running.account_sid(), Some(world.running.auth_token()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["code"].is_null(), "{answer}");
    answer
}

/// Removes something of the simulated account, as an application would.
pub(crate) fn delete(world: &World, path: &str) {
    let request = reqwest::Client::new()
        .delete(format!("{}{path}", world.running.url()))
        .basic_auth(world.running.account_sid(), Some(world.running.auth_token()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(async { request.send().await.unwrap().status() }), 204, "{path}");
}

/// Reads from the simulated account, as an application would.
pub(crate) fn get(world: &World, path: &str) -> Value {
    let request = reqwest::Client::new()
        .get(format!("{}{path}", world.running.url()))
        .basic_auth(world.running.account_sid(), Some(world.running.auth_token()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
    serde_json::from_str(&answer).unwrap()
}
