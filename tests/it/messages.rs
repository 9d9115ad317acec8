//! `crawl --include …,messages`: every message of every channel, in the order of the channel, whatever happens on the way.

use std::collections::BTreeSet;

use chatferry::internals::simulator::Options;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Row, World, bare, files, ndjson, spawn, wait_for_requests};

const WITH_MESSAGES: [&str; 2] = ["--include", "roles,users,channels,user-channels,members,messages"];
const ALONE: [&str; 2] = ["--include", "channels,messages"];

#[test]
fn every_message_comes_in_the_order_of_its_channel() {
    let world = World::with_faults("");
    let crawled = world.crawl(&WITH_MESSAGES);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let truth = world.truth();
    assert!(truth["messages"].len() > 300, "a channel has more than a page");
    assert_eq!(crawled.result["verdict"], "complete");
    assert_eq!(crawled.result["counts"]["messages"], truth["messages"].len());
    let requests = &crawled.result["requests"];
    assert_eq!(requests["total"], requests["minimum"], "no request was wasted");
    assert_eq!(requests["total"], world.running.stats().requests);
    let out = world.export("out", &[]);
    world.assert_exported_truth(&out, &["messages", "members", "channels"]);
    assert_eq!(world.json(&["snapshot", "info"])["counts"]["messages"], truth["messages"].len());
    let check = world.json(&["snapshot", "check"]);
    assert!(check["checks"].as_array().unwrap().iter().all(|check| check["found"] == 0), "{check}");
    let diff = world.json(&["diff", "snapshot.db", "snapshot.db"]);
    assert_eq!(diff["by_entity"]["messages"]["same"], truth["messages"].len(), "{diff}");
    assert_eq!(diff["notes"], json!([]));
    std::fs::copy(world.path("snapshot.db"), world.path("new.db")).unwrap();
    let change = "UPDATE message_row SET body = 'another' WHERE sid = (SELECT max(sid) FROM message_row);
        DELETE FROM message_row WHERE sid = (SELECT min(sid) FROM message_row)";
    Connection::open(world.path("new.db")).unwrap().execute_batch(change).unwrap();
    let diff = world.json(&["diff", "snapshot.db", "new.db"]);
    let found = &diff["by_entity"]["messages"];
    assert_eq!((&found["different"], &found["missing"]), (&json!(1), &json!(1)), "{diff}");
}

#[test]
fn messages_are_read_through_channels_alone() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&ALONE).code, 0);
    let asked = world.running.stats().by_route;
    assert!(!asked.contains_key("v2 ListUser") && !asked.contains_key("v2 ListMember"), "{asked:?}");
    world.assert_exported_truth(&world.export("out", &[]), &["messages"]);
}

#[test]
fn without_messages_there_is_no_file_that_says_there_are_none() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&[]).code, 0);
    let out = world.export("out", &[]);
    assert!(files(&out).keys().all(|name| !name.contains("messages")));
    let asked = world.run(&["export", "--out", "asked", "--records", "messages"]);
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.stderr.contains("messages"), "{asked:?}");
}

#[test]
fn faults_leave_no_trace_in_messages() {
    for faults in [
        "repeat-row=20%,empty-page=20%,short-page=20%",
        "expired-token=20%,flaky-404=5%,429=5%,500=3%,reset=3%,truncate=3%,html=3%",
    ] {
        let world = World::with_faults(faults);
        let crawled = world.crawl(&ALONE);
        assert_eq!(crawled.code, 0, "{faults}: {} {}", crawled.result, crawled.talk);
        assert_eq!(crawled.result["issues"], 0, "a repeated row is not out of order");
        world.assert_exported_truth(&world.export("out", &[]), &["messages"]);
    }
}

#[test]
fn killed_among_messages_and_resumed_it_gives_the_same_bytes() {
    let exported = |world: &World| {
        let mut files = files(&world.export("out", &[]));
        files.remove("datapackage.json"); // says when the crawl was
        files
    };
    let undisturbed = World::with_faults("");
    assert_eq!(undisturbed.crawl(&ALONE).code, 0);
    let world = World::with_faults("429=2%,reset=1%,repeat-row=5%,empty-page=5%,expired-token=3%");
    let mut kills = 0;
    for more in [2, 5, 3, 7, 11, 13, 17, 4, 6, 19, 23] {
        let mut child = spawn(&world, &ALONE);
        wait_for_requests(&world, &mut child, more);
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap(); // SIGKILL
            kills += 1;
        }
        child.wait().unwrap();
    }
    assert!(kills >= 5, "{kills} kills");
    let finished = world.crawl(&ALONE);
    assert_eq!(finished.code, 0, "{}", finished.talk);
    assert_eq!(exported(&world), exported(&undisturbed), "byte for byte");
}

#[test]
fn odd_messages_are_kept_as_they_came() {
    let world = World::with_faults("unknown-key=20%");
    let crawled = world.crawl(&ALONE);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let exported = ndjson(&world.export("out", &[]).join("messages.ndjson"));
    let truth = &world.truth()["messages"];
    assert_eq!(exported.len(), truth.len());
    let mut odd = BTreeSet::new();
    for (exported, expected) in exported.iter().zip(truth) {
        for (key, value) in expected {
            match exported.get(key) {
                Some(kept) => assert_eq!(kept, value, "{key}"),
                None => drop(odd.insert(expected["sid"].as_str().unwrap().to_owned())),
            }
        }
    }
    assert!(!odd.is_empty(), "this seed has no odd message");
    let snapshot = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
    let mut statement = snapshot.prepare("SELECT sid FROM messages WHERE extra IS NOT NULL").unwrap();
    let kept = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(odd, kept);
}

#[test]
fn the_view_has_the_messages_as_the_api_names_them() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&ALONE).code, 0);
    let snapshot = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
    let columns = [
        "sid",
        "account_sid",
        "attributes",
        "service_sid",
        "channel_sid",
        "date_created",
        "date_updated",
        "last_updated_by",
        "was_edited",
        "from",
        "body",
        "index",
        "type",
        "media",
    ];
    let sql = format!("SELECT \"{}\" FROM messages WHERE sid = ?1", columns.join("\", \""));
    let mut statement = snapshot.prepare(&sql).unwrap();
    let truth = world.truth();
    let media = truth["messages"].iter().find(|row| !row["media"].is_null()).unwrap();
    let edited = truth["messages"].iter().find(|row| row["was_edited"] == true).unwrap();
    for expected in [media, edited] {
        let sid = expected["sid"].as_str().unwrap();
        statement
            .query_row([sid], |row| {
                for (position, column) in columns.iter().enumerate() {
                    let shown = match row.get_ref(position)? {
                        rusqlite::types::ValueRef::Null => Value::Null,
                        rusqlite::types::ValueRef::Integer(0 | 1) if *column == "was_edited" => {
                            Value::Bool(row.get(position)?)
                        }
                        rusqlite::types::ValueRef::Integer(number) => number.into(),
                        _ if *column == "media" => {
                            serde_json::from_str(&row.get::<_, String>(position)?).unwrap()
                        }
                        _ => row.get::<_, String>(position)?.into(),
                    };
                    assert_eq!(shown, expected[*column], "{column}");
                }
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn personal_data_of_messages_can_be_left_out_or_hidden() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&WITH_MESSAGES).code, 0);
    let personal = ["attributes", "last_updated_by", "from", "body", "media"];
    let dropped = ndjson(&world.export("dropped", &["--pii", "drop"]).join("messages.ndjson"));
    let truth = world.truth();
    assert_eq!(dropped.len(), truth["messages"].len());
    for (row, expected) in dropped.iter().zip(&truth["messages"]) {
        assert!(personal.iter().all(|key| !row.contains_key(*key)), "{row:?}");
        assert_eq!((&row["sid"], &row["index"]), (&expected["sid"], &expected["index"]));
    }
    std::fs::write(world.path("pii.key"), "0123456789abcdef0123456789abcdef").unwrap();
    let hidden = world.export("hidden", &["--pii", "hmac", "--pii-key-file", "pii.key"]);
    let messages = ndjson(&hidden.join("messages.ndjson"));
    let pseudonyms: std::collections::BTreeMap<String, String> = ndjson(&hidden.join("users.ndjson"))
        .iter()
        .zip(&truth["users"])
        .filter_map(|(row, user)| Some((user["identity"].as_str()?.into(), row["identity"].as_str()?.into())))
        .collect();
    let mut joined = 0;
    for (row, expected) in messages.iter().zip(&truth["messages"]) {
        for key in personal {
            assert_eq!(row[key].is_null(), expected[key].is_null(), "{key}");
            assert!(row[key].is_null() || row[key].as_str().is_some_and(|text| text.len() == 64), "{key}");
        }
        if let Some(pseudonym) = pseudonyms.get(expected["from"].as_str().unwrap()) {
            assert_eq!(row["from"], pseudonym.as_str(), "the sender joins with the user");
            joined += 1;
        }
    }
    assert!(joined > 0);
}

#[test]
fn a_probe_prices_messages_as_the_crawl_pays_for_them() {
    let world = World::with_faults("");
    let probed = world.json(&["probe", "--service", world.running.service_sid(), "--include", ALONE[1]]);
    assert_eq!(probed["requests_exact"], false, "messages are sent meanwhile");
    let before = world.running.stats().by_route["v2 ListChannel"];
    let crawled = world.crawl(&ALONE);
    assert_eq!(crawled.result["requests"]["total"], probed["requests"]);
    let asked = world.running.stats().by_route;
    assert_eq!(json!(asked["v2 ListMessage"]), probed["requests_by_resource"]["messages"]);
    assert!(asked["v2 ListChannel"] > before);
}

/// Selected users bring the channels that they are on, and those channels all of their messages.
#[test]
fn selected_users_bring_the_messages_of_their_channels() {
    let world = World::new(Options { users: 60, ..Options::default() });
    let truth = world.truth();
    let user = truth["users"].iter().find(|user| user["joined_channels_count"] == 2).unwrap();
    std::fs::write(world.path("users.txt"), user["sid"].as_str().unwrap()).unwrap();
    let crawled = world.crawl(&[WITH_MESSAGES[0], WITH_MESSAGES[1], "--users", "users.txt"]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    let of_user: BTreeSet<_> = truth["user_channels"]
        .iter()
        .filter(|row| row["user_sid"] == user["sid"])
        .map(|row| row["channel_sid"].to_string())
        .collect();
    let expected: Vec<_> = truth["messages"]
        .iter()
        .filter(|row| of_user.contains(&row["channel_sid"].to_string()))
        .cloned()
        .collect();
    assert_eq!(ndjson(&world.export("out", &[]).join("messages.ndjson")), expected);
}

#[test]
fn conversations_gives_the_messages_of_the_conversations_that_it_shows() {
    let world = World::with_faults("repeat-row=10%,empty-page=10%,short-page=10%,expired-token=5%");
    let crawled = world.crawl(&["--source", "conversations", "--include", "channels,messages"]);
    assert_eq!((crawled.code, &crawled.result["verdict"]), (0, &json!("complete")), "{}", crawled.talk);
    assert_eq!(crawled.result["issues"], 0);
    let truth = world.running.truth();
    let expected: Vec<Row> =
        truth.channel_sids().flat_map(|channel| truth.conversation_messages(&channel)).map(bare).collect();
    assert!(
        !expected.is_empty() && expected.len() < world.truth()["messages"].len(),
        "public channels are not shown"
    );
    let out = world.export("out", &[]);
    assert_eq!(ndjson(&out.join("conversation_messages.ndjson")), expected);
    // In Chat's shape, what Conversations does not say is null, and what it names otherwise is there.
    let in_chats_shape = ndjson(&out.join("messages.ndjson"));
    assert_eq!(in_chats_shape.len(), expected.len());
    for (row, expected) in in_chats_shape.iter().zip(&expected) {
        assert_eq!((&row["from"], &row["body"]), (&expected["author"], &expected["body"]));
        assert_eq!(
            (&row["channel_sid"], &row["to"]),
            (&expected["conversation_sid"], &expected["conversation_sid"])
        );
        assert_eq!((&row["index"], &row["media"]), (&expected["index"], &expected["media"]));
        assert!(["type", "was_edited", "last_updated_by"].iter().all(|key| row[*key].is_null()));
    }
}

/// A message read from Chat becomes what Conversations would give for it, but for what Chat does not say.
#[test]
fn messages_of_chat_are_those_that_conversations_would_have() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&ALONE).code, 0);
    let out = world.export("out", &["--records", "conversation_messages", "--format", "ndjson,csv"]);
    let of_chat = ndjson(&out.join("conversation_messages.ndjson"));
    let truth = world.running.truth();
    let mut compared = 0;
    for channel in truth.channel_sids() {
        let rows = of_chat.iter().filter(|row| row["conversation_sid"] == channel.as_str());
        for (row, mut expected) in rows.zip(truth.conversation_messages(&channel).into_iter().map(bare)) {
            expected["participant_sid"] = Value::Null;
            assert_eq!(*row, expected);
            compared += 1;
        }
    }
    assert!(compared > 0);
    assert!(of_chat.iter().any(|row| row["media"].as_array().is_some_and(|files| files.len() == 1)));
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_has_every_message() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let world = World::with_faults("");
    assert_eq!(world.crawl(&ALONE).code, 0);
    let out = world.export("out", &["--format", "parquet", "--records", "messages"]);
    let reader =
        SerializedFileReader::new(std::fs::File::open(out.join("messages.parquet")).unwrap()).unwrap();
    let names: Vec<_> = reader
        .metadata()
        .file_metadata()
        .schema()
        .get_fields()
        .iter()
        .map(|field| field.name().to_owned())
        .collect();
    let position = |name: &str| names.iter().position(|found| found == name).unwrap();
    let truth = &world.truth()["messages"];
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), truth.len());
    for (row, expected) in rows.iter().zip(truth) {
        assert_eq!(row.get_long(position("index")).unwrap(), expected["index"].as_i64().unwrap());
        assert_eq!(row.get_string(position("from")).unwrap(), expected["from"].as_str().unwrap());
        assert_eq!(row.get_string(position("body")).ok().map(String::as_str), expected["body"].as_str());
        let media = row.get_string(position("media")).ok().map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(media.unwrap_or(Value::Null), expected["media"]);
    }
}
