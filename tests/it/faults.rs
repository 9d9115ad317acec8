//! `crawl` against a server with faults: what can be had is had, row for row, and what cannot is said.

use chatferry::internals::simulator::Options;
use serde_json::json;

use crate::support::{DEFAULT_RECORDS, World};

/// Whatever passes with patience must leave no trace in the data.
#[test]
fn faults_that_pass_leave_no_trace() {
    for faults in [
        "429=5%:retry-after=1",
        "500=2%,502=2%,503=2%:retry-after=1,504=2%",
        "reset=4%",
        "truncate=4%",
        "html=4%",
        "expired-token=5%",
        "repeat-row=5%",
        "empty-page=5%",
        "short-page=5%",
        "flaky-404=4%",
        "429=3%,500=1%,502=1%,503=1%,504=1%,reset=2%,truncate=2%,html=2%,expired-token=2%,repeat-row=3%,\
         empty-page=3%,short-page=3%,flaky-404=2%",
    ] {
        let world = World::with_faults(faults);
        let crawled = world.crawl(&[]);
        assert_eq!(crawled.code, 0, "{faults}: {} {}", crawled.result, crawled.talk);
        world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
    }
}

#[test]
fn a_server_that_allows_few_requests_at_once_is_served_patiently() {
    let world = World::new(Options { max_concurrent: Some(3), retry_after: Some(1), ..Options::default() });
    let crawled = world.crawl(&["--concurrency", "32"]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[test]
fn a_list_that_repeats_costs_its_unit_and_is_said() {
    let world = World::with_faults("loop-user=2");
    let crawled = world.crawl(&[]);
    assert_eq!((crawled.code, &crawled.result["verdict"]), (4, &json!("incomplete")));
    assert_eq!(crawled.result["failures"], 2);
    for user in world.running.truth().looping_users() {
        assert!(crawled.result["failed_units"].to_string().contains(&user), "{user}");
    }
    // The others are whole.
    world.assert_exported_truth(&world.export("out", &[]), &["users", "channels", "members"]);
    let package = std::fs::read_to_string(world.path("out/datapackage.json")).unwrap();
    assert!(package.contains("\"incomplete\""));
}

#[test]
fn rows_that_a_list_hides_are_found_by_the_evidence() {
    let world = World::with_faults("hidden-row=3");
    let crawled = world.crawl(&[]);
    assert_eq!((crawled.code, &crawled.result["verdict"]), (4, &json!("incomplete")));
    let info = world.chatferry(&["snapshot", "info", "--json"]).output().unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    let listed = info["disagreements"].to_string();
    for (user, channel) in world.running.truth().hidden_rows() {
        assert!(listed.contains(&user) && listed.contains(&channel), "{user} {channel}: {listed}");
    }
    assert!(listed.contains("\"hole\""));

    // Each is named once, though up to three disagreements show it, and reading again is not what helps.
    let hidden = world.running.truth().hidden_rows();
    assert_eq!(crawled.result["missing_memberships_count"], hidden.len());
    for (user, channel) in &hidden {
        let named = crawled.result["missing_memberships"].as_array().unwrap();
        assert!(
            named.iter().any(|one| one["user_sid"] == **user && one["channel_sid"] == **channel),
            "{named:?}"
        );
    }
    // The same for people.
    let world = World::with_faults("hidden-row=3");
    let text = world.run(&["crawl", "--service", world.running.service_sid()]).stderr;
    for (user, channel) in &hidden {
        assert!(text.contains(user.as_str()) && text.contains(channel.as_str()), "{user} {channel}: {text}");
    }
    assert!(text.contains("3 memberships are missing on one side"), "{text}");
    assert!(text.contains("reading again does not help"), "{text}");
    assert!(!text.contains("run the same command again"), "{text}");
}

#[test]
fn without_members_a_hidden_row_is_found_by_the_counters_alone() {
    let world = World::with_faults("hidden-row=2");
    let crawled = world.crawl(&["--include", "users,user-channels"]);
    assert_eq!((crawled.code, &crawled.result["verdict"]), (4, &json!("incomplete")));
    assert_eq!(crawled.result["holes"], 2);
}

#[test]
fn users_and_channels_that_vanish_are_recorded() {
    let world = World::with_faults("vanish-user=3,vanish-channel=2");
    let crawled = world.crawl(&[]);
    assert_eq!(
        (crawled.code, &crawled.result["verdict"]),
        (5, &json!("complete_with_drift")),
        "{}",
        crawled.talk
    );
    let info = world.chatferry(&["snapshot", "info", "--json"]).output().unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    let truth = world.running.truth();
    for sid in truth.vanished_users().iter().chain(&truth.vanished_channels()) {
        assert!(info["vanished"][sid].as_str().is_some_and(|evidence| evidence.contains("404")), "{sid}");
    }
}

#[test]
fn data_that_changes_meanwhile_is_drift_and_not_a_hole() {
    // One request at a time makes the order certain: a user's channels are read, they change, the channels come after.
    let world =
        World::new(Options { faults: "changing=8".parse().unwrap(), users: 60, ..Options::default() });
    let crawled = world.crawl(&["--concurrency", "1"]);
    assert!(matches!(crawled.code, 0 | 5), "{}: {}", crawled.code, crawled.talk);
    assert_eq!(crawled.result["holes"], 0, "{}", crawled.result);
    if crawled.code == 5 {
        assert_eq!(crawled.result["verdict"], "complete_with_drift");
        assert!(crawled.result["drift"].as_u64().unwrap() > 0);
    }
}

#[test]
fn odd_rows_are_kept_as_they_came() {
    let world = World::with_faults("unknown-enum=5%,unknown-key=5%");
    let crawled = world.crawl(&[]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    assert!(crawled.result["issues"].as_u64().unwrap() > 0);
    let out = world.export("out", &[]);
    // Unknown values stand in their fields; unknown keys are kept in the snapshot, beside the record.
    let mut expected = world.truth();
    for record in ["users", "channels", "user_channels", "members"] {
        let exported = crate::support::ndjson(&out.join(format!("{record}.ndjson")));
        let known: Vec<String> = exported[0].keys().cloned().collect();
        let expected = expected.get_mut(record).unwrap();
        let mut unknown = 0;
        for row in expected.iter_mut() {
            let before = row.len();
            row.retain(|key, _| known.contains(key));
            unknown += before - row.len();
        }
        assert_eq!(&exported, expected, "{record}");
        assert!(unknown > 0, "{record}");
    }
    let info = world.chatferry(&["snapshot", "info", "--json"]).output().unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
    let kinds = info["oddities"].to_string();
    assert!(kinds.contains("unknown_key") && kinds.contains("unknown_value"), "{kinds}");
}

#[test]
fn a_first_crawl_that_received_nothing_binds_its_file_to_nothing() {
    let world = World::with_faults("");
    let arguments = ["crawl", "--service", world.running.service_sid(), "--json"];
    let mut mistyped = world.chatferry(&arguments);
    mistyped.env("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000000");
    assert_eq!(mistyped.output().unwrap().status.code(), Some(3));
    assert!(world.path("snapshot.db").exists());
    let crawled = world.crawl(&[]);
    assert_eq!(crawled.code, 0, "{}", crawled.talk);
    // One that holds something stays bound to what it is of.
    let mut other = world.chatferry(&arguments);
    other.env("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000000");
    let refused = other.output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the snapshot `snapshot.db` is of account"));
}

#[test]
fn credentials_that_are_refused_midway_end_the_run_and_keep_what_came() {
    for (fault, code) in [("unauthorized-after=120", "20003"), ("forbidden-after=120", "20403")] {
        let world = World::with_faults(fault);
        let crawled = world.crawl(&[]);
        assert_eq!(crawled.code, 3, "{fault}");
        assert!(
            crawled.talk.contains(code) && crawled.talk.contains("TWILIO_ACCOUNT_SID"),
            "{}",
            crawled.talk
        );
        let info = world.chatferry(&["snapshot", "info", "--json"]).output().unwrap();
        let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
        assert_eq!(info["verdict"], "incomplete");
        assert!(info["counts"]["users"].as_u64().unwrap() > 0, "{fault}");
    }
}
