//! The import files of other systems, as the program writes them of a crawl.

use std::collections::BTreeSet;

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};

use crate::support::{World, files};

/// What a crawl has to read for complete import files.
const INCLUDE: &str = "roles,users,channels,user-channels,members,invites,messages";

fn crawled() -> World {
    let world = World::new(Options { users: 40, ..Options::default() });
    assert_eq!(world.crawl(&["--include", INCLUDE]).code, 0);
    world
}

fn lines(world: &World, path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(world.path(path)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What is asked for besides the mapping: that lines follow their schema, or pseudonyms, which need not.
fn policies(world: &World) -> [&'static [&'static str]; 2] {
    std::fs::write(world.path("key"), "0123456789abcdef0123456789abcdef").unwrap();
    [&["--check-schema"], &["--pii", "hmac", "--pii-key-file", "key"]]
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[test]
fn a_crawl_becomes_streams_file_and_every_reference_is_in_it() {
    let world = crawled();
    for policy in policies(&world) {
        world.export("out", &[&["--mapping", "stream", "--format", "ndjson"], policy].concat());
        streams_file_is_complete(&world);
    }
}

fn streams_file_is_complete(world: &World) {
    let rows = lines(world, "out/stream-0001.ndjson");
    let ids = |kind: &str| -> BTreeSet<&str> {
        rows.iter().filter(|row| row["type"] == kind).map(|row| text(&row["data"]["id"])).collect()
    };
    let (users, channels) = (ids("user"), ids("channel"));
    for row in &rows {
        let data = &row["data"];
        for user in ["user_id", "user", "created_by"].iter().filter_map(|key| data.get(key)) {
            assert!(users.contains(text(user)), "{row}");
        }
        if let Some(channel) = data.get("channel_id") {
            assert!(channels.contains(text(channel)), "{row}");
        }
        for muted in data.get("channel_mutes").and_then(Value::as_array).into_iter().flatten() {
            assert!(channels.contains(text(muted).strip_prefix("messaging:").unwrap()), "{row}");
        }
    }
    let counts = |kind: &str| rows.iter().filter(|row| row["type"] == kind).count();
    let truth = world.truth();
    assert_eq!(counts("user"), truth["users"].len() + 1, "everyone, and `system`");
    assert_eq!(counts("channel"), truth["channels"].len());
    assert_eq!(counts("message"), truth["messages"].len());
    assert!(rows.iter().any(|row| row["data"].get("channel_mutes").is_some()));
    assert!(rows.iter().any(|row| row["data"]["user"] == "system"), "an author who is no user any more");
}

#[test]
fn a_crawl_becomes_mattermosts_file_with_direct_channels_where_they_are_wanted() {
    let world = crawled();
    let mut directs = 0;
    let switches = [&[][..], &["--switch", "direct_channels"]];
    let policies = policies(&world);
    for (switch, policy) in switches.iter().flat_map(|switch| policies.map(|policy| (switch, policy))) {
        let mut flags = vec!["--mapping", "mattermost", "--format", "ndjson"];
        flags.extend(*switch);
        flags.extend(policy);
        world.export("out", &flags);
        let rows = lines(&world, "out/mattermost.ndjson");
        assert_eq!(rows[0], json!({ "type": "version", "version": 1 }));
        let names = |kind: &str, key: &str| -> BTreeSet<&str> {
            rows.iter().filter(|row| row["type"] == kind).map(|row| text(&row[kind][key])).collect()
        };
        let (users, channels) = (names("user", "username"), names("channel", "name"));
        let (mut posts, mut keys) = (0, BTreeSet::new());
        for row in &rows {
            let kind = text(&row["type"]);
            let item = &row[kind];
            match kind {
                "post" | "direct_post" => {
                    assert!(users.contains(text(&item["user"])), "{row}");
                    assert!(
                        item.get("channel").is_none_or(|channel| channels.contains(text(channel))),
                        "{row}"
                    );
                    let place = item.get("channel").unwrap_or(&item["channel_members"]).to_string();
                    keys.insert((place, item["message"].to_string(), item["create_at"].as_i64()));
                    posts += 1;
                }
                "user" => {
                    for team in item["teams"].as_array().into_iter().flatten() {
                        let of_user = team["channels"].as_array().unwrap();
                        assert!(
                            of_user.iter().all(|channel| channels.contains(text(&channel["name"]))),
                            "{row}"
                        );
                        assert!(names("team", "name").contains(text(&team["name"])), "{row}");
                    }
                }
                "direct_channel" => {
                    assert!(
                        item["members"].as_array().unwrap().iter().all(|user| users.contains(text(user)))
                    );
                    directs += 1;
                }
                _ => {}
            }
        }
        assert!(posts > 100 && keys.len() * 100 > posts * 99, "{posts} posts have {} keys", keys.len());
    }
    let pairs = world.truth()["channels"].iter().filter(|channel| channel["members_count"] == 2).count();
    assert!(directs <= 2 * pairs, "{directs} of {pairs}, written twice");
}

#[test]
fn a_crawl_becomes_cometchats_requests_of_fifty_in_their_order() {
    let world = crawled();
    for policy in policies(&world) {
        world.export("out", &[&["--mapping", "cometchat", "--format", "ndjson"], policy].concat());
        cometchats_requests_are_complete(&world);
    }
}

fn cometchats_requests_are_complete(world: &World) {
    let order = ["users", "groups", "members", "messages"];
    let (mut last, mut ids) = (0, BTreeSet::new());
    for request in lines(world, "out/cometchat.ndjson") {
        let kind = text(&request["path"]).rsplit('/').next().unwrap().to_owned();
        let position = order.iter().position(|known| *known == kind).unwrap();
        assert!(position >= last);
        last = position;
        let entities = request["body"][&kind].as_object().unwrap();
        assert!((1..=50).contains(&entities.len()));
        for (key, entity) in entities {
            ids.insert(key.clone());
            for reference in ["owner", "uid", "guid", "sender", "receiver"] {
                let id = entity.get(reference);
                assert!(id.is_none_or(|id| ids.contains(text(id))), "{reference} of {entity}");
            }
        }
    }
    assert_eq!(last, 3);
}

#[test]
fn a_mapping_is_checked_with_its_schema_before_it_is_used() {
    let world = crawled();
    let checked = world.run(&["mapping", "check", "stream", "--snapshot", "snapshot.db", "--rows", "1"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(checked.stdout.contains("rows follow their schema"), "{checked:?}");
    std::fs::write(world.path("lines.json"), r#"{ "properties": { "sid": { "pattern": "^XX" } } }"#).unwrap();
    let mapping = "version = 1\nname = \"m\"\n[[records]]\nname = \"people\"\nentity = \"user\"\nkey = [\"sid\"]\nschema = \"lines.json\"\n\
                   columns = [{ name = \"sid\", path = \"user.sid\" }]\n";
    std::fs::write(world.path("m.toml"), mapping).unwrap();
    let checked = world.run(&["mapping", "check", "m.toml", "--snapshot", "snapshot.db"]);
    assert_eq!(checked.code, 5, "{checked:?}");
    assert!(
        checked.stdout.contains("an export would end here") && checked.stdout.contains("line 1 (people US")
    );
    let exported = world.run(&["export", "--mapping", "m.toml", "--check-schema", "--out", "out"]);
    assert_eq!(exported.code, 1, "{exported:?}");
    assert!(
        exported.stderr.contains("do not follow the schema `lines.json`; line 1 (people US"),
        "{exported:?}"
    );
    assert!(!world.path("out").exists());
    // Without the check the lines are written.
    let out = world.export("out", &["--mapping", "m.toml"]);
    assert_eq!(files(&out).len(), 2);
}

#[test]
fn what_was_asked_for_wrongly_is_said_before_anything_is_read() {
    let world = World::with_faults("");
    let refused = |flags: &[&str]| {
        let mut arguments = vec!["export", "--out", "out"];
        arguments.extend(flags);
        let ran = world.run(&arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(!world.path("out").exists());
        ran.stderr
    };
    let error = refused(&["--mapping", "mattermost", "--switch", "direct_chanels"]);
    assert!(error.contains("no switch `direct_chanels` (did you mean `direct_channels`?)"), "{error}");
    let error = refused(&["--retain-until", "2020-01-31"]);
    assert!(error.contains("--retain-until") && error.contains("2020-01-31 has passed"), "{error}");
    let error = refused(&["--switch", "direct_channels"]);
    assert!(error.contains("the mappings have none"), "{error}");
}
