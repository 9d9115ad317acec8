//! `export --media`: the files of messages, each under its SID, with a manifest.

use std::collections::BTreeMap;

use chatferry::internals::simulator::Options;
use serde_json::Value;

use crate::history::{crawled, small};
use crate::support::{Ran, World, files, run};

fn export(world: &World, flags: &[&str]) -> (Ran, Value) {
    let ran = world.run(&[&["export", "--media", "media", "--json", "--quiet"], flags].concat());
    let result = serde_json::from_str(&ran.stdout).unwrap_or_default();
    (ran, result)
}

/// The lines of the manifest by SID. Each file that it names is there, and is the one of its message.
fn assert_manifest_is_true(world: &World) -> BTreeMap<String, Value> {
    let mut named = BTreeMap::new();
    let all = files(&world.path("media"));
    let parts = all.iter().filter(|(name, _)| name.starts_with("manifest-"));
    let lines = parts.flat_map(|(_, bytes)| std::str::from_utf8(bytes).unwrap().lines());
    for line in lines.map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let sid = line["sid"].as_str().unwrap().to_owned();
        let known = world.running.media(world.running.service_sid(), &sid).unwrap();
        assert_eq!(line["sha256"], *known.sha256);
        assert_eq!(line["message_sid"].as_str(), known.message_sid.as_deref());
        assert_eq!(line["filename"].as_str(), known.filename.as_deref());
        assert_eq!(line["content_type"].as_str(), known.content_type.as_deref());
        assert_eq!((line["size"].as_u64(), all[&sid].len() as u64), (Some(known.size), known.size));
        assert_eq!(named.insert(sid, line), None, "a file is named once");
    }
    named
}

fn with_media(world: &World) -> usize {
    world.truth()["messages"].iter().filter(|message| message["media"].is_object()).count()
}

#[test]
fn every_file_is_there_under_its_sid_and_a_second_run_reads_none_again() {
    let world = crawled(small("reset=3%,503=3%,truncate=3%,429=3%"));
    let (ran, result) = export(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let named = assert_manifest_is_true(&world);
    assert!(named.len() > 5 && named.len() == with_media(&world), "{}", named.len());
    assert_eq!((&result["files"], &result["missing"]), (&named.len().into(), &0.into()), "{result}");
    assert_eq!(files(&world.path("media")).len(), named.len() + 1, "the files and the manifest");
    let requests = world.running.stats().requests;
    let (ran, result) = export(&world, &[]);
    assert_eq!((ran.code, &result["kept"]), (0, &named.len().into()), "{ran:?}");
    assert_eq!(world.running.stats().requests, requests + 1, "whether it may be asked");
    assert_eq!(assert_manifest_is_true(&world), named);
}

#[test]
fn an_export_that_was_killed_is_resumed() {
    let world = crawled(Options { users: 60, channels: 60, ..Options::default() });
    let mut child = world.child(&["export", "--media", "media", "--quiet"]);
    crate::support::wait_for_requests(&world, &mut child, 30);
    child.kill().unwrap();
    assert!(child.wait().unwrap().code().is_none(), "it was not killed: make the world larger");
    let before = assert_manifest_is_true(&world).len();
    let all = with_media(&world);
    assert!(before > 0 && before < all, "{before} of {all}");
    let (ran, result) = export(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(assert_manifest_is_true(&world).len(), all);
    assert_eq!(result["kept"], before, "{result}");
    assert!(files(&world.path("media")).keys().all(|name| !name.starts_with('.')), "no draft stays");
}

#[test]
fn what_cannot_be_had_is_said_and_the_others_are_there() {
    for (fault, told) in [
        ("media-gone=30%", "Twilio has no such file"),
        ("media-resized=30%", "bytes, not"),
        ("media-private=30%", "not a public host"),
        ("media-redirect=30%", "leads on to another one"),
    ] {
        let world = crawled(small(fault));
        let (ran, result) = export(&world, &[]);
        assert_eq!(ran.code, 5, "{fault}: {ran:?}");
        let missing = result["missing_files"].as_array().unwrap();
        assert!(!missing.is_empty(), "{fault}");
        assert!(missing.iter().all(|file| file["reason"].as_str().unwrap().contains(told)), "{result}");
        let there = assert_manifest_is_true(&world).len();
        assert_eq!(there + missing.len(), with_media(&world), "{fault}");
    }
}

#[test]
fn what_cannot_be_is_refused_before_a_file_is_written() {
    let world = crawled(small("forbid=/Media/*"));
    let (ran, _) = export(&world, &[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("may not use the media of service"), "{ran:?}");
    let ran = world.run(&["export", "--media", "-"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let other = world.running.other_account();
    let secrets = [("TWILIO_ACCOUNT_SID", other.account_sid), ("TWILIO_AUTH_TOKEN", other.auth_token)];
    let ran = run(world.chatferry(&["export", "--media", "media"]).envs(secrets));
    assert_eq!(ran.code, 2, "{ran:?}");
    std::fs::create_dir_all(world.path("mine")).unwrap();
    std::fs::write(world.path("mine/thesis.odt"), "years of work").unwrap();
    let ran = world.run(&["export", "--media", "mine"]);
    assert!(ran.code == 2 && ran.stderr.contains("thesis.odt"), "{ran:?}");
    std::fs::remove_file(world.path("snapshot.db")).unwrap();
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    let ran = world.run(&["export", "--media", "media"]);
    assert!(ran.code == 2 && ran.stderr.contains("messages"), "{ran:?}");
}

/// A file system that is full gives the same error as this limit of a process, which the shell sets.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_in_the_middle_keeps_what_is_there_and_the_next_run_goes_on() {
    let world = crawled(Options { users: 60, channels: 60, ..Options::default() });
    let sizes = world.truth()["messages"].clone();
    let is_large = |size: u64| size > 512 * 1_024;
    assert!(sizes.iter().filter_map(|message| message["media"]["size"].as_u64()).any(is_large));
    let binary = assert_cmd::cargo::cargo_bin("chatferry");
    let script =
        format!("trap '' XFSZ; ulimit -f 400; exec {} export --media media --quiet", binary.display());
    let mut command = std::process::Command::new("bash");
    let given = world.process(&[]);
    command.args(["-c", &script]).current_dir(world.folder.path()).env_clear();
    command.envs(given.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("free some space"), "{stderr}");
    assert_manifest_is_true(&world);
    let (ran, _) = export(&world, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(assert_manifest_is_true(&world).len(), with_media(&world));
}
