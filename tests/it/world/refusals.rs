//! Refusals: of keys, endpoints, services, regions and gateways.

use assert_cmd::Command;
use chatferry::internals::simulator::{Options, WorldKind};
use rusqlite::Connection;

use super::{crawl, plain_with, plan_copy};
use crate::support::{Ran, World, run};

/// A command with the key of the main account and the SID of another one.
fn with_another_accounts_key(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.chatferry(arguments);
    command
        .env_remove("TWILIO_AUTH_TOKEN")
        .env("TWILIO_ACCOUNT_SID", world.running.other_account().account_sid)
        .env("TWILIO_API_KEY", world.running.api_key())
        .env("TWILIO_API_SECRET", world.running.api_secret());
    command
}

fn rows(snapshot: &Connection, table: &str) -> u64 {
    let count = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let rows = snapshot.query_row(&format!("SELECT count(*) FROM {table}"), [], count).unwrap();
    rows.cast_unsigned()
}

/// Case 6.
#[test]
fn another_accounts_key_is_refused_before_anything_is_stored() {
    for kind in [WorldKind::Plain, WorldKind::Real] {
        let world = World::new(Options { world: kind, users: 12, channels: 8, ..Options::default() });
        let own = world.running.service_sid();
        for (number, arguments) in [
            vec!["crawl", "--all-services"],
            vec!["crawl", "--all-services", "--source", "conversations"],
            vec!["crawl", "--service", own],
            vec!["crawl", "--service", own, "--source", "conversations"],
        ]
        .into_iter()
        .enumerate()
        {
            let snapshot = format!("{number}.db");
            let flags = [&arguments[..], &["--quiet", "--snapshot", &snapshot]].concat();
            let ran = run(&mut with_another_accounts_key(&world, &flags));
            assert_refused(&world, &ran, &arguments);
            let kept = Connection::open(world.path(&snapshot)).unwrap();
            for table in ["services", "roles", "users", "channels", "user_channels", "members"] {
                assert_eq!(rows(&kept, table), 0, "{arguments:?}: {table}");
            }
        }
        let audit = ["audit", "--service", own, "--dir", "audits", "--quiet"];
        assert_refused(&world, &run(&mut with_another_accounts_key(&world, &audit)), &audit);
        // The target of a plan.
        crawl(&world, &[]);
        let target = world.running.target_service_sid();
        let plan = ["plan", "--target", target, "--quiet"];
        assert_refused(&world, &run(&mut with_another_accounts_key(&world, &plan)), &plan);
        assert!(!world.path("plan.db").exists());
        // One user's channels, and what the account has.
        let user = world.running.truth().user_sids().next().unwrap();
        for source in ["auto", "chat", "conversations"] {
            let list = ["user-channel", "list", "--service", own, "--user", &user, "--source", source];
            let ran = run(&mut with_another_accounts_key(&world, &list));
            assert_refused(&world, &ran, &list);
            assert_eq!(ran.stdout, "", "{source}");
        }
        let probe = run(&mut with_another_accounts_key(&world, &["probe"]));
        assert_eq!(probe.code, 3, "{probe:?}");
        assert!(!probe.stdout.contains(own), "{probe:?}");
    }
}

fn assert_refused(world: &World, ran: &Ran, arguments: &[&str]) {
    assert_eq!(ran.code, 3, "{arguments:?}: {ran:?}");
    let (asked, found) = (world.running.other_account().account_sid, world.running.account_sid());
    assert!(ran.stderr.contains(asked) && ran.stderr.contains(found), "{arguments:?}: {ran:?}");
}

/// Case 7.
#[test]
fn what_may_not_be_read_of_the_target_could_not_be_checked() {
    let world = plain_with("forbid=/Configuration,forbid=/Configuration/Webhooks");
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    let shown = world.run(&["plan", "show", "--format", "md"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.contains("could not be checked"), "{}", shown.stdout);
}

/// Case 8.
#[test]
fn a_403_on_every_users_list_names_the_permission() {
    let refused = |faults: &str, flags: &[&str], expected: &[&str]| {
        let world = World::new(Options {
            users: 60,
            channels: 40,
            faults: faults.parse().unwrap(),
            ..Options::default()
        });
        let crawled = world.crawl(flags);
        assert_eq!(crawled.code, 3, "{faults}: {crawled:?}");
        for text in expected {
            assert!(crawled.talk.contains(text), "{faults}: {text}: {}", crawled.talk);
        }
        assert!(!crawled.talk.contains("run the same command again"), "{faults}: {}", crawled.talk);
    };
    refused(
        "forbid=/Users/*/Channels",
        &[],
        &[
            "any list of user channels",
            "permission to read /v2/Services/*/Users/*/Channels",
            "leave `user-channels` out of --include",
        ],
    );
    refused("forbid=/Channels/*/Members", &[], &["permission to read /v2/Services/*/Channels/*/Members"]);
    refused(
        "forbid=/Users/*/Conversations",
        &["--source", "conversations"],
        &["permission to read /v1/Services/*/Users/*/Conversations"],
    );
}

/// Case 8: a list that is refused alone is a hole, and says so.
#[test]
fn a_403_on_one_users_list_costs_that_list() {
    let seed = plain_with("");
    let user = seed.running.truth().user_sids().next().unwrap();
    let world = plain_with(&format!("forbid=/Users/{user}/Channels"));
    let crawled = world.crawl(&[]);
    assert_eq!(crawled.code, 4, "{crawled:?}");
    let snapshot = Connection::open(world.path("snapshot.db")).unwrap();
    let users = world.truth()["users"].len() as u64;
    assert_eq!(rows(&snapshot, "users"), users);
    let shown = world.run(&["snapshot", "info"]);
    assert!(shown.stdout.contains(&user), "{shown:?}");
}

/// Case 15.
#[test]
fn an_unknown_region_alone_is_refused_at_once_by_the_name_of_its_variable() {
    let world = plain_with("");
    let mut command = world.chatferry(&["probe"]);
    command
        .env_remove("CHATFERRY_CHAT_URL")
        .env_remove("CHATFERRY_CONVERSATIONS_URL")
        .env("TWILIO_REGION", "br1");
    let ran = run(&mut command);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("TWILIO_REGION") && ran.stderr.contains("br1"), "{ran:?}");
}

/// Case 15.
#[test]
fn a_region_alone_has_the_edge_that_twilio_documents_for_it() {
    let world = plain_with("");
    for (region, host) in [
        ("ie1", "https://conversations.dublin.ie1.twilio.com"),
        ("au1", "https://conversations.sydney.au1.twilio.com"),
        ("us1", "https://conversations.twilio.com"),
    ] {
        let mut command = world.chatferry(&["config"]);
        command
            .env_remove("CHATFERRY_CHAT_URL")
            .env_remove("CHATFERRY_CONVERSATIONS_URL")
            .env("TWILIO_REGION", region);
        let ran = run(&mut command);
        assert!(ran.code == 0 && ran.stdout.contains(&format!("{host} ")), "{region}: {ran:?}");
    }
}

/// Case 16.
#[test]
fn a_gateways_refusal_is_not_called_twilios() {
    let world = plain_with("gateway-403=0");
    let own = world.running.service_sid();
    for arguments in [
        &["crawl", "--service", own, "--quiet"][..],
        &["crawl", "--all-services", "--quiet", "--snapshot", "all.db"],
        &["probe"],
        &["audit", "--service", own, "--dir", "audits", "--quiet"],
        &["user-channel", "list", "--service", own, "--user", "someone"],
    ] {
        let ran = world.run(arguments);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, 1, "{arguments:?}: {ran:?}");
        assert!(said.contains("not an answer of Twilio's API"), "{arguments:?}: {ran:?}");
        assert!(said.contains("ExampleGateway"), "{arguments:?}: {ran:?}");
        assert!(!said.contains("TWILIO_AUTH_TOKEN"), "the credentials are not the cause: {ran:?}");
    }
}

/// Case 16: in the middle of a run.
#[test]
fn a_gateway_that_comes_in_between_ends_an_apply_as_a_failure_of_the_network() {
    let prepared = |faults: &str| {
        let world = plain_with(faults);
        crawl(&world, &[]);
        plan_copy(&world, &[]);
        world
    };
    let requests = prepared("").running.stats().requests;
    let world = prepared(&format!("gateway-403={}", requests + 20));
    let ran = world.run(&["apply", "--yes"]);
    assert!(ran.code == 1 || ran.code == 4, "{ran:?}");
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("ExampleGateway") && !said.contains("TWILIO_AUTH_TOKEN"), "{ran:?}");
    assert!(world.running.writes().iter().any(|write| write.accepted), "something was written before");
}

/// Case 19.
#[test]
fn a_refused_service_does_not_keep_the_others_from_being_read() {
    for (source, entity) in [("chat", "channels"), ("conversations", "channels")] {
        let seed = plain_with("");
        let refused = seed.running.target_service_sid().to_owned();
        // The service itself is listed; nothing of it can be read.
        let faults = format!("forbid=/Services/{refused}/**,forbid=/Services/{refused}");
        let world = plain_with(&faults);
        let ran = world.run(&["crawl", "--all-services", "--source", source, "--json"]);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(
            ran.stderr.contains(&refused) && ran.stderr.contains("the other services were read"),
            "{ran:?}"
        );
        assert!(!ran.stderr.contains(world.running.service_sid()), "only the refused one is named: {ran:?}");
        let snapshot = Connection::open(world.path("snapshot.db")).unwrap();
        let truth = world.running.truth();
        let (expected, memberships) = if source == "chat" {
            (truth.channels().count(), world.truth()["user_channels"].len())
        } else {
            let of = |user: String| truth.user_conversations(&user).len();
            (truth.conversations().count(), truth.user_sids().map(of).sum())
        };
        assert_eq!(rows(&snapshot, entity), expected as u64);
        assert_eq!(rows(&snapshot, "user_channels"), memberships as u64);
        // What was read is of use: it can be exported, and the snapshot says what is missing.
        let export = world.run(&["export", "--out", "out", "--quiet"]);
        assert!(export.code == 0 || export.code == 4, "{export:?}");
        let info = world.run(&["snapshot", "info"]);
        assert!(info.stdout.contains(&refused), "{info:?}");
        // The same command again is refused again, and keeps what is there.
        let again = world.run(&["crawl", "--all-services", "--source", source, "--quiet"]);
        assert_eq!(again.code, 3, "{again:?}");
        assert_eq!(rows(&snapshot, "user_channels"), memberships as u64);
        // Without the refused one it is complete.
        let own = world.running.service_sid();
        let without =
            world.run(&["crawl", "--service", own, "--source", source, "--snapshot", "own.db", "--quiet"]);
        assert_eq!(without.code, 0, "{without:?}");
    }
}
