//! `diff`: what it finds against a plain comparison of two exports, what it says of what was not read, and what it refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chatferry::internals::simulator::Options;
use chatferry::internals::snapshot::SnapshotWriter;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Ran, Row, World, ndjson};

/// Everything that a crawl can read.
const ALL: &str = "roles,users,channels,user-channels,members,invites";

/// Records and the keys of their rows.
const KEYS: [(&str, &[&str]); 7] = [
    ("services", &["sid"]),
    ("roles", &["sid"]),
    ("users", &["sid"]),
    ("channels", &["sid"]),
    ("user_channels", &["user_sid", "channel_sid"]),
    ("members", &["sid"]),
    ("invites", &["sid"]),
];

/// A small service, since most tests here crawl more than one.
fn world_with(faults: &str) -> World {
    World::new(Options { users: 60, channels: 40, faults: faults.parse().unwrap(), ..Options::default() })
}

/// A world with a finished snapshot `old.db` and a copy of it, `new.db`.
fn two_snapshots() -> World {
    let world = world_with("");
    assert_eq!(world.crawl(&["--include", ALL, "--snapshot", "old.db"]).code, 0);
    std::fs::copy(world.path("old.db"), world.path("new.db")).unwrap();
    world
}

fn change(world: &World, sql: &str) {
    Connection::open(world.path("new.db")).unwrap().execute_batch(sql).unwrap();
}

/// Changes, removals and additions in every table.
const CHANGES: &str = "
    UPDATE service_row SET friendly_name = 'renamed', limits = '{\"user_channels\": 7}';
    UPDATE role_row SET permissions = '[\"sendMessage\"]' WHERE rowid_of = 0;
    DELETE FROM user_row WHERE id % 7 = 3;
    DELETE FROM membership_row WHERE user % 7 = 3;
    UPDATE user_row SET friendly_name = 'Zoë <b>', attributes = NULL, is_online = 1 WHERE id % 7 = 1;
    UPDATE user_row SET sid = randomblob(16) WHERE id = (SELECT max(id) FROM user_row);
    UPDATE channel_row SET messages_count = coalesce(messages_count, 0) + 1 WHERE id % 5 = 2;
    UPDATE membership_row SET unread_messages_count = 0 WHERE unread_messages_count IS NULL AND user % 3 = 1;
    UPDATE membership_row SET status = 4, last_consumed_message_index = NULL WHERE user % 11 = 4;
    INSERT INTO membership_row (user, channel_sid, pass, service, scope, status)
      SELECT user, randomblob(16), 0, service, scope, 'lurking' FROM membership_row WHERE user % 13 = 2 GROUP BY user;
    DELETE FROM member_row WHERE channel % 4 = 1 AND sid < x'80';
    UPDATE member_row SET date_updated = date_updated + 60, role_sid = 'no role' WHERE channel % 4 = 2;
    UPDATE invite_row SET identity = 'someone else';";

fn changes() -> String {
    CHANGES.replace("WHERE rowid_of = 0", "WHERE sid = (SELECT min(sid) FROM role_row)")
}

fn diff(world: &World, flags: &[&str]) -> Ran {
    let mut arguments = vec!["diff", "old.db", "new.db"];
    arguments.extend(flags);
    world.run(&arguments)
}

fn lines(ran: &Ran) -> Vec<Value> {
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A line in short: mark, collection, SID, the fields that changed with their values.
type Short = (String, String, String, BTreeMap<String, (Value, Value)>);

fn short(line: &Value) -> Short {
    let text = |key: &str| line[key].as_str().unwrap().to_owned();
    let changes = line["changes"].as_array().cloned().unwrap_or_default();
    let changes = changes.iter().map(|change| {
        (change["field"].as_str().unwrap().to_owned(), (change["old"].clone(), change["new"].clone()))
    });
    (text("mark"), text("entity"), text("sid"), changes.collect())
}

/// What a plain comparison of two exports finds.
fn expected(old: &Path, new: &Path, ignored: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (record, key) in KEYS {
        let rows = |folder: &Path| -> BTreeMap<String, Row> {
            let rows = ndjson(&folder.join(format!("{record}.ndjson")));
            let sid =
                |row: &Row| key.iter().map(|key| row[*key].as_str().unwrap()).collect::<Vec<_>>().join("/");
            rows.into_iter().map(|row| (sid(&row), row)).collect()
        };
        let (old, new) = (rows(old), rows(new));
        for sid in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let mut changes = BTreeMap::new();
            let mark = match (old.get(sid), new.get(sid)) {
                (Some(old), Some(new)) => {
                    for (field, value) in old {
                        if new[field] != *value && !ignored.contains(&field.as_str()) {
                            changes.insert(field.clone(), (value.clone(), new[field].clone()));
                        }
                    }
                    "*"
                }
                (Some(_), None) => "-",
                _ => "+",
            };
            if mark != "*" || !changes.is_empty() {
                let difference: Short = (mark.to_owned(), record.to_owned(), sid.clone(), changes);
                found.insert(format!("{difference:?}"));
            }
        }
    }
    found
}

#[test]
fn what_was_not_touched_is_the_same() {
    let world = two_snapshots();
    let ran = diff(&world, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stderr.contains("the same: "), "{}", ran.stderr);
    let result = world.json(&["diff", "old.db", "new.db"]);
    let info = world.json(&["snapshot", "info", "old.db"]);
    for (record, _) in KEYS {
        assert_eq!(result["by_entity"][record]["same"], info["counts"][record], "{record}");
    }
    let all = diff(&world, &["--all", "--format", "ndjson"]);
    assert_eq!(all.code, 0);
    let sum: u64 = KEYS.iter().map(|(record, _)| info["counts"][record].as_u64().unwrap()).sum();
    assert_eq!(lines(&all).iter().filter(|line| line["mark"] == "=").count() as u64, sum);
    assert_eq!(result["same"], sum);
}

#[test]
fn a_diff_finds_what_a_plain_comparison_of_the_exports_finds() {
    let world = two_snapshots();
    change(&world, &changes());
    let [old, new] = ["old", "new"].map(|name| {
        world.export(name, &["--snapshot", &format!("{name}.db"), "--mapping", "chat", "--format", "ndjson"])
    });
    let ran = diff(&world, &["--format", "ndjson"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let found: BTreeSet<String> = lines(&ran).iter().map(|line| format!("{:?}", short(line))).collect();
    let expected = expected(&old, &new, &["is_online", "is_notifiable"]);
    let only = |left: &BTreeSet<String>, right: &BTreeSet<String>| {
        left.difference(right).take(5).cloned().collect::<Vec<_>>()
    };
    assert_eq!(only(&found, &expected), only(&expected, &found), "of {} and {}", found.len(), expected.len());
    for mark in ["+", "-", "*"] {
        assert!(found.iter().any(|line| line.starts_with(&format!("(\"{mark}\""))), "{mark}");
    }

    let result = world.json(&["diff", "old.db", "new.db"]);
    let count = |mark: &str, entity: Option<&str>| {
        let of = |line: &&Value| line["mark"] == mark && entity.is_none_or(|entity| line["entity"] == entity);
        lines(&ran).iter().filter(of).count() as u64
    };
    for (mark, name) in [("+", "added"), ("-", "missing"), ("*", "different"), ("!", "unreadable")] {
        assert_eq!(result[name], count(mark, None), "{name}");
        for (record, _) in KEYS {
            assert_eq!(result["by_entity"][record][name], count(mark, Some(record)), "{record} {name}");
        }
    }

    let all = self::expected(&old, &new, &[]);
    let none = diff(&world, &["--format", "ndjson", "--ignore", "none"]);
    let found: BTreeSet<String> = lines(&none).iter().map(|line| format!("{:?}", short(line))).collect();
    assert_eq!(found, all);
    let ignored = ["is_online", "is_notifiable", "unread_messages_count", "messages_count", "date_updated"];
    let some = diff(
        &world,
        &[
            "--format",
            "ndjson",
            "--ignore",
            "unread_messages_count,channels.messages_count",
            "--ignore",
            "date_updated",
        ],
    );
    let found: BTreeSet<String> = lines(&some).iter().map(|line| format!("{:?}", short(line))).collect();
    assert_eq!(found, self::expected(&old, &new, &ignored));
}

#[test]
fn with_digests_of_lists_it_finds_the_same() {
    let world = two_snapshots();
    change(&world, &changes());
    let plain = diff(&world, &["--format", "ndjson"]);
    let totals = world.json(&["diff", "old.db", "new.db"]);
    let page_size: fn(_) -> u32 = |_| 100;
    for name in ["old.db", "new.db"] {
        SnapshotWriter::open(&world.path(name), page_size).unwrap().write_list_digests().unwrap();
    }
    let quick = diff(&world, &["--format", "ndjson"]);
    assert_eq!(quick.stdout, plain.stdout);
    assert_eq!(world.json(&["diff", "old.db", "new.db"]), totals);
    // A list that its digest calls the same is not read: what is done behind its back is not seen.
    change(&world, "DELETE FROM membership_row; DELETE FROM member_row WHERE channel % 4 = 3");
    let unseen = world.json(&["diff", "old.db", "new.db"]);
    assert!(
        unseen["by_entity"]["user_channels"]["same"].as_u64().unwrap() > 0,
        "{}",
        unseen["by_entity"]["user_channels"]
    );
    // A crawl that goes on drops them.
    SnapshotWriter::open(&world.path("new.db"), page_size).unwrap().resume().unwrap();
    let seen = world.json(&["diff", "old.db", "new.db"]);
    assert_eq!(seen["by_entity"]["user_channels"]["same"], 0);
}

/// Two crawls need not number users alike; and the sum of all rows is the same where one went from one list to another.
#[test]
fn numbers_of_users_do_not_matter_and_a_row_in_another_list_does() {
    let world = two_snapshots();
    change(
        &world,
        "UPDATE user_row SET id = 100000 - id; UPDATE membership_row SET user = 100000 - user;
         UPDATE unit SET parent = 100000 - parent WHERE kind IN (5, 7);
         UPDATE disagreement SET parent = 100000 - parent WHERE kind LIKE 'user%'",
    );
    let counts = |mark: &str| {
        let result = world.json(&["diff", "old.db", "new.db"]);
        result["by_entity"]["user_channels"][mark].as_u64().unwrap()
    };
    assert_eq!([counts("missing"), counts("added"), counts("different")], [0, 0, 0]);
    let all = counts("same");
    change(
        &world,
        "UPDATE membership_row SET user = (SELECT max(id) FROM user_row) WHERE (user, channel_sid) =
           (SELECT user, channel_sid FROM membership_row WHERE channel_sid NOT IN
              (SELECT channel_sid FROM membership_row WHERE user = (SELECT max(id) FROM user_row)) LIMIT 1)",
    );
    let moved = [1, 1, 0, all - 1];
    assert_eq!(["missing", "added", "different", "same"].map(counts), moved);
    for name in ["old.db", "new.db"] {
        SnapshotWriter::open(&world.path(name), |_| 100).unwrap().write_list_digests().unwrap();
        // First with the digests of one side alone, then with those of both.
        assert_eq!(["missing", "added", "different", "same"].map(counts), moved, "{name}");
    }
}

#[test]
fn a_row_that_moves_to_another_list_is_not_passed_over() {
    let world = two_snapshots();
    // An invitation has no member, so the row is the same in either list: only whose list it is in has changed.
    let invited = |user: u32| {
        format!(
            "INSERT INTO membership_row (user, channel_sid, pass, service, scope, status)
             VALUES ({user}, x'00112233445566778899aabbccddeeff', 0, 1, 1, 2)"
        )
    };
    Connection::open(world.path("old.db")).unwrap().execute_batch(&invited(1)).unwrap();
    change(&world, &invited(2));
    let result = world.json(&["diff", "old.db", "new.db"]);
    let found = &result["by_entity"]["user_channels"];
    assert_eq!((&found["missing"], &found["added"]), (&json!(1), &json!(1)), "{result}");
}

#[test]
fn every_format_tells_the_same_differences() {
    let world = two_snapshots();
    change(&world, &changes());
    let count = lines(&diff(&world, &["--format", "ndjson"])).len();
    let folded = diff(&world, &[]).stdout.lines().count();
    assert!((1..=count).contains(&folded), "{folded} of {count}");
    let table = diff(&world, &["--records"]);
    assert_eq!(table.stdout.lines().count(), count);
    assert!(
        table
            .stdout
            .lines()
            .any(|line| line.starts_with("* services      IS") && line.contains("→ \"renamed\""))
    );
    assert!(table.stderr.contains("different: "), "{}", table.stderr);

    let csv = diff(&world, &["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.stdout.as_bytes());
    assert_eq!(
        reader.headers().unwrap(),
        vec!["mark", "entity", "sid", "name", "field", "old", "new", "reason"]
    );
    let records: BTreeSet<(String, String)> = reader
        .records()
        .map(|record| record.unwrap())
        .map(|record| (record[1].to_owned(), record[2].to_owned()))
        .collect();
    assert_eq!(records.len(), count);

    for (format, file) in [("md", "diff.md"), ("html", "diff.html")] {
        let ran = diff(&world, &["--format", format, "--out", file]);
        assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{ran:?}");
        let text = std::fs::read_to_string(world.path(file)).unwrap();
        let rows = match text.split_once(r#"<script type="application/json" id="rows">"#) {
            None => text.lines().filter(|line| line.starts_with("| `")).count(),
            Some((_, data)) => {
                let (data, _) = data.split_once("</script>").unwrap();
                serde_json::from_str::<Vec<(usize, String, Option<String>, String)>>(data).unwrap().len()
            }
        };
        assert_eq!(rows, count, "{format}");
        assert!(!text.contains("<b>"), "names are no markup");
    }
    let page = std::fs::read_to_string(world.path("diff.html")).unwrap();
    assert!(page.contains("Zoë &lt;b&gt;") && !page.contains("unsafe-inline"));
    assert_eq!(page.matches("<script").count(), 2, "the data and the frame's own script");
    assert_eq!(
        page.matches(r#"role="row"><td"#).count().min(25),
        count.min(25),
        "the first rows need no script"
    );

    // With --json stdout is the totals alone, and the lines go to the file.
    let both = diff(&world, &["--json", "--format", "ndjson", "--out", "diff.ndjson"]);
    assert!(serde_json::from_str::<Value>(&both.stdout).unwrap()["different"].as_u64().unwrap() > 0);
    assert_eq!(ndjson(&world.path("diff.ndjson")).len(), count);
    let left: Vec<_> = std::fs::read_dir(world.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".chatferry"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_could_not_be_read_is_neither_missing_nor_added() {
    let world = world_with("");
    assert_eq!(world.crawl(&["--include", ALL, "--snapshot", "old.db"]).code, 0);
    std::fs::copy(world.path("old.db"), world.path("new.db")).unwrap();
    // Lists that failed, were left, or vanished; one of which some rows had come.
    change(
        &world,
        "UPDATE unit SET state = 2, failure = 'error 500' WHERE kind = 7 AND parent = 1;
         DELETE FROM membership_row WHERE user = 1 AND channel_sid > (SELECT min(channel_sid) FROM membership_row WHERE user = 1);
         UPDATE unit SET state = 3 WHERE kind = 8 AND parent = 1;
         DELETE FROM member_row WHERE channel = 1;
         UPDATE unit SET state = 0 WHERE kind = 9 AND parent = 2;
         UPDATE property SET value = 'incomplete' WHERE key = 'verdict';",
    );
    let ran = diff(&world, &["--format", "ndjson"]);
    assert_eq!(ran.code, 5);
    let found = lines(&ran);
    assert!(!found.is_empty() && found.iter().all(|line| line["mark"] == "!"), "{found:?}");
    let reasons = |entity: &str| -> BTreeSet<String> {
        let of = found.iter().filter(|line| line["entity"] == entity);
        of.map(|line| line["reason"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(reasons("user_channels").len(), 1);
    assert!(
        reasons("user_channels").iter().all(|why| why.contains("error 500")),
        "{:?}",
        reasons("user_channels")
    );
    assert!(
        reasons("members").iter().all(|why| why.contains("gone when its own list")),
        "{:?}",
        reasons("members")
    );
    assert!(ran.stderr.contains("note: new.db is incomplete"), "{}", ran.stderr);
    // The other way round nothing is called added either.
    let back = world.run(&["diff", "new.db", "old.db", "--format", "ndjson"]);
    assert!(lines(&back).iter().all(|line| line["mark"] == "!"));

    // A list of users that was not read says nothing of users, nor of what is in their lists.
    change(
        &world,
        "UPDATE unit SET state = 2, failure = 'error 502' WHERE kind = 3;
         DELETE FROM user_row WHERE id > 2; DELETE FROM membership_row WHERE user > 2;",
    );
    let result = world.json(&["diff", "old.db", "new.db"]);
    assert_eq!((&result["missing"], &result["added"]), (&json!(0), &json!(0)), "{result}");
    assert!(result["by_entity"]["users"]["unreadable"].as_u64().unwrap() > 0);
}

/// Nothing differs, and what one of the two lacks is not known.
#[test]
fn two_that_agree_are_not_the_same_where_one_is_incomplete() {
    let world = two_snapshots();
    assert_eq!(diff(&world, &[]).code, 0);
    change(&world, "UPDATE property SET value = 'incomplete' WHERE key = 'verdict'");
    let ran = diff(&world, &["--json"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&result["different"], &result["unreadable"]), (&json!(0), &json!(0)), "{result}");
    let ran = diff(&world, &[]);
    assert!(ran.code == 4 && ran.stderr.contains("not known: "), "{ran:?}");
}

#[test]
fn a_hole_that_the_evidence_shows_is_unreadable_too() {
    let world = world_with("hidden-row=3");
    let crawled = world.crawl(&["--snapshot", "new.db"]);
    assert_eq!(crawled.code, 4, "{}", crawled.talk);
    let whole = world_with("");
    assert_eq!(whole.crawl(&["--snapshot", "old.db"]).code, 0);
    std::fs::copy(whole.path("old.db"), world.path("old.db")).unwrap();
    let ran = diff(&world, &["--format", "ndjson", "--ignore", "date_updated"]);
    let found = lines(&ran);
    let lost: Vec<_> = found.iter().filter(|line| line["entity"] == "user_channels").collect();
    assert!(!lost.is_empty() && lost.iter().all(|line| line["mark"] == "!"), "{found:?}");
    assert!(lost.iter().all(|line| line["reason"].as_str().unwrap().contains(" rows")), "{lost:?}");
}

#[test]
fn without_counts_a_hole_between_two_lists_is_unreadable_too() {
    let hidden = world_with("hidden-row=9");
    let conversations =
        |world: &World, file: &str| world.crawl(&["--source", "conversations", "--snapshot", file]).code;
    assert_eq!(conversations(&hidden, "new.db"), 4);
    let whole = world_with("");
    assert_eq!(conversations(&whole, "old.db"), 0);
    std::fs::copy(whole.path("old.db"), hidden.path("old.db")).unwrap();
    let ran = diff(&hidden, &["--format", "ndjson", "--ignore", "date_updated"]);
    let found = lines(&ran);
    let lost: Vec<_> = found.iter().filter(|line| line["entity"] == "user_channels").collect();
    assert!(!lost.is_empty() && lost.iter().all(|line| line["mark"] == "!"), "{found:?}");
}

#[test]
fn what_one_of_the_two_was_not_asked_for_is_not_compared_and_said() {
    let world = world_with("");
    assert_eq!(world.crawl(&["--include", ALL, "--snapshot", "old.db"]).code, 0);
    assert_eq!(world.crawl(&["--include", "roles,users", "--snapshot", "new.db"]).code, 0);
    let ran = diff(&world, &["--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    let notes: Vec<&str> =
        result["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    assert!(notes.contains(&"user_channels are not compared: only old.db has them"), "{notes:?}");
    assert!(result["by_entity"].get("user_channels").is_none());

    // Some users only: the others are not missing.
    let some = world.truth()["users"][0]["identity"].as_str().unwrap().to_owned();
    std::fs::write(world.path("users.txt"), format!("{some}\n")).unwrap();
    let include = ["--include", "users,user-channels", "--users", "users.txt", "--snapshot", "some.db"];
    assert_eq!(world.crawl(&include).code, 0);
    let ran = world.run(&["diff", "old.db", "some.db", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(result["by_entity"]["users"]["same"], 1);
    assert!(result["by_entity"]["user_channels"]["same"].as_u64().unwrap() > 0);
    assert!(result["notes"].to_string().contains("crawled for other users"), "{result}");
}

#[test]
fn the_wrong_way_round_is_said() {
    let world = two_snapshots();
    change(&world, "UPDATE property SET value = '2001-01-01T00:00:00Z' WHERE key = 'started'");
    let ran = diff(&world, &[]);
    assert!(ran.code == 0 && ran.stderr.contains("the wrong way round?"), "{ran:?}");
}

#[test]
fn what_cannot_be_compared_is_refused_with_advice() {
    let world = two_snapshots();
    let refused = |arguments: &[&str], message: &str, hint: &str| {
        let ran = world.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(message) && ran.stderr.contains(hint), "{arguments:?}: {}", ran.stderr);
    };
    let other = World::new(Options { seed: 4711, users: 10, channels: 10, ..Options::default() });
    assert_eq!(other.crawl(&["--snapshot", "other.db"]).code, 0);
    std::fs::copy(other.path("other.db"), world.path("other.db")).unwrap();
    refused(&["diff", "old.db", "other.db"], "no service in common", "no two services share any");
    refused(&["diff", "old.db", "gone.db"], "there is no snapshot at `gone.db`", "the older first");
    std::fs::write(world.path("thesis.txt"), "years of work").unwrap();
    refused(&["diff", "thesis.txt", "old.db"], "`thesis.txt` is not a chatferry snapshot", "the older first");
    refused(
        &["diff", "old.db", "new.db", "--ignore", "users.is_onlin"],
        "not a field that is compared",
        "`users.is_online`",
    );
    refused(
        &["diff", "old.db", "new.db", "--ignore", "frobnication"],
        "not a field that is compared",
        "fields are",
    );
    assert_eq!(world.crawl(&["--include", "roles", "--snapshot", "roles.db"]).code, 0);
    assert_eq!(world.crawl(&["--include", "channels", "--snapshot", "channels.db"]).code, 0);
    refused(&["diff", "roles.db", "channels.db"], "nothing in common", "the same --include");
    let full = diff(&world, &["--out", "nowhere/diff.txt"]);
    assert_eq!(full.code, 1, "{full:?}");
    change(&world, "PRAGMA user_version = 99");
    refused(&["diff", "old.db", "new.db"], "format 99", "crawl again");
}

#[test]
fn chat_against_conversations_tells_what_conversations_does_not_show() {
    let world = world_with("");
    assert_eq!(world.crawl(&["--include", ALL, "--snapshot", "old.db"]).code, 0);
    let include = ["--include", "roles,users,channels,user-channels,members", "--source", "conversations"];
    assert_eq!(world.crawl(&[&include[..], &["--snapshot", "new.db"]].concat()).code, 0);
    let ran = diff(&world, &["--format", "ndjson"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    let found = lines(&ran);
    let truth = world.truth();
    let missing = |entity: &str| -> BTreeSet<String> {
        let of = found.iter().filter(|line| line["entity"] == entity);
        let of = of.inspect(|line| assert_eq!(line["mark"], "-", "{line}"));
        of.map(|line| line["sid"].as_str().unwrap().to_owned()).collect()
    };
    let text = |row: &Row, key: &str| row[key].as_str().unwrap().to_owned();
    let public: BTreeSet<String> =
        truth["channels"].iter().filter(|row| row["type"] == "public").map(|row| text(row, "sid")).collect();
    assert!(!public.is_empty());
    assert_eq!(missing("channels"), public);
    let hidden =
        |row: &&Row| row["status"] != "joined" || public.contains(row["channel_sid"].as_str().unwrap());
    let of_users = truth["user_channels"].iter().filter(hidden);
    let expected: BTreeSet<String> =
        of_users.map(|row| format!("{}/{}", text(row, "user_sid"), text(row, "channel_sid"))).collect();
    assert_eq!(missing("user_channels"), expected);
    assert_eq!(missing("invites").len(), truth["invites"].len());
    for entity in ["services", "roles", "users"] {
        assert_eq!(missing(entity), BTreeSet::new(), "{entity}");
    }
    assert!(ran.stderr.contains("do not exist in Conversations") && ran.stderr.contains("roles.permissions"));
}
