//! The highest number of requests in flight that the server is believed to allow, and when a higher one is tried.

use std::time::Duration;

use tokio::time::Instant;

/// The first wait before a ceiling is tried, and the longest: by the level, for a low ceiling costs much when it is wrong and
/// its tries cost little, and in all.
const PROBE_FIRST: Duration = Duration::from_secs(1);
const PROBE_LONGEST_BY_LEVEL: Duration = Duration::from_secs(2);
const PROBE_LONGEST: Duration = Duration::from_mins(1);

/// So many refusals at the level, and no request served there, lower it.
const DOUBTS: u32 = 3;

/// When and at what level a request was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) at: Instant,
    /// The requests in flight then, itself included.
    pub(super) level: usize,
}

/// The highest level that the server is believed to allow.
#[derive(Debug)]
pub(super) struct Ceiling {
    level: usize,
    /// Where the climb began that led to the level: what was good for longer.
    base: usize,
    /// When a higher level is tried, and how long the wait is after that.
    probe_at: Instant,
    interval: Duration,
    /// How far the next try goes.
    step: usize,
    probe: Option<Probe>,
    /// Refusals at the level since a request was served there.
    doubts: u32,
}

/// A try at a higher level.
#[derive(Debug)]
struct Probe {
    since: Instant,
    level: usize,
    /// Requests sent above the ceiling since then that were answered well.
    confirmed: usize,
}

impl Ceiling {
    /// A ceiling that is tried soon.
    pub(super) fn new(level: usize, now: Instant) -> Self {
        Self {
            level,
            base: level,
            probe_at: now + PROBE_FIRST,
            interval: PROBE_FIRST,
            step: 1,
            probe: None,
            doubts: 0,
        }
    }

    pub(super) fn level(&self) -> usize {
        self.level
    }

    /// Waits longer before the next try, which is a small one.
    fn postpone(&mut self, now: Instant) {
        let by_level = PROBE_LONGEST_BY_LEVEL.saturating_mul(u32::try_from(self.level).unwrap_or(u32::MAX));
        self.interval = (self.interval * 2).min(by_level).min(PROBE_LONGEST);
        self.probe_at = now + self.interval;
        self.step = 1;
        self.probe = None;
    }

    /// A request near the ceiling was refused, or one beyond it that tried it.
    pub(super) fn refused(&mut self, now: Instant) {
        if self.probe.is_some() {
            self.postpone(now); // a try that failed: the ceiling is where it was
        } else {
            let risen = self.level.saturating_sub(self.base);
            self.lower_to(if risen > 1 { self.base + risen / 2 } else { self.level - 1 }, now);
        }
    }

    /// The server's limit is no higher than this.
    pub(super) fn lower_to(&mut self, level: usize, now: Instant) {
        self.level = self.level.min(level).max(1);
        self.base = self.base.min(self.level);
        self.postpone(now);
    }

    /// A request was refused while the account had so many in flight, itself perhaps included.
    pub(super) fn refused_on_account(&mut self, total: usize, now: Instant) {
        // Whether a refused request counts is not documented.
        self.doubts += u32::from(total == self.level);
        if total < self.level || self.doubts >= DOUBTS {
            self.doubts = 0;
            self.lower_to(total - 1, now);
        }
    }

    /// A request was served as the one of this number on the account.
    pub(super) fn served_on_account(&mut self, total: usize, now: Instant) {
        if total >= self.level {
            self.doubts = 0;
        }
        if total > self.level {
            self.level = total;
            (self.interval, self.probe_at) = (PROBE_FIRST, now);
        }
    }

    /// Whether a higher level is to be tried now; then the next try is later.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = now >= self.probe_at;
        if due {
            self.postpone(now);
        }
        due
    }

    /// How far the limit may grow after this request was answered well: to the ceiling, or beyond it while that is being tried.
    /// `reached` says that the limit is at the ceiling, `strays` that some refusals are unrelated to it.
    pub(super) fn top(&mut self, sent: Sent, reached: bool, strays: bool, now: Instant) -> usize {
        if let Some(probe) = &mut self.probe {
            if sent.at > probe.since && sent.level > self.level {
                probe.confirmed += 1;
            }
            if probe.confirmed <= probe.level {
                return probe.level;
            }
            // A full round trip at the new level went well: it is the ceiling now, and the next step is twice as far.
            self.level = probe.level;
            self.step = self.step.saturating_mul(2);
            if strays {
                self.interval = (self.interval / 2).max(PROBE_FIRST); // earlier tries may have failed by chance
            }
            self.probe_at = now;
            self.probe = None;
        } else if now >= self.probe_at {
            self.base = self.level; // a climb begins, if the limit is there
        }
        if now >= self.probe_at && reached {
            let level = self.level.saturating_add(self.step);
            self.probe = Some(Probe { since: now, level, confirmed: 0 });
            return level;
        }
        self.level
    }
}
