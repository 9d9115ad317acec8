//! `verify`: what is in the target as it should be, what is not, and what could not be read.

use std::collections::BTreeSet;

use chatferry::internals::simulator::Options;
use serde_json::Value;

use crate::support::{Ran, World};

fn crawled(options: Options) -> World {
    let world = World::new(options);
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    world
}

fn small() -> Options {
    Options { users: 40, channels: 30, memberships: 6, ..Options::default() }
}

fn verify(world: &World, flags: &[&str]) -> (Ran, Vec<Value>) {
    let ran = world.run(&[&["verify", "--format", "ndjson", "--quiet"], flags].concat());
    let lines = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (ran, lines)
}

fn totals(world: &World, flags: &[&str]) -> (i32, Value) {
    let ran = world.run(&[&["verify", "--json", "--quiet"], flags].concat());
    let totals = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran.code, totals)
}

fn plan_and_apply(world: &World, flags: &[&str]) {
    let plan = world.run(&[&["plan", "--max-change-percent", "100", "--quiet"], flags].concat());
    assert_eq!(plan.code, 0, "{plan:?}");
    apply(world);
}

fn apply(world: &World) {
    let rates = ["--service-rate", "1000", "--conversation-rate", "1000"];
    let applied = world.run(&[&["apply", "--yes", "--quiet"], &rates[..]].concat());
    assert!([0, 5].contains(&applied.code), "5 where the plan blocks items: {applied:?}");
}

fn number(totals: &Value, name: &str) -> u64 {
    totals[name].as_u64().unwrap()
}

#[test]
fn the_page_of_a_verification_names_the_plan_and_what_is_not_as_it_should_be() {
    let world = crawled(small());
    let page = |name: &str| std::fs::read_to_string(world.path(name)).unwrap();
    let before = world.run(&["verify", "--snapshot", "snapshot.db", "--report", "before.html", "--quiet"]);
    assert_eq!(before.code, 5, "{before:?}");
    let before = page("before.html");
    let truth = world.truth();
    let public = truth["channels"].iter().find(|channel| channel["type"] == "public").unwrap();
    assert!(before.contains("The target is not as it should be: "), "{before}");
    assert!(before.contains(public["sid"].as_str().unwrap()), "{before}");
    plan_and_apply(&world, &["--target", "in-place"]);
    let after = world.run(&["verify", "--report", "after.html", "--json", "--quiet"]);
    assert_eq!(after.code, 0, "{after:?}");
    let after = page("after.html");
    let digest = world.json(&["plan", "show"])["digest"].as_str().unwrap().to_owned();
    assert!(after.contains("The target holds everything that was verified, as it should be."), "{after}");
    assert!(after.contains(&digest) && after.contains("chatferry verification"), "{after}");
    let refused = world.run(&["verify", "--report", "page.txt"]);
    assert_eq!(refused.code, 2, "{refused:?}");
}

#[test]
fn in_place_public_channels_are_missing_until_they_are_private() {
    let world = crawled(small());
    let (ran, lines) = verify(&world, &["--snapshot", "snapshot.db"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(lines.iter().all(|line| line["mark"] == "-"), "{lines:?}");
    let truth = world.truth();
    let public = truth["channels"].iter().filter(|channel| channel["type"] == "public").count();
    let missing: Vec<&Value> = lines.iter().filter(|line| line["entity"] == "channels").collect();
    assert_eq!(missing.len(), public);
    assert!(missing[0]["reason"].as_str().unwrap().contains("public"), "{missing:?}");
    // For people it is a line for each channel, not one for everyone on it, and of one cause only the first channels.
    let table = world.run(&["verify", "--snapshot", "snapshot.db"]);
    let shown: Vec<&str> = table.stdout.lines().collect();
    assert_eq!(shown.len(), 7, "{table:?}");
    assert!(
        shown[..5].iter().all(|line| line.starts_with("- channels ") && line.contains("  with ")),
        "{table:?}"
    );
    assert!(shown[5].contains(&format!(" and {} more with ", public - 5)), "{table:?}");
    assert!(shown[6].starts_with("`--records` "), "{table:?}");
    let records = world.run(&["verify", "--snapshot", "snapshot.db", "--records"]);
    assert_eq!(records.stdout.lines().count(), lines.len());

    plan_and_apply(&world, &["--target", "in-place"]);
    let (code, after) = totals(&world, &[]);
    assert_eq!((code, number(&after, "missing"), number(&after, "different")), (0, 0, 0), "{after}");
    let by = |entity: &str| after["by_entity"][entity]["same"].as_u64().unwrap();
    let joined = truth["user_channels"].iter().filter(|row| row["status"] == "joined").count() as u64;
    assert_eq!((by("channels"), by("members"), by("user_channels")), (30, joined, joined));
    assert!(!world.path("plan.verify.db").exists(), "what was read of the target goes when all is said");
}

#[test]
fn a_copy_is_missing_before_and_there_after_and_what_changed_since_is_told_field_by_field() {
    let world = crawled(small());
    let target = world.running.target_service_sid().to_owned();
    let conversations = ["--mapping", "conversations"];
    let plan =
        world.run(&[&["plan", "--target", &target, "--mute-source", "--quiet"], &conversations[..]].concat());
    assert_eq!(plan.code, 0, "{plan:?}");
    let (code, before) = totals(&world, &[]);
    assert_eq!(code, 5);
    assert!(number(&before, "missing") > 100 && number(&before, "different") > 0, "{before}");

    apply(&world);
    // What the plan blocks (attributes that are not JSON, a role without permissions) is still not as it should be, and nothing else.
    let (_, left) = verify(&world, &[]);
    let blocked = world.run(&["plan", "show", "--format", "ndjson", "--state", "blocked"]);
    let blocked = blocked.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let not_made: BTreeSet<String> = blocked
        .filter(|operation| operation["kind"] == "create_participant")
        .map(|operation| {
            let sid = |key: &str| operation["subject"][key].as_str().unwrap().to_owned();
            format!("{}/{}", sid("user_sid"), sid("channel_sid"))
        })
        .collect();
    let missing = left
        .iter()
        .filter(|line| line["entity"] == "members")
        .map(|line| line["sid"].as_str().unwrap().to_owned());
    assert_eq!(missing.collect::<BTreeSet<_>>(), not_made);
    assert!(!not_made.is_empty());
    assert!(number(&totals(&world, &[]).1, "same") > 200);

    // Someone changes the target: a role is taken away, a name is changed, a level is set, a participant leaves.
    let truth = world.running.truth_of(&target).unwrap();
    let conversations = truth.conversations().collect::<Vec<_>>();
    let conversation =
        conversations.iter().find(|row| truth.participants(row["sid"].as_str().unwrap()).len() > 2).unwrap();
    let sid = conversation["sid"].as_str().unwrap();
    let participants = truth.participants(sid);
    let base = format!("{}/v1/Services/{target}", world.running.url());
    let post = |path: &str, form: &[(&str, &str)]| send(&world, "POST", &format!("{base}/{path}"), form);
    post(&format!("Conversations/{sid}"), &[("FriendlyName", "another name")]);
    let participant = participants[0]["sid"].as_str().unwrap();
    post(&format!("Conversations/{sid}/Participants/{participant}"), &[("Attributes", "{\"seat\":7}")]);
    let gone = participants[1]["sid"].as_str().unwrap();
    send(&world, "DELETE", &format!("{base}/Conversations/{sid}/Participants/{gone}"), &[]);
    post(&format!("Conversations/{sid}/Participants"), &[("Identity", "a stranger")]);

    let (ran, mut lines) = verify(&world, &[]);
    assert_eq!(ran.code, 5, "{ran:?}");
    lines.retain(|line| !left.contains(line));
    let marks = |mark: &str| -> Vec<&Value> { lines.iter().filter(|line| line["mark"] == mark).collect() };
    let changed: Vec<(&str, &str)> = marks("*")
        .iter()
        .flat_map(|line| line["changes"].as_array().unwrap())
        .map(|change| (change["field"].as_str().unwrap(), change["new"].as_str().unwrap()))
        .collect();
    assert_eq!(changed, [("friendly_name", "another name"), ("attributes", "{\"seat\":7}")]);
    assert_eq!(marks("-").len(), 2, "the participant and the user's own view: {lines:?}");
    assert!(marks("-").iter().all(|line| line["name"] == participants[1]["identity"]));
    assert_eq!(marks("+").len(), 1);
    assert_eq!(marks("+")[0]["name"], "a stranger");
    assert_eq!(marks("!").len(), 0);
}

#[test]
fn all_parts_of_a_sample_say_together_what_the_whole_says() {
    let world = crawled(small());
    let (_, whole) = totals(&world, &["--snapshot", "snapshot.db"]);
    for entity in ["channels", "members", "user_channels"] {
        let of = |totals: &Value, mark: &str| totals["by_entity"][entity][mark].as_u64().unwrap();
        for mark in ["same", "missing", "different"] {
            let parts: u64 = (1..=4)
                .map(|part| {
                    let share = format!("{part}/4");
                    of(&totals(&world, &["--snapshot", "snapshot.db", "--sample", &share]).1, mark)
                })
                .sum();
            assert_eq!(parts, of(&whole, mark), "{entity} {mark}");
        }
    }
}

#[test]
fn a_sample_reads_one_by_one_where_that_is_cheaper() {
    // Users on some hundred channels: of one in eighty, single fetches are cheaper than pages of fifty.
    let options = Options { users: 12, channels: 400, memberships: 150, ..Options::default() };
    let world = crawled(options);
    let before = world.running.stats().by_route;
    let (code, _) = totals(&world, &["--snapshot", "snapshot.db", "--sample", "1/80"]);
    assert_eq!(code, 5);
    let after = world.running.stats().by_route;
    let new = |operation: &str| {
        let of =
            |counts: &std::collections::BTreeMap<String, u64>| counts.get(operation).copied().unwrap_or(0);
        of(&after) - of(&before)
    };
    assert!(new("v1 FetchServiceUserConversation") > 0, "{after:?}");
    assert!(new("v1 ListServiceUserConversation") < 12, "{after:?}");
}

#[test]
fn what_cannot_be_read_is_not_missing() {
    let world = World::new(Options { faults: "hidden-row=4".parse().unwrap(), ..small() });
    assert_eq!(world.crawl(&["--quiet"]).code, 4, "Chat hides the rows too");
    let (ran, lines) = verify(&world, &["--snapshot", "snapshot.db"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let unreadable: Vec<&Value> = lines.iter().filter(|line| line["mark"] == "!").collect();
    assert!(!unreadable.is_empty(), "{lines:?}");
    for line in unreadable {
        assert!(line["reason"].is_string(), "{line}");
    }
}

#[test]
fn what_is_not_the_plans_own_is_refused() {
    let world = crawled(small());
    let missing = world.run(&["verify"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.stderr.contains("plan.db"), "{missing:?}");

    let plan = world.run(&["plan", "--target", "in-place", "--quiet"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    let requests = world.running.stats().requests;
    // The snapshot of another state takes its place.
    world.running.drift(1, 0.2);
    std::fs::remove_file(world.path("snapshot.db")).unwrap();
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    let crawled = world.running.stats().requests;
    assert!(crawled > requests);
    let other = world.run(&["verify"]);
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.stderr.contains("is not the one that `plan.db` was made from"), "{other:?}");
    assert_eq!(world.running.stats().requests, crawled, "it is said before any request");
}

#[test]
fn participants_of_other_networks_are_counted_in_a_note_and_are_no_difference() {
    let world = World::new(small());
    let url = world.running.url();
    let service = world.running.service_sid();
    let conversation = world.running.truth().conversation_sids().next().unwrap();
    let path = format!("{url}/v1/Services/{service}/Conversations/{conversation}/Participants");
    let binding =
        [("MessagingBinding.Address", "+15550001234"), ("MessagingBinding.ProxyAddress", "+15550004321")];
    send(&world, "POST", &path, &binding);
    assert_eq!(world.crawl(&["--quiet", "--source", "conversations"]).code, 0);
    let ran = world.run(&["verify", "--snapshot", "snapshot.db", "--json"]);
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(ran.code, 0, "{ran:?}");
    let notes = result["notes"].to_string();
    assert!(notes.contains("1 participant without an identity"), "{notes}");
}

/// Sends a request as the account's own app would.
fn send(world: &World, method: &str, url: &str, form: &[(&str, &str)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let method: reqwest::Method = method.parse().unwrap();
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let sent = reqwest::Client::new()
            .request(method, url)
            .basic_auth(world.running.account_sid(), Some(world.running.auth_token()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        assert!(sent.status().is_success(), "{url}: {}", sent.text().await.unwrap());
    });
}
