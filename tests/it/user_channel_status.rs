//! `user-channel update` and users who are not on the channel: invited only, or gone between plan and apply.

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};

use crate::support::{Row, World, delete};
use crate::user_channel::{object, text, verb, writes};

/// A user channel of this status, on a channel of this type.
fn with_status(world: &World, status: &str, kind: &str) -> Row {
    let truth = world.running.truth();
    let channels: Vec<Row> = truth.channels().filter(|channel| channel["type"] == kind).collect();
    let mut rows = truth.user_sids().flat_map(|user| truth.user_channels(&user));
    let found = rows.find(|row| {
        row["status"] == status
            && row["notification_level"] == "default"
            && channels.iter().any(|channel| channel["sid"] == row["channel_sid"])
    });
    found.unwrap_or_else(|| panic!("a user channel that is {status} on one that is {kind}"))
}

/// More than the others have: few users are only invited.
fn world() -> World {
    World::new(Options { users: 60, channels: 30, memberships: 8, ..Options::default() })
}

#[test]
fn a_user_who_is_only_invited_is_read_and_not_updated() {
    let world = world();
    let (invited, joined) =
        (with_status(&world, "invited", "public"), with_status(&world, "joined", "private"));
    let who = ["--user", text(&invited, "user_sid"), "--channel", text(&invited, "channel_sid")];
    let fetched = object(&verb(&world, "fetch", &[&who[..], &["--json"]].concat()));
    assert_eq!(fetched, json!(invited));
    let update = [&who[..], &["--notification-level", "muted", "--yes", "--plan", "one.db"]].concat();
    let ran = verb(&world, "update", &update);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("has not joined the channel") && ran.stderr.contains("`invited`"), "{ran:?}");
    assert!(!world.path("one.db").exists());

    let row = |row: &Row| format!("{},{},muted\n", text(row, "user_sid"), text(row, "channel_sid"));
    let rows = format!("user,channel,notification_level\n{}{}", row(&invited), row(&joined));
    std::fs::write(world.path("list.csv"), rows).unwrap();
    let ran = verb(&world, "update", &["--from", "list.csv", "--plan", "many.db", "--json"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    let planned: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(planned["operations"]["update_user_channel"], json!({ "pending": 1 }), "{planned}");
    assert_eq!(planned["findings"]["row_fits_nothing"], 1, "{planned}");
    let report = world.run(&["plan", "show", "--plan", "many.db", "--format", "md"]).stdout;
    assert!(report.contains("line 2") && report.contains("has not joined the channel"), "{report}");
    let applied = world.run(&["apply", "--plan", "many.db", "--yes"]);
    assert_eq!((applied.code, writes(&world)), (0, 1), "{applied:?}");
}

#[test]
fn a_membership_that_ended_since_the_plan_was_made_ends_with_a_line_that_says_so() {
    let world = world();
    let row = with_status(&world, "joined", "private");
    let rows = format!(
        "user,channel,notification_level\n{},{},muted\n",
        text(&row, "user_sid"),
        text(&row, "channel_sid")
    );
    std::fs::write(world.path("list.csv"), rows).unwrap();
    let planned = verb(&world, "update", &["--from", "list.csv", "--plan", "mute.db"]);
    assert_eq!(planned.code, 0, "{planned:?}");
    let service = world.running.service_sid();
    let (channel, member) = (text(&row, "channel_sid"), text(&row, "member_sid"));
    delete(&world, &format!("/v1/Services/{service}/Conversations/{channel}/Participants/{member}"));
    let before = writes(&world);
    for _ in 0..2 {
        let applied = world.run(&["apply", "--plan", "mute.db", "--yes"]);
        assert_eq!((applied.code, writes(&world)), (5, before), "{applied:?}");
        let end = applied.stderr.lines().last().unwrap_or_default();
        assert!(end.contains("1 blocked; plan again") && !applied.stderr.contains("run the same"), "{end}");
        assert!(applied.stderr.contains("target_gone"), "{applied:?}");
    }
}
