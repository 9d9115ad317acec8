//! The settings of single verbs.

use std::time::Duration;

use super::*;
use crate::cli::setting::Flags;
use crate::cli::setting::declarations::SNAPSHOT;

const SID: &str = "IS0123456789abcdef0123456789abcdef";

#[test]
fn a_crawl_takes_the_only_service_unless_told_and_has_defaults_for_the_rest() {
    let world = World::new(&[]);
    assert_eq!(world.crawl("").unwrap().services, ServiceChoice::TheOnlyOne);
    let settings = world.crawl(&format!("--service {SID} --service {SID}")).unwrap();
    assert_eq!(settings.services, ServiceChoice::Listed(vec![SID.parse().unwrap()]));
    assert_eq!(settings.snapshot.to_str(), Some("snapshot.db"));
    assert_eq!(settings.users, None);
    assert!(!settings.restart);
    let parts: Vec<_> = settings.include.parts().collect();
    assert_eq!(
        parts,
        [
            IncludePart::Roles,
            IncludePart::Users,
            IncludePart::Channels,
            IncludePart::UserChannels,
            IncludePart::Members
        ]
    );
}

#[test]
fn users_come_from_a_file_or_from_stdin() {
    let world = World::new(&[]);
    let settings = world.crawl("--all-services --users -").unwrap();
    assert_eq!(settings.users, Some(vec![UserSelector::Identity("ann".to_owned())]));
    let list = world.folder.path().join("users.txt");
    std::fs::write(&list, "ann\nCH0123456789abcdef0123456789abcdef\n").unwrap();
    let error = world.crawl(&format!("--all-services --users {}", list.display())).unwrap_err();
    assert!(chain(&error).contains("users.txt cannot be used: line 2 is a SID of another kind"), "{error:?}");
}

#[test]
fn wrong_values_are_reported_with_the_flag_and_a_remedy() {
    let world = World::new(&[]);
    for (line, said, hint) in [
        (
            "--service IS1",
            "--service cannot be used: `IS1` is not a Service SID: expected `IS` and 32 hexadecimal digits",
            None,
        ),
        (
            "--all-services --include users,messages",
            "--include cannot be used: `messages` is read through `channels`, which is not in the list",
            Some("add `channels` to the list"),
        ),
        (
            "--all-services --include role,users",
            "--include cannot be used: `role` is none of roles, users, channels, user-channels, members, invites, messages, bindings",
            Some("did you mean `roles`?"),
        ),
        (
            "--all-services --include members",
            "--include cannot be used: `members` is read through `channels`, which is not in the list",
            Some("add `channels` to the list"),
        ),
        ("--all-services --include ,", "--include cannot be used: nothing is named", None),
        (
            "--all-services --source conversations --include channels,invites",
            "--source: Conversations has no invites to read",
            Some("leave `invites` out of --include, or read from Chat with --source chat"),
        ),
        (
            "--all-services --users gone.txt",
            "the list of users gone.txt cannot be used: it cannot be read: No such file or directory (os error 2)",
            None,
        ),
    ] {
        let error = world.crawl(line).unwrap_err();
        assert_eq!(chain(&error), said);
        assert_eq!(error.hint().as_deref(), hint, "{line}");
    }
}

#[test]
fn absurd_numbers_and_times_are_refused() {
    let world = World::new(&[]);
    for line in [
        "--concurrency 0",
        "--concurrency 99999",
        "--concurrency x",
        "--rps 1.5",
        "--rps 1000000",
        "--account-concurrency 0",
        "--max-duration 0s",
        "--max-duration 3",
        "--max-duration soon",
        "--max-duration 9000000h",
        "--chat-url ftp://x",
        "--chat-url http://example.com",
        "--chat-url https://u:p@example.com",
        "--chat-url https://example.com/v2",
    ] {
        let error = world.connection(line).unwrap_err();
        assert!(matches!(error, SettingsError::Value { .. }), "{line}: {error}");
    }
    let settings = world
        .connection("--rps 0 --concurrency 4 --max-duration 1h30m --allow-http --chat-url http://x")
        .unwrap();
    assert_eq!(settings.rps, None);
    assert_eq!(settings.concurrency, 4);
    assert_eq!(settings.max_duration, Some(Duration::from_mins(90)));
    assert_eq!(settings.chat.to_string(), "http://x");
}

#[test]
fn the_snapshot_of_reading_verbs_is_the_one_that_crawl_writes() {
    let world = World::with_file(&[], "snapshot = \"mine.db\"\n");
    let loader = world.loader(&World::cli("config")).unwrap();
    let its = Flags::default().with(&SNAPSHOT, "its.db");
    assert_eq!(snapshot_file(&loader, &Flags::default()).unwrap().to_str(), Some("mine.db"));
    assert_eq!(snapshot_file(&loader, &its).unwrap().to_str(), Some("its.db"));
}

#[test]
fn a_target_that_is_nearly_in_place_gets_a_hint() {
    let error = World::new(&[]).plan("--target inplace").unwrap_err();
    assert!(
        chain(&error).starts_with("--target cannot be used: `inplace` is neither `in-place` nor"),
        "{error}"
    );
    assert_eq!(error.hint().as_deref(), Some("did you mean `in-place`?"));
}

#[test]
fn a_plan_needs_a_target_and_has_defaults_for_the_rest() {
    let world = World::new(&[]);
    let error = world.plan("").unwrap_err();
    assert_eq!(error.to_string(), "no target is chosen");
    assert!(error.hint().unwrap().contains("--target in-place"));
    let settings = world.plan("--target in-place").unwrap();
    assert_eq!((settings.plan.to_str(), settings.max_change_percent), (Some("plan.db"), 20));
    let Planned::Move { target, snapshot, mapping, max_age_hours, .. } = settings.planned else {
        panic!("a migration")
    };
    assert_eq!((target, max_age_hours), (MigrationTarget::InPlace, 24));
    assert_eq!((snapshot.to_str(), mapping.as_str()), (Some("snapshot.db"), "conversations"));
    let set = World::new(&[("CHATFERRY_TARGET", SID), ("CHATFERRY_PLAN", "move.db")]);
    let settings = set.plan("").unwrap();
    assert_eq!(settings.plan.to_str(), Some("move.db"));
    assert!(matches!(settings.planned, Planned::Move { target: MigrationTarget::Service(_), .. }));
}

#[test]
fn no_two_files_of_a_plan_are_the_same() {
    let world = World::new(&[]);
    for line in [
        "--target in-place --plan snapshot.db",
        "--target in-place --report a.html --report a.html",
        "--undo plan.db",
    ] {
        assert!(world.plan(line).unwrap_err().to_string().ends_with("is named twice"), "{line}");
    }
    let error = world.plan("--target in-place --report plan.txt").unwrap_err();
    assert!(error.to_string().contains("plan.txt"), "{error}");
    assert!(world.plan("--undo plan.db --plan undo.db --report a.html --report a.md").is_ok());
}
