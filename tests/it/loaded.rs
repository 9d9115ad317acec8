//! `simulate --load`: a snapshot served is the service it was read from, for readers and for writers.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Stdio;

use chatferry::internals::simulator::{Loaded, Options, WorldKind};
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Ran, World, chatferry, get, post, run};

const CHAT: &str = "roles,users,channels,user-channels,members,invites,messages,bindings";
const CONVERSATIONS: &str = "roles,users,channels,user-channels,members,messages,bindings";

fn small(seed: u64, world: WorldKind, faults: &str) -> World {
    let options = Options { seed, world, users: 25, channels: 20, memberships: 5, ..Options::default() };
    World::new(Options { faults: faults.parse().unwrap(), ..options })
}

/// A simulator that serves files of another world.
fn loaded(from: &World, source: &str, target: Option<&str>) -> World {
    let load = Loaded { source: from.path(source), target: target.map(|target| from.path(target)) };
    World::new(Options { load: Some(load), ..Options::default() })
}

fn crawl(world: &World, source: &str, include: &str, file: &str) {
    let crawled = world.crawl(&["--source", source, "--include", include, "--snapshot", file]);
    assert_eq!(crawled.code, 0, "{crawled:?}");
}

/// Both snapshots' differences, as `diff` has them.
fn diff(world: &World, old: &Path, new: &str) -> Ran {
    world.run(&["diff", old.to_str().unwrap(), new, "--records"])
}

fn assert_same(world: &World, old: &Path, new: &str) {
    let differences = diff(world, old, new);
    assert_eq!(differences.code, 0, "{differences:?}");
}

fn round_trip(from: &World, source: &str, include: &str) {
    crawl(from, source, include, "a.db");
    let again = loaded(from, "a.db", None);
    assert_eq!(again.running.account_sid(), from.running.account_sid());
    assert_eq!(again.running.service_sid(), from.running.service_sid());
    crawl(&again, source, include, "b.db");
    assert_same(&again, &from.path("a.db"), "b.db");
    let odd = |world: &World, file: &str| {
        let connection = Connection::open(world.path(file)).unwrap();
        let sql = "SELECT (SELECT group_concat(extra) FROM (SELECT extra FROM users ORDER BY sid)),
                   (SELECT group_concat(extra) FROM (SELECT extra FROM members ORDER BY sid)),
                   (SELECT group_concat(extra) FROM (SELECT extra FROM channels ORDER BY sid)),
                   (SELECT group_concat(entity || subject || field || kind || value) FROM
                     (SELECT * FROM issue ORDER BY entity, subject, field, kind)),
                   (SELECT configuration FROM services)";
        connection
            .query_row(sql, [], |row| {
                (0..5).map(|column| row.get::<_, Option<String>>(column)).collect::<Result<Vec<_>, _>>()
            })
            .unwrap()
    };
    assert_eq!(odd(&again, "b.db"), odd(from, "a.db"));
}

/// The invariant: seeds, worlds and odd rows, from either API.
#[test]
fn a_crawl_of_a_loaded_snapshot_gives_an_equal_snapshot() {
    for (seed, world, faults) in [
        (1, WorldKind::Plain, ""),
        (2, WorldKind::Real, ""),
        (3, WorldKind::Real, "unknown-enum=10%,unknown-key=10%,wrong-type=10%"),
        (4, WorldKind::Plain, "escapes=20%,short-page=20%"),
    ] {
        let from = small(seed, world, faults);
        round_trip(&from, "chat", CHAT);
        let from = small(seed, world, faults);
        round_trip(&from, "conversations", CONVERSATIONS);
    }
}

#[test]
fn what_was_not_crawled_is_empty_and_the_rest_is_made_of_what_was() {
    let from = small(5, WorldKind::Plain, "");
    crawl(&from, "chat", "users,channels,user-channels", "a.db");
    let again = loaded(&from, "a.db", None);
    let lacks: Vec<String> = again.running.lacks().iter().map(ToString::to_string).collect();
    for said in ["was read from Chat", "no roles", "no lists of members", "no messages"] {
        assert!(lacks.iter().any(|lack| lack.contains(said)), "{said}: {lacks:?}");
    }
    let (truth, expected) = (again.running.truth(), from.running.truth());
    for channel in expected.channel_sids() {
        let sids =
            |rows: Vec<crate::support::Row>| rows.iter().map(|row| row["sid"].clone()).collect::<Vec<_>>();
        assert_eq!(sids(truth.members(&channel)), sids(expected.members(&channel)), "{channel}");
        assert!(truth.messages(&channel).is_empty() && truth.invites(&channel).is_empty());
    }
    crawl(&again, "chat", "users,channels,user-channels", "b.db");
    assert_same(&again, &from.path("a.db"), "b.db");
}

fn plan(world: &World, snapshot: &Path, target: &str, file: &str) -> Value {
    let snapshot = snapshot.to_str().unwrap();
    let flags = ["plan", "--snapshot", snapshot, "--target", target, "--plan", file, "--json"];
    let flags = [&flags[..], &["--max-change-percent", "100"]].concat();
    let planned = world.run(&flags);
    serde_json::from_str(&planned.stdout).unwrap_or_else(|error| panic!("{error}: {planned:?}"))
}

fn apply(world: &World) -> Ran {
    world.run(&["apply", "--yes", "--quiet", "--service-rate", "1000", "--conversation-rate", "1000"])
}

/// A service that was crawled and planned in place, and the same from what that left: the two plans are equal.
fn in_place(kind: WorldKind) -> [World; 2] {
    let from = small(6, kind, "");
    crawl(&from, "chat", "roles,users,channels,user-channels,members,invites", "a.db");
    let planned = plan(&from, &from.path("a.db"), "in-place", "plan.db");
    assert!(planned["operations"]["make_private"]["pending"].as_u64().unwrap() > 0, "{planned}");
    let again = loaded(&from, "a.db", Some("plan.target.db"));
    let replanned = plan(&again, &from.path("a.db"), "in-place", "plan.db");
    assert_eq!(replanned["operations"], planned["operations"]);
    [from, again]
}

/// In place, source and target are one service: what the target reading says of it has the last word.
#[test]
fn in_place_the_target_reading_adds_what_chat_does_not_say() {
    let [from, again] = in_place(WorldKind::Real);
    let states = |world: &World| {
        let truth = world.running.truth();
        truth.conversations().map(|row| row["state"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(states(&again), states(&from));
    assert!(states(&again).contains(&Value::from("closed")));
    assert!(!again.running.lacks().iter().any(|lack| lack.to_string().contains("was read from")));
}

#[test]
fn a_plan_in_place_is_applied_to_what_was_loaded() {
    let [_from, again] = in_place(WorldKind::Plain);
    let applied = apply(&again);
    assert_eq!(applied.code, 0, "{applied:?}");
    let verified = again.run(&["verify", "--quiet"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

/// A copy: into the empty service, and then into the target as it was read.
#[test]
fn a_copy_of_a_loaded_service_is_made_and_a_loaded_target_has_it() {
    let from = small(7, WorldKind::Plain, "");
    crawl(&from, "chat", "roles,users,channels,user-channels,members", "a.db");
    let again = loaded(&from, "a.db", None);
    let target = again.running.target_service_sid().to_owned();
    let services = get(&again, "/v2/Services");
    assert_eq!(services["services"].as_array().unwrap().len(), 1, "the empty service is listed nowhere");
    let planned = plan(&again, &from.path("a.db"), &target, "plan.db");
    assert!(planned["operations"]["create_participant"].is_object(), "{planned}");
    let applied = apply(&again);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(again.running.created_more_than_once(), []);
    // Read the target again, and serve that reading as the target.
    let done = plan(&again, &from.path("a.db"), &target, "again.db");
    assert_eq!(done["verdict"], "nothing_to_do", "{done}");
    std::fs::copy(from.path("a.db"), again.path("a.db")).unwrap();
    let third = loaded(&again, "a.db", Some("again.target.db"));
    assert_eq!(third.running.target_service_sid(), target);
    let still = plan(&third, &from.path("a.db"), &target, "plan.db");
    assert_eq!(still["verdict"], "nothing_to_do", "{still}");
}

fn refusal(world: &World, path: &str, form: &[(&str, &str)]) -> (u64, u64) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = reqwest::Client::new()
        .post(format!("{}{path}", world.running.url()))
        // A snapshot has no secret: any is accepted.
        .basic_auth(world.running.account_sid(), Some("any secret"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
    let answer: Value = serde_json::from_str(&answer).unwrap();
    (answer["status"].as_u64().unwrap_or_default(), answer["code"].as_u64().unwrap_or_default())
}

#[test]
fn the_rules_of_writes_hold_over_what_was_loaded() {
    let from = small(8, WorldKind::Real, "");
    crawl(&from, "conversations", CONVERSATIONS, "a.db");
    let world = loaded(&from, "a.db", None);
    let truth = world.running.truth();
    let named = |name: &str| truth.conversations().find(|row| row["friendly_name"] == name).unwrap();
    let (closed, support) = (named("closed, by SMS"), named("SMS and chat"));
    let service = format!("/v1/Services/{}", world.running.service_sid());
    let path =
        |row: &crate::support::Row| format!("{service}/Conversations/{}", row["sid"].as_str().unwrap());
    let participants = format!("{}/Participants", path(&support));
    let known = truth.participants(support["sid"].as_str().unwrap());
    let member = known.iter().find_map(|row| row["identity"].as_str()).unwrap();
    let unique_name = support["unique_name"].as_str().unwrap();
    for (path, form, expected) in [
        (path(&closed), vec![("FriendlyName", "x")], (400, 50377)),
        (format!("{}/Participants", path(&closed)), vec![("Identity", "someone new")], (400, 50377)),
        (format!("{service}/Conversations"), vec![("UniqueName", unique_name)], (409, 50353)),
        (format!("{service}/Users"), vec![("Identity", member)], (409, 50201)),
        (participants.clone(), vec![("Identity", member)], (409, 50433)),
        (
            participants.clone(),
            vec![
                ("MessagingBinding.Address", "+15550001002"),
                ("MessagingBinding.ProxyAddress", "+15550002001"),
            ],
            (409, 50416),
        ),
        (participants.clone(), vec![("Identity", "new"), ("RoleSid", "RL0")], (400, 50101)),
    ] {
        assert_eq!(refusal(&world, &path, &form), expected, "{path} {form:?}");
    }
    // What is written is what is shown, and what was sent of it is gone.
    let before = truth.participants(support["sid"].as_str().unwrap()).len();
    post(&world, &path(&support), &[("FriendlyName", "renamed")]);
    post(&world, &participants, &[("Identity", "someone new")]);
    let after = get(&world, &path(&support));
    assert_eq!(
        (&after["friendly_name"], &after["bindings"]),
        (&Value::from("renamed"), &support["bindings"])
    );
    assert_eq!(truth.participants(support["sid"].as_str().unwrap()).len(), before + 1);
}

fn refused(folder: &Path, flags: &[&str], says: &str) {
    let ran = run(&mut chatferry(folder, &[&["simulate"], flags].concat()));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains(says), "`{says}` is missing in {ran:?}");
}

#[test]
fn what_cannot_be_served_is_refused_before_it_listens() {
    let world = small(9, WorldKind::Plain, "");
    crawl(&world, "chat", "users,channels", "chat.db");
    let folder = world.folder.path();
    refused(folder, &["--load", "missing.db"], "missing.db");
    std::fs::write(world.path("text.db"), "not a snapshot").unwrap();
    refused(folder, &["--load", "text.db"], "text.db");
    std::fs::copy(world.path("chat.db"), world.path("other.db")).unwrap();
    let change =
        |file: &str, sql: &str| Connection::open(world.path(file)).unwrap().execute_batch(sql).unwrap();
    change("other.db", "PRAGMA user_version = 1");
    refused(folder, &["--load", "other.db"], "format");
    std::fs::copy(world.path("chat.db"), world.path("begun.db")).unwrap();
    change("begun.db", "DELETE FROM property WHERE key = 'finished'");
    refused(folder, &["--load", "begun.db"], "its crawl has not ended");
    refused(folder, &["--load", "chat.db", "--target", "chat.db"], "not a reading of a target");
    refused(folder, &["--target", "chat.db"], "--load");
    refused(folder, &["--load", "chat.db", "--users", "3"], "--users");
}

#[test]
fn what_the_snapshot_lacks_is_said_at_the_start() {
    let world = small(10, WorldKind::Plain, "");
    crawl(&world, "chat", "roles,users,channels,user-channels,members", "chat.db");
    let mut command = world.process(&["simulate", "--load", "chat.db"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Vec<String> = lines.by_ref().take(10).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(first[0].starts_with("listening on http://127.0.0.1:"), "{first:?}");
    assert_eq!(first[1], format!("export TWILIO_ACCOUNT_SID={}", world.running.account_sid()));
    let crawl = format!("chatferry crawl --service {}", world.running.service_sid());
    assert!(first.contains(&crawl), "{first:?}");
    assert!(said.contains("has no messages") && said.contains("was read from Chat"), "{said}");
}
