//! `rehearse`: what it says is what the first apply does, and nothing but its result is left.

use std::path::Path;

use chatferry::internals::simulator::{Options, WorldKind};
use serde_json::{Value, json};

use crate::support::{Ran, World, chatferry, files, run};

fn world(seed: u64, kind: WorldKind) -> World {
    let options =
        Options { seed, world: kind, users: 25, channels: 20, memberships: 5, ..Options::default() };
    let world = World::new(options);
    let include = "roles,users,channels,user-channels,members,invites";
    let crawled = world.crawl(&["--include", include, "--quiet"]);
    assert_eq!(crawled.code, 0, "{crawled:?}");
    world
}

fn plan(world: &World, target: &str, flags: &[&str]) -> Value {
    world.json(&[&["plan", "--target", target, "--max-change-percent", "100"], flags].concat())
}

/// Without credentials, and without an address of a server: what `rehearse` is given.
fn rehearse(folder: &Path, flags: &[&str]) -> (Ran, Value) {
    let ran = run(&mut chatferry(folder, &[&["rehearse", "--json", "--progress", "none"], flags].concat()));
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

fn apply(world: &World, flags: &[&str]) -> Value {
    let fast = ["--service-rate", "1000", "--conversation-rate", "1000"];
    world.json(&[&["apply", "--yes", "--quiet"], &fast[..], flags].concat())
}

fn succeeds(result: &Value) {
    assert_eq!(result["verdict"], "would_succeed", "{result:#}");
    assert_eq!((&result["failed"], &result["again"]), (&json!(0), &json!(0)), "{result:#}");
    let verify = &result["verify"];
    assert!(verify["same"].as_u64().unwrap() > 0, "{result:#}");
    assert_eq!(result["undo"]["failed"], 0, "{result:#}");
    assert_eq!(result["undo"]["not_restored"], 0, "{result:#}");
}

#[test]
fn a_plan_in_place_is_rehearsed_without_touching_anything() {
    let world = world(11, WorldKind::Plain);
    plan(&world, "in-place", &[]);
    let (before, requests) = (files(world.folder.path()), world.running.stats().requests);
    let (ran, result) = rehearse(world.folder.path(), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    succeeds(&result);
    assert!(result["undo"]["one_way"].as_u64().unwrap() > 0, "{result:#}");
    assert!(result["sentence"].as_str().unwrap().contains("one-way"), "{result:#}");
    assert_eq!(files(world.folder.path()), before);
    assert_eq!(world.running.stats().requests, requests, "no request leaves the rehearsal");
    // The same seed rehearses the same.
    let (_, again) = rehearse(world.folder.path(), &[]);
    for key in ["verdict", "operations", "causes", "verify", "again", "undo"] {
        assert_eq!(again[key], result[key], "{key}");
    }
}

#[test]
fn a_copy_is_rehearsed_with_faults_and_broken_off() {
    let world = world(12, WorldKind::Plain);
    let target = world.running.target_service_sid().to_owned();
    plan(&world, &target, &["--mute-source"]);
    let (ran, calm) = rehearse(world.folder.path(), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    succeeds(&calm);
    let faults = "429=3%,503=2%,reset=2%,lost-answer=2%,accepted-503=2%,timeout=1%";
    let (ran, result) = rehearse(world.folder.path(), &["--faults", faults, "--kills", "3", "--seed", "5"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    succeeds(&result);
    assert_eq!(result["kills"], 3, "{result:#}");
    assert_eq!(result["operations"], calm["operations"]);
    let seconds = |result: &Value| result["simulated_seconds"].as_f64().unwrap();
    assert!(seconds(&result) > seconds(&calm), "{result:#}");
    assert!(result["requests"].as_u64() > calm["requests"].as_u64(), "{result:#}");
}

#[test]
fn the_page_of_a_plan_suggests_it_where_there_is_something_to_rehearse() {
    let world = world(19, WorldKind::Plain);
    let suggests = |arguments: &[&str], page: &str| {
        let ran = world.run(&[&["plan", "--quiet", "--report", page], arguments].concat());
        assert!([0, 5].contains(&ran.code), "{ran:?}");
        std::fs::read_to_string(world.path(page)).unwrap().contains("chatferry rehearse --plan ")
    };
    assert!(suggests(&["--target", "in-place", "--max-change-percent", "100"], "plan.html"));
    apply(&world, &[]);
    assert!(!suggests(&["--undo", "plan.db", "--plan", "undo.db"], "undo.html"));
}

/// The failures that a rehearsal finds are those of the first apply.
#[test]
fn what_fails_in_the_rehearsal_fails_in_the_apply() {
    for (seed, mapping, in_place) in
        [(13, "conversations", true), (14, "conversations", false), (15, "copy", false)]
    {
        let world = world(seed, WorldKind::Real);
        let target =
            if in_place { "in-place".to_owned() } else { world.running.target_service_sid().to_owned() };
        let planned = plan(&world, &target, &["--mapping", mapping, "--allow-incomplete"]);
        assert_ne!(planned["verdict"], "blocked", "{planned:#}");
        let (_, rehearsed) = rehearse(world.folder.path(), &[]);
        let applied = apply(&world, &[]);
        assert_eq!(rehearsed["operations"], applied["operations"], "{mapping} {target}: {rehearsed:#}");
        assert_eq!(rehearsed["differing"], applied["differing"], "{mapping} {target}");
        let verified = world.json(&["verify"]);
        for mark in ["same", "added", "missing", "different", "unreadable"] {
            assert_eq!(rehearsed["verify"][mark], verified[mark], "{mark} {mapping} {target}: {rehearsed:#}");
        }
        let lines = world.run(&["verify", "--records", "--quiet"]).stdout;
        let first: Vec<&str> = lines.lines().take(20).collect();
        let told: Vec<&str> =
            rehearsed["differences"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        if in_place {
            assert!(!first.is_empty(), "{verified:#}");
            assert_eq!(told, first);
        }
        assert_eq!(told.len(), first.len(), "a copy has other SIDs each time: {told:#?} {first:#?}");
    }
}

#[test]
fn of_a_plan_that_is_applied_in_part_the_rest_is_rehearsed() {
    let world = world(16, WorldKind::Plain);
    let target = world.running.target_service_sid().to_owned();
    plan(&world, &target, &[]);
    let (_, complete) = rehearse(world.folder.path(), &[]);
    apply(&world, &["--limit", "60"]);
    let before = files(world.folder.path());
    let (ran, rest) = rehearse(world.folder.path(), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    succeeds(&rest);
    assert!(rest["applied_before"].as_u64().unwrap() >= 60, "{rest:#}");
    assert!(ran.stderr.contains("were applied already"), "{}", ran.stderr);
    assert!(rest["requests"].as_u64() < complete["requests"].as_u64(), "{rest:#}");
    assert_eq!(rest["operations"], complete["operations"]);
    assert_eq!(files(world.folder.path()), before);
    apply(&world, &[]);
    let (ran, none) = rehearse(world.folder.path(), &["--report", "none.html"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let sentence = none["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("Nothing left to rehearse: "), "{sentence}");
    assert!(!sentence.contains("would succeed"), "{sentence}");
    let page = std::fs::read_to_string(world.path("none.html")).unwrap();
    assert!(page.contains("Nothing is left to rehearse") && !page.contains("would succeed"));
}

/// On a simulated clock: seconds of the plan against seconds of the rehearsal.
#[test]
fn the_estimate_of_a_plan_is_within_a_tenth_of_the_rehearsed_time() {
    for (in_place, users, channels, memberships) in
        [(true, 40, 2_500, 3), (false, 300, 150, 6), (false, 30, 12, 3), (false, 2, 1, 1)]
    {
        let options = Options { seed: 21, users, channels, memberships, ..Options::default() };
        let world = World::new(options);
        assert_eq!(world.crawl(&["--quiet"]).code, 0);
        let target = if in_place { "in-place" } else { world.running.target_service_sid() }.to_owned();
        plan(&world, &target, &[]);
        // Without a rate the requests in flight are what limits, in both.
        let mut command = chatferry(world.folder.path(), &["rehearse", "--json", "--progress", "none"]);
        let ran = run(command.env("CHATFERRY_RPS", "0"));
        let result: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let of = |key: &str| result[key].as_f64().unwrap();
        let ratio = of("estimated_seconds") / of("simulated_seconds");
        assert!((0.9..=1.1).contains(&ratio), "{ratio}: {result:#}");
    }
}

#[test]
fn the_reports_have_the_verdict_the_timeline_and_the_causes() {
    let world = world(18, WorldKind::Real);
    let target = world.running.target_service_sid().to_owned();
    plan(&world, &target, &["--mapping", "conversations", "--allow-incomplete"]);
    let reports = ["--report", "r.html", "--report", "r.md", "--report", "r.json"];
    let (_, result) = rehearse(world.folder.path(), &reports);
    let read = |name: &str| std::fs::read_to_string(world.path(name)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&read("r.json")).unwrap(), result);
    let kinds = result["timeline"]["kinds"].as_array().unwrap();
    let started = kinds.iter().map(|kind| {
        let parts: u64 = kind["parts"].as_array().unwrap().iter().map(|part| part.as_u64().unwrap()).sum();
        assert_eq!(parts, kind["operations"].as_u64().unwrap(), "{kind}");
        parts
    });
    let all =
        result["operations"].as_object().unwrap().values().flat_map(|states| states.as_object().unwrap());
    let all: u64 = all.map(|(_, count)| count.as_u64().unwrap()).sum();
    // Participants that came with their conversations were not started by themselves.
    let started: u64 = started.sum();
    assert!(started > 0 && started < all, "{started} of {all}: {result:#}");
    let sentence = result["sentence"].as_str().unwrap().replace('\'', "&#x27;");
    let (page, markdown) = (read("r.html"), read("r.md"));
    assert!(page.contains(&sentence), "{sentence}");
    assert!(page.contains("Writes started, by kind") && page.contains("class=\"limit\""));
    for kind in kinds {
        let label = kind["kind"].as_str().unwrap().replace('_', " ");
        assert!(page.contains(&label) && markdown.contains(&label), "{label}");
    }
    let taken = run(&mut chatferry(world.folder.path(), &["rehearse", "--report", "plan.db"]));
    assert_eq!(taken.code, 2, "{taken:?}");
}

fn refused(world: &World, says: &[&str]) {
    let ran = run(&mut chatferry(world.folder.path(), &["rehearse"]));
    assert_eq!(ran.code, 2, "{ran:?}");
    for said in says {
        assert!(ran.stderr.contains(said), "`{said}` is missing in {}", ran.stderr);
    }
}

#[test]
fn where_the_file_of_a_mapping_is_gone_the_plan_is_named_and_what_to_do() {
    let world = world(17, WorldKind::Plain);
    let mapping = world.path("own.toml");
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/conversations.toml"));
    std::fs::write(&mapping, text.unwrap()).unwrap();
    plan(&world, "in-place", &["--mapping", "own.toml"]);
    std::fs::remove_file(&mapping).unwrap();
    refused(&world, &["`plan.db` was made with", "own.toml", "put the mapping's file back"]);
}

#[test]
fn what_cannot_be_rehearsed_is_refused_at_once() {
    let world = world(17, WorldKind::Plain);
    plan(&world, "in-place", &[]);
    let (target, snapshot) = (world.path("plan.target.db"), world.path("snapshot.db"));
    let moved = world.path("moved.db");
    std::fs::rename(&target, &moved).unwrap();
    refused(&world, &["plan.target.db", "plan again"]);
    std::fs::copy(&snapshot, &target).unwrap();
    refused(&world, &["plan.target.db", "is not what the plan"]);
    std::fs::rename(&moved, &target).unwrap();
    std::fs::rename(&snapshot, &moved).unwrap();
    refused(&world, &["snapshot.db", "is not there", "in the folder where the plan was made"]);
    std::fs::copy(&target, &snapshot).unwrap();
    refused(&world, &["snapshot.db", "is not the one that `plan.db` was made from"]);
    std::fs::copy(&moved, &snapshot).unwrap();
    rusqlite::Connection::open(&snapshot).unwrap().execute_batch("PRAGMA user_version = 1").unwrap();
    refused(&world, &["snapshot.db", "format"]);
    std::fs::rename(&moved, &snapshot).unwrap();
    let faults = run(&mut chatferry(world.folder.path(), &["rehearse", "--faults", "nope=1%"]));
    assert!(faults.code == 2 && faults.stderr.contains("`nope`"), "{faults:?}");
    apply(&world, &[]);
    world.json(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
    let undo = run(&mut chatferry(world.folder.path(), &["rehearse", "--plan", "undo.db"]));
    assert!(undo.code == 2 && undo.stderr.contains("name the plan that it undoes"), "{undo:?}");
    let none = run(&mut chatferry(world.folder.path(), &["rehearse", "--plan", "none.db"]));
    assert!(none.code == 2 && none.stderr.contains("none.db"), "{none:?}");
}
