//! `demo`: what a newcomer sees first.

use std::path::Path;

use serde_json::Value;

use crate::support::{Ran, chatferry, files, ndjson, run};

fn demo(folder: &Path, flags: &[&str]) -> Ran {
    let mut arguments = vec!["demo"];
    arguments.extend(flags);
    run(&mut chatferry(folder, &arguments))
}

#[test]
fn it_works_in_an_empty_folder_without_any_setting() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.stdout, "", "talk goes to stderr");
    for says in [
        "complete: all 328 users and ",
        "1. crawl --service IS",
        "2. export --snapshot",
        "3. plan --target in-place --snapshot",
        "4. mapping show copy >",
        "5. plan --target IS",
        "6. rehearse --plan chatferry-demo/copy.db",
        "Rehearsed: ",
        "7. apply --plan chatferry-demo/copy.db --yes",
        "has all of chatferry-demo/copy.db",
        "8. verify --plan chatferry-demo/copy.db --all >",
        "the same: ",
        "Run next",
        "chatferry plan show --plan chatferry-demo/copy.db",
        "chatferry snapshot info chatferry-demo/snapshot.db",
        "chatferry export --snapshot chatferry-demo/snapshot.db",
        "TWILIO_ACCOUNT_SID",
        "chatferry probe",
    ] {
        assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
    }
    // Faults were there, and were overcome.
    assert!(!ran.stderr.contains(" 0 sent again"), "{}", ran.stderr);
    // Every file that is named is there, and the first rows shown are those of the files.
    let named: Vec<&str> = ran
        .stderr
        .split_whitespace()
        .map(|word| word.trim_end_matches(','))
        .filter(|word| word.starts_with("chatferry-demo/"))
        .collect();
    assert!(named.len() >= 20, "{named:?}");
    for name in named {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    let users = std::fs::read_to_string(folder.path().join("chatferry-demo/export/users.csv")).unwrap();
    for line in users.lines().take(2) {
        let beginning: String = line.chars().take(100).collect();
        assert!(ran.stderr.contains(&beginning), "{beginning}");
    }
    assert_eq!(ndjson(&folder.path().join("chatferry-demo/export/users.ndjson")).len(), 328);
    // Each record of the copy was compared with the snapshot, and is the same.
    let verified = std::fs::read_to_string(folder.path().join("chatferry-demo/verify.txt")).unwrap();
    assert!(verified.lines().all(|line| line.starts_with('=')), "{verified}");
    assert_eq!(verified.lines().filter(|line| line.starts_with("= users ")).count(), 328);
    for page in ["plan.html", "copy.html"] {
        let page = std::fs::read_to_string(folder.path().join("chatferry-demo").join(page)).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"), "{page}");
    }
    let entries = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(entries, 1, "everything is in the one folder");
}

/// Each command that it says to run next works as it is written.
#[test]
fn what_it_says_to_run_next_runs() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["--users", "40"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let commands: Vec<&str> = ran
        .stderr
        .lines()
        .filter_map(|line| line.trim().strip_prefix("chatferry "))
        .filter(|line| line.contains("chatferry-demo/"))
        .collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    for command in commands {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        let next = run(&mut chatferry(folder.path(), &arguments));
        assert_eq!(next.code, 0, "{command}: {next:?}");
        assert!(!next.stdout.is_empty(), "{command}");
    }
}

#[test]
fn it_can_be_given_again_and_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let first = demo(folder.path(), &["--users", "40", "--out", "here"]);
    assert_eq!(first.code, 0, "{first:?}");
    let export = folder.path().join("here/export");
    let mut before = files(&export);
    let again = demo(folder.path(), &["--users", "40", "--out", "here"]);
    assert_eq!(again.code, 0, "{again:?}");
    let mut after = files(&export);
    before.remove("datapackage.json"); // says when the crawl was
    after.remove("datapackage.json");
    assert_eq!(before, after, "the same seed gives the same data");
    assert!(!folder.path().join("chatferry-demo").exists());
    let other = demo(folder.path(), &["--users", "40", "--out", "here", "--seed", "2"]);
    assert_eq!(other.code, 0, "{other:?}");
    assert_ne!(files(&export)["users.csv"], after["users.csv"], "another seed gives other data");
}

#[test]
fn its_result_is_an_object_when_asked_for_and_its_talk_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let ran = demo(folder.path(), &["--users", "40", "--json", "--log-format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&object["verdict"], &object["counts"]["users"]), (&"complete".into(), &101.into()));
    assert_eq!((&object["plan"]["verdict"], &object["copy"]["verdict"]), (&"ready".into(), &"ready".into()));
    assert_eq!((&object["apply"]["verdict"], &object["apply"]["left"]), (&"complete".into(), &0.into()));
    // What the plan said was done, and what was done is there.
    let planned = object["copy"]["operations"].as_object().unwrap();
    for (kind, states) in planned {
        assert_eq!(object["apply"]["operations"][kind]["done"], states["pending"], "{kind}");
    }
    assert_eq!(planned["create_user"]["pending"], 101, "40, and those that real accounts have");
    let verified = &object["verify"];
    for mark in ["added", "missing", "different", "unreadable"] {
        assert_eq!(verified[mark], 0, "{verified}");
    }
    assert!(verified["same"].as_u64() > Some(40), "{verified}");
    for line in ran.stderr.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|record| record.is_object()), "{line}");
    }
    let quiet = demo(folder.path(), &["--users", "40", "--quiet"]);
    assert_eq!((quiet.code, &*quiet.stdout, &*quiet.stderr), (0, "", ""), "{quiet:?}");
}

#[test]
fn files_of_others_in_its_folder_stay() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("chatferry-demo/export")).unwrap();
    std::fs::write(folder.path().join("chatferry-demo/export/letter.txt"), "mine").unwrap();
    let ran = demo(folder.path(), &["--users", "40"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("letter.txt"), "{ran:?}");
    let letter = folder.path().join("chatferry-demo/export/letter.txt");
    assert_eq!(std::fs::read(letter).unwrap(), b"mine");
}
