//! `subject`: everything about one person, from a snapshot or from Twilio, and nothing about anyone else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};

use crate::support::{Ran, Row, World, files, ndjson, post, wait_for_requests};

const EVERYTHING: [&str; 2] =
    ["--include", "roles,users,channels,user-channels,members,invites,messages,bindings"];

/// Who and what another person is in these tests, beside everyone of the simulator.
const OTHER: &str = "other.person@marker.example";
const OTHER_TEXT: &str = "the other person's own words";

/// A person with everything: channels, an invitation, a device and messages.
struct Person {
    sid: String,
    identity: String,
}

fn text<'r>(row: &'r Row, key: &str) -> &'r str {
    row[key].as_str().unwrap_or_default()
}

/// Where a person is taken from.
#[derive(PartialEq)]
enum From {
    Snapshot,
    Twilio,
}

type Truth = BTreeMap<&'static str, Vec<Row>>;

fn world() -> (World, Truth, Person) {
    slow_world(Duration::ZERO)
}

/// The same, where every answer takes that long.
fn slow_world(latency: Duration) -> (World, Truth, Person) {
    let world = World::new(Options { users: 60, latency, ..Options::default() });
    let truth = world.truth();
    let named =
        |record: &str, key: &str, identity: &str| truth[record].iter().any(|row| text(row, key) == identity);
    let has_everything = |user: &&Row| {
        let identity = text(user, "identity");
        user["joined_channels_count"].as_i64() > Some(1)
            && identity.to_uppercase() != identity
            && named("invites", "identity", identity)
            && named("bindings", "identity", identity)
            && named("messages", "from", identity)
    };
    let user = truth["users"].iter().find(has_everything).unwrap();
    let person = Person { sid: text(user, "sid").to_owned(), identity: text(user, "identity").to_owned() };
    // Another person writes where this one reads.
    let is_private = |row: &&Row| {
        truth["channels"]
            .iter()
            .any(|channel| channel["sid"] == row["channel_sid"] && channel["type"] == "private")
    };
    let on = truth["user_channels"]
        .iter()
        .filter(|row| text(row, "user_sid") == person.sid && row["status"] == "joined")
        .find(is_private)
        .unwrap();
    let path = format!(
        "/v1/Services/{}/Conversations/{}/Messages",
        world.running.service_sid(),
        text(on, "channel_sid")
    );
    post(&world, &path, &[("Author", OTHER), ("Body", OTHER_TEXT), ("Attributes", r#"{"of":"another"}"#)]);
    (world, truth, person)
}

fn result(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// The rows of a record that are the person's.
fn own<'t>(truth: &'t Truth, record: &str, key: &str, value: &str) -> Vec<&'t Row> {
    truth[record].iter().filter(|row| text(row, key) == value).collect()
}

/// The rows but for these columns.
fn without<'r>(rows: impl IntoIterator<Item = &'r Row>, columns: &[&str]) -> Vec<Row> {
    let strip = |row: &Row| {
        row.iter()
            .filter(|(key, _)| !columns.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    rows.into_iter().map(strip).collect()
}

/// Fails unless the folder has all of the person: from a snapshot also what it wrote in channels that it has left.
fn assert_has(folder: &Path, truth: &Truth, person: &Person, from: &From) {
    let Person { sid, identity } = person;
    let places = own(truth, "user_channels", "user_sid", sid);
    let is_found = |row: &&Row| {
        *from == From::Snapshot || places.iter().any(|place| place["channel_sid"] == row["channel_sid"])
    };
    for (record, key, value, columns) in [
        // Only a user that is fetched by itself says whether it is online and can be notified.
        ("users", "sid", sid, &["is_online", "is_notifiable"][..]),
        ("user_channels", "user_sid", sid, &["unread_messages_count"]),
        ("members", "identity", identity, &[]),
        ("invites", "identity", identity, &["created_by"]),
        ("bindings", "identity", identity, &[]),
        ("messages", "from", identity, &["last_updated_by"]),
    ] {
        let written = ndjson(&folder.join(format!("{record}.ndjson")));
        let written = written.iter().filter(|row| text(row, key) == value);
        let mut written = without(written, columns);
        let expected = own(truth, record, key, value).into_iter();
        let expected = expected.filter(|row| record != "messages" || is_found(row));
        let mut expected = without(expected, columns);
        assert!(!expected.is_empty(), "{record}");
        let order = |row: &Row| serde_json::to_string(row).unwrap();
        written.sort_by_key(order);
        expected.sort_by_key(order);
        assert_eq!(written, expected, "{record}");
    }
    let roles: BTreeSet<String> =
        ndjson(&folder.join("roles.ndjson")).iter().map(|row| text(row, "sid").to_owned()).collect();
    let named =
        own(truth, "members", "identity", identity).into_iter().chain(own(truth, "users", "sid", sid));
    for row in named {
        assert!(row["role_sid"].is_null() || roles.contains(text(row, "role_sid")), "{row:?}");
    }
}

/// Fails where any file says who someone else is or what someone else wrote.
fn assert_no_one_else(folder: &Path, truth: &Truth, person: &Person) {
    let mut others = BTreeSet::from([OTHER]);
    for (record, key) in [
        ("users", "identity"),
        ("members", "identity"),
        ("invites", "identity"),
        ("bindings", "identity"),
        ("messages", "from"),
        ("messages", "last_updated_by"),
        ("channels", "created_by"),
    ] {
        others.extend(truth[record].iter().map(|row| text(row, key)));
    }
    let bodies = |own: bool| {
        let of = truth["messages"].iter().filter(move |row| (text(row, "from") == person.identity) == own);
        of.map(|row| text(row, "body")).collect::<BTreeSet<_>>()
    };
    let (mine, mut theirs) = (bodies(true), bodies(false));
    theirs.extend([OTHER_TEXT, r#""of":"another""#]);
    let is_telling = |other: &&&str| other.chars().count() > 4 && **other != "system";
    let written = files(folder);
    assert!(written.len() > 12, "a page, a package, and each record twice");
    for (name, bytes) in written {
        let content = String::from_utf8(bytes).unwrap();
        // The style and the script of a page are no one's.
        let content = content.split_once("<body>").map_or(content.as_str(), |(_, body)| body);
        let content = content.rsplit_once("<script>").map_or(content, |(before, _)| before);
        for other in others.iter().filter(is_telling).filter(|other| **other != person.identity) {
            assert!(!names(content, other), "{name} names {other}");
        }
        for body in theirs.iter().filter(is_telling) {
            if mine.iter().all(|own| !own.contains(body)) {
                assert!(!content.contains(body), "{name} has what another wrote: {body}");
            }
        }
    }
}

/// Whether a text has this name, and not as a part of a longer one.
fn names(content: &str, name: &str) -> bool {
    let is_of_name = |letter: char| letter.is_alphanumeric() || "@.-_".contains(letter);
    let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    [name, &escaped].into_iter().any(|name| {
        content.match_indices(name).any(|(at, _)| {
            let before = content[..at].chars().next_back();
            let after = content[at + name.len()..].chars().next();
            !before.is_some_and(is_of_name) && !after.is_some_and(is_of_name)
        })
    })
}

#[test]
fn a_snapshot_has_everything_about_a_person_and_no_one_else_is_written() {
    let (world, truth, person) = world();
    assert_eq!(world.crawl(&EVERYTHING).code, 0);
    let before = world.running.stats().requests;
    let subject = ["subject", &person.identity, "--snapshot", "snapshot.db", "--out", "person"];
    let ran = world.run(&[&subject[..], &["--json", "--retain-until", "2199-12-31"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.running.stats().requests, before, "no request was sent");
    let folder = world.path("person");
    assert_has(&folder, &truth, &person, &From::Snapshot);
    assert_no_one_else(&folder, &truth, &person);
    let told = result(&ran);
    assert_eq!(
        (&told["verdict"], &told["missing"], &told["requests"]),
        (&json!("complete"), &json!([]), &json!(0))
    );
    assert_eq!(told["subject"]["user_sid"], person.sid.as_str());
    let written = own(&truth, "messages", "from", &person.identity);
    assert_eq!(told["records"]["messages"], written.len());
    let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(page.ends_with("</html>\n") && page.contains(&person.sid), "the page is complete");
    let package: Value = serde_json::from_slice(&files(&folder)["datapackage.json"]).unwrap();
    assert_eq!(package["chatferry"]["settings"]["subject"]["identity"], person.identity.as_str());
    assert_eq!(package["chatferry"]["retain_until"], "2199-12-31");
    let resources = package["resources"].as_array().unwrap();
    let of_page = resources.iter().find(|resource| resource["path"] == "index.html").unwrap();
    assert_eq!(of_page["bytes"], page.len());
    let of_messages = resources.iter().find(|resource| resource["path"] == "messages.csv").unwrap();
    assert!(of_messages["schema"].to_string().contains("deleteSla"), "classes and terms as in an export");
    // By SID it is the same, and as text the folder is named.
    let by_sid = ["subject", &person.sid, "--snapshot", "snapshot.db", "--out", "by-sid"];
    let ran = world.run(&by_sid);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = format!("complete: everything about {} is in by-sid/index.html", person.identity);
    assert!(ran.stderr.contains(&told), "{ran:?}");
    let of = |folder: &str| {
        let mut written = files(&world.path(folder));
        written.remove("datapackage.json");
        written
    };
    assert_eq!(of("person"), of("by-sid"));
}

#[test]
fn with_context_others_are_numbers_and_their_texts_are_lengths() {
    let (world, truth, person) = world();
    assert_eq!(world.crawl(&EVERYTHING).code, 0);
    let subject = ["subject", &person.identity, "--snapshot", "snapshot.db", "--out", "person"];
    let ran = world.run(&[&subject[..], &["--context", "--json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let folder = world.path("person");
    assert_has(&folder, &truth, &person, &From::Snapshot);
    assert_no_one_else(&folder, &truth, &person);
    let messages = ndjson(&folder.join("messages.ndjson"));
    let (own, others): (Vec<_>, Vec<_>) =
        messages.iter().partition(|row| text(row, "from") == person.identity);
    assert!(!own.is_empty() && !others.is_empty());
    for other in &others {
        let from = text(other, "from");
        assert!(from.is_empty() || from == "system" || from.starts_with("person-"), "{other:?}");
        assert!(other["body"].is_null() || text(other, "body").starts_with("[masked: "), "{other:?}");
        assert!(other["media"].is_null() && other["attributes"].is_null(), "{other:?}");
        assert!(!text(other, "date_created").is_empty());
    }
    let length = format!("[masked: {} characters]", OTHER_TEXT.chars().count());
    assert!(others.iter().any(|other| text(other, "body") == length));
    // One person has one number, wherever it wrote.
    let number =
        |sid: &Value| others.iter().find(|row| row["sid"] == *sid).map(|row| text(row, "from").to_owned());
    let mut numbers: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in truth["messages"].iter().filter(|row| text(row, "from") != person.identity) {
        numbers.entry(text(row, "from")).or_default().extend(number(&row["sid"]));
    }
    assert!(numbers.values().all(|numbers| numbers.len() <= 1), "{numbers:?}");
    let distinct: BTreeSet<&String> = numbers.values().flatten().collect();
    assert!(distinct.len() > 1);
}

/// Requests by operation since an earlier count.
fn requests_since(world: &World, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let now = world.running.stats().by_route;
    let since = |(name, count): (String, u64)| {
        let more = count - before.get(&name).copied().unwrap_or_default();
        (more > 0).then_some((name, more))
    };
    now.into_iter().filter_map(since).collect()
}

#[test]
fn from_twilio_it_takes_one_request_for_each_thing_of_the_persons() {
    let (world, truth, person) = world();
    let pages = |rows: usize, page: usize| rows.div_ceil(page).max(1) as u64;
    let service = world.running.service_sid().to_owned();
    for who in [&person.identity, &person.sid] {
        let before: BTreeMap<String, u64> = world.running.stats().by_route.into_iter().collect();
        let out = format!("chat-{}", who.len());
        let ran = world.run(&["subject", who, "--service", &service, "--out", &out, "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_has(&world.path(&out), &truth, &person, &From::Twilio);
        assert_no_one_else(&world.path(&out), &truth, &person);
        let places = own(&truth, "user_channels", "user_sid", &person.sid);
        let joined = places.iter().filter(|row| row["status"] == "joined").count();
        let messages = places.iter().map(|row| {
            let of_channel = |message: &&Row| message["channel_sid"] == row["channel_sid"];
            pages(truth["messages"].iter().filter(of_channel).count(), 100)
        });
        let sent = requests_since(&world, &before);
        let expected = BTreeMap::from([
            ("v2 FetchService".to_owned(), 1),
            ("v2 FetchUser".to_owned(), 1),
            ("v2 ListRole".to_owned(), 1),
            ("v2 ListBinding".to_owned(), 1),
            ("v2 ListUserChannel".to_owned(), pages(places.len(), 50)),
            ("v2 FetchChannel".to_owned(), places.len() as u64),
            ("v2 FetchMember".to_owned(), joined as u64),
            ("v2 ListInvite".to_owned(), (places.len() - joined) as u64),
            ("v2 ListMessage".to_owned(), messages.sum()),
        ]);
        assert_eq!(sent, expected);
        assert_eq!(result(&ran)["requests"], sent.values().sum::<u64>());
        assert!(!world.path(&format!("{out}.subject.db")).exists(), "nothing is left beside the folder");
    }
    // It does not claim what Twilio cannot be asked for.
    let ran = world.run(&["subject", &person.sid, "--service", &service, "--out", "told"]);
    let told = format!("complete: all that Twilio lists about {} is in told/index.html", person.identity);
    assert!(ran.code == 0 && ran.stderr.contains(&told), "{ran:?}");
    let left = "note: what the person wrote in channels that it has left is found in snapshots only";
    assert!(ran.stderr.contains(left), "{ran:?}");
    let page = std::fs::read_to_string(world.path("told/index.html")).unwrap();
    assert!(page.contains("Complete, as far as Twilio lists it"));
}

#[test]
fn conversations_gives_what_it_has_in_as_few_requests() {
    let (world, truth, person) = world();
    let before: BTreeMap<String, u64> = world.running.stats().by_route.into_iter().collect();
    let subject = ["subject", &person.identity, "--source", "conversations", "--out", "person"];
    let service = ["--service", world.running.service_sid(), "--json"];
    let ran = world.run(&[&subject[..], &service].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let folder = world.path("person");
    assert_no_one_else(&folder, &truth, &person);
    let told = result(&ran);
    assert!(told["notes"].to_string().contains("private channels only"), "{told}");
    assert_eq!(told["missing"], json!([]), "what the API does not have is not missing");
    let places = ndjson(&folder.join("user_channels.ndjson"));
    let written = ndjson(&folder.join("messages.ndjson"));
    let is_on = |row: &&Row| places.iter().any(|place| place["channel_sid"] == row["channel_sid"]);
    let expected = own(&truth, "messages", "from", &person.identity).into_iter().filter(is_on).count();
    assert!(expected > 0 && written.len() == expected, "{} of {expected} messages", written.len());
    let sent = requests_since(&world, &before);
    let lists_and_records = |name: &str| sent.get(name).copied().unwrap_or_default();
    assert_eq!(lists_and_records("v1 FetchService"), 1, "{sent:?}");
    assert_eq!(lists_and_records("v1 FetchServiceUser"), 1, "{sent:?}");
    assert_eq!(lists_and_records("v1 ListServiceRole"), 1, "{sent:?}");
    assert_eq!(lists_and_records("v1 ListServiceBinding"), 1, "{sent:?}");
    assert_eq!(lists_and_records("v1 FetchServiceConversation"), places.len() as u64, "{sent:?}");
    assert_eq!(lists_and_records("v1 FetchServiceConversationParticipant"), places.len() as u64, "{sent:?}");
    assert_eq!(
        sent.len(),
        8,
        "the two lists of the person's conversations and of their messages, and nothing else: {sent:?}"
    );
}

#[test]
fn where_chat_is_gone_conversations_is_read() {
    let world =
        World::new(Options { users: 40, faults: "chat-gone=0".parse().unwrap(), ..Options::default() });
    let truth = world.truth();
    let user = truth["users"].iter().find(|user| user["joined_channels_count"].as_i64() > Some(1)).unwrap();
    let service = world.running.service_sid();
    let ran = world.run(&["subject", text(user, "sid"), "--service", service, "--out", "person", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(result(&ran)["source"], "conversations");
}

#[test]
fn what_is_missing_is_named_and_never_ends_with_0() {
    let (world, _, person) = world();
    assert_eq!(world.crawl(&[]).code, 0);
    let subject = ["subject", &person.identity, "--snapshot", "snapshot.db", "--out"];
    let ran = world.run(&[&subject[..], &["person", "--json"]].concat());
    assert_eq!(ran.code, 4, "{ran:?}");
    let told = result(&ran);
    assert_eq!(told["verdict"], "incomplete");
    let missing: Vec<&str> =
        told["missing"].as_array().unwrap().iter().map(|part| part["what"].as_str().unwrap()).collect();
    assert_eq!(missing, ["invites", "messages", "bindings"]);
    let ran = world.run(&[&subject[..], &["again"]].concat());
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("missing: messages: the snapshot was crawled without them"), "{ran:?}");
    let page = std::fs::read_to_string(world.path("again/index.html")).unwrap();
    assert!(page.contains("Incomplete: 3 parts missing"), "{page}");
    let package = std::fs::read_to_string(world.path("again/datapackage.json")).unwrap();
    assert!(package.contains("the snapshot was crawled without them"));
}

#[test]
fn a_list_that_cannot_be_read_is_named_and_read_again_by_the_same_command() {
    let world = World::with_faults("loop-user=1");
    let user = world.running.truth().looping_users().into_iter().next().unwrap();
    let service = world.running.service_sid().to_owned();
    let subject = ["subject", user.as_str(), "--service", &service, "--out", "person"];
    for _ in 0..2 {
        let ran = world.run(&[&subject[..], &["--json"]].concat());
        assert_eq!(ran.code, 4, "{ran:?}");
        let told = result(&ran);
        assert_eq!(told["missing"][0]["what"], format!("user channels of {user}"), "{told}");
        assert!(world.path("person/index.html").exists(), "what there is was written");
        assert!(world.path("person.subject.db").exists(), "and is resumed");
    }
}

#[test]
fn a_run_that_stops_writes_nothing_and_is_resumed() {
    let (world, truth, person) = world();
    let service = world.running.service_sid().to_owned();
    let subject = ["subject", person.identity.as_str(), "--service", &service, "--out", "person", "--json"];
    let ran = world.run(&[&subject[..], &["--rps", "5", "--max-duration", "1s"]].concat());
    assert_eq!(ran.code, 4, "{ran:?}");
    let told = result(&ran);
    assert_eq!((&told["stopped"], &told["out"]), (&json!("time_up"), &Value::Null));
    assert!(!world.path("person").exists());
    let another = truth["users"].iter().find(|user| text(user, "sid") != person.sid).unwrap();
    let ran = world.run(&["subject", text(another, "sid"), "--service", &service, "--out", "person"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("person.subject.db` is what an unfinished run for this folder"), "{ran:?}");
    let two = format!(
        "is of the selected user {}, not of the selected user {}",
        person.identity,
        text(another, "sid")
    );
    assert!(ran.stderr.contains(&two), "{ran:?}");
    let ran = world.run(&subject);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_has(&world.path("person"), &truth, &person, &From::Twilio);
    assert!(!world.path("person.subject.db").exists());
}

/// At Ctrl-C there is no folder, and whatever reads the file that is left says that it is incomplete.
#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_folder_and_a_file_that_is_taken_for_incomplete() {
    let (world, truth, person) = slow_world(Duration::from_millis(20));
    let subject = [
        "subject",
        person.identity.as_str(),
        "--service",
        world.running.service_sid(),
        "--out",
        "person",
        "--json",
    ];
    let mut command = world.process(&[&subject[..], &["--concurrency", "1", "--progress", "none"]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_requests(&world, &mut child, 5);
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{talk}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&told["verdict"], &told["stopped"], &told["out"]),
        (&json!("incomplete"), &json!("interrupted"), &Value::Null)
    );
    assert!(!world.path("person").exists());
    let kept = ["--snapshot", "person.subject.db"];
    let info = world.json(&["snapshot", "info", "person.subject.db"]);
    assert_eq!(info["verdict"], "incomplete");
    let exported = world.json(&[&["export", "--out", "export"], &kept[..]].concat());
    assert_eq!(exported["verdict"], "incomplete");
    let ran = world.run(&[&["subject", &person.identity, "--out", "half", "--json"], &kept[..]].concat());
    if ran.code == 4 {
        assert_eq!(result(&ran)["verdict"], "incomplete");
    } else {
        assert_eq!(ran.code, 2, "the person is not in it yet: {ran:?}");
        assert!(!world.path("half").exists());
    }
    let ran = world.run(&subject);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_has(&world.path("person"), &truth, &person, &From::Twilio);
    assert!(!world.path("person.subject.db").exists());
}

#[test]
fn who_is_no_one_or_several_and_a_folder_in_use_are_refused() {
    let (world, _, person) = world();
    let service = world.running.service_sid().to_owned();
    let other = world.running.target_service_sid().to_owned();
    post(&world, &format!("/v1/Services/{other}/Users"), &[("Identity", &person.identity)]);
    let services = ["--service", &other];
    assert_eq!(world.crawl(&[&EVERYTHING[..], &services].concat()).code, 0);
    let from_snapshot = |who: &str, more: &[&str]| {
        let subject = ["subject", who, "--snapshot", "snapshot.db", "--out", "person"];
        world.run(&[&subject[..], more].concat())
    };
    let refused = |ran: &Ran, words: &[&str]| {
        assert_eq!(ran.code, 2, "{ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "{word}: {ran:?}");
        }
        assert!(!world.path("person").exists() && !world.path("person.subject.db").exists());
    };
    refused(
        &from_snapshot(&person.identity, &[]),
        &["someone in several services", &service, &other, "--service"],
    );
    refused(&from_snapshot("no-one", &[]), &["`no-one` is no one in the snapshot", "SID (US…)"]);
    refused(&from_snapshot(&person.identity.to_uppercase(), &[]), &["did you mean", &person.identity]);
    refused(&from_snapshot(&person.sid, &["--service", &other]), &["is no one in the snapshot"]);
    refused(&from_snapshot("", &[]), &["WHO"]);
    let live = |who: &str| world.run(&["subject", who, "--service", &service, "--out", "person"]);
    refused(&live("no-one"), &["there is no user `no-one` in", &service]);
    refused(&live("US00000000000000000000000000000000"), &["there is no user"]);
    refused(&world.run(&["subject", &person.sid, "--out", "person"]), &[&service, &other, "--service"]);
    let chosen = from_snapshot(&person.identity, &["--service", &service, "--quiet"]);
    assert_eq!(chosen.code, 0, "{chosen:?}");
    let before = world.running.stats().requests;
    for ran in [from_snapshot(&person.sid, &[]), live(&person.sid)] {
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("the folder `person` is not empty"), "{ran:?}");
    }
    assert_eq!(world.running.stats().requests, before, "it is refused before any request");
}

#[test]
fn one_who_is_deleted_is_found_by_what_was_written() {
    let (world, truth, person) = world();
    assert_eq!(world.crawl(&EVERYTHING).code, 0);
    let gone = "DELETE FROM membership_row WHERE user = (SELECT id FROM user_row WHERE identity = ?1)";
    let snapshot = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
    snapshot.execute(gone, [&person.identity]).unwrap();
    snapshot.execute("UPDATE user_row SET listed = 0 WHERE identity = ?1", [&person.identity]).unwrap();
    drop(snapshot);
    let ran =
        world.run(&["subject", &person.identity, "--snapshot", "snapshot.db", "--out", "person", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = result(&ran);
    assert_eq!(told["subject"]["user_sid"], Value::Null);
    assert!(told["notes"].to_string().contains("no user has this identity any more"), "{told}");
    assert_eq!(told["records"]["messages"], own(&truth, "messages", "from", &person.identity).len());
    assert_no_one_else(&world.path("person"), &truth, &person);
}
