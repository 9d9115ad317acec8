//! The pages that verbs write beside their results: `--report` and `--open` are the same for each of them.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use chatferry::internals::simulator::Options;

use crate::support::{Ran, World, run};

/// A world in which opening a page is noted in a file.
fn world() -> World {
    let world = World::new(Options { users: 40, channels: 20, ..Options::default() });
    let opener = world.path("xdg-open");
    fs::write(&opener, "#!/bin/sh\necho \"$1\" >> opened.txt\n").unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    world
}

fn run_with_opener(world: &World, arguments: &[&str]) -> Ran {
    let mut command = world.chatferry(arguments);
    let path = format!("{}:/usr/bin:/bin", world.folder.path().display());
    run(command.env("PATH", path).env("CHATFERRY_TEST_NOW", "2026-12-01T02:00:00Z"))
}

/// What was opened so far. The opener is not waited for by the program.
fn opened(world: &World, count: usize) -> Vec<String> {
    for _ in 0..3_000 {
        let text = fs::read_to_string(world.path("opened.txt")).unwrap_or_default();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if lines.len() >= count {
            return lines;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{count} pages were not opened");
}

fn page(world: &World, name: &str) -> String {
    let page = fs::read_to_string(world.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(page.ends_with("</html>\n"), "{name} is complete");
    page
}

#[test]
fn every_page_is_written_and_opened_by_the_same_two_flags() {
    let world = world();
    assert_eq!(world.crawl(&[]).code, 0);
    fs::copy(world.path("snapshot.db"), world.path("old.db")).unwrap();
    rusqlite::Connection::open(world.path("old.db"))
        .unwrap()
        .execute_batch(
            "UPDATE user_row SET friendly_name = 'Old name' WHERE id = 1;
             UPDATE channel_row SET members_count = 77 WHERE id IN (1, 2);",
        )
        .unwrap();
    let target = world.running.target_service_sid().to_owned();
    let verbs: [(&[&str], &str, &[i32], &str); 5] = [
        (&["snapshot", "info"], "snapshot.html", &[0], "chatferry snapshot"),
        (&["diff", "old.db", "snapshot.db"], "diff.html", &[5], "The two differ: 1 person"),
        (
            &["plan", "--target", &target, "--max-change-percent", "100", "--report", "plan.md"],
            "plan.html",
            &[0],
            "Nothing has been written",
        ),
        (
            &["apply", "--yes", "--service-rate", "1000", "--conversation-rate", "1000"],
            "apply.html",
            &[0, 5],
            "What was done",
        ),
        (&["verify"], "verify.html", &[0, 5], "Verified at 2026-12-01T02:00:00Z."),
    ];
    for (number, (verb, name, codes, said)) in verbs.into_iter().enumerate() {
        let ran = run_with_opener(&world, &[verb, &["--report", name, "--open", "--quiet"]].concat());
        assert!(codes.contains(&ran.code), "{ran:?}");
        let text = page(&world, name);
        assert!(text.contains(said), "{name} does not say {said}");
        assert_eq!(opened(&world, number + 1)[number], name);
    }
    assert!(page(&world, "diff.html").contains("the counters of 2 records follow from such changes"));
    let plan = page(&world, "plan.html");
    assert!(!plan.contains("What was done"), "nothing was yet");
    // The page of the plan, made again after it was applied, is the page of `apply`.
    let shown = world.run(&["plan", "show", "--format", "html"]).stdout;
    assert_eq!(shown, page(&world, "apply.html"));
}

#[test]
fn the_page_of_an_audit_is_written_elsewhere_too_and_opened() {
    let world = world();
    let service = world.running.service_sid().to_owned();
    let audit =
        ["audit", "--service", &service, "--dir", "audits", "--report", "night.html", "--open", "--quiet"];
    let ran = run_with_opener(&world, &audit);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(page(&world, "night.html"), page(&world, "audits/latest/report.html"));
    assert_eq!(opened(&world, 1), ["night.html"]);
}

#[test]
fn a_page_that_cannot_have_its_name_is_refused_before_any_work() {
    let world = world();
    for (arguments, said) in [
        (&["apply", "--yes", "--report", "page.txt"][..], "ends in `.html`"),
        (&["diff", "a.db", "b.db", "--report", "none/page.html"], "does not exist"),
        (
            &[
                "audit",
                "--service",
                "IS00000000000000000000000000000001",
                "--dir",
                "audits",
                "--report",
                "a.md",
            ],
            "ends in `.html`",
        ),
        (&["plan", "--target", "in-place", "--report", "plan.md", "--open"], "no --report ends in .html"),
        (&["plan", "--target", "in-place", "--open"], "--report"),
    ] {
        let ran = run_with_opener(&world, arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(said), "{said}: {ran:?}");
    }
    assert!(!world.path("audits").exists());
    assert_eq!(world.running.stats().requests, 0);
}

#[test]
fn a_page_that_cannot_be_written_does_not_keep_the_result_back() {
    let world = world();
    assert_eq!(world.crawl(&[]).code, 0);
    let target = world.running.target_service_sid().to_owned();
    let planned = world.run(&["plan", "--target", &target, "--max-change-percent", "100", "--quiet"]);
    assert_eq!(planned.code, 0, "{planned:?}");
    // A folder in which no one can make a file.
    let arguments =
        ["apply", "--yes", "--json", "--quiet", "--limit", "1", "--report", "/proc/self/page.html"];
    let ran = run_with_opener(&world, &arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    let result: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(result["verdict"], "incomplete", "the result is there all the same: {ran:?}");
    assert!(ran.stderr.contains("the page `/proc/self/page.html` cannot be written"), "{ran:?}");
    assert!(ran.stderr.contains("chatferry plan show --format html"), "{ran:?}");
}

/// A name that must not run as a script.
const HOSTILE: &str = "<script>alert(1)</script>";

/// What the pages of differences show: a change of each part, counters that follow, and a hostile name in each table.
const CHANGES: &str = "
    UPDATE user_row SET friendly_name = @name WHERE id IN (1, 2);
    UPDATE channel_row SET friendly_name = @name WHERE id = 3 OR id = (SELECT id FROM channel_row ORDER BY members_count DESC LIMIT 1);
    UPDATE channel_row SET members_count = members_count + 1 WHERE id IN (4, 5);
    UPDATE membership_row SET status = 4 WHERE user = (SELECT min(user) FROM membership_row);
    UPDATE role_row SET friendly_name = @name WHERE sid = (SELECT min(sid) FROM role_row);";

/// A person's page: with context, something missing, and a name and a text that must not run as scripts.
fn person_for_the_browser(world: &World, folder: &std::path::Path) {
    let include = "roles,users,channels,user-channels,members,messages,bindings";
    assert_eq!(world.crawl(&["--snapshot", "person.db", "--include", include]).code, 0);
    let snapshot = rusqlite::Connection::open(world.path("person.db")).unwrap();
    let writer = "SELECT u.identity FROM user_row u JOIN message_row m ON m.sender = u.identity
                  GROUP BY u.id ORDER BY count(*) DESC LIMIT 1";
    let identity: String = snapshot.query_row(writer, [], |row| row.get(0)).unwrap();
    for hostile in [
        "UPDATE user_row SET friendly_name = ?2 WHERE identity = ?1",
        "UPDATE message_row SET body = ?2 WHERE sender = ?1",
    ] {
        assert!(snapshot.execute(hostile, [&identity, HOSTILE]).unwrap() > 0);
    }
    drop(snapshot);
    let subject =
        ["subject", &identity, "--snapshot", "person.db", "--out", "person", "--context", "--quiet"];
    let ran = world.run(&subject);
    assert_eq!(ran.code, 4, "there are no invitations in it: {ran:?}");
    fs::copy(world.path("person/index.html"), folder.join("subject.html")).unwrap();
}

/// The pages that `tests/browser/pages.py` opens: into the folder that the variable names, else into one that goes again.
#[test]
fn pages_for_the_browser() {
    let world = world();
    let given = std::env::var_os("CHATFERRY_TEST_PAGES").map(std::path::PathBuf::from);
    let folder = given.unwrap_or_else(|| world.folder.path().to_path_buf());
    let at = |name: &str| folder.join(name).display().to_string();
    assert_eq!(world.crawl(&["--snapshot", "old.db"]).code, 0);
    fs::copy(world.path("old.db"), world.path("new.db")).unwrap();
    let changes = CHANGES.replace("@name", &format!("'{HOSTILE}'"));
    let change = |path: &std::path::Path| {
        rusqlite::Connection::open(path).unwrap().execute_batch(&changes).unwrap();
    };
    change(&world.path("new.db"));
    for (arguments, name, code) in [
        (&["snapshot", "info", "new.db"][..], "snapshot.html", 0),
        (&["diff", "old.db", "new.db"], "diff.html", 5),
        (&["diff", "old.db", "old.db"], "same.html", 0),
        (&["verify", "--snapshot", "new.db"], "verify.html", 5),
    ] {
        let ran = world.run(&[arguments, &["--report", &at(name), "--quiet"]].concat());
        assert_eq!(ran.code, code, "{ran:?}");
    }
    person_for_the_browser(&world, &folder);
    let target = world.running.target_service_sid().to_owned();
    let plan =
        ["plan", "--snapshot", "new.db", "--target", &target, "--max-change-percent", "100", "--quiet"];
    let planned = world.run(&plan);
    assert_eq!(planned.code, 0, "{planned:?}");
    let faults = ["--kills", "1", "--faults", "429=2%,lost-answer=2%"];
    let rehearse = ["rehearse", "--report", &at("rehearsal.html"), "--quiet"];
    let rehearsed = world.run(&[&rehearse[..], &faults].concat());
    assert_eq!(rehearsed.code, 0, "{rehearsed:?}");
    let service = world.running.service_sid().to_owned();
    for night in 0..3 {
        let night_page = at("night.html");
        let mut audit =
            world.chatferry(&["audit", "--service", &service, "--dir", "audits", "--report", &night_page]);
        audit.env("CHATFERRY_TEST_NOW", format!("2026-12-0{}T02:00:00Z", night + 1)).arg("--quiet");
        let ran = run(&mut audit);
        assert_eq!(ran.code, if night == 0 { 0 } else { 5 }, "{ran:?}");
        let latest = world.path("audits/latest/snapshot.db");
        change(&latest);
        let digests = "DROP TABLE list_digest; DELETE FROM property WHERE key = 'list_digests'";
        rusqlite::Connection::open(latest).unwrap().execute_batch(digests).unwrap();
    }
    let index = fs::read_to_string(world.path("audits/index.html")).unwrap();
    fs::write(folder.join("audits.html"), index).unwrap();
    for (name, hostile) in [
        ("snapshot", true),
        ("diff", true),
        ("same", false),
        ("verify", true),
        ("audits", false),
        ("night", true),
        ("rehearsal", false),
        ("subject", true),
    ] {
        let text = fs::read_to_string(folder.join(format!("{name}.html"))).unwrap();
        assert!(text.ends_with("</html>\n") && !text.contains(HOSTILE), "{name}");
        assert_eq!(text.contains("&lt;script&gt;alert(1)"), hostile, "{name}");
    }
}
