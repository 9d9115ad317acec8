//! `user-channel`: the three operations of the User Channel resource, for Chat and for Conversations, in a person's hands.

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};
use std::fmt::Write as _;

use crate::support::{Ran, Row, World};

pub(crate) fn world() -> World {
    World::new(Options { users: 20, channels: 12, memberships: 5, ..Options::default() })
}

/// The verb for the world's service.
pub(crate) fn verb(world: &World, verb: &str, flags: &[&str]) -> Ran {
    let service = world.running.service_sid();
    world.run(&[&["user-channel", verb, "--service", service], flags].concat())
}

pub(crate) fn object(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// A user who has joined several channels, with the rows of Chat.
pub(crate) fn joined(world: &World) -> (Row, Vec<Row>) {
    let truth = world.running.truth();
    let found = truth.users().find_map(|user| {
        let channels = truth.user_channels(user["sid"].as_str().unwrap());
        let all_joined = channels.iter().all(|channel| channel["status"] == "joined");
        (channels.len() > 2 && all_joined).then_some((user, channels))
    });
    found.expect("a user with several channels")
}

pub(crate) fn text<'r>(row: &'r Row, key: &str) -> &'r str {
    row[key].as_str().unwrap()
}

/// Writes that the world has seen.
pub(crate) fn writes(world: &World) -> u64 {
    world.running.writes().len() as u64
}

#[test]
fn a_list_is_the_apis_own_array_by_sid_and_by_identity() {
    let world = world();
    let (user, channels) = joined(&world);
    for who in [text(&user, "sid"), text(&user, "identity")] {
        let listed = object(&verb(&world, "list", &["--user", who, "--json"]));
        assert_eq!(listed, json!(channels), "with url and links, in the API's own order");
    }
    let lines = verb(&world, "list", &["--user", text(&user, "sid"), "--format", "ndjson"]);
    let lines: Vec<Value> = lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(lines), json!(channels));
    let table = verb(&world, "list", &["--user", text(&user, "sid")]);
    let first = table.stdout.lines().nth(1).unwrap();
    let truth = world.running.truth();
    let channel = truth.channels().find(|channel| channel["sid"] == channels[0]["channel_sid"]).unwrap();
    assert!(first.starts_with(text(&channels[0], "channel_sid")), "{table:?}");
    let name = channel["friendly_name"].as_str().or(channel["unique_name"].as_str()).unwrap();
    assert!(first.contains(name.split_whitespace().next().unwrap()), "{first}: {name}");
    let csv = verb(&world, "list", &["--user", text(&user, "sid"), "--format", "csv"]).stdout;
    assert!(csv.starts_with("account_sid,service_sid,channel_sid,user_sid,member_sid,status,"), "{csv}");
    assert_eq!(csv.lines().count(), channels.len() + 1);
    assert_eq!(writes(&world), 0);
}

#[test]
fn a_channel_is_fetched_by_sid_and_by_unique_name() {
    let world = world();
    let (user, channels) = joined(&world);
    let truth = world.running.truth();
    let unique = channels.iter().find_map(|row| {
        let channel = truth.channels().find(|channel| channel["sid"] == row["channel_sid"])?;
        Some((row.clone(), channel["unique_name"].as_str()?.to_owned()))
    });
    let (row, name) = unique.expect("a channel with a unique name");
    for channel in [text(&row, "channel_sid"), &name] {
        let flags = ["--user", text(&user, "identity"), "--channel", channel, "--json"];
        assert_eq!(object(&verb(&world, "fetch", &flags)), json!(row));
    }
    // The only API that answers is taken, and Conversations has its own keys.
    let truth = world.running.truth();
    let private = channels.iter().find(|row| {
        truth.channels().any(|channel| channel["sid"] == row["channel_sid"] && channel["type"] == "private")
    });
    let private = private.expect("a private channel");
    let flags = ["--user", text(&user, "sid"), "--channel", text(private, "channel_sid"), "--json"];
    let fetched = object(&verb(&world, "fetch", &[&flags[..], &["--source", "conversations"]].concat()));
    assert_eq!(fetched["conversation_sid"], private["channel_sid"]);
    assert_eq!(fetched["participant_sid"], private["member_sid"]);
    assert!(fetched["links"].is_object() && fetched["url"].is_string(), "{fetched}");
}

#[test]
fn a_list_that_does_not_agree_with_the_users_counter_says_so() {
    let world = World::new(Options {
        users: 20,
        channels: 12,
        memberships: 5,
        faults: "hidden-row=1".parse().unwrap(),
        ..Options::default()
    });
    let truth = world.running.truth();
    let off = truth.users().filter(|user| {
        let ran = verb(&world, "list", &["--user", text(user, "sid"), "--json"]);
        assert!(matches!(ran.code, 0 | 4), "{ran:?}");
        if ran.code == 4 {
            assert!(ran.stderr.contains("joined_channels_count is"), "{ran:?}");
            let rows: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
            let joined = rows.iter().filter(|row| row["status"] == "joined").count() as u64;
            assert_eq!(joined + 1, user["joined_channels_count"].as_u64().unwrap());
        }
        ran.code == 4
    });
    assert_eq!(off.count(), 1, "the one user whose row is hidden");
}

#[test]
fn an_update_shows_before_and_after_and_can_be_undone() {
    let world = world();
    let (user, channels) = joined(&world);
    let row = channels.iter().find(|row| row["notification_level"] == "default").unwrap();
    let who = ["--user", text(&user, "identity"), "--channel", text(row, "channel_sid")];
    let muted = [&who[..], &["--notification-level", "muted"]].concat();
    // Without a terminal and without --yes nothing is written.
    let ran = verb(&world, "update", &muted);
    assert!(ran.code == 2 && ran.stderr.contains("no one can be asked"), "{ran:?}");
    assert!(ran.stderr.contains("notification_level: \"default\" → \"muted\""), "{ran:?}");
    assert_eq!(writes(&world), 0);

    let ran = verb(&world, "update", &[&muted[..], &["--yes", "--plan", "mute.db", "--json"]].concat());
    let updated = object(&ran);
    assert_eq!((&updated["notification_level"], writes(&world)), (&json!("muted"), 1), "{ran:?}");
    assert_eq!(updated["channel_sid"], row["channel_sid"]);
    assert!(ran.stderr.contains("mute.db"), "{ran:?}");
    let flags = [&who[..], &["--json"]].concat();
    assert_eq!(object(&verb(&world, "fetch", &flags)), updated);
    let shown = world.run(&["plan", "show", "--plan", "mute.db", "--format", "ndjson"]);
    let operation: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((&operation["kind"], &operation["state"]), (&json!("update_user_channel"), &json!("done")));
    assert_eq!(operation["request"]["form"], json!({ "NotificationLevel": "muted" }));

    // The same again is nothing to do.
    let ran = verb(&world, "update", &[&muted[..], &["--yes", "--json"]].concat());
    assert!(ran.stderr.contains("it is so already"), "{ran:?}");
    assert_eq!((object(&ran), writes(&world)), (updated, 1));

    let undo = world.run(&["plan", "--undo", "mute.db", "--plan", "unmute.db"]);
    assert_eq!(undo.code, 0, "{undo:?}");
    let applied = world.run(&["apply", "--plan", "unmute.db", "--yes"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(object(&verb(&world, "fetch", &flags)), json!(row), "as it was");
}

#[test]
fn a_read_position_is_set_in_both_apis() {
    let world = world();
    let (user, channels) = joined(&world);
    let truth = world.running.truth();
    let private = |row: &&Row| {
        truth.channels().any(|channel| {
            channel["sid"] == row["channel_sid"]
                && channel["type"] == "private"
                && channel["messages_count"].as_u64() > Some(1)
        })
    };
    let row = channels.iter().find(private).expect("a private channel with messages");
    let who = ["--user", text(&user, "sid"), "--channel", text(row, "channel_sid")];
    for (source, index, key) in
        [("chat", "0", "last_consumed_message_index"), ("conversations", "1", "last_read_message_index")]
    {
        let position =
            ["--last-consumed-message-index", index, "--last-consumption-timestamp", "2026-11-30T08:00:00Z"];
        let ran =
            verb(&world, "update", &[&who[..], &position, &["--source", source, "--yes", "--json"]].concat());
        assert_eq!(object(&ran)[key].to_string(), index, "{ran:?}");
    }
    assert_eq!(writes(&world), 2);
}

#[test]
fn a_list_of_updates_is_planned_with_findings_and_left_for_apply() {
    let world = world();
    let (user, channels) = joined(&world);
    let unmuted: Vec<&str> = channels
        .iter()
        .filter(|row| row["notification_level"] == "default")
        .map(|row| text(row, "channel_sid"))
        .collect();
    let mut list = "user,channel,notification_level,last_consumed_message_index\n".to_owned();
    let (same, muted) = unmuted.split_first().unwrap();
    for channel in muted {
        writeln!(list, "{},{channel},muted,", text(&user, "identity")).unwrap();
    }
    writeln!(list, "{},{same},default,", text(&user, "sid")).unwrap();
    writeln!(list, "stranger,{},muted,", unmuted[0]).unwrap();
    writeln!(list, "{},no such channel,muted,", text(&user, "sid")).unwrap();
    std::fs::write(world.path("list.csv"), &list).unwrap();
    let ran = verb(&world, "update", &["--from", "list.csv", "--plan", "mute.db", "--json"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    let planned: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(planned["operations"]["update_user_channel"]["pending"], json!(muted.len()));
    assert_eq!(planned["findings"]["row_fits_nothing"], json!(2), "{planned}");
    assert_eq!((&planned["noop"]["user_channels"], writes(&world)), (&json!(1), 0), "{planned}");
    let shown = world.run(&["plan", "show", "--plan", "mute.db", "--format", "md"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let report = shown.stdout;
    assert!(
        report.contains("stranger") && report.contains("no such channel") && report.contains("line "),
        "{report}"
    );
    let rehearsed = world.run(&["rehearse", "--plan", "mute.db"]);
    assert_eq!(rehearsed.code, 2, "{rehearsed:?}");
    assert!(rehearsed.stderr.contains("name the plan of a migration with --plan"), "{rehearsed:?}");

    let applied = world.run(&["apply", "--plan", "mute.db", "--yes", "--json"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(writes(&world), muted.len() as u64);
    let listed = object(&verb(&world, "list", &["--user", text(&user, "sid"), "--json"]));
    let is_as_listed = |row: &Value| (row["notification_level"] == "muted") != (row["channel_sid"] == *same);
    assert!(listed.as_array().unwrap().iter().all(is_as_listed), "{listed}");
}

#[test]
fn hostile_names_are_found_and_none_leads_elsewhere() {
    let world = world();
    let service = world.running.service_sid();
    let truth = world.running.truth();
    let channel = truth.channels().find(|channel| channel["type"] == "private").unwrap();
    let channel = text(&channel, "sid").to_owned();
    let long = "x".repeat(256);
    for identity in ["a/b", "100%", "a+b", "ann@example.org?x=1", " two  blanks ", "😀", ".", "..", &long] {
        let path = format!("/v1/Services/{service}/Conversations/{channel}/Participants");
        crate::support::post(&world, &path, &[("Identity", identity)]);
        let listed = object(&verb(&world, "list", &["--user", identity, "--json"]));
        let rows = listed.as_array().unwrap();
        assert_eq!(rows.len(), 1, "{identity}: {listed}");
        assert_eq!(rows[0]["channel_sid"], json!(channel), "{identity}");
    }
}

#[test]
fn what_is_not_there_is_named_and_bad_input_sends_nothing() {
    let world = world();
    let (user, channels) = joined(&world);
    let (who, channel) = (text(&user, "sid"), text(&channels[0], "channel_sid"));
    let truth = world.running.truth();
    let mine: Vec<&str> = channels.iter().map(|row| text(row, "channel_sid")).collect();
    let other = truth.channels().find(|channel| !mine.contains(&text(channel, "sid"))).unwrap();
    let no_user = "US00000000000000000000000000000000";
    let no_channel = "CH00000000000000000000000000000000";
    for (flags, says) in [
        (["--user", no_user, "--channel", channel], "there is no user `US0000"),
        (["--user", "stranger", "--channel", channel], "there is no user `stranger`"),
        (["--user", who, "--channel", no_channel], "there is no channel `CH0000"),
        (["--user", who, "--channel", "no such name"], "there is no channel `no such name`"),
        (["--user", who, "--channel", text(&other, "sid")], "is not on the channel"),
    ] {
        let ran = verb(&world, "fetch", &flags);
        assert!(ran.code == 2 && ran.stderr.contains(says) && ran.stderr.contains("hint: "), "{ran:?}");
        let ran = verb(&world, "update", &[&flags[..], &["--notification-level", "muted", "--yes"]].concat());
        assert!(ran.code == 2 && ran.stderr.contains(says), "{ran:?}");
    }
    let before = world.running.stats().requests;
    std::fs::write(
        world.path("wrong.csv"),
        "user,channel,notification_level\nann,general,muted\nann,x,loud\n",
    )
    .unwrap();
    for (flags, says) in [
        (&["--user", who, "--channel", channel][..], "there is nothing to set"),
        (&["--user", who, "--channel", channel, "--notification-level", "loud"], "loud"),
        (
            &["--user", channel, "--channel", channel, "--notification-level", "muted"],
            "a SID of another kind",
        ),
        (
            &["--user", who, "--channel", "CH12345678901234567890123456", "--notification-level", "muted"],
            "looks like a Channel SID",
        ),
        (&["--user", who, "--notification-level", "muted"], "--channel"),
        (&["--from", "wrong.csv", "--plan", "p.db"], "line 3 has notification_level: `loud`"),
        (&["--from", "gone.csv"], "it cannot be read"),
        (&["--from", "wrong.csv", "--user", who], "cannot be used with"),
    ] {
        let ran = verb(&world, "update", flags);
        assert!(ran.code == 2 && ran.stderr.contains(says), "{says}: {ran:?}");
    }
    assert_eq!((world.running.stats().requests, writes(&world)), (before, 0), "nothing was sent");
    assert!(!world.path("p.db").exists(), "nothing was planned");
    let ran = world.run(&["user-channel", "list", "--user", who]);
    assert!(ran.code == 2 && ran.stderr.contains("no service is chosen"), "{ran:?}");
}
