//! `plan --messages --media`: each message has its file in the copy, once, whatever the network does.

use std::collections::BTreeMap;

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};

use crate::apply::{accepted, apply, count, counterparts, operations, plan, spawn};
use crate::history::{MAPPED, WITH_MESSAGES, crawled, small, verify};
use crate::support::{Row, World, wait_for_requests};

const MEDIA: [&str; 2] = ["--messages", "--media"];

/// What a file is, without its SID.
fn file(media: &Value) -> Value {
    json!(["size", "content_type", "filename"].map(|key| media[key].clone()))
}

/// Every message of the copy is in its place and has the file of the message that it was made of, byte for byte. Gives how many files there are.
fn assert_files_are_there(world: &World) -> usize {
    let counterparts = counterparts(world);
    let running = &world.running;
    let (source, target) = (running.truth(), running.truth_of(running.target_service_sid()).unwrap());
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut files = 0;
    for channel in source.channel_sids() {
        let Some(conversation) = counterparts.get(&channel) else { continue };
        let (expected, found) = (source.messages(&channel), target.conversation_messages(conversation));
        assert_eq!(found.len(), expected.len(), "{channel}");
        for (message, copy) in expected.iter().zip(&found) {
            assert_eq!(
                (&message["date_created"], &message["from"]),
                (&copy["date_created"], &copy["author"])
            );
            let Some(copied) = copy["media"].as_array() else {
                assert!(message["media"].is_null(), "{copy:?}");
                continue;
            };
            assert_eq!(copied.iter().map(file).collect::<Vec<_>>(), [file(&message["media"])]);
            let sid = |media: &Value| media["sid"].as_str().unwrap().to_owned();
            let of = |service: &str, media: &Value| running.media(service, &sid(media)).unwrap();
            let (one, other) =
                (of(running.service_sid(), &message["media"]), of(running.target_service_sid(), &copied[0]));
            assert_eq!((one.size, one.sha256), (other.size, other.sha256));
            let owner = copy["sid"].as_str().unwrap().to_owned();
            assert_eq!(other.message_sid.as_deref(), Some(&*owner));
            assert_eq!(owners.insert(sid(&copied[0]), owner), None, "a file is of one message");
            files += 1;
        }
    }
    assert_eq!(running.created_more_than_once(), []);
    files
}

/// How many files were uploaded, and how many of them no message has.
fn uploads(world: &World) -> (usize, usize) {
    let uploads = world.running.uploads(world.running.target_service_sid());
    (uploads.len(), uploads.iter().filter(|media| media.message_sid.is_none()).count())
}

fn with_media(world: &World) -> usize {
    world.truth()["messages"].iter().filter(|message| message["media"].is_object()).count()
}

/// Why messages were not done as planned, each with what it says of its media.
fn reasons(world: &World) -> Vec<String> {
    let is_message = |operation: &Row| operation["kind"] == "create_message";
    let reason = |operation: Row| operation.get("reason")?.as_str().map(str::to_owned);
    operations(world).into_iter().filter(is_message).filter_map(reason).collect()
}

#[test]
fn a_copy_has_its_files_and_made_again_it_does_nothing() {
    let world = crawled(small(""));
    let planned = plan(&world, "plan.db", &MEDIA);
    let files = with_media(&world);
    assert!(files > 5, "{files}");
    assert_eq!(planned["media"]["files"], files, "{planned}");
    assert_eq!(planned["findings"]["media_left_behind"]["count"], 0, "{planned}");
    assert_eq!(count(&planned, "", "blocked"), 0, "{planned}");
    let shown = operations(&world);
    let sids = shown.iter().filter_map(|operation| operation["request"]["form"]["MediaSid"].as_str());
    assert_eq!(sids.filter(|sid| sid.starts_with("{ME")).count(), files, "what is sent is shown");
    let (ran, _) = apply(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(assert_files_are_there(&world), files);
    assert_eq!(uploads(&world), (files, 0));
    let journal = rusqlite::Connection::open(world.path("plan.db")).unwrap();
    let sql = "SELECT count(*) FROM operation WHERE length(json_extract(result, '$.media.sha256')) = 64";
    let hashed: i64 = journal.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(hashed), Ok(files), "the journal has the digest of each file");
    let (ran, verified) = verify(&world);
    assert_eq!(ran.code, 0, "{verified}");
    let writes = accepted(&world);
    assert_eq!(apply(&world, &[]).0.code, 0);
    assert_eq!(accepted(&world), writes, "there was nothing to be done");
    let again = plan(&world, "again.db", &MEDIA);
    assert_eq!(count(&again, "", "pending"), 0, "{again}");
}

#[test]
fn killed_ten_times_on_a_bad_network_each_message_has_its_file_once() {
    let world = crawled(small("lost-answer=5%,accepted-503=2%,reset=5%,500=2%,502=2%,503=1%,429=5%"));
    plan(&world, "plan.db", &MEDIA);
    let mut random = fastrand::Rng::with_seed(13);
    let mut kills = 0;
    while kills < 10 {
        let mut child = spawn(&world, &[]);
        wait_for_requests(&world, &mut child, random.u64(5..90));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap(); // SIGKILL
            kills += 1;
        }
        let ended = child.wait().unwrap();
        assert!(ended.code().is_none(), "it was not killed: make the world larger");
    }
    let (ran, _) = apply(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let files = assert_files_are_there(&world);
    assert_eq!(files, with_media(&world));
    let (uploaded, unused) = uploads(&world);
    assert_eq!(uploaded - unused, files, "what a kill or a lost answer left is of no message");
    let writes = accepted(&world);
    apply(&world, &[]);
    assert_eq!(accepted(&world), writes);
    assert_eq!(verify(&world).0.code, 0);
}

#[test]
fn a_file_that_cannot_be_had_fails_its_message_or_is_left_behind_as_the_mapping_says() {
    for (fault, told) in [
        ("media-gone=30%", "Twilio has no such file"),
        ("media-resized=30%", "bytes, not"),
        ("media-private=30%", "leads to `10.11.12.13`, which is not a public host"),
        ("media-redirect=30%", "leads on to another one"),
    ] {
        let world = crawled(small(fault));
        plan(&world, "plan.db", &[&MAPPED[..], &["--media"]].concat());
        let (ran, result) = apply(&world, &[]);
        assert_eq!(ran.code, 5, "{fault}: {ran:?}");
        let left = reasons(&world);
        assert!(!left.is_empty() && left.iter().all(|why| why.contains(told)), "{fault}: {left:?}");
        assert_eq!(count(&result, "create_message", "existing"), left.len() as u64, "{fault}");
        assert_eq!(count(&result, "create_message", "failed"), 0, "{fault}");
        let target = world.running.truth_of(world.running.target_service_sid()).unwrap();
        let copies = target.conversation_sids().flat_map(|sid| target.conversation_messages(&sid));
        let says_so = |message: &Row| {
            let attributes: Value = serde_json::from_str(message["attributes"].as_str().unwrap()).unwrap();
            message["media"].is_null() && attributes["chatferry_media"][0]["sid"].is_string()
        };
        assert_eq!(copies.filter(says_so).count(), left.len(), "{fault}");
        let (ran, verified) = verify(&world);
        assert_eq!(ran.code, 5, "{fault}: {ran:?}");
        assert_eq!(verified["by_entity"]["messages"]["different"], left.len(), "{fault}: {verified}");
        assert_eq!(verified["by_entity"]["messages"]["missing"], 0, "{fault}: {verified}");

        let world = crawled(small(fault));
        plan(&world, "plan.db", &MEDIA);
        let (ran, result) = apply(&world, &[]);
        assert_eq!(ran.code, 4, "{fault}: {ran:?}");
        assert!(count(&result, "create_message", "failed") > 0, "{fault}: {result}");
        assert_eq!(count(&result, "create_message", "existing"), 0, "{fault}: {result}");
        assert!(reasons(&world).iter().any(|why| why.contains(told)), "{fault}");
    }
}

#[test]
fn who_may_not_use_media_is_told_before_and_while_it_is_applied() {
    let told = ["may not use the media of service", "Media Content Service"];
    let world = crawled(small("forbid=/Media/*"));
    let target = world.running.target_service_sid().to_owned();
    let ran = world.run(&[&["plan", "--target", &target], &MEDIA[..]].concat());
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(told.iter().all(|text| ran.stderr.contains(text)), "{ran:?}");
    assert_eq!(world.running.writes(), []);
    // Who may read them and not write them.
    let world = crawled(small("forbid=/Media"));
    plan(&world, "plan.db", &MEDIA);
    let ran = world.run(&["apply", "--yes", "--quiet"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(told.iter().all(|text| ran.stderr.contains(text)), "{ran:?}");
    assert_eq!(uploads(&world), (0, 0));
}

#[test]
fn a_copy_with_files_is_rehearsed_with_files_that_are_made_up() {
    let world = crawled(small(""));
    let planned = plan(&world, "plan.db", &MEDIA);
    let ran =
        world.run(&["rehearse", "--json", "--faults", "lost-answer=3%,reset=2%,503=2%", "--kills", "2"]);
    let rehearsed: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(rehearsed["verdict"], "would_succeed", "{rehearsed:#}");
    assert!(rehearsed["lacks"].to_string().contains("made up"), "{rehearsed:#}");
    assert_eq!(rehearsed["kills"], 2, "{rehearsed:#}");
    let messages = count(&planned, "create_message", "pending");
    assert!(messages > 0, "{planned:#}");
    assert_eq!(count(&rehearsed, "create_message", "done"), messages, "{rehearsed:#}");
    // What is planned again is everything that `verify` has read, messages included.
    let said = world.run(&["rehearse", "--progress", "plain"]).stderr;
    let rows = |step: &str| {
        let (_, after) = said.split_once(&format!("\n{step}\n")).unwrap_or_else(|| panic!("{step}: {said}"));
        let (before, _) = after.split_once(" rows,").unwrap_or_else(|| panic!("{step}: {said}"));
        before.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(rows("Plan again"), rows("Verify"), "{said}");
    assert_eq!(world.running.writes(), []);
}

#[test]
fn media_are_of_messages_and_of_a_copy() {
    let world = World::new(Options { users: 3, channels: 2, memberships: 1, ..Options::default() });
    assert_eq!(world.crawl(&WITH_MESSAGES).code, 0);
    let target = world.running.target_service_sid().to_owned();
    let ran = world.run(&["plan", "--target", &target, "--media"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--messages"), "{ran:?}");
}

#[test]
fn without_room_for_a_large_file_the_run_stops_and_is_resumed() {
    // Two kinds of files: small ones are held in memory, and large ones need a temporary file.
    let world = crawled(Options { users: 60, channels: 60, ..Options::default() });
    let is_large = |message: &Row| message["media"]["size"].as_u64().is_some_and(|size| size > 1 << 20);
    assert!(world.truth()["messages"].iter().any(is_large), "make the world larger");
    plan(&world, "plan.db", &MEDIA);
    let arguments = ["apply", "--yes", "--quiet", "--service-rate", "1000", "--conversation-rate", "1000"];
    let elsewhere = [("TMPDIR", "/nowhere/at/all".into()), ("XDG_RUNTIME_DIR", world.path(""))];
    let ran = crate::support::run(world.chatferry(&arguments).envs(elsewhere));
    assert_eq!(ran.code, 1, "{ran:?}");
    for told in
        ["the temporary file in `/nowhere/at/all` cannot be written", "TMPDIR", "run the same command again"]
    {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    let (ran, _) = apply(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(assert_files_are_there(&world), with_media(&world));
}
