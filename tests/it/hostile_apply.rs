//! A hostile server while a plan is applied or verified: answers that are too large, lists without end.
//!
//! The plan is made against one world and applied to another of the same seed, which is the same account with other faults.

use chatferry::internals::simulator::Options;
use serde_json::Value;

use crate::support::{Ran, World, run};

fn world(faults: &str) -> World {
    let faults = faults.parse().unwrap();
    World::new(Options { users: 8, channels: 5, memberships: 2, faults, ..Options::default() })
}

/// A calm world with a plan for a copy, and the SID of the target.
fn planned() -> (World, String) {
    let calm = world("");
    let target = calm.running.target_service_sid().to_owned();
    assert_eq!(calm.crawl(&[]).code, 0);
    assert_eq!(calm.run(&["plan", "--target", &target]).code, 0);
    (calm, target)
}

/// Runs a verb on the calm world's files against another world.
fn run_on(calm: &World, other: &World, arguments: &[&str]) -> Ran {
    run(other.chatferry(arguments).current_dir(calm.folder.path()))
}

const APPLY: [&str; 8] =
    ["apply", "--yes", "--json", "--service-rate", "1000", "--conversation-rate", "1000", "--quiet"];

#[test]
fn a_lookup_through_a_list_without_end_is_given_up_and_makes_nothing_twice() {
    let (calm, target) = planned();
    let hostile = world(&format!("endless=same-rows:/v1/Services/{target}/Roles"));
    // Only what is on a page shows that a list does not end.
    for name in ["one", "two"] {
        let form = [("FriendlyName", name), ("Type", "service"), ("Permission", "createConversation")];
        crate::support::post(&hostile, &format!("/v1/Services/{target}/Roles"), &form);
    }
    let before = hostile.running.stats().requests;
    let applied = run_on(&calm, &hostile, &APPLY);
    assert_eq!(applied.code, 4, "{applied:?}");
    let summary: Value = serde_json::from_str(&applied.stdout).unwrap();
    assert_eq!(summary["operations"]["create_role"]["done"], Value::Null, "{summary}");
    assert!(summary["left"].as_u64() > Some(0), "{summary}");
    let requests = hostile.running.stats().requests - before;
    assert!(requests < 1_000, "{requests} requests");
    assert_eq!(hostile.running.created_more_than_once(), []);
}

#[test]
fn answers_that_are_too_large_are_looked_up_and_make_nothing_twice() {
    let (calm, _) = planned();
    let hostile = world("big-body=20%");
    let mut code = 4;
    for _ in 0..20 {
        let applied = run_on(&calm, &hostile, &[&APPLY[..], &["--max-answer", "1"]].concat());
        code = applied.code;
        if code != 4 {
            break;
        }
    }
    assert!(matches!(code, 0 | 5), "it comes to its end: {code}");
    assert_eq!(hostile.running.created_more_than_once(), []);
}

#[test]
fn a_verification_of_answers_that_are_too_large_names_the_limit() {
    let (calm, _) = planned();
    let hostile = world("big-body=100%");
    let verified = run_on(&calm, &hostile, &["verify", "--max-answer", "1"]);
    assert!(matches!(verified.code, 1 | 4), "{verified:?}");
    assert!(verified.stderr.contains("--max-answer"), "{verified:?}");
    assert_eq!(hostile.running.writes(), []);
}
