//! The words at a person's first steps: what is asked for by another name, what is nearly right, what is next.

use std::fs;

use chatferry::internals::simulator::Options;
use serde_json::Value;

use crate::support::{Ran, World, chatferry, run};

fn small() -> World {
    World::new(Options { users: 30, channels: 12, memberships: 4, ..Options::default() })
}

/// A run in a folder of its own, without credentials.
fn alone(arguments: &[&str]) -> Ran {
    run(&mut chatferry(tempfile::tempdir().unwrap().path(), arguments))
}

#[test]
fn whoever_asks_for_a_dry_run_is_told_that_the_plan_is_one() {
    for verb in ["apply", "plan", "crawl", "audit"] {
        for flag in ["--dry-run", "--dryrun", "--dry_run"] {
            let ran = alone(&[verb, flag]);
            assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
            let tip =
                "tip: there is no dry run to ask for: `chatferry plan` is the dry run. It only reads, and";
            assert!(ran.stderr.contains(tip), "{ran:?}");
        }
    }
    let ran = alone(&["apply", "--dry-run", "--json"]);
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(
        object["error"]["hint"].as_str().unwrap().starts_with("there is no dry run to ask for"),
        "{object}"
    );
    // Another slip gets no such tip.
    assert!(!alone(&["apply", "--dry"]).stderr.contains("dry run to ask for"));
}

#[test]
fn help_of_a_verb_is_the_same_by_both_ways() {
    let verbs =
        ["probe", "crawl", "export", "user-channel", "plan", "apply", "verify", "diff", "audit", "mapping"];
    for verb in verbs {
        let (help, flag) = (alone(&["help", verb]), alone(&[verb, "--help"]));
        assert_eq!((help.code, &*help.stderr), (0, ""), "{verb}");
        assert!(help.stdout.contains("Usage: chatferry "), "{help:?}");
        assert_eq!(help.stdout, flag.stdout, "{verb}");
    }
    let two = alone(&["help", "plan", "show"]);
    assert_eq!((two.code, two.stdout), (0, alone(&["plan", "show", "--help"]).stdout));
    let slip = alone(&["help", "plam"]);
    assert!(slip.code == 2 && slip.stderr.contains("unrecognized subcommand 'plam'"), "{slip:?}");
}

#[test]
fn verbs_stand_in_groups_and_each_in_one() {
    let help = alone(&["--help"]).stdout;
    let groups = ["Read and export:", "Migrate:", "Keep watch:", "Try and set up:"];
    let places: Vec<usize> =
        groups.iter().map(|group| help.find(group).unwrap_or_else(|| panic!("{help}"))).collect();
    assert!(places.is_sorted(), "{help}");
    let end = help.find("Options:").unwrap();
    let verbs = &help[places[0]..end];
    for verb in
        ["probe", "crawl", "export", "plan", "apply", "verify", "snapshot", "diff", "audit", "demo", "man"]
    {
        let lines = verbs.lines().filter(|line| line.split_whitespace().next() == Some(verb));
        assert_eq!(lines.count(), 1, "{verb}: {verbs}");
    }
}

#[test]
fn the_short_help_of_network_verbs_leaves_out_what_verbs_share() {
    for verb in ["probe", "crawl", "plan", "apply", "verify", "audit"] {
        let (short, long) = (alone(&[verb, "-h"]).stdout, alone(&[verb, "--help"]).stdout);
        assert!(short.lines().count() * 2 < long.lines().count(), "{short}");
        for flag in ["--chat-url", "--account-concurrency", "--secret-file", "--log-format"] {
            assert!(!short.contains(flag) && long.contains(flag), "{verb} {flag}: {short}");
        }
        assert!(short.trim_end().ends_with("are in `--help`."), "{short}");
    }
}

#[test]
fn the_only_service_of_an_account_is_taken_and_named() {
    let world = small();
    let only = world.running.other_account();
    let run_there = |arguments: &[&str]| {
        let mut command = world.chatferry(arguments);
        command.env("TWILIO_ACCOUNT_SID", only.account_sid).env("TWILIO_AUTH_TOKEN", only.auth_token);
        run(&mut command)
    };
    let ran = run_there(&["crawl"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains(&format!("the only service is taken: {}\n", only.service_sid)), "{ran:?}");
    let info: Value = serde_json::from_str(&run_there(&["snapshot", "info", "--json"]).stdout).unwrap();
    assert_eq!(info["services"], serde_json::json!([only.service_sid]), "{info}");
    // It is said in a log too, and the same command again asks nothing.
    let again = run_there(&["crawl", "--log-format", "json"]);
    assert!(again.code == 0 && again.stderr.contains("was finished before"), "{again:?}");
    // Of two, none is taken.
    let ran = world.run(&["crawl", "--snapshot", "other.db"]);
    assert!(ran.code == 2 && ran.stderr.contains("no service is chosen, and the account has 2"), "{ran:?}");
    assert!(ran.stderr.contains(world.running.service_sid()), "{ran:?}");
}

#[test]
fn what_is_nearly_right_says_what_was_meant() {
    let service = "IS0123456789abcdef0123456789abcdef";
    for (arguments, says) in [
        (&["plan", "--target", "inplace"][..], "hint: did you mean `in-place`?"),
        (&["crawl", "--service", service, "--source", "chatt"], "tip: a similar value exists: 'chat'"),
        (&["crawl", "--service", service, "--include", "userz"], "`users`"),
        (&["crawl", "--service", service, "--max-duration", "5"], "hint: write 5s, 5m or 5h"),
        (&["export", "--records", "user_chanels"], "did you mean `user_channels`?"),
        (
            &["export", "--records", "memberships"],
            "hint: the mapping `audit` has `memberships`: add --mapping audit",
        ),
        (&["crawl", "--concurency", "3"], "'--concurrency'"),
        (&["aply"], "'apply'"),
    ] {
        let ran = alone(arguments);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains(says), "{says}: {ran:?}");
    }
}

#[test]
fn a_dot_env_that_lies_there_is_pointed_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".env"), "TWILIO_ACCOUNT_SID=AC0\nTWILIO_AUTH_TOKEN=hunter2\n").unwrap();
    let ran = run(&mut chatferry(folder.path(), &["probe"]));
    assert!(ran.code == 2 && ran.stderr.contains("a file `.env` lies here, which is not read"), "{ran:?}");
    assert!(ran.stderr.contains("`set -a; . ./.env; set +a`") && !ran.stderr.contains("hunter2"), "{ran:?}");
    let ran = alone(&["probe"]);
    assert!(ran.code == 2 && !ran.stderr.contains(".env"), "{ran:?}");
}

#[test]
fn a_persons_own_settings_stand_below_those_of_the_folder() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir_all(home.path().join(".config/chatferry")).unwrap();
    fs::write(home.path().join(".config/chatferry/chatferry.toml"), "rps = 7\nconcurrency = 3\n").unwrap();
    let config = || {
        let mut command = chatferry(folder.path(), &["config", "--json"]);
        let ran = run(command.env("HOME", home.path()));
        serde_json::from_str::<Value>(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    };
    let object = config();
    assert_eq!(object["settings"]["rps"]["value"], "7", "{object}");
    fs::write(folder.path().join("chatferry.toml"), "rps = 9\n").unwrap();
    let object = config();
    assert_eq!(object["settings"]["rps"]["value"], "9", "{object}");
    assert_eq!(object["settings"]["concurrency"]["value"], "3", "{object}");
}

#[test]
fn an_export_has_a_folder_and_says_how_much_it_wrote() {
    let world = small();
    assert_eq!(world.crawl(&[]).code, 0);
    let ran = world.run(&["export"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let files: Vec<_> = fs::read_dir(world.path("export")).unwrap().map(|entry| entry.unwrap()).collect();
    let records = files.iter().filter(|entry| entry.file_name() != "datapackage.json");
    let total = format!("{} files, ", records.count());
    let line = ran.stderr.lines().find(|line| line.starts_with(&total)).unwrap_or_else(|| panic!("{ran:?}"));
    assert!(["bytes", "KB", "MB"].iter().any(|unit| line.ends_with(unit)), "{line}");
}

#[test]
fn utc_times_come_with_their_age() {
    let world = small();
    assert_eq!(world.crawl(&[]).code, 0);
    let info = world.run(&["snapshot", "info"]).stdout;
    let crawled = info.lines().find(|line| line.starts_with("crawled ")).unwrap();
    assert!(crawled.contains("Z to 20") && crawled.ends_with("Z (just now)"), "{crawled}");
    let mut later = world.chatferry(&["snapshot", "info"]);
    let later = run(later.env("CHATFERRY_TEST_NOW", "2126-01-01T00:00:00Z")).stdout;
    let crawled = later.lines().find(|line| line.starts_with("crawled ")).unwrap();
    assert!(crawled.ends_with(" days ago)"), "{crawled}");
}

#[test]
fn columns_are_as_wide_as_what_is_in_them() {
    let world = small();
    assert_eq!(world.crawl(&[]).code, 0);
    for line in world.run(&["snapshot", "info"]).stdout.lines().take_while(|line| !line.is_empty()) {
        let name = line.split("  ").next().unwrap();
        assert!(
            line.len() > name.len() + 2 && !name.contains(|letter: char| letter.is_ascii_digit()),
            "{line}"
        );
    }
}
