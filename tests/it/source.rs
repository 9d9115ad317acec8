//! `crawl` of Conversations: when it is asked for, when Chat is gone, and the target of a plan.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use chatferry::Environment;
use chatferry::internals::cli::{ConnectionArgs, GlobalArgs};
use chatferry::internals::commands::CommandError;
use chatferry::internals::commands::{EVERYTHING, TargetEstimate, TargetPart, crawl_target};
use chatferry::internals::crawl::{CrawlEnd, CrawlOutcome};
use chatferry::internals::event::Events;
use chatferry::internals::settings::{ConnectionSettings, Loader};
use chatferry::internals::simulator::Options;
use chatferry::internals::snapshot::{Focus, SnapshotError, Verdict};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Row, World, ndjson, spawn, wait_for_requests};

const CONVERSATIONS: [&str; 2] = ["--source", "conversations"];

/// What the mapping `conversations` gives of a snapshot of Conversations: the API's own rows, without the keys that are not
/// columns.
fn assert_exported_as_conversations_has_it(world: &World, export: &Path) {
    let truth = world.running.truth();
    let participants = truth.conversation_sids().flat_map(|sid| truth.participants(&sid)).collect();
    let mut of_users: Vec<Row> = truth.user_sids().flat_map(|sid| truth.user_conversations(&sid)).collect();
    let identities: BTreeMap<String, Value> = truth
        .conversation_users()
        .map(|user| (user["sid"].as_str().unwrap().to_owned(), user["identity"].clone()))
        .collect();
    for row in &mut of_users {
        let identity = identities[row["user_sid"].as_str().unwrap()].clone();
        row.insert("identity".to_owned(), identity);
        // Conversations says who created a conversation beside its users only, and the model keeps it with the channel.
        row.insert("created_by".to_owned(), Value::Null);
    }
    for (record, expected) in [
        ("participants", participants),
        ("user_conversations", of_users),
        ("conversations", truth.conversations().collect::<Vec<_>>()),
        ("conversation_users", truth.conversation_users().collect()),
        ("conversation_roles", truth.conversation_roles()),
    ] {
        let exported = ndjson(&export.join(format!("{record}.ndjson")));
        assert_eq!(exported.len(), expected.len(), "rows of {record}");
        assert!(!exported.is_empty(), "{record}");
        for (exported, mut expected) in exported.into_iter().zip(expected) {
            expected.retain(|key, _| exported.contains_key(key));
            assert_eq!(sorted(exported), sorted(expected), "a row of {record}");
        }
    }
}

/// Keys in one order: those of a mapping are not the API's.
fn sorted(row: Row) -> BTreeMap<String, Value> {
    row.into_iter().collect()
}

#[test]
fn conversations_comes_row_for_row_and_takes_no_more_requests_than_it_must() {
    let world = World::with_faults("");
    let crawled = world.crawl(&CONVERSATIONS);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let result = &crawled.result;
    assert_eq!((&result["verdict"], &result["source"]), (&json!("complete"), &json!("conversations")));
    assert_eq!(result["evidence"], json!(["member_lists"]));
    assert_eq!(result["requests"]["total"], result["requests"]["minimum"]);
    assert_eq!(result["requests"]["total"], world.running.stats().requests);
    assert!(world.running.stats().by_route.keys().all(|route| route.starts_with("v1 ")));
    assert_eq!(result["issues"], 1, "a permission that no list of Twilio's has");
    assert_exported_as_conversations_has_it(&world, &world.export("out", &["--mapping", "conversations"]));

    let info = world.json(&["snapshot", "info"]);
    assert_eq!(info["source"], "conversations");
    let shown = world.run(&["snapshot", "info"]).stdout;
    assert!(shown.lines().any(|line| line.split_whitespace().eq(["source", "conversations"])), "{shown}");
    assert!(world.run(&["snapshot", "check"]).stdout.contains("complete"));

    // The other mappings: what Conversations does not say is null, and nothing is guessed.
    let out = world.export("others", &["--mapping", "chat", "--mapping", "audit"]);
    let channels = ndjson(&out.join("channels.ndjson"));
    assert!(channels.iter().all(|row| row["type"].is_null() && row["members_count"].is_null()));
    assert!(ndjson(&out.join("user_channels.ndjson")).iter().all(|row| row["status"] == "joined"));
    assert!(ndjson(&out.join("memberships.ndjson")).iter().all(|row| row["identity"].is_string()));
    let service = &ndjson(&out.join("services.ndjson"))[0];
    let configuration = world.running.truth().service_configuration();
    assert_eq!(service["default_channel_role_sid"], configuration["default_conversation_role_sid"]);
    assert!(service["limits"].is_null());
    let package = std::fs::read_to_string(out.join("datapackage.json")).unwrap();
    assert!(package.contains("\"source\": \"conversations\""), "{package}");
}

#[test]
fn what_conversations_cannot_give_is_refused_before_any_request() {
    let world = World::with_faults("");
    for verb in ["crawl", "probe"] {
        let service = world.running.service_sid();
        let ran = world.run(&[
            verb,
            "--service",
            service,
            "--source",
            "conversations",
            "--include",
            "channels,invites",
        ]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("Conversations has no invites to read"), "{ran:?}");
    }
    assert_eq!(world.running.stats().requests, 0);
}

#[test]
fn without_either_list_nothing_is_claimed_to_be_compared() {
    let world = World::with_faults("hidden-row=2");
    let crawled = world.crawl(&["--source", "conversations", "--include", "users,user-channels"]);
    assert_eq!((crawled.code, &crawled.result["evidence"]), (0, &json!([])));
    let text = world.run(&[
        "crawl",
        "--service",
        world.running.service_sid(),
        "--source",
        "conversations",
        "--include",
        "users,user-channels",
        "--snapshot",
        "again.db",
    ]);
    assert!(text.stderr.contains("nothing shows whether rows are missing"), "{text:?}");
}

#[test]
fn faults_that_pass_leave_no_trace() {
    let world = World::with_faults(
        "429=3%,500=1%,502=1%,503=1%,reset=2%,truncate=2%,html=2%,expired-token=2%,repeat-row=3%,empty-page=3%,\
         short-page=3%,flaky-404=2%",
    );
    let crawled = world.crawl(&CONVERSATIONS);
    assert_eq!(crawled.code, 0, "{} {}", crawled.result, crawled.talk);
    assert_exported_as_conversations_has_it(&world, &world.export("out", &["--mapping", "conversations"]));
}

#[test]
fn rows_that_a_list_hides_are_found_without_any_count() {
    let world = World::with_faults("hidden-row=6");
    let crawled = world.crawl(&CONVERSATIONS);
    let private: Vec<String> = world.running.truth().conversation_sids().collect();
    let hidden: Vec<_> = world
        .running
        .truth()
        .hidden_rows()
        .into_iter()
        .filter(|(_, channel)| private.contains(channel))
        .collect();
    assert!(!hidden.is_empty(), "of six some are of private channels");
    assert_eq!((crawled.code, &crawled.result["verdict"]), (4, &json!("incomplete")));
    assert!(crawled.talk.is_empty() || !crawled.talk.contains("Twilio's counts"), "{}", crawled.talk);
    let listed = world.json(&["snapshot", "info"])["disagreements"].to_string();
    for (_, channel) in hidden {
        assert!(listed.contains(&channel) && listed.contains("member_list"), "{channel}: {listed}");
    }
}

#[test]
fn killed_and_resumed_it_is_as_if_it_never_was() {
    let world = World::with_faults("429=2%,500=1%,repeat-row=2%,empty-page=2%");
    for more in [3, 20, 50, 120] {
        let mut child = spawn(&world, &CONVERSATIONS);
        wait_for_requests(&world, &mut child, more);
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
        }
        child.wait().unwrap();
    }
    // Left to choose, it resumes with what it started with.
    let finished = world.crawl(&[]);
    assert_eq!(
        (finished.code, &finished.result["source"]),
        (0, &json!("conversations")),
        "{}",
        finished.talk
    );
    assert!(world.running.stats().by_route.keys().all(|route| route.starts_with("v1 ")));
    assert_exported_as_conversations_has_it(&world, &world.export("out", &["--mapping", "conversations"]));
    let other = world.crawl(&["--source", "chat"]);
    assert_eq!(other.code, 2);
    assert!(
        other.talk.contains("source conversations") && other.talk.contains("source chat"),
        "{}",
        other.talk
    );
}

#[test]
fn where_chat_is_gone_conversations_is_read_and_that_is_said() {
    for all in [false, true] {
        let world = World::with_faults("chat-gone=0");
        let service = world.running.service_sid();
        let which = if all { vec!["--all-services"] } else { vec!["--service", service] };
        let arguments = [&["crawl", "--json"][..], &which].concat();
        let ran = world.run(&arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        let result: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&result["source"], &result["verdict"]), (&json!("conversations"), &json!("complete")));
        let says = "warning: reading from Conversations instead why=Chat no longer answers for this account";
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
        let more =
            result["requests"]["total"].as_u64().unwrap() - result["requests"]["minimum"].as_u64().unwrap();
        assert_eq!(more, 2, "what Chat refused, and whether Conversations has it");
        assert_eq!(world.json(&["snapshot", "info"])["source"], "conversations");
        let again = world.run(&arguments);
        assert!(again.code == 0 && again.stdout.contains("\"already_finished\": true"), "{again:?}");
    }
    let world = World::with_faults("chat-gone=0");
    let chat = world.crawl(&["--source", "chat"]);
    assert_eq!(chat.code, 1);
    assert!(chat.talk.contains("Chat no longer answers") && chat.talk.contains("--source conversations"));
    std::fs::remove_file(world.path("snapshot.db")).unwrap();
    let invites = world.crawl(&["--include", "channels,invites"]);
    assert_eq!(invites.code, 1);
    assert!(invites.talk.contains("Conversations has no invites to read"), "{}", invites.talk);
}

#[test]
fn a_crawl_that_has_received_something_does_not_change_its_source() {
    let world = World::with_faults("chat-gone=60");
    let crawled = world.crawl(&[]);
    assert_eq!(crawled.code, 1, "{}", crawled.talk);
    assert!(crawled.talk.contains("into another file with --source conversations"), "{}", crawled.talk);
    let info = world.json(&["snapshot", "info"]);
    assert_eq!((&info["source"], &info["verdict"]), (&json!("chat"), &json!("incomplete")));
    assert_eq!(world.crawl(&[]).code, 1);
    assert_eq!(world.json(&["snapshot", "info"])["source"], "chat");
    let mut flags = CONVERSATIONS.to_vec();
    flags.extend(["--snapshot", "other.db"]);
    assert_eq!(world.crawl(&flags).code, 0);
}

/// A server that gives every request this answer.
fn always(status: &'static str, code: i64) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            while stream.read(&mut request).is_ok_and(|length| length > 0) {
                let body = format!(r#"{{"code": {code}, "message": "no", "status": 0}}"#);
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
                if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    url
}

#[test]
fn a_service_that_chat_refuses_and_conversations_knows_is_read_from_there() {
    for (status, code, known) in [
        ("404 Not Found", 20404, true),
        ("403 Forbidden", 20403, true),
        ("404 Not Found", 20404, false),
        ("401 Unauthorized", 20003, true),
        ("503 Service Unavailable", 20503, true),
    ] {
        let world = World::new(Options { users: 20, ..Options::default() });
        let chat = always(status, code);
        let unknown = format!("IS{}", "0".repeat(32));
        let service = if known { world.running.service_sid() } else { &unknown };
        let ran = world.run(&["crawl", "--json", "--service", service, "--chat-url", &chat]);
        let turned = known && (code == 20404 || code == 20403);
        assert_eq!(ran.stderr.contains("reading from Conversations instead"), turned, "{status}: {ran:?}");
        assert_eq!(ran.code == 0, turned, "{status}: {ran:?}");
        if !known {
            assert!(ran.stderr.contains(&format!("Chat has no service {unknown}")), "{ran:?}");
        }
    }
}

#[test]
fn a_probe_prices_what_a_crawl_would_read() {
    let world = World::new(Options { users: 120, channels: 30, ..Options::default() });
    let probe = world.json(&["probe", "--source", "conversations"]);
    assert_eq!((&probe["source"], &probe["requests_exact"]), (&json!("conversations"), &json!(false)));
    assert_eq!(probe["chat"]["answers"], true);
    let private = world.running.truth().conversation_sids().count();
    let users = world.running.truth().user_sids().count();
    assert_eq!(probe["requests_by_resource"]["user_channels"], users, "no counts: a page each at least");
    assert_eq!(probe["requests_by_resource"]["members"], private);
    assert_eq!(probe["routes"]["by_user"], users);

    let gone = World::with_faults("chat-gone=0");
    let ran = gone.run(&["probe"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("read from      Conversations, because Chat does not serve it"), "{ran:?}");
    let probe = gone.json(&["probe"]);
    assert_eq!((&probe["source"], &probe["chat"]["answers"]), (&json!("conversations"), &json!(false)));
    assert_eq!(gone.run(&["probe", "--source", "chat"]).code, 1);
}

/// Reads a target as `plan` does.
fn read_target(
    world: &World,
    service: &str,
    select: Option<&[Focus<'_>]>,
    stop: &CancellationToken,
) -> Result<CrawlOutcome, CommandError> {
    let url = world.running.url();
    let environment = Environment::of([
        ("TWILIO_ACCOUNT_SID", world.running.account_sid()),
        ("TWILIO_AUTH_TOKEN", world.running.auth_token()),
        ("CHATFERRY_CONVERSATIONS_URL", &url),
        ("CHATFERRY_RPS", "0"),
        ("CHATFERRY_TEST_BACKOFF_SCALE", "0"),
    ]);
    let loader = Loader::new(&GlobalArgs::default(), environment, world.folder.path()).unwrap();
    let connection = ConnectionSettings::load(&loader, &ConnectionArgs::default()).unwrap();
    let named = select.map(|select| {
        move |name: &mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>| -> Result<(), CommandError> {
            Ok(select.iter().try_for_each(|one| name(*one))?)
        }
    });
    let path = world.path("target.db");
    let service = service.parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(crawl_target(
        &connection,
        &service,
        &path,
        TargetPart { include: &EVERYTHING, selection: named.as_ref().map(|named| named as _) },
        &Events::none(),
        stop,
    ))
}

#[test]
fn of_a_target_only_what_a_copy_is_about_is_read() {
    let world = World::with_faults("");
    let truth = world.running.truth();
    let (sid, unique) = {
        let conversations: Vec<Row> = truth.conversations().collect();
        let named = conversations.iter().find(|row| row["unique_name"].is_string()).unwrap();
        let other = conversations.iter().find(|row| row["sid"] != named["sid"]).unwrap();
        (other["sid"].as_str().unwrap().to_owned(), named["unique_name"].as_str().unwrap().to_owned())
    };
    let user = truth
        .conversation_users()
        .find(|user| truth.user_conversations(user["sid"].as_str().unwrap()).len() > 2)
        .unwrap();
    let selected = [
        Focus::Channel(&sid),
        Focus::Channel(&unique),
        Focus::Channel("chatferry-not-there"),
        Focus::Identity(user["identity"].as_str().unwrap()),
    ];
    let service = world.running.service_sid();
    let outcome = read_target(&world, service, Some(&selected), &CancellationToken::new()).unwrap();
    assert_eq!(outcome.ended, CrawlEnd::Finished(Verdict::Complete));
    let counts = outcome.info.counts;
    assert_eq!(counts.users, truth.conversation_users().count() as u64);
    assert_eq!(counts.channels, truth.conversations().count() as u64);
    let by_user = truth.user_conversations(user["sid"].as_str().unwrap()).len() as u64;
    assert_eq!(counts.user_channels, by_user);
    let members = truth.participants(&sid).len() + truth.participants(&unique).len();
    assert_eq!(counts.members, members as u64);
    let lists = world.running.stats().by_route;
    let lists_of = |operation: &str| lists.get(operation).copied().unwrap_or_default();
    assert!(lists_of("v1 ListServiceConversationParticipant") < 10);
    assert!(lists_of("v1 ListServiceUserConversation") < 10);
}

#[test]
fn an_empty_target_takes_the_least_and_a_reading_that_stopped_goes_on() {
    let world = World::with_faults("");
    let target = world.running.target_service_sid();
    let outcome = read_target(&world, target, None, &CancellationToken::new()).unwrap();
    assert_eq!(outcome.ended, CrawlEnd::Finished(Verdict::Complete));
    assert_eq!(outcome.info.requests.total, TargetEstimate::of(0, 0).least);
    assert_eq!((outcome.info.counts.users, outcome.info.counts.channels), (0, 0));

    let stopped = CancellationToken::new();
    stopped.cancel();
    let error = read_target(&world, world.running.service_sid(), None, &stopped).unwrap_err();
    assert!(error.error.to_string().contains("target.db"), "another service's: {:?}", error.error);
    std::fs::remove_file(world.path("target.db")).unwrap();
    let outcome = read_target(&world, world.running.service_sid(), None, &stopped).unwrap();
    assert_eq!(outcome.ended, CrawlEnd::Interrupted);
    let started = outcome.info.started;
    let outcome = read_target(&world, world.running.service_sid(), None, &CancellationToken::new()).unwrap();
    assert_eq!((outcome.ended, &outcome.info.started), (CrawlEnd::Finished(Verdict::Complete), &started));
    let before = world.running.stats().requests;
    let outcome = read_target(&world, world.running.service_sid(), None, &CancellationToken::new()).unwrap();
    let read_anew = world.running.stats().requests - before;
    assert_eq!(read_anew, outcome.info.requests.total, "a finished reading is of the past");
    let missing = "IS000000000000000000000000000000aa";
    std::fs::remove_file(world.path("target.db")).unwrap();
    let error = read_target(&world, missing, None, &CancellationToken::new()).unwrap_err();
    assert!(error.error.to_string().contains("Conversations has no service IS0"), "{:?}", error.error);
}
