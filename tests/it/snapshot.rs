//! `snapshot info` and `snapshot check`, and the file itself as others read it.

use std::collections::BTreeSet;

use chatferry::internals::simulator::Options;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::support::{DEFAULT_RECORDS, Row, World, spawn, wait_for_requests};

fn crawled() -> World {
    let world = World::new(Options { users: 60, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    world
}

/// The rows of a view, as JSON: what anyone with `sqlite3` sees.
fn select(connection: &Connection, sql: &str) -> Vec<Row> {
    let mut statement = connection.prepare(sql).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let value = |index: usize| match row.get_ref(index).unwrap() {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => json!(number),
            ValueRef::Real(number) => json!(number),
            ValueRef::Text(text) => json!(std::str::from_utf8(text).unwrap()),
            ValueRef::Blob(bytes) => panic!("{} shows a blob: {bytes:?}", names[index]),
        };
        Ok(names.iter().enumerate().map(|(index, name)| (name.clone(), value(index))).collect())
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn read_only(world: &World) -> Connection {
    Connection::open_with_flags(world.path("snapshot.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

#[test]
fn info_also_writes_a_page_with_counts_channels_and_roles() {
    let world = crawled();
    let truth = world.truth();
    assert_eq!(world.run(&["snapshot", "info", "--report", "page.html"]).code, 0);
    let page = std::fs::read_to_string(world.path("page.html")).unwrap();
    let largest = truth["channels"].iter().max_by_key(|channel| channel["members_count"].as_i64()).unwrap();
    assert!(page.contains(largest["sid"].as_str().unwrap()), "{page}");
    let (_, roles) = page.split_once("<section id=\"roles\"").unwrap();
    for role in &truth["roles"] {
        let sid = role["sid"].as_str().unwrap();
        let of_users = truth["users"].iter().filter(|user| user["role_sid"] == sid).count();
        let of_members = truth["members"].iter().filter(|member| member["role_sid"] == sid).count();
        let row =
            roles.split("<tr>").find(|row| row.contains(sid)).unwrap_or_else(|| panic!("no row of {sid}"));
        assert!(row.contains(&format!("<td class=\"n\">{}</td>", of_users + of_members)), "{row}");
    }
    assert!(!page.contains("http://") && !page.contains("src="), "it asks for nothing");
    for (report, said) in [
        ("page.txt", "ends in `.html`"),
        ("snapshot.db", "ends in `.html`"),
        ("none/page.html", "does not exist"),
    ] {
        let refused = world.run(&["snapshot", "info", "--report", report]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
}

#[test]
fn the_views_hold_what_the_api_sent_under_its_own_names() {
    let world = World::new(Options { users: 60, ..Options::default() });
    assert_eq!(world.crawl(&["--include", "roles,users,channels,user-channels,members,invites"]).code, 0);
    let connection = read_only(&world);
    let mut truth = world.truth();
    for (record, order) in [
        ("services", "sid"),
        ("roles", "sid"),
        ("users", "sid"),
        ("channels", "sid"),
        ("user_channels", "user_sid, channel_sid"),
        ("members", "channel_sid, sid"),
        ("invites", "channel_sid, sid"),
    ] {
        let mut shown = select(&connection, &format!("SELECT * FROM {record} ORDER BY {order}"));
        let expected = truth.get_mut(record).unwrap();
        assert_eq!(shown.len(), expected.len(), "{record}");
        for (shown, expected) in shown.iter_mut().zip(expected) {
            // SQLite has no booleans and no nested values: 0 and 1, and JSON as text.
            for value in expected.values_mut() {
                match value {
                    Value::Bool(truth) => *value = json!(i64::from(*truth)),
                    Value::Array(_) | Value::Object(_) => *value = json!(value.to_string()),
                    _ => {}
                }
            }
            // A key that the API does not document is kept beside the record; a view has a column for that.
            assert_eq!(shown.shift_remove("extra"), Some(Value::Null), "{record}");
            // What Conversations alone has is null in a snapshot of Chat.
            let of_conversations: &[&str] = match record {
                "services" => &["configuration"],
                "channels" => &["state", "timers", "messaging_service_sid", "bindings"],
                _ => &[],
            };
            for name in of_conversations {
                assert_eq!(shown.shift_remove(*name), Some(Value::Null), "{record}.{name}");
            }
            let (names, api): (BTreeSet<_>, BTreeSet<_>) =
                (shown.keys().collect(), expected.keys().collect());
            assert_eq!(names, api, "{record}");
            for (name, value) in &*expected {
                let same = &shown[name] == value || same_json(&shown[name], value);
                assert!(same, "{record}.{name}: {} is not {value}", shown[name]);
            }
        }
    }
}

/// Whether two texts are the same JSON, however it is spaced.
fn same_json(one: &Value, other: &Value) -> bool {
    let parse = |value: &Value| serde_json::from_str::<Value>(value.as_str()?).ok();
    parse(one).is_some_and(|value| value.is_array() || value.is_object()) && parse(one) == parse(other)
}

#[test]
fn info_tells_what_was_read_and_how() {
    let world = crawled();
    let info = world.json(&["snapshot", "info"]);
    assert_eq!(info["format"], 3);
    assert_eq!(info["tool_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info["account_sid"], world.running.account_sid());
    assert_eq!(info["services"], json!([world.running.service_sid()]));
    assert_eq!((&info["source"], &info["verdict"]), (&json!("chat"), &json!("complete")));
    assert_eq!(
        info["include"],
        json!(["services", "roles", "users", "channels", "user_channels", "members"])
    );
    let truth = world.truth();
    for record in DEFAULT_RECORDS {
        assert_eq!(info["counts"][record], truth[record].len(), "{record}");
    }
    assert_eq!(info["requests"]["total"], world.running.stats().requests);
    assert!(info["finished"].as_str() >= info["started"].as_str(), "{info}");
    assert_eq!((&info["units"]["pending"], &info["units"]["failed"]), (&json!(0), &json!(0)));
    assert_eq!((&info["disagreements"], &info["failures"]), (&json!([]), &json!([])));

    let text = world.run(&["snapshot", "info", "snapshot.db"]);
    assert_eq!(text.code, 0, "{text:?}");
    let rows = truth["user_channels"].len().to_string();
    let (thousands, rest) = rows.split_at(rows.len() - 3);
    let grouped = format!("{thousands},{rest}");
    for says in
        ["verdict        complete", world.running.account_sid(), world.running.service_sid(), &grouped]
    {
        assert!(text.stdout.contains(says), "{says}: {}", text.stdout);
    }
    assert_eq!(text.stderr, "", "the answer is data");
}

#[test]
fn info_of_a_crawl_that_has_not_ended_says_so() {
    let world = World::new(Options { users: 60, ..Options::default() });
    let mut child = spawn(&world, &[]);
    wait_for_requests(&world, &mut child, 100);
    child.kill().unwrap();
    child.wait().unwrap();
    let info = world.json(&["snapshot", "info"]);
    assert_eq!((&info["verdict"], &info["finished"]), (&json!("incomplete"), &Value::Null));
    assert!(info["units"]["pending"].as_u64().unwrap() > 0, "{info}");
    let text = world.run(&["snapshot", "info"]).stdout;
    assert!(text.contains("incomplete") && text.contains("not finished"), "{text}");
    let check = world.run(&["snapshot", "check", "--json"]);
    assert_eq!(check.code, 4, "incomplete: {check:?}");
}

#[test]
fn a_finished_snapshot_is_one_file_that_reading_does_not_touch() {
    let world = crawled();
    let names = || {
        let entries = std::fs::read_dir(world.path("media")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<BTreeSet<_>>()
    };
    assert!(!world.path("snapshot.db-wal").exists() && !world.path("snapshot.db-shm").exists());
    std::fs::create_dir(world.path("media")).unwrap();
    std::fs::copy(world.path("snapshot.db"), world.path("media/copy.db")).unwrap();
    let bytes = std::fs::read(world.path("media/copy.db")).unwrap();
    set_read_only(&world, true);
    for arguments in [
        &["snapshot", "info", "media/copy.db"][..],
        &["snapshot", "check", "media/copy.db"],
        &["export", "--snapshot", "media/copy.db", "--out", "out"],
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(names(), BTreeSet::from(["copy.db".to_owned()]), "nothing came to stand beside it");
    }
    set_read_only(&world, false);
    assert_eq!(std::fs::read(world.path("media/copy.db")).unwrap(), bytes);
    world.assert_exported_truth(&world.path("out"), &DEFAULT_RECORDS);
}

fn set_read_only(world: &World, read_only: bool) {
    for name in ["media/copy.db", "media"] {
        let mut permissions = std::fs::metadata(world.path(name)).unwrap().permissions();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            permissions.set_mode(if read_only { 0o555 } else { 0o755 });
        }
        #[cfg(not(unix))]
        permissions.set_readonly(read_only);
        std::fs::set_permissions(world.path(name), permissions).unwrap();
    }
}

#[test]
fn check_passes_a_sound_snapshot() {
    let world = crawled();
    let report = world.json(&["snapshot", "check"]);
    assert_eq!((&report["verdict"], &report["sound"]), (&json!("complete"), &json!(true)));
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.len() >= 7 && checks.iter().all(|check| check["found"] == 0), "{report}");
    let text = world.run(&["snapshot", "check"]);
    assert_eq!(text.code, 0, "{text:?}");
    assert_eq!(text.stdout.lines().filter(|line| line.starts_with("ok ")).count(), checks.len());
    assert!(text.stdout.lines().last().unwrap().starts_with("verdict"), "{}", text.stdout);
}

#[test]
fn check_finds_what_was_damaged() {
    let world = crawled();
    let sound = std::fs::read(world.path("snapshot.db")).unwrap();
    for (damage, name) in [
        ("DELETE FROM channel_row WHERE id = (SELECT min(id) FROM channel_row)", "channel is not known"),
        ("DELETE FROM user_row WHERE id = (SELECT user FROM membership_row LIMIT 1)", "user is not listed"),
        ("DELETE FROM role_row", "users whose role is not listed"),
        ("DELETE FROM role_row", "members whose role is not listed"),
        (
            "DELETE FROM member_row WHERE channel = (SELECT channel FROM member_row LIMIT 1)",
            "member is not listed",
        ),
        (
            "UPDATE unit SET next = '/v2/Services/IS/Users?Page=1' WHERE id = 1",
            "complete and have a next page",
        ),
    ] {
        std::fs::write(world.path("snapshot.db"), &sound).unwrap();
        let connection = Connection::open(world.path("snapshot.db")).unwrap();
        assert!(connection.execute(damage, []).unwrap() > 0, "{damage}");
        drop(connection);
        let ran = world.run(&["snapshot", "check", "--json"]);
        assert_eq!(ran.code, 5, "{damage}: {ran:?}");
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["sound"], true, "{report}");
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"].as_str().unwrap().contains(name));
        let check = check.unwrap_or_else(|| panic!("{name}: {report}"));
        assert!(check["found"].as_u64().unwrap() > 0, "{damage}: {report}");
        assert!(!check["examples"].as_array().unwrap().is_empty(), "{report}");
        let text = world.run(&["snapshot", "check"]).stdout;
        assert!(text.contains("finding") && text.contains(name), "{text}");
    }
}

/// Damage is noticed wherever it is: SQLite itself sees only what breaks its structure.
#[test]
fn a_finished_snapshot_with_any_byte_changed_is_refused_until_told_otherwise() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&[]).code, 0);
    let good = std::fs::read(world.path("snapshot.db")).unwrap();
    std::fs::write(world.path("good.db"), &good).unwrap();
    let refused = ["is not as it was written", "CHATFERRY_CHECK_FILES"];
    for part in 1..8 {
        let mut bytes = good.clone();
        let at = bytes.len() / 8 * part + 11;
        bytes[at] ^= 1;
        std::fs::write(world.path("snapshot.db"), bytes).unwrap();
        let ran = world.run(&["export", "--out", "out"]);
        assert_eq!(ran.code, 2, "byte {at}: {ran:?}");
        assert!(refused.iter().all(|text| ran.stderr.contains(text)), "{ran:?}");
        assert!(!world.path("out").exists(), "byte {at}");
        if part == 4 {
            for verb in [
                ["plan", "--target", "in-place"].as_slice(),
                &["verify", "--snapshot", "snapshot.db"],
                &["diff", "snapshot.db", "good.db"],
                &["diff", "good.db", "snapshot.db"],
            ] {
                let ran = world.run(verb);
                assert_eq!(ran.code, 2, "{verb:?}: {ran:?}");
                assert!(ran.stderr.contains(refused[0]), "{verb:?}: {ran:?}");
            }
            let check = world.run(&["snapshot", "check"]);
            assert_eq!(check.code, 2, "{check:?}");
            assert!(check.stdout.contains("bytes that are not those that were written"), "{check:?}");
        }
    }
    std::fs::write(world.path("snapshot.db"), &good).unwrap();
    assert_eq!(world.run(&["snapshot", "check"]).code, 0);
    let mut bytes = good;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(world.path("snapshot.db"), bytes).unwrap();
    assert_eq!(world.run(&["export", "--out", "out"]).code, 2);
    let mut told = world.chatferry(&["export", "--out", "out"]);
    told.env("CHATFERRY_CHECK_FILES", "false").assert().success();
    assert_eq!(world.run(&["diff", "snapshot.db", "good.db"]).code, 2);
    let mut told = world.chatferry(&["diff", "snapshot.db", "good.db"]);
    told.env("CHATFERRY_CHECK_FILES", "false").assert().success();
}
