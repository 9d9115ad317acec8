//! Participants: of other networks, and more of them than the default limit.

use chatferry::internals::simulator::{Options, ServiceLimits};
use serde_json::Value;

use super::{conversation, count, crawl, plain_with, plan, real, text};
use crate::support::{Row, World, ndjson, post, run};

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

/// Case 2: what verify sees, diff and audit see too.
#[test]
fn a_participant_by_sms_that_came_is_a_difference_between_snapshots_and_audits() {
    let world = real();
    let own = world.running.service_sid().to_owned();
    let audit = |day: u32| {
        let mut command = world.chatferry(&[
            "audit",
            "--service",
            &own,
            "--dir",
            "audits",
            "--source",
            "conversations",
            "--json",
        ]);
        run(command.env("CHATFERRY_TEST_NOW", format!("2026-11-{day}T02:00:00Z")))
    };
    crawl(&world, &["--source", "conversations", "--snapshot", "before.db"]);
    assert_eq!(audit(20).code, 0);
    let same = world.run(&["diff", "before.db", "before.db"]);
    assert_eq!(same.code, 0, "{same:?}");
    let path = format!("/v1/Services/{own}/Conversations/{}/Participants", conversation(&world));
    let sms =
        [("MessagingBinding.Address", "+15550001999"), ("MessagingBinding.ProxyAddress", "+15550002999")];
    let sid = text(post(&world, &path, &sms).as_object().unwrap(), "sid").to_owned();
    crawl(&world, &["--source", "conversations", "--snapshot", "after.db"]);
    let differs = world.run(&["diff", "before.db", "after.db", "--format", "ndjson"]);
    assert!(differs.code == 5 && differs.stdout.contains(&sid), "{differs:?}");
    let second = audit(21);
    assert!(second.code == 0 || second.code == 5, "{second:?}");
    let result: Value = serde_json::from_str(&second.stdout).unwrap();
    let folder = world.path("audits/20261121T020000Z");
    let differences = std::fs::read_dir(&folder).unwrap().any(|file| {
        let file = file.unwrap().path();
        std::fs::read_to_string(file).is_ok_and(|text| text.contains(&sid))
    });
    assert!(differences, "{result}");
}
