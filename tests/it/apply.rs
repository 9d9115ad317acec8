//! `apply`: a plan is performed, each thing once, whatever the network does; and nothing else is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};

use chatferry::simulator::{Faults, Options, Truth, Write};
use serde_json::{Map, Value, json};

use crate::support::{Ran, World, wait_for_requests};

/// A world with a snapshot and a plan that copies it into the empty service.
fn planned(options: Options, flags: &[&str]) -> World {
    let world = World::new(options);
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    plan(&world, "plan.db", flags);
    world
}

fn plan(world: &World, file: &str, flags: &[&str]) -> Value {
    let target = world.running.target_service_sid().to_owned();
    let mut arguments = vec!["plan", "--target", &target, "--max-change-percent", "100", "--plan", file];
    arguments.extend(flags);
    world.json(&arguments)
}

/// Rates that do not hold a test up.
const FAST: [&str; 4] = ["--service-rate", "1000", "--conversation-rate", "1000"];

fn apply(world: &World, flags: &[&str]) -> (Ran, Value) {
    let arguments = [&["apply", "--yes", "--json", "--quiet"], &FAST[..], flags].concat();
    let ran = world.run(&arguments);
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

fn count(result: &Value, kinds: &str, state: &str) -> u64 {
    let operations = result["operations"].as_object().unwrap();
    let of_kind = operations.iter().filter(|(kind, _)| kind.starts_with(kinds));
    of_kind.filter_map(|(_, states)| states.get(state)?.as_u64()).sum()
}

/// The operations of a plan, as `plan show` gives them.
fn operations(world: &World) -> Vec<Map<String, Value>> {
    let ran = world.run(&["plan", "show", "--format", "ndjson"]);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the plan knows of SIDs: those of the target by those of the source.
fn counterparts(world: &World) -> BTreeMap<String, String> {
    let plan = rusqlite::Connection::open(world.path("plan.db")).unwrap();
    let mut statement = plan.prepare("SELECT source, target FROM counterpart").unwrap();
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    pairs.map(Result::unwrap).collect()
}

/// A text with the SIDs of the target in the place of what stands for them.
fn resolve(text: &str, counterparts: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after.split_once('}').and_then(|(source, end)| Some((counterparts.get(source)?, end)));
        let Some((target, end)) = known else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(target);
        rest = end;
    }
    out + rest
}

type Sent = (String, String, Vec<(String, String)>);

/// Every request that the plan allows, with its SIDs filled in.
fn allowed(world: &World) -> BTreeSet<Sent> {
    let counterparts = counterparts(world);
    let text = |value: &Value| resolve(value.as_str().unwrap(), &counterparts);
    let request = |operation: Map<String, Value>| {
        let request = &operation["request"];
        let mut form = Vec::new();
        for (name, value) in request["form"].as_object().unwrap() {
            match value {
                Value::Array(values) => form.extend(values.iter().map(|value| (name.clone(), text(value)))),
                value => form.push((name.clone(), text(value))),
            }
        }
        (text(&request["method"]), text(&request["path"]), form)
    };
    operations(world).into_iter().filter(|operation| operation["state"] != "pending").map(request).collect()
}

fn sent(write: &Write) -> Sent {
    (write.method.clone(), write.path.clone(), write.form.clone())
}

/// Nothing but what the plan has was ever sent.
fn assert_only_the_plan_was_sent(world: &World) {
    let allowed = allowed(world);
    for write in world.running.writes() {
        assert!(allowed.contains(&sent(&write)), "{write:?}");
        assert_ne!(write.webhook_enabled.as_deref(), Some("true"));
    }
}

/// The target holds what the plan says, field by field, and each thing once.
fn assert_target_is_as_planned(world: &World) {
    assert_eq!(world.running.created_more_than_once(), []);
    let counterparts = counterparts(world);
    let truth = world.running.truth_of(world.running.target_service_sid()).unwrap();
    let held = Held::of(&truth);
    let mut compared = 0;
    for operation in operations(world) {
        if operation["state"] != "done" {
            continue;
        }
        let subject = &operation["subject"];
        let target = |key: &str| subject[key].as_str().and_then(|sid| counterparts.get(sid)).cloned();
        let record = match operation["kind"].as_str().unwrap() {
            "create_role" => held.by_sid.get(&target("role_sid").unwrap()),
            "create_user" => held.by_sid.get(&target("user_sid").unwrap()),
            "create_conversation" => held.by_sid.get(&target("channel_sid").unwrap()),
            "create_participant" | "update_participant" => {
                held.by_sid.get(&target("member_sid").or_else(|| target("invite_sid")).unwrap())
            }
            "update_user_conversation" => {
                held.memberships.get(&(target("user_sid").unwrap(), target("channel_sid").unwrap()))
            }
            _ => continue,
        };
        let record = record.unwrap_or_else(|| panic!("not there: {operation:?}"));
        for (key, value) in operation["after"].as_object().unwrap() {
            let name = match key.as_str() {
                "last_read_message_index" => "last_consumed_message_index",
                "last_read_timestamp" => "last_consumption_timestamp",
                "date_updated" | "type" | "permissions" | "state" => continue, // not of Chat, or its own
                name => name,
            };
            let planned = value.as_str().map_or(value.clone(), |text| match key.as_str() {
                "role_sid" => json!(resolve(text, &counterparts)),
                _ => json!(text),
            });
            assert_eq!(record.get(name), Some(&planned), "{key} of {operation:?}");
            compared += 1;
        }
    }
    assert!(compared > 1_000, "{compared} values");
}

/// What a service holds, in Chat's own terms.
struct Held {
    by_sid: BTreeMap<String, Map<String, Value>>,
    memberships: BTreeMap<(String, String), Map<String, Value>>,
}

impl Held {
    fn of(truth: &Truth) -> Self {
        let mut rows: Vec<Map<String, Value>> = truth.roles();
        rows.extend(truth.users());
        rows.extend(truth.channels());
        rows.extend(truth.channel_sids().flat_map(|channel| truth.members(&channel)));
        let sid = |row: &Map<String, Value>, key: &str| row[key].as_str().unwrap().to_owned();
        let memberships = truth.user_sids().flat_map(|user| truth.user_channels(&user));
        Self {
            by_sid: rows.into_iter().map(|row| (sid(&row, "sid"), row)).collect(),
            memberships: memberships
                .map(|row| ((sid(&row, "user_sid"), sid(&row, "channel_sid")), row))
                .collect(),
        }
    }
}

/// What failed, and what depends on it, as far as another plan would do it.
fn not_done(world: &World) -> u64 {
    let is = |operation: &Map<String, Value>| {
        let reason = operation["reason"].as_str().unwrap_or_default();
        operation["kind"] != "mute_source"
            && (operation["state"] == "failed" || reason.starts_with("depends_on_failed"))
    };
    operations(world).iter().filter(|operation| is(operation)).count() as u64
}

fn accepted(world: &World) -> usize {
    world.running.writes().iter().filter(|write| write.accepted).count()
}

#[test]
fn a_copy_is_made_as_planned_and_made_again_it_does_nothing() {
    let world = planned(Options::default(), &["--mute-source"]);
    let (ran, result) = apply(&world, &[]);
    assert!(matches!(ran.code, 4 | 5), "some of the data cannot be copied: {ran:?}");
    assert!(count(&result, "", "done") > 4_000, "{result}");
    assert_eq!(count(&result, "", "pending"), 0, "{result}");
    assert!(count(&result, "mute_source", "done") > 1_000, "{result}");
    assert_target_is_as_planned(&world);
    assert_only_the_plan_was_sent(&world);
    let writes = accepted(&world);
    apply(&world, &[]);
    assert_eq!(accepted(&world), writes, "there was nothing to be done");
    // A plan made anew says the same: nothing that can be done is left.
    let left = plan(&world, "again.db", &[]);
    assert_eq!(count(&left, "", "pending"), not_done(&world), "{left}");
}

#[test]
fn in_place_public_channels_are_made_private_and_nobody_is_told() {
    let world = World::new(Options::default());
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    let planned = world.json(&["plan", "--target", "in-place", "--max-change-percent", "100"]);
    let public = count(&planned, "make_private", "pending");
    assert!(public > 5, "{planned}");
    let (ran, result) = apply(&world, &["--only", "make_private"]);
    assert_eq!(count(&result, "make_private", "done"), public, "{ran:?}");
    assert_eq!(world.running.writes().len() as u64, public);
    assert!(world.running.truth().channels().all(|channel| channel["type"] == "private"));
    let (_, result) = apply(&world, &[]);
    assert_eq!(count(&result, "", "pending"), 0, "{result}");
    assert_only_the_plan_was_sent(&world);
}

/// An apply as a child that can be killed.
fn spawn(world: &World, flags: &[&str]) -> Child {
    let url = world.running.url();
    std::process::Command::new(assert_cmd::cargo::cargo_bin("chatferry"))
        .args([&["apply", "--yes", "--quiet"], &FAST[..], flags].concat())
        .current_dir(world.folder.path())
        .env_clear()
        .env("CHATFERRY_TEST_BACKOFF_SCALE", "0")
        .env("TWILIO_ACCOUNT_SID", world.running.account_sid())
        .env("TWILIO_AUTH_TOKEN", world.running.auth_token())
        .env("CHATFERRY_CHAT_URL", &url)
        .env("CHATFERRY_CONVERSATIONS_URL", &url)
        .env("CHATFERRY_RPS", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn killed_ten_times_on_a_bad_network_everything_is_there_once_and_as_planned() {
    let faults = "lost-answer=5%,accepted-503=2%,reset=5%,500=2%,502=2%,503=1%,429=5%";
    let small = Options { users: 100, channels: 50, memberships: 8, ..Options::default() };
    let world = planned(Options { faults: faults.parse::<Faults>().unwrap(), ..small }, &[]);
    let mut random = fastrand::Rng::with_seed(7);
    let mut kills = 0;
    while kills < 10 {
        let mut child = spawn(&world, &[]);
        wait_for_requests(&world, &mut child, random.u64(5..160));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap(); // SIGKILL
            kills += 1;
        }
        let ended = child.wait().unwrap();
        assert!(ended.code().is_none(), "it was not killed: make the world larger");
    }
    let (ran, result) = apply(&world, &[]);
    assert_eq!(count(&result, "", "pending"), 0, "{ran:?}");
    assert_eq!(count(&result, "", "failed"), count(&result, "create_role", "failed"), "{ran:?}");
    assert_target_is_as_planned(&world);
    assert_only_the_plan_was_sent(&world);
    let writes = accepted(&world);
    let (_, result) = apply(&world, &[]);
    assert_eq!(accepted(&world), writes, "{result}");
    let left = plan(&world, "again.db", &[]);
    assert_eq!(count(&left, "", "pending"), not_done(&world), "{left}");
}
