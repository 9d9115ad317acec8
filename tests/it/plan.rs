//! `plan`: what a migration would do, in place and as a copy, and what it refuses before the first request.

use std::fs;
use std::path::Path;

use chatferry::internals::simulator::Options;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Ran, World, post, run};

/// A small account whose service was crawled.
fn crawled() -> World {
    let world = World::new(Options { users: 40, channels: 30, memberships: 5, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    world
}

fn plan(world: &World, flags: &[&str]) -> Ran {
    let mut arguments = vec!["plan", "--progress", "none"];
    arguments.extend(flags);
    world.run(&arguments)
}

fn operations(world: &World, flags: &[&str]) -> Vec<Value> {
    let mut arguments = vec!["plan", "show", "--format", "ndjson"];
    arguments.extend(flags);
    let shown = world.run(&arguments);
    assert_eq!(shown.code, 0, "{shown:?}");
    shown.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn refused(ran: &Ran, says: &[&str]) {
    assert_eq!(ran.code, 2, "{ran:?}");
    for text in says {
        assert!(ran.stderr.contains(text), "`{text}` is missing in {ran:?}");
    }
}

/// How many rows of a table the query counts.
fn count(file: &Path, sql: &str) -> u64 {
    let connection = Connection::open(file).unwrap();
    connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned()
}

#[test]
fn in_place_the_public_channels_are_made_private_and_nothing_is_created() {
    let world = crawled();
    let public: u64 =
        count(&world.path("snapshot.db"), "SELECT count(*) FROM channels WHERE type = 'public'");
    let private = count(&world.path("snapshot.db"), "SELECT count(*) FROM channels") - public;
    assert!(public > 0 && private > 0);
    let ran = plan(
        &world,
        &[
            "--target",
            "in-place",
            "--check",
            "--json",
            "--report",
            "plan.html",
            "--report",
            "plan.md",
            "--report",
            "plan.json",
            "--max-change-percent",
            "100",
        ],
    );
    assert_eq!(ran.code, 5, "there is something to do: {ran:?}");
    assert!(ran.stderr.contains("reading the target takes about "), "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(result["operations"]["make_private"]["pending"], public, "{result}");
    assert_eq!(result["verdict"], "ready", "{result}");
    assert!(result["noop"]["channels"].as_u64().unwrap() >= private, "{result}");
    assert!(result["requests"].as_u64().unwrap() >= public);
    assert!(result["findings"].as_object().unwrap().values().all(|found| found["severity"].is_string()));
    let kinds: Vec<&str> = result["operations"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(kinds.iter().all(|kind| !kind.starts_with("create_")), "{kinds:?}");
    for (file, begins) in [("plan.html", "<!doctype html>"), ("plan.md", "# "), ("plan.json", "{\"header\":")]
    {
        let text = fs::read_to_string(world.path(file)).unwrap();
        assert!(text.to_lowercase().starts_with(begins), "{file}");
    }

    let all = operations(&world, &[]);
    let one_way = &operations(&world, &["--kind", "make_private"])[0];
    let channel = one_way["subject"]["channel_sid"].as_str().unwrap();
    let service = world.running.service_sid();
    assert_eq!(
        one_way["request"],
        json!({
            "method": "POST",
            "path": format!("/v3/Services/{service}/Channels/{channel}"),
            "form": {"Type": "private"},
        })
    );
    assert_eq!(one_way["state"], "pending");
    assert!(operations(&world, &["--state", "done,failed"]).is_empty());
    assert_eq!(all.len() as u64, count(&world.path("plan.db"), "SELECT count(*) FROM operations"));
}

#[test]
fn a_target_that_holds_everything_leaves_nothing_to_do() {
    let world = crawled();
    let ran = world.crawl(&["--source", "conversations", "--snapshot", "moved.db"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = plan(&world, &["--target", "in-place", "--snapshot", "moved.db", "--check", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&result["verdict"], &result["operations"]),
        (&json!("nothing_to_do"), &json!({})),
        "{result}"
    );
    assert!(operations(&world, &[]).is_empty());
}

#[test]
fn planning_twice_gives_the_same_bytes() {
    let world = crawled();
    let service = world.running.target_service_sid().to_owned();
    for target in ["in-place", &service] {
        assert_eq!(plan(&world, &["--target", target]).code, 0);
        let first = fs::read(world.path("plan.db")).unwrap();
        let ran = plan(&world, &["--target", target]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(fs::read(world.path("plan.db")).unwrap() == first, "the same state gives the same plan");
        let ran = plan(&world, &["--target", target, "--plan", "other.db"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(fs::read(world.path("other.db")).unwrap() == first, "whatever its name is");
    }
}

#[test]
fn a_copy_creates_what_the_target_lacks() {
    let world = crawled();
    let other = world.running.other_account();
    for (service, account) in [(world.running.target_service_sid(), None), (other.service_sid, Some(other))] {
        let mut command = world.chatferry(&[
            "plan",
            "--target",
            service,
            "--json",
            "--mute-source",
            "--max-change-percent",
            "100",
        ]);
        if let Some(account) = account {
            command
                .env("CHATFERRY_TARGET_ACCOUNT_SID", account.account_sid)
                .env("CHATFERRY_TARGET_AUTH_TOKEN", account.auth_token);
        }
        let ran = run(&mut command);
        assert_eq!(ran.code, 0, "{ran:?}");
        let result: Value = serde_json::from_str(&ran.stdout).unwrap();
        let planned = |kind: &str| -> u64 {
            result["operations"][kind]
                .as_object()
                .map_or(0, |states| states.values().map(|count| count.as_u64().unwrap()).sum())
        };
        let snapshot = world.path("snapshot.db");
        assert_eq!(planned("create_user"), count(&snapshot, "SELECT count(*) FROM users"), "{result}");
        assert_eq!(planned("create_conversation"), count(&snapshot, "SELECT count(*) FROM channels"));
        assert!(planned("create_participant") > 0 && planned("mute_source") > 0);
        assert_eq!(planned("make_private"), 0);
        assert!(ran.stderr.contains("reading the target takes from 8 to about "), "{ran:?}");
        let plan = world.path("plan.db");
        assert_eq!(
            count(&plan, "SELECT count(DISTINCT service_sid) FROM operations WHERE kind <> 'mute_source'"),
            1
        );
        let participant = &operations(&world, &["--kind", "create_participant"])[0];
        let channel = participant["subject"]["channel_sid"].as_str().unwrap();
        let path = format!("/v1/Services/{service}/Conversations/{{{channel}}}/Participants");
        assert_eq!(participant["request"]["path"], path, "{participant}");
        let mute = &operations(&world, &["--kind", "mute_source"])[0];
        let source = format!("/v2/Services/{}/Users/", world.running.service_sid());
        assert!(mute["request"]["path"].as_str().unwrap().starts_with(&source), "{mute}");
    }
}

#[test]
fn what_the_target_of_a_copy_has_already_is_matched_by_name() {
    let world = crawled();
    let target = format!("/v1/Services/{}", world.running.target_service_sid());
    let snapshot = Connection::open(world.path("snapshot.db")).unwrap();
    let (user, identity): (String, String) = snapshot
        .query_row("SELECT sid, identity FROM users WHERE identity IS NOT NULL LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let (channel, created): (String, String) = snapshot
        .query_row("SELECT sid, date_created FROM channels WHERE unique_name IS NULL LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let made_user = post(&world, &format!("{target}/Users"), &[("Identity", &identity)]);
    let name = format!("chatferry-{channel}");
    let made =
        post(&world, &format!("{target}/Conversations"), &[("UniqueName", &name), ("DateCreated", &created)]);
    post(&world, &format!("{target}/Conversations"), &[("UniqueName", "of the live app")]);

    let service = world.running.target_service_sid();
    let ran = plan(&world, &["--target", service, "--check", "--json"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(result["verdict"], "blocked", "more than a fifth of what is there would change: {result}");
    let ran = plan(&world, &["--target", service, "--max-change-percent", "100", "--json"]);
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    let is_blocked = result["blocked_by"].as_object().is_some_and(|causes| !causes.is_empty());
    assert_eq!(result["verdict"], if is_blocked { "ready_except_blocked" } else { "ready" }, "{result}");

    let planned = operations(&world, &["--kind", "create_user,create_conversation"]);
    let about = |key: &str, sid: &str| planned.iter().any(|operation| operation["subject"][key] == sid);
    assert!(
        !about("user_sid", &user) && !about("channel_sid", &channel),
        "what is there is not created again"
    );
    let participants = operations(&world, &["--kind", "create_participant"]);
    let of_channel: Vec<_> =
        participants.iter().filter(|operation| operation["subject"]["channel_sid"] == channel).collect();
    let path = format!("{target}/Conversations/{}/Participants", made["sid"].as_str().unwrap());
    assert!(of_channel.iter().all(|operation| operation["request"]["path"] == path), "{of_channel:?}");
    let counterparts = Connection::open(world.path("plan.db")).unwrap();
    let found: String = counterparts
        .query_row("SELECT target FROM counterpart WHERE source = ?1", [&user], |row| row.get(0))
        .unwrap();
    assert_eq!(found, made_user["sid"].as_str().unwrap());
}

#[test]
fn what_cannot_be_planned_is_refused_before_any_request() {
    let world = crawled();
    let service = world.running.service_sid().to_owned();
    let target = world.running.target_service_sid().to_owned();
    fs::write(world.path("thesis.txt"), "years of work").unwrap();
    fs::write(world.path("bad.toml"), "version = 1\n").unwrap();
    world.crawl(&["--snapshot", "users.db", "--include", "users"]);
    fs::write(world.path("one.txt"), "ann@example.org\n").unwrap();
    world.crawl(&["--snapshot", "one.db", "--users", "one.txt"]);
    world.run(&["crawl", "--all-services", "--snapshot", "all.db", "--quiet"]);
    let requests = world.running.stats().requests;
    for (flags, says) in [
        (vec![], vec!["no target is chosen", "--target in-place"]),
        (
            vec!["--target", "here"],
            vec!["--target cannot be used", "`here` is neither `in-place` nor a Service SID"],
        ),
        (vec!["--target", &service], vec!["is the service of the snapshot", "--target in-place"]),
        (vec!["--target", "in-place", "--report", "plan.pdf"], vec!["`plan.pdf`", ".html"]),
        (vec!["--target", "in-place", "--report", "no/plan.html"], vec!["`no/plan.html` has no folder"]),
        (vec!["--target", "in-place", "--plan", "thesis.txt"], vec!["`thesis.txt` is not a chatferry plan"]),
        (vec!["--target", "in-place", "--plan", "snapshot.db"], vec!["`snapshot.db` is named twice"]),
        (vec!["--target", "in-place", "--snapshot", "none.db"], vec!["no snapshot at `none.db`"]),
        (vec!["--target", "in-place", "--mapping", "bad.toml"], vec!["bad.toml"]),
        (vec!["--target", "in-place", "--mapping", "chat"], vec!["chat"]),
        (vec!["--target", "in-place", "--snapshot", "users.db"], vec!["has no roles, channels"]),
        (vec!["--target", "in-place", "--snapshot", "one.db"], vec!["limited to 1 users"]),
        (vec!["--target", &target, "--snapshot", "all.db"], vec!["holds 2 services"]),
        (vec!["--target", "in-place", "--max-change-percent", "101"], vec!["--max-change-percent"]),
        (vec!["--undo", "none.db"], vec!["there is no plan at `none.db`"]),
        (vec!["--undo", "plan.db"], vec!["`plan.db` is named twice"]),
    ] {
        refused(&plan(&world, &flags), &says);
    }
    assert_eq!(world.running.stats().requests, requests, "not one request was sent");
    assert_eq!(fs::read_to_string(world.path("thesis.txt")).unwrap(), "years of work");
    assert!(!world.path("plan.db").exists() && !world.path("plan.target.db").exists());
    refused(&world.run(&["plan", "show"]), &["there is no plan at `plan.db`"]);
    refused(&world.run(&["plan", "show", "--kind", "destroy"]), &["`destroy` is not a kind", "make_private"]);
}

#[test]
fn a_target_that_is_not_there_or_of_another_account_gives_no_plan() {
    let world = crawled();
    let other = world.running.other_account().service_sid.to_owned();
    let nowhere = format!("IS{}", "0".repeat(32));
    for service in [&other, &nowhere] {
        let ran = plan(&world, &["--target", service]);
        refused(&ran, &["there is no Conversations service", service, "CHATFERRY_TARGET_ACCOUNT_SID"]);
    }
    let mut command = world.chatferry(&["plan", "--target", &other]);
    command.env("CHATFERRY_TARGET_ACCOUNT_SID", world.running.other_account().account_sid);
    refused(&run(&mut command), &["CHATFERRY_TARGET_AUTH_TOKEN is not set"]);
    let mut command = world.chatferry(&["plan", "--target", &other]);
    command
        .env("CHATFERRY_TARGET_ACCOUNT_SID", world.running.other_account().account_sid)
        .env("CHATFERRY_TARGET_AUTH_TOKEN", "0123456789abcdef0123456789abcdef");
    assert_eq!(run(&mut command).code, 3);
    let mut command = world.chatferry(&["plan", "--target", "in-place"]);
    command
        .env("TWILIO_ACCOUNT_SID", world.running.other_account().account_sid)
        .env("TWILIO_AUTH_TOKEN", world.running.other_account().auth_token);
    refused(&run(&mut command), &["is of the account", "the credentials are of"]);
    assert!(!world.path("plan.db").exists());
}

#[test]
fn an_incomplete_snapshot_is_planned_from_only_if_told() {
    let world = World::with_faults("hidden-row=3");
    assert_eq!(world.crawl(&[]).code, 4);
    refused(&plan(&world, &["--target", "in-place"]), &["is incomplete", "--allow-incomplete"]);
    let ran = plan(&world, &["--target", "in-place", "--allow-incomplete", "--report", "plan.md"]);
    assert!(!world.path("plan.db").exists() || ran.code == 0, "{ran:?}");
    if ran.code == 0 {
        assert!(fs::read_to_string(world.path("plan.md")).unwrap().contains("incomplete"));
    }
}

#[test]
fn a_reading_that_stops_makes_no_plan_and_goes_on() {
    let world = crawled();
    let ran =
        plan(&world, &["--target", "in-place", "--max-duration", "1s", "--rps", "5", "--concurrency", "1"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("no plan was made") && !world.path("plan.db").exists(), "{ran:?}");
    let before = world.running.stats().requests;
    let ran = plan(&world, &["--target", "in-place"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let resumed = world.running.stats().requests - before;
    assert!(!ran.stderr.contains("reading the target takes"), "it goes on: {ran:?}");
    let before = world.running.stats().requests;
    assert_eq!(plan(&world, &["--target", "in-place"]).code, 0);
    let anew = world.running.stats().requests - before;
    assert!(resumed < anew, "{resumed} of {anew} requests were left");
}

#[test]
fn a_plan_that_was_applied_or_edited_is_known() {
    let world = crawled();
    assert_eq!(plan(&world, &["--target", "in-place"]).code, 0);
    let journal = Connection::open(world.path("plan.db")).unwrap();
    journal.execute("UPDATE operation SET state = 1, result = '{}' WHERE number = 1", []).unwrap();
    drop(journal);
    let applied = fs::read(world.path("plan.db")).unwrap();
    refused(
        &plan(&world, &["--target", "in-place"]),
        &["was applied: 1 of its", "name another file with --plan"],
    );
    assert!(fs::read(world.path("plan.db")).unwrap() == applied);
    let done = operations(&world, &["--state", "done"]);
    assert_eq!(done.len(), 1);

    let before = world.running.stats().requests;
    let ran = plan(&world, &["--undo", "plan.db", "--plan", "undo.db", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.running.stats().requests, before, "an undo plan is made of the journal alone");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(result["findings"]["cannot_be_undone"], json!({"severity": "warn", "count": 1}), "{result}");
    assert_eq!(result["verdict"], "cannot_be_undone");
    assert!(fs::read(world.path("plan.db")).unwrap() == applied, "the undone plan is only read");
    let checked = plan(&world, &["--undo", "plan.db", "--plan", "checked.db", "--check"]);
    assert_eq!(checked.code, 5, "{checked:?}");
    assert!(checked.stderr.contains("Nothing can be undone: 1 operation is one-way"), "{checked:?}");

    let edit = Connection::open(world.path("plan.db")).unwrap();
    edit.execute("UPDATE operation SET channel = x'00000000000000000000000000000000' WHERE number = 2", [])
        .unwrap();
    drop(edit);
    refused(&plan(&world, &["--undo", "plan.db", "--plan", "undo.db"]), &["was changed since it was made"]);
    refused(&world.run(&["plan", "show", "--format", "html"]), &["was changed since it was made"]);
}

#[test]
fn what_was_applied_can_be_taken_back() {
    let world = World::new(Options { users: 25, channels: 20, memberships: 4, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    let target = world.running.target_service_sid();
    let rows = |service: &str| {
        let truth = world.running.truth_of(service).unwrap();
        let sids: Vec<String> = truth.user_sids().collect();
        let levels: Vec<Value> = sids
            .iter()
            .flat_map(|user| truth.user_channels(user))
            .map(|row| row["notification_level"].clone())
            .collect();
        (sids.len(), truth.channel_sids().count(), truth.roles().len(), levels)
    };
    let source = world.running.service_sid();
    let (empty, untouched) = (rows(target), rows(source));
    let ran = plan(&world, &["--target", target, "--mute-source", "--max-change-percent", "100"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let apply = |plan: &str| world.run(&["apply", "--plan", plan, "--yes", "--progress", "none"]);
    let ran = apply("plan.db");
    assert!([0, 5].contains(&ran.code), "nothing fails, though some of it is blocked: {ran:?}");
    assert!(rows(target).0 > 0 && rows(target).1 > 0 && rows(target).2 > empty.2);
    assert_ne!(rows(source), untouched, "the source was muted");

    let ran = plan(&world, &["--undo", "plan.db", "--plan", "undo.db", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(result["findings"]["cannot_be_undone"]["count"], 0, "{result}");
    let ran = apply("undo.db");
    assert_eq!(ran.code, 0, "{ran:?}");
    let left = world.run(&[
        "plan",
        "show",
        "--plan",
        "undo.db",
        "--format",
        "ndjson",
        "--state",
        "pending,failed,blocked",
    ]);
    assert_eq!(left.stdout, "", "all of it was done");
    assert_eq!(rows(target), empty);
    assert_eq!(rows(source), untouched);
}
