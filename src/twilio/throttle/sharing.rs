//! How a process shares an account's limit with other programs that it knows nothing of: other crawls of the same account, or the live app.
//!
//! Each sees in `Twilio-Concurrent-Requests` how many requests the account has in flight. Below the ceiling all grow alike, whatever they have, and
//! at the ceiling all give up the same part of what they have. So who has more loses more than it wins back, and shares become equal (Chiu and
//! Jain, 1989), without a refusal: the total says early what a 429 would say late.
//!
//! **Invariant:** a process that is alone on its account is not slowed down by this: the rules here hold only after an answer that counts
//! more requests than this process had in flight.
//!
//! **Why the highest total of the last round trips:** answers come in bursts, and of a burst most requests arrive while the
//! total is still low. Growing by each of these would overshoot the ceiling once for every burst.
//!
//! **Why such small steps:** an answer says how many there were one round trip ago, and each of the others sees the same free
//! places. With steps of this size eight processes together take a third of what is free, and at least one thirtieth of all.

/// The part of the free places that a process takes in one round trip,
const TAKEN: f64 = 0.04;
/// and at least this part of all places: shares become equal as fast as all grow alike, so this must not end with the last free places.
const STEP: f64 = 0.004;
/// How much faster the highest total is forgotten with every round trip that does not reach it.
const FORGOTTEN: f64 = 0.05;
/// After so many answers without a sign of others, the process is alone.
const ALONE_AFTER: u32 = 256;

/// What the account's totals said of late.
#[derive(Debug)]
pub(super) struct Sharing {
    /// The highest total of the last round trips.
    highest: f64,
    /// Round trips since a total reached it.
    age: f64,
    /// Answers since one that counted others' requests.
    alone: u32,
}

impl Sharing {
    pub(super) fn new() -> Self {
        Self { highest: 0.0, age: 0.0, alone: ALONE_AFTER }
    }

    /// Takes the total of an answer to a request that was sent when `own` were in flight, of the `limit` that might be.
    pub(super) fn note(&mut self, total: u32, own: usize, refused: bool, limit: f64) {
        // A refused request is above what was in flight.
        let others = usize::try_from(total).is_ok_and(|total| total > own + usize::from(refused));
        self.alone = if others { 0 } else { self.alone.saturating_add(1) };
        // A refusal counts for one more: it is not known soon again what is free.
        let seen = f64::from(total) + f64::from(u8::from(refused));
        if seen >= self.highest {
            (self.highest, self.age) = (seen, 0.0);
        } else {
            let round_trips = 1.0 / limit;
            self.age += round_trips;
            self.highest = (self.highest - self.age * FORGOTTEN * round_trips).max(seen);
        }
    }

    /// Whether other programs have requests in flight.
    pub(super) fn is_shared(&self) -> bool {
        self.alone < ALONE_AFTER
    }

    /// How much the limit grows by one answer while the account's total may be this high.
    pub(super) fn growth(&self, top: f64, limit: f64) -> f64 {
        if self.highest >= top {
            return 0.0;
        }
        ((top - self.highest) * TAKEN).max(STEP * top).min(limit) / limit
    }
}
