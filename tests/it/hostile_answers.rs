//! Answers as an attacker would choose them: too large, too slow, without end. None costs more than what it answers.

use std::process::Child;
use std::time::{Duration, Instant};

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};

use crate::support::{Crawled, World, post, spawn, wait_for_requests};

/// The lists that failed, each with why.
fn failed(crawled: &Crawled) -> Vec<(String, String)> {
    let units = crawled.result["failed_units"].as_array().unwrap();
    let text = |unit: &Value, key: &str| unit[key].as_str().unwrap().to_owned();
    units.iter().map(|unit| (text(unit, "subject"), text(unit, "error"))).collect()
}

fn assert_incomplete(crawled: &Crawled) {
    let verdict = &crawled.result["verdict"];
    assert_eq!((crawled.code, verdict), (4, &json!("incomplete")), "{} {}", crawled.result, crawled.talk);
}

#[test]
fn an_answer_that_is_too_large_costs_its_list_and_names_the_limit() {
    for faults in ["big-body=3%", "gzip-bomb=3%"] {
        let world = World::with_faults(faults);
        let crawled = world.crawl(&["--max-answer", "1"]);
        assert_incomplete(&crawled);
        let failed = failed(&crawled);
        assert!(!failed.is_empty(), "{faults}");
        for (subject, error) in &failed {
            assert!(
                error.contains("more than 1 MiB, the limit of --max-answer"),
                "{faults}, {subject}: {error}"
            );
            assert!(error.contains("(4 attempts in"), "{faults}, {subject}: {error}");
        }
    }
}

#[test]
fn whatever_asks_keeps_to_the_limit() {
    let world = World::with_faults("big-body=100%");
    let source = world.running.service_sid();
    for arguments in [
        &["probe"][..],
        &["crawl", "--service", source],
        &["user-channel", "list", "--service", source, "--user", "x"],
    ] {
        let ran = world.run(&[arguments, &["--max-answer", "1"]].concat());
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("--max-answer"), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains("a few MiB"), "the hint: {ran:?}");
    }
}

#[test]
fn lists_that_never_end_cost_their_unit() {
    for source in ["chat", "conversations"] {
        let world = World::with_faults("endless-list=6");
        let crawled = world.crawl(&["--source", source]);
        assert_incomplete(&crawled);
        let failed = failed(&crawled);
        for user in world.running.truth().endless_users() {
            let (_, error) = failed.iter().find(|(subject, _)| subject.contains(&user)).unwrap();
            assert!(error.contains("does not end"), "{source}: {error}");
        }
        let requests = world.running.stats().requests;
        // Two of the six bring new rows: 2,000 and twice their count. The channels that these name are not looked for.
        assert!(requests < 2_000, "{source}: {requests} requests");
        // A later run reads them from their first page, and is no longer for it.
        let again = world.crawl(&["--source", source]);
        assert_incomplete(&again);
        let more = world.running.stats().requests - requests;
        assert!(more < 2_000, "{source}: {more} requests");
    }
}

#[test]
fn every_list_is_given_up_that_never_ends() {
    for (kind, source, list) in [
        ("same-rows", "chat", "/Roles"),
        ("new-rows", "chat", "/Roles"),
        ("same-rows", "chat", "/Users"),
        ("empty-pages", "chat", "/Channels"),
        ("new-rows", "chat", "/Channels/*/Members"),
        ("empty-pages", "chat", "/Channels/*/Invites"),
        ("new-rows", "chat", "/Channels/*/Messages"),
        ("same-rows", "conversations", "/Participants"),
        ("new-rows", "conversations", "/Users/*/Conversations"),
    ] {
        let faults = format!("endless={kind}:{list}").parse().unwrap();
        let world =
            World::new(Options { users: 12, channels: 3, memberships: 3, faults, ..Options::default() });
        let most = if kind == "new-rows" { "400" } else { "10000000" };
        let include = if source == "chat" {
            "roles,users,channels,user-channels,members,invites,messages"
        } else {
            "roles,users,channels,user-channels,members"
        };
        let crawled = world.crawl(&["--source", source, "--include", include, "--max-list-rows", most]);
        assert_incomplete(&crawled);
        let failed = failed(&crawled);
        assert!(!failed.is_empty(), "{kind} {list}");
        for (subject, error) in failed {
            assert!(error.contains("does not end"), "{kind} {list}, {subject}: {error}");
        }
    }
}

#[test]
fn a_list_may_be_as_long_as_a_setting_says() {
    let world = World::with_faults("endless=new-rows:/Roles");
    let crawled = world.crawl(&["--include", "roles", "--max-list-rows", "321"]);
    assert_incomplete(&crawled);
    let (subject, error) = &failed(&crawled)[0];
    assert!(subject.starts_with("roles of") && error.contains("can have 321; --max-list-rows"), "{error}");
    // The setting is for lists that go on.
    let world = World::with_faults("");
    assert_eq!(world.crawl(&["--max-list-rows", "1"]).code, 4, "lists of several pages");
    assert_eq!(world.crawl(&[]).code, 0, "and the same crawl without it goes to its end");
}

#[test]
fn a_probe_and_lookups_end_at_lists_without_end() {
    let world = World::with_faults("endless=same-rows:/Users");
    let ran = world.run(&["probe", "--service", world.running.service_sid()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("the list users does not end"), "{ran:?}");

    // Which services there are, and a user's own channels.
    for (list, arguments) in [
        ("/v2/Services", &["probe"][..]),
        ("/v2/Services", &["crawl"]),
        ("/Users/*/Channels", &["user-channel", "list", "--user"]),
    ] {
        let world = World::with_faults(&format!("endless=same-rows:{list}"));
        let truth = world.running.truth();
        let user = truth.user_sids().find(|user| !truth.user_channels(user).is_empty()).unwrap();
        let service = ["--service", world.running.service_sid()];
        let of_user = [&[user.as_str()][..], &service].concat();
        let further = if list == "/v2/Services" { &[][..] } else { &of_user };
        let ran = world.run(&[arguments, further].concat());
        assert_eq!(ran.code, 1, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains("does not end"), "{arguments:?}: {ran:?}");
        assert!(world.running.stats().requests < 500, "{arguments:?}");
    }

    // The lists of the target are read for a plan.
    let target = World::with_faults("").running.target_service_sid().to_owned();
    let world = World::with_faults(&format!("endless=same-rows:/v1/Services/{target}/Users"));
    assert_eq!(world.crawl(&[]).code, 0);
    for identity in ["ada", "ben"] {
        post(&world, &format!("/v1/Services/{target}/Users"), &[("Identity", identity)]);
    }
    let planned = world.run(&["plan", "--target", &target]);
    assert_eq!(planned.code, 4, "the target's users cannot be read: {planned:?}");
    assert!(planned.stderr.contains("does not end"), "{planned:?}");
}

/// How long a child takes to end once it was asked to, in seconds; it must end with this code.
fn seconds_to_end(mut child: Child, code: i32) -> f64 {
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_mins(2) {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(code));
            return asked.elapsed().as_secs_f64();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("it did not end in two minutes");
}

/// The limits are generous: without a grace period each of these takes a minute.
#[test]
#[cfg(unix)]
fn a_run_that_is_to_end_does_not_wait_for_bodies_that_come_byte_by_byte() {
    let world = World::with_faults("slow-body=100%");
    let timed = spawn(&world, &["--max-duration", "1s", "--snapshot", "timed.db"]);
    let mut interrupted = spawn(&world, &["--snapshot", "interrupted.db"]);
    wait_for_requests(&world, &mut interrupted, 1);
    std::thread::sleep(Duration::from_secs(1));
    let pid = interrupted.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(seconds_to_end(interrupted, 130) < 40.0);
    assert!(seconds_to_end(timed, 4) < 40.0);
}

#[test]
fn a_wait_that_is_too_long_holds_for_the_list_whatever_is_asked() {
    let calm = World::with_faults("");
    assert_eq!(calm.crawl(&[]).code, 0);
    let calm = calm.running.stats().requests;
    let world = World::with_faults("503=4%:retry-after=601");
    let crawled = world.crawl(&[]);
    assert_incomplete(&crawled);
    let failed = failed(&crawled);
    assert!(!failed.is_empty());
    for (subject, error) in failed {
        assert!(
            error.contains("asks for a wait that is too long") && error.contains("(1 attempt in"),
            "{subject}: {error}"
        );
    }
    let requests = world.running.stats().requests;
    assert!(requests <= calm, "nothing was asked for again: {requests}, and {calm} without the fault");
}

#[test]
fn a_role_that_is_there_is_not_created_again() {
    let world = World::new(Options { users: 8, channels: 5, memberships: 2, ..Options::default() });
    let target = world.running.target_service_sid();
    assert_eq!(world.crawl(&[]).code, 0);
    assert_eq!(world.run(&["plan", "--target", target]).code, 0);
    std::fs::copy(world.path("plan.db"), world.path("copy.db")).unwrap();
    let roles = || {
        let path = format!("/v1/Services/{target}/Roles?PageSize=50");
        crate::support::get(&world, &path)["roles"].as_array().unwrap().clone()
    };
    let apply = |plan: &str| world.run(&["apply", "--plan", plan, "--yes", "--service-rate", "1000"]);
    assert_eq!(apply("plan.db").code, 0);
    let once = roles();
    let again = apply("copy.db");
    assert!(matches!(again.code, 0 | 5), "{again:?}");
    assert_eq!(roles(), once, "a copy of the plan creates no role again");
    // One of the names as another type is another role.
    let name = once[0]["friendly_name"].as_str().unwrap();
    post(
        &world,
        &format!("/v1/Services/{target}/Roles"),
        &[
            ("FriendlyName", name),
            ("Type", if once[0]["type"] == "conversation" { "service" } else { "conversation" }),
            ("Permission", "sendMessage"),
        ],
    );
    assert_eq!(roles().len(), once.len() + 1);
}

#[test]
fn two_copies_of_a_plan_at_once_double_nothing() {
    let latency = Duration::from_millis(20);
    let world = World::new(Options { users: 8, channels: 5, memberships: 2, latency, ..Options::default() });
    let target = world.running.target_service_sid();
    assert_eq!(world.crawl(&[]).code, 0);
    assert_eq!(world.run(&["plan", "--target", target]).code, 0);
    std::fs::copy(world.path("plan.db"), world.path("copy.db")).unwrap();
    let apply = |plan: &'static str| {
        let world = &world;
        move || world.run(&["apply", "--plan", plan, "--yes", "--service-rate", "1000"])
    };
    let (first, second) = std::thread::scope(|scope| {
        let (first, second) = (scope.spawn(apply("plan.db")), scope.spawn(apply("copy.db")));
        (first.join().unwrap(), second.join().unwrap())
    });
    let (done, refused) = if first.code == 2 { (second, first) } else { (first, second) };
    assert!(matches!(done.code, 0 | 5), "{done:?}");
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("another chatferry is copying into the service"), "{refused:?}");
    let again = world.run(&["apply", "--plan", "copy.db", "--yes", "--service-rate", "1000"]);
    assert!(matches!(again.code, 0 | 5), "afterwards it finds everything: {again:?}");
    for list in ["Roles", "Users", "Conversations"] {
        let path = format!("/v1/Services/{target}/{list}?PageSize=50");
        let answer = crate::support::get(&world, &path);
        let rows = answer[list.to_lowercase()].as_array().unwrap();
        let name = |row: &Value| {
            format!("{} {} {} {}", row["friendly_name"], row["type"], row["identity"], row["unique_name"])
        };
        let names: std::collections::BTreeSet<_> = rows.iter().map(name).collect();
        assert!(names.len() == rows.len() && rows.len() > 3, "{list}: {answer}");
    }
}
