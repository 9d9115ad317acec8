//! How far the performing of a plan has come, and how long the rest takes.
//!
//! **Why** not one pace for all kinds: kinds have different write limits, so that the pace of one does not predict the next. The plan
//! has seconds for each; they are scaled by how this run compares with them lately.
//!
//! **Why** lately, and only once that is settled: a run that goes on first finds out what became of what was in flight, for seconds in
//! which nothing ends, and a run without a limit gets faster for a while.
//!
//! **Invariant:** a blocked operation is no progress: it takes no time, so it is neither among the operations nor among those that ended.

use std::time::Duration;

use super::pace::Pace;
use crate::event::ApplyStep;

/// A plan that is performed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Applying {
    steps: Vec<Remaining>,
    /// Operations that are or were to be performed.
    pub(super) operations: u64,
    /// Those that ended, in earlier runs too.
    pub(super) ended: u64,
    pub(super) failed: u64,
    pub(super) blocked: u64,
    /// The kind of the last one.
    pub(super) kind: &'static str,
    /// The plan's seconds for what this run performs.
    pace: Pace,
}

impl Applying {
    pub(super) fn new(steps: &[ApplyStep]) -> Self {
        Self {
            operations: steps.iter().map(|step| step.operations).sum(),
            ended: steps.iter().map(|step| step.ended).sum(),
            steps: steps.iter().map(Remaining::of).collect(),
            failed: 0,
            blocked: 0,
            kind: "",
            pace: Pace::default(),
        }
    }

    /// Counts an operation that ended; `false` for one that was blocked, which took no time.
    pub(super) fn performed(&mut self, kind: &'static str, state: &str, now: Duration) -> bool {
        self.kind = kind;
        let step = self.steps.iter_mut().find(|step| step.kind == kind);
        let seconds_each = step.map_or(0.0, |step| {
            step.operations = step.operations.saturating_sub(1);
            step.seconds_each
        });
        if state == "blocked" {
            self.blocked += 1;
            self.operations = self.operations.saturating_sub(1);
            return false;
        }
        self.ended += 1;
        self.failed += u64::from(state == "failed");
        self.pace.weighted(seconds_each, now);
        true
    }

    /// The limit of requests in flight changed.
    pub(super) fn limit(&mut self, limit: usize, now: Duration) {
        self.pace.limit(limit, now);
    }

    pub(super) fn time_left(&self, now: Duration) -> Option<Duration> {
        let left: f64 = self.steps.iter().map(Remaining::seconds).sum();
        Duration::try_from_secs_f64(left / self.pace.settled(now)?).ok()
    }
}

/// What is left of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Remaining {
    kind: &'static str,
    operations: u64,
    /// The plan's seconds for one operation.
    seconds_each: f64,
}

impl Remaining {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn of(step: &ApplyStep) -> Self {
        /// A step that the plan has no seconds for is fast, but takes some time.
        const LEAST: f64 = 0.000_1;
        Self {
            kind: step.kind,
            operations: step.operations.saturating_sub(step.ended),
            seconds_each: (step.seconds / step.operations.max(1) as f64).max(LEAST),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn seconds(&self) -> f64 {
        self.seconds_each * self.operations as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [ApplyStep; 2] = [
        ApplyStep { kind: "create_user", operations: 300, ended: 0, seconds: 10.0 },
        ApplyStep { kind: "create_participant", operations: 6_000, ended: 0, seconds: 20.0 },
    ];

    /// Performs the plan at a fixed share of its own pace, and gives the time left at each second with the truth.
    fn said_and_true(speed: f64) -> Vec<(f64, f64)> {
        let mut applying = Applying::new(&STEPS);
        let end = 30.0 / speed;
        let mut said = Vec::new();
        let mut now = 0.0;
        let mut next = 0.0;
        for step in &STEPS {
            for _ in 0..step.operations {
                now += step.seconds / f64::from(u32::try_from(step.operations).unwrap()) / speed;
                applying.performed(step.kind, "done", Duration::from_secs_f64(now));
                if now >= next {
                    let left = applying.time_left(Duration::from_secs_f64(now));
                    said.extend(left.map(|left| (left.as_secs_f64(), end - now)));
                    next += 0.5;
                }
            }
        }
        said
    }

    #[test]
    fn the_time_left_follows_the_plan_at_the_measured_speed() {
        for speed in [0.5, 1.0, 3.0] {
            let said = said_and_true(speed);
            assert!(said.len() > 10, "{speed}");
            for (said, truth) in said {
                assert!(
                    said <= truth * 2.0 + 1.0 && said >= truth / 2.0 - 1.0,
                    "{speed}: {said} for {truth}"
                );
            }
        }
    }

    #[test]
    fn what_is_blocked_is_no_progress() {
        let mut applying = Applying::new(&STEPS);
        let moment = |number: u32| Duration::from_millis(200) * number;
        for number in 0..25 {
            applying.performed("create_user", "done", moment(number));
        }
        let before = applying.time_left(moment(25)).unwrap();
        for _ in 0..5_649 {
            assert!(!applying.performed("create_participant", "blocked", moment(25)));
        }
        assert_eq!((applying.ended, applying.operations, applying.blocked), (25, 651, 5_649));
        assert!(applying.time_left(moment(25)).unwrap() < before);
    }

    #[test]
    fn what_a_killed_run_left_in_flight_says_nothing_about_the_rest() {
        let mut applying = Applying::new(&STEPS);
        for _ in 0..2 {
            applying.performed("create_participant", "existing", Duration::from_millis(100));
        }
        for second in 1..60 {
            assert_eq!(applying.time_left(Duration::from_secs(second)), None, "{second}");
        }
    }
}
