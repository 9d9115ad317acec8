//! Services as they are: states, limits that were raised, users that cannot be written, roles and dates that were never set.

use super::*;
use crate::plan::finding::Severity;

fn with_checks(lines: &str) -> Mapping {
    mapping_with(&[("adopt = false\n", &format!("adopt = false\n\n[plan.checks]\n{lines}\n"))])
}

fn plan_with(source: &World, target: &World, mapping: &Mapping, limits: Option<ConversationLimits>) -> Kept {
    let options = PlanOptions { target_limits: limits, ..PlanOptions::default() };
    Sides::new(source, target).plan(mapping, &options)
}

#[test]
fn a_state_is_never_created_and_written_last() {
    for (state, last) in
        [("closed", Some("closed")), ("inactive", Some("inactive")), ("initializing", None), ("active", None)]
    {
        let mut source = World::chat();
        source.channels[0].state = Some(ConversationState::from_wire(state));
        source.channels[0].timers = Some(JsonText(
            "{\"date_inactive\":\"2026-11-22T00:00:00Z\",\"date_closed\":\"2026-11-24T00:00:00Z\"}".into(),
        ));
        let mut there = target();
        let kept = plan(&source, &there);
        assert!(
            kept.of(OperationKind::CreateConversation).iter().all(|one| !one.after.contains_key("state")),
            "{state}"
        );
        let updates = kept.of(OperationKind::UpdateConversation);
        let states: Vec<_> = updates.iter().filter_map(|one| one.after.get("state")?.as_str()).collect();
        assert_eq!(states, Vec::from_iter(last), "{state}");
        let timers: Vec<_> =
            updates.iter().filter_map(|one| one.after.get("timers.closed")?.as_str()).collect();
        assert_eq!(timers.len(), usize::from(state != "closed"), "{state}: a closed one has no timers");
        assert!(
            OperationKind::UpdateConversation > OperationKind::UpdateUserConversation,
            "after everything that is written to it"
        );
        perform(&mut there, &kept);
        let again = plan(&source, &there);
        assert_eq!(again.kinds(), [""; 0], "{state}");
        assert_eq!(again.codes(), ["target_not_empty"], "{state}: {:?}", again.findings);
    }
}

#[test]
fn converting_adds_no_one_so_size_never_blocks_it() {
    let mut source = World::chat();
    for number in 100..150 {
        source.users.push(user(number, &format!("user {number}")));
        source.join(number, 20);
    }
    source.service.limits = Some(JsonText("{\"channel_members\":10,\"user_channels\":1}".into()));
    let kept = plan(&source, &source.in_place());
    assert_eq!(kept.kinds(), ["make_private"]);
    assert_eq!(kept.codes(), ["public_one_way", "setting_without_counterpart"]);
    // Invited users are added, and Twilio would refuse them.
    source.invite(2, 20, true);
    let invites = mapping_with(&[("invites = \"report\"", "invites = \"participant\"")]);
    let kept = plan_with(&source, &source.in_place(), &invites, None);
    assert_eq!(kept.kinds(), ["make_private", "create_participant (participants_over_limit)"]);
}

#[test]
fn a_service_is_believed_about_its_own_limits() {
    let limits = ConversationLimits::of_json("{\"channel_members\":3000,\"user_channels\":2500}");
    assert_eq!(limits, Some(ConversationLimits { participants: 3_000, conversations: 2_500 }));
}

#[test]
fn a_blocking_check_can_be_lowered() {
    let (source, limits) = (World::chat(), Some(ConversationLimits { participants: 2, conversations: 100 }));
    let kept = plan_with(&source, &target(), &mapping(), limits);
    assert_eq!(kept.totals().verdict, PlanVerdict::ReadyExceptBlocked);
    assert!(kept.totals().blocked_by["participants_over_limit"] > 0);
    let kept = plan_with(&source, &target(), &with_checks("participants_over_limit = \"warn\""), limits);
    assert_eq!(kept.totals().verdict, PlanVerdict::Ready);
    let finding = kept.findings.iter().find(|one| one.check.code == "participants_over_limit").unwrap();
    assert_eq!(finding.check.severity, Severity::Warn);
    for check in CHECKS.iter().filter(|check| check.severity == Severity::Block) {
        let mapping = with_checks(&format!("{} = \"note\"", check.code));
        plan_with(&source, &target(), &mapping, limits);
    }
    for code in ["public_one_way", "no_such_check"] {
        let mapping = with_checks(&format!("{code} = \"note\""));
        let error = PlanRecords::of(&mapping).unwrap_err();
        assert!(error.to_string().contains(&format!("`{code}` in [plan.checks]")), "{error}");
    }
}

#[test]
fn a_role_that_nothing_stands_for_is_left_out_where_the_mapping_wants_it() {
    let mut source = World::chat();
    source.users[0].role_sid = Some(RoleSid::from_digits(0x77));
    let kept = plan(&source, &target());
    assert!(kept.kinds().contains(&"create_user (role_without_counterpart)".to_owned()));
    let kept = plan_with(&source, &target(), &with_checks("role_without_counterpart = \"warn\""), None);
    let made = kept.of(OperationKind::CreateUser)[0];
    assert!(!made.after.contains_key("role_sid") && made.after.contains_key("identity"));
    assert!(kept.operations.iter().all(|(_, blocked)| blocked.is_none()), "{:?}", kept.kinds());
}

#[test]
fn who_is_not_created_is_in_no_conversation() {
    let mut source = World::chat();
    source.users[1].attributes = Some("{colour: red}".to_owned());
    let kept = plan(&source, &target());
    let of_bob = |kept: &Kept| -> Vec<String> {
        let of_bob = kept.operations.iter().filter(|(one, _)| one.subject.identity.as_deref() == Some("bob"));
        of_bob
            .map(|(one, blocked)| format!("{} {}", one.kind.name(), blocked.as_deref().unwrap_or("-")))
            .collect()
    };
    assert_eq!(
        of_bob(&kept),
        [
            "create_user attributes_not_json",
            "create_participant attributes_not_json",
            "update_participant attributes_not_json"
        ]
    );
    assert_eq!(kept.totals().blocked_by["attributes_not_json"], 3);
    // An invitation names its user by the identity only.
    source.invite(2, 20, true);
    let invites = mapping_with(&[("invites = \"report\"", "invites = \"participant\"")]);
    let kept = plan_with(&source, &target(), &invites, None);
    let of_bob = of_bob(&kept);
    assert_eq!(of_bob.len(), 4);
    assert!(of_bob.iter().all(|one| one.ends_with("attributes_not_json")), "{of_bob:?}");
}

#[test]
fn what_the_target_fills_in_is_no_difference() {
    let mut source = World::chat();
    source.users[0].role_sid = None;
    source.members[0].role_sid = None;
    source.channels[0].date_created = None;
    let defaults = |world: &mut World| {
        world.service.default_service_role_sid = Some(RoleSid::from_digits(1));
        world.service.default_channel_role_sid = Some(RoleSid::from_digits(2));
    };
    for are_known in [true, false] {
        let mut there = source.in_place();
        there.users[0].role_sid = Some(RoleSid::from_digits(1));
        there.members[0].role_sid = Some(RoleSid::from_digits(2));
        there.channels[0].date_created = Some(Timestamp::Seconds(DATE));
        if are_known {
            defaults(&mut there);
        }
        assert_eq!(plan(&source, &there).codes(), ["public_one_way"], "{are_known}");
    }
    let mut there = source.in_place();
    defaults(&mut there);
    there.users[0].role_sid = Some(RoleSid::from_digits(2));
    assert!(
        plan(&source, &there).codes().contains(&"user_differs"),
        "another role than the default was given"
    );
}

#[test]
fn a_refused_resource_is_not_checked_rather_than_passed() {
    let source = World::chat();
    let refused = JsonText("{\"account\":null,\"service\":{},\"webhooks\":null,\"notifications\":{}}".into());
    let mut there = target();
    there.service.configuration = Some(refused.clone());
    let kept = plan(&source, &there);
    assert_eq!(
        kept.found("not_checked").into_iter().map(|(_, detail)| detail).collect::<Vec<_>>(),
        [
            "/v1/Configuration could not be read, and with it default_timers",
            "/v1/Services/{IS}/Configuration/Webhooks could not be read, and with it webhooks, setting_not_copied"
        ]
    );
    let not_checked: Vec<&str> = kept.totals().not_checked.iter().map(String::as_str).collect();
    assert_eq!(not_checked, ["default_timers", "setting_not_copied", "webhooks"]);
    let mut there = source.in_place();
    there.service.configuration = Some(refused);
    assert_eq!(plan(&source, &there).found("not_checked").len(), 1, "in place only webhooks matter");
}

/// An account's messaging service and sender of e-mails on the first conversation, and a projected address on its first member.
fn with_messaging(source: &mut World) {
    source.channels[0].messaging_service_sid = Some(MessagingServiceSid::from_digits(5));
    let bindings = "{\"email\":{\"address\":\"help@example.com\",\"name\":\"The \\\"Help\\\" Desk\"}}";
    source.channels[0].bindings = Some(JsonText(bindings.into()));
    let extra = "{\"messaging_binding\":{\"type\":\"sms\",\"projected_address\":\"+15550001\"}}";
    source.members[0].extra = Some(JsonText(extra.into()));
}

#[test]
fn a_copy_within_the_account_carries_what_belongs_to_it() {
    let mut source = World::chat();
    with_messaging(&mut source);
    let mut there = target();
    let kept = plan(&source, &there);
    let made = kept.of(OperationKind::CreateConversation)[0];
    assert_eq!(made.after["messaging_service_sid"], "MG00000000000000000000000000000005");
    let sent = made.request().form.into_iter().filter(|(name, _)| name.starts_with("Bindings."));
    let sent: Vec<(&str, String)> = sent.map(|(name, value)| (name, value.shown())).collect();
    assert_eq!(
        sent,
        [
            ("Bindings.Email.Address", "help@example.com".to_owned()),
            ("Bindings.Email.Name", "The \"Help\" Desk".to_owned())
        ]
    );
    let made = kept.of(OperationKind::CreateParticipant)[0].request();
    let address = made.form.iter().find(|(name, _)| *name == "MessagingBinding.ProjectedAddress").unwrap();
    assert_eq!(address.1.shown(), "+15550001");
    assert!(!kept.codes().contains(&"not_carried"));
    perform(&mut there, &kept);
    assert_eq!(plan(&source, &there).kinds(), [""; 0]);
    assert_eq!(plan(&source, &there).codes(), ["target_not_empty"]);
}

#[test]
fn a_copy_to_another_account_says_what_it_cannot_carry() {
    let mut source = World::chat();
    with_messaging(&mut source);
    source.service.account_sid = Some(AccountSid::from_digits(1));
    let mut there = target();
    there.service.account_sid = Some(AccountSid::from_digits(2));
    let kept = plan(&source, &there);
    let details: Vec<String> = kept.found("not_carried").into_iter().map(|(_, detail)| detail).collect();
    assert_eq!(
        details,
        [
            "the messaging service MG00000000000000000000000000000005 belongs to the source's account",
            "the sender of e-mails {\"address\":\"help@example.com\",\"name\":\"The \\\"Help\\\" Desk\"} belongs to the source's account",
            "the projected address +15550001 belongs to the source's account"
        ]
    );
    let sends = |name: &str| {
        kept.operations.iter().any(|(one, _)| one.request().form.iter().any(|(sent, _)| *sent == name))
    };
    assert!(!sends("MessagingServiceSid") && !sends("MessagingBinding.ProjectedAddress"));
    perform(&mut there, &kept);
    assert_eq!(plan(&source, &there).codes(), ["target_not_empty"], "and it is no difference afterwards");
}

#[test]
fn the_mapping_of_copies_leaves_out_what_twilio_refuses() {
    let mut source = World::chat();
    source.users[1].attributes = Some("{a: 1".to_owned());
    source.roles[1].permissions = Some(Vec::new());
    let copy = crate::mapping::load("copy").unwrap();
    let kept = plan_with(&source, &target(), &copy, None);
    assert_eq!(kept.totals().verdict, PlanVerdict::Ready, "{:?}", kept.kinds());
    assert_eq!(kept.found("attributes_left_out").len(), 1);
    assert_eq!(
        kept.of(OperationKind::CreateRole)[1].after["permissions"],
        serde_json::json!(["leaveConversation"])
    );
    let kept = plan(&source, &target());
    assert_eq!(kept.totals().verdict, PlanVerdict::ReadyExceptBlocked);
}
