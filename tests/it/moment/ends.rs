//! How runs end: one result whatever the form, what stays behind in the folder, what an undo leaves.

use std::fmt::Write as _;
use std::fs;

use chatferry::internals::simulator::{Options, ServiceLimits};
use serde_json::Value;

use crate::support::{Ran, World};

fn small() -> World {
    World::new(Options { users: 40, channels: 16, memberships: 5, ..Options::default() })
}

/// Runs the verbs of a migration in place, with further flags for each, and gives how each ended.
fn all_verbs(world: &World, flags: &[&str]) -> Vec<(&'static str, Ran)> {
    let service = world.running.service_sid();
    let verbs: [(&str, Vec<&str>); 10] = [
        ("probe", vec!["probe"]),
        ("crawl", vec!["crawl", "--service", service]),
        ("export", vec!["export"]),
        ("plan", vec!["plan", "--target", "in-place"]),
        ("apply", vec!["apply", "--yes"]),
        ("verify", vec!["verify"]),
        ("plan --undo", vec!["plan", "--undo", "plan.db", "--plan", "undo.db"]),
        ("apply of undo", vec!["apply", "--plan", "undo.db", "--yes"]),
        ("audit", vec!["audit", "--service", service, "--dir", "audits"]),
        ("diff", vec!["diff", "snapshot.db", "snapshot.db"]),
    ];
    verbs.into_iter().map(|(name, verb)| (name, world.run(&[&verb[..], flags].concat()))).collect()
}

#[test]
fn a_log_in_json_ends_with_the_result_of_every_verb() {
    for (verb, ran) in all_verbs(&small(), &["--log-format", "json"]) {
        let last = ran.stderr.lines().last().unwrap_or_else(|| panic!("{verb}: {ran:?}"));
        let last: Value =
            serde_json::from_str(last).unwrap_or_else(|error| panic!("{verb}: {error}: {last}"));
        assert_eq!((&last["level"], &last["message"]), (&"INFO".into(), &"done".into()), "{verb}: {last}");
        assert!(
            last["result"].is_object() && !last["summary"].as_str().unwrap().is_empty(),
            "{verb}: {last}"
        );
    }
}

#[test]
fn no_lock_stays_behind_where_a_run_ends_well() {
    let world = small();
    for (verb, ran) in all_verbs(&world, &[]) {
        assert!([0, 5].contains(&ran.code), "{verb}: {ran:?}");
        let mut folders = vec![world.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                assert!(![".lock", "-wal"].iter().any(|end| name.ends_with(end)), "{verb} leaves {name}");
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
    }
}

#[test]
fn every_verb_ends_with_one_line_that_says_how_it_went() {
    for (verb, ran) in all_verbs(&small(), &[]) {
        let last = ran.stderr.lines().last().unwrap_or_else(|| panic!("{verb}: {ran:?}"));
        let expected = match verb {
            "probe" => "a crawl takes ",
            "crawl" => "complete: all 40 users and ",
            "export" | "apply" => "complete: ",
            "plan" => "plan: plan.db",
            "plan --undo" => "plan: undo.db",
            "apply of undo" => "nothing was undone: ",
            "audit" => "audit 20",
            _ => "the same: ",
        };
        assert!(last.starts_with(expected), "{verb}: {last}");
    }
}

#[test]
fn an_undo_names_what_stays_and_nothing_says_the_opposite() {
    let world = small();
    let ended = all_verbs(&world, &[]);
    let (_, undo) = ended.iter().find(|(verb, _)| *verb == "plan --undo").unwrap();
    let public: Vec<String> = {
        let truth = world.running.writes();
        truth.iter().filter_map(|write| write.path.rsplit('/').next().map(str::to_owned)).collect()
    };
    let count = public.len();
    assert!(count > 5, "{public:?}");
    let verdict = format!("Nothing can be undone: {count} operations are one-way, and what they did stays.");
    assert!(undo.stderr.contains(&verdict), "{undo:?}");
    assert!(!undo.stderr.contains("can be taken back") && !undo.stderr.contains("Nothing to do"), "{undo:?}");
    assert!(!undo.stderr.contains("0 checks") && !undo.stderr.contains("requests   0"), "{undo:?}");
    let (_, applied) = ended.iter().find(|(verb, _)| *verb == "apply of undo").unwrap();
    assert_eq!(applied.code, 5, "{applied:?}");
    for text in [&undo.stderr, &applied.stderr] {
        let stays: Vec<&str> = text.lines().filter(|line| line.starts_with("  stays channels CH")).collect();
        assert_eq!(stays.len(), 5, "{text}");
        assert!(stays.iter().all(|line| public.iter().any(|sid| line.contains(sid.as_str()))), "{text}");
        let more = format!("  and {} more: `chatferry plan show --plan undo.db --json`\n", count - 5);
        assert!(text.contains(&more), "{text}");
    }
    // The object has them all, by either way.
    for arguments in [
        &["plan", "show", "--plan", "undo.db", "--json"][..],
        &["apply", "--plan", "undo.db", "--yes", "--json"],
    ] {
        let ran = world.run(arguments);
        let object: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let stays = object["stays"].as_array().unwrap();
        assert_eq!(stays.len(), count, "{object}");
        assert!(public.iter().all(|sid| stays.iter().any(|item| item["sid"] == **sid)), "{object}");
    }
    let check = world.run(&["plan", "--undo", "plan.db", "--plan", "again.db", "--check"]);
    assert_eq!(check.code, 5, "{check:?}");
}

#[test]
fn an_undo_of_both_kinds_counts_what_it_undoes_and_what_stays() {
    let world = small();
    let mut list = "user,channel,notification_level,last_consumed_message_index\n".to_owned();
    let (mut levels, mut positions) = (0, 0);
    {
        let truth = world.running.truth();
        let with_messages: Vec<String> = truth
            .channels()
            .filter(|channel| channel["messages_count"].as_u64() > Some(1))
            .map(|channel| channel["sid"].as_str().unwrap().to_owned())
            .collect();
        let rows = truth.user_sids().flat_map(|user| truth.user_channels(&user)).collect::<Vec<_>>();
        for row in rows.iter().filter(|row| row["status"] == "joined") {
            let (user, channel) = (row["user_sid"].as_str().unwrap(), row["channel_sid"].as_str().unwrap());
            if row["last_consumed_message_index"].is_null() && with_messages.iter().any(|sid| sid == channel)
            {
                positions += 1;
                writeln!(list, "{user},{channel},,0").unwrap();
            } else if row["notification_level"] == "default" {
                levels += 1;
                writeln!(list, "{user},{channel},muted,").unwrap();
            }
        }
    }
    assert!(levels > 1 && positions > 1, "{list}");
    fs::write(world.path("list.csv"), list).unwrap();
    let service = world.running.service_sid();
    let planned = world.run(&["user-channel", "update", "--service", service, "--from", "list.csv"]);
    assert_eq!(planned.code, 0, "{planned:?}");
    let applied = world.run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    let undo = world.run(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
    let verdict = format!("Ready to undo in part: {levels} can be undone, {positions} cannot. ");
    assert!(undo.stderr.replace(',', "").contains(&verdict.replace(',', "")), "{verdict} {undo:?}");
    let applied = world.run(&["apply", "--plan", "undo.db", "--yes"]);
    let verdict = applied.stderr.lines().last().unwrap();
    assert!(applied.code == 5 && verdict.starts_with("undone in part: "), "{applied:?}");
    let stays = if positions == 1 { "what it did stays" } else { "what they did stays" };
    assert!(
        verdict.contains(&format!("; {positions} operations of the undone plan cannot be undone")),
        "{verdict}"
    );
    assert!(verdict.ends_with(stays), "{verdict}");
}

#[test]
fn verify_groups_by_field_and_cause_and_records_has_every_line() {
    let world = small();
    let writes = |sql: &str| {
        let snapshot = rusqlite::Connection::open(world.path("snapshot.db")).unwrap();
        snapshot.execute(sql, []).unwrap()
    };
    assert_eq!(world.crawl(&[]).code, 0);
    // Public channels are not there yet: each is one line with all that is on it, and the sixth is counted.
    let verify = |flags: &[&str]| {
        let ran =
            world.run(&[&["verify", "--snapshot", "snapshot.db", "--target", "in-place"], flags].concat());
        assert_eq!(ran.code, 5, "{ran:?}");
        ran.stdout
    };
    let (folded, records) = (verify(&[]), verify(&["--records"]));
    assert!(records.lines().count() > 5 * folded.lines().count(), "{folded}");
    let channels: Vec<&str> = folded.lines().filter(|line| line.starts_with("- channels ")).collect();
    let public = records.lines().filter(|line| line.starts_with("- channels ")).count();
    assert!(public > 5, "{records}");
    assert_eq!(channels.len(), 6, "{folded}");
    assert!(channels[5].contains(&format!("and {} more with ", public - 5)), "{folded}");
    assert!(folded.ends_with("`--records` writes a line for each record\n"), "{folded}");
    // One field that differs everywhere is a few lines and a count.
    assert_eq!(writes("UPDATE user_row SET friendly_name = 'renamed'"), 40);
    let renamed = verify(&[]);
    let users: Vec<&str> = renamed.lines().filter(|line| line.starts_with("* users ")).collect();
    assert_eq!(users.len(), 6, "{renamed}");
    assert_eq!(users[5], "* users         and 35 more that differ in friendly_name");
    assert_eq!(verify(&["--records"]).lines().filter(|line| line.starts_with("* users ")).count(), 40);
}

#[test]
fn a_plan_that_leaves_something_out_says_how_much_and_why() {
    let target_limits = ServiceLimits { channel_members: 8, ..ServiceLimits::HIGHEST };
    let world =
        World::new(Options { users: 40, channels: 16, memberships: 5, target_limits, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    let target = world.running.target_service_sid().to_owned();
    let ran = world.run(&["plan", "--target", &target, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    let blocked = result["blocked_by"]["participants_over_limit"].as_u64().unwrap();
    assert_eq!((&result["verdict"], blocked > 8), (&"ready_except_blocked".into(), true), "{result}");
    let shown = world.run(&["plan", "show"]).stdout;
    let last = shown.lines().last().unwrap();
    assert!(last.starts_with(&format!("Ready except for blocked operations: {blocked} of ")), "{last}");
    assert!(last.contains("%) are blocked and left out. Applying it writes to the target service"), "{last}");
    let cause = shown.lines().find(|line| line.starts_with("  blocked ")).unwrap();
    assert!(cause.contains(" by participants_over_limit: raise the limit"), "{cause}");
    let colored = world.run(&["plan", "show", "--color", "always"]).stdout;
    assert!(colored.contains("\u{1b}[33mReady except for blocked operations"), "amber: {colored}");
    let applied = world.run(&["apply", "--yes"]);
    let last = applied.stderr.lines().last().unwrap();
    assert_eq!(applied.code, 5, "{applied:?}");
    assert!(last.ends_with(&format!(", {blocked} blocked; plan again to see what is left")), "{last}");
    let lines = applied.stderr.lines().filter(|line| line.starts_with("  blocked "));
    assert_eq!(lines.count(), 2, "in the question, and one cause in the summary: {applied:?}");
}
