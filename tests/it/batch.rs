//! Conversations that are created together with participants: how few requests a copy takes, counted at the server, and that the end is
//! the same whatever Twilio makes of a batch.

use chatferry::internals::simulator::{Faults, Options};
use serde_json::{Value, json};

use crate::apply::{
    accepted, apply, assert_only_the_plan_was_sent, assert_target_is_as_planned, count, not_done, operations,
    plan, planned, spawn,
};
use crate::support::{Ran, World, post, run, wait_for_requests};

/// What the requests of a copy are not counted of: who is there already, and what is read before the first write.
const NOT_COUNTED: [&str; 7] = [
    "Service",
    "ServiceConfiguration",
    "ServiceNotification",
    "ServiceWebhookConfiguration",
    "ServiceRole",
    "ServiceUser",
    "Configuration",
];

/// The requests about conversations and participants.
fn counted(world: &World) -> u64 {
    let is_counted = |route: &str| {
        let operation = route.split_whitespace().last().unwrap_or_default();
        let of =
            operation.trim_start_matches("Fetch").trim_start_matches("List").trim_start_matches("Create");
        !NOT_COUNTED.contains(&of)
    };
    let stats = world.running.stats();
    stats.by_route.iter().filter(|(route, _)| is_counted(route)).map(|(_, count)| count).sum()
}

/// A conversation: its members, how many of them have read it, and how many muted it.
type Shape = (usize, usize, usize);

/// A service with such conversations, next to an empty one of another account.
fn world_with(shapes: &[Shape], options: Options) -> World {
    let world = World::new(Options { users: 1, channels: 1, memberships: 1, ..options });
    let base = format!("/v1/Services/{}", world.running.target_service_sid());
    for number in 0..shapes.iter().map(|(members, ..)| *members).max().unwrap_or(0) {
        post(&world, &format!("{base}/Users"), &[("Identity", &format!("user-{number}"))]);
    }
    for (place, (members, readers, muted)) in shapes.iter().enumerate() {
        let name = format!("room-{place}");
        post(&world, &format!("{base}/Conversations"), &[("UniqueName", &name), ("FriendlyName", "Room")]);
        for number in 0..*members {
            let identity = format!("user-{number}");
            let joins = [("Identity", identity.as_str()), ("Attributes", "{\"seat\":1}")];
            post(&world, &format!("{base}/Conversations/{name}/Participants"), &joins);
            let mut view = Vec::new();
            if number < *readers {
                view.push(("LastReadMessageIndex", "7"));
            }
            if number < *muted {
                view.push(("NotificationLevel", "muted"));
            }
            if !view.is_empty() {
                post(&world, &format!("{base}/Users/{identity}/Conversations/{name}"), &view);
            }
        }
    }
    let source = world.running.target_service_sid().to_owned();
    let crawl = world.run(&["crawl", "--service", &source, "--source", "conversations", "--quiet"]);
    assert_eq!(crawl.code, 0, "{crawl:?}");
    world
}

fn run_to_other_account(world: &World, arguments: &[&str]) -> Ran {
    let other = world.running.other_account();
    let mut command = world.chatferry(&[arguments, &["--quiet"]].concat());
    command
        .env("CHATFERRY_TARGET_ACCOUNT_SID", other.account_sid)
        .env("CHATFERRY_TARGET_AUTH_TOKEN", other.auth_token);
    run(&mut command)
}

fn to_other_account(world: &World, arguments: &[&str]) -> (Ran, Value) {
    let ran = run_to_other_account(world, &[arguments, &["--json"]].concat());
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

/// Copies such conversations, with users and roles there before, and gives the requests that the conversations took.
fn requests_of(shapes: &[Shape]) -> u64 {
    let world = world_with(shapes, Options::default());
    let target = world.running.other_account().service_sid.to_owned();
    let (_, planned) =
        to_other_account(&world, &["plan", "--target", &target, "--max-change-percent", "100"]);
    let rates = ["--service-rate", "1000", "--conversation-rate", "1000"];
    let users = ["apply", "--yes", "--only", "create_role,create_user"];
    to_other_account(&world, &[&users[..], &rates].concat());
    let before = counted(&world);
    let (ran, result) = to_other_account(&world, &[&["apply", "--yes"][..], &rates].concat());
    assert_eq!((ran.code, &result["verdict"]), (0, &json!("complete")), "{planned}\n{result}");
    let requests = counted(&world) - before;
    let (verified, differences) = to_other_account(&world, &["verify"]);
    assert_eq!(verified.code, 0, "{differences}");
    requests
}

#[test]
fn a_copy_takes_as_few_requests_as_twilio_allows() {
    assert!(requests_of(&[(2, 2, 0)]) <= 4, "1:1, read");
    assert!(requests_of(&[(2, 0, 0)]) <= 2, "1:1, unread");
    assert!(requests_of(&[(10, 10, 3)]) <= 12, "ten members, all read, three muted");
    // Seven members on average, most of whom have read it, some of whom muted it.
    let shapes: Vec<Shape> =
        [(2, 2, 0), (4, 3, 1), (5, 5, 0), (6, 5, 1), (7, 6, 2), (8, 8, 0), (10, 9, 1), (14, 12, 2)].to_vec();
    let members: usize = shapes.iter().map(|(members, ..)| members).sum();
    assert_eq!(members, 7 * shapes.len());
    let requests = requests_of(&shapes);
    assert!(requests * 100 <= members as u64 * 145, "{requests} for {members} members");
}

/// What Twilio may make of a batch.
const MADE_OF_IT: [&str; 7] = [
    "",
    "batch-drops=role_sid,batch-drops=attributes,batch-drops=date_created",
    "batch-drops=attributes",
    "batch-refused=400",
    "batch-refused=403",
    "batch-refused=404",
    "create-404=100%",
];

fn small(faults: &str) -> Options {
    let faults: Faults = faults.parse().unwrap();
    Options { users: 80, channels: 50, memberships: 5, faults, ..Options::default() }
}

#[test]
fn whatever_twilio_makes_of_a_batch_the_end_is_the_same() {
    let mut requests = Vec::new();
    for faults in MADE_OF_IT {
        let world = planned(small(faults), &[]);
        let named =
            operations(&world).iter().filter(|one| one["after"].get("participants").is_some()).count();
        assert!(named > 20, "{named}");
        let (ran, result) = apply(&world, &[]);
        assert_eq!(count(&result, "", "pending") + count(&result, "", "failed"), 0, "{faults}: {ran:?}");
        let batches = &result["batches"];
        assert_eq!(batches["refused"].is_string(), faults.contains("refused"), "{faults}: {batches}");
        let dropped = batches["dropped"].as_array().unwrap();
        assert_eq!(dropped.is_empty(), !faults.contains("drops"), "{faults}: {batches}");
        assert!(dropped.iter().all(|key| faults.contains(key.as_str().unwrap())), "{faults}: {batches}");
        assert_target_is_as_planned(&world);
        assert_only_the_plan_was_sent(&world);
        let writes = accepted(&world);
        apply(&world, &[]);
        assert_eq!(accepted(&world), writes, "{faults}: there was nothing to be done");
        let left = plan(&world, "again.db", &[]);
        assert_eq!(count(&left, "", "pending"), not_done(&world), "{faults}: {left}");
        requests.push(result["requests"].as_u64().unwrap());
    }
    let never = planned(small(""), &["--batch", "never"]);
    let one_by_one = apply(&never, &[]).1["requests"].as_u64().unwrap();
    assert!(requests[0] * 4 < one_by_one * 3, "{} requests, and {one_by_one} one by one", requests[0]);
    // What is dropped of most participants costs the batch that showed it; what is dropped of some is repaired.
    assert!(requests[1] < one_by_one + 20, "{} requests, and {one_by_one} one by one", requests[1]);
    assert!(requests[3] < one_by_one + 10, "{} requests, and {one_by_one} one by one", requests[3]);
}

#[test]
fn killed_and_with_lost_answers_each_is_there_once_whatever_is_made_of_a_batch() {
    let network = "lost-answer=8%,accepted-503=4%,reset=5%,503=2%,429=5%";
    for faults in ["", "batch-drops=role_sid,batch-drops=attributes", "batch-refused=400"] {
        let world = planned(small(&format!("{network},{faults}")), &[]);
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..5 {
            let mut child = spawn(&world, &[]);
            wait_for_requests(&world, &mut child, random.u64(5..120));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap(); // SIGKILL
            }
            child.wait().unwrap();
        }
        let (ran, result) = apply(&world, &[]);
        assert_eq!(count(&result, "", "pending"), 0, "{faults}: {ran:?}");
        assert_eq!(
            count(&result, "", "failed"),
            count(&result, "create_role", "failed"),
            "{faults}: {ran:?}"
        );
        assert_target_is_as_planned(&world);
        assert_only_the_plan_was_sent(&world);
        let left = plan(&world, "again.db", &[]);
        assert_eq!(count(&left, "", "pending"), not_done(&world), "{faults}: {left}");
    }
}

/// The reasons of operations of a kind, each once.
fn reasons(world: &World, kind: &str) -> Vec<String> {
    let of_kind = operations(world).into_iter().filter(|operation| operation["kind"] == kind);
    let reasons = of_kind.filter_map(|operation| Some(operation["reason"].as_str()?.to_owned()));
    let mut codes: Vec<String> = reasons.map(|text| text.split(':').next().unwrap().to_owned()).collect();
    codes.retain(|code| code != "depends_on_failed");
    codes.sort();
    codes.dedup();
    codes
}

#[test]
fn a_conversation_that_twilio_closed_is_told_from_one_that_was_closed_before() {
    // It closes what it could not complete, and says so.
    let world = planned(small("batch-fails=100%"), &[]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(count(&result, "create_conversation", "failed"), 1, "the first batch is the last: {result}");
    assert_eq!(reasons(&world, "create_conversation"), ["closed_by_twilio"]);
    assert!(result["batches"]["refused"].as_str().unwrap().starts_with("closed_by_twilio"), "{result}");
    assert!(count(&result, "create_participant", "done") > 100, "the others are created one by one");
    // It is still there, and was closed before this run.
    let (ran, _) = apply(&world, &[]);
    assert_eq!(
        (ran.code, reasons(&world, "create_conversation")),
        (5, vec!["conversation_closed".to_owned()])
    );

    // It closes them after it has answered. The views show it.
    let world = planned(small("batch-closes=100%"), &[]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(count(&result, "update_user_conversation", "failed") > 20, "{result}");
    assert_eq!(reasons(&world, "update_user_conversation"), ["closed_since"]);

    // Another program has created and closed one of that name since the plan.
    let world = planned(small(""), &[]);
    let name = operations(&world)
        .iter()
        .find(|operation| operation["after"].get("participants").is_some())
        .map(|operation| operation["subject"]["unique_name"].as_str().unwrap().to_owned())
        .unwrap();
    let base = format!("/v1/Services/{}/Conversations", world.running.target_service_sid());
    let sid = post(&world, &base, &[("UniqueName", &name)])["sid"].as_str().unwrap().to_owned();
    post(&world, &format!("{base}/{sid}"), &[("State", "closed")]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(reasons(&world, "create_conversation"), ["conversation_closed"], "{result}");
    assert_eq!(result["batches"]["refused"], Value::Null, "that is no refusal of batches");
}

/// The answer shows an open conversation, and no update follows that would meet the closed one.
#[test]
fn an_unread_conversation_that_twilio_closes_after_its_answer_is_shown_by_verify() {
    let world = world_with(&[(2, 0, 0), (3, 0, 0)], small("batch-closes=100%"));
    let target = world.running.other_account().service_sid.to_owned();
    to_other_account(&world, &["plan", "--target", &target, "--max-change-percent", "100"]);
    let (ran, result) = to_other_account(&world, &["apply", "--yes"]);
    assert_eq!((ran.code, &result["verdict"]), (0, &json!("complete")), "{result}");
    let (ran, result) = to_other_account(&world, &["verify"]);
    assert_eq!(ran.code, 5, "{result}");
    assert_eq!(result["by_entity"]["channels"]["different"], 2, "{result}");
    let ran = run_to_other_account(&world, &["verify", "--format", "ndjson"]);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let closed = json!([{"field": "state", "old": "active", "new": "closed"}]);
    assert_eq!(lines.iter().filter(|line| line["changes"] == closed).count(), 2, "{lines:?}");
}

#[test]
fn a_name_that_is_taken_since_the_plan_is_not_taken_over() {
    let world = planned(small(""), &[]);
    let operations = operations(&world);
    let with = operations.iter().filter(|operation| operation["after"].get("participants").is_some());
    let name = with.map(|operation| operation["subject"]["unique_name"].as_str().unwrap()).next().unwrap();
    let base = format!("/v1/Services/{}/Conversations", world.running.target_service_sid());
    post(&world, &base, &[("UniqueName", name), ("FriendlyName", "Another one")]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(count(&result, "create_conversation", "blocked"), 1, "{result}");
    assert_eq!(reasons(&world, "create_conversation"), ["unique_name_taken"]);
    assert_eq!(result["batches"]["refused"], Value::Null, "{result}");
    let truth = world.running.truth_of(world.running.target_service_sid()).unwrap();
    assert_eq!(truth.participants(name).len(), 0, "no one is added to it");
}

#[test]
fn which_way_is_chosen_and_said() {
    let world = planned(small(""), &[]);
    let wrong = world.run(&["plan", "--target", world.running.target_service_sid(), "--batch", "maybe"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("auto, never"), "{}", wrong.stderr);
    let auto = plan(&world, "auto.db", &[]);
    let never = plan(&world, "never.db", &["--batch", "never"]);
    assert_eq!(auto["batches"]["requests_without"], never["requests"], "{auto}");
    assert!(never.get("batches").is_none() && auto["requests"].as_u64() < never["requests"].as_u64());
    assert_eq!(count(&auto, "create", "pending"), count(&never, "create", "pending"), "the same is created");
    let shown = world.run(&["plan", "show", "--plan", "auto.db"]);
    assert!(shown.stdout.contains("with a request for each participant)"), "{}", shown.stdout);
    // Of what the run does not want, nothing is created on the way.
    let (_, result) =
        apply(&world, &["--plan", "auto.db", "--only", "create_role,create_user,create_conversation"]);
    assert_eq!(
        (count(&result, "create_participant", "done"), &result["batches"]["participants"]),
        (0, &json!(0))
    );
    let truth = world.running.truth_of(world.running.target_service_sid()).unwrap();
    assert!(truth.conversation_sids().all(|sid| truth.participants(&sid).is_empty()));
    let asked = world.run(&["apply", "--yes", "--plan", "never.db", "--only", "create_role"]);
    assert!(asked.stderr.contains("one by one"), "{}", asked.stderr);
}

#[test]
fn what_came_together_is_taken_back_together() {
    let world = planned(small(""), &[]);
    let (_, result) = apply(&world, &[]);
    assert!(result["batches"]["participants"].as_u64() > Some(50), "{result}");
    world.json(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
    let (_, undone) = apply(&world, &["--plan", "undo.db"]);
    assert_eq!(count(&undone, "delete_participant", "done"), 0, "they go with their conversations: {undone}");
    let truth = world.running.truth_of(world.running.target_service_sid()).unwrap();
    assert_eq!((truth.users().count(), truth.conversations().count()), (0, 0));
}
