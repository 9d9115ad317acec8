//! Plans of small services: what is done about what, and that planning again finds nothing left.

use super::*;
use crate::mapping::Mapping;
use crate::model::Api;
use crate::model::*;
use crate::plan::*;
use crate::testkit::performed::*;
use crate::testkit::world::*;

mod batch;
mod checks;
mod hostile;
mod moves;
mod random;
mod world;

fn target() -> World {
    World::new(Api::Conversations, 0x99)
}

#[test]
fn in_place_only_public_channels_are_changed() {
    let source = World::chat();
    let kept = plan(&source, &source.in_place());
    assert_eq!(kept.kinds(), ["make_private"]);
    let operation = &kept.operations[0].0;
    assert_eq!(operation.subject.channel_sid, Some(ChannelSid::from_digits(20)));
    assert_eq!(operation.subject.service_sid, Some(source.service.sid.clone()));
    assert_eq!((&operation.before["type"], &operation.after["type"]), (&"public".into(), &"private".into()));
    assert_eq!(kept.codes(), ["public_one_way"]);
    assert_eq!(kept.found("public_one_way")[0].1, "1 member stays and 2 of 3 users can no longer join");
    let totals = kept.totals();
    assert_eq!(totals.verdict, PlanVerdict::Ready);
    let noop: Vec<(&str, u64)> = totals.noop.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(noop, [("channels", 1), ("members", 3), ("roles", 2), ("user_channels", 3), ("users", 3)]);
    assert_eq!(totals.requests, 2, "a look at the channel, and the change");
    assert!(kept.counterparts.is_empty(), "SIDs are the same");
}

#[test]
fn a_copy_makes_everything_and_planning_again_finds_nothing() {
    let mut source = World::chat();
    source.memberships[1].notification_level = Some(NotificationLevel::Muted);
    source.channels[1].unique_name = Some("lobby".to_owned());
    let mut target = target();
    let kept = plan(&source, &target);
    let count = |kind| kept.of(kind).len();
    assert_eq!(
        (
            count(OperationKind::CreateRole),
            count(OperationKind::CreateUser),
            count(OperationKind::CreateConversation)
        ),
        (2, 3, 2)
    );
    assert_eq!((count(OperationKind::CreateParticipant), count(OperationKind::UpdateParticipant)), (4, 3));
    let [muted] = kept.of(OperationKind::UpdateUserConversation)[..] else { panic!("the muted one") };
    let written: Vec<&str> = muted.after.keys().map(String::as_str).collect();
    assert_eq!(
        written,
        ["notification_level", "last_read_message_index", "last_read_timestamp"],
        "one request takes what it has read too"
    );
    let names: Vec<_> = kept
        .of(OperationKind::CreateConversation)
        .iter()
        .map(|one| one.subject.unique_name.clone().unwrap())
        .collect();
    assert_eq!(names, ["chatferry-CH0000000000000000000000000000000a", "lobby"]);
    let participant = kept.of(OperationKind::CreateParticipant)[0];
    assert_eq!(participant.after["role_sid"], "{RL00000000000000000000000000000002}");
    assert_eq!(participant.after["date_created"], "2017-07-14T02:40:00Z");
    assert!(participant.before.is_empty() && !participant.after.contains_key("last_read_message_index"));
    assert_eq!(kept.of(OperationKind::UpdateParticipant)[0].after["last_read_message_index"], 5);
    assert!(kept.totals().noop.is_empty());

    perform(&mut target, &kept);
    let again = plan(&source, &target);
    assert_eq!(again.kinds(), [""; 0], "{:?}", again.findings);
    assert_eq!(again.totals().verdict, PlanVerdict::NothingToDo);
    assert_eq!(again.counterparts.len(), 2 + 3 + 2 + 4);
    assert_eq!(again.codes(), ["target_not_empty"]);
    assert_eq!(again.totals().noop["members"], 4);
}

#[test]
fn planning_twice_gives_the_same() {
    let source = World::chat();
    let sides = Sides::new(&source, &target());
    let draft = |name: &str| {
        let path = sides.path(name);
        let records_of = mapping();
        let records = PlanRecords::of(&records_of).unwrap();
        let inputs =
            Inputs { source: &sides.source, target: &sides.target, records: &records, header: &sides.header };
        let draft = PlanDraft::create(&path, &sides.header).unwrap();
        let (draft, totals) = compute_into(draft, &inputs, &PlanOptions::default(), &mut |_| {}).unwrap();
        draft.finish(&totals).unwrap();
        std::fs::read(path).unwrap()
    };
    assert!(draft("one.plan") == draft("two.plan"), "the bytes of two plans of the same differ");
}
