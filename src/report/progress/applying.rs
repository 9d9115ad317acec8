//! How far the performing of a plan has come, and how long the rest takes.
//!
//! **Why** not one pace for all kinds: kinds have different write limits, so that the pace of one does not predict the next. The plan
//! has seconds for each; they are scaled by how this run compares with them lately, apart for the kinds under the limit of a service and
//! those under the limits of conversations: the first take what Twilio allows, the others what the network gives.
//!
//! **Why** nothing is said before both were observed, as far as they are left: the plan's own seconds are of its rate, which a run without
//! a limit does not keep to.
//!
//! **Why** lately, and only once that is settled: a run that goes on first looks up the outcome of what was in flight, for seconds in
//! which nothing ends, and a run without a limit gets faster for a while.
//!
//! **Invariant:** a blocked operation is no progress: it takes no time, so it is neither among the operations nor among those that ended.

use std::time::Duration;

use super::pace::Pace;
use crate::event::ApplyStep;
use crate::plan::{OperationKind, WriteLimit};

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
    /// The kind of the operation that is next and how many wait to be sent again, while nothing is in flight.
    pub(super) waiting: Option<(&'static str, u64)>,
    of_service: LimitPace,
    of_conversations: LimitPace,
}

/// The plan's seconds for what this run performs under one kind of limit.
#[derive(Debug, Clone, Default, PartialEq)]
struct LimitPace {
    pace: Pace,
    /// As it was when the last operation ended, if it was settled.
    last: Option<f64>,
}

impl LimitPace {
    /// How long these seconds of the plan take.
    fn seconds(&self, planned: f64) -> Option<f64> {
        if planned > 0.0 { Some(planned / self.last?) } else { Some(0.0) }
    }
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
            waiting: None,
            of_service: LimitPace::default(),
            of_conversations: LimitPace::default(),
        }
    }

    /// Counts an operation that ended; `false` for one that was blocked, which took no time.
    pub(super) fn performed(&mut self, kind: &'static str, state: &str, now: Duration) -> bool {
        self.kind = kind;
        self.waiting = None;
        let step = self.steps.iter_mut().find(|step| step.kind == kind);
        let (seconds_each, is_of_service) = step.map_or((0.0, false), |step| {
            step.operations = step.operations.saturating_sub(1);
            (step.seconds_each, step.is_of_service)
        });
        if state == "blocked" {
            self.blocked += 1;
            self.operations = self.operations.saturating_sub(1);
            return false;
        }
        self.ended += 1;
        self.failed += u64::from(state == "failed");
        let limit = if is_of_service { &mut self.of_service } else { &mut self.of_conversations };
        limit.pace.weighted(seconds_each, now);
        limit.last = limit.pace.settled(now);
        true
    }

    /// The limit of requests in flight changed.
    pub(super) fn limit(&mut self, limit: usize, now: Duration) {
        self.of_service.pace.limit(limit, now);
        self.of_conversations.pace.limit(limit, now);
    }

    pub(super) fn time_left(&self) -> Option<Duration> {
        let planned = |is_of_service| {
            let steps = self.steps.iter().filter(|step| step.is_of_service == is_of_service);
            steps.map(Remaining::seconds).sum::<f64>()
        };
        let (service, conversations) =
            (self.of_service.seconds(planned(true))?, self.of_conversations.seconds(planned(false))?);
        Duration::try_from_secs_f64(service + conversations).ok()
    }
}

/// What is left of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Remaining {
    kind: &'static str,
    operations: u64,
    /// The plan's seconds for one operation.
    seconds_each: f64,
    /// Whether the limit of a service holds for it, and not that of a conversation.
    is_of_service: bool,
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
            is_of_service: OperationKind::named(step.kind)
                .is_some_and(|kind| kind.write_limit() == WriteLimit::Service),
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
                    let left = applying.time_left();
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
            assert!(said.len() > 5, "{speed}: {}", said.len());
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
        let mut applying = Applying::new(&STEPS[1..]);
        let moment = |number: u32| Duration::from_millis(200) * number;
        for number in 0..25 {
            applying.performed("create_participant", "done", moment(number));
        }
        let before = applying.time_left().unwrap();
        for _ in 0..5_649 {
            assert!(!applying.performed("create_participant", "blocked", moment(25)));
        }
        assert_eq!((applying.ended, applying.operations, applying.blocked), (25, 351, 5_649));
        assert!(applying.time_left().unwrap() < before);
    }

    #[test]
    fn what_a_killed_run_left_in_flight_says_nothing_about_the_rest() {
        let mut applying = Applying::new(&STEPS[1..]);
        for second in 0..12 {
            applying.performed("create_participant", "existing", Duration::from_secs(second));
            assert_eq!(applying.time_left(), None, "{second}");
        }
    }

    #[test]
    fn a_kind_of_another_limit_is_not_guessed() {
        let mut applying = Applying::new(&STEPS);
        for number in 0..300_u32 {
            applying.performed("create_user", "done", Duration::from_millis(33) * number);
            assert_eq!(applying.time_left(), None, "{number}: no participant was created yet");
        }
    }
}
