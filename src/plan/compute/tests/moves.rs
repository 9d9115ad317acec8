//! What happens to invitations, differences, states and timers, and of snapshots that were broken off.

use super::*;
use crate::model::Api;
use crate::snapshot::Snapshot;

#[expect(clippy::unnecessary_wraps, reason = "the model's fields are optional")]
fn muted() -> Option<NotificationLevel> {
    Some(NotificationLevel::Muted)
}

/// The plan of a move with another mapping.
fn plan_with(source: &World, target: &World, changes: &[(&str, &str)]) -> Kept {
    Sides::new(source, target).plan(&mapping_with(changes), &PlanOptions::default())
}

const PARTICIPANTS: (&str, &str) = ("invites = \"report\"", "invites = \"participant\"");

#[test]
fn invited_users_are_reported_or_become_participants() {
    for from_channel in [false, true] {
        let mut source = World::chat();
        source.invite(2, 20, from_channel);
        source.invite(3, 20, true);
        source.invite(3, 20, false);
        let there = source.in_place();
        let kept = plan(&source, &there);
        assert_eq!(kept.kinds(), ["make_private"]);
        assert_eq!(kept.found("invite_lost").len(), 2, "each once, whoever tells of it");
        let kept = plan_with(&source, &there, &[PARTICIPANTS]);
        assert_eq!(kept.kinds(), ["make_private", "create_participant", "create_participant"]);
        let subjects = kept.of(OperationKind::CreateParticipant);
        let identities: Vec<_> = subjects.iter().map(|one| one.subject.identity.clone().unwrap()).collect();
        assert_eq!(identities.len(), 2);
        assert!(identities.contains(&"bob".to_owned()) && identities.contains(&"cyd".to_owned()));
        assert!(subjects.iter().any(|one| one.subject.invite_sid.is_some()));
        assert!(subjects.iter().all(|one| one.subject.conversation_sid.is_some()), "the channel itself");
        assert!(kept.found("invite_lost").is_empty());
    }
}

#[test]
fn who_accepted_since_is_neither_lost_nor_made_again() {
    let mut source = World::chat();
    source.invite(2, 20, false);
    let mut there = source.clone();
    there.channels[1].r#type = Some(ChannelType::Private);
    there.memberships.last_mut().unwrap().status = Some(MembershipStatus::NotParticipating);
    there.join(2, 20);
    let there = there.in_place();
    assert_eq!(plan(&source, &there).codes(), ["only_in_target"; 0], "an invitation that was accepted");
    assert_eq!(plan_with(&source, &there, &[PARTICIPANTS]).kinds(), [""; 0]);
}

#[test]
fn what_the_mapping_owns_is_written_and_the_rest_reported() {
    let source = World::chat();
    let mut there = source.in_place();
    there.members[0].role_sid = Some(RoleSid::from_digits(1));
    there.members[0].last_consumed_message_index = Some(2);
    there.members[1].last_consumed_message_index = None;
    there.memberships[1].last_consumed_message_index = None;
    let kept = plan(&source, &there);
    assert_eq!(kept.kinds(), ["make_private"]);
    assert_eq!(kept.found("participant_differs").len(), 2);
    let owns = (
        "[plan.in_place]\nowns = []\nfills = []",
        "[plan.in_place]\nowns = [\"participants.role_sid\"]\nfills = [\"participants.last_read_message_index\"]",
    );
    let kept = plan_with(&source, &there, &[owns]);
    assert_eq!(kept.kinds(), ["update_participant", "update_participant", "make_private"]);
    let [role, index] = kept.of(OperationKind::UpdateParticipant)[..] else { panic!("two") };
    assert_eq!(role.before["role_sid"], "RL00000000000000000000000000000001");
    assert_eq!(role.after["role_sid"], "RL00000000000000000000000000000002");
    assert_eq!(role.after.len(), 1, "an index that is there is not filled");
    assert_eq!(
        (&index.before["last_read_message_index"], &index.after["last_read_message_index"]),
        (&serde_json::Value::Null, &5.into())
    );
    assert_eq!(index.subject.target_sid, source.members[1].sid.to_string().into());
    let left = kept.found("participant_differs");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].1, "last_read_message_index: 2 → 5");
    assert_eq!(kept.totals().requests, 3 * 2, "each is looked at before");
}

#[test]
fn a_horizon_that_is_missing_in_a_copy_is_filled_unless_the_mapping_wants_none() {
    let source = World::chat();
    let mut there = target();
    let first = plan(&source, &there);
    perform(&mut there, &first);
    there.members[0].last_consumed_message_index = None;
    there.memberships[0].last_consumed_message_index = None;
    there.members[0].last_consumption_timestamp = None;
    let kept = plan(&source, &there);
    assert_eq!(kept.kinds(), ["update_participant"]);
    assert_eq!(kept.operations[0].0.after.len(), 2);
    let none = ("read_horizon = true", "read_horizon = false");
    assert_eq!(plan_with(&source, &there, &[none]).kinds(), [""; 0]);
    let kept = plan_with(&source, &target(), &[none]);
    assert!(kept.of(OperationKind::UpdateParticipant).is_empty());
    assert!(kept.found("horizon_without_messages").is_empty());
}

#[test]
fn a_level_is_copied_with_its_participant_and_never_filled_in_later() {
    let mut source = World::chat();
    let mut there = target();
    let first = plan(&source, &there);
    perform(&mut there, &first);
    // As a crawl finds it when a plan has muted the source.
    source.memberships.iter_mut().for_each(|row| row.notification_level = muted());
    let kept = plan(&source, &there);
    assert_eq!(kept.kinds(), [""; 0], "no one is silenced in the copy");
    assert_eq!(kept.found("notification_level_differs").len(), 4);
}

#[test]
fn the_source_is_muted_where_it_is_asked_for() {
    let mut source = World::chat();
    source.memberships[0].notification_level = muted();
    source.memberships[1].notification_level = None;
    source.members[2].role_sid = Some(RoleSid::from_digits(8)); // blocks this one
    let mut sides = Sides::new(&source, &target());
    sides.header.mute_source = true;
    let kept = sides.plan(&mapping(), &PlanOptions::default());
    let mutes = kept.of(OperationKind::MuteSource);
    assert_eq!(mutes.len(), 2, "not who is muted already, nor who is not copied: {:?}", kept.kinds());
    assert_eq!(mutes[0].subject.service_sid, Some(source.service.sid.clone()));
    assert_eq!(mutes[0].subject.user_sid, Some(UserSid::from_digits(2)));
    assert_eq!(
        (&mutes[0].before["notification_level"], &mutes[0].after["notification_level"]),
        (&"default".into(), &"muted".into())
    );
}

#[test]
fn closed_conversations_are_closed_last_and_timers_begin_last() {
    let mut source = World::chat();
    source.api = Api::Conversations;
    source.include.retain(|&entity| entity != Entity::Invite);
    source.channels[0].state = Some(ConversationState::Closed);
    source.channels[1].timers = Some(JsonText("{\"date_closed\":\"2026-11-23T02:00:00Z\"}".into()));
    let mut there = target();
    let kept = plan(&source, &there);
    let last = kept.of(OperationKind::UpdateConversation);
    assert_eq!(last.len(), 2);
    assert_eq!(last[0].after["state"], "closed");
    assert_eq!(last[1].after["timers.closed"], "PT7200S", "what was left when the snapshot was begun");
    let position = |kind| kept.operations.iter().rposition(|(one, _)| one.kind == kind).unwrap();
    assert!(position(OperationKind::UpdateConversation) > position(OperationKind::CreateParticipant));
    assert!(
        kept.of(OperationKind::CreateConversation).iter().all(|one| !one.after.contains_key("timers.closed"))
    );
    perform(&mut there, &kept);
    assert_eq!(plan(&source, &there).kinds(), [""; 0]);
    // A copy that was broken off before it was closed.
    there.channels[0].state = Some(ConversationState::Active);
    let kept = plan(&source, &there);
    assert_eq!(kept.kinds(), ["update_conversation"]);
    assert_eq!(kept.operations[0].0.before["state"], "active");
}

#[test]
fn a_conversation_of_the_same_name_is_adopted_where_the_mapping_says_so() {
    let mut source = World::chat();
    source.channels[0].unique_name = Some("room".to_owned());
    let mut there = target();
    let mut other = channel(0x63, "private");
    other.unique_name = Some("room".to_owned());
    other.date_created = Some(Timestamp::Seconds(DATE - 1));
    there.channels.push(other);
    let kept = plan_with(&source, &there, &[("adopt = false", "adopt = true")]);
    assert!(kept.found("unique_name_taken").is_empty());
    let participants = kept.of(OperationKind::CreateParticipant);
    assert_eq!(
        participants[0].subject.conversation_sid.as_deref(),
        Some("CH00000000000000000000000000000063")
    );
    // Otherwise no one is added to it.
    let kept = plan(&source, &there);
    assert_eq!(kept.of(OperationKind::CreateParticipant).len(), 1, "the one of the other channel");
}

#[test]
fn roles_are_matched_by_name_and_type() {
    let source = World::chat();
    let mut there = target();
    there.roles.push(role(0x77, "member", "conversation", &["leaveConversation", "sendMessage"]));
    there.roles.push(role(0x78, "user", "conversation", &["createConversation"]));
    let kept = plan(&source, &there);
    let roles = kept.of(OperationKind::CreateRole);
    assert_eq!(roles.len(), 1, "one is there; the other has another type there");
    assert_eq!(
        (&roles[0].after["type"], &roles[0].after["friendly_name"]),
        (&"service".into(), &"user".into())
    );
    assert_eq!(roles[0].after["permissions"], serde_json::json!(["createConversation"]));
    assert_eq!(
        kept.of(OperationKind::CreateParticipant)[0].after["role_sid"],
        "RL00000000000000000000000000000077"
    );
    assert_eq!(
        kept.of(OperationKind::CreateUser)[0].after["role_sid"],
        "{RL00000000000000000000000000000001}"
    );
    assert!(kept.found("role_differs").is_empty(), "the order of permissions says nothing");
}

#[test]
fn a_snapshot_that_was_broken_off_gives_the_same_operations() {
    let source = World::chat();
    let sides = Sides::new(&source, &target());
    let whole = sides.plan(&mapping(), &PlanOptions::default());
    let broken: Snapshot = source.write(&sides.path("broken.db"), false);
    let sides = Sides { source: broken, ..sides };
    let kept = sides.plan(&mapping(), &PlanOptions::default());
    assert_eq!(kept.operations, whole.operations);
    assert_eq!(kept.totals().verdict, PlanVerdict::Blocked);
    assert_eq!(kept.found("snapshot_incomplete").len(), 1);
}

#[test]
fn a_mapping_without_its_records_is_refused_by_name() {
    let refused = |changes: &[(&str, &str)]| PlanRecords::of(&mapping_with(changes)).unwrap_err().to_string();
    assert_eq!(
        refused(&[("name = \"user_conversations\"", "name = \"views\"")]),
        "mapping `conversations` has no record `user_conversations`, which a plan needs"
    );
    assert_eq!(
        refused(&[("{ name = \"identity\", first_of = [\"member", "{ name = \"who\", first_of = [\"member")]),
        "record `participants` of mapping `conversations` has no column `identity`, which a plan needs"
    );
    let sides = Sides::new(&World::chat(), &target());
    let mut header = sides.header.clone();
    header.target.service_sid = "IS000000000000000000000000000000ff".to_owned();
    let (mapping, options) = (mapping(), PlanOptions::default());
    let records = PlanRecords::of(&mapping).unwrap();
    let inputs = Inputs { source: &sides.source, target: &sides.target, records: &records, header: &header };
    let error = compute(&inputs, &options, &mut Kept::default(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, PlanError::NoService { .. }), "{error}");
}

#[test]
fn users_of_a_selection_are_not_held_against_the_whole_target() {
    let mut source = World::chat();
    let there = source.in_place();
    source.selected = Some(vec!["ada".to_owned()]);
    source.users.truncate(1);
    source.memberships.retain(|row| row.user_sid == UserSid::from_digits(1));
    let kept = plan(&source, &there);
    assert!(kept.found("only_in_target").is_empty());
}
