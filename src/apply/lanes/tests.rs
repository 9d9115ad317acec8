//! A thousand lanes in virtual time: who is served when, and how much of what is permitted is used.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use super::*;
use crate::apply::journal_handle::LaneLoad;
use crate::plan::Operation;
use crate::testkit::operations;
use crate::testkit::pace::most_in_a_second;

/// Lanes by name with how many operations each has, the longest first, as a journal gives them.
struct Plan(Vec<(String, usize)>);

impl Plan {
    fn filled(
        &self,
        wanted: &[(LaneName, i64)],
        new: usize,
        given: &mut usize,
        operation: &Operation,
    ) -> LoadedLanes {
        let load = |name: &str, cursor: i64| {
            let length = self.0.iter().find(|(other, _)| other == name).unwrap().1;
            let after = usize::try_from(cursor).unwrap();
            let numbers = (after..length).take(LOADED).map(|number| i64::try_from(number + 1).unwrap());
            let item = |number| {
                let resolved = ResolvedOperation::resolve(number, operation.clone(), None, |_, _| {
                    Ok::<_, ()>(Some("X".into()))
                });
                resolved.unwrap().unwrap()
            };
            let items: Vec<ResolvedOperation> = numbers.map(item).collect();
            LaneLoad {
                name: LaneName::of(name),
                operations: length as u64,
                exhausted: items.len() < LOADED,
                cursor: items.last().map_or(cursor, |item| item.number),
                items,
                passed_over: 0,
            }
        };
        let known = |(name, after): &(LaneName, i64)| LaneLoad { operations: 0, ..load(&name.key(), *after) };
        let mut lanes: Vec<LaneLoad> = wanted.iter().map(known).collect();
        let fresh = self.0.iter().skip(*given).take(new);
        lanes.extend(fresh.map(|(name, _)| load(name, 0)));
        *given = (*given + new).min(self.0.len());
        LoadedLanes { lanes, no_more_lanes: *given == self.0.len() }
    }
}

/// When each key was written to, and how long all took.
type Written = (BTreeMap<String, Vec<Instant>>, f64);

/// Performs a plan with so many requests in flight of so long each.
async fn perform(plan: &Plan, in_flight: usize, latency: Duration) -> Written {
    perform_each(plan, in_flight, latency, operations::create_user(1)).await
}

/// The same, where each operation is this one.
async fn perform_each(plan: &Plan, in_flight: usize, latency: Duration, operation: Operation) -> Written {
    let rate = NonZeroU32::new(30).unwrap();
    let limits = WriteLimits::new(rate, rate);
    let mut lanes = Lanes::new("IS1");
    lanes.open();
    let mut given = 0;
    let mut tasks = JoinSet::new();
    let mut written: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    let mut left: u64 = plan.0.iter().map(|(_, length)| *length as u64).sum();
    let start = Instant::now();
    while !lanes.is_done() {
        if let Some((known, new)) = lanes.wanted() {
            lanes.fill(plan.filled(&known, new, &mut given, &operation));
        }
        let wake = loop {
            let to_write = in_flight - tasks.len();
            let reserved = lanes.reserved(30.0, latency.as_secs_f64(), in_flight, left);
            match lanes.next(&limits, FreeSlots { to_prepare: 1, to_write, reserved }) {
                NextAction::Prepare(work) => lanes.came_back(work.lane, true, Returned::ToWrite(work)),
                NextAction::Write(work) => {
                    let key = lanes.active.iter().find(|lane| lane.id == work.lane).unwrap().key.clone();
                    written.entry(key).or_default().push(Instant::now());
                    tasks.spawn(async move {
                        sleep(latency).await;
                        work.lane
                    });
                }
                NextAction::Wait(until) => break until,
            }
            assert!(lanes.active.len() <= LANES);
        };
        tokio::select! {
            Some(lane) = tasks.join_next() => {
                left -= 1;
                lanes.came_back(lane.unwrap(), false, Returned::Ended(NextOfLane::GoesOn));
            }
            () = async { sleep_until(wake.unwrap()).await }, if wake.is_some() => {}
        }
    }
    (written, start.elapsed().as_secs_f64())
}

#[tokio::test(start_paused = true)]
async fn nearly_all_of_the_services_rate_is_used() {
    for latency in [10, 200, 400] {
        let plan = Plan(vec![(String::new(), 1_000)]);
        let (written, seconds) = perform(&plan, 20, Duration::from_millis(latency)).await;
        assert_eq!(written["IS1"].len(), 1_000);
        assert!(most_in_a_second(&written["IS1"]) <= 30);
        let share = 1_000.0 / 30.0 / seconds;
        assert!(share > 0.95, "latency {latency}: {share}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_conversation_delays_no_other_and_is_not_left_for_the_end() {
    // 2,200 writes of one conversation take 74 s at 30 a second; all together take 98 s at 20 in flight and 200 ms each.
    let mut plan = Plan((0..999).map(|lane| (format!("CH{lane:04}"), 3 + lane % 10)).collect());
    plan.0.insert(0, ("CHlong".to_owned(), 2_200));
    plan.0.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
    let all: usize = plan.0.iter().map(|(_, length)| length).sum();
    let (written, seconds) = perform(&plan, 20, Duration::from_millis(200)).await;
    assert_eq!(written.values().map(Vec::len).sum::<usize>(), all);
    for (key, times) in &written {
        assert!(most_in_a_second(times) <= 30, "{key}");
    }
    let ideal = f64::from(u32::try_from(all).unwrap()) * 0.2 / 20.0;
    assert!(seconds < ideal * 1.03, "{seconds} of {ideal}");
    let rate = 2_200.0 / (*written["CHlong"].last().unwrap() - written["CHlong"][0]).as_secs_f64();
    assert!(rate > 25.0, "{rate}");
}

#[tokio::test(start_paused = true)]
async fn messages_go_one_at_a_time_and_many_conversations_use_what_is_permitted() {
    let latency = Duration::from_millis(50);
    let message = || operations::create_message(1, 0);
    // 200 conversations with 50 messages each: 10,000 requests take 25 s at 20 in flight and 50 ms each.
    let plan = Plan((0..200).map(|lane| (format!("CH{lane:04}"), 50)).collect());
    let (written, seconds) = perform_each(&plan, 20, latency, message()).await;
    for (key, times) in &written {
        assert_eq!(times.len(), 50, "{key}");
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= latency), "{key} has two in flight");
    }
    let share = 25.0 / seconds;
    assert!(share > 0.95, "{share}");
    // One alone waits for each answer: 20 a second here, where 30 are permitted.
    let (_, seconds) = perform_each(&Plan(vec![("CH1".to_owned(), 200)]), 20, latency, message()).await;
    assert!((10.0..10.5).contains(&seconds), "{seconds}");
}

/// The lanes with a first operation of this one lane that is being prepared.
fn begun(plan: &Plan, operation: &Operation) -> (Lanes, WriteLimits, ActiveOperation) {
    let rate = NonZeroU32::new(30).unwrap();
    let limits = WriteLimits::new(rate, rate);
    let mut lanes = Lanes::new("IS1");
    lanes.open();
    let (known, new) = lanes.wanted().unwrap();
    lanes.fill(plan.filled(&known, new, &mut 0, operation));
    let NextAction::Prepare(work) = lanes.next(&limits, ROOM) else { panic!("the first") };
    (lanes, limits, work)
}

const ROOM: FreeSlots = FreeSlots { to_prepare: 8, to_write: 8, reserved: 0 };

#[tokio::test(start_paused = true)]
async fn none_is_begun_after_a_message_that_waits_or_is_not_there() {
    let plan = Plan(vec![("CH1".to_owned(), 5)]);
    let (mut lanes, limits, work) = begun(&plan, &operations::create_message(1, 0));
    let lane = work.lane;
    assert!(matches!(lanes.next(&limits, ROOM), NextAction::Wait(None)), "the first is being prepared");
    lanes.came_back(lane, true, Returned::ToWrite(work));
    let NextAction::Write(work) = lanes.next(&limits, ROOM) else { panic!("it is begun") };
    let later = Instant::now() + Duration::from_secs(1);
    lanes.came_back(lane, false, Returned::Waits(work, later));
    assert!(matches!(lanes.next(&limits, ROOM), NextAction::Wait(Some(_))), "it waits to be sent again");
    assert!(!lanes.only_waits(), "those after it are no later kind's");
    sleep(Duration::from_secs(2)).await;
    let NextAction::Write(_) = lanes.next(&limits, ROOM) else { panic!("again") };
    lanes.came_back(lane, false, Returned::Ended(NextOfLane::LooksFirst));
    let NextAction::Prepare(work) = lanes.next(&limits, ROOM) else { panic!("the second") };
    assert!(work.must_look, "the one before it was there");
    lanes.came_back(lane, true, Returned::Ended(NextOfLane::IsHeldUp));
    assert!(matches!(lanes.next(&limits, ROOM), NextAction::Wait(None)));
    assert!(
        lanes.is_done() || lanes.wanted().is_none_or(|(known, _)| known.is_empty()),
        "nothing more of it is loaded"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_is_brought_to_its_end_and_no_more() {
    let rate = NonZeroU32::new(30).unwrap();
    let limits = WriteLimits::new(rate, rate);
    let plan = Plan(vec![("CH1".to_owned(), 5)]);
    let mut lanes = Lanes::new("IS1");
    lanes.open();
    let (known, new) = lanes.wanted().unwrap();
    lanes.fill(plan.filled(&known, new, &mut 0, &operations::create_user(1)));
    let room = FreeSlots { to_prepare: 1, to_write: 1, reserved: 0 };
    let NextAction::Prepare(work) = lanes.next(&limits, room) else { panic!("the first") };
    lanes.begin_no_more();
    assert!(matches!(lanes.next(&limits, room), NextAction::Wait(None)));
    assert!(!lanes.is_done());
    lanes.came_back(work.lane, true, Returned::ToWrite(work));
    let NextAction::Write(work) = lanes.next(&limits, room) else { panic!("it is begun") };
    lanes.came_back(work.lane, false, Returned::ToWrite(work));
    sleep(Duration::from_secs(1)).await;
    let NextAction::Write(work) = lanes.next(&limits, room) else { panic!("again") };
    lanes.came_back(work.lane, false, Returned::Ended(NextOfLane::GoesOn));
    assert!(lanes.is_done() && lanes.has_more());
}
