//! Whether and when a request is sent again: a pure function of the outcome, the tries so far, a random number and the time.
//!
//! **Invariant:** 429 was never processed (error 20429's page says so) and is sent again, a POST too. After any other failure
//! a request that is not idempotent is sent again only when it certainly never left.
//!
//! **Invariant:** `Retry-After` is a floor, never a ceiling.

use std::time::Duration;

use jiff::Timestamp;

/// How often and how patiently a request is tried.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RetryPolicy {
    /// The most attempts that may fail otherwise than by 429.
    pub attempts: u32,
    /// The most answers of 429. They are many more: nothing was processed, and the throttle has already slowed down.
    pub refusals: u32,
    /// The longest wait after the first failure; doubled with each further one.
    pub base: Duration,
    /// The longest wait after any failure.
    pub cap: Duration,
    /// The longest `Retry-After` that is waited for. A longer one ends the request: it can be resumed later.
    pub patience: Duration,
    /// Multiplies every wait: 1, and 0 in tests that drive the real binary.
    pub scale: f64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 8,
            refusals: 40,
            base: Duration::from_millis(250),
            cap: Duration::from_secs(20),
            patience: Duration::from_mins(10),
            scale: 1.0,
        }
    }
}

/// The most attempts of what is answered with too much. Each may cost as much as the largest answer.
const TOO_LARGE: u32 = 4;

/// How often a request has failed so far, the last failure included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tries {
    /// Otherwise than by 429.
    pub failed: u32,
    /// By 429.
    pub refused: u32,
}

/// How an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptOutcome<'a> {
    /// An answer that is no success.
    Status {
        /// The HTTP status.
        status: u16,
        /// The header `Retry-After`, as sent.
        retry_after: Option<&'a str>,
    },
    /// No connection: the request certainly never left.
    NotSent,
    /// No connection, because the server's certificate is not trusted.
    Untrusted,
    /// The connection broke while the request was sent or answered.
    Broken,
    TimedOut,
    /// A success whose body is cut short or is not what the API sends.
    BadBody,
    /// A success whose body is larger than allowed.
    TooLarge,
    /// A success whose body came too slowly.
    TooSlow,
    /// The run is ending.
    CutOff,
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Decision {
    /// Send it again.
    Retry {
        /// After this wait.
        after: Duration,
        why: Why,
    },
    /// Give up.
    Stop { why: StopReason },
}

/// What went wrong with an attempt that is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Why {
    /// 429.
    #[error("refused with 429")]
    Refused,
    /// 500, 502, 503, 504.
    #[error("answered {0}")]
    ServerError(u16),
    /// No connection.
    #[error("no connection")]
    NotSent,
    /// The connection broke.
    #[error("connection broken")]
    Broken,
    #[error("timed out")]
    TimedOut,
    /// Cut short, or not JSON.
    #[error("unreadable answer")]
    BadBody,
    /// More bytes than allowed.
    #[error("answer too large")]
    TooLarge,
    /// Fewer bytes a second than allowed.
    #[error("answer too slow")]
    TooSlow,
}

/// Why a request is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The failure is of a kind that another attempt does not fix.
    Permanent,
    /// The request may have been performed, and performing it twice would matter.
    UnknownOutcome,
    /// The budget is used up.
    Exhausted,
    /// The server asks for a wait longer than the policy's patience.
    TooLong,
}

/// Decides. `random` is in `0.0..1.0`; `now` turns a `Retry-After` date into a wait.
pub(crate) fn decide(
    policy: &RetryPolicy,
    tries: Tries,
    outcome: AttemptOutcome<'_>,
    idempotent: bool,
    random: f64,
    now: Timestamp,
) -> Decision {
    let (why, processed) = match outcome {
        AttemptOutcome::Status { status: 429, .. } => (Why::Refused, false),
        AttemptOutcome::Status { status: status @ (500 | 502 | 503 | 504), .. } => {
            (Why::ServerError(status), true)
        }
        AttemptOutcome::Status { .. } | AttemptOutcome::Untrusted | AttemptOutcome::CutOff => {
            return Decision::Stop { why: StopReason::Permanent };
        }
        AttemptOutcome::NotSent => (Why::NotSent, false),
        AttemptOutcome::Broken => (Why::Broken, true),
        AttemptOutcome::TimedOut => (Why::TimedOut, true),
        AttemptOutcome::BadBody => (Why::BadBody, true),
        AttemptOutcome::TooLarge => (Why::TooLarge, true),
        AttemptOutcome::TooSlow => (Why::TooSlow, true),
    };
    if processed && !idempotent {
        return Decision::Stop { why: StopReason::UnknownOutcome };
    }
    let (count, budget) = match why {
        Why::Refused => (tries.refused, policy.refusals),
        Why::TooLarge => (tries.failed, policy.attempts.min(TOO_LARGE)),
        _ => (tries.failed, policy.attempts),
    };
    if count >= budget {
        return Decision::Stop { why: StopReason::Exhausted };
    }
    let floor = match outcome {
        AttemptOutcome::Status { retry_after: Some(text), .. } => retry_after(text, now).unwrap_or_default(),
        _ => Duration::ZERO,
    };
    if floor > policy.patience {
        return Decision::Stop { why: StopReason::TooLong };
    }
    let after = floor.max(backoff(policy, count, random)).mul_f64(policy.scale);
    Decision::Retry { after, why }
}

/// Full jitter: anything between nothing and the doubled base, so that those who failed together do not return together.
fn backoff(policy: &RetryPolicy, count: u32, random: f64) -> Duration {
    let doublings = count.saturating_sub(1).min(30);
    policy.base.saturating_mul(1 << doublings).min(policy.cap).mul_f64(random.clamp(0.0, 1.0))
}

/// `Retry-After` in seconds or as an HTTP date (RFC 9110, section 10.2.3); `None` when it is neither. A date in the past is
/// no wait.
pub(crate) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs)); // more digits than fit
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T08:00:00Z".parse().unwrap()
    }

    fn status(status: u16) -> AttemptOutcome<'static> {
        AttemptOutcome::Status { status, retry_after: None }
    }

    fn decided(outcome: AttemptOutcome<'_>, tries: Tries, idempotent: bool, random: f64) -> Decision {
        decide(&RetryPolicy::default(), tries, outcome, idempotent, random, now())
    }

    #[test]
    fn what_is_retried_and_what_is_not() {
        let permanent = Some(StopReason::Permanent);
        let unknown = Some(StopReason::UnknownOutcome);
        let table = [
            (status(429), None, None),
            (status(500), None, unknown),
            (status(502), None, unknown),
            (status(503), None, unknown),
            (status(504), None, unknown),
            (AttemptOutcome::NotSent, None, None),
            (AttemptOutcome::Untrusted, permanent, permanent),
            (AttemptOutcome::Broken, None, unknown),
            (AttemptOutcome::TimedOut, None, unknown),
            (AttemptOutcome::BadBody, None, unknown),
            (AttemptOutcome::TooLarge, None, unknown),
            (AttemptOutcome::TooSlow, None, unknown),
            (AttemptOutcome::CutOff, permanent, permanent),
            (status(301), permanent, permanent),
            (status(400), permanent, permanent),
            (status(401), permanent, permanent),
            (status(403), permanent, permanent),
            (status(404), permanent, permanent),
            (status(409), permanent, permanent),
            (status(501), permanent, permanent),
        ];
        let stopped = |decision| match decision {
            Decision::Stop { why } => Some(why),
            Decision::Retry { .. } => None,
        };
        for (outcome, if_idempotent, otherwise) in table {
            let tries = Tries { failed: 1, refused: 1 };
            assert_eq!(stopped(decided(outcome, tries, true, 0.5)), if_idempotent, "{outcome:?}");
            assert_eq!(stopped(decided(outcome, tries, false, 0.5)), otherwise, "{outcome:?}");
        }
    }

    #[test]
    fn each_kind_of_failure_has_its_own_budget() {
        let exhausted = Decision::Stop { why: StopReason::Exhausted };
        assert_ne!(decided(status(500), Tries { failed: 7, refused: 40 }, true, 0.0), exhausted);
        assert_eq!(decided(status(500), Tries { failed: 8, refused: 0 }, true, 0.0), exhausted);
        assert_ne!(decided(AttemptOutcome::TooLarge, Tries { failed: 3, refused: 0 }, true, 0.0), exhausted);
        assert_eq!(decided(AttemptOutcome::TooLarge, Tries { failed: 4, refused: 0 }, true, 0.0), exhausted);
        assert_ne!(decided(status(429), Tries { failed: 7, refused: 39 }, true, 0.0), exhausted);
        assert_eq!(decided(status(429), Tries { failed: 0, refused: 40 }, true, 0.0), exhausted);
    }

    #[test]
    fn waits_double_up_to_the_cap_and_are_fully_jittered() {
        let after = |failed, random| match decided(status(500), Tries { failed, refused: 0 }, true, random) {
            Decision::Retry { after, .. } => after,
            Decision::Stop { why } => panic!("{why:?}"),
        };
        let longest: Vec<_> = (1..=7).map(|failed| after(failed, 1.0).as_millis()).collect();
        assert_eq!(longest, [250, 500, 1000, 2000, 4000, 8000, 16000]);
        assert_eq!(after(1, 0.0), Duration::ZERO);
        assert_eq!(after(3, 0.25), Duration::from_millis(250));
        assert_eq!(backoff(&RetryPolicy::default(), 39, 1.0), Duration::from_secs(20));
    }

    #[test]
    fn retry_after_is_a_floor_in_seconds_or_as_a_date() {
        let table = [
            (Some("3"), 0.0, 3000),
            (Some(" 0 "), 1.0, 250),
            (Some("1"), 1.0, 1000),
            (Some("Mon, 23 Nov 2026 08:00:07 GMT"), 0.0, 7000),
            (Some("Mon, 23 Nov 2026 07:59:00 GMT"), 1.0, 250),
            (Some("soon"), 1.0, 250),
            (Some("-5"), 1.0, 250),
            (None, 1.0, 250),
        ];
        for (retry_after, random, milliseconds) in table {
            let outcome = AttemptOutcome::Status { status: 429, retry_after };
            let expected = Decision::Retry { after: Duration::from_millis(milliseconds), why: Why::Refused };
            assert_eq!(decided(outcome, Tries { failed: 0, refused: 1 }, false, random), expected);
        }
        let patience = AttemptOutcome::Status { status: 503, retry_after: Some("601") };
        let too_long = Decision::Stop { why: StopReason::TooLong };
        assert_eq!(decided(patience, Tries { failed: 1, refused: 0 }, true, 0.0), too_long);
        let forever = AttemptOutcome::Status { status: 503, retry_after: Some("99999999999999999999999") };
        assert_eq!(decided(forever, Tries { failed: 1, refused: 0 }, true, 0.0), too_long);
    }

    #[test]
    fn the_scale_can_take_all_waits_away() {
        let policy = RetryPolicy { scale: 0.0, ..RetryPolicy::default() };
        let outcome = AttemptOutcome::Status { status: 503, retry_after: Some("9") };
        let decision = decide(&policy, Tries { failed: 5, refused: 0 }, outcome, true, 1.0, now());
        assert_eq!(decision, Decision::Retry { after: Duration::ZERO, why: Why::ServerError(503) });
    }
}
