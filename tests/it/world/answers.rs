//! Answers that do not say what happened: 404 after a create, ignored fields, lost answers.

use chatferry::internals::simulator::{Options, WriteClock};
use serde_json::Value;

use super::{apply, count, crawl, in_target, plain_with, plan, plan_copy};
use crate::support::{Row, World};

/// Case 10.
#[test]
fn a_create_that_is_not_found_is_looked_up_before_it_failed() {
    let world = plain_with("create-404=100%");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(count(&result, "create_", "failed"), 0, "{ran:?}");
    assert_eq!(world.running.created_more_than_once(), []);
    let users = world.running.truth().user_sids().count();
    assert_eq!(in_target(&world, |truth| truth.users().count()), users);
}

/// Case 11.
#[test]
fn a_field_that_the_answer_shows_as_ignored_is_not_done() {
    let world = plain_with("ignore=Attributes");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 5, "{result}");
    let is_ignored = |row: &Row| !matches!(row["attributes"].as_str(), None | Some("" | "{}"));
    let (all, ignored) = world
        .running
        .truth()
        .channels()
        .fold((0, 0), |(all, ignored), row| (all + 1, ignored + u64::from(is_ignored(&row))));
    assert!(ignored > 0 && count(&result, "create_conversation", "done") <= all - ignored, "{result}");
    let again = plan_copy(&world, &["--plan", "again.db"]);
    assert_eq!(again["verdict"], "nothing_to_do", "{again}");
    assert_eq!(again["findings"]["conversation_differs"]["count"], ignored, "{again}");
    let shown = world.run(&["plan", "show", "--plan", "again.db"]);
    assert!(shown.stdout.contains("Nothing to write, with differences"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("holds everything"), "{}", shown.stdout);
}

/// Case 12.
#[test]
fn a_channel_that_stays_public_is_not_done() {
    let world = plain_with("stays-public=100%");
    crawl(&world, &[]);
    assert_eq!(plan(&world, "in-place", &[]).code, 0);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(ran.code, 4, "{result}");
    let public = world.running.truth().channels().filter(|row| row["type"] == "public").count() as u64;
    assert_eq!(
        (count(&result, "make_private", "done"), count(&result, "make_private", "failed")),
        (0, public)
    );
    let reason = result["not_done"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("left_public: "), "{reason}");
    // Each look at it says the same: the summary, a verification, a new plan.
    let again = world.run(&["apply", "--yes"]);
    let said = format!("{}{}", again.stdout, again.stderr);
    assert!(again.code == 4 && said.contains("left the channel public"), "{again:?}");
    let verified = world.run(&["verify", "--format", "ndjson", "--quiet"]);
    assert_eq!(verified.code, 5, "{verified:?}");
    crawl(&world, &["--snapshot", "later.db"]);
    let flags = ["--snapshot", "later.db", "--plan", "later-plan.db"];
    let planned: Value = serde_json::from_str(&plan(&world, "in-place", &flags).stdout).unwrap();
    assert_eq!(count(&planned, "make_private", "pending"), public, "{planned}");
}

/// Case 18.
#[test]
fn undo_takes_back_what_was_found_after_a_lost_answer() {
    for faults in ["lost-answer=40%", "accepted-503=40%", "create-404=40%"] {
        let world = World::new(Options {
            users: 12,
            channels: 8,
            memberships: 3,
            write_clock: WriteClock::Started(jiff::Timestamp::now()),
            faults: faults.parse().unwrap(),
            ..Options::default()
        });
        crawl(&world, &[]);
        plan_copy(&world, &[]);
        apply(&world, &[]);
        let undo = world.json(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
        assert!(count(&undo, "delete_", "pending") > 0, "{undo}");
        apply(&world, &["--plan", "undo.db"]);
        let left = in_target(&world, |truth| (truth.users().count(), truth.conversations().count()));
        assert_eq!(left, (0, 0), "{faults}");
        let roles = in_target(&world, |truth| truth.roles().len());
        assert_eq!(roles, 4, "{faults}: the roles that every service has");
    }
}

/// Case 18: whose clock is far from Twilio's cannot prove who made a user.
#[test]
fn what_an_undo_leaves_is_listed_and_the_verdict_says_so() {
    let world = plain_with("lost-answer=40%");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    apply(&world, &[]);
    let planned = world.json(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
    let left = planned["findings"]["cannot_be_undone"]["count"].as_u64().unwrap();
    assert!(left > 0 && planned["verdict"] == "ready_except_blocked", "{planned}");
    let (ran, result) = apply(&world, &["--plan", "undo.db"]);
    let users = in_target(&world, |truth| truth.users().count()) as u64;
    assert!(users > 0 && users <= left, "{users} of {left}: {ran:?}");
    assert_ne!(result["verdict"], "complete", "{result}");
    assert_eq!(ran.code, 5, "{ran:?}");
    let shown = world.run(&["plan", "show", "--plan", "undo.db", "--format", "md"]);
    assert!(shown.stdout.contains("cannot be undone"), "{}", shown.stdout);
}
