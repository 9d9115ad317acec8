//! `crawl --cross-check`: one route completely, a share of the other as evidence.

use std::collections::{BTreeMap, BTreeSet};

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};

use crate::support::{Crawled, World, files, spawn, wait_for_requests};

const BY_USER: &str = "users,channels,user-channels";
const BY_CHANNEL: &str = "users,channels,members";

/// A crawl with these parts, checked across or not, into a file of its own.
fn crawl(world: &World, source: &str, include: &str, share: Option<&str>, snapshot: &str) -> Crawled {
    let mut flags = vec!["--source", source, "--include", include, "--snapshot", snapshot];
    flags.extend(share.iter().flat_map(|share| ["--cross-check", share]));
    world.crawl(&flags)
}

/// The SIDs of disagreements of a kind.
fn disagreements(world: &World, snapshot: &str, kind: &str) -> BTreeSet<String> {
    let info = world.json(&["snapshot", "info", snapshot]);
    let found = info["disagreements"].as_array().unwrap().iter().filter(|found| found["kind"] == kind);
    found.map(|found| found["sid"].as_str().unwrap().to_owned()).collect()
}

fn data(world: &World, snapshot: &str, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(&world.export(folder, &["--snapshot", snapshot]));
    files.remove("datapackage.json"); // says when the crawl was
    files
}

#[test]
fn every_part_finds_its_share_and_all_parts_find_everything() {
    let world = World::with_faults("hidden-row=6");
    let truth = world.running.truth();
    let private: BTreeSet<String> = truth.conversation_sids().collect();
    let hidden: BTreeSet<String> = truth
        .hidden_rows()
        .into_iter()
        .map(|(_, channel)| channel)
        .filter(|sid| private.contains(sid))
        .collect();
    assert!(!hidden.is_empty());
    let unchecked = crawl(&world, "conversations", BY_USER, None, "unchecked.db");
    assert_eq!(unchecked.code, 0, "Conversations has no count that would tell");
    let mut found = BTreeSet::new();
    let mut lists = 0;
    for part in 1..=3 {
        let (snapshot, share) = (format!("{part}.db"), format!("{part}/3"));
        let crawled = crawl(&world, "conversations", BY_USER, Some(&share), &snapshot);
        let check = &crawled.result["cross_check"];
        assert_eq!((&check["share"], &check["of"]), (&json!(share), &json!("members")));
        assert_eq!(crawled.result["evidence"], json!(["cross_check"]));
        lists += check["lists"].as_u64().unwrap();
        let here = disagreements(&world, &snapshot, "member_list");
        assert_eq!(crawled.code, if here.is_empty() { 0 } else { 4 }, "{}", crawled.talk);
        assert!(found.is_disjoint(&here));
        found.extend(here);
    }
    assert_eq!((found, lists), (hidden, private.len() as u64));
}

#[test]
fn of_chat_too_it_names_the_channel_where_counts_name_the_number() {
    let world = World::with_faults("hidden-row=2");
    let crawled = crawl(&world, "chat", BY_USER, Some("1/1"), "checked.db");
    assert_eq!((crawled.code, &crawled.result["verdict"]), (4, &json!("incomplete")));
    let hidden: BTreeSet<String> =
        world.running.truth().hidden_rows().into_iter().map(|(_, channel)| channel).collect();
    assert_eq!(disagreements(&world, "checked.db", "member_list"), hidden);
    // A part that has none of these channels does not excuse the counts.
    for part in 1..=5 {
        let (snapshot, share) = (format!("{part}.db"), format!("{part}/5"));
        assert_eq!(crawl(&world, "chat", BY_USER, Some(&share), &snapshot).code, 4, "{share}");
    }
}

#[test]
fn by_channel_the_channels_of_a_share_of_the_users_are_held_against_the_members() {
    for source in ["chat", "conversations"] {
        let world = World::with_faults("");
        let crawled = crawl(&world, source, BY_CHANNEL, Some("1/4"), "sound.db");
        assert_eq!((crawled.code, &crawled.result["verdict"]), (0, &json!("complete")), "{}", crawled.talk);
        assert_eq!(crawled.result["cross_check"]["of"], "user_channels");
        let lists = crawled.result["cross_check"]["lists"].as_u64().unwrap();
        assert!((20..200).contains(&lists), "about a quarter of 300: {lists}");
        assert_eq!(crawled.result["requests"]["total"], crawled.result["requests"]["minimum"]);

        let world = World::with_faults("hidden-row=8");
        let crawled = crawl(&world, source, BY_CHANNEL, Some("1/1"), "holes.db");
        assert_eq!((crawled.code, &crawled.result["verdict"]), (4, &json!("incomplete")), "{source}");
        let truth = world.running.truth();
        let private: BTreeSet<String> = truth.conversation_sids().collect();
        let shown = |channel: &String| source == "chat" || private.contains(channel);
        let hidden: BTreeSet<String> = truth
            .hidden_rows()
            .into_iter()
            .filter(|(_, channel)| shown(channel))
            .map(|(user, _)| user)
            .collect();
        assert_eq!(disagreements(&world, "holes.db", "user_list"), hidden, "{source}");
    }
}

#[test]
fn what_was_read_as_evidence_is_no_data() {
    let world = World::new(Options { users: 80, channels: 30, ..Options::default() });
    for include in [BY_USER, BY_CHANNEL] {
        let name = |of: &str| format!("{of}-{include}.db");
        assert_eq!(crawl(&world, "chat", include, None, &name("plain")).code, 0);
        let plain = data(&world, &name("plain"), &format!("plain-{include}"));
        for share in ["1/2", "2/2"] {
            let snapshot = name(&share.replace('/', "-"));
            let crawled = crawl(&world, "chat", include, Some(share), &snapshot);
            assert_eq!(crawled.code, 0, "{}", crawled.talk);
            assert_eq!(data(&world, &snapshot, &format!("{share}-{include}").replace('/', "-")), plain);
            assert!(world.run(&["snapshot", "info", &snapshot]).stdout.contains(&format!("share {share}")));
            assert_eq!(world.run(&["snapshot", "check", &snapshot]).code, 0);
        }
    }
}

#[test]
fn it_goes_on_with_the_share_it_began_with() {
    let world = World::with_faults("500=1%,repeat-row=2%");
    let flags = ["--source", "chat", "--include", BY_USER, "--cross-check", "2/3"];
    let mut child = spawn(&world, &flags);
    wait_for_requests(&world, &mut child, 150);
    child.kill().unwrap();
    child.wait().unwrap();
    for other in [&flags[..4], &["--source", "chat", "--include", BY_USER, "--cross-check", "1/3"]] {
        let refused = world.crawl(other);
        assert_eq!(refused.code, 2, "{}", refused.talk);
        assert!(refused.talk.contains("cross-check 2/3"), "{}", refused.talk);
    }
    let finished = world.crawl(&flags);
    assert_eq!(finished.code, 0, "{}", finished.talk);
    assert_eq!(finished.result["cross_check"]["share"], "2/3");
    let said = world.crawl(&flags);
    assert_eq!((said.code, &said.result["already_finished"]), (0, &Value::Bool(true)));
}

#[test]
fn where_there_is_nothing_to_check_across_that_is_said_before_any_request() {
    let world = World::with_faults("");
    std::fs::write(world.path("users.txt"), "someone\n").unwrap();
    for (flags, says) in [
        (&["--cross-check", "1/7"][..], &["are both read", "leave `members` out of --include"][..]),
        (
            &["--cross-check", "1/7", "--include", "users,channels"],
            &["neither user-channels nor members", "add `user-channels` or `members`"],
        ),
        (
            &["--cross-check", "1/7", "--include", "users,user-channels"],
            &["the lists of users and of channels", "add `users` and `channels`"],
        ),
        (
            &["--cross-check", "1/7", "--include", BY_USER, "--users", "users.txt"],
            &["the channels of some users", "leave out --users"],
        ),
        (&["--cross-check", "8/7", "--include", BY_USER], &["`8/7`", "such as `1/7`"]),
    ] {
        let mut arguments = vec!["crawl", "--service", world.running.service_sid()];
        arguments.extend(flags);
        let ran = world.run(&arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        for text in says {
            assert!(ran.stderr.contains(text), "{text}: {ran:?}");
        }
    }
    assert_eq!(world.running.stats().requests, 0);
}
