//! `crawl` against a server that behaves.

use chatferry::internals::simulator::Options;
use serde_json::json;

use crate::support::{DEFAULT_RECORDS, World, chatferry, ndjson};

#[test]
fn everything_comes_and_is_exported_row_for_row() {
    let world = World::with_faults("");
    let crawled = world.crawl(&[]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let result = &crawled.result;
    assert_eq!(result["verdict"], "complete");
    assert_eq!(result["failures"], 0);
    let truth = world.truth();
    for record in DEFAULT_RECORDS {
        assert_eq!(result["counts"][record], truth[record].len(), "{record}");
    }
    assert_eq!(result["requests"]["total"], result["requests"]["minimum"], "no request was wasted");
    assert_eq!(result["requests"]["total"], world.running.stats().requests);
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[test]
fn invites_come_when_asked_for() {
    let world = World::with_faults("");
    let crawled = world.crawl(&["--include", "roles,users,channels,user-channels,members,invites"]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let out = world.export("out", &[]);
    world.assert_exported_truth(&out, &["invites", "members"]);
    assert!(!world.truth()["invites"].is_empty());
}

#[test]
fn a_part_alone_is_read_with_what_it_needs_and_nothing_else() {
    let world = World::with_faults("");
    let crawled = world.crawl(&["--include", "users,user-channels"]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let asked = world.running.stats().by_route;
    assert!(!asked.contains_key("v2 ListMember") && !asked.contains_key("v2 ListChannel"), "{asked:?}");
    world.assert_exported_truth(&world.export("out", &[]), &["users", "user_channels"]);
}

#[test]
fn all_services_of_the_account_are_found() {
    let world = World::with_faults("");
    let output = world.chatferry(&["crawl", "--all-services", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let export = world.export("out", &[]);
    // The other service has nothing but its roles.
    world.assert_exported_truth(&export, &["users", "channels", "user_channels", "members"]);
    let mut services = [world.running.service_sid(), world.running.target_service_sid()];
    services.sort_unstable();
    let exported = ndjson(&export.join("services.ndjson"));
    assert_eq!(exported.iter().map(|row| row["sid"].as_str().unwrap()).collect::<Vec<_>>(), services);
}

#[test]
fn a_finished_snapshot_is_left_alone() {
    let world = World::with_faults("");
    world.crawl(&[]);
    let before = std::fs::read(world.path("snapshot.db")).unwrap();
    let requests = world.running.stats().requests;
    let again = world.crawl(&[]);
    assert_eq!(again.code, 0);
    assert_eq!(again.result["already_finished"], true);
    assert_eq!(world.running.stats().requests, requests, "no request was sent");
    assert_eq!(std::fs::read(world.path("snapshot.db")).unwrap(), before);
}

#[test]
fn a_restart_replaces_the_old_file_once_the_new_one_is_finished() {
    let world = World::with_faults("");
    world.crawl(&[]);
    let before = std::fs::read(world.path("snapshot.db")).unwrap();
    let stopped = world.crawl(&["--restart", "--rps", "50", "--max-duration", "1s"]);
    assert_eq!(stopped.code, 4, "{}", stopped.talk);
    assert_eq!(std::fs::read(world.path("snapshot.db")).unwrap(), before, "the old one is kept");
    let restarted = world.crawl(&["--restart"]);
    assert_eq!((restarted.code, &restarted.result["already_finished"]), (0, &json!(false)));
    assert!(!world.path("snapshot.db.restart").exists());
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[test]
fn the_crawl_ends_at_its_time_and_says_how_to_go_on() {
    let world = World::with_faults("");
    let stopped = world.crawl(&["--rps", "50", "--max-duration", "1s"]);
    assert_eq!((stopped.code, &stopped.result["verdict"]), (4, &json!("incomplete")));
    assert_eq!(stopped.result["stopped"], "time_up");
    let resumed = world.crawl(&[]);
    assert_eq!((resumed.code, &resumed.result["verdict"]), (0, &json!("complete")));
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[test]
fn selected_users_come_with_the_channels_they_are_on() {
    let world = World::with_faults("");
    let truth = world.truth();
    let by_sid = truth["users"][3]["sid"].as_str().unwrap();
    let by_identity = truth["users"].iter().rev().find_map(|user| {
        let identity = user["identity"].as_str()?;
        (user["joined_channels_count"] != 0 && !identity.starts_with('#')).then(|| identity.to_owned())
    });
    let by_identity = by_identity.unwrap();
    std::fs::write(world.path("users.txt"), format!("# two of them\n{by_sid}\n\n{by_identity}\n")).unwrap();
    let crawled = world.crawl(&["--users", "users.txt"]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    assert_eq!(crawled.result["counts"]["users"], 2);
    let out = world.export("out", &[]);
    let exported = ndjson(&out.join("user_channels.ndjson"));
    let of_two = |user_sid: &serde_json::Value| {
        let user = truth["users"].iter().find(|user| user["sid"] == *user_sid).unwrap();
        user["sid"] == by_sid || user["identity"] == by_identity.as_str()
    };
    let expected: Vec<_> =
        truth["user_channels"].iter().filter(|row| of_two(&row["user_sid"])).cloned().collect();
    assert_eq!(exported, expected);
    let channels = ndjson(&out.join("channels.ndjson"));
    let mut wanted: Vec<_> = expected.iter().map(|row| row["channel_sid"].clone()).collect();
    wanted.sort_by_key(ToString::to_string);
    wanted.dedup();
    assert_eq!(channels.iter().map(|channel| channel["sid"].clone()).collect::<Vec<_>>(), wanted);
}

#[test]
fn users_selected_by_sid_alone_are_fetched_without_the_list() {
    let world = World::with_faults("");
    let user = world.truth()["users"][3]["sid"].as_str().unwrap().to_owned();
    std::fs::write(world.path("users.txt"), &user).unwrap();
    let crawled = world.crawl(&["--users", "users.txt"]);
    assert_eq!((crawled.code, &crawled.result["verdict"]), (0, &json!("complete")), "{}", crawled.talk);
    assert_eq!(crawled.result["counts"]["users"], 1);
    assert!(!world.running.stats().by_route.contains_key("v2 ListUser"));
}

#[test]
fn members_without_user_channels_read_no_user() {
    let world = World::with_faults("hidden-row=2");
    let crawled = world.crawl(&["--include", "channels,members"]);
    assert_eq!(crawled.code, 0, "{} {}", crawled.result, crawled.talk);
    let asked = world.running.stats().by_route;
    assert!(!asked.contains_key("v2 ListUser") && !asked.contains_key("v2 ListUserChannel"), "{asked:?}");
}

#[test]
fn a_reader_who_is_there_when_the_crawl_ends_does_not_fail_it() {
    let world = World::new(Options { users: 60, ..Options::default() });
    let crawled = world.crawl(&["--rps", "40", "--max-duration", "1s"]);
    assert_eq!(crawled.code, 4);
    let reader = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
    let count = |sql: &str| reader.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert!(count("SELECT count(*) FROM users") > 0);
    let finished = world.crawl(&[]);
    assert_eq!(finished.code, 0, "{}", finished.talk);
    assert!(finished.talk.contains("-wal"), "{}", finished.talk);
    drop(reader);
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[test]
fn a_selected_user_who_is_not_there_is_said() {
    let world = World::with_faults("");
    std::fs::write(world.path("users.txt"), "unknown@example.com\n").unwrap();
    let crawled = world.crawl(&["--users", "users.txt"]);
    assert_eq!((crawled.code, &crawled.result["verdict"]), (4, &json!("incomplete")));
    assert_eq!(crawled.result["not_found"], json!(["unknown@example.com"]));
}

#[test]
fn an_api_key_opens_the_account_too() {
    let world = World::with_faults("");
    let running = &world.running;
    let url = running.url();
    chatferry(world.folder.path(), &["crawl", "--service", running.service_sid()])
        .env("TWILIO_ACCOUNT_SID", running.account_sid())
        .env("TWILIO_API_KEY", running.api_key())
        .env("TWILIO_API_SECRET", running.api_secret())
        .env("CHATFERRY_CHAT_URL", &url)
        .env("CHATFERRY_RPS", "0")
        .assert()
        .success();
}

#[test]
fn the_export_is_the_same_whatever_the_concurrency() {
    let exported = |concurrency: &str| {
        let world = World::new(Options { users: 120, ..Options::default() });
        assert_eq!(world.crawl(&["--concurrency", concurrency]).code, 0);
        let mut files = crate::support::files(&world.export("out", &[]));
        files.remove("datapackage.json"); // says when the crawl was
        files
    };
    assert_eq!(exported("1"), exported("32"));
}
