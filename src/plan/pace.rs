//! How long it takes to perform the operations of a kind.
//!
//! Twilio permits 30 writes a second to one conversation and 30 to one service, each on its own. Kinds are performed one after the
//! other, so a kind takes as long as the slowest of: its requests at the chosen rate, its requests in flight, and the writes that
//! share a limit.

use super::operation::{OperationKind, WriteLimit};
use super::overview::Step;

/// How long a request is taken to last. Guessed: Twilio gives no number.
pub(crate) const SECONDS_PER_REQUEST: f64 = 0.15;

/// Requests, one after the other, that read the settings of a target.
const CHECK: f64 = 5.0;

/// How fast requests may be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RequestPace {
    /// Most requests per second; 0 for no limit but Twilio's.
    pub requests_per_second: u32,
    /// Most requests in flight.
    pub concurrency: u32,
}

impl Default for RequestPace {
    fn default() -> Self {
        Self { requests_per_second: 100, concurrency: 16 }
    }
}

/// The operations of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct KindWork {
    pub(super) kind: OperationKind,
    pub(super) requests: u64,
    /// Writes that share a limit: of the service, or of the conversation that has most of them.
    pub(super) limited_writes: u64,
    /// Requests of one operation, each of which waits for the answer to the one before.
    pub(super) answers: u64,
}

impl KindWork {
    pub(super) fn step(self, pace: RequestPace) -> Step {
        let Self { kind, requests, .. } = self;
        Step { kind, requests, seconds: milliseconds(self.seconds(pace)) }
    }

    /// From the first request to the last answer.
    fn seconds(self, pace: RequestPace) -> f64 {
        // Messages of a conversation wait for each other's answers.
        let between_writes = match self.kind {
            OperationKind::CreateMessage => SECONDS_PER_REQUEST,
            _ => 1.0 / WriteLimit::PER_SECOND,
        };
        let answers = number(self.answers.max(1)) * SECONDS_PER_REQUEST;
        let by_limit = number(self.limited_writes.saturating_sub(1)) * between_writes + answers;
        let by_rate = match pace.requests_per_second {
            0 => 0.0,
            rate => number(self.requests.saturating_sub(1)) / f64::from(rate) + SECONDS_PER_REQUEST,
        };
        let at_once = f64::from(pace.concurrency.max(1));
        let in_flight = (number(self.requests) / at_once).ceil() * SECONDS_PER_REQUEST;
        by_limit.max(by_rate).max(in_flight)
    }
}

/// Seconds of all steps, and before them of the check that the target is the one that was planned for.
pub(super) fn seconds_with_check(steps: &[Step]) -> f64 {
    if steps.is_empty() { 0.0 } else { milliseconds(CHECK * SECONDS_PER_REQUEST + seconds(steps)) }
}

/// Seconds of all steps.
pub(super) fn seconds(steps: &[Step]) -> f64 {
    milliseconds(steps.iter().map(|step| step.seconds).sum())
}

fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "an estimate of seconds")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds_of(kind: OperationKind, requests: u64, limited_writes: u64, pace: RequestPace) -> f64 {
        let answers = if kind == OperationKind::UpdateUser { 2 } else { 1 };
        KindWork { kind, requests, limited_writes, answers }.step(pace).seconds
    }

    #[test]
    fn the_tightest_limit_decides() {
        let unlimited = RequestPace { requests_per_second: 0, concurrency: 150 };
        let of = |kind, requests, writes| seconds_of(kind, requests, writes, unlimited);
        let near = |actual: f64, expected: f64| (actual - expected).abs() < 0.001;
        assert!(near(of(OperationKind::CreateUser, 301, 301), 10.15), "30 a second to the service");
        assert!(near(of(OperationKind::CreateUser, 1, 1), 0.15), "one waits for its answer");
        assert!(near(of(OperationKind::UpdateUser, 2, 1), 0.3), "and for that to its lookup");
        assert!(near(of(OperationKind::CreateMessage, 1_000, 20), 3.0), "one after the other");
        let slow = RequestPace { requests_per_second: 10, ..unlimited };
        assert!(near(seconds_of(OperationKind::CreateParticipant, 101, 1, slow), 10.15));
        let few = RequestPace { concurrency: 10, ..unlimited };
        assert!(near(seconds_of(OperationKind::CreateParticipant, 101, 1, few), 1.65));
    }
}
