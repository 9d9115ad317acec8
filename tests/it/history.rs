//! `plan --messages`: a copy with its history, each message once and in its order, whatever the network does.

use chatferry::internals::simulator::{Faults, Options, WorldKind};
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::apply::{accepted, apply, count, counterparts, operations, plan, spawn};
use crate::support::{Ran, Row, World, delete, get, post, wait_for_requests};

pub(crate) const WITH_MESSAGES: [&str; 3] =
    ["--quiet", "--include", "roles,users,channels,user-channels,members,messages"];

/// The mapping `copy`, with messages copied that have media.
pub(crate) fn write_mapping(world: &World) {
    let copy = world.run(&["mapping", "show", "copy"]).stdout;
    let copy = copy.replace("[plan.checks]\n", "[plan.checks]\nmedia_left_behind = \"warn\"\n");
    std::fs::write(world.path("map.toml"), copy).unwrap();
}

/// A world with a snapshot that has messages, and the mapping.
pub(crate) fn crawled(options: Options) -> World {
    let world = World::new(options);
    assert_eq!(world.crawl(&WITH_MESSAGES).code, 0);
    write_mapping(&world);
    world
}

pub(crate) fn small(faults: &str) -> Options {
    let faults = faults.parse::<Faults>().unwrap();
    Options { users: 30, channels: 24, memberships: 6, faults, ..Options::default() }
}

pub(crate) const MAPPED: [&str; 3] = ["--messages", "--mapping", "map.toml"];

/// What of a message a copy has.
fn copied(message: &Row) -> Value {
    let text = |key: &str| message.get(key).and_then(Value::as_str);
    let author = text("from").or(text("author")).unwrap_or("system");
    let attributes = text("attributes").and_then(|text| serde_json::from_str(text).ok());
    let mut attributes: Map<String, Value> = attributes.unwrap_or_default();
    if message["media"].is_object() {
        attributes.insert("chatferry_media".to_owned(), json!([message["media"]]));
    }
    json!([author, text("body").unwrap_or_default(), attributes, text("date_created")])
}

/// Every conversation of the copy has the messages of its channel in their order, numbered from 0, and says who has read how far.
/// Gives how many messages there are, and how many positions are other numbers than in the source.
fn assert_history_is_there(world: &World, wanted: impl Fn(&Row) -> bool) -> (usize, usize) {
    let counterparts = counterparts(world);
    let (source, target) =
        (world.running.truth(), world.running.truth_of(world.running.target_service_sid()).unwrap());
    let (mut messages, mut translated) = (0, 0);
    for channel in source.channel_sids() {
        let Some(conversation) = counterparts.get(&channel) else { continue };
        let expected: Vec<Row> = source.messages(&channel).into_iter().filter(&wanted).collect();
        let found = target.conversation_messages(conversation);
        let of = |rows: &[Row]| rows.iter().map(copied).collect::<Vec<_>>();
        assert_eq!(of(&found), of(&expected), "{channel}");
        assert!(found.iter().zip(0_u64..).all(|(row, index)| row["index"] == index), "{channel}");
        messages += found.len();
        let members = target.participants(conversation);
        for member in source.members(&channel) {
            let Some(there) = members.iter().find(|row| row["identity"] == member["identity"]) else {
                continue;
            };
            let read = member["last_consumed_message_index"].as_u64();
            let position = read.and_then(|read| {
                expected.iter().filter(|row| row["index"].as_u64().unwrap() <= read).count().checked_sub(1)
            });
            assert_eq!(
                there["last_read_message_index"].as_u64(),
                position.map(|position| position as u64),
                "{member:?}"
            );
            translated += usize::from(position.map(|position| position as u64) != read);
        }
    }
    assert_eq!(world.running.created_more_than_once(), []);
    (messages, translated)
}

pub(crate) fn verify(world: &World) -> (Ran, Value) {
    let ran = world.run(&["verify", "--json", "--quiet"]);
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

#[test]
fn a_copy_has_its_history_in_order_and_made_again_it_does_nothing() {
    let world = crawled(Options { users: 60, channels: 40, ..Options::default() });
    let planned = plan(&world, "plan.db", &MAPPED);
    let all = world.truth()["messages"].len() as u64;
    assert_eq!(count(&planned, "create_message", "pending"), all, "{planned}");
    for check in ["messages_not_copied", "horizon_without_messages"] {
        assert_eq!(planned["findings"][check]["count"], 0, "{check}");
    }
    assert!(planned["findings"]["message_index_gap"]["count"].as_u64().unwrap() > 5, "{planned}");
    let size = std::fs::metadata(world.path("plan.db")).unwrap().len();
    plan(&world, "without.db", &["--mapping", "map.toml"]);
    let without = std::fs::metadata(world.path("without.db")).unwrap().len();
    assert!((size - without) / all < 100, "{} bytes a message", (size - without) / all);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(count(&result, "create_message", "done"), all, "{result}");
    let (messages, translated) = assert_history_is_there(&world, |_| true);
    assert_eq!(messages as u64, all);
    assert!(translated > 20, "{translated}");
    let (ran, verified) = verify(&world);
    assert_eq!(ran.code, 0, "{verified}");
    assert_eq!(verified["by_entity"]["messages"]["same"], all, "{verified}");
    let writes = accepted(&world);
    assert_eq!(apply(&world, &[]).0.code, 0);
    assert_eq!(accepted(&world), writes, "there was nothing to be done");
    let again = plan(&world, "again.db", &MAPPED);
    assert_eq!(count(&again, "", "pending"), 0, "{again}");
    assert_eq!(again["noop"]["messages"], all, "{again}");
}

#[test]
fn killed_ten_times_on_a_bad_network_each_message_is_there_once_and_in_order() {
    let world = crawled(small("lost-answer=5%,accepted-503=2%,reset=5%,500=2%,502=2%,503=1%,429=5%"));
    plan(&world, "plan.db", &MAPPED);
    let mut random = fastrand::Rng::with_seed(11);
    let mut kills = 0;
    while kills < 10 {
        let mut child = spawn(&world, &[]);
        wait_for_requests(&world, &mut child, random.u64(5..70));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap(); // SIGKILL
            kills += 1;
        }
        let ended = child.wait().unwrap();
        assert!(ended.code().is_none(), "it was not killed: make the world larger");
    }
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (messages, _) = assert_history_is_there(&world, |_| true);
    assert_eq!(count(&result, "create_message", "done"), messages as u64, "{result}");
    assert!(messages > 200, "{messages}");
    let writes = accepted(&world);
    apply(&world, &[]);
    assert_eq!(accepted(&world), writes);
    assert_eq!(verify(&world).0.code, 0);
}

/// A conversation of the source with messages that are all alike.
fn add_equal_messages(world: &World, number: usize) -> String {
    let service = format!("/v1/Services/{}/Conversations", world.running.service_sid());
    let made = post(world, &service, &[("UniqueName", "echo"), ("FriendlyName", "Echo")]);
    let sid = made["sid"].as_str().unwrap().to_owned();
    for _ in 0..number {
        let form = [("Author", "system"), ("Body", "ping"), ("DateCreated", "2020-01-02T03:04:05Z")];
        post(world, &format!("{service}/{sid}/Messages"), &form);
    }
    sid
}

#[test]
fn equal_messages_in_a_row_are_each_there_though_answers_are_lost() {
    for seed in [1, 2, 3] {
        let world = World::new(Options { seed, users: 3, channels: 2, memberships: 1, ..Options::default() });
        let echo = add_equal_messages(&world, 9);
        assert_eq!(world.crawl(&WITH_MESSAGES).code, 0);
        write_mapping(&world);
        let snapshot = std::fs::read(world.path("snapshot.db")).unwrap();
        // Another account of the same seed has the same SIDs, and a network that loses answers.
        let faults = "lost-answer=40%,accepted-503=20%".parse().unwrap();
        let lossy =
            World::new(Options { seed, users: 3, channels: 2, memberships: 1, faults, ..Options::default() });
        std::fs::write(lossy.path("snapshot.db"), snapshot).unwrap();
        write_mapping(&lossy);
        plan(&lossy, "plan.db", &MAPPED);
        let (ran, _) = apply(&lossy, &[]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let target = lossy.running.truth_of(lossy.running.target_service_sid()).unwrap();
        let there = target.conversation_messages(&counterparts(&lossy)[&echo]);
        assert_eq!(there.len(), 9, "seed {seed}");
        let lost = lossy.running.writes().iter().filter(|write| write.accepted && !write.answered).count();
        assert!(lost > 0, "seed {seed} loses nothing");
        assert_eq!(lossy.running.created_more_than_once(), []);
    }
}

#[test]
fn a_plan_that_was_left_is_not_performed_a_second_time() {
    let world = crawled(small(""));
    plan(&world, "plan.db", &MAPPED);
    let begun: u64 = ["create_role", "create_user", "create_conversation", "create_participant"]
        .iter()
        .map(|kind| count(&world.json(&["plan", "show"]), kind, "pending"))
        .sum();
    let (ran, _) = apply(&world, &["--limit", &(begun + 100).to_string()]);
    assert_eq!(ran.code, 4, "{ran:?}");
    // Another plan copies what is left, and then the first one is resumed.
    plan(&world, "other.db", &MAPPED);
    let (ran, _) = apply(&world, &["--plan", "other.db"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let messages = world.running.created().iter().filter(|made| made.kind == "message").count();
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(count(&result, "create_message", "existing") > 50, "{result}");
    assert_eq!(world.running.created().iter().filter(|made| made.kind == "message").count(), messages);
    assert_history_is_there(&world, |_| true);
}

#[test]
fn media_stay_behind_with_their_messages_unless_the_mapping_says_otherwise() {
    let world = crawled(small(""));
    let planned = plan(&world, "plan.db", &["--messages"]);
    let with_media = world.truth()["messages"].iter().filter(|message| message["media"].is_object()).count();
    assert!(with_media > 5, "{with_media}");
    assert_eq!(count(&planned, "create_message", "blocked"), with_media as u64, "{planned}");
    let (ran, _) = apply(&world, &[]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_history_is_there(&world, |message| message["media"].is_null());
    let (ran, verified) = verify(&world);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(verified["by_entity"]["messages"]["missing"], with_media, "{verified}");
    assert_eq!(verified["by_entity"]["messages"]["different"], 0, "{verified}");
    let again = plan(&world, "again.db", &["--messages"]);
    assert_eq!(count(&again, "", "pending"), 0, "what is left out holds up nothing: {again}");
}

#[test]
fn a_message_that_is_refused_holds_up_those_after_it_and_what_was_read_of_them() {
    let world = crawled(small(""));
    plan(&world, "plan.db", &MAPPED);
    let is_long = |rows: &[Row]| rows.len() > 20;
    let truth = world.running.truth();
    let channel = truth.channel_sids().find(|sid| is_long(&truth.messages(sid))).unwrap();
    // Everything but messages; then the conversation is closed, as another program may do.
    let kinds = "create_role,create_user,create_conversation,create_participant";
    apply(&world, &["--only", kinds]);
    let conversation = counterparts(&world)[&channel].clone();
    let path = format!("/v1/Services/{}/Conversations/{conversation}", world.running.target_service_sid());
    post(&world, &path, &[("State", "closed")]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(count(&result, "create_message", "failed"), 1, "{result}");
    let all = truth.messages(&channel).len() as u64;
    assert_eq!(count(&result, "create_message", "blocked"), all - 1, "{result}");
    assert_eq!(get(&world, &format!("{path}/Messages"))["messages"], json!([]));
    let of_channel = |operation: &Map<String, Value>| operation["subject"]["channel_sid"] == *channel;
    let read = operations(&world).into_iter().filter(|operation| {
        of_channel(operation) && operation["after"].get("last_read_message_index").is_some()
    });
    let states: Vec<Value> = read.map(|operation| operation["state"].clone()).collect();
    assert!(!states.is_empty() && states.iter().all(|state| state == "pending"), "{states:?}");
    // Run again, it tries the first one and no other.
    let writes = world.running.writes().len();
    let (_, result) = apply(&world, &[]);
    assert_eq!(count(&result, "create_message", "failed"), 1, "{result}");
    let messages = format!("{conversation}/Messages");
    let written = world.running.writes();
    let tried = written[writes..].iter().filter(|write| write.path.ends_with(&messages)).count();
    assert_eq!(tried, 1);
}

#[test]
fn a_message_that_was_refused_comes_in_its_place_once_the_cause_is_gone() {
    let world = World::new(Options { users: 3, channels: 2, memberships: 1, ..Options::default() });
    let sid = add_equal_messages(&world, 2);
    let source = format!("/v1/Services/{}/Conversations/{sid}/Messages", world.running.service_sid());
    let long = "x".repeat(2_000);
    for body in [&*long, "after it", "last"] {
        post(&world, &source, &[("Author", "system"), ("Body", body)]);
    }
    assert_eq!(world.crawl(&WITH_MESSAGES).code, 0);
    write_mapping(&world);
    plan(&world, "plan.db", &MAPPED);
    apply(&world, &["--only", "create_role,create_user,create_conversation,create_participant"]);
    let conversation = counterparts(&world)[&sid].clone();
    let path = format!("/v1/Services/{}/Conversations/{conversation}", world.running.target_service_sid());
    // Someone of another network takes part, and Twilio takes 1,600 characters only.
    let abroad = [("MessagingBinding.Address", "+15550001"), ("MessagingBinding.ProxyAddress", "+15550002")];
    let participant = post(&world, &format!("{path}/Participants"), &abroad);
    let bodies = || {
        let messages = get(&world, &format!("{path}/Messages"))["messages"].as_array().unwrap().clone();
        messages.iter().map(|message| message["body"].as_str().unwrap().len()).collect::<Vec<_>>()
    };
    for _ in 0..2 {
        let (ran, result) = apply(&world, &[]);
        assert_eq!(ran.code, 4, "{ran:?}");
        assert_eq!(count(&result, "create_message", "failed"), 1, "{result}");
        assert_eq!(count(&result, "create_message", "blocked"), 2, "those after it wait: {result}");
        assert_eq!(bodies(), ["ping".len(); 2], "those before it are there");
    }
    delete(&world, &format!("{path}/Participants/{}", participant["sid"].as_str().unwrap()));
    let (ran, _) = apply(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(bodies(), [4, 4, 2_000, "after it".len(), "last".len()]);
    assert_history_is_there(&world, |_| true);
    assert_eq!(verify(&world).0.code, 0);
}

#[test]
fn a_closed_conversation_gets_its_messages_and_positions_before_it_is_closed() {
    let world = World::new(small(""));
    let truth = world.running.truth();
    let is_read = |sid: &String| {
        let members = truth.members(sid);
        !truth.messages(sid).is_empty()
            && members.iter().any(|row| !row["last_consumed_message_index"].is_null())
    };
    let closed = truth.conversation_sids().find(is_read).unwrap();
    let path = format!("/v1/Services/{}/Conversations/{closed}", world.running.service_sid());
    post(&world, &path, &[("State", "closed")]);
    assert_eq!(world.crawl(&[&WITH_MESSAGES[..], &["--source", "conversations"]].concat()).code, 0);
    write_mapping(&world);
    plan(&world, "plan.db", &MAPPED);
    let (ran, _) = apply(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_history_is_there(&world, |_| true);
    let target = format!("/v1/Services/{}/Conversations", world.running.target_service_sid());
    let copy = get(&world, &format!("{target}/{}", counterparts(&world)[&closed]));
    assert_eq!(copy["state"], "closed", "{copy}");
    let (ran, verified) = verify(&world);
    assert_eq!(ran.code, 0, "{verified}");
    assert!(verified["notes"].to_string().contains("the same by count and digest"), "{verified}");
}

#[test]
fn a_target_that_has_other_messages_is_left_alone_and_reported() {
    let world = crawled(small(""));
    plan(&world, "plan.db", &MAPPED);
    assert_eq!(apply(&world, &[]).0.code, 0);
    let truth = world.running.truth();
    let channel = truth.channel_sids().find(|sid| truth.messages(sid).len() > 5).unwrap();
    let conversation = counterparts(&world)[&channel].clone();
    let path = format!("/v1/Services/{}/Conversations/{conversation}", world.running.target_service_sid());
    post(&world, &format!("{path}/Messages"), &[("Author", "someone"), ("Body", "later")]);
    let again = plan(&world, "again.db", &MAPPED);
    assert_eq!(count(&again, "", "pending"), 0, "{again}");
    assert_eq!(again["findings"]["only_in_target"]["count"], 1, "{again}");
    let (ran, verified) = verify(&world);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(verified["by_entity"]["messages"]["added"], 1, "{verified}");
    // What the source has more by now would come after that one.
    let source = format!("/v1/Services/{}/Conversations/{channel}/Messages", world.running.service_sid());
    if truth.conversation_sids().any(|sid| sid == channel) {
        post(&world, &source, &[("Author", "someone"), ("Body", "too late")]);
        std::fs::remove_file(world.path("snapshot.db")).unwrap();
        assert_eq!(world.crawl(&WITH_MESSAGES).code, 0);
        let more = plan(&world, "more.db", &MAPPED);
        assert_eq!(count(&more, "create_message", "blocked"), 1, "{more}");
        assert_eq!(more["findings"]["message_out_of_order"]["count"], 1, "{more}");
    }
}

#[test]
fn a_copy_of_the_real_world_through_either_api_is_as_verify_wants_it() {
    for source in ["chat", "conversations"] {
        let options =
            Options { world: WorldKind::Real, users: 20, channels: 16, memberships: 5, ..Options::default() };
        let world = World::new(options);
        let flags = [&WITH_MESSAGES[..], &["--source", source]].concat();
        assert_eq!(world.crawl(&flags).code, 0);
        write_mapping(&world);
        let planned = plan(&world, "plan.db", &MAPPED);
        assert!(count(&planned, "create_message", "pending") > 50, "{planned}");
        assert!(planned["findings"]["message_of_system"]["count"].as_u64().unwrap() > 0, "{planned}");
        let (ran, result) = apply(&world, &[]);
        assert_eq!(count(&result, "create_message", "failed"), 0, "{source}: {ran:?}");
        assert_eq!(count(&result, "", "pending"), 0, "{source}: {ran:?}");
        let (_, verified) = verify(&world);
        let messages = &verified["by_entity"]["messages"];
        assert_eq!(
            json!([messages["same"], messages["different"], messages["added"]]),
            json!([count(&result, "create_message", "done"), 0, 0]),
            "{source}: {verified}"
        );
        let again = plan(&world, "again.db", &MAPPED);
        assert_eq!(count(&again, "create_message", "pending"), 0, "{source}: {again}");
    }
}

#[test]
fn texts_are_shown_and_are_not_in_the_plan_and_undo_removes_them() {
    let world = crawled(small(""));
    plan(&world, "plan.db", &[&MAPPED[..], &["--report", "plan.html"]].concat());
    let shown = |world: &World| {
        let ran = world.run(&["plan", "show", "--format", "ndjson", "--kind", "create_message"]);
        let lines = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect::<Vec<Map<String, Value>>>()
    };
    let lines = shown(&world);
    let bodies: Vec<&str> =
        lines.iter().filter_map(|line| line["request"]["form"]["Body"].as_str()).collect();
    assert!(bodies.len() > 100, "{}", bodies.len());
    let bytes = std::fs::read(world.path("plan.db")).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(bodies.iter().filter(|body| body.len() > 12).all(|body| !has(body)), "a text is in the plan");
    let page = std::fs::read_to_string(world.path("plan.html")).unwrap();
    assert!(page.contains("create_message") && page.contains("Author"), "the page shows what is sent");
    assert_eq!(apply(&world, &[]).0.code, 0);
    let undo = world.json(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
    assert_eq!(undo["findings"]["cannot_be_undone"]["count"], 0, "{undo}");
    let (ran, _) = apply(&world, &["--plan", "undo.db"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let target = world.running.truth_of(world.running.target_service_sid()).unwrap();
    assert_eq!(target.conversation_sids().count(), 0);
    std::fs::remove_file(world.path("snapshot.db")).unwrap();
    assert!(
        shown(&world).iter().all(|line| line["after"] == json!({})),
        "without the snapshot there are no texts"
    );
}

#[test]
fn a_copy_with_history_is_rehearsed() {
    let world = crawled(small(""));
    plan(&world, "plan.db", &MAPPED);
    let rehearsed = world.json(&["rehearse", "--faults", "lost-answer=3%,reset=2%,503=2%", "--kills", "2"]);
    assert_eq!(rehearsed["verdict"], "would_succeed", "{rehearsed:#}");
    assert_eq!(world.running.writes(), []);
}

#[test]
fn what_cannot_be_copied_is_refused_before_any_request() {
    let world = World::new(small(""));
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    let target = world.running.target_service_sid().to_owned();
    let refused = |arguments: &[&str], told: &[&str]| {
        let requests = world.running.stats().requests;
        let ran = world.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        for text in told {
            assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
        }
        assert_eq!(world.running.stats().requests, requests, "{ran:?}");
    };
    refused(
        &["plan", "--target", &target, "--messages"],
        &["`snapshot.db` has no messages", "crawl the service"],
    );
    refused(&["plan", "--target", "in-place", "--messages"], &["they are there already", "--target"]);
    std::fs::remove_file(world.path("snapshot.db")).unwrap();
    assert_eq!(world.crawl(&WITH_MESSAGES).code, 0);
    let good = std::fs::read(world.path("snapshot.db")).unwrap();
    let change = |sql: &str| Connection::open(world.path("snapshot.db")).unwrap().execute_batch(sql).unwrap();
    change("UPDATE property SET value = 'incomplete' WHERE key = 'verdict'");
    let arguments = ["plan", "--target", &target, "--messages", "--allow-incomplete"];
    let unchecked = [("CHATFERRY_CHECK_FILES", "false")];
    let ran = crate::support::run(world.chatferry(&arguments).envs(unchecked));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("messages are copied from a complete one only"), "{ran:?}");
    std::fs::write(world.path("snapshot.db"), &good).unwrap();
    plan(&world, "plan.db", &["--messages"]);
    let with = |arguments: &[&str]| crate::support::run(world.chatferry(arguments).envs(unchecked));
    let apply = || with(&["apply", "--yes"]);
    change("UPDATE message_row SET body = 'another' WHERE sid = (SELECT max(sid) FROM message_row)");
    for ran in [apply(), with(&["rehearse"])] {
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("the messages of the snapshot `snapshot.db` are not those"), "{ran:?}");
    }
    std::fs::remove_file(world.path("snapshot.db")).unwrap();
    let ran = apply();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("copies the messages of `snapshot.db`, which is not there"), "{ran:?}");
    assert_eq!(world.running.writes(), []);
    // A plan of the format before this one.
    std::fs::write(world.path("snapshot.db"), &good).unwrap();
    Connection::open(world.path("plan.db")).unwrap().execute_batch("PRAGMA user_version = 2").unwrap();
    let ran = world.run(&["apply", "--yes"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("plan"), "{ran:?}");
}
