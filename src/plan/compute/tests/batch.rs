//! Participants that are created together with their conversation.

use serde_json::json;

use super::*;
use crate::plan::operation::PARTICIPANTS;

fn together(source: &World, target: &World) -> Kept {
    Sides::new(source, target).plan(&mapping(), &PlanOptions { batches: true, ..PlanOptions::default() })
}

/// A private channel with so many members, who have read it, or not.
fn room(members: u128, is_read: bool) -> World {
    let mut source = World::chat();
    source.channels.retain(|channel| channel.sid == ChannelSid::from_digits(10));
    source.users = (1..=members).map(|number| user(number, &format!("user-{number}"))).collect();
    source.memberships.clear();
    source.members.clear();
    for number in 1..=members {
        source.join(number, 10);
    }
    if !is_read {
        let rows = source.memberships.iter_mut().zip(&mut source.members);
        for (row, member) in rows {
            row.last_consumed_message_index = None;
            member.last_consumed_message_index = None;
            member.last_consumption_timestamp = None;
        }
    }
    source
}

/// Whom the one conversation brings.
fn brought(kept: &Kept) -> Vec<String> {
    let [create] = kept.of(OperationKind::CreateConversation)[..] else { panic!("one conversation") };
    let identity = |fields: &serde_json::Value| fields["identity"].as_str().unwrap().to_owned();
    create.brought().iter().map(identity).collect()
}

#[test]
fn a_conversation_names_whom_it_brings_and_each_stays_an_operation() {
    let source = room(2, true);
    let kept = together(&source, &target());
    let [create] = kept.of(OperationKind::CreateConversation)[..] else { panic!("one conversation") };
    assert_eq!(brought(&kept), ["user-1", "user-2"]);
    let request = serde_json::to_value(create.request()).unwrap();
    assert!(request["path"].as_str().unwrap().ends_with("/ConversationWithParticipants"), "{request}");
    let participants = request["form"]["Participant"].as_array().unwrap();
    let first: serde_json::Value = serde_json::from_str(participants[0].as_str().unwrap()).unwrap();
    let single = kept.of(OperationKind::CreateParticipant)[0];
    for (key, value) in &single.after {
        assert_eq!(first[key], *value, "{key}");
    }
    assert!(first["role_sid"].as_str().unwrap().starts_with("{RL"), "a role that is created first: {first}");
    // What they have read is their own view, which names no participant.
    assert_eq!(kept.of(OperationKind::UpdateParticipant), Vec::<&Operation>::new());
    let views = kept.of(OperationKind::UpdateUserConversation);
    assert!(views.iter().all(|view| view.after.contains_key("last_read_message_index")) && views.len() == 2);
    // The same operations as without, of which the first sends more.
    let single = plan(&source, &target());
    assert_eq!(single.of(OperationKind::CreateParticipant), kept.of(OperationKind::CreateParticipant));
    let (requests, batches) = (kept.totals().requests, kept.totals().batches);
    assert_eq!((batches.conversations, batches.participants), (1, 2));
    assert_eq!((batches.requests_without, single.totals().requests), (requests + 2, requests + 2));
    assert_eq!(single.totals().batches, Batches::default());
}

#[test]
fn ten_come_with_a_conversation_and_the_others_after_it() {
    let kept = together(&room(13, true), &target());
    assert_eq!(brought(&kept).len(), 10);
    assert_eq!(kept.of(OperationKind::CreateParticipant).len(), 13);
    let order: Vec<OperationKind> = kept.operations.iter().map(|(operation, _)| operation.kind).collect();
    let place = |kind| order.iter().position(|one| *one == kind).unwrap();
    assert!(place(OperationKind::CreateConversation) < place(OperationKind::CreateParticipant));
    assert_eq!(kept.totals().batches.requests_without, kept.totals().requests + 10);
}

#[test]
fn a_list_that_has_to_be_read_is_counted_and_one_participant_is_not_worth_it() {
    let kept = together(&room(2, false), &target());
    assert_eq!(brought(&kept).len(), 2);
    assert_eq!(kept.totals().batches.requests_without, kept.totals().requests + 1, "the list is read");
    let alone = together(&room(1, false), &target());
    assert_eq!((brought(&alone).len(), alone.totals().batches), (0, Batches::default()));
    assert_eq!(brought(&together(&room(1, true), &target())).len(), 1, "its view has its SID");
}

#[test]
fn who_cannot_come_with_a_conversation_does_not() {
    let mut source = room(3, true);
    source.members[1].extra = Some(JsonText(
        json!({"messaging_binding": {"projected_address": "+15550003001"}}).to_string().into(),
    ));
    let kept = together(&source, &target());
    assert_eq!(brought(&kept), Vec::<String>::new(), "a group MMS is answered before it has participants");
    let mut source = room(3, true);
    source.users[1].attributes = Some("not JSON".to_owned());
    let kept = together(&source, &target());
    let blocked = kept.operations.iter().filter(|(_, blocked)| blocked.is_some());
    assert!(blocked.count() >= 2, "the user and its participant: {:?}", kept.kinds());
    assert_eq!(brought(&kept), ["user-1", "user-3"]);
    let create = kept.of(OperationKind::CreateConversation)[0];
    assert!(create.after.contains_key(PARTICIPANTS));
    let in_place = together(&source, &source.in_place());
    assert_eq!(in_place.totals().batches, Batches::default());
}
