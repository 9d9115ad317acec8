//! What browsing a large snapshot costs: `cargo bench --bench browse`, or with the number of users as an argument.
//!
//! A snapshot of ten memberships for each user is browsed with `chatferry browse`: the first start, which makes the search index, a
//! second start, each kind of page, and the peak of the server's memory; then the same with a plan of three operations for each user. Each page is fetched several times with other records, and
//! the slowest counts. What it shall stay under: 1 s for a start after the first, 100 ms for a page, 150 MiB.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::error::Error;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chatferry::internals::model::{AccountSid, ChannelSid, Entity, ServiceSid, UserSid};
use chatferry::internals::plan::{JsonFields, Move, Operation, OperationKind, PlanDraft, Side, Subject};
use snapshot::{EACH, make, mix};

#[path = "support/plan.rs"]
mod made_up;
#[path = "support/snapshot.rs"]
mod snapshot;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Channels that the plan adds users to.
const CHANNELS: u64 = 10_000;
/// Fetches of each page.
const FETCHES: u64 = 20;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let users: u64 = arguments.next().map_or(Ok(1_000_000), |number| number.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("snapshot.db");
    let began = Instant::now();
    make(&path, users, &[Entity::User, Entity::Channel, Entity::Membership])?;
    println!("{} memberships, made in {:.0?}", users * EACH, began.elapsed());
    let files = vec!["--snapshot".into(), path.clone().into_os_string()];
    measure(&files, users)?;
    let plan = folder.path().join("plan.db");
    let began = Instant::now();
    make_plan(&plan, users)?;
    println!("a plan of {} operations, made in {:.0?}", users * 3, began.elapsed());
    measure(&[files, vec!["--plan".into(), plan.into_os_string()]].concat(), users)
}

/// Starts, pages and memory of browsing these files.
fn measure(files: &[OsString], users: u64) -> Result<()> {
    let (first, took) = Browsing::start(files)?;
    drop(first);
    println!("first start, with the index: {took:.1?}");
    let (browsing, took) = Browsing::start(files)?;
    println!("second start: {took:.0?}");
    let pages: [(&str, &dyn Fn(u64) -> String); 8] = [
        ("overview", &|_| "/".to_owned()),
        ("search by identity", &|number| format!("/search?q=user{}@", number * 37 % users)),
        ("search by prefix", &|number| format!("/search?q=user{}", number % 10)),
        ("search by two words", &|number| format!("/search?q=ada+{}th", number * 37 % users)),
        ("search by SID", &|number| format!("/search?q={}", UserSid::from_digits(mix(number)))),
        ("users", &|_| "/users".to_owned()),
        ("user", &|number| format!("/user?sid={}", UserSid::from_digits(mix(number * 37 % users)))),
        ("channel", &|number| format!("/channel?sid={}", ChannelSid::from_digits(mix(1 << 60 | number)))),
    ];
    for (name, path) in pages {
        let mut slowest = Duration::ZERO;
        let mut bytes = 0;
        for number in 0..FETCHES {
            let (took, size) = browsing.fetch(&path(number))?;
            slowest = slowest.max(took);
            bytes = bytes.max(size);
        }
        println!("{name}: {slowest:.1?} at most, {} KiB", bytes / 1024);
    }
    println!("peak memory: {} MiB", browsing.peak_kib()? / 1024);
    Ok(())
}

/// Makes a plan of the snapshot: each user is created, and added to two channels.
fn make_plan(path: &Path, users: u64) -> Result<()> {
    let side = |digits| Side {
        account_sid: AccountSid::from_digits(2).to_string(),
        service_sid: ServiceSid::from_digits(digits).to_string(),
        friendly_name: None,
    };
    let header = made_up::header(Move::Copy, side(1), side(3), "2026-11-23T00:00:00Z");
    let mut draft = PlanDraft::create(path, &header)?;
    let mut add = |kind, number: u64, channel: Option<u64>| {
        let subject = Subject {
            service_sid: Some(ServiceSid::from_digits(3)),
            user_sid: Some(UserSid::from_digits(mix(number))),
            channel_sid: channel.map(|channel| ChannelSid::from_digits(mix(1 << 60 | channel))),
            identity: Some(format!("user{number}@example.com")),
            ..Subject::default()
        };
        let operation = Operation { kind, subject, before: JsonFields::new(), after: JsonFields::new() };
        draft.operation(&operation, None)
    };
    for number in 0..users {
        add(OperationKind::CreateUser, number, None)?;
    }
    for number in 0..users {
        for channel in 0..2 {
            add(OperationKind::CreateParticipant, number, Some((number * 2 + channel) % CHANNELS))?;
        }
    }
    draft.finish(&made_up::totals())?;
    Ok(())
}

/// A running `browse`, ended when it is dropped.
struct Browsing {
    child: Child,
    host: String,
    base: String,
}

impl Browsing {
    /// Starts it, and waits until its first page is there.
    fn start(files: &[OsString]) -> Result<(Self, Duration)> {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatferry"))
            .args(["browse", "--quiet"])
            .args(files)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://").ok_or("no address")?;
        let (host, token) = address.trim_end_matches('/').split_once('/').ok_or("no token")?;
        let browsing = Self { child, host: host.to_owned(), base: format!("/{token}") };
        browsing.fetch("/")?;
        Ok((browsing, began.elapsed()))
    }

    fn fetch(&self, path: &str) -> Result<(Duration, usize)> {
        let began = Instant::now();
        let mut stream = TcpStream::connect(&self.host)?;
        let request =
            format!("GET {}{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.base, self.host);
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let took = began.elapsed();
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok((took, answer.len()))
    }

    fn peak_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
        Ok(peak.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Browsing {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait()).is_ok();
    }
}
