//! What a verb prints while it runs, and in which form: stdout is data, stderr is everything else.

use chatferry::internals::simulator::Options;
use serde_json::Value;

use crate::support::{Ran, World};

fn world(faults: &str) -> World {
    World::new(Options { users: 60, faults: faults.parse().unwrap(), ..Options::default() })
}

fn crawl(world: &World, flags: &[&str]) -> Ran {
    let mut arguments = vec!["crawl", "--service", world.running.service_sid()];
    arguments.extend(flags);
    world.run(&arguments)
}

/// Every line of stderr as a JSON object.
fn records(ran: &Ran) -> Vec<Value> {
    let parse = |line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let records: Vec<Value> = ran.stderr.lines().map(parse).collect();
    for record in &records {
        assert!(record["timestamp"].is_string() && record["level"].is_string(), "{record}");
    }
    records
}

#[test]
fn without_a_terminal_progress_is_plain_lines() {
    let world = world("");
    let ran = crawl(&world, &[]);
    assert_eq!((ran.code, &*ran.stdout), (0, ""), "{ran:?}");
    assert!(
        !ran.stderr.contains(['\u{1b}', '\r', '\u{8}']),
        "nothing that only a terminal understands: {ran:?}"
    );
    let progress: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with('[')).collect();
    assert!(progress.last().unwrap().contains("60 of 60 users"), "{ran:?}");
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.starts_with("complete: all 60 users and ") && last.ends_with("snapshot.db"), "{last}");
}

#[test]
fn color_is_for_those_who_ask() {
    let world = world("");
    for (flags, colored) in [(&["--color", "never"][..], false), (&["--color", "always"], true), (&[], false)]
    {
        let mut arguments = vec!["crawl"];
        arguments.extend(flags);
        let ran = world.run(&arguments);
        assert_eq!(ran.code, 2);
        assert_eq!(ran.stderr.contains('\u{1b}'), colored, "{flags:?}: {ran:?}");
    }
}

#[test]
fn progress_can_be_left_out_and_everything_else_too() {
    let none = world("");
    let ran = crawl(&none, &["--progress", "none"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stderr.lines().any(|line| line.starts_with('[')), "{ran:?}");
    assert!(ran.stderr.contains("complete: all 60 users"), "the result is still printed: {ran:?}");
    let quiet = world("");
    for arguments in [
        &["crawl", "--service", quiet.running.service_sid(), "--quiet"][..],
        &["crawl", "--service", quiet.running.service_sid(), "--quiet"], // on the finished one
        &["probe", "--quiet"],
        &["export", "--out", "out", "--quiet"],
        &["export", "--out", "out", "-q"],
    ] {
        let ran = quiet.run(arguments);
        assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (0, "", ""), "{arguments:?}");
    }
    // Errors are still printed.
    let ran = quiet.run(&["crawl", "--quiet", "--snapshot", "other.db"]);
    assert!(ran.code == 2 && ran.stderr.contains("no service is chosen"), "{ran:?}");
}

#[test]
fn a_log_in_json_has_a_record_on_every_line() {
    for (faults, code, verbose) in [
        ("", 0, &[][..]),
        ("429=5%,500=3%,html=3%,flaky-404=5%", 0, &["-vv"]),
        ("loop-user=1", 4, &[]),
        ("vanish-user=1", 5, &["-vv"]),
        ("unauthorized-after=100", 3, &["-vv"]),
    ] {
        let world = world(faults);
        let mut flags = vec!["--log-format", "json"];
        flags.extend(verbose);
        let ran = crawl(&world, &flags);
        assert_eq!((ran.code, &*ran.stdout), (code, ""), "{faults}: {ran:?}");
        let records = records(&ran);
        assert!(records.iter().any(|record| record["message"] == "progress"), "{faults}: {ran:?}");
        if code == 3 {
            let last = records.last().unwrap();
            assert_eq!((&last["level"], &last["exit_code"]), (&"ERROR".into(), &3.into()), "{last}");
            assert!(last["hint"].as_str().unwrap().contains("TWILIO_ACCOUNT_SID"), "{last}");
        } else {
            let last = records.last().unwrap();
            assert!(last["summary"].is_string(), "{faults}: {last}");
            assert!(
                last["result"]["verdict"].is_string() && last["result"]["counts"]["users"] == 60,
                "{last}"
            );
        }
        if code == 4 {
            assert!(records.iter().any(|record| record["level"] == "WARN"), "{faults}: {ran:?}");
        }
    }
    let world = world("");
    assert_eq!(world.crawl(&[]).code, 0);
    for arguments in [
        &["probe", "--log-format", "json", "-vv"][..],
        &["export", "--out", "out", "--log-format", "json", "-vv"],
        &["crawl", "--log-format", "json"],
        &["snapshot", "info", "absent.db", "--log-format", "json"],
    ] {
        let ran = world.run(arguments);
        assert!(!records(&ran).is_empty(), "{arguments:?}");
    }
}

#[test]
fn more_is_said_when_asked_for() {
    let lines = |flags: &[&str]| {
        let ran = crawl(&world("500=5%"), flags);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stderr.lines().count()
    };
    let (plain, more, most) = (lines(&[]), lines(&["-v"]), lines(&["-vv"]));
    assert!(plain < more && more < most && most > 190, "{plain} {more} {most}: -vv has every page");
}

#[test]
fn the_result_is_one_object_whatever_the_outcome() {
    for (faults, code, verdict) in
        [("", 0, "complete"), ("vanish-user=1", 5, "complete_with_drift"), ("loop-user=1", 4, "incomplete")]
    {
        let crawled = world(faults).crawl(&[]);
        assert_eq!((crawled.code, &crawled.result["verdict"]), (code, &verdict.into()), "{}", crawled.talk);
        for key in ["counts", "requests", "failures", "elapsed_seconds", "snapshot", "services"] {
            assert!(!crawled.result[key].is_null(), "{key}: {}", crawled.result);
        }
        for key in ["total", "retried", "throttled", "minimum"] {
            assert!(crawled.result["requests"][key].is_u64(), "{key}: {}", crawled.result);
        }
        assert!(!crawled.talk.contains("complete:"), "the result is printed once: {}", crawled.talk);
    }
    let refused = world("unauthorized-after=50").crawl(&[]);
    assert_eq!((refused.code, &refused.result["error"]["exit_code"]), (3, &3.into()));
    for key in ["message", "causes", "hint"] {
        assert!(!refused.result["error"][key].is_null(), "{key}: {}", refused.result);
    }
    let wrong = world("").crawl(&["--include", "userz"]);
    assert_eq!((wrong.code, &wrong.result["error"]["exit_code"]), (2, &2.into()));
    let world = world("");
    assert_eq!(world.crawl(&[]).code, 0);
    for verb in [
        &["probe"][..],
        &["snapshot", "info"],
        &["snapshot", "check"],
        &["export", "--out", "out"],
        &["config"],
        &["mapping", "list"],
    ] {
        assert!(world.json(verb).is_object(), "{verb:?}");
    }
}

#[test]
fn results_have_color_by_the_same_rules() {
    let world = world("");
    assert_eq!(world.crawl(&[]).code, 0);
    let crawled = crawl(&world, &["--color", "always"]);
    assert!(crawled.stderr.contains("\u{1b}[1m\u{1b}[32mcomplete\u{1b}[0m: "), "{crawled:?}");
    let info = world.run(&["snapshot", "info", "--color", "always"]);
    assert!(info.stdout.contains("\u{1b}[1m\u{1b}[32mcomplete\u{1b}[0m"), "{info:?}");
    for arguments in
        [&["snapshot", "info"][..], &["snapshot", "info", "--color", "never"], &["snapshot", "check"]]
    {
        let ran = world.run(arguments);
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn a_reader_that_closes_the_pipe_does_not_change_the_verdict() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let world = World::new(Options { users: 3_000, ..Options::default() });
    assert_eq!(world.crawl(&["--include", "users", "--snapshot", "old.db"]).code, 0);
    std::fs::copy(world.path("old.db"), world.path("new.db")).unwrap();
    let snapshot = rusqlite::Connection::open(world.path("new.db")).unwrap();
    snapshot
        .execute(
            "UPDATE user_row SET friendly_name = 'another name, and a long one so that the pipe fills'",
            [],
        )
        .unwrap();
    drop(snapshot);
    for format in ["table", "ndjson", "csv", "md", "html"] {
        let mut child = world
            .process(&["diff", "old.db", "new.db", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        assert_eq!(child.wait().unwrap().code(), Some(5), "{format}: there are differences, read or not");
    }
}

#[test]
fn a_snapshot_of_conversations_says_that_it_has_private_channels_only() {
    let world = world("");
    let ran = crawl(&world, &["--source", "conversations"]);
    let last = ran.stderr.lines().last().unwrap();
    assert!(ran.code == 0 && last.starts_with("complete, private channels only: "), "{ran:?}");
    let info = world.run(&["snapshot", "info"]);
    assert!(info.stdout.starts_with("verdict        complete, private channels only\n"), "{info:?}");
    let exported = world.run(&["export", "--out", "out"]);
    assert!(exported.stderr.contains("\ncomplete, private channels only: "), "{exported:?}");
    let package = std::fs::read_to_string(world.path("out/datapackage.json")).unwrap();
    assert!(package.contains(r#""scope": "private_channels""#), "{package}");
    let audit = world.run(&[
        "audit",
        "--service",
        world.running.service_sid(),
        "--source",
        "conversations",
        "--dir",
        "audits",
    ]);
    assert!(audit.stderr.contains(" is complete for private channels only: "), "{audit:?}");
}
