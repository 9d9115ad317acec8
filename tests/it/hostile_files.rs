//! Other people's eyes, and clocks that are wrong.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use chatferry::internals::simulator::Options;

use crate::support::World;

/// The modes of everything below a folder, by path.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        if metadata.is_symlink() {
            continue;
        }
        found.push((path.display().to_string(), metadata.permissions().mode() & 0o7777));
        if metadata.is_dir() {
            found.extend(modes(&path));
        }
    }
    found
}

#[test]
fn what_is_written_is_read_by_the_owner_and_with_shared_by_the_group() {
    for (flags, file_mode, folder_mode) in [(&[][..], 0o600, 0o700), (&["--shared"][..], 0o640, 0o750)] {
        let world = World::new(Options { users: 8, channels: 4, memberships: 2, ..Options::default() });
        let results = world.path("results");
        std::fs::create_dir(&results).unwrap();
        let source = world.running.service_sid();
        let target = world.running.target_service_sid();
        let run = |arguments: &[&str]| {
            let mut command = world.chatferry(&[arguments, flags].concat());
            let ran = crate::support::run(command.current_dir(&results));
            assert!(matches!(ran.code, 0 | 5), "{arguments:?}: {ran:?}");
        };
        run(&["crawl", "--service", source]);
        run(&["crawl", "--service", source, "--snapshot", "new.db"]);
        run(&["export", "--out", "export"]);
        run(&["plan", "--target", target, "--report", "plan.html"]);
        run(&["apply", "--yes", "--service-rate", "1000"]);
        run(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
        run(&["diff", "snapshot.db", "new.db", "--format", "html", "--out", "diff.html"]);
        run(&["audit", "--service", source, "--dir", "audits"]);
        let modes = modes(&results);
        assert!(modes.len() > 20, "{modes:?}");
        for (path, mode) in modes {
            let expected = if Path::new(&path).is_dir() { folder_mode } else { file_mode };
            assert_eq!(mode, expected, "{path} {mode:o}, {flags:?}");
        }
    }
}

#[test]
fn files_of_secrets_and_settings_that_everyone_can_use_are_warned_of_once() {
    let world = World::new(Options { users: 3, channels: 2, ..Options::default() });
    let secret = world.path("token");
    std::fs::write(&secret, world.running.auth_token()).unwrap();
    let settings = world.path("chatferry.toml");
    std::fs::write(&settings, "secret_file = \"token\"\n").unwrap();
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let run = || {
        let mut command = world.chatferry(&["crawl", "--service", world.running.service_sid(), "--restart"]);
        let ran = crate::support::run(command.env_remove("TWILIO_AUTH_TOKEN"));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stderr
    };
    set(&secret, 0o640);
    set(&settings, 0o640);
    assert!(!run().contains("chmod"));
    set(&secret, 0o644);
    set(&settings, 0o644);
    let text = run();
    assert_eq!(text.matches("chmod").count(), 2, "{text}");
    assert!(
        text.contains("everyone on this machine can read this secret file")
            && text.contains("chatferry.toml"),
        "{text}"
    );
    assert!(!text.contains(world.running.auth_token()));
    set(&secret, 0o602);
    set(&settings, 0o602);
    let text = run();
    assert_eq!(text.matches("everyone on this machine can change this").count(), 2, "{text}");
    // A settings file that says nothing of credentials may be read by everyone.
    std::fs::write(&settings, "rps = 0\n").unwrap();
    set(&settings, 0o644);
    let ran = world.run(&["crawl", "--service", world.running.service_sid(), "--restart"]);
    assert!(ran.code == 0 && !ran.stderr.contains("chmod"), "{ran:?}");
}

#[test]
fn a_clock_far_ahead_removes_no_audit() {
    let world = World::new(Options { users: 5, channels: 3, ..Options::default() });
    let audit = |now: &str| {
        let mut command = world.chatferry(&[
            "audit",
            "--service",
            world.running.service_sid(),
            "--dir",
            "audits",
            "--keep-days",
            "1",
            "--json",
        ]);
        let ran = crate::support::run(command.env("CHATFERRY_TEST_NOW", now));
        let result: serde_json::Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        assert!(matches!(ran.code, 0 | 5), "{ran:?}");
        result
    };
    let removed = |result: &serde_json::Value| result["removed"].as_array().unwrap().len();
    for day in ["2026-11-01", "2026-11-02", "2026-11-03"] {
        audit(&format!("{day}T02:00:00Z"));
    }
    let ahead = audit("2029-08-01T02:00:00Z");
    assert_eq!(removed(&ahead), 0, "{ahead}");
    let notes = ahead["notes"].to_string();
    assert!(notes.contains("20261103T020000Z") && notes.contains("--keep"), "{notes}");
    let again = audit("2029-08-02T01:00:00Z");
    assert_eq!(removed(&again), 0, "{again}");
    assert!(world.path("audits/20261102T020000Z").exists());
}

#[test]
fn a_check_that_is_not_clean_says_why() {
    let world = World::with_faults("vanish-user=2");
    let crawled = world.crawl(&[]);
    assert_eq!(crawled.code, 5, "{}", crawled.talk);
    let checked = world.run(&["snapshot", "check", "snapshot.db"]);
    assert_eq!(checked.code, 5, "{checked:?}");
    assert!(checked.stdout.contains("vanished during the crawl: 2"), "{checked:?}");
    let again = World::with_faults("vanish-user=2");
    let ran = again.run(&["crawl", "--service", again.running.service_sid()]);
    assert!(!ran.stderr.contains("0 subjects") && ran.stderr.contains("vanished with"), "{ran:?}");
}

/// An earlier run of the crawl was under a clock that was ahead.
#[test]
fn a_window_never_ends_before_it_starts() {
    let world = World::with_faults("");
    let mut killed = world.chatferry(&["crawl", "--service", world.running.service_sid(), "--quiet"]);
    let killed = killed.env("CHATFERRY_TEST_KILL", "snapshot:10").output().unwrap();
    assert_eq!(killed.status.code(), None);
    let ahead = "2126-12-01T00:00:00Z";
    let connection = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
    let set = "UPDATE property SET value = ?1 WHERE key = 'started'";
    assert_eq!(connection.execute(set, [ahead]).unwrap(), 1);
    drop(connection);
    let crawled = world.crawl(&[]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    assert!(crawled.talk.contains("the clock went back"), "{}", crawled.talk);
    let info = world.json(&["snapshot", "info"]);
    assert_eq!((&info["started"], &info["finished"]), (&ahead.into(), &ahead.into()), "{info}");
}

#[test]
fn a_plan_is_made_of_a_damaged_snapshot_only_where_the_check_is_switched_off() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&[]).code, 0);
    let mut bytes = std::fs::read(world.path("snapshot.db")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1; // of the digest, so that the data is what it was
    std::fs::write(world.path("snapshot.db"), bytes).unwrap();
    let plan = ["plan", "--target", "in-place"];
    let refused = world.run(&plan);
    assert!(refused.code == 2 && refused.stderr.contains("CHATFERRY_CHECK_FILES"), "{refused:?}");
    assert!(!world.path("plan.db").exists());
    world.chatferry(&plan).env("CHATFERRY_CHECK_FILES", "false").assert().success();
    assert!(world.path("plan.db").exists());
}
