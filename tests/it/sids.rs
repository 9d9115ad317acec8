//! `export --plan`: the SIDs of the source beside those of the target, as the plan and the simulator have them.

use std::collections::{BTreeMap, BTreeSet};

use chatferry::internals::simulator::Options;
use serde_json::Value;

use crate::support::{Row, World, ndjson};

const RECORDS: [&str; 4] = ["role_sids", "user_sids", "conversation_sids", "participant_sids"];

fn world() -> World {
    let world = World::new(Options { users: 20, channels: 10, memberships: 4, ..Options::default() });
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    world
}

fn plan(world: &World, target: &str) {
    let planned = world.run(&["plan", "--target", target, "--max-change-percent", "100", "--quiet"]);
    assert_eq!(planned.code, 0, "{planned:?}");
}

fn apply(world: &World, flags: &[&str]) {
    let fast = ["apply", "--yes", "--quiet", "--service-rate", "1000", "--conversation-rate", "1000"];
    let ran = world.run(&[&fast[..], flags].concat());
    assert!(matches!(ran.code, 0 | 4 | 5), "{ran:?}");
}

/// The exported map: record → rows.
fn exported(world: &World, folder: &str) -> BTreeMap<&'static str, Vec<Row>> {
    let flags = ["--mapping", "sids", "--plan", "plan.db", "--format", "ndjson,csv"];
    let out = world.export(folder, &flags);
    RECORDS.iter().map(|&record| (record, ndjson(&out.join(format!("{record}.ndjson"))))).collect()
}

/// The pairs of an export that have both sides.
fn pairs(exported: &BTreeMap<&str, Vec<Row>>) -> BTreeSet<(String, String)> {
    let pair = |row: &Row| Some((text(row, "source_sid"), row["target_sid"].as_str()?.to_owned()));
    exported.values().flatten().filter_map(pair).collect()
}

/// The pairs that `plan show` lists.
fn shown(world: &World) -> BTreeSet<(String, String)> {
    let shown = world.run(&["plan", "show", "--format", "sids"]).stdout;
    let pair = |line: &str| {
        let mut cells = line.split(',').skip(1).map(str::to_owned);
        (cells.next().unwrap(), cells.next().unwrap())
    };
    shown.lines().skip(1).map(pair).collect()
}

fn text(row: &Row, key: &str) -> String {
    row[key].as_str().unwrap().to_owned()
}

#[test]
fn the_map_of_a_copy_is_that_of_the_plan_and_leads_to_the_same_things() {
    let world = world();
    let service = world.running.target_service_sid().to_owned();
    plan(&world, &service);
    let before = exported(&world, "before");
    assert_eq!(pairs(&before), shown(&world));
    assert!(before["user_sids"].iter().all(|row| row["target_sid"].is_null()), "nothing is there yet");
    apply(&world, &["--only", "create_role,create_user"]);
    let midway = exported(&world, "midway");
    assert_eq!(pairs(&midway), shown(&world));
    assert!(midway["participant_sids"].iter().all(|row| row["target_conversation_sid"].is_null()));
    apply(&world, &[]);
    let after = exported(&world, "after");
    assert_eq!(pairs(&after), shown(&world));

    let (source, target) = (world.running.truth(), world.running.truth_of(&service).unwrap());
    let by_sid = |rows: Vec<Row>| -> BTreeMap<String, Row> {
        rows.into_iter().map(|row| (text(&row, "sid"), row)).collect()
    };
    let users = by_sid(target.users().collect());
    let channels = by_sid(target.channels().collect());
    let members = by_sid(target.channel_sids().flat_map(|channel| target.members(&channel)).collect());
    let roles = by_sid(target.roles());
    let mut checked = BTreeMap::new();
    for (&record, rows) in &after {
        let keys: Vec<String> = rows.iter().map(|row| text(row, "source_sid")).collect();
        if record != "participant_sids" {
            assert!(keys.is_sorted(), "{record}");
        }
        for row in rows {
            assert_eq!(row["service_sid"], world.running.service_sid());
            let Some(sid) = row["target_sid"].as_str() else { continue };
            let same = |found: &Row, names: &[&str]| {
                assert!(names.iter().all(|name| found[*name] == row[*name]), "{found:?} {row:?}");
            };
            match record {
                "role_sids" => same(&roles[sid], &["friendly_name"]),
                "user_sids" => same(&users[sid], &["identity"]),
                "conversation_sids" => {
                    let named = channels[sid]["unique_name"].as_str().unwrap();
                    let own = row["unique_name"]
                        .as_str()
                        .map_or_else(|| format!("chatferry-{}", text(row, "source_sid")), str::to_owned);
                    assert_eq!(named, own);
                    same(&channels[sid], &["friendly_name"]);
                }
                _ => {
                    same(&members[sid], &["identity"]);
                    assert_eq!(members[sid]["channel_sid"], row["target_conversation_sid"]);
                }
            }
            *checked.entry(record).or_insert(0) += 1;
        }
    }
    assert!(checked["user_sids"] > 10 && checked["conversation_sids"] > 5, "{checked:?}");
    assert!(checked["participant_sids"] > 20 && checked["role_sids"] > 2, "{checked:?}");
    assert_eq!(after["user_sids"].len(), source.users().count(), "users that were not copied are there too");
    let package: Value =
        serde_json::from_slice(&std::fs::read(world.path("after/datapackage.json")).unwrap()).unwrap();
    assert_eq!(package["chatferry"]["settings"]["plan"]["target_service_sid"], service);
    let again = exported(&world, "again");
    assert_eq!(after, again);
}

#[test]
fn in_place_a_sid_is_its_own_counterpart_also_of_a_public_channel() {
    let world = world();
    plan(&world, "in-place");
    for row in exported(&world, "sids").values().flatten() {
        assert_eq!(row["target_sid"], row["source_sid"]);
    }
}

#[test]
fn any_mapping_may_ask_for_sids_of_the_target() {
    let world = world();
    plan(&world, world.running.target_service_sid());
    apply(&world, &[]);
    let mapping = "version = 1\nname = \"mine\"\n[[records]]\nname = \"mine\"\nentity = \"channel\"\nkey = [\"sid\"]\n\
        where = \"sid|counterpart is not none\"\ncolumns = [\n\
        { name = \"sid\", path = \"channel.sid\" },\n\
        { name = \"url\", value = \"service.sid|counterpart ~ '/' ~ sid|counterpart\" },\n]\n";
    std::fs::write(world.path("mine.toml"), mapping).unwrap();
    assert_eq!(world.run(&["mapping", "check", "mine.toml", "--snapshot", "snapshot.db"]).code, 0);
    let out = world.export("mine", &["--mapping", "mine.toml", "--plan", "plan.db", "--format", "ndjson"]);
    let known: BTreeMap<String, String> = shown(&world).into_iter().collect();
    let rows = ndjson(&out.join("mine.ndjson"));
    assert!(rows.len() > 5);
    for row in rows {
        let url = format!("{}/{}", world.running.target_service_sid(), known[row["sid"].as_str().unwrap()]);
        assert_eq!(row["url"], Value::String(url));
    }
}

#[test]
fn without_its_plan_nothing_is_written() {
    let world = world();
    let refused = |flags: &[&str], told: &[&str]| {
        let ran = world.run(&[&["export", "--out", "out", "--mapping", "sids"], flags].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        for text in told {
            assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
        }
        assert!(!world.path("out").exists(), "{ran:?}");
    };
    refused(&[], &["needs --plan FILE", "role_sids", "target_sid"]);
    refused(&["--plan", "none.db"], &["there is no plan at `none.db`"]);
    refused(&["--plan", "snapshot.db"], &["is not a chatferry plan"]);
    let night = world.run(&[
        "audit",
        "--service",
        world.running.service_sid(),
        "--dir",
        "audits",
        "--mapping",
        "sids",
    ]);
    assert_eq!(night.code, 2, "{night:?}");

    let service = world.running.target_service_sid();
    plan(&world, service);
    let crawled = world.run(&["crawl", "--service", service, "--snapshot", "other.db", "--quiet"]);
    assert_eq!(crawled.code, 0, "{crawled:?}");
    let own = world.running.service_sid();
    refused(&["--plan", "plan.db", "--snapshot", "other.db"], &["the plan `plan.db` is of", own, service]);
    apply(&world, &["--only", "create_role"]);
    let undo = world.run(&["plan", "--undo", "plan.db", "--plan", "undo.db", "--quiet"]);
    assert_eq!(undo.code, 0, "{undo:?}");
    refused(&["--plan", "undo.db"], &["undoes what another plan did"]);
}
