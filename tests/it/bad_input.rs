//! What cannot be done is said before anything is done: the thing, the remedy, the exit code of the table. Nothing is lost.

use std::path::Path;

use chatferry::internals::simulator::Options;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{DEFAULT_RECORDS, Ran, World, chatferry, files, run, spawn, wait_for_requests};

fn small() -> World {
    World::new(Options { users: 60, ..Options::default() })
}

/// Fails unless the run was refused with this code and says each of these texts, on stderr alone.
fn assert_refused(ran: &Ran, code: i32, says: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.stderr.contains("error: "), "{ran:?}");
    for text in says {
        assert!(ran.stderr.contains(text), "`{text}` is missing in {ran:?}");
    }
    assert_eq!(ran.stdout, "", "talk belongs to stderr");
}

/// Every file and folder below a folder with its bytes, so that nothing can change unseen. Lock files are not data.
fn state(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(state(&path));
            found.push((name, Vec::new()));
        } else if path.extension().is_none_or(|extension| extension != "lock") {
            found.push((name, std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn settings_that_cannot_be_are_refused_before_any_request() {
    let world = small();
    let service = world.running.service_sid().to_owned();
    std::fs::write(world.path("users.txt"), "ann@example.org\nUS0123456789abcdef0123456789abcde\n").unwrap();
    std::fs::write(world.path("empty.txt"), "# empty\n\n").unwrap();
    std::fs::write(world.path("ann.txt"), "ann@example.org\n").unwrap();
    std::fs::write(world.path("slip.toml"), "\nconcurency = 3\n").unwrap();
    std::fs::write(world.path("secret.toml"), "auth_token = \"hunter2\"\n").unwrap();
    let before = state(world.folder.path());
    let crawl = |flags: &[&str]| {
        let mut arguments = vec!["crawl", "--service", &service];
        arguments.extend(flags);
        world.run(&arguments)
    };
    let longer = format!("{service}00");
    let user_sid = service.replace("IS", "US");
    let shape = "expected `IS` and 32 hexadecimal digits";
    for (ran, says) in [
        (world.run(&["crawl", "--service", "IS123"]), &["--service", "`IS123`", shape][..]),
        (world.run(&["crawl", "--service", &longer]), &["--service", &longer, shape]),
        (world.run(&["crawl", "--service", &user_sid]), &["--service", &user_sid, shape]),
        (world.run(&["probe", "--service", &user_sid]), &["--service", &user_sid, shape]),
        (
            crawl(&["--include", "users,messages"]),
            &["`messages` is read through `channels`", "hint: add `channels` to the list"],
        ),
        (crawl(&["--include", "userz"]), &["--include", "`userz`", "hint: did you mean `users`?"]),
        (crawl(&["--include", "members"]), &["`members` is read through `channels`", "hint: add `channels`"]),
        (
            crawl(&["--source", "conversations", "--include", "channels,invites"]),
            &["--source", "Conversations has no invites", "hint: leave `invites` out of --include"],
        ),
        (crawl(&["--users", "users.txt"]), &["users.txt", "line 2", "31 digits, not 32"]),
        (crawl(&["--users", "empty.txt"]), &["empty.txt", "names no user"]),
        (crawl(&["--users", "absent.txt"]), &["absent.txt", "cannot be read"]),
        (
            world.run(&["crawl", "--all-services", "--users", "ann.txt"]),
            &["--users", "hint: give one --service"],
        ),
        (
            crawl(&["--chat-url", "http://example.com"]),
            &["--chat-url", "`example.com`", "https", "--allow-http"],
        ),
        (
            crawl(&["--chat-url", "http://127.0.0.1.example.com"]),
            &["`127.0.0.1.example.com`", "--allow-http"],
        ),
        (crawl(&["--chat-url", "https://example.com/v2"]), &["--chat-url", "without path"]),
        (crawl(&["--concurrency", "0"]), &["--concurrency", "`0`", "from 1 to"]),
        (crawl(&["--rps", "many"]), &["--rps", "`many`", "whole number"]),
        (
            crawl(&["--max-duration", "5"]),
            &["--max-duration", "`5`", "such as `2h`", "hint: write 5s, 5m or 5h"],
        ),
        (crawl(&["--config", "absent.toml"]), &["absent.toml", "cannot be read"]),
        (
            crawl(&["--config", "slip.toml"]),
            &["slip.toml", "line 2", "`concurency`", "did you mean `concurrency`?"],
        ),
        (crawl(&["--config", "secret.toml"]), &["secret.toml", "`auth_token` is a secret", "environment"]),
        (crawl(&["--profile", "night"]), &["`night`", "hint: ", "--config"]),
    ] {
        assert_refused(&ran, 2, says);
        assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
    }
    assert_eq!(world.running.stats().requests, 0, "no request was sent");
    // Which services there are is asked for; there are several, so none is chosen.
    for verb in [&["crawl"][..], &["audit", "--dir", "audits"]] {
        assert_refused(&world.run(verb), 2, &["no service is chosen", "hint: ", "--all-services", &service]);
    }
    assert_eq!(state(world.folder.path()), before, "no file was made or changed");
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    let world = small();
    for flag in ["--chat-url", "--conversations-url"] {
        let service = world.running.service_sid();
        let url = "https://bob:hunter2@example.com";
        let ran = world.run(&["crawl", "--service", service, flag, url]);
        assert_refused(&ran, 2, &[flag, "password", "credentials come from the environment"]);
        assert!(!ran.stderr.contains("hunter2") && !ran.stderr.contains("bob"), "{ran:?}");
    }
    let mut command = world.chatferry(&["config"]);
    let ran = run(command.env("CHATFERRY_CHAT_URL", "https://bob:hunter2@example.com"));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
}

#[test]
fn credentials_that_are_missing_or_half_are_named() {
    const KEY: &str = "SK0123456789abcdef0123456789abcdef";
    let world = small();
    let account = world.running.account_sid();
    let token = world.running.auth_token();
    for (variables, says) in [
        (
            vec![],
            &["TWILIO_ACCOUNT_SID is not set", "hint: set TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN"][..],
        ),
        (vec![("TWILIO_AUTH_TOKEN", token)], &["TWILIO_ACCOUNT_SID is not set", "hint: "]),
        (vec![("TWILIO_ACCOUNT_SID", account)], &["TWILIO_AUTH_TOKEN is not set", "hint: ", "--secret-file"]),
        (
            vec![("TWILIO_ACCOUNT_SID", account), ("TWILIO_API_KEY", KEY)],
            &["TWILIO_API_SECRET is not set", "hint: ", "its own secret"],
        ),
        (
            vec![("TWILIO_ACCOUNT_SID", account), ("TWILIO_API_KEY", KEY), ("TWILIO_AUTH_TOKEN", token)],
            &["TWILIO_API_SECRET is not set", "not with the account's auth token"],
        ),
        (
            vec![("TWILIO_ACCOUNT_SID", KEY), ("TWILIO_AUTH_TOKEN", token)],
            &["TWILIO_ACCOUNT_SID holds an API key", "hint: put the key (SK…) in TWILIO_API_KEY"],
        ),
        (
            vec![("TWILIO_ACCOUNT_SID", token), ("TWILIO_AUTH_TOKEN", token)],
            &["TWILIO_ACCOUNT_SID is not an Account SID", "hint: "],
        ),
        (
            vec![("TWILIO_ACCOUNT_SID", account), ("TWILIO_AUTH_TOKEN", account)],
            &["TWILIO_AUTH_TOKEN holds a SID", "auth token"],
        ),
    ] {
        for verb in ["crawl", "probe"] {
            let arguments = [verb, "--service", world.running.service_sid()];
            let mut command = chatferry(world.folder.path(), &arguments);
            command.env("CHATFERRY_CHAT_URL", world.running.url()).envs(variables.clone());
            let ran = run(&mut command);
            assert_refused(&ran, 2, says);
            assert!(!ran.stderr.contains(token), "a secret in the wrong place is not repeated: {ran:?}");
        }
    }
    for (flags, says) in [
        (["--secret-file", "absent"], &["the secret file absent cannot be read", "hint: "][..]),
        (
            ["--secret-command", "exit 7"],
            &["the secret command failed", "7", "hint: try the command by itself"],
        ),
    ] {
        let mut arguments = vec!["crawl", "--service", world.running.service_sid()];
        arguments.extend(flags);
        assert_refused(&world.run(&arguments), 2, says);
    }
    assert_eq!(world.running.stats().requests, 0, "no request was sent");
    assert!(state(world.folder.path()).is_empty(), "no file was made");
}

#[test]
fn a_host_that_does_not_answer_is_named_and_can_be_tried_again() {
    let world = small();
    // A port that was free a moment ago: no one listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    let arguments = ["crawl", "--service", world.running.service_sid(), "--chat-url", &url];
    assert_refused(&world.run(&arguments), 1, &["no connection", "hint: check the network, --chat-url"]);
    let probe = world.run(&["probe", "--chat-url", &url]);
    assert_eq!(probe.code, 1, "{probe:?}");
    assert!(probe.stderr.contains(&format!("unreachable at {url}")), "{probe:?}");
    // Nothing was lost: the same command goes on once the host answers.
    assert_eq!(world.crawl(&[]).code, 0);
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[test]
fn a_service_that_is_not_there_is_named() {
    let world = small();
    let ran = world.run(&["crawl", "--service", "IS0123456789abcdef0123456789abcdef"]);
    assert_refused(
        &ran,
        1,
        &["IS0123456789abcdef0123456789abcdef", "hint: check the SID", "chatferry probe"],
    );
}

/// Every verb that reads a snapshot refuses such a file with exit code 2 and leaves it as it was.
fn assert_unusable(world: &World, file: &str, says: &[&str]) {
    let before = state(world.folder.path());
    let requests = world.running.stats().requests;
    let service = world.running.service_sid();
    for arguments in [
        &["snapshot", "info", file][..],
        &["snapshot", "check", file],
        &["export", "--snapshot", file, "--out", "unusable"],
        &["crawl", "--service", service, "--snapshot", file],
    ] {
        let ran = world.run(arguments);
        assert_refused(&ran, 2, says);
        assert!(ran.stderr.contains(file) && ran.stderr.contains("hint: "), "{arguments:?}: {ran:?}");
    }
    assert_eq!(world.running.stats().requests, requests, "no request was sent");
    assert_eq!(state(world.folder.path()), before, "nothing was written");
}

#[test]
fn a_file_that_is_no_snapshot_is_left_alone() {
    let world = small();
    std::fs::write(world.path("thesis.txt"), "years of work\n".repeat(1000)).unwrap();
    std::fs::write(world.path("empty.db"), "").unwrap();
    std::fs::create_dir(world.path("folder")).unwrap();
    let other = Connection::open(world.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE work (years); INSERT INTO work VALUES (7);").unwrap();
    drop(other);
    for file in ["thesis.txt", "empty.db", "folder", "other.db"] {
        assert_unusable(&world, file, &["is not a chatferry snapshot", "name another file with --snapshot"]);
        // A mistyped name must not cost a file, not even with --restart.
        let before = state(world.folder.path());
        let arguments = ["crawl", "--service", world.running.service_sid(), "--snapshot", file, "--restart"];
        assert_refused(&world.run(&arguments), 2, &[file, "is not a chatferry snapshot", "hint: "]);
        assert_eq!(state(world.folder.path()), before, "nothing was written");
    }
    assert_eq!(world.running.stats().requests, 0);
}

#[test]
fn a_snapshot_that_is_not_there_is_not_made_by_reading() {
    let world = small();
    for arguments in
        [&["snapshot", "info"][..], &["snapshot", "check", "absent.db"], &["export", "--out", "out"]]
    {
        assert_refused(
            &world.run(arguments),
            2,
            &["there is no snapshot at", "hint: run `chatferry crawl` first"],
        );
    }
    assert!(state(world.folder.path()).is_empty());
}

#[test]
fn a_snapshot_of_another_version_is_not_touched() {
    let world = small();
    world.crawl(&[]);
    let connection = Connection::open(world.path("snapshot.db")).unwrap();
    connection.execute_batch("PRAGMA user_version = 1").unwrap();
    drop(connection);
    assert_unusable(
        &world,
        "snapshot.db",
        &["format 1", "reads format 2 to 3", "the chatferry that wrote it"],
    );
}

#[test]
fn a_damaged_snapshot_is_said_to_be_damaged() {
    let world = small();
    world.crawl(&[]);
    let whole = std::fs::read(world.path("snapshot.db")).unwrap();
    let page = 8192;
    // Every page but the first is noise; or half of the file is gone.
    let mut noise = whole.clone();
    noise[page..].fill(0xA5);
    for bytes in [&noise[..], &whole[..whole.len() / 2]] {
        std::fs::write(world.path("snapshot.db"), bytes).unwrap();
        assert_unusable(&world, "snapshot.db", &["is damaged", "restore it from a copy", "crawl again"]);
    }
    let told = world.run(&["snapshot", "info"]).stderr;
    assert_eq!(told.matches("malformed").count(), 1, "a cause is printed once: {told}");
    // Damage among the rows alone: found by whoever reads them, and by the check.
    let mut rows = whole.clone();
    let last = whole.len() - 12 * page;
    rows[last..].fill(0xA5);
    std::fs::write(world.path("snapshot.db"), &rows).unwrap();
    let check = world.run(&["snapshot", "check"]);
    assert_eq!(check.code, 2, "{check:?}");
    let export = world.run(&["export", "--out", "out"]);
    assert_refused(&export, 2, &["snapshot.db", "is damaged", "hint: "]);
    assert!(
        !world.path("out").exists() || files(&world.path("out")).is_empty(),
        "no half of an export is seen"
    );
    // Beginning anew mends it.
    assert_eq!(world.crawl(&["--restart"]).code, 0);
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[test]
fn a_snapshot_of_another_job_is_not_gone_on_with() {
    let world = small();
    world.crawl(&[]);
    std::fs::write(world.path("ann.txt"), "ann@example.org\n").unwrap();
    let before = state(world.folder.path());
    let requests = world.running.stats().requests;
    let service = world.running.service_sid().to_owned();
    let other = "IS0123456789abcdef0123456789abcdef";
    let account = "AC0123456789abcdef0123456789abcdef";
    let mut of_account = world.chatferry(&["crawl", "--service", &service]);
    for (ran, says) in [
        (world.run(&["crawl", "--service", other]), &[&*service, other][..]),
        (world.run(&["crawl", "--service", &service, "--include", "users"]), &["members", "not of"]),
        (world.run(&["crawl", "--service", &service, "--users", "ann.txt"]), &["all users", "selected"]),
        (run(of_account.env("TWILIO_ACCOUNT_SID", account)), &["account", account]),
    ] {
        assert_refused(&ran, 2, says);
        assert_refused(
            &ran,
            2,
            &["the snapshot `snapshot.db` is of", "--snapshot", "--restart", "nothing was changed"],
        );
    }
    assert_eq!(world.running.stats().requests, requests, "no request was sent");
    assert_eq!(state(world.folder.path()), before, "nothing was written");
}

#[test]
fn a_restart_that_was_left_unfinished_is_not_mixed_with_another() {
    let world = small();
    world.crawl(&[]);
    assert_eq!(world.crawl(&["--restart", "--rps", "50", "--max-duration", "1s"]).code, 4);
    let before = state(world.folder.path());
    let ran =
        world.run(&["crawl", "--service", world.running.service_sid(), "--restart", "--include", "users"]);
    assert_refused(&ran, 2, &["snapshot.db.restart", "hint: ", "remove it"]);
    assert_eq!(state(world.folder.path()), before, "nothing was written");
}

#[test]
fn a_snapshot_in_use_is_not_written_by_a_second_run() {
    let latency = std::time::Duration::from_millis(50);
    let world = World::new(Options { users: 60, latency, ..Options::default() });
    let service = world.running.service_sid();
    let mut first = spawn(&world, &["--concurrency", "1"]);
    wait_for_requests(&world, &mut first, 20);
    for flags in [&[][..], &["--restart"]] {
        let mut arguments = vec!["crawl", "--service", service];
        arguments.extend(flags);
        let second = world.run(&arguments);
        assert!(first.try_wait().unwrap().is_none(), "the first run had ended too early for this test");
        assert_refused(
            &second,
            2,
            &["`snapshot.db` is in use by another run", "hint: wait until that run ends"],
        );
    }
    // Reading is free meanwhile.
    let info = world.json(&["snapshot", "info"]);
    assert_eq!(info["verdict"], "incomplete");
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(world.crawl(&[]).code, 0, "a lock ends with its run, however that ends");
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[test]
fn an_output_that_holds_something_else_is_left_alone() {
    let world = small();
    world.crawl(&[]);
    std::fs::create_dir(world.path("letters")).unwrap();
    std::fs::write(world.path("letters/users.csv"), "mine\n").unwrap();
    std::fs::write(world.path("file"), "mine\n").unwrap();
    let before = state(world.folder.path());
    for (out, says) in [
        ("letters", &["`letters`", "users.csv", "choose another folder", "--force"][..]),
        ("file", &["`file` is not a folder"]),
        ("snapshot.db", &["`snapshot.db` is not a folder"]),
    ] {
        assert_refused(&world.run(&["export", "--out", out]), 2, says);
    }
    assert_eq!(state(world.folder.path()), before, "nothing was written");
}

#[test]
fn an_export_that_cannot_be_is_refused_before_a_file_is_made() {
    let world = small();
    world.crawl(&[]);
    std::fs::write(world.path("odd.toml"), "name = \"odd\"\n[[record]]\nname = 3\n").unwrap();
    let before = state(world.folder.path());
    let export = |flags: &[&str]| {
        let mut arguments = vec!["export", "--out", "out"];
        arguments.extend(flags);
        world.run(&arguments)
    };
    for (ran, says) in [
        (
            export(&["--records", "users,userz"]),
            &["no record `userz`", "did you mean `users`?", "user_channels"][..],
        ),
        (export(&["--records", "invites"]), &["`invites`", "--include …,invites"]),
        (export(&["--mapping", "chatt"]), &["no mapping `chatt`", "chat, conversations"]),
        (export(&["--mapping", "./absent.toml"]), &["./absent.toml", "cannot be read"]),
        (export(&["--mapping", "odd.toml"]), &["odd.toml"]),
        (export(&["--format", "xml"]), &["xml", "csv, ndjson, parquet"]),
        (
            export(&["--where", "stats == 'joined'", "--records", "user_channels"]),
            &["--where", "`stats`", "status"],
        ),
        (export(&["--pii", "hmac"]), &["--pii-key-file"]),
        (world.run(&["export", "--out", "-"]), &["one record in one format", "--records", "--format"]),
    ] {
        assert_refused(&ran, 2, says);
    }
    assert_eq!(state(world.folder.path()), before, "nothing was written");
    let ran = world.run(&["mapping", "show", "chatt"]);
    assert_refused(&ran, 2, &["no mapping `chatt`", "chat, conversations"]);
    // Without --out there is a folder all the same.
    let ran = world.run(&["export", "--records", "users"]);
    assert!(ran.code == 0 && world.path("export/users.csv").exists(), "{ran:?}");
}

#[test]
fn usage_that_cannot_be_is_an_object_too_with_json() {
    let world = small();
    for arguments in [
        &["crawl", "--json", "--service", "IS123"][..],
        &["crawl", "--json", "--no-such-flag"],
        &["export", "--json", "--out", "out", "--format", "xml"],
        &["snapshot", "info", "--json", "absent.db"],
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        let object: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(object["error"]["exit_code"], 2, "{object}");
        assert!(object["error"]["message"].as_str().is_some_and(|text| text.len() > 8), "{object}");
    }
}

/// A disk that is full, as nearly as a test can have it: no file may grow beyond so many blocks of 512 bytes.
#[cfg(target_os = "linux")]
mod full_disk {
    use super::*;

    fn limited(world: &World, blocks: u32, arguments: &[&str]) -> Ran {
        // Without the trap the first write beyond the limit would be a signal, not an error.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = assert_cmd::Command::new("sh");
        let binary = assert_cmd::cargo::cargo_bin("chatferry");
        command
            .arg("-c")
            .arg(script)
            .arg(binary)
            .args(arguments)
            .current_dir(world.folder.path())
            .env_clear();
        for (name, value) in [
            ("PATH", std::env::var("PATH").unwrap().as_str()),
            ("CHATFERRY_TEST_BACKOFF_SCALE", "0"),
            ("CHATFERRY_RPS", "0"),
            ("CHATFERRY_CHAT_URL", &world.running.url()),
            ("TWILIO_ACCOUNT_SID", world.running.account_sid()),
            ("TWILIO_AUTH_TOKEN", world.running.auth_token()),
        ] {
            command.env(name, value);
        }
        run(&mut command)
    }

    /// The rehearsal has no room for its copies: it says so, and the plan is as it was.
    #[test]
    fn a_rehearsal_says_what_it_has_no_room_for() {
        let world = small();
        assert_eq!(world.crawl(&["--quiet"]).code, 0);
        world.json(&["plan", "--target", "in-place"]);
        let before = files(world.folder.path());
        for blocks in [0, 40, 120, 200] {
            let ran = limited(&world, blocks, &["rehearse", "--progress", "none"]);
            assert_refused(&ran, 1, &["chatferry-rehearsal-", "hint: "]);
            assert_eq!(files(world.folder.path()), before);
        }
        assert_eq!(world.run(&["rehearse"]).code, 0);
    }

    #[test]
    fn a_crawl_keeps_what_it_committed_and_goes_on_when_there_is_room() {
        let world = small();
        let arguments = ["crawl", "--service", world.running.service_sid(), "--progress", "none"];
        // From no room at all to room for much of it, never for all: the file's making, lists and users fail in turn.
        for blocks in [0, 8, 40, 100, 200, 320] {
            let ran = limited(&world, blocks, &arguments);
            assert_refused(&ran, 1, &["snapshot.db", "hint: ", "run the same command again"]);
            if world.path("snapshot.db").exists() {
                let check = world.json(&["snapshot", "check"]);
                assert_eq!(check["sound"], true, "after {blocks} blocks: {check}");
            }
        }
        let finished = world.crawl(&[]);
        assert_eq!(finished.code, 0, "{}", finished.talk);
        world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
    }

    #[test]
    fn a_former_export_stays_whole_when_the_next_has_no_room() {
        let world = small();
        world.crawl(&[]);
        world.export("out", &["--records", "users,channels"]);
        let before = state(world.folder.path());
        for blocks in [0, 40, 200, 600] {
            let ran = limited(&world, blocks, &["export", "--out", "out", "--quiet"]);
            assert_refused(&ran, 1, &["out/", "hint: free some space"]);
            assert_eq!(state(world.folder.path()), before, "the former export is there, and nothing else");
        }
    }

    #[test]
    fn a_stream_that_takes_no_more_is_an_error() {
        let world = small();
        world.crawl(&[]);
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = world
            .process(&["export", "--out", "-", "--records", "user_channels", "--format", "csv", "--quiet"])
            .stdout(full)
            .output()
            .unwrap();
        let talk = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{talk}");
        assert!(talk.contains("standard output") && talk.contains("No space left"), "{talk}");
    }
}
