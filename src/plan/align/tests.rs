//! Tests of the alignment: every item once, in one order, with what differs.

use super::*;
use crate::model::Api;
use crate::model::*;
use crate::plan::overview::Move;
use crate::snapshot::SnapshotError;
use crate::testkit::performed::*;
use crate::testkit::world::*;

/// Items as lines: `=`, `*` with the differing fields, `-` missing, `+` in the target alone, `!` failed, then entity and SID.
fn lines(source: &World, target: &World, change: impl FnOnce(&mut AlignOptions)) -> Vec<String> {
    let sides = Sides::new(source, target);
    let mapping = mapping();
    let records = PlanRecords::of(&mapping).unwrap();
    let pair = Pair {
        source: sides.source.service(&source.service.sid).unwrap().unwrap(),
        target: sides.target.service(&target.service.sid).unwrap().unwrap(),
    };
    let mut options = AlignOptions {
        kind: sides.header.kind,
        exact_above: 100,
        share: None,
        extras: true,
        messages: false,
        media: false,
        digests: false,
    };
    change(&mut options);
    let mut lines = Vec::new();
    align::<SnapshotError>(&pair, &records, options, &mut |item| {
        let differing: Vec<&str> =
            item.fields.iter().filter(|field| field.differs).map(|field| field.name).collect();
        let mark = match item.standing {
            Standing::Same => "=".to_owned(),
            Standing::Different => format!("* {}", differing.join(",")),
            Standing::Missing => "-".to_owned(),
            Standing::Extra => "+".to_owned(),
            other => format!("! {other:?}"),
        };
        lines.push(format!("{mark} {} {}", item.entity.plural(), item.name().unwrap_or_default()));
        Ok(())
    })
    .unwrap();
    lines
}

#[test]
fn items_come_once_and_in_order() {
    let source = World::chat();
    let mut there = source.in_place();
    there.users[1].friendly_name = None;
    there.users.push(user(9, "zoe"));
    there.join(9, 10);
    there.members.remove(2);
    there.memberships.remove(2);
    assert_eq!(
        lines(&source, &there, |_| {}),
        [
            "= roles user",
            "= roles member",
            "= users ada",
            "* friendly_name users bob",
            "= users cyd",
            "+ users zoe",
            "= channels Room 10",
            "= members ada",
            "= user_channels ada",
            "= members bob",
            "= user_channels bob",
            "- members cyd",
            "- user_channels cyd",
            "+ members zoe",
            "- channels Room 20",
            "- members ada",
            "- user_channels ada",
        ]
    );
}

#[test]
fn who_left_and_came_back_is_the_same_participant_with_another_sid() {
    let source = World::chat();
    let mut there = source.in_place();
    let other = MemberSid::from_digits(0xff);
    there.members[1].sid = other.clone();
    there.memberships[1].member_sid = Some(other);
    let lines = lines(&source, &there, |_| {});
    assert!(lines.contains(&"* sid members bob".to_owned()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with('+')), "{lines:#?}");
}

#[test]
fn a_conversation_that_is_too_large_to_hold_is_taken_in_parts() {
    let mut source = World::chat();
    for number in 100..140 {
        source.users.push(user(number, &format!("user {number}")));
        source.join(number, 10);
    }
    let mut there = source.in_place();
    assert!(there.members.len() > 2 * held_participants::HELD);
    there.members[7].attributes = Some("{\"a\":1}".to_owned());
    there.members.remove(20);
    there.memberships.remove(20);
    there.users.push(user(9, "zoe"));
    there.join(9, 10);
    for copy in [false, true] {
        if copy {
            there.service.sid = ServiceSid::from_digits(0x99);
            there.channels[0].unique_name = Some(format!("chatferry-{}", source.channels[0].sid));
        }
        let lines = lines(&source, &there, |_| {});
        let of = |mark: &str| {
            let found = lines.iter().filter(|line| line.starts_with(mark) && line.contains(" members "));
            found.cloned().collect::<Vec<_>>()
        };
        assert_eq!(of("=").len(), 43 - 2);
        assert_eq!(of("*").len(), 1, "{:?}", of("*"));
        assert!(of("*")[0].starts_with("* attributes"));
        assert_eq!(of("-").len(), 2, "one of the room, one of the public channel");
        assert_eq!(of("+"), ["+ members zoe"]);
    }
}

#[test]
fn the_parts_of_a_share_are_everything_once() {
    let mut source = World::chat();
    for number in 30..50 {
        source.channels.push(channel(number, "private"));
        source.join(1, number);
    }
    let there = source.in_place();
    let of_channels = |share| {
        let mut lines = lines(&source, &there, |options| options.share = share);
        lines.retain(|line| line.contains(" channels ") || line.contains(" members "));
        lines
    };
    let mut parts: Vec<String> = (1..=3).flat_map(|part| of_channels(Some(Share { part, of: 3 }))).collect();
    let mut all = of_channels(None);
    parts.sort();
    all.sort();
    assert_eq!(parts, all);
}

#[test]
fn what_was_not_read_is_not_compared() {
    let mut source = World::chat();
    source.include.retain(|&entity| entity != Entity::Member);
    let mut there = source.in_place();
    there.include = World::new(Api::Conversations, 1).include;
    let lines = lines(&source, &there, |_| {});
    assert!(lines.contains(&"= members bob".to_owned()), "roles and dates are not known: {lines:#?}");
    assert_eq!(Sides::new(&source, &there).header.kind, Move::InPlace);
}
