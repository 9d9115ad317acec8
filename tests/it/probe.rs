//! `probe`: what answers, how much there is, what a crawl costs.

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};

use crate::support::{World, chatferry, run};

fn world() -> World {
    World::new(Options { users: 130, channels: 40, ..Options::default() })
}

/// A port of this machine at which no one listens.
fn closed() -> String {
    format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn pages(rows: u64, size: u64) -> u64 {
    rows.div_ceil(size).max(1)
}

#[test]
fn it_counts_what_is_there_and_what_a_crawl_costs() {
    let world = world();
    let probe = world.json(&["probe", "--service", world.running.service_sid()]);
    assert_eq!(probe["account_sid"], world.running.account_sid());
    assert_eq!(probe["credentials"], "auth token");
    let truth = world.truth();
    let limits = &truth["services"][0]["limits"];
    // A copy: each user, and each channel with its members, of whom ten come with it.
    let users = truth["users"].len() as u64;
    let of_channels = |of: fn(u64) -> u64| -> u64 {
        truth["channels"].iter().map(|row| of(row["members_count"].as_u64().unwrap())).sum()
    };
    let copy = json!({
        "least": users + of_channels(|members| 1 + members.min(1) + members.saturating_sub(10)),
        "most": users + of_channels(|members| 1 + members + members.saturating_sub(10)),
        "least_without_batches": users + of_channels(|members| 1 + members),
        "most_without_batches": users + of_channels(|members| 1 + 2 * members),
    });
    let service = json!({
        "sid": world.running.service_sid(),
        "friendly_name": truth["services"][0]["friendly_name"],
        "channel_members_limit": limits["channel_members"],
        "user_channels_limit": limits["user_channels"],
        "users": truth["users"].len(),
        "channels": truth["channels"].len(),
        "copy": copy,
    });
    assert_eq!(probe["services"], json!([service]));
    // By the counters that the lists of users and channels give, and the largest page of each list.
    let sum = |record: &str, counter: &str, size| -> u64 {
        truth[record].iter().map(|row| pages(row[counter].as_u64().unwrap(), size)).sum()
    };
    let lists = world.running.stats().by_route;
    let by_resource = json!({
        "services": 1,
        "roles": lists["v2 ListRole"],
        "users": pages(130, 100),
        "channels": pages(40, 100),
        "user_channels": sum("users", "joined_channels_count", 50),
        "members": sum("channels", "members_count", 100),
    });
    assert_eq!(probe["requests_by_resource"], by_resource);
    let all: u64 = by_resource.as_object().unwrap().values().map(|number| number.as_u64().unwrap()).sum();
    assert_eq!(probe["requests"], all);
    assert_eq!((&probe["requests_per_second"], &probe["estimated_seconds"]), (&Value::Null, &Value::Null));
    assert!(
        lists.keys().all(|route| !route.contains("UserChannel") && !route.contains("Member")),
        "{lists:?}"
    );
    assert!(std::fs::read_dir(world.folder.path()).unwrap().next().is_none(), "it writes no file");
}

/// The crawl takes what the probe said, and one page more for each user whose invitations fill one: no counter tells those.
#[test]
fn the_crawl_takes_what_was_said() {
    let world = world();
    let probe = world.json(&["probe", "--service", world.running.service_sid()]);
    let said = probe["requests"].as_u64().unwrap();
    let crawled = world.crawl(&[]);
    let truth = world.truth();
    let untold = truth["users"].iter().map(|user| {
        let rows = truth["user_channels"].iter().filter(|row| row["user_sid"] == user["sid"]).count() as u64;
        pages(rows, 50) - pages(user["joined_channels_count"].as_u64().unwrap(), 50)
    });
    assert_eq!(crawled.result["requests"]["minimum"], said + untold.sum::<u64>());
    assert_eq!(crawled.result["requests"]["total"], crawled.result["requests"]["minimum"]);
}

#[test]
fn the_time_is_that_of_the_allowed_rate() {
    let world = world();
    let probe = world.json(&["probe", "--rps", "50"]);
    let requests = probe["requests"].as_f64().unwrap();
    assert_eq!(probe["requests_per_second"], 50);
    assert!((probe["estimated_seconds"].as_f64().unwrap() - requests / 50.0).abs() < 1e-6, "{probe}");
    let text = world.run(&["probe", "--rps", "50"]);
    assert_eq!(text.code, 0, "{text:?}");
    assert_eq!(text.stdout, "");
    for says in [
        "130 users",
        "40 channels",
        "at 50 requests a second",
        "Chat           answers",
        "Conversations  answers",
    ] {
        assert!(text.stderr.contains(says), "{says}: {}", text.stderr);
    }
}

#[test]
fn the_parts_that_are_wanted_are_counted_and_no_other() {
    let world = world();
    let service = world.running.service_sid();
    let probe = world.json(&["probe", "--service", service, "--include", "users,user-channels"]);
    let resources: Vec<&String> = probe["requests_by_resource"].as_object().unwrap().keys().collect();
    assert_eq!(resources, ["services", "users", "user_channels"]);
    assert_eq!(probe["services"][0]["channels"], Value::Null, "unknown is not 0");
    let roles = world.json(&["probe", "--include", "roles"]);
    assert_eq!(roles["requests"], 4, "each of the two services and one page of its roles");
}

#[test]
fn each_api_answers_for_itself() {
    let world = world();
    let unreachable = closed();
    let probe = world.json(&["probe", "--conversations-url", &unreachable]);
    let origin = world.running.url();
    let answered = json!({ "answers": true, "outcome": "answered", "origin": origin, "problem": null });
    assert_eq!(probe["chat"], answered);
    assert_eq!(probe["conversations"]["outcome"], "unreachable");
    assert_eq!(
        (&probe["conversations"]["answers"], &probe["conversations"]["origin"]),
        (&json!(false), &json!(unreachable))
    );
    assert!(probe["conversations"]["problem"].as_str().unwrap().contains("no connection"), "{probe}");
    let text = world.run(&["probe", "--conversations-url", &unreachable]);
    assert_eq!(text.code, 0, "Chat can be crawled: {text:?}");
    assert!(text.stderr.contains(&format!("Conversations  unreachable at {unreachable}")), "{text:?}");

    let ran = world.run(&["probe", "--json", "--chat-url", &unreachable]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let probe: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&probe["chat"]["answers"], &probe["conversations"]["answers"]),
        (&json!(false), &json!(true))
    );
    assert_eq!((&probe["services"], &probe["requests_exact"]), (&json!([]), &json!(false)));
}

#[test]
fn refused_credentials_are_said_with_what_to_check() {
    let world = world();
    let probe = |flags: &[&str]| {
        let mut arguments = vec!["probe"];
        arguments.extend(flags);
        run(world.chatferry(&arguments).env("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef"))
    };
    let text = probe(&[]);
    assert_eq!(text.code, 3, "{text:?}");
    for says in ["401", "20003", "hint: ", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"] {
        assert!(text.stderr.contains(says), "{says}: {}", text.stderr);
    }
    let object = probe(&["--json"]);
    assert_eq!(object.code, 3, "{object:?}");
    let object: Value = serde_json::from_str(&object.stdout).unwrap();
    assert_eq!(object["chat"]["answers"], false);
    assert!(object["chat"]["problem"].as_str().unwrap().contains("20003"), "{object}");
    assert!(object["hint"].as_str().unwrap().contains("TWILIO_AUTH_TOKEN"), "{object}");
}

#[test]
fn services_can_be_chosen_and_one_that_is_not_there_is_named() {
    let world = world();
    let service = world.running.service_sid();
    let twice = world.json(&["probe", "--service", service, "--service", service]);
    assert_eq!(twice["services"].as_array().unwrap().len(), 1, "named twice, looked at once");
    assert_eq!(world.json(&["probe"])["services"].as_array().unwrap().len(), 2, "the entire account");
    let absent = "IS0123456789abcdef0123456789abcdef";
    let ran = world.run(&["probe", "--service", service, "--service", absent]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for says in
        [absent, "404", "Chat           answers", "the cost of a crawl is not known", "hint: check the SID"]
    {
        assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
    }
}

#[test]
fn a_key_is_called_a_key() {
    let world = world();
    let mut command = chatferry(world.folder.path(), &["probe", "--json"]);
    command
        .env("TWILIO_ACCOUNT_SID", world.running.account_sid())
        .env("TWILIO_API_KEY", world.running.api_key())
        .env("TWILIO_API_SECRET", world.running.api_secret())
        .env("CHATFERRY_CHAT_URL", world.running.url())
        .env("CHATFERRY_CONVERSATIONS_URL", world.running.url());
    let ran = run(&mut command);
    assert_eq!(ran.code, 0, "{ran:?}");
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(object["credentials"], "API key");
}
