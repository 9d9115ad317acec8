//! Names and texts as an attacker would choose them, through every verb: none reaches a terminal as a command.

use chatferry::internals::simulator::{Options, WorldKind};
use rusqlite::Connection;

use crate::support::{Ran, World};

/// An escape sequence, the title, the clipboard and a link of a terminal, a carriage return, a line of its own, NUL, C1, DEL, a
/// bidirectional override, tags.
const HOSTILE: &str = "x\u{1b}[2J\u{1b}]0;t\u{7}\u{1b}]52;c;eA==\u{7}\u{1b}]8;;https://evil.example\u{7}\rcomplete: all\ncomplete: all\u{0}\
    \u{9b}31m\u{7f}\u{202e}gpj\u{2066}\u{e0041}";

fn is_obeyed(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

fn assert_tame(ran: &Ran, arguments: &[&str]) {
    for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        if let Some(line) = text.lines().find(|line| line.contains(is_obeyed)) {
            panic!("{arguments:?}, {name}: {line:?}");
        }
        let forged = text.lines().filter(|line| *line == "complete: all").count();
        assert_eq!(forged, 0, "{arguments:?}, {name}: a name added a line");
    }
}

/// Names in a snapshot as no server would send them, but a damaged or forged file may hold.
fn tamper(world: &World, file: &str) {
    let snapshot = Connection::open(world.path(file)).unwrap();
    for update in [
        "UPDATE service_row SET friendly_name = ?1, pre_webhook_url = 'https://hook:PW@hooks.example/' || ?1",
        "UPDATE role_row SET friendly_name = ?1",
        "UPDATE user_row SET identity = ?1 || id, friendly_name = ?1",
        "UPDATE channel_row SET friendly_name = ?1, unique_name = ?1 || id, attributes = ?1",
    ] {
        snapshot.execute(update, [HOSTILE]).unwrap();
    }
}

#[test]
fn no_name_reaches_a_terminal_as_a_command() {
    let world = World::new(Options { users: 30, world: WorldKind::Real, ..Options::default() });
    let source = world.running.service_sid();
    let target = world.running.target_service_sid();
    let run = |arguments: &[&str], codes: &[i32]| {
        let ran = world.run(arguments);
        assert!(codes.contains(&ran.code), "{arguments:?}: {ran:?}");
        assert_tame(&ran, arguments);
    };
    run(&["probe"], &[0]);
    run(&["crawl", "--service", source, "-vv"], &[0, 5]);
    std::fs::copy(world.path("snapshot.db"), world.path("forged.db")).unwrap();
    tamper(&world, "forged.db");
    for snapshot in ["snapshot.db", "forged.db"] {
        run(&["snapshot", "info", snapshot], &[0, 5]);
        run(&["snapshot", "check", snapshot], &[0, 2, 5]);
        run(&["mapping", "check", "chat", "--snapshot", snapshot, "--rows", "20"], &[0, 5]);
        run(&["export", "--snapshot", snapshot, "--out", "out", "--force", "-v"], &[0, 1, 2]);
        let plan = format!("{snapshot}.plan");
        let page = format!("{snapshot}.html");
        run(
            &["plan", "--target", target, "--snapshot", snapshot, "--plan", &plan, "--report", &page],
            &[0, 1, 2],
        );
        if world.path(&plan).exists() {
            for format in ["table", "md", "ndjson"] {
                run(&["plan", "show", "--plan", &plan, "--format", format], &[0, 2]);
            }
            run(
                &["apply", "--plan", &plan, "--yes", "--limit", "20", "--service-rate", "300"],
                &[0, 2, 4, 5],
            );
            run(&["verify", "--plan", &plan, "--snapshot", snapshot], &[0, 2, 4, 5]);
        }
    }
    for format in ["table", "ndjson", "md"] {
        run(&["diff", "snapshot.db", "forged.db", "--format", format], &[5]);
    }
    run(&["audit", "--service", source, "--dir", "audits"], &[0, 2, 5]);
    run(&["snapshot", "info", "forged.db", "--json"], &[0, 5]);
    let logged =
        world.run(&["crawl", "--service", source, "--snapshot", "other.db", "--log-format", "json", "-vv"]);
    assert_tame(&logged, &["crawl", "--log-format", "json"]);
}

#[test]
fn json_that_is_looked_at_has_no_control_of_a_terminal() {
    let world = World::new(Options { users: 5, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    let snapshot = Connection::open(world.path("snapshot.db")).unwrap();
    let name = "del\u{7f}c1\u{9b}31m";
    snapshot.execute("UPDATE user_row SET friendly_name = ?1", [name]).unwrap();
    drop(snapshot);
    let ran = world.run(&["export", "--out", "-", "--records", "users", "--format", "ndjson"]);
    assert!(!ran.stdout.contains(['\u{7f}', '\u{9b}']), "{}", ran.stdout);
    let row: serde_json::Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(row["friendly_name"], name, "the value is the same");
}

#[test]
fn the_credentials_of_a_webhook_are_shown_nowhere() {
    const PASSWORD: &str = "PW-of-the-hook";
    let world = World::new(Options { users: 5, ..Options::default() });
    assert_eq!(world.crawl(&["--snapshot", "old.db"]).code, 0);
    std::fs::copy(world.path("old.db"), world.path("snapshot.db")).unwrap();
    let address = format!("https://hook:{PASSWORD}@hooks.example/x");
    let snapshot = Connection::open(world.path("snapshot.db")).unwrap();
    snapshot.execute("UPDATE service_row SET pre_webhook_url = ?1", [&address]).unwrap();
    drop(snapshot);
    for format in ["table", "ndjson", "csv", "md", "html"] {
        let ran = world.run(&["diff", "old.db", "snapshot.db", "--format", format]);
        let masked = if format == "md" { "\\*\\*\\*&#64;hooks.example" } else { "***@hooks.example" };
        assert!(ran.stdout.contains(masked), "{format}: {ran:?}");
        assert!(!ran.stdout.contains(PASSWORD) && !ran.stderr.contains(PASSWORD), "{format}: {ran:?}");
    }
    let checked = world.run(&["mapping", "check", "chat", "--snapshot", "snapshot.db"]);
    assert!(
        checked.stdout.contains("***@hooks.example") && !checked.stdout.contains(PASSWORD),
        "{checked:?}"
    );
    world.run(&[
        "plan",
        "--target",
        world.running.target_service_sid(),
        "--report",
        "plan.html",
        "--report",
        "plan.md",
        "--report",
        "plan.json",
    ]);
    for report in ["plan.html", "plan.md", "plan.json"] {
        let text = std::fs::read_to_string(world.path(report)).unwrap();
        assert!(!text.contains(PASSWORD), "{report}");
    }
    let ran = world.run(&["plan", "show", "--format", "ndjson"]);
    assert!(ran.code == 0 && !ran.stdout.contains(PASSWORD));

    let services = |flags: &[&str]| {
        let mut arguments = vec!["export", "--out", "-", "--records", "services", "--format", "ndjson"];
        arguments.extend(flags);
        let ran = world.run(&arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        let row: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        row["pre_webhook_url"].as_str().unwrap().to_owned()
    };
    assert_eq!(services(&[]), address, "an export without --pii is the data");
    assert_eq!(services(&["--pii", "drop"]), "https://hooks.example/x");
    std::fs::write(world.path("key"), "0123456789abcdef0123456789abcdef").unwrap();
    let hashed = services(&["--pii", "hmac", "--pii-key-file", "key"]);
    assert!(hashed.ends_with("@hooks.example/x") && !hashed.contains("hook:"), "{hashed}");
}
