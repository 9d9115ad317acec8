//! How many requests may be in flight: grows while the server is content, shrinks when it refuses (AIMD), and remembers
//! where it was refused.
//!
//! Twilio limits the requests an account has in flight, without publishing the number, and answers 429 beyond it (error
//! 20429). This file only decides; it neither waits nor reads a clock.
//!
//! **Invariant:** one cut for each round trip. Requests that were already in flight at the last cut prove nothing about the
//! level that it left.
//!
//! **Why a ceiling:** plain AIMD meets the server's limit again in every cycle, which by itself is more than one refusal in
//! a hundred. A refused level is therefore kept as a ceiling that is tried again only now and then, at doubling intervals; once
//! a try succeeds, further ones follow at once and in growing steps, so that a limit that was lifted is found again.
//!
//! **Why tallies:** not every 429 is about concurrency, and a network's delay blurs the level at which the server begins to
//! refuse. A ceiling is lowered when requests near a level are refused clearly more often than those well below it. Where both
//! are refused alike, fewer in flight would not help, and a refusal costs one cut, which the next round trips win back.

use tokio::time::Instant;

use super::ceiling::{Ceiling, Sent};
use super::sharing::Sharing;

/// What is left of the limit after a cut. Other software shares the account, so it is a deep one.
const CUT: f64 = 0.7;
/// What is left after a refusal at the ceiling that is shared: another program was quicker,
const CUT_AT_CEILING: f64 = 0.9;
/// and where the account's total is at the ceiling: each gives up as much of what it has.
const YIELD: f64 = 0.97;
/// The part of the account's allowance that programs share.
const SHARED: f64 = 0.85;
/// The limit that a run starts with; it doubles with every round trip until a request is refused.
const START: usize = 4;
/// Levels from this part of a level on are near it.
const NEAR: f64 = 0.85;
/// From this share of refusals well below a level on, there are strays,
const STRAYS: f64 = 0.002;
/// and refusals near the level mean something only beyond so many times their number,
const CLEARLY: f64 = 3.0;
/// and beyond so many more.
const CHANCE: f64 = 2.0;
/// How many answers a level's tally remembers, about.
const MEMORY: f64 = 64.0;
/// The account's requests in flight, as a part of what is allowed: from here on no growth,
const HOLD: f64 = 0.75;
/// and from here on a cut.
const CROWDED: f64 = 0.9;

/// What one answer said about the server's load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signal {
    /// The answer was 429.
    pub refused: bool,
    /// The account's requests in flight, of every program together, as `Twilio-Concurrent-Requests` gave it.
    pub account_in_flight: Option<u32>,
}

/// How many of some requests were refused, the latest ones weighing most.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    answers: f64,
    refusals: f64,
}

impl Tally {
    fn add(&mut self, refused: bool) {
        self.answers += 1.0 - self.answers / MEMORY;
        self.refusals += f64::from(u8::from(refused)) - self.refusals / MEMORY;
    }

    fn sum(tallies: &[Self]) -> Self {
        tallies.iter().fold(Self::default(), |sum, tally| Self {
            answers: sum.answers + tally.answers,
            refusals: sum.refusals + tally.refusals,
        })
    }
}

/// The limit and what it was learned from.
#[derive(Debug)]
pub(super) struct Aimd {
    limit: f64,
    most: usize,
    account_limit: Option<u32>,
    last_cut: Option<Instant>,
    ceiling: Option<Ceiling>,
    /// By the level at which requests were sent.
    tallies: Vec<Tally>,
    /// Some refusals have nothing to do with concurrency.
    strays: bool,
    sharing: Sharing,
}

impl Aimd {
    /// Starts low. `most` is never exceeded; `account_limit` is what the entire account shall stay below.
    pub(super) fn new(most: usize, account_limit: Option<u32>) -> Self {
        let most = most.max(1);
        Self {
            limit: count(START.min(most)),
            most,
            account_limit,
            last_cut: None,
            ceiling: None,
            tallies: vec![Tally::default(); most + 1],
            strays: false,
            sharing: Sharing::new(),
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
        self.tallies[level].add(signal.refused);
        if let Some(total) = signal.account_in_flight {
            self.sharing.note(total, sent.level, signal.refused, self.limit);
        }
        let is_before_cut = self.last_cut.is_some_and(|cut| sent.at <= cut);
        let crowding = self.crowding(signal);
        if let Some(total) = signal.account_in_flight.and_then(|total| usize::try_from(total).ok())
            && self.sharing.is_shared()
            && crowding <= CROWDED
        {
            return self.share(sent, total.max(1), signal.refused, is_before_cut, now);
        }
        if is_before_cut {
            return;
        }
        if signal.refused {
            self.learn(level, now);
            self.cut(CUT, now);
        } else if crowding > CROWDED {
            self.cut(CUT, now);
        } else if crowding < HOLD {
            self.grow(sent, now);
        }
    }

    /// The part of the account's allowance that is in use, as far as the answer said.
    fn crowding(&self, signal: Signal) -> f64 {
        match (signal.account_in_flight, self.account_limit) {
            (Some(in_flight), Some(limit)) => f64::from(in_flight) / f64::from(limit.max(1)),
            _ => 0.0,
        }
    }

    /// Takes an answer while other programs have requests in flight, of `total` in all.
    fn share(&mut self, sent: Sent, total: usize, refused: bool, is_before_cut: bool, now: Instant) {
        if refused && is_before_cut {
            return;
        }
        let Some(ceiling) = &mut self.ceiling else {
            if refused {
                self.ceiling = Some(Ceiling::new((total - 1).max(1), now));
                self.cut(CUT, now);
            } else {
                self.approach(sent, total, usize::MAX, is_before_cut, now);
            }
            return;
        };
        if refused {
            let kept = if total > ceiling.level() { CUT_AT_CEILING } else { CUT };
            ceiling.refused_on_account(total, now);
            return self.cut(kept, now);
        }
        ceiling.served_on_account(total, now);
        let level = ceiling.level();
        if total >= level && ceiling.is_due(now) {
            self.limit = (self.limit + 1.0).min(count(self.most));
            self.last_cut = Some(now); // the others yield to it for a round trip
        } else {
            self.approach(sent, total, level, is_before_cut, now);
        }
    }

    /// Grows towards the highest total, or yields there.
    fn approach(&mut self, sent: Sent, total: usize, level: usize, is_before_cut: bool, now: Instant) {
        let allowed = self.account_limit.and_then(|limit| usize::try_from(limit).ok());
        let top = allowed.map_or(level, |allowed| level.min(part(allowed, SHARED)));
        if total >= top {
            if !is_before_cut {
                self.cut(YIELD, now);
            }
        } else if count(sent.level) >= self.limit.floor() * HOLD {
            self.limit = (self.limit + self.sharing.growth(count(top), self.limit)).min(count(self.most));
        }
    }

    /// Keeps this part of the limit.
    fn cut(&mut self, kept: f64, now: Instant) {
        self.limit = (self.limit * kept).max(1.0);
        self.last_cut = Some(now);
    }

    /// What a refusal at a level says about the ceiling.
    fn learn(&mut self, level: usize, now: Instant) {
        let refused = level - 1;
        if refused == 0 {
            return; // fewer than one in flight is no limit to keep
        }
        let Some(ceiling) = &mut self.ceiling else {
            self.ceiling = Some(Ceiling::new(refused, now));
            return;
        };
        let from = part(level, NEAR);
        let near = Tally::sum(&self.tallies[from..=level]);
        let below = Tally::sum(&self.tallies[..from]);
        self.strays = below.refusals > STRAYS * below.answers;
        if level < part(ceiling.level(), NEAR) {
            // The server's limit may have fallen far. What is not known of the levels below is taken for the worst.
            let strays = (below.refusals + 1.0) / (below.answers + 1.0);
            if near.refusals > CLEARLY * strays * near.answers + CHANCE {
                ceiling.lower_to(refused, now);
            }
            return;
        }
        let expected = below.refusals / below.answers.max(1.0) * near.answers;
        if self.strays && near.refusals < CLEARLY * expected + CHANCE {
            return;
        }
        ceiling.refused(now);
    }

    /// One more for every answer, while the limit is what holds requests back.
    fn grow(&mut self, sent: Sent, now: Instant) {
        if count(sent.level) < self.limit * HOLD {
            return;
        }
        let mut top = self.most;
        if let Some(ceiling) = &mut self.ceiling {
            let reached = self.limit >= count(ceiling.level());
            top = ceiling.top(sent, reached, self.strays, now).min(self.most);
            if ceiling.level() >= self.most {
                self.ceiling = None;
            }
        }
        self.limit = (self.limit + 1.0).min(count(top)).max(1.0);
    }
}

/// The level that is this part of another.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no more than `level`")]
fn part(level: usize, part: f64) -> usize {
    (count(level) * part).ceil() as usize
}

/// A number of requests as a float; they are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "a number of requests in flight is small")]
fn count(requests: usize) -> f64 {
    requests as f64
}
