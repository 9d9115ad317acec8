//! Participants: of other networks, and more of them than the default limit.

use chatferry::internals::simulator::{Options, ServiceLimits};
use serde_json::Value;

use super::{conversation, count, crawl, plain_with, plan, real, text};
use crate::support::{Row, World, ndjson, post};

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
