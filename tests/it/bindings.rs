//! `--include bindings`: the devices that get push notifications, of a service or of some users, from either API.

use std::collections::BTreeSet;

use chatferry::internals::simulator::Options;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Row, World, bare, files, ndjson};

const WITH_BINDINGS: [&str; 2] = ["--include", "users,bindings"];

#[test]
fn every_binding_is_read_and_exported() {
    let world = World::new(Options { users: 120, ..Options::default() });
    let crawled = world.crawl(&WITH_BINDINGS);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let expected = &world.truth()["bindings"];
    assert!(expected.len() > 50, "more than a page");
    assert_eq!(crawled.result["counts"]["bindings"], expected.len());
    let requests = &crawled.result["requests"];
    assert_eq!(requests["total"], requests["minimum"], "no request was wasted");
    let out = world.export("out", &["--retain-until", "2199-12-31"]);
    world.assert_exported_truth(&out, &["bindings"]);
    assert_eq!(world.json(&["snapshot", "info"])["counts"]["bindings"], expected.len());
    let check = world.json(&["snapshot", "check"]);
    assert!(check["checks"].as_array().unwrap().iter().all(|check| check["found"] == 0), "{check}");
    // In the words of Conversations, which has no invitations.
    let there = ndjson(&out.join("conversation_bindings.ndjson"));
    assert_eq!(there.len(), expected.len());
    let types = there[0]["message_types"].to_string();
    assert_eq!(types, r#"["new_message","added_to_conversation","removed_from_conversation"]"#);
    let package: Value = serde_json::from_slice(&files(&out)["datapackage.json"]).unwrap();
    let resources = package["resources"].as_array().unwrap();
    let of_bindings = resources.iter().find(|resource| resource["path"] == "bindings.csv").unwrap();
    let classes: Vec<(&str, Value)> = of_bindings["schema"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|field| !field["pii"].is_null())
        .map(|field| (field["name"].as_str().unwrap(), json!([field["pii"], field["deleteSla"]])))
        .collect();
    assert_eq!(classes, [("endpoint", json!(["standard", 30])), ("identity", json!(["standard", 30]))]);
    assert_eq!(package["chatferry"]["retain_until"], "2199-12-31");
}

#[test]
fn conversations_has_bindings_of_its_own_kinds_too() {
    let world = World::new(Options { users: 120, ..Options::default() });
    let crawled = world.crawl(&["--include", "users,bindings", "--source", "conversations"]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let out = world.export("out", &["--mapping", "conversations"]);
    let exported = ndjson(&out.join("conversation_bindings.ndjson"));
    let expected: Vec<Row> = world.running.truth().conversation_bindings().into_iter().map(bare).collect();
    assert!(expected.iter().any(|row| row["binding_type"] == "twilsock"));
    assert_eq!(exported, expected);
}

#[test]
fn of_some_users_only_theirs_are_asked_for() {
    let world = World::new(Options { users: 60, ..Options::default() });
    let truth = world.truth();
    let owners: BTreeSet<&str> =
        truth["bindings"].iter().map(|row| row["identity"].as_str().unwrap()).collect();
    let user = |has: bool| {
        let found =
            truth["users"].iter().find(|row| owners.contains(row["identity"].as_str().unwrap()) == has);
        found.unwrap()["sid"].as_str().unwrap().to_owned()
    };
    let (with, without) = (user(true), user(false));
    std::fs::write(world.path("users.txt"), format!("{with}\n{without}\n")).unwrap();
    for source in ["chat", "conversations"] {
        let before = world.running.stats().requests;
        let flags = ["--include", "users,bindings", "--users", "users.txt", "--source", source];
        let crawled = world.crawl(&[&flags[..], &["--snapshot", &format!("{source}.db")]].concat());
        assert_eq!(crawled.code, 0, "{}", crawled.talk);
        // The service (in Conversations with its settings), two users, and a list of bindings for each.
        let of_service = if source == "chat" { 1 } else { 5 };
        assert_eq!(world.running.stats().requests - before, of_service + 4);
        let connection = Connection::open(world.path(&format!("{source}.db"))).unwrap();
        let identities: Vec<String> = connection
            .prepare("SELECT DISTINCT identity FROM bindings")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let of_user = truth["users"].iter().find(|row| row["sid"] == with.as_str()).unwrap();
        assert_eq!(identities, [of_user["identity"].as_str().unwrap()]);
    }
}

#[test]
fn faults_leave_no_trace_in_bindings() {
    for faults in [
        "repeat-row=20%,empty-page=20%,short-page=20%",
        "expired-token=20%,flaky-404=5%,429=5%,500=3%,reset=3%,truncate=3%,html=3%",
    ] {
        let world = World::new(Options { users: 200, faults: faults.parse().unwrap(), ..Options::default() });
        let crawled = world.crawl(&["--include", "bindings"]);
        assert_eq!(crawled.code, 0, "{faults}: {} {}", crawled.result, crawled.talk);
        world.assert_exported_truth(&world.export("out", &[]), &["bindings"]);
    }
}

#[test]
fn a_service_without_bindings_has_an_empty_list_and_an_empty_file() {
    let world = World::new(Options { users: 0, channels: 0, ..Options::default() });
    let crawled = world.crawl(&WITH_BINDINGS);
    assert_eq!((crawled.code, &crawled.result["counts"]["bindings"]), (0, &json!(0)));
    let out = world.export("out", &["--mapping", "chat"]);
    assert_eq!(ndjson(&out.join("bindings.ndjson")), Vec::<Row>::new());
}

#[test]
fn a_device_that_changed_or_went_is_a_difference_about_people() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&WITH_BINDINGS).code, 0);
    std::fs::copy(world.path("snapshot.db"), world.path("new.db")).unwrap();
    let change = "UPDATE binding_row SET endpoint = 'another' WHERE sid = (SELECT max(sid) FROM binding_row);
        DELETE FROM binding_row WHERE sid = (SELECT min(sid) FROM binding_row)";
    Connection::open(world.path("new.db")).unwrap().execute_batch(change).unwrap();
    let diff = world.json(&["diff", "snapshot.db", "new.db"]);
    let found = &diff["by_entity"]["bindings"];
    assert_eq!((&found["different"], &found["missing"]), (&json!(1), &json!(1)), "{diff}");
}

#[test]
fn probe_counts_the_requests_of_bindings() {
    let world = World::new(Options { users: 120, ..Options::default() });
    let service = world.running.service_sid();
    let probe = world.json(&["probe", "--service", service, "--include", "bindings"]);
    let pages = world.truth()["bindings"].len().div_ceil(50);
    assert_eq!(probe["requests_by_resource"]["bindings"], pages, "{probe}");
    let crawled = world.crawl(&["--include", "bindings"]);
    assert_eq!(crawled.result["requests"]["total"], probe["requests"]);
}

/// Chat is over for many: a snapshot that an earlier version wrote cannot be made again.
#[test]
fn a_snapshot_of_the_format_before_is_read_as_one_without_bindings() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&[]).code, 0);
    std::fs::copy(world.path("snapshot.db"), world.path("old.db")).unwrap();
    let as_before = "DROP VIEW bindings; DROP TABLE binding_row; PRAGMA user_version = 2; VACUUM";
    Connection::open(world.path("old.db")).unwrap().execute_batch(as_before).unwrap();
    let info = world.json(&["snapshot", "info", "--snapshot", "old.db"]);
    assert_eq!((&info["format"], &info["counts"]["bindings"]), (&json!(2), &json!(0)));
    let diff = world.run(&["diff", "old.db", "snapshot.db"]);
    assert_eq!(diff.code, 0, "{diff:?}");
    let exported = world
        .chatferry(&["export", "--snapshot", "old.db", "--out", "out", "--quiet"])
        .env("CHATFERRY_CHECK_FILES", "false")
        .output()
        .unwrap();
    assert!(exported.status.success(), "{exported:?}");
    world.assert_exported_truth(&world.path("out"), &["users", "members"]);
    let asked = world.run(&["export", "--snapshot", "old.db", "--out", "none", "--records", "bindings"]);
    assert_ne!(asked.code, 0, "{asked:?}");
}
