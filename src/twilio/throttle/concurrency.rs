//! How many requests may be in flight: grows while the server is content, shrinks when it refuses (AIMD), and remembers
//! where it was refused.
//!
//! Twilio limits the requests an account has in flight, without publishing the number, and answers 429 beyond it (error
//! 20429). This file is the decision alone, without waiting or time of its own.
//!
//! **Invariant:** one cut for each round trip. Requests that were already on their way at the last cut say nothing about the
//! level that it left.
//!
//! **Why a ceiling:** plain AIMD meets the server's limit again in every cycle, which alone is more than one refusal in
//! a hundred. A refused level is therefore kept as a ceiling that is tried again only now and then, at doubling intervals; once
//! a try succeeds, further ones follow in growing steps, so that a limit that was lifted is found again.
//!
//! **Why evidence:** not every 429 is about concurrency. A level becomes a ceiling only when a fair share of the requests
//! sent at it or above were refused; a stray refusal costs one cut, which the next round trip wins back.

use std::time::Duration;

use tokio::time::Instant;

/// What is left of the limit after a cut. Other software shares the account, so it is a deep one.
const CUT: f64 = 0.7;
/// The limit that a run starts with; it doubles with every round trip until something says no.
const START: usize = 4;
/// A level is a ceiling when at least so many requests at or above it were refused,
const CEILING_REFUSALS: f64 = 2.0;
/// and at least this share of them.
const CEILING_SHARE: f64 = 0.3;
/// Successes beyond these add no confidence, so that a server that changes is believed within a few round trips.
const CONFIDENCE: f64 = 64.0;
/// The first wait before a ceiling is tried, and the longest.
const PROBE_FIRST: Duration = Duration::from_secs(1);
const PROBE_LONGEST: Duration = Duration::from_mins(1);
/// The account's requests in flight, as a part of what is allowed: from here on no growth,
const HOLD: f64 = 0.75;
/// and from here on a cut.
const CROWDED: f64 = 0.9;

/// What one answer said about the server's load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// The answer was 429.
    pub refused: bool,
    /// The account's requests in flight, of every program together, as `Twilio-Concurrent-Requests` gave it.
    pub account_in_flight: Option<u32>,
}

/// When and at what level a request was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// When.
    pub(super) at: Instant,
    /// The requests in flight then, itself included.
    pub(super) level: usize,
}

#[derive(Debug)]
struct Ceiling {
    level: usize,
    /// When it is tried again, and how long the wait after that is if it fails.
    probe_at: Instant,
    interval: Duration,
    /// How far the next try goes.
    step: usize,
    probe: Option<Probe>,
}

#[derive(Debug)]
struct Probe {
    since: Instant,
    level: usize,
    /// Requests sent near the probed level since then that were answered well.
    confirmed: usize,
}

/// The limit and what it was learned from.
#[derive(Debug)]
pub(super) struct Aimd {
    limit: f64,
    most: usize,
    account_limit: Option<u32>,
    last_cut: Option<Instant>,
    ceiling: Option<Ceiling>,
    /// By level: how many requests sent at it were answered well, and how many refused; halved with every cut.
    answered: Vec<f64>,
    refused: Vec<f64>,
}

impl Aimd {
    /// Starts low. `most` is never exceeded; `account_limit` is what the account as a whole shall stay below.
    pub(super) fn new(most: usize, account_limit: Option<u32>) -> Self {
        let most = most.max(1);
        Self {
            limit: count(START.min(most)),
            most,
            account_limit,
            last_cut: None,
            ceiling: None,
            answered: vec![0.0; most + 1],
            refused: vec![0.0; most + 1],
        }
    }

    /// How many requests may be in flight.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and `most`")]
    pub(super) fn limit(&self) -> usize {
        self.limit as usize
    }

    /// Takes the answer to a request.
    pub(super) fn answered(&mut self, sent: Sent, signal: Signal, now: Instant) {
        let level = sent.level.clamp(1, self.most);
        if signal.refused {
            self.refused[level] += 1.0;
            self.learn_ceiling(sent, level, now);
            self.cut(sent, now);
            return;
        }
        self.answered[level] = (self.answered[level] + 1.0).min(CONFIDENCE);
        let crowding = self.crowding(signal);
        if crowding > CROWDED {
            self.cut(sent, now);
        } else if crowding < HOLD && self.after_last_cut(sent) {
            self.grow(sent, level, now);
        }
    }

    /// The part of the account's allowance that is in use, as far as the answer said.
    fn crowding(&self, signal: Signal) -> f64 {
        match (signal.account_in_flight, self.account_limit) {
            (Some(in_flight), Some(limit)) => f64::from(in_flight) / f64::from(limit.max(1)),
            _ => 0.0,
        }
    }

    fn after_last_cut(&self, sent: Sent) -> bool {
        self.last_cut.is_none_or(|cut| sent.at > cut)
    }

    fn cut(&mut self, sent: Sent, now: Instant) {
        if self.last_cut.is_some_and(|cut| sent.at <= cut) {
            return;
        }
        self.limit = (self.limit * CUT).max(1.0);
        self.last_cut = Some(now);
        for share in self.answered.iter_mut().chain(&mut self.refused) {
            *share /= 2.0;
        }
    }

    /// Makes the refused level a ceiling when the evidence is there.
    fn learn_ceiling(&mut self, sent: Sent, level: usize, now: Instant) {
        let refused: f64 = self.refused[level..].iter().sum();
        let answered: f64 = self.answered[level..].iter().sum::<f64>().min(CONFIDENCE);
        if refused < CEILING_REFUSALS || refused < CEILING_SHARE * (refused + answered) {
            return;
        }
        let found = (level - 1).max(1);
        let Some(ceiling) = &mut self.ceiling else {
            self.ceiling = Some(Ceiling {
                level: found,
                probe_at: now + PROBE_FIRST,
                interval: PROBE_FIRST,
                step: 1,
                probe: None,
            });
            return;
        };
        // Of the many refusals that one overshoot brings, the first doubles the interval; the others only lower the level.
        if ceiling.probe.take().is_some() || self.last_cut.is_none_or(|cut| sent.at > cut) {
            ceiling.interval = (ceiling.interval * 2).min(PROBE_LONGEST);
            ceiling.step = 1;
        }
        ceiling.level = ceiling.level.min(found).max(1);
        ceiling.probe_at = now + ceiling.interval;
    }

    /// One more for every answer, while the limit is what holds requests back.
    fn grow(&mut self, sent: Sent, level: usize, now: Instant) {
        if count(level) < self.limit * HOLD {
            return;
        }
        let mut top = self.most;
        if let Some(ceiling) = &mut self.ceiling {
            top = ceiling.top(sent, level, self.most, self.limit, now);
            if ceiling.level >= self.most {
                self.ceiling = None;
            }
        }
        self.limit = (self.limit + 1.0).min(count(top)).max(1.0);
    }
}

impl Ceiling {
    /// How far the limit may grow: to the ceiling, or beyond it while that is being tried.
    fn top(&mut self, sent: Sent, level: usize, most: usize, limit: f64, now: Instant) -> usize {
        if let Some(probe) = &mut self.probe {
            if sent.at > probe.since && level > self.level {
                probe.confirmed += 1;
            }
            if probe.confirmed <= probe.level {
                return probe.level;
            }
            // A whole round trip at the new level went well: it is the ceiling now, and the next step is twice as far.
            self.level = probe.level;
            self.step = self.step.saturating_mul(2);
            self.interval = PROBE_FIRST;
            self.probe_at = now;
            self.probe = None;
        }
        if now >= self.probe_at && limit >= count(self.level) {
            let level = self.level.saturating_add(self.step).min(most);
            self.probe = Some(Probe { since: now, level, confirmed: 0 });
            return level;
        }
        self.level
    }
}

/// A number of requests as a float; they are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "a number of requests in flight is small")]
fn count(requests: usize) -> f64 {
    requests as f64
}
