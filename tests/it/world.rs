//! Accounts as they are in the world: closed conversations, participants of other networks, half of an emoji, refused endpoints.
//!
//! Each test is one case of a public bug report, a support article or a real payload.

use chatferry::internals::simulator::{Options, WorldKind};
use serde_json::Value;

use crate::support::{Ran, Row, World, post};

fn real_with(faults: &str) -> World {
    World::new(Options {
        world: WorldKind::Real,
        users: 10,
        channels: 8,
        memberships: 3,
        faults: faults.parse().unwrap(),
        ..Options::default()
    })
}

fn plain_with(faults: &str) -> World {
    World::new(Options {
        users: 12,
        channels: 8,
        memberships: 3,
        faults: faults.parse().unwrap(),
        ..Options::default()
    })
}

fn crawl(world: &World, flags: &[&str]) {
    let crawled = world.crawl(&[&["--quiet"], flags].concat());
    assert_eq!(crawled.code, 0, "{crawled:?}");
}

fn plan(world: &World, target: &str, flags: &[&str]) -> Ran {
    world.run(
        &[&["plan", "--target", target, "--max-change-percent", "100", "--json", "--quiet"], flags].concat(),
    )
}

/// Plans a copy into the empty service of the same account.
fn plan_copy(world: &World, flags: &[&str]) -> Value {
    let target = world.running.target_service_sid().to_owned();
    let ran = plan(world, &target, flags);
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

fn apply(world: &World, flags: &[&str]) -> (Ran, Value) {
    let rates = ["--service-rate", "1000", "--conversation-rate", "1000"];
    let ran = world.run(&[&["apply", "--yes", "--json", "--quiet"], &rates[..], flags].concat());
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

/// The rows of a list in the target service.
fn in_target<T>(world: &World, rows: impl FnOnce(&chatferry::internals::simulator::Truth) -> T) -> T {
    rows(&world.running.truth_of(world.running.target_service_sid()).unwrap())
}

fn text<'a>(row: &'a Row, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

/// A private channel of the generated service that someone has joined.
fn conversation(world: &World) -> String {
    let truth = world.running.truth();
    let sid = truth.conversation_sids().find(|sid| !truth.participants(sid).is_empty());
    sid.unwrap()
}

/// Case 13.
#[test]
fn an_identity_of_dots_is_looked_up_through_the_list() {
    let world = real_with("accepted-503=60%");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    apply(&world, &[]);
    let identities: Vec<String> =
        in_target(&world, |truth| truth.users().map(|row| text(&row, "identity").to_owned()).collect());
    // The users with attributes that are not JSON are blocked.
    let expected = [".", ".."].map(|identity| identities.iter().filter(|known| *known == identity).count());
    assert_eq!(expected, [1, 1], "{identities:?}");
    assert_eq!(world.running.created_more_than_once(), []);
}

/// Case 21.
#[test]
fn numbers_beyond_64_bits_are_compared_as_written() {
    let world = plain_with("");
    let sid = conversation(&world);
    let path = format!("/v1/Services/{}/Conversations/{sid}", world.running.service_sid());
    post(&world, &path, &[("Attributes", "{\"n\":340282366920938463463374607431768211455}")]);
    crawl(&world, &["--source", "conversations"]);
    post(&world, &path, &[("Attributes", "{\"n\":340282366920938463463374607431768211456}")]);
    let ran = world.run(&["verify", "--snapshot", "snapshot.db", "--format", "ndjson", "--quiet"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stdout.contains(&sid), "{ran:?}");
}
