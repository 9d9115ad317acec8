//! `show`: one record of a snapshot, by a SID or a name, with its lists and with what a plan does about it.

use chatferry::internals::simulator::{Options, WorldKind};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::support::World;

fn crawled() -> World {
    let world = World::new(Options { users: 60, ..Options::default() });
    assert_eq!(world.crawl(&["--include", "roles,users,channels,user-channels,members,messages"]).code, 0);
    world
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The first row of the truth for which this holds.
fn first(
    rows: &[crate::support::Row],
    wanted: impl Fn(&crate::support::Row) -> bool,
) -> &crate::support::Row {
    rows.iter().find(|row| wanted(row)).unwrap()
}

#[test]
fn a_user_is_shown_with_every_channel_that_it_is_on() {
    let world = crawled();
    let truth = world.truth();
    let user = first(&truth["users"], |user| user["joined_channels_count"].as_i64() > Some(2));
    let by_sid = world.json(&["show", text(&user["sid"])]);
    let by_name = world.json(&["show", text(&user["identity"]), "--limit", "0"]);
    assert_eq!(by_sid["user"], by_name["user"]);
    assert_eq!(by_name["user"]["identity"], user["identity"]);
    let expected: Vec<_> =
        truth["user_channels"].iter().filter(|row| row["user_sid"] == user["sid"]).collect();
    let channels = by_name["channels"].as_array().unwrap();
    assert_eq!(by_name["total"], expected.len());
    assert_eq!(channels.len(), expected.len());
    for row in expected {
        let shown = channels.iter().find(|shown| shown["channel_sid"] == row["channel_sid"]).unwrap();
        for field in ["member_sid", "status", "unread_messages_count", "notification_level"] {
            assert_eq!(shown[field], row[field], "{field}");
        }
        let channel = first(&truth["channels"], |channel| channel["sid"] == row["channel_sid"]);
        assert_eq!(shown["channel_friendly_name"], channel["friendly_name"]);
        if let Some(member) = truth["members"].iter().find(|member| member["sid"] == row["member_sid"]) {
            assert_eq!(shown["role_sid"], member["role_sid"]);
            assert_eq!(shown["since"], member["date_created"]);
        }
    }
    let one = world.json(&["show", text(&user["sid"]), "--limit", "1"]);
    assert_eq!(one["channels"].as_array().unwrap().len(), 1);
    assert_eq!(one["total"], by_name["total"], "the list is counted to its end");
}

#[test]
fn a_channel_is_shown_with_its_people_and_a_role_with_its_holders() {
    let world = crawled();
    let truth = world.truth();
    let channel = first(&truth["channels"], |channel| {
        channel["members_count"].as_i64() > Some(2) && !channel["unique_name"].is_null()
    });
    let shown = world.json(&["show", text(&channel["unique_name"]), "--limit", "0"]);
    assert_eq!(shown["channel"]["sid"], channel["sid"]);
    assert_eq!(shown["messages"], channel["messages_count"]);
    let on_it = |row: &&crate::support::Row| row["channel_sid"] == channel["sid"];
    let people = shown["people"].as_array().unwrap();
    assert_eq!(people.len(), truth["user_channels"].iter().filter(on_it).count());
    for member in truth["members"].iter().filter(on_it) {
        let person = people.iter().find(|person| person["member_sid"] == member["sid"]).unwrap();
        assert_eq!(person["identity"], member["identity"]);
    }
    let role = first(&truth["roles"], |role| role["type"] == "channel");
    let shown = world.json(&["show", text(&role["sid"]), "--limit", "0"]);
    let holders = truth["members"].iter().filter(|member| member["role_sid"] == role["sid"]).count();
    assert_eq!(shown["total"], holders);
    assert_eq!(shown["holders"].as_array().unwrap().len(), holders);
    let printed = world.run(&["show", text(&channel["sid"])]);
    assert_eq!(printed.code, 0);
    assert!(printed.stdout.contains(text(&channel["sid"])), "{printed:?}");
    assert!(printed.stdout.contains(" people"), "{printed:?}");
}

#[test]
fn with_a_plan_it_shows_the_operations_about_the_record() {
    let world = World::new(Options { users: 40, world: WorldKind::Real, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    let target = world.running.target_service_sid().to_owned();
    assert_eq!(world.run(&["plan", "--target", &target]).code, 0);
    let truth = world.truth();
    let lines = world.run(&["plan", "show", "--format", "ndjson"]).stdout;
    let operations: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let user = first(&truth["users"], |user| user["joined_channels_count"].as_i64() > Some(1));
    let shown = world.json(&["show", text(&user["sid"]), "--plan", "plan.db", "--limit", "0"]);
    let about = |operation: &&Value| {
        let subject = &operation["subject"];
        subject["user_sid"] == user["sid"] || subject["identity"] == user["identity"]
    };
    let expected: Vec<&Value> = operations.iter().filter(about).collect();
    assert!(expected.len() > 1);
    let first = shown["operations"]["first"].as_array().unwrap();
    assert_eq!(first.iter().collect::<Vec<_>>(), expected);
    assert_eq!(shown["operations"]["total"], expected.len());
    // A later crawl of the same service is another snapshot.
    let other = world.crawl(&["--snapshot", "other.db"]);
    assert_eq!(other.code, 0);
    let refused = world.run(&["show", text(&user["sid"]), "--plan", "plan.db", "--snapshot", "other.db"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("was not made of the snapshot"), "{refused:?}");
}

#[test]
fn a_member_is_shown_by_its_sid_with_what_the_plan_does_about_it() {
    let world = World::new(Options { users: 40, world: WorldKind::Real, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    let target = world.running.target_service_sid().to_owned();
    assert_eq!(world.run(&["plan", "--target", &target]).code, 0);
    let truth = world.truth();
    let row = first(&truth["user_channels"], |row| {
        row["status"] == "joined"
            && truth["channels"].iter().any(|channel| {
                channel["sid"] == row["channel_sid"] && channel["members_count"].as_i64() > Some(1)
            })
    });
    let member = first(&truth["members"], |member| member["sid"] == row["member_sid"]);
    let sid = text(&member["sid"]);
    let shown = world.json(&["show", sid, "--plan", "plan.db", "--limit", "0"]);
    for (field, expected) in [
        ("member_sid", &member["sid"]),
        ("channel_sid", &row["channel_sid"]),
        ("user_sid", &row["user_sid"]),
        ("identity", &member["identity"]),
        ("role_sid", &member["role_sid"]),
        ("unread_messages_count", &row["unread_messages_count"]),
    ] {
        assert_eq!(&shown["member"][field], expected, "{field}");
    }
    let lines = world.run(&["plan", "show", "--format", "ndjson"]).stdout;
    let operations: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let about = |operation: &&Value| {
        let subject = &operation["subject"];
        subject["member_sid"] == member["sid"]
            || subject["channel_sid"] == row["channel_sid"]
                && (subject["user_sid"] == row["user_sid"] || subject["identity"] == member["identity"])
    };
    let expected: Vec<&Value> = operations.iter().filter(about).collect();
    assert!(!expected.is_empty());
    assert_eq!(shown["operations"]["first"].as_array().unwrap().iter().collect::<Vec<_>>(), expected);
    let printed = world.run(&["show", sid]);
    assert!(printed.stdout.contains(text(&row["channel_sid"])), "{printed:?}");
    // Without the lists of members the membership names it.
    assert_eq!(world.crawl(&["--include", "users,channels,user-channels", "--snapshot", "few.db"]).code, 0);
    let few = world.json(&["show", sid, "--snapshot", "few.db"]);
    assert_eq!(few["member"]["user_sid"], row["user_sid"]);
    assert_eq!(world.run(&["show", "MB00000000000000000000000000000000"]).code, 2);
}

#[test]
fn a_name_of_several_is_listed_and_a_name_of_none_is_an_error() {
    let world = crawled();
    let truth = world.truth();
    let path = world.path("snapshot.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("UPDATE channel_row SET friendly_name = 'Same name' WHERE id IN (1, 2)")
        .unwrap();
    drop(connection);
    let listed = world.json(&["show", "same NAME"]);
    assert_eq!(listed["matches"].as_array().unwrap().len(), 2);
    assert_eq!(listed["channel"], Value::Null);
    let missing = world.run(&["show", "no-one-has-this-name"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("`no-one-has-this-name` is not in the snapshot"), "{missing:?}");
    let identity = text(&truth["users"][0]["identity"]);
    let near = world.run(&["show", &format!("{identity}x")]);
    assert!(near.stderr.contains("did you mean"), "{near:?}");
}

/// The question that people ask first must not read every row: `user_channels` of one user, by the text of its SID.
#[test]
fn a_condition_on_a_sid_of_a_view_is_answered_by_an_index() {
    let world = crawled();
    let connection =
        Connection::open_with_flags(world.path("snapshot.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let plan = |sql: &str| -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
        rows.map(|row| row.unwrap() + "\n").collect()
    };
    for (sql, index) in [
        ("SELECT * FROM user_channels WHERE user_sid = 'US1'", "user_by_shown_sid"),
        ("SELECT * FROM users WHERE sid = 'US1'", "user_by_shown_sid"),
        ("SELECT * FROM users WHERE identity = 'ada'", "user_by_identity"),
        ("SELECT * FROM members WHERE channel_sid = 'CH1'", "channel_by_shown_sid"),
        ("SELECT * FROM messages WHERE channel_sid = 'CH1'", "channel_by_shown_sid"),
        ("SELECT * FROM channels WHERE unique_name = 'general'", "channel_by_unique_name"),
    ] {
        let plan = plan(sql);
        assert!(plan.contains(index) && !plan.contains("SCAN"), "{sql}:\n{plan}");
    }
}
