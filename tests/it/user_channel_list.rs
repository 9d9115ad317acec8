//! Lists of updates of user channels, names that are easily mistaken, and runs that are killed.

use std::fmt::Write as _;
use std::process::{Child, Stdio};

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};

use crate::support::{World, post, wait_for_requests};
use crate::user_channel::{joined, object, text, verb, world, writes};

fn spawn(world: &World, arguments: &[&str]) -> Child {
    let command = world.chatferry(arguments);
    std::process::Command::new(command.get_program())
        .args(command.get_args())
        .current_dir(world.folder.path())
        .env_clear()
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets it run for so many requests, then kills it as a power cut would. Whether it was killed.
fn kill_after(world: &World, arguments: &[&str], requests: u64) -> bool {
    let mut child = spawn(world, arguments);
    wait_for_requests(world, &mut child, requests);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

#[test]
fn the_printed_commands_undo_an_update_whose_plan_is_in_a_folder() {
    let world = world();
    let (user, channels) = joined(&world);
    let row = channels.iter().find(|row| row["notification_level"] == "default").unwrap();
    std::fs::create_dir(world.path("my plans")).unwrap();
    let who = ["--user", text(&user, "sid"), "--channel", text(row, "channel_sid")];
    let mute = ["--notification-level", "muted", "--yes", "--plan", "my plans/mute.db"];
    let ran = verb(&world, "update", &[&who[..], &mute].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let line = ran.stderr.lines().find(|line| line.starts_with("to undo it: ")).unwrap();
    let commands: Vec<&str> = line.split('`').filter(|part| part.starts_with("chatferry ")).collect();
    assert_eq!(commands.len(), 2, "{line}");
    for (command, more) in commands.iter().zip(["", " --yes"]) {
        let mut shell = std::process::Command::new("sh");
        let chatferry = world.chatferry(&[]);
        let binary = chatferry.get_program().to_str().unwrap().to_owned();
        let command = command.replacen("chatferry", &binary, 1) + more;
        shell.args(["-c", &command]).current_dir(world.folder.path());
        shell.envs(chatferry.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
    }
    assert_eq!(object(&verb(&world, "fetch", &[&who[..], &["--json"]].concat())), json!(row), "as it was");
}

#[test]
fn each_name_of_a_list_is_looked_up_once() {
    let world = world();
    let (user, channels) = joined(&world);
    let mut list = "user,channel,notification_level\n".to_owned();
    for row in &channels {
        writeln!(list, "{},{},muted", text(&user, "identity"), text(row, "channel_sid")).unwrap();
    }
    std::fs::write(world.path("list.csv"), list).unwrap();
    let before = world.running.stats().requests;
    let ran = verb(&world, "update", &["--from", "list.csv", "--plan", "p.db", "--source", "chat"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows = channels.len() as u64;
    // The user once, each channel once, each user channel once, and the service's name.
    assert_eq!(world.running.stats().requests - before, 1 + rows + rows + 1);
    // Its report has no line without a value.
    let shown = world.run(&["plan", "show", "--plan", "p.db"]).stdout;
    assert!(shown.starts_with("  plan       user channels of "), "{shown}");
    let is_empty =
        |line: &str| line.trim_end().ends_with(',') || ["snapshot", "mapping"].contains(&line.trim());
    assert!(!shown.lines().any(is_empty) && !shown.contains("snapshot"), "{shown}");
    assert!(shown.contains("Ready to apply: Applying it updates user channels, with "), "{shown}");
}

#[test]
fn two_rows_of_one_user_channel_are_refused_with_both_lines() {
    let world = world();
    let (user, channels) = joined(&world);
    let channel = text(&channels[0], "channel_sid");
    for (first, second) in
        [(text(&user, "sid"), text(&user, "sid")), (text(&user, "sid"), text(&user, "identity"))]
    {
        let list = format!(
            "user,channel,notification_level\n{first},{channel},muted\nstranger,{channel},muted\n{second},{channel},default\n"
        );
        std::fs::write(world.path("list.csv"), list).unwrap();
        let ran = verb(&world, "update", &["--from", "list.csv", "--plan", "p.db"]);
        let says = "lines 2 and 4 of the list are the same user on the same channel";
        assert!(
            ran.code == 2 && ran.stderr.contains(says) && ran.stderr.contains("nothing was planned"),
            "{ran:?}"
        );
        assert!(!world.path("p.db").exists());
    }
}

#[test]
fn names_that_are_easily_mistaken_are_taken_for_what_they_are() {
    let world = world();
    let service = world.running.service_sid();
    let (user, channels) = joined(&world);
    let path = format!("/v1/Services/{service}/Conversations");
    let long = "y".repeat(256);
    // Twilio takes no unique name that looks like a SID, but an identity may.
    let user_like = format!("US{}", "a".repeat(32));
    for name in [&*long, "😀 emoji", "a/b?c#d", "%2e%2e", text(&user, "identity"), ".."] {
        let made = post(&world, &path, &[("UniqueName", name), ("FriendlyName", "named")]);
        let sid = made["sid"].as_str().unwrap();
        for identity in [text(&user, "identity"), &long, "😀", "CHx", &user_like] {
            post(&world, &format!("{path}/{sid}/Participants"), &[("Identity", identity)]);
        }
        for identity in [text(&user, "identity"), &long, "😀", "CHx"] {
            let ran = verb(&world, "fetch", &["--user", identity, "--channel", name, "--json"]);
            assert_eq!(object(&ran)["channel_sid"], json!(sid), "{identity} on {name}");
            let mute = ["--notification-level", "muted", "--yes", "--json"];
            let ran = verb(&world, "update", &[&["--user", identity, "--channel", name], &mute[..]].concat());
            assert_eq!(object(&ran)["notification_level"], json!("muted"), "{identity} on {name}");
        }
    }
    let ran = verb(&world, "list", &["--user", &user_like]);
    let says = format!("`{user_like}` is not the SID of a user, but the name of the user US");
    assert!(
        ran.code == 2 && ran.stderr.contains(&says) && ran.stderr.contains("name it by its SID"),
        "{ran:?}"
    );
    // A unique name is not a friendly name, and one that is the SID of another channel stays the SID.
    let ran = verb(&world, "fetch", &["--user", text(&user, "sid"), "--channel", "named"]);
    assert!(ran.code == 2 && ran.stderr.contains("there is no channel `named`"), "{ran:?}");
    let sid = text(&channels[0], "channel_sid");
    assert_eq!(
        object(&verb(&world, "fetch", &["--user", text(&user, "sid"), "--channel", sid, "--json"])),
        json!(channels[0])
    );
}

#[test]
fn an_update_that_is_killed_anywhere_is_finished_by_running_it_again() {
    let mut killed_with_plan = 0;
    for requests in 1..=9 {
        let world = world();
        let (user, channels) = joined(&world);
        let row = channels.iter().find(|row| row["notification_level"] == "default").unwrap();
        let who = ["--user", text(&user, "sid"), "--channel", text(row, "channel_sid")];
        let service = ["user-channel", "update", "--service", world.running.service_sid()];
        let mute = ["--notification-level", "muted", "--yes", "--plan", "mute.db"];
        let arguments = [&service[..], &who, &mute].concat();
        kill_after(&world, &arguments, requests);
        let again = if world.path("mute.db").exists() {
            killed_with_plan += 1;
            world.run(&["apply", "--plan", "mute.db", "--yes"])
        } else {
            world.run(&arguments)
        };
        assert_eq!(again.code, 0, "after {requests} requests: {again:?}");
        let fetched = object(&verb(&world, "fetch", &[&who[..], &["--json"]].concat()));
        assert_eq!(fetched["notification_level"], json!("muted"), "after {requests} requests");
        let undo = world.run(&["plan", "--undo", "mute.db", "--plan", "unmute.db"]);
        assert_eq!(undo.code, 0, "{undo:?}");
        assert_eq!(world.run(&["apply", "--plan", "unmute.db", "--yes"]).code, 0);
        let fetched = object(&verb(&world, "fetch", &[&who[..], &["--json"]].concat()));
        assert_eq!(fetched, json!(row), "as it was, after {requests} requests");
    }
    assert!(killed_with_plan > 0, "no run was killed after it had made its plan");
}

#[test]
fn a_list_that_is_killed_while_it_is_applied_is_resumed_and_every_row_is_set_once() {
    let world = World::new(Options { users: 40, channels: 20, memberships: 6, ..Options::default() });
    let truth = world.running.truth();
    let mut list = "user,channel,notification_level\n".to_owned();
    let mut planned = Vec::new();
    for user in truth.users() {
        for row in truth.user_channels(text(&user, "sid")) {
            if row["notification_level"] == "default" && row["status"] == "joined" {
                writeln!(list, "{},{},muted", text(&user, "sid"), text(&row, "channel_sid")).unwrap();
                planned.push((text(&user, "sid").to_owned(), text(&row, "channel_sid").to_owned()));
            }
        }
    }
    drop(truth);
    assert!(planned.len() > 60, "{}", planned.len());
    std::fs::write(world.path("list.csv"), list).unwrap();
    let ran = verb(&world, "update", &["--from", "list.csv", "--plan", "mute.db"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut kills = 0;
    for requests in [3, 17, 31] {
        kills += u32::from(kill_after(&world, &["apply", "--plan", "mute.db", "--yes", "--quiet"], requests));
    }
    assert_eq!(kills, 3, "make the list longer");
    let ran = world.run(&["apply", "--plan", "mute.db", "--yes", "--json"]);
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &result["verdict"]), (0, &json!("complete")), "{ran:?}");
    let truth = world.running.truth();
    for (user, channel) in &planned {
        let rows = truth.user_channels(user);
        let row = rows.iter().find(|row| row["channel_sid"] == *channel).unwrap();
        assert_eq!(row["notification_level"], "muted", "{user} on {channel}");
    }
    assert_eq!(
        writes(&world),
        planned.len() as u64,
        "what a killed run had written was found and not sent again"
    );
}
