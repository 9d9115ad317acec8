//! The time left of real runs: what was recorded of them is played to the progress at its own times.
//!
//! **Why** recorded, and not run here: a run takes as long as the machine lets it, and no test may depend on that.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::model::Entity;
use crate::plan::{OperationKind, OperationState};
use crate::report::stderr::CapturedStderr;

const RUNS: [(&str, &str); 4] = [
    ("crawl", include_str!("../../../tests/data/progress/crawl.txt")),
    ("crawl_held_back", include_str!("../../../tests/data/progress/crawl_held_back.txt")),
    ("copy", include_str!("../../../tests/data/progress/copy.txt")),
    ("copy_resumed", include_str!("../../../tests/data/progress/copy_resumed.txt")),
];

/// The events of a line.
fn events(words: &[&str]) -> Vec<Event> {
    let number = |place: usize| words[place].parse::<u64>().unwrap();
    let kind = |name| OperationKind::named(name).unwrap().name();
    let repeated = |event: Event| vec![event; usize::try_from(number(words.len() - 1)).unwrap()];
    match words[0] {
        "committed" => repeated(Event::Committed {
            entity: Entity::ALL.into_iter().find(|entity| entity.plural() == words[1]).unwrap(),
            rows: 1,
            list_complete: words[2] == "true",
        }),
        "performed" => repeated(Event::Performed {
            kind: kind(words[1]),
            state: OperationState::ALL.into_iter().find(|state| state.name() == words[2]).unwrap().name(),
        }),
        "estimated" => vec![Event::Estimated {
            requests: number(1),
            done: number(2),
            exact: words[3] == "true",
            seconds_left: words[4].parse().ok(),
        }],
        "limit" => vec![Event::ConcurrencyLimit(usize::try_from(number(1)).unwrap())],
        other => panic!("{other}"),
    }
}

/// The step that a line of `step` is.
fn step(words: &[&str]) -> ApplyStep {
    ApplyStep {
        kind: OperationKind::named(words[1]).unwrap().name(),
        operations: words[2].parse().unwrap(),
        ended: words[3].parse().unwrap(),
        seconds: words[4].parse().unwrap(),
    }
}

/// What is said of the time left after each line, with the truth.
fn said(run: &str) -> Vec<(Duration, Option<Duration>, Duration)> {
    let lines: Vec<(u64, Vec<&str>)> = run
        .lines()
        .map(|line| {
            let (moment, words) = line.split_once(' ').unwrap();
            (moment.parse().unwrap(), words.split(' ').collect())
        })
        .collect();
    let end = Duration::from_millis(lines.last().unwrap().0);
    let clock = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&clock);
    let progress = Progress::with_clock(Style::Plain, &CapturedStderr::default().stderr(), move || {
        Duration::from_millis(read.load(Ordering::Relaxed))
    });
    let receiver = progress.events();
    let steps: Vec<ApplyStep> =
        lines.iter().filter(|(_, words)| words[0] == "step").map(|(_, words)| step(words)).collect();
    if !steps.is_empty() {
        receiver.send(Event::Applying { steps });
    }
    let mut said = Vec::new();
    for (moment, words) in lines.iter().filter(|(_, words)| words[0] != "step") {
        clock.store(*moment, Ordering::Relaxed);
        for event in events(words) {
            receiver.send(event);
        }
        let now = Duration::from_millis(*moment);
        let left = progress.shared.lock().unwrap().totals.time_left(now);
        said.push((now, left, end.saturating_sub(now)));
    }
    said
}

#[test]
fn the_time_left_of_recorded_runs_is_at_most_twice_the_truth_and_a_second() {
    for (name, run) in RUNS {
        let said = said(run);
        let mut shown = 0;
        for (now, left, truth) in &said {
            let Some(left) = left else { continue };
            shown += 1;
            let most = *truth * 2 + Duration::from_secs(1);
            assert!(*left <= most, "{name} at {now:?}: {left:?} for {truth:?}");
        }
        assert!(shown * 3 > said.len(), "{name}: a time is shown at {shown} of {} moments", said.len());
    }
}
