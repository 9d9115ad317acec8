//! Plain progress from scripted events and a clock that the test turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::subscriber::with_default;

use super::*;
use crate::event::Event;
use crate::model::Entity;
use crate::report::log::{LogOptions, subscriber};
use crate::report::progress::{Progress, Style};
use crate::report::stderr::CapturedStderr;

/// A run whose time is given in milliseconds.
struct Run {
    progress: Progress,
    kept: CapturedStderr,
    clock: Arc<AtomicU64>,
}

impl Run {
    fn new(style: Style) -> Self {
        let (kept, clock) = (CapturedStderr::default(), Arc::new(AtomicU64::new(0)));
        let read = Arc::clone(&clock);
        let progress = Progress::with_clock(style, &kept.stderr(), move || {
            Duration::from_millis(read.load(Ordering::Relaxed))
        });
        Self { progress, kept, clock }
    }

    fn at(&self, milliseconds: u64, events: impl IntoIterator<Item = Event>) {
        self.clock.store(milliseconds, Ordering::Relaxed);
        let receiver = self.progress.events();
        events.into_iter().for_each(|event| receiver.send(event));
    }
}

fn page(entity: Entity, rows: u64, list_complete: bool) -> Vec<Event> {
    let committed = Event::Committed { entity, rows, list_complete };
    vec![Event::Attempted { throttled: false, will_retry: false }, committed]
}

fn estimated(requests: u64, done: u64, exact: bool, seconds_left: f64) -> Vec<Event> {
    vec![Event::Estimated { requests, done, exact, seconds_left: Some(seconds_left) }]
}

/// A crawl of 150 users in 40 s, with one refusal and one failure.
fn crawl(run: &Run) {
    run.at(0, [Event::Phase(Phase::Reading), Event::ConcurrencyLimit(16)]);
    run.at(500, page(Entity::User, 100, false));
    run.at(500, estimated(103, 1, false, 1.02));
    for second in 1..=10 {
        run.at(second * 1_000, page(Entity::Membership, 13, true));
    }
    run.at(10_500, estimated(103, 11, false, 0.92));
    run.at(11_000, page(Entity::User, 50, true));
    run.at(11_000, estimated(152, 12, true, 1.4));
    run.at(
        12_000,
        [
            Event::Attempted { throttled: true, will_retry: true },
            Event::ConcurrencyLimit(8),
            Event::UnitFailed { subject: "user_channels of US1".to_owned(), error: "gone wrong".to_owned() },
        ],
    );
    for second in 13..=40 {
        run.at(second * 1_000, page(Entity::Membership, 13, true));
    }
    run.at(40_000, estimated(152, 152, true, 0.0));
    run.at(40_100, [Event::Phase(Phase::Finishing)]);
    run.progress.finish();
}

#[test]
fn a_line_comes_every_few_seconds_and_only_when_something_changed() {
    let run = Run::new(Style::Plain);
    crawl(&run);
    insta::assert_snapshot!("plain_crawl", run.kept.text());
    let before = run.kept.text();
    run.at(90_000, [Event::Phase(Phase::Finishing)]);
    run.progress.finish();
    assert_eq!(run.kept.text(), before, "nothing is shown after the end");
}

#[test]
fn a_run_that_goes_on_counts_what_was_there() {
    let run = Run::new(Style::Plain);
    run.at(0, [Event::Resumed { users: 150, users_listed: true, users_done: 140, rows: 2_000 }]);
    run.at(4_000, page(Entity::Membership, 13, true));
    run.at(5_000, [Event::Phase(Phase::Reading)]);
    assert_eq!(run.kept.text(), "[5.0s] reading: 141 of 150 users, 2,013 rows, 1 request at 1.0/s\n");
}

#[test]
fn an_idle_run_says_nothing() {
    let run = Run::new(Style::Plain);
    run.at(60_000, [Event::Phase(Phase::Reading)]);
    run.progress.finish();
    assert_eq!(run.kept.text(), "");
}

#[test]
fn none_is_silent() {
    let run = Run::new(Style::None);
    crawl(&run);
    assert_eq!(run.kept.text(), "");
}

#[test]
fn bars_draw_nothing_where_there_is_no_terminal_and_go_away() {
    let run = Run::new(Style::Bar);
    crawl(&run);
    assert_eq!(run.kept.text(), "");
}

#[test]
fn progress_can_be_log_records() {
    let run = Run::new(Style::Log);
    let options = LogOptions { json: true, verbose: 0, quiet: false };
    with_default(subscriber(&run.kept.stderr(), options), || crawl(&run));
    let text = run.kept.text();
    let records: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = records.iter().find(|record| record["message"] == "could not be read").unwrap();
    assert_eq!(failed["subject"], "user_channels of US1");
    assert_eq!(failed["level"], "WARN");
    let progress: Vec<_> = records.iter().filter(|record| record["message"] == "progress").collect();
    assert!((5..=10).contains(&progress.len()), "{text}");
    let last = progress.last().unwrap();
    assert_eq!(last["users_done"], 38);
    assert_eq!(last["requests_in_all"], 152);
    assert_eq!(last["throttled"], 1);
}

#[test]
fn the_time_left_is_never_less_than_the_allowed_rate_permits() {
    let mut tally = ProgressTotals::new();
    let second = Duration::from_secs;
    for page in 0..100_u32 {
        let event = Event::Committed { entity: Entity::User, rows: 1, list_complete: false };
        tally.add(&event, second(2) * page / 100);
    }
    let allowed = |seconds: f64| Event::Estimated {
        requests: 600,
        done: 100,
        exact: true,
        seconds_left: Some(seconds),
    };
    tally.add(&allowed(50.0), second(2));
    assert_eq!(tally.time_left(second(2)), Some(second(50)));
    tally.add(&allowed(1.0), second(2));
    let left = tally.time_left(second(2)).unwrap();
    assert!((second(9)..second(11)).contains(&left), "{left:?}");
}

/// Runs without a limit: how many pages come in each half second, and the limit of requests in flight that comes with it.
fn paces() -> Vec<(&'static str, Vec<(u64, usize)>)> {
    let steady = |count: usize, pages| vec![(pages, 16); count];
    let rising = (0..40).map(|half| ((4 + half * 4).min(100), 16)).collect();
    let slow_start = (0..60).map(|half| if half < 10 { (5, 1 << (half / 2)) } else { (60, 32) }).collect();
    let held_back = (0..60).map(|half| (if (20..30).contains(&half) { 10 } else { 50 }, 16)).collect();
    let probing = (0..80).map(|half| (40 + half % 8, 12 + (half % 8) as usize / 2)).collect();
    vec![
        ("even", steady(40, 50)),
        ("rising", rising),
        ("slow start", slow_start),
        ("held back", held_back),
        ("probing", probing),
        ("long", steady(400, 80)),
    ]
}

#[test]
fn the_time_left_of_a_run_without_a_limit_is_at_most_twice_the_truth_and_a_second() {
    for (name, halves) in paces() {
        let all: u64 = halves.iter().map(|(pages, _)| pages).sum();
        let end = Duration::from_millis(500 * halves.len() as u64);
        let mut totals = ProgressTotals::new();
        let (mut done, mut said, mut moments) = (0, 0, 0);
        let estimate = |done| Event::Estimated { requests: all, done, exact: true, seconds_left: None };
        totals.add(&estimate(0), Duration::ZERO);
        assert_eq!(totals.time_left(Duration::ZERO), None, "{name}: nothing is guessed");
        for (half, (pages, limit)) in halves.iter().enumerate() {
            totals.add(&Event::ConcurrencyLimit(*limit), Duration::from_millis(500 * half as u64));
            for page in 0..*pages {
                let now = Duration::from_millis(500 * half as u64 + 500 * (page + 1) / pages);
                totals.add(&Event::Committed { entity: Entity::User, rows: 1, list_complete: false }, now);
                done += 1;
                if page % 10 == 0 {
                    totals.add(&estimate(done), now);
                }
                moments += 1;
                let truth = end.saturating_sub(now);
                if let Some(left) = totals.time_left(now) {
                    said += 1;
                    let most = truth * 2 + Duration::from_secs(1);
                    assert!(left <= most, "{name} at {now:?}: {left:?} for {truth:?}");
                }
            }
        }
        assert!(said * 3 > moments, "{name}: a time is shown, {said} of {moments}");
    }
}
