//! Every check finds what it is for, says it of the right record, and blocks what it must.

use std::collections::BTreeSet;

use super::*;

mod conversations;
mod messages;

use conversations::conversations;
use messages::messages;

/// A source, its target, how they are planned, and the checks that must have found something.
struct Case {
    source: World,
    target: World,
    mapping: Mapping,
    options: PlanOptions,
    /// Whether media are copied.
    media: bool,
}

impl Case {
    fn copy() -> Self {
        let (source, target) = (World::chat(), target());
        Self { source, target, mapping: mapping(), options: PlanOptions::default(), media: false }
    }

    fn in_place() -> Self {
        let source = World::chat();
        Self { target: source.in_place(), source, ..Self::copy() }
    }

    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn plan(&self) -> Kept {
        let mut sides = Sides::new(&self.source, &self.target);
        sides.header.media = self.media.then(|| UnavailableMedia::of(&self.mapping.plan));
        sides.plan(&self.mapping, &self.options)
    }
}

/// What a finding is to look like: its check, its subject, a part of its detail, and the blocked operations, if any.
type Expected<'e> = (&'e str, &'e str, &'e str, &'e [&'e str]);

const SERVICE: &str = "IS00000000000000000000000000000015";
const TARGET: &str = "IS00000000000000000000000000000099";
const ADA: &str = "US00000000000000000000000000000001";
const BOB: &str = "US00000000000000000000000000000002";
const ROOM: &str = "CH0000000000000000000000000000000a";
const LOBBY: &str = "CH00000000000000000000000000000014";
const ADA_IN_ROOM: &str = "US00000000000000000000000000000001/CH0000000000000000000000000000000a";
const BOB_IN_ROOM: &str = "US00000000000000000000000000000002/CH0000000000000000000000000000000a";

#[expect(clippy::unnecessary_wraps, reason = "the model's fields are optional")]
fn json(text: &str) -> Option<JsonText> {
    Some(JsonText(text.into()))
}

/// Every case: a finding that must be made, and the services that it is found in.
fn cases() -> Vec<(Expected<'static>, Case)> {
    let copy = |change: fn(&mut Case)| Case::copy().changed(change);
    let in_place = |change: fn(&mut Case)| Case::in_place().changed(change);
    let mut cases = whole(copy, in_place);
    cases.extend(people(copy, in_place));
    cases.extend(conversations(copy, in_place));
    cases.extend(messages(copy));
    cases
}

type Changed = fn(fn(&mut Case)) -> Case;

fn whole(copy: Changed, in_place: Changed) -> Vec<(Expected<'static>, Case)> {
    vec![
        (
            ("snapshot_incomplete", SERVICE, "1 list failed, 0 not read", &[]),
            in_place(|case| case.source.failing.push(format!("user channels of {BOB}"))),
        ),
        (
            ("incomplete_allowed", SERVICE, "1 list failed, 0 not read", &[]),
            in_place(|case| {
                case.source.failing.push(format!("user channels of {BOB}"));
                case.options.allow_incomplete = true;
            }),
        ),
        (
            ("target_incomplete", TARGET, "1 list failed, 0 not read", &[]),
            copy(|case| case.target.failing.push(format!("users of {TARGET}"))),
        ),
        (
            ("snapshot_old", SERVICE, "begun at 2026-11-23T00:00:00Z, more than 24 hours ago", &[]),
            in_place(|case| {
                case.options.max_age_hours = Some(24);
                case.options.now = Some(Timestamp::from_wire("2026-11-24T00:00:01Z"));
            }),
        ),
        (
            ("snapshot_of_selected_users", SERVICE, "limited to 1 user", &[]),
            copy(|case| case.source.selected = Some(vec!["ada".to_owned()])),
        ),
        (
            ("members_not_read", SERVICE, "members were not read", &[]),
            copy(|case| case.source.include.retain(|&entity| entity != Entity::Member)),
        ),
        (
            ("target_not_empty", TARGET, "1 user, 0 conversations", &[]),
            copy(|case| case.target.users.push(user(9, "zoe"))),
        ),
        (
            ("too_many_changes", TARGET, "more than 50 percent", &[]),
            copy(|case| {
                case.target.users.push(user(9, "zoe"));
                case.options.max_change_percent = Some(50);
            }),
        ),
        (
            ("default_timers", TARGET, "default_closed_timer: PT1H", &[]),
            copy(|case| {
                let said =
                    "{\"account\":{\"default_inactive_timer\":null,\"default_closed_timer\":\"PT1H\"}}";
                case.target.service.configuration = json(said);
            }),
        ),
        (
            ("webhooks", TARGET, "post_webhook_url: https://example.com/hook", &[]),
            copy(|case| {
                let url = "https://user:secret@example.com/hook?key=secret";
                case.target.service.post_webhook_url = Some(url.to_owned());
            }),
        ),
        (
            ("not_checked", TARGET, "/v1/Configuration could not be read", &[]),
            copy(|case| case.target.service.configuration = json("{\"service\":{}}")),
        ),
        (
            ("messages_not_copied", SERVICE, "7 messages of 1 conversation, ", &[]),
            copy(|case| case.source.channels[0].messages_count = Some(7)),
        ),
        (("horizon_without_messages", TARGET, "4 read indices", &[]), copy(|_| {})),
        (
            ("setting_moved", SERVICE, "reachability_enabled (true) is now at /v1/Services", &[]),
            in_place(|case| case.source.service.reachability_enabled = Some(true)),
        ),
        (
            ("setting_without_counterpart", SERVICE, "typing_indicator_timeout: 9", &[]),
            in_place(|case| case.source.service.typing_indicator_timeout = Some(9)),
        ),
        (
            ("setting_not_copied", SERVICE, "pre_webhook_url: https://example.com/", &[]),
            copy(|case| case.source.service.pre_webhook_url = Some("https://example.com/".to_owned())),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn people(copy: Changed, in_place: Changed) -> Vec<(Expected<'static>, Case)> {
    vec![
        (
            ("row_failed", ADA, "column `friendly_name`", &["create_participant (row_failed)"; 2]),
            copy(|case| {
                let path = "path = \"user.friendly_name\", description";
                let value = "value = \"(user.attributes|fromjson).name\", description";
                case.mapping = mapping_with(&[(path, value)]);
                case.source.users[1].attributes = Some("{\"name\":\"Bob\"}".to_owned());
                case.source.users[2].attributes = Some("{\"name\":\"Cyd\"}".to_owned());
            }),
        ),
        (
            ("user_vanished", "US00000000000000000000000000000007", "404", &[]),
            copy(|case| {
                case.source.users.push(user(7, "gone"));
                case.source.vanishing.push("user channels of US00000000000000000000000000000007".to_owned());
            }),
        ),
        (
            ("channel_vanished", "CH00000000000000000000000000000007", "404", &[]),
            copy(|case| {
                case.source.channels.push(channel(7, "private"));
                case.source.vanishing.push("members of CH00000000000000000000000000000007".to_owned());
            }),
        ),
        (
            ("identity_missing", ADA, "no identity", &["create_user (identity_missing)"]),
            copy(|case| {
                case.source.users[0].identity = None;
            }),
        ),
        (
            ("identity_too_long", BOB, "257 characters", &["create_user (identity_too_long)"]),
            copy(|case| case.source.users[1].identity = Some("é".repeat(257))),
        ),
        (
            ("identity_duplicate", BOB, "the same identity", &["create_participant (identity_duplicate)"]),
            copy(|case| {
                case.source.users[1].identity = Some("ada".to_owned());
            }),
        ),
        (
            ("identity_case", BOB, "`Ada` and `ada`", &[]),
            copy(|case| case.source.users[1].identity = Some("Ada".to_owned())),
        ),
        (
            ("role_missing", "RL00000000000000000000000000000001", "does not list it", &[]),
            in_place(|case| drop(case.target.roles.remove(0))),
        ),
        (
            ("role_differs", "RL00000000000000000000000000000002", "permissions: [\"sendMessage\"]", &[]),
            in_place(|case| case.target.roles[1].permissions = Some(vec!["sendMessage".to_owned()])),
        ),
        (
            ("role_ambiguous", "RL00000000000000000000000000000003", "name and type", &[]),
            copy(|case| case.source.roles.push(role(3, "member", "channel", &[]))),
        ),
        (
            (
                "role_without_counterpart",
                ADA_IN_ROOM,
                "role RL00000000000000000000000000000008",
                &[
                    "create_participant (role_without_counterpart)",
                    "update_participant (role_without_counterpart)",
                ],
            ),
            copy(|case| case.source.members[0].role_sid = Some(RoleSid::from_digits(8))),
        ),
        (
            ("permission_lost", "RL00000000000000000000000000000001", "inviteMember", &[]),
            copy(|case| case.source.roles[0].permissions = Some(vec!["inviteMember".to_owned()])),
        ),
        (
            ("permission_unknown", "RL00000000000000000000000000000001", "fly", &[]),
            copy(|case| case.source.roles[0].permissions = Some(vec!["fly".to_owned()])),
        ),
        (("user_missing", BOB, "does not list it", &[]), in_place(|case| drop(case.target.users.remove(1)))),
        (
            ("user_differs", BOB, "friendly_name: \"Robert\" → \"BOB\"", &[]),
            in_place(|case| case.target.users[1].friendly_name = Some("Robert".to_owned())),
        ),
        (
            ("over_usual_limit", ADA, "251 conversations; the default limit is 250", &[]),
            copy(|case| case.source.users[0].joined_channels_count = Some(251)),
        ),
        (
            (
                "conversations_over_limit",
                ADA,
                "2 conversations; the limit is 1",
                &["create_participant (conversations_over_limit)"; 2],
            ),
            copy(|case| {
                case.options.target_limits = Some(ConversationLimits { participants: 100, conversations: 1 });
            }),
        ),
        (
            ("attributes_left_out", BOB, "5 bytes: {a: 1", &[]),
            copy(|case| {
                case.mapping = crate::mapping::load("copy").unwrap();
                case.source.users[1].attributes = Some("{a: 1".to_owned());
            }),
        ),
        (
            (
                "friendly_name_too_long",
                BOB,
                "257 characters; 256 fit",
                &["create_user (friendly_name_too_long)"],
            ),
            copy(|case| case.source.users[1].friendly_name = Some("é".repeat(257))),
        ),
        (
            (
                "attributes_too_long",
                BOB_IN_ROOM,
                "4098 bytes; 4096 fit",
                &["create_participant (attributes_too_long)"],
            ),
            copy(|case| case.source.members[1].attributes = Some(format!("\"{}\"", "x".repeat(4096)))),
        ),
        (
            ("attributes_not_json", ROOM, "line 1", &["create_conversation (attributes_not_json)"]),
            copy(|case| case.source.channels[0].attributes = Some("{'a':1}".to_owned())),
        ),
    ]
}

/// The target as it is when the plan was performed.
fn perform_all(case: &mut Case) {
    let kept = case.plan();
    perform(&mut case.target, &kept);
}

#[test]
fn every_check_finds_what_it_is_for() {
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for ((code, sid, detail, blocked), case) in cases() {
        let kept = case.plan();
        let found = kept.found(code);
        if !found.iter().any(|(found, said)| (sid.is_empty() || found == sid) && said.contains(detail)) {
            let all: Vec<String> = kept
                .findings
                .iter()
                .map(|one| format!("{} {} {}", one.check.code, one.sid, one.detail))
                .collect();
            wrong.push(format!("{code} {sid} {detail}: {all:#?}"));
        }
        for operation in blocked {
            if !kept.kinds().iter().any(|kind| kind == operation) {
                wrong.push(format!("{operation}: {:#?}", kept.kinds()));
            }
        }
        assert_eq!(kept.totals().findings[code], found.len() as u64);
        seen.insert(code);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(seen, all, "every check has a case");
}
