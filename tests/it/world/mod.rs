//! Accounts as they are in the world: closed conversations, participants of other networks, half of an emoji, refused endpoints.
//!
//! Each test is one case of a public bug report, a support article or a real payload.

mod answers;
mod copies;
mod participants;
mod process;
mod refusals;
mod texts;

use chatferry::internals::simulator::{Options, Truth, WorldKind};
use serde_json::Value;

use crate::support::{Ran, Row, World};

/// A small service with the specimens of the real world.
pub(super) fn real() -> World {
    real_with("")
}

pub(super) fn real_with(faults: &str) -> World {
    World::new(Options { faults: faults.parse().unwrap(), ..real_options() })
}

pub(super) fn real_options() -> Options {
    Options { world: WorldKind::Real, users: 10, channels: 8, memberships: 3, ..Options::default() }
}

pub(super) fn plain_with(faults: &str) -> World {
    World::new(Options {
        users: 12,
        channels: 8,
        memberships: 3,
        faults: faults.parse().unwrap(),
        ..Options::default()
    })
}

pub(super) fn crawl(world: &World, flags: &[&str]) {
    let crawled = world.crawl(&[&["--quiet"], flags].concat());
    assert_eq!(crawled.code, 0, "{crawled:?}");
}

pub(super) fn plan(world: &World, target: &str, flags: &[&str]) -> Ran {
    world.run(
        &[&["plan", "--target", target, "--max-change-percent", "100", "--json", "--quiet"], flags].concat(),
    )
}

/// Plans a copy into the empty service of the same account.
pub(super) fn plan_copy(world: &World, flags: &[&str]) -> Value {
    let target = world.running.target_service_sid().to_owned();
    let ran = plan(world, &target, flags);
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

pub(super) fn apply(world: &World, flags: &[&str]) -> (Ran, Value) {
    let rates = ["--service-rate", "1000", "--conversation-rate", "1000"];
    let ran = world.run(&[&["apply", "--yes", "--json", "--quiet"], &rates[..], flags].concat());
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

/// How many operations of the kinds that start so are in a state.
pub(super) fn count(result: &Value, kinds: &str, state: &str) -> u64 {
    let operations = result["operations"].as_object().unwrap();
    let of_kind = operations.iter().filter(|(kind, _)| kind.starts_with(kinds));
    of_kind.filter_map(|(_, states)| states.get(state)?.as_u64()).sum()
}

/// The rows of a list in the target service.
pub(super) fn in_target<T>(world: &World, rows: impl FnOnce(&Truth) -> T) -> T {
    rows(&world.running.truth_of(world.running.target_service_sid()).unwrap())
}

pub(super) fn named<'a>(rows: &'a [Row], name: &str) -> &'a Row {
    rows.iter().find(|row| row["friendly_name"] == name).unwrap_or_else(|| panic!("{name} is missing"))
}

pub(super) fn text<'a>(row: &'a Row, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

/// A private channel of the generated service that someone has joined.
pub(super) fn conversation(world: &World) -> String {
    let truth = world.running.truth();
    let sid = truth.conversation_sids().find(|sid| !truth.participants(sid).is_empty());
    sid.unwrap()
}
