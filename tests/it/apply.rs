//! `apply`: a plan is performed, each thing once, whatever the network does; and nothing else is sent.

use std::collections::{BTreeMap, BTreeSet};

use chatferry::simulator::Options;
use serde_json::{Value, json};

use crate::support::{Ran, World};

/// A world with a snapshot and a plan that copies it into the empty service.
fn planned(options: Options, flags: &[&str]) -> World {
    let world = World::new(options);
    plan(&world, flags);
    world
}

/// Crawls and plans without the faults of the server counting.
fn plan(world: &World, flags: &[&str]) {
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    let target = world.running.target_service_sid().to_owned();
    let mut arguments = vec!["plan", "--target", &target, "--max-change-percent", "100", "--quiet"];
    arguments.extend(flags);
    let ran = world.run(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Applies with rates that do not hold a test up.
fn apply(world: &World, flags: &[&str]) -> (Ran, Value) {
    let mut arguments =
        vec!["apply", "--yes", "--json", "--service-rate", "1000", "--conversation-rate", "1000"];
    arguments.extend(flags);
    let ran = world.run(&arguments);
    let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, result)
}

#[test]
fn a_copy_is_made_and_made_again_it_does_nothing() {
    let world = planned(Options::default(), &[]);
    let (ran, result) = apply(&world, &[]);
    eprintln!("{}", ran.stderr);
    assert_eq!((ran.code, &result["verdict"]), (0, &json!("complete")), "{ran:?}");
    let writes = world.running.writes().len();
    assert!(writes > 1000, "{writes}");
    assert_eq!(world.running.created_more_than_once(), []);
    let (ran, result) = apply(&world, &[]);
    assert_eq!((ran.code, &result["performed"]), (0, &json!({})), "{ran:?}");
    assert_eq!(world.running.writes().len(), writes);
}
