//! What a copy carries: states, addresses, roles, and what it says cannot be carried.

use chatferry::internals::simulator::{Options, WriteClock};
use serde_json::{Value, json};

use super::{apply, count, crawl, in_target, named, plan_copy, real, real_options, text};
use crate::support::{Row, World, post_setting, run};

/// Case 1.
#[test]
fn a_closed_conversation_is_copied_open_and_closed_last() {
    let world = real();
    crawl(&world, &["--source", "conversations"]);
    plan_copy(&world, &[]);
    let (ran, result) = apply(&world, &[]);
    assert_eq!(count(&result, "", "failed"), 0, "{ran:?}");
    let creates = world.running.writes().into_iter().filter(|write| write.path.ends_with("/Conversations"));
    for create in creates {
        let sent = create.form.iter().find(|(name, _)| name == "State").map(|(_, state)| state.as_str());
        assert!(!matches!(sent, Some("closed" | "initializing")), "{create:?}");
    }
    let conversations: Vec<Row> = in_target(&world, |truth| truth.conversations().collect());
    let closed = named(&conversations, "closed");
    assert_eq!(closed["state"], "closed");
    assert_eq!(in_target(&world, |truth| truth.participants(text(closed, "sid"))).len(), 3);
}

/// Case 4.
#[test]
fn a_projected_address_is_copied_and_what_is_not_is_a_finding() {
    let world = real();
    crawl(&world, &["--source", "conversations"]);
    plan_copy(&world, &[]);
    apply(&world, &[]);
    let conversations: Vec<Row> = in_target(&world, |truth| truth.conversations().collect());
    let group = text(named(&conversations, "Group MMS"), "sid").to_owned();
    let participants = in_target(&world, |truth| truth.participants(&group));
    let projected: Vec<&Value> =
        participants.iter().map(|row| &row["messaging_binding"]["projected_address"]).collect();
    assert_eq!(projected, [&json!("+15550003001")]);
    let shown = world.run(&["plan", "show", "--format", "md"]);
    let is_copied = named(&conversations, "SMS and chat")["messaging_service_sid"].is_string();
    assert!(is_copied || shown.stdout.contains("messaging_service"), "neither copied nor reported");
}

/// Case 4.
#[test]
fn a_copy_to_another_account_says_what_belongs_to_the_source() {
    let world = real();
    crawl(&world, &["--source", "conversations"]);
    let other = world.running.other_account();
    let in_other_account = |arguments: &[&str]| {
        let mut command = world.chatferry(arguments);
        command
            .env("CHATFERRY_TARGET_ACCOUNT_SID", other.account_sid)
            .env("CHATFERRY_TARGET_AUTH_TOKEN", other.auth_token);
        run(&mut command)
    };
    let flags = ["--max-change-percent", "100", "--json", "--quiet"];
    let planned = in_other_account(&[&["plan", "--target", other.service_sid][..], &flags].concat());
    let planned: Value = serde_json::from_str(&planned.stdout).unwrap();
    // Two messaging services, two senders of e-mails, one projected address.
    assert_eq!(planned["findings"]["not_carried"]["count"], 5, "{planned}");
    assert_eq!(planned["findings"]["default_timers"]["count"], 2, "{planned}");
    let shown = in_other_account(&["plan", "show", "--format", "md"]);
    for text in ["the messaging service MG", "the sender of e-mails {", "the projected address +15550003001"]
    {
        assert!(shown.stdout.contains(text), "{text}: {}", shown.stdout);
    }
    // That service has the limits of a new one, so that the largest conversation does not fit.
    assert_eq!(
        planned["blocked_by"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["participants_over_limit"]
    );
    let rates = ["--service-rate", "1000", "--conversation-rate", "1000"];
    let applied = in_other_account(&[&["apply", "--yes", "--json", "--quiet"], &rates[..]].concat());
    let result: Value = serde_json::from_str(&applied.stdout).unwrap();
    assert_eq!((count(&result, "", "failed"), count(&result, "", "pending")), (0, 0), "{result}");
    let verified = in_other_account(&["verify", "--all", "--format", "ndjson", "--quiet"]);
    let different: Vec<&str> =
        verified.stdout.lines().filter(|line| line.contains("\"mark\":\"*\"")).collect();
    assert!(different.is_empty() && verified.code == 5, "{different:?}");
}

/// All cases of copies at once: what a plan, an application, a verification, another plan and an undo make of it.
#[test]
fn a_copy_of_everything_that_real_accounts_have_is_the_same_and_can_be_undone() {
    for source in ["chat", "conversations"] {
        let world = World::new(Options {
            write_clock: WriteClock::Started(jiff::Timestamp::now()),
            ..real_options()
        });
        crawl(&world, &["--source", source]);
        let planned = plan_copy(&world, &[]);
        assert_eq!(planned["verdict"], "ready", "{planned}");
        let (ran, applied) = apply(&world, &[]);
        assert_eq!((ran.code, &applied["verdict"]), (0, &json!("complete")), "{source}: {applied}");
        let verified = world.run(&["verify", "--all", "--quiet"]);
        assert_eq!(verified.code, 0, "{source}: {verified:?}");
        let again = plan_copy(&world, &["--plan", "again.db"]);
        assert_eq!(again["verdict"], "nothing_to_do", "{source}: {again}");
        let shown = world.run(&["plan", "show", "--plan", "again.db"]);
        assert!(shown.stdout.contains("The target holds everything"), "{source}: {}", shown.stdout);
        world.json(&["plan", "--undo", "plan.db", "--plan", "undo.db"]);
        let (ran, undone) = apply(&world, &["--plan", "undo.db"]);
        assert_eq!(ran.code, 0, "{source}: {undone}");
        let left = in_target(&world, |truth| (truth.users().count(), truth.conversations().count()));
        assert_eq!(left, (0, 0), "{source}");
    }
}

/// Case 14.
#[test]
fn a_role_that_the_target_fills_in_is_no_difference() {
    let world = real();
    crawl(&world, &[]);
    plan_copy(&world, &[]);
    apply(&world, &[]);
    let ran = world.run(&["verify", "--format", "ndjson", "--quiet"]);
    let without_role: Vec<String> = world
        .running
        .truth()
        .users()
        .filter(|row| row["role_sid"].is_null())
        .map(|row| text(&row, "sid").to_owned())
        .collect();
    assert!(!without_role.is_empty());
    let of_roles = ran
        .stdout
        .lines()
        .filter(|line| line.contains("\"role") && without_role.iter().any(|sid| line.contains(sid.as_str())));
    assert_eq!(of_roles.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// Case 17.
#[test]
fn the_members_of_a_blocked_user_are_blocked_in_the_plan() {
    let world = real();
    crawl(&world, &[]);
    // The mapping `copy` blocks no user: it leaves out attributes that are not JSON.
    let planned = plan_copy(&world, &["--mapping", "conversations"]);
    let (_, applied) = apply(&world, &[]);
    assert!(count(&planned, "create_user", "blocked") > 0, "{planned}");
    for kind in ["create_participant", "create_user", "create_conversation"] {
        assert_eq!(
            count(&applied, kind, "blocked"),
            count(&planned, kind, "blocked"),
            "{kind}: {planned} {applied}"
        );
    }
}

#[test]
fn the_webhooks_of_the_target_are_found_as_they_are_set() {
    let world = World::new(Options { users: 8, channels: 4, memberships: 2, ..Options::default() });
    crawl(&world, &[]);
    let target = world.running.target_service_sid().to_owned();
    let set = |form: &[(&str, &str)]| {
        post_setting(&world, &format!("/v1/Services/{target}/Configuration/Webhooks"), form)
    };
    let found = || {
        let planned = world.json(&["plan", "--target", &target, "--plan", "plan.db"]);
        (
            planned["findings"]["webhooks"]["count"].clone(),
            world.run(&["plan", "show", "--format", "md"]).stdout,
        )
    };
    set(&[("PreWebhookUrl", ""), ("PostWebhookUrl", "")]);
    let (count, report) = found();
    assert!(count.is_null() || count == 0, "{count}: {report}");
    set(&[("PostWebhookUrl", "https://hook:PW@hooks.example.org/after"), ("Method", "GET")]);
    let (count, report) = found();
    assert_eq!(count, 1, "{report}");
    assert!(report.contains("hooks.example.org") && !report.contains("PW"), "{report}");
}
