//! The pace of a run: pages a second over the last while, or the planned seconds of what was performed.
//!
//! Why not the mean since the start: a limit that was found after a minute would weigh on the rate for an hour.

use std::collections::VecDeque;
use std::time::Duration;

/// How far back the pace looks.
const WINDOW: Duration = Duration::from_secs(20);
/// The last moments.
const RECENT: Duration = Duration::from_millis(1_500);
/// A pace, or a limit in force, that grows by more than this share from one moment to the next is not settled.
const GROWTH: f64 = 1.15;
/// Pages that a moment may have more by chance.
const CHANCE: f64 = 3.0;
/// The window is counted in slices of this length, so that its size does not depend on the rate.
const SLICE: Duration = Duration::from_millis(500);
/// Before this the pace is not worth showing.
const WARM_UP: Duration = Duration::from_secs(1);
/// Fewer pages than this say nothing about how long the rest takes.
const FEWEST: u64 = 8;

/// What came within a slice of time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slice {
    start: Duration,
    pages: u64,
    /// The weight of the pages: one each, or their planned seconds.
    weight: f64,
}

/// Pages by slice of time, the newest last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Pace {
    slices: VecDeque<Slice>,
    first: Option<Duration>,
    /// The limits of requests in flight and since when, the newest last.
    limits: VecDeque<(Duration, usize)>,
}

impl Pace {
    pub(super) fn page(&mut self, now: Duration) {
        self.weighted(1.0, now);
    }

    /// A page of a weight of its own. A pace has either such pages or those of [`page`](Self::page).
    pub(super) fn weighted(&mut self, weight: f64, now: Duration) {
        self.first.get_or_insert(now);
        match self.slices.back_mut() {
            Some(slice) if now < slice.start + SLICE => {
                slice.pages += 1;
                slice.weight += weight;
            }
            _ => self.slices.push_back(Slice { start: slice_of(now), pages: 1, weight }),
        }
        while self.slices.front().is_some_and(|slice| slice.start + WINDOW + SLICE < now) {
            self.slices.pop_front();
        }
    }

    /// Pages a second over the window that ends now.
    pub(super) fn rate(&self, now: Duration) -> Option<f64> {
        self.rate_over(WINDOW, now)
    }

    /// The limit of requests in flight changed.
    pub(super) fn limit(&mut self, limit: usize, now: Duration) {
        self.limits.push_back((now, limit));
        while self.limits.get(1).is_some_and(|(since, _)| *since + RECENT < now) {
            self.limits.pop_front();
        }
    }

    /// The pace for how long the rest takes: that of the last moments where it is higher. A run gets faster as its limit rises, and
    /// the mean of a longer time would promise too much.
    pub(super) fn fastest(&self, now: Duration) -> Option<f64> {
        let (long, recent) = (self.rate_over(WINDOW, now)?, self.rate_over(RECENT, now));
        Some(recent.map_or(long, |recent| recent.max(long)))
    }

    /// [`fastest`](Self::fastest), once it no longer grows: while it does, no one can say how long the rest takes.
    pub(super) fn settled(&self, now: Duration) -> Option<f64> {
        let end = slice_of(now);
        let (middle, start) = (end.checked_sub(RECENT)?, end.checked_sub(2 * RECENT)?);
        if slice_of(self.first?) >= start {
            return None;
        }
        let weight = |from, to| {
            let slices = self.slices.iter().filter(|slice| (from..to).contains(&slice.start));
            slices.map(|slice| slice.weight).sum::<f64>()
        };
        let pages: u64 = self.slices.iter().map(|slice| slice.pages).sum();
        // A run that has just begun counts by its last moments: what trickled in before says nothing.
        let is_young = now.saturating_sub(self.first?) < WINDOW;
        let counts = |slice: &&Slice| !is_young || (start..end).contains(&slice.start);
        if self.slices.iter().filter(counts).map(|slice| slice.pages).sum::<u64>() < FEWEST {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "pages of a few seconds")]
        let of_one = self.slices.iter().map(|slice| slice.weight).sum::<f64>() / pages as f64;
        let limit_at = |time| self.limits.iter().rfind(|(since, _)| *since <= time).or(self.limits.front());
        let limits = limit_at(middle).zip(self.limits.back());
        #[expect(clippy::cast_precision_loss, reason = "requests in flight")]
        let grows = weight(middle, end) > weight(start, middle) * GROWTH + CHANCE * of_one
            || limits.is_some_and(|((_, older), (_, newest))| *newest as f64 > *older as f64 * GROWTH);
        if grows { None } else { self.fastest(now) }
    }

    fn rate_over(&self, window: Duration, now: Duration) -> Option<f64> {
        let first = self.first?;
        let from = now.saturating_sub(window).max(slice_of(first));
        let span = now.saturating_sub(from);
        if span < WARM_UP {
            return None;
        }
        let slices = self.slices.iter().filter(|slice| slice.start >= from);
        let weight: f64 = slices.map(|slice| slice.weight).sum();
        (weight > 0.0).then(|| weight / span.as_secs_f64())
    }
}

/// Where the slice begins that this time is in.
fn slice_of(now: Duration) -> Duration {
    let slices = now.as_millis() / SLICE.as_millis();
    SLICE * u32::try_from(slices).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_that_of_the_last_while() {
        let mut pace = Pace::default();
        assert_eq!(pace.rate(Duration::ZERO), None);
        for page in 0..1_000_u64 {
            pace.page(Duration::from_millis(page * 10));
        }
        let rate = pace.rate(Duration::from_secs(10)).unwrap();
        assert!((rate - 100.0).abs() < 1.0, "{rate}");
        for page in 0..300_u64 {
            pace.page(Duration::from_millis(10_000 + page * 100));
        }
        let rate = pace.rate(Duration::from_secs(40)).unwrap();
        assert!((rate - 10.0).abs() < 0.5, "{rate}");
        assert_eq!(pace.rate(Duration::from_secs(400)), None);
        assert!(pace.slices.len() < 50);
    }
}
