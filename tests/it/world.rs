//! Accounts as they are in the world: closed conversations, participants of other networks, half of an emoji, refused endpoints.
//!
//! Each test is one case of a public bug report, a support article or a real payload.

use std::process::Stdio;

use chatferry::internals::simulator::{Options, ServiceLimits, WorldKind};
use serde_json::{Value, json};

use crate::support::{Ran, Row, World, ndjson, post, wait_for_requests};

/// A small service with the specimens of the real world.
fn real() -> World {
    real_with("")
}

fn real_with(faults: &str) -> World {
    World::new(Options {
        world: WorldKind::Real,
        users: 10,
        channels: 8,
        memberships: 3,
        faults: faults.parse().unwrap(),
        ..Options::default()
    })
}

fn plain_with(faults: &str) -> World {
    World::new(Options {
        users: 12,
        channels: 8,
        memberships: 3,
        faults: faults.parse().unwrap(),
        ..Options::default()
    })
}

fn crawl(world: &World, flags: &[&str]) {
    let crawled = world.crawl(&[&["--quiet"], flags].concat());
    assert_eq!(crawled.code, 0, "{crawled:?}");
}

fn plan(world: &World, target: &str, flags: &[&str]) -> Ran {
    world.run(
        &[&["plan", "--target", target, "--max-change-percent", "100", "--json", "--quiet"], flags].concat(),
    )
}

/// Plans a copy into the empty service of the same account.
fn plan_copy(world: &World, flags: &[&str]) -> Value {
    let target = world.running.target_service_sid().to_owned();
    let ran = plan(world, &target, flags);
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

fn apply(world: &World, flags: &[&str]) -> (Ran, Value) {
    let rates = ["--service-rate", "1000", "--conversation-rate", "1000"];
    let ran = world.run(&[&["apply", "--yes", "--json", "--quiet"], &rates[..], flags].concat());
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

/// How many operations of the kinds that start so are in a state.
fn count(result: &Value, kinds: &str, state: &str) -> u64 {
    let operations = result["operations"].as_object().unwrap();
    let of_kind = operations.iter().filter(|(kind, _)| kind.starts_with(kinds));
    of_kind.filter_map(|(_, states)| states.get(state)?.as_u64()).sum()
}

/// The rows of a list in the target service.
fn in_target<T>(world: &World, rows: impl FnOnce(&chatferry::internals::simulator::Truth) -> T) -> T {
    rows(&world.running.truth_of(world.running.target_service_sid()).unwrap())
}

fn named<'a>(rows: &'a [Row], name: &str) -> &'a Row {
    rows.iter().find(|row| row["friendly_name"] == name).unwrap_or_else(|| panic!("{name} is missing"))
}

fn text<'a>(row: &'a Row, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

/// A private channel of the generated service that someone has joined.
fn conversation(world: &World) -> String {
    let truth = world.running.truth();
    let sid = truth.conversation_sids().find(|sid| !truth.participants(sid).is_empty());
    sid.unwrap()
}

/// Case 1.
#[test]
fn a_closed_conversation_is_copied_open_and_closed_last() {
    let world = real();
    crawl(&world, &["--source", "conversations"]);
    plan_copy(&world, &[]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(count(&result, "", "failed"), 0, "{ran:?}");
    let creates = world.running.writes().into_iter().filter(|write| write.path.ends_with("/Conversations"));
    for create in creates {
        let sent = create.form.iter().find(|(name, _)| name == "State").map(|(_, state)| state.as_str());
        assert!(!matches!(sent, Some("closed" | "initializing")), "{create:?}");
    }
    let conversations: Vec<Row> = in_target(&world, |truth| truth.conversations().collect());
    let closed = named(&conversations, "closed");
    assert_eq!(closed["state"], "closed");
    assert_eq!(in_target(&world, |truth| truth.participants(text(closed, "sid"))).len(), 3);
}

/// Case 2.
#[test]
fn a_participant_by_sms_is_no_difference() {
    let world = plain_with("");
    let service = world.running.service_sid().to_owned();
    let path = format!("/v1/Services/{service}/Conversations/{}/Participants", conversation(&world));
    let sms =
        [("MessagingBinding.Address", "+15550001001"), ("MessagingBinding.ProxyAddress", "+15550002001")];
    post(&world, &path, &sms);
    crawl(&world, &["--source", "conversations"]);
    let verified = world.run(&["verify", "--snapshot", "snapshot.db", "--json", "--quiet"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

/// Case 3.
#[test]
fn participants_of_other_networks_are_exported_with_their_addresses() {
    let world = real();
    crawl(&world, &["--source", "conversations"]);
    let folder = world.export("out", &["--mapping", "conversations"]);
    let truth = world.running.truth();
    let all: Vec<Row> = truth.conversation_sids().flat_map(|sid| truth.participants(&sid)).collect();
    let exported = ndjson(&folder.join("participants.ndjson"));
    let bindings = |rows: &[Row]| -> Vec<(String, Value)> {
        let binding = |row: &Row| row.get("messaging_binding").cloned().unwrap_or_default();
        rows.iter().map(|row| (text(row, "sid").to_owned(), binding(row))).collect()
    };
    let (mut expected, mut found) = (bindings(&all), bindings(&exported));
    expected.sort_by(|first, second| first.0.cmp(&second.0));
    found.sort_by(|first, second| first.0.cmp(&second.0));
    assert_eq!(found, expected);
}

/// Case 4.
#[test]
fn a_projected_address_is_copied_and_what_is_not_is_a_finding() {
    let world = real();
    crawl(&world, &["--source", "conversations"]);
    plan_copy(&world, &[]);
    apply(&world, &[]);
    let conversations: Vec<Row> = in_target(&world, |truth| truth.conversations().collect());
    let group = text(named(&conversations, "Group MMS"), "sid").to_owned();
    let participants = in_target(&world, |truth| truth.participants(&group));
    let projected: Vec<&Value> =
        participants.iter().map(|row| &row["messaging_binding"]["projected_address"]).collect();
    assert_eq!(projected, [&json!("+15550003001")]);
    let shown = world.run(&["plan", "show", "--format", "md"]);
    let is_copied = named(&conversations, "SMS and chat")["messaging_service_sid"].is_string();
    assert!(is_copied || shown.stdout.contains("messaging_service"), "neither copied nor reported");
}

/// Case 5.
#[test]
fn half_of_a_surrogate_pair_costs_that_character_and_no_more() {
    let world = real();
    crawl(&world, &[]);
    world.assert_exported_truth(&world.export("out", &[]), &["users", "channels"]);
    let names = ndjson(&world.path("out/channels.ndjson"));
    named(&names, "half of a smile \u{fffd}");
}

/// Case 7.
#[test]
fn what_may_not_be_read_of_the_target_could_not_be_checked() {
    let world = plain_with("forbid=/Configuration,forbid=/Configuration/Webhooks");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    let shown = world.run(&["plan", "show", "--format", "md"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.contains("could not be checked"), "{}", shown.stdout);
}

/// Case 9.
#[test]
fn a_service_may_allow_more_members_than_twilios_default() {
    let source_limits = ServiceLimits { channel_members: 3_000, user_channels: 1_000 };
    let world = |channels| {
        World::new(Options { users: 1_150, channels, memberships: 1, source_limits, ..Options::default() })
    };
    let is_crowded = |row: &Row| row["type"] == "public" && row["members_count"].as_u64().unwrap() > 1_050;
    let world = (6..30).map(world).find(|world| world.running.truth().channels().any(|row| is_crowded(&row)));
    let world = world.expect("in one of them the crowded channel is public");
    crawl(&world, &["--include", "roles,users,channels,user-channels,members"]);
    let ran = plan(&world, "in-place", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    let public = world.running.truth().channels().filter(|row| row["type"] == "public").count() as u64;
    assert_eq!(
        (count(&result, "make_private", "pending"), count(&result, "make_private", "blocked")),
        (public, 0)
    );
}

/// Case 10.
#[test]
fn a_create_that_is_not_found_is_looked_up_before_it_failed() {
    let world = plain_with("create-404=100%");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(count(&result, "create_", "failed"), 0, "{ran:?}");
    assert_eq!(world.running.created_more_than_once(), []);
    let users = world.running.truth().user_sids().count();
    assert_eq!(in_target(&world, |truth| truth.users().count()), users);
}

/// Case 13.
#[test]
fn an_identity_of_dots_is_looked_up_through_the_list() {
    let world = real_with("accepted-503=60%");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    apply(&world, &[]);
    let identities: Vec<String> =
        in_target(&world, |truth| truth.users().map(|row| text(&row, "identity").to_owned()).collect());
    // The users with attributes that are not JSON are blocked.
    let expected = [".", ".."].map(|identity| identities.iter().filter(|known| *known == identity).count());
    assert_eq!(expected, [1, 1], "{identities:?}");
    assert_eq!(world.running.created_more_than_once(), []);
}

/// Case 14.
#[test]
fn a_role_that_the_target_fills_in_is_no_difference() {
    let world = real();
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    apply(&world, &[]);
    let ran = world.run(&["verify", "--format", "ndjson", "--quiet"]);
    let without_role: Vec<String> = world
        .running
        .truth()
        .users()
        .filter(|row| row["role_sid"].is_null())
        .map(|row| text(&row, "sid").to_owned())
        .collect();
    assert!(!without_role.is_empty());
    let of_roles = ran
        .stdout
        .lines()
        .filter(|line| line.contains("\"role") && without_role.iter().any(|sid| line.contains(sid.as_str())));
    assert_eq!(of_roles.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// Case 20.
#[cfg(unix)]
#[test]
fn a_closed_terminal_ends_a_crawl_as_a_request_to_end_does() {
    let latency = std::time::Duration::from_millis(20);
    let world = World::new(Options { users: 60, latency, ..Options::default() });
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("chatferry"));
    let url = world.running.url();
    let mut child = command
        .args(["crawl", "--service", world.running.service_sid(), "--progress", "none"])
        .current_dir(world.folder.path())
        .env_clear()
        .env("TWILIO_ACCOUNT_SID", world.running.account_sid())
        .env("TWILIO_AUTH_TOKEN", world.running.auth_token())
        .env("CHATFERRY_CHAT_URL", &url)
        .env("CHATFERRY_CONVERSATIONS_URL", &url)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_requests(&world, &mut child, 10);
    let killed = std::process::Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("interrupted"), "{stderr}");
}

/// Case 21.
#[test]
fn numbers_beyond_64_bits_are_compared_as_written() {
    let world = plain_with("");
    let sid = conversation(&world);
    let path = format!("/v1/Services/{}/Conversations/{sid}", world.running.service_sid());
    post(&world, &path, &[("Attributes", "{\"n\":340282366920938463463374607431768211455}")]);
    crawl(&world, &["--source", "conversations"]);
    post(&world, &path, &[("Attributes", "{\"n\":340282366920938463463374607431768211456}")]);
    let ran = world.run(&["verify", "--snapshot", "snapshot.db", "--format", "ndjson", "--quiet"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stdout.contains(&sid), "{ran:?}");
}
