//! `apply`: a plan is performed, each thing once, whatever the network does; and nothing else is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Child;

use chatferry::internals::simulator::{Faults, Options, Truth, Write};
use serde_json::{Map, Value, json};

use crate::support::{Ran, World, run, wait_for_requests};

/// A world with a snapshot and a plan that copies it into the empty service.
pub(crate) fn planned(options: Options, flags: &[&str]) -> World {
    let world = World::new(options);
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    plan(&world, "plan.db", flags);
    world
}

pub(crate) fn plan(world: &World, file: &str, flags: &[&str]) -> Value {
    let target = world.running.target_service_sid().to_owned();
    let mut arguments = vec!["plan", "--target", &target, "--max-change-percent", "100", "--plan", file];
    arguments.extend(flags);
    world.json(&arguments)
}

/// Rates that do not hold a test up.
const FAST: [&str; 4] = ["--service-rate", "1000", "--conversation-rate", "1000"];

pub(crate) fn apply(world: &World, flags: &[&str]) -> (Ran, Value) {
    let arguments = [&["apply", "--yes", "--json", "--quiet"], &FAST[..], flags].concat();
    let ran = world.run(&arguments);
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

pub(crate) fn count(result: &Value, kinds: &str, state: &str) -> u64 {
    let operations = result["operations"].as_object().unwrap();
    let of_kind = operations.iter().filter(|(kind, _)| kind.starts_with(kinds));
    of_kind.filter_map(|(_, states)| states.get(state)?.as_u64()).sum()
}

/// The operations of a plan, as `plan show` gives them.
pub(crate) fn operations(world: &World) -> Vec<Map<String, Value>> {
    let ran = world.run(&["plan", "show", "--format", "ndjson"]);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the plan knows of SIDs: those of the target by those of the source.
pub(crate) fn counterparts(world: &World) -> BTreeMap<String, String> {
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

/// Every request that the plan allows, with its SIDs filled in. A conversation that names participants may be created without them, and
/// a participant that came with its conversation may be given its values by an update.
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
        let planned = (text(&request["method"]), text(&request["path"]), form);
        let (method, path, form) = planned.clone();
        let other = match operation["kind"].as_str().unwrap() {
            "create_conversation" => {
                let path = path.replace("/ConversationWithParticipants", "/Conversations");
                Some((method, path, without(&form, "Participant")))
            }
            "create_participant" => {
                let member =
                    operation["subject"]["member_sid"].as_str().and_then(|sid| counterparts.get(sid));
                member.map(|member| (method, format!("{path}/{member}"), without(&form, "Identity")))
            }
            _ => None,
        };
        std::iter::once(planned).chain(other).collect::<Vec<_>>()
    };
    let begun = operations(world).into_iter().filter(|operation| operation["state"] != "pending");
    begun.flat_map(request).collect()
}

fn without(form: &[(String, String)], name: &str) -> Vec<(String, String)> {
    form.iter().filter(|(known, _)| known != name).cloned().collect()
}

fn sent(write: &Write) -> Sent {
    (write.method.clone(), write.path.clone(), write.form.clone())
}

/// Nothing but what the plan has was ever sent.
pub(crate) fn assert_only_the_plan_was_sent(world: &World) {
    let allowed = allowed(world);
    for write in world.running.writes() {
        assert!(allowed.contains(&sent(&write)), "{write:?}");
        assert_ne!(write.webhook_enabled.as_deref(), Some("true"));
    }
}

/// The target holds what the plan says, field by field, and each thing once.
pub(crate) fn assert_target_is_as_planned(world: &World) {
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
                // Not of Chat, or its own; each participant is an operation of its own.
                "date_updated" | "type" | "permissions" | "state" | "participants" => continue,
                name => name,
            };
            let planned = value.as_str().map_or(value.clone(), |text| match key.as_str() {
                "role_sid" => json!(resolve(text, &counterparts)),
                _ => json!(text),
            });
            // A user's own view does not have the time of reading: its member does.
            let record = match key.as_str() {
                "last_read_timestamp" => &held.by_sid[&target("member_sid").unwrap()],
                _ => record,
            };
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
pub(crate) fn not_done(world: &World) -> u64 {
    let is = |operation: &Map<String, Value>| {
        let reason = operation["reason"].as_str().unwrap_or_default();
        operation["kind"] != "mute_source"
            && (operation["state"] == "failed" || reason.starts_with("depends_on_failed"))
    };
    operations(world).iter().filter(|operation| is(operation)).count() as u64
}

pub(crate) fn accepted(world: &World) -> usize {
    world.running.writes().iter().filter(|write| write.accepted).count()
}

#[test]
fn a_copy_is_made_as_planned_and_made_again_it_does_nothing() {
    // The mapping `copy` would leave out what cannot be copied.
    let flags = ["--mute-source", "--mapping", "conversations"];
    let world = planned(Options { users: 120, channels: 60, ..Options::default() }, &flags);
    let (ran, result) = apply(&world, &[]);
    assert!(matches!(ran.code, 4 | 5), "some of the data cannot be copied: {ran:?}");
    assert!(count(&result, "", "done") > 2_000, "{result}");
    assert_eq!(count(&result, "", "pending"), 0, "{result}");
    assert!(count(&result, "mute_source", "done") > 500, "{result}");
    let muted_and_read = assert_a_view_is_one_update(&world);
    assert!(muted_and_read > 20, "{muted_and_read}");
    assert_target_is_as_planned(&world);
    assert_only_the_plan_was_sent(&world);
    let writes = accepted(&world);
    apply(&world, &[]);
    assert_eq!(accepted(&world), writes, "there was nothing to be done");
    // A plan made anew says the same: nothing that can be done is left.
    let left = plan(&world, "again.db", &["--mapping", "conversations"]);
    assert_eq!(count(&left, "", "pending"), not_done(&world), "{left}");
}

/// What a new participant has read and its notification level are never two requests. Gives how many have both.
fn assert_a_view_is_one_update(world: &World) -> usize {
    let operations = operations(world);
    let of_kind = |kind: &'static str| operations.iter().filter(move |operation| operation["kind"] == kind);
    let view = |operation: &Map<String, Value>| {
        ["user_sid", "channel_sid"]
            .map(|key| operation["subject"][key].as_str().unwrap_or_default().to_owned())
    };
    let by_participant: BTreeSet<_> = of_kind("update_participant").map(view).collect();
    let twice = of_kind("update_user_conversation").map(view).filter(|view| by_participant.contains(view));
    assert_eq!(twice.collect::<Vec<_>>(), Vec::<[String; 2]>::new());
    let both = |operation: &&Map<String, Value>| operation["after"].get("last_read_message_index").is_some();
    of_kind("update_user_conversation").filter(both).count()
}

#[test]
fn in_place_public_channels_are_made_private_and_no_webhook_fires() {
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
pub(crate) fn spawn(world: &World, flags: &[&str]) -> Child {
    world.child(&[&["apply", "--yes", "--quiet"], &FAST[..], flags].concat())
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

/// Exit code 2, with what is the matter and what to do about it, and nothing sent.
fn assert_refused(world: &World, ran: &Ran, told: &[&str]) {
    assert_eq!(ran.code, 2, "{ran:?}");
    for text in told {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
    assert_eq!(world.running.writes(), [], "{ran:?}");
}

fn small() -> Options {
    Options { users: 20, channels: 10, memberships: 4, ..Options::default() }
}

#[test]
fn a_plan_that_does_not_fit_is_refused_before_anything_is_written() {
    let world = World::new(small());
    std::fs::write(world.path("map.toml"), world.run(&["mapping", "show", "conversations"]).stdout).unwrap();
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    plan(&world, "plan.db", &["--mapping", "map.toml"]);
    let good = std::fs::read(world.path("plan.db")).unwrap();
    let restore = || std::fs::write(world.path("plan.db"), &good).unwrap();
    let apply = || world.run(&["apply", "--yes"]);

    let missing = world.run(&["apply", "--yes", "--plan", "other.db"]);
    assert_refused(&world, &missing, &["there is no plan at `other.db`", "chatferry plan"]);
    std::fs::write(world.path("thesis.txt"), "years of work").unwrap();
    let other = world.run(&["apply", "--yes", "--plan", "thesis.txt"]);
    assert_refused(&world, &other, &["is not a chatferry plan"]);
    assert!(!world.path("thesis.txt.lock").exists(), "nothing is laid beside what is no plan");
    assert_refused(&world, &world.run(&["apply"]), &["no one can be asked", "--yes"]);
    let unknown = world.run(&["apply", "--yes", "--only", "create_users"]);
    assert_refused(
        &world,
        &unknown,
        &["`create_users` is not a kind of operation", "did you mean `create_user`?"],
    );

    let sql = |sql: &str| {
        rusqlite::Connection::open(world.path("plan.db")).unwrap().execute_batch(sql).unwrap();
    };
    sql("UPDATE operation SET after = json_set(after, '$.friendly_name', 'evil') WHERE kind = 2");
    assert_refused(&world, &apply(), &["was changed since it was made", "plan"]);
    restore();
    sql("UPDATE operation SET blocked = NULL, state = 0");
    assert_refused(&world, &apply(), &["was changed since it was made"]);
    restore();
    sql("PRAGMA user_version = 99");
    assert_refused(&world, &apply(), &["a plan of format 99"]);
    let mut torn = good.clone();
    torn[8192..].fill(0xff);
    std::fs::write(world.path("plan.db"), torn).unwrap();
    assert_refused(&world, &apply(), &["the plan `plan.db`"]);
    std::fs::write(world.path("plan.db"), &good[..good.len() / 2]).unwrap();
    assert_refused(&world, &apply(), &["the plan `plan.db`"]);
    restore();

    let lock = if cfg!(target_os = "linux") {
        std::fs::File::options().read(true).write(true).open(world.path("plan.db"))
    } else {
        std::fs::File::create(world.path("plan.db.lock"))
    };
    let lock = lock.unwrap();
    lock.lock().unwrap();
    assert_refused(&world, &apply(), &["in use by another run", "wait until that run ends"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("plan.db", world.path("link.db")).unwrap();
        let by_link = world.run(&["apply", "--yes", "--plan", "link.db"]);
        assert_refused(&world, &by_link, &["in use by another run"]);
    }
    drop(lock);
    #[cfg(unix)]
    {
        std::fs::hard_link(world.path("plan.db"), world.path("hard.db")).unwrap();
        assert_refused(&world, &apply(), &["has 2 names (hard links)", "copy it"]);
        std::fs::remove_file(world.path("hard.db")).unwrap();
    }

    let mapping = std::fs::read_to_string(world.path("map.toml")).unwrap();
    std::fs::write(world.path("map.toml"), format!("{mapping}\n# changed\n")).unwrap();
    assert_refused(&world, &apply(), &["the mapping `map.toml` is not what it was", "plan again"]);
    std::fs::write(world.path("map.toml"), mapping).unwrap();

    let snapshot = std::fs::read(world.path("snapshot.db")).unwrap();
    rusqlite::Connection::open(world.path("snapshot.db"))
        .unwrap()
        .execute("UPDATE user_row SET friendly_name = 'another'", [])
        .unwrap();
    assert_refused(
        &world,
        &apply(),
        &["the snapshot `snapshot.db` is not the one that `plan.db` was made from", "plan again"],
    );
    std::fs::write(world.path("snapshot.db"), snapshot).unwrap();

    let other = world.running.other_account();
    let ran = run(world
        .chatferry(&["apply", "--yes"])
        .env("TWILIO_ACCOUNT_SID", other.account_sid)
        .env("TWILIO_AUTH_TOKEN", other.auth_token));
    assert_refused(&world, &ran, &["the target of `plan.db` is of the account", other.account_sid]);
    let ran = run(world.chatferry(&["apply", "--yes"]).env("TWILIO_AUTH_TOKEN", "wrong"));
    assert_eq!((ran.code, world.running.writes().len()), (3, 0), "{ran:?}");
}

#[test]
fn a_target_whose_settings_changed_is_planned_for_again_unless_the_plan_is_under_way() {
    let world = planned(small(), &[]);
    let (_, result) = apply(&world, &["--limit", "3"]);
    assert_eq!((&result["stopped"], &result["verdict"]), (&json!("limit"), &json!("incomplete")));
    change_settings(&world);
    let ran = world.run(&["apply", "--yes", "--limit", "1"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("the target's settings were changed since the plan was made"), "{ran:?}");

    let world = planned(small(), &[]);
    change_settings(&world);
    let before = world.running.writes().len();
    let ran = world.run(&["apply", "--yes"]);
    assert_eq!((ran.code, world.running.writes().len()), (2, before), "{ran:?}");
    assert!(ran.stderr.contains("was changed since the plan was made"), "{ran:?}");
}

/// Changes a setting of the target, as someone at the console would.
fn change_settings(world: &World) {
    let service = world.running.target_service_sid();
    let request = reqwest::Client::new()
        .post(format!("{}/v1/Services/{service}/Configuration", world.running.url()))
        .basic_auth(world.running.account_sid(), Some(world.running.auth_token()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("ReachabilityEnabled=false");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { request.send().await.unwrap().error_for_status().unwrap() });
}

#[test]
fn a_plan_that_a_check_blocks_is_not_performed() {
    let world = planned(small(), &[]);
    apply(&world, &["--limit", "12"]);
    let writes = world.running.writes().len();
    let target = world.running.target_service_sid();
    let blocked = world.json(&["plan", "--target", target, "--plan", "blocked.db"]);
    assert_eq!(blocked["verdict"], "blocked", "most of the target would change");
    let ran = world.run(&["apply", "--yes", "--plan", "blocked.db"]);
    assert_eq!((ran.code, world.running.writes().len()), (2, writes), "{ran:?}");
    assert!(ran.stderr.contains("is blocked: "), "{ran:?}");
}

#[test]
fn webhooks_fire_only_where_that_is_wanted() {
    let world = planned(small(), &[]);
    apply(&world, &["--only", "create_role,create_user"]);
    assert!(world.running.writes().iter().all(|write| write.webhook_enabled.as_deref() != Some("true")));
    let before = world.running.writes().len();
    let ran = world.run(&["apply", "--yes", "--webhooks", "--only", "create_conversation"]);
    assert!(ran.stderr.contains("webhooks                 ON"), "{ran:?}");
    let writes = world.running.writes();
    assert!(writes.len() > before);
    assert!(writes.iter().skip(before).all(|write| write.webhook_enabled.as_deref() == Some("true")));
}

#[test]
fn what_was_applied_can_be_taken_back() {
    let world = planned(small(), &["--mute-source"]);
    let (_, result) = apply(&world, &[]);
    assert!(count(&result, "create_participant", "done") > 20, "{result}");
    let held = || {
        let truth = world.running.truth_of(world.running.target_service_sid()).unwrap();
        (truth.roles().len(), truth.users().count(), truth.channels().count())
    };
    let (roles, users, channels) = held();
    let made = usize::try_from(count(&result, "create_role", "done")).unwrap();
    assert!(made > 0, "{result}");
    let undo = world.json(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
    assert!(count(&undo, "delete_", "pending") > 20, "{undo}");
    let (ran, result) = apply(&world, &["--plan", "undo.db"]);
    assert_eq!((ran.code, &result["verdict"]), (0, &json!("complete")), "{ran:?}");
    assert_eq!(held(), (roles - made, 0, 0), "of {users} users and {channels} conversations nothing is left");
    let truth = world.running.truth();
    let levels = truth.user_sids().flat_map(|user| truth.user_channels(&user));
    let muted = levels.filter(|row| row["notification_level"] == "muted").count();
    let undisturbed = World::new(small());
    let truth = undisturbed.running.truth();
    let levels = truth.user_sids().flat_map(|user| truth.user_channels(&user));
    assert_eq!(muted, levels.filter(|row| row["notification_level"] == "muted").count());
    let writes = world.running.writes().len();
    let (_, result) = apply(&world, &["--plan", "undo.db"]);
    assert_eq!((world.running.writes().len(), &result["performed"]), (writes, &json!({})));
}

#[cfg(unix)]
#[test]
fn ctrl_c_once_writes_down_what_is_on_its_way_and_says_how_to_go_on() {
    use std::io::Read;
    let latency = std::time::Duration::from_millis(5);
    let world = planned(Options { latency, users: 60, channels: 20, ..Options::default() }, &[]);
    let mut child = spawn(&world, &[]);
    wait_for_requests(&world, &mut child, 60);
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{talk}");
    let done = operations(&world).iter().filter(|operation| operation["state"] == "done").count();
    assert_eq!(done, accepted(&world), "what was sent is written down");
    let (_, result) = apply(&world, &[]);
    assert_eq!(count(&result, "", "pending"), 0, "{result}");
    assert_eq!(world.running.created_more_than_once(), []);
}

#[test]
fn sids_of_source_and_target_are_shown_side_by_side() {
    let world = planned(small(), &[]);
    apply(&world, &[]);
    let shown = world.run(&["plan", "show", "--format", "sids"]);
    let mut lines = shown.stdout.lines();
    assert_eq!(lines.next(), Some("record,source_sid,target_sid"), "{shown:?}");
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let known = counterparts(&world);
    assert_eq!(rows.len(), known.len());
    assert!(rows.iter().all(|row| known[row[1]] == row[2]));
    let users = rows.iter().filter(|row| row[0] == "users").count();
    assert!(users > 10, "{users}");
}

/// Runs the program in this process, with someone at the terminal who types this.
fn typed(world: &World, text: &str, arguments: &[&str]) -> chatferry::ExitStatus {
    let url = world.running.url();
    let environment = chatferry::Environment::of([
        ("TWILIO_ACCOUNT_SID", world.running.account_sid()),
        ("TWILIO_AUTH_TOKEN", world.running.auth_token()),
        ("CHATFERRY_CHAT_URL", url.as_str()),
        ("CHATFERRY_CONVERSATIONS_URL", url.as_str()),
    ]);
    let streams = chatferry::Streams {
        stdin: Box::new(std::io::Cursor::new(text.to_owned())),
        stdout: Box::new(std::io::sink()),
        stderr: Box::new(std::io::sink()),
        stdin_is_terminal: true,
        stdout_is_terminal: false,
        stderr_is_terminal: false,
    };
    let plan = world.path("plan.db");
    let arguments = [&["chatferry", "apply", "--plan", plan.to_str().unwrap()], arguments].concat();
    let arguments: Vec<_> = arguments.into_iter().map(std::ffi::OsString::from).collect();
    chatferry::start(&arguments, environment, world.folder.path(), streams)
}

#[test]
fn whoever_is_asked_types_the_name_or_the_sid_of_the_target() {
    use chatferry::ExitStatus;
    let world = planned(small(), &[]);
    let sid = world.running.target_service_sid();
    for text in ["", "\n", "yes\n", "y", world.running.service_sid()] {
        assert_eq!(typed(&world, text, &["--limit", "1"]), ExitStatus::Usage, "{text}");
    }
    assert_eq!(world.running.writes(), []);
    for text in [format!("{sid}\n"), "Küchenbörse – new\nmore".to_owned()] {
        let before = world.running.writes().len();
        assert_eq!(typed(&world, &text, &["--limit", "1"]), ExitStatus::Incomplete, "{text}");
        assert_eq!(world.running.writes().len(), before + 1);
    }
}
