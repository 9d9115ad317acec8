//! A secret goes into the `Authorization` header and nowhere else: not to the screen, not into a log, not into a file.

use std::path::Path;

use chatferry::internals::simulator::Options;

use crate::support::{Ran, World, chatferry, run, spawn, wait_for_requests};

/// A secret that opens nothing.
const WRONG: &str = "MARKERc0ffee5ecretOfNobody0123456";

/// A secret in the forms in which it could be seen.
struct Needles(Vec<Vec<u8>>);

impl Needles {
    /// The secret itself, and the value of the header that it is sent in.
    fn of(user: &str, secret: &str) -> Self {
        let header = base64(format!("{user}:{secret}").as_bytes());
        // The end of the header's value, padding aside, is enough to read the secret from.
        let (_, tail) = header.trim_end_matches('=').split_at(base64(user.as_bytes()).len());
        Self(vec![secret.into(), tail.into(), secret.to_uppercase().into()])
    }

    fn found_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|needle| bytes.windows(needle.len()).any(|window| window == needle))
    }

    fn assert_unseen(&self, ran: &Ran) {
        assert!(!self.found_in(ran.stdout.as_bytes()), "stdout: {}", ran.stdout);
        assert!(!self.found_in(ran.stderr.as_bytes()), "stderr: {}", ran.stderr);
    }

    /// Searches every file below a folder; gives how many there were.
    fn assert_unwritten(&self, folder: &Path) -> usize {
        let mut files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files += self.assert_unwritten(&path);
            } else {
                assert!(!self.found_in(&std::fs::read(&path).unwrap()), "{}", path.display());
                files += 1;
            }
        }
        files
    }
}

/// RFC 4648, as the header's value is written.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number =
            chunk.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let shown = digit <= chunk.len();
            text.push(if shown { char::from(DIGITS[number >> (18 - 6 * digit) & 63]) } else { '=' });
        }
    }
    text
}

fn small() -> World {
    let faults = "429=3%,500=2%,reset=2%,html=2%,expired-token=3%".parse().unwrap();
    World::new(Options { users: 60, faults, ..Options::default() })
}

#[test]
fn the_search_itself_finds_a_secret_in_each_form() {
    assert_eq!(base64(b"Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(base64(b"Aladdin:open sesam"), "QWxhZGRpbjpvcGVuIHNlc2Ft");
    for user in ["AC1", "AC12", "AC123"] {
        let needles = Needles::of(user, WRONG);
        let header = format!("authorization: Basic {}", base64(format!("{user}:{WRONG}").as_bytes()));
        assert!(needles.found_in(header.as_bytes()), "{user}");
        assert!(needles.found_in(format!("token={WRONG}&").as_bytes()));
        assert!(!needles.found_in(b"nothing to see"));
    }
}

#[test]
fn no_verb_shows_or_keeps_the_secret_that_works() {
    let world = small();
    let service = world.running.service_sid().to_owned();
    let needles = Needles::of(world.running.account_sid(), world.running.auth_token());
    for arguments in [
        &["config"][..],
        &["config", "--json", "-vv"],
        &["probe", "-vv"],
        &["probe", "--json", "--log-format", "json", "-vv"],
        &["crawl", "--service", &service, "-vv"],
        &["crawl", "--service", &service, "-vv", "--log-format", "json", "--snapshot", "second.db", "--json"],
        &["crawl", "--service", &service, "-vv"], // on the finished one
        &["snapshot", "info"],
        &["snapshot", "check", "--json"],
        &["export", "--out", "out", "-vv", "--format", "csv,ndjson,parquet", "--mapping", "chat"],
        &["export", "--out", "-", "--records", "users", "--format", "ndjson", "-vv"],
        &["mapping", "check", "chat", "--snapshot", "snapshot.db"],
        &["plan", "--target", "in-place", "-vv", "--report", "plan.html", "--report", "plan.json"],
        &["plan", "show", "--format", "ndjson"],
        &["demo", "--users", "20", "-vv"], // its made-up account has the same token
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        assert!(!ran.stdout.is_empty() || !ran.stderr.is_empty());
        needles.assert_unseen(&ran);
    }
    assert!(needles.assert_unwritten(world.folder.path()) > 20, "snapshots, exports, locks");
}

#[test]
fn a_run_that_is_refused_does_not_show_what_it_was_refused_with() {
    let world = small();
    let account = world.running.account_sid().to_owned();
    let needles = Needles::of(&account, WRONG);
    for arguments in [
        &["crawl", "--service", world.running.service_sid(), "-vv"][..],
        &["crawl", "--service", world.running.service_sid(), "-vv", "--log-format", "json", "--json"],
        &["crawl", "--all-services", "--snapshot", "all.db"],
        &["probe", "-vv"],
        &["probe", "--json"],
    ] {
        let mut command = world.chatferry(arguments);
        let ran = run(command.env("TWILIO_AUTH_TOKEN", WRONG));
        assert_eq!(ran.code, 3, "{arguments:?}: {ran:?}");
        needles.assert_unseen(&ran);
    }
    needles.assert_unwritten(world.folder.path());
}

#[test]
fn refused_midway_or_killed_it_is_not_in_what_was_kept() {
    let faults = "unauthorized-after=120".parse().unwrap();
    let world = World::new(Options { users: 60, faults, ..Options::default() });
    let needles = Needles::of(world.running.account_sid(), world.running.auth_token());
    let arguments = ["crawl", "--service", world.running.service_sid(), "-vv", "--log-format", "json"];
    let ran = world.run(&arguments);
    assert_eq!(ran.code, 3, "{ran:?}");
    needles.assert_unseen(&ran);
    assert!(needles.assert_unwritten(world.folder.path()) >= 1, "the snapshot");

    let world = small();
    let mut child = spawn(&world, &["-vv"]);
    wait_for_requests(&world, &mut child, 100);
    #[cfg(target_os = "linux")]
    {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let none = core.split_whitespace().skip(4).take(2).collect::<Vec<_>>();
        assert_eq!(none, ["0", "0"], "a crash would leave a file of the memory: {core}");
    }
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!needles.found_in(&output.stderr));
    assert!(world.path("snapshot.db-wal").exists(), "the log of a killed run is searched too");
    needles.assert_unwritten(world.folder.path());
}

#[test]
fn secrets_from_files_commands_and_keys_are_kept_as_well() {
    let world = small();
    let secret = world.running.api_secret().to_owned();
    let needles = Needles::of(world.running.api_key(), &secret);
    let outside = tempfile::tempdir().unwrap(); // the file with the secret is not among those that are searched
    let file = outside.path().join("secret");
    std::fs::write(&file, format!("{secret}\n")).unwrap();
    let file = file.to_str().unwrap();
    let print = format!("cat {file}");
    let service = world.running.service_sid();
    for (index, flags) in
        [[].as_slice(), &["--secret-file", file], &["--secret-command", &print]].into_iter().enumerate()
    {
        let snapshot = format!("{index}.db");
        for verb in [
            &["crawl", "--service", service, "-vv", "--snapshot", &snapshot][..],
            &["probe", "-vv"],
            &["config"],
        ] {
            let mut arguments = verb.to_vec();
            arguments.extend(flags);
            let mut command = chatferry(world.folder.path(), &arguments);
            command
                .env("PATH", std::env::var("PATH").unwrap())
                .env("TWILIO_ACCOUNT_SID", world.running.account_sid())
                .env("TWILIO_API_KEY", world.running.api_key())
                .env("CHATFERRY_CHAT_URL", world.running.url())
                .env("CHATFERRY_CONVERSATIONS_URL", world.running.url())
                .env("CHATFERRY_RPS", "0");
            if flags.is_empty() {
                command.env("TWILIO_API_SECRET", &secret);
            }
            let ran = run(&mut command);
            assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
            needles.assert_unseen(&ran);
        }
    }
    assert!(needles.assert_unwritten(world.folder.path()) >= 3);
}

#[test]
fn the_secret_of_a_second_account_is_kept_as_well() {
    let world = small();
    let other = world.running.other_account();
    let needles = Needles::of(other.account_sid, other.auth_token);
    assert_eq!(world.crawl(&[]).code, 0);
    for arguments in
        [&["plan", "--target", other.service_sid, "-vv", "--report", "plan.html"][..], &["config"]]
    {
        let mut command = world.chatferry(arguments);
        command
            .env("CHATFERRY_TARGET_ACCOUNT_SID", other.account_sid)
            .env("CHATFERRY_TARGET_AUTH_TOKEN", other.auth_token);
        let ran = run(&mut command);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        needles.assert_unseen(&ran);
    }
    assert!(needles.assert_unwritten(world.folder.path()) >= 4);
}
