//! The sum of the events so far. Bars and plain lines are two views of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::event::{Event, Phase};
use crate::model::Entity;

pub(super) use super::applying::Applying;
use super::pace::Pace;

/// The sum of the events so far.
#[derive(Debug, Clone)]
pub(super) struct ProgressTotals {
    pub(super) phase: Phase,
    /// HTTP attempts that ended.
    pub(super) attempts: u64,
    /// Of these, those that are sent again.
    pub(super) retried: u64,
    /// Of these, those answered with 429.
    pub(super) throttled: u64,
    /// Pages committed: requests that brought something.
    pub(super) pages: u64,
    /// Rows committed, by entity.
    pub(super) rows: BTreeMap<Entity, u64>,
    /// Lists that are complete, by entity.
    pub(super) lists: BTreeMap<Entity, u64>,
    /// What earlier runs have already brought.
    before: Before,
    pub(super) failed: u64,
    pub(super) vanished: u64,
    /// How many requests may be in flight.
    pub(super) limit: Option<usize>,
    /// The last estimate, brought up to date by the pages since.
    pub(super) estimate: Option<CrawlEstimate>,
    /// The record that an export is writing, with its rows so far.
    pub(super) exporting: Option<(String, u64)>,
    /// The plan that is performed.
    pub(super) applying: Option<Applying>,
    pace: Pace,
}

/// The numbers of `Event::Resumed`.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    users: u64,
    users_listed: bool,
    users_done: u64,
    rows: u64,
}

/// The numbers of `Event::Estimated`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CrawlEstimate {
    pub(super) requests: u64,
    pub(super) done: u64,
    pub(super) exact: bool,
    /// At the allowed rate; none without a limit.
    pub(super) seconds_left: Option<f64>,
}

impl CrawlEstimate {
    /// Counts a page that came since, so that the number on the screen does not stand still between two estimates.
    fn with_one_more_done(self) -> Self {
        let left = self.requests.saturating_sub(self.done);
        if left == 0 {
            return self;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let share = (left - 1) as f64 / left as f64;
        Self { done: self.done + 1, seconds_left: self.seconds_left.map(|seconds| seconds * share), ..self }
    }
}

impl ProgressTotals {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Reading,
            attempts: 0,
            retried: 0,
            throttled: 0,
            pages: 0,
            rows: BTreeMap::new(),
            lists: BTreeMap::new(),
            before: Before::default(),
            failed: 0,
            vanished: 0,
            limit: None,
            estimate: None,
            exporting: None,
            applying: None,
            pace: Pace::default(),
        }
    }

    /// Adds an event that happened at this time after the start.
    pub(super) fn add(&mut self, event: &Event, now: Duration) {
        match event {
            Event::Phase(phase) => self.phase = *phase,
            Event::Resumed { users, users_listed, users_done, rows } => {
                let (users, users_listed) = (*users, *users_listed);
                self.before = Before { users, users_listed, users_done: *users_done, rows: *rows };
            }
            Event::Attempted { throttled, will_retry } => {
                self.attempts += 1;
                self.throttled += u64::from(*throttled);
                self.retried += u64::from(*will_retry);
            }
            Event::ConcurrencyLimit(limit) => {
                self.limit = Some(*limit);
                self.pace.limit(*limit, now);
                if let Some(applying) = &mut self.applying {
                    applying.limit(*limit, now);
                }
            }
            Event::Estimated { requests, done, exact, seconds_left } => {
                let (requests, done, exact) = (*requests, *done, *exact);
                self.estimate = Some(CrawlEstimate { requests, done, exact, seconds_left: *seconds_left });
            }
            Event::Committed { entity, rows, list_complete } => {
                self.pages += 1;
                self.pace.page(now);
                self.estimate = self.estimate.map(CrawlEstimate::with_one_more_done);
                *self.rows.entry(*entity).or_default() += rows;
                *self.lists.entry(*entity).or_default() += u64::from(*list_complete);
            }
            Event::UnitFailed { .. } => self.failed += 1,
            Event::Vanished { .. } => self.vanished += 1,
            Event::Exporting { record, rows } => self.exporting = Some((record.clone(), *rows)),
            Event::Exported { .. } => self.exporting = None,
            Event::Applying { steps } => self.applying = Some(Applying::new(steps)),
            Event::Performed { kind, state } => {
                if let Some(applying) = &mut self.applying
                    && applying.performed(kind, state, now)
                {
                    self.pace.page(now);
                }
            }
            Event::WaitsForRetry { kind, operations } => {
                if let Some(applying) = &mut self.applying {
                    applying.waiting = Some((kind, *operations));
                }
            }
            Event::Retrying { .. }
            | Event::ListRestarted { .. }
            | Event::SourceChosen { .. }
            | Event::NotPerformed { .. } => {}
        }
    }

    /// Users whose channels are all read, and users known.
    pub(super) fn users(&self) -> (u64, u64) {
        let done = self.lists.get(&Entity::Membership).copied().unwrap_or_default();
        let known = self.rows.get(&Entity::User).copied().unwrap_or_default();
        (self.before.users_done + done, self.before.users + known)
    }

    /// Whether all users are known.
    pub(super) fn users_listed(&self) -> bool {
        self.before.users_listed || self.lists.get(&Entity::User).is_some_and(|lists| *lists > 0)
    }

    /// Whether it is known how many requests the crawl takes.
    pub(super) fn is_exact(&self) -> bool {
        self.estimate.is_some_and(|estimate| estimate.exact)
    }

    /// Rows of every kind.
    pub(super) fn all_rows(&self) -> u64 {
        self.before.rows + self.rows.values().sum::<u64>()
    }

    /// Pages, or operations, a second, lately.
    pub(super) fn rate(&self, now: Duration) -> Option<f64> {
        self.pace.rate(now)
    }

    /// How long the rest takes: at the pace of the last seconds, and with a limit never less than it permits. Nothing is guessed:
    /// without a limit there is no time before the pace is settled.
    pub(super) fn time_left(&self, now: Duration) -> Option<Duration> {
        if let Some(applying) = &self.applying {
            return applying.time_left();
        }
        let estimate = self.estimate?;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let left = estimate.requests.saturating_sub(estimate.done) as f64;
        let seconds = match estimate.seconds_left {
            Some(allowed) => self.pace.fastest(now).map_or(allowed, |rate| allowed.max(left / rate)),
            None => left / self.pace.settled(now)?,
        };
        Duration::try_from_secs_f64(seconds).ok()
    }
}
