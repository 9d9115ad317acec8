//! Progress of a run: takes the events and shows them as bars, as lines, as log records, or not at all.

mod bars;
mod pace;
mod plain;
mod totals;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::event::{Event, Events, Phase};

use self::bars::Bars;
use self::plain::Plain;
use self::totals::ProgressTotals;
use crate::report::stderr::Stderr;
use crate::report::text::format;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Bars.
    Bar,
    /// A line every few seconds.
    Plain,
    /// A log record every few seconds.
    Log,
    /// Not at all.
    None,
}

/// The progress of one run. Ends with [`finish`](Self::finish), which clears the bars.
#[derive(Clone)]
pub(crate) struct Progress {
    shared: Arc<Mutex<Shared>>,
    stderr: Stderr,
    clock: Arc<dyn Fn() -> Duration + Send + Sync>,
}

#[derive(Debug)]
struct Shared {
    tally: ProgressTotals,
    view: View,
}

#[derive(Debug)]
enum View {
    Bars(Bars),
    Plain(Plain),
    Log(Plain),
    None,
}

impl Progress {
    /// Begins to show progress, counting time from now.
    pub(crate) fn start(style: Style, stderr: &Stderr) -> Self {
        let start = Instant::now();
        Self::with_clock(style, stderr, move || start.elapsed())
    }

    /// [`start`](Self::start) with a clock of one's own: the time since the start.
    pub(crate) fn with_clock(
        style: Style,
        stderr: &Stderr,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        let view = match style {
            Style::Bar => View::Bars(Bars::new(stderr.bars())),
            Style::Plain => View::Plain(Plain::default()),
            Style::Log => View::Log(Plain::default()),
            Style::None => View::None,
        };
        let shared = Arc::new(Mutex::new(Shared { tally: ProgressTotals::new(), view }));
        Self { shared, stderr: stderr.clone(), clock: Arc::new(clock) }
    }

    /// Where the stages send their events.
    pub(crate) fn events(&self) -> Events {
        let this = self.clone();
        Events::new(move |event| this.receive(&event))
    }

    /// Since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        (self.clock)()
    }

    /// Shows the end and takes the bars away. Events that still come are counted and not shown.
    pub(crate) fn finish(&self) {
        self.show(true);
        let view = {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut shared.view, View::None)
        };
        if let View::Bars(bars) = view {
            bars.finish();
        }
    }

    fn receive(&self, event: &Event) {
        record(event);
        let now = (self.clock)();
        let known = {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            let before = shared.tally.is_exact();
            shared.tally.add(event, now);
            shared.tally.is_exact() && !before
        };
        if known && let Event::Estimated { requests, done, seconds_left, .. } = event {
            let (requests, left) = (format::count(*requests), format::count(requests - done));
            let time = format::seconds(*seconds_left);
            tracing::info!(
                "by Twilio's counters the crawl takes {requests} requests; {left} are left, {time} at the allowed rate"
            );
        }
        self.show(false);
    }

    /// Lines are written after the lock is given back: stderr may be a slow pipe.
    fn show(&self, last: bool) {
        let now = (self.clock)();
        let mut line = None;
        {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            let Shared { tally, view } = &mut *shared;
            match view {
                View::Bars(bars) => bars.show(tally, now),
                View::Plain(plain) => line = plain.line(tally, now, last),
                View::Log(plain) => {
                    if plain.line(tally, now, last).is_some() {
                        log(tally, now);
                    }
                }
                View::None => {}
            }
        }
        if let Some(line) = line {
            self.stderr.line(&line);
        }
    }
}

/// The tally as a log record.
fn log(tally: &ProgressTotals, now: Duration) {
    if let Some(applying) = &tally.applying {
        tracing::info!(
            kind = applying.kind,
            operations = applying.operations,
            ended = applying.ended,
            failed = applying.failed,
            blocked = applying.blocked,
            requests = tally.attempts,
            operations_per_second = tally.rate(now),
            seconds_left = tally.time_left(now).map(|left| left.as_secs_f64()),
            concurrency_limit = tally.limit,
            retried = tally.retried,
            throttled = tally.throttled,
            "progress"
        );
        return;
    }
    let (users_done, users_known) = tally.users();
    let estimate = tally.estimate;
    tracing::info!(
        phase = plain::phase(tally.phase),
        users_done,
        users_known,
        rows = tally.all_rows(),
        requests = tally.attempts,
        requests_done = estimate.map(|estimate| estimate.done),
        requests_in_all = estimate.map(|estimate| estimate.requests),
        exact = estimate.map(|estimate| estimate.exact),
        requests_per_second = tally.rate(now),
        seconds_left = tally.time_left(now).map(|left| left.as_secs_f64()),
        concurrency_limit = tally.limit,
        retried = tally.retried,
        throttled = tally.throttled,
        failed = tally.failed,
        "progress"
    );
}

/// Events as log records. What happens once a page or more often is below debug.
fn record(event: &Event) {
    match event {
        Event::Phase(Phase::Reading) | Event::Attempted { .. } | Event::Estimated { .. } => {}
        Event::Resumed { users, users_done, rows, .. } => {
            tracing::info!(users, users_done, rows, "going on where an earlier run stopped");
        }
        Event::SourceChosen { source, why } => {
            tracing::warn!(%why, "reading from {} instead", source.title())
        }
        Event::Phase(phase) => tracing::debug!(phase = plain::phase(*phase), "next phase"),
        Event::Retrying { request, why, after, attempt } => {
            tracing::debug!(%request, %why, after_seconds = after.as_secs_f64(), attempt, "sending again");
        }
        Event::ConcurrencyLimit(limit) => tracing::debug!(limit, "concurrency limit changed"),
        Event::Committed { entity, rows, list_complete } => {
            tracing::trace!(entity = entity.plural(), rows, list_complete, "page committed");
        }
        Event::UnitFailed { subject, error } => tracing::warn!(%subject, %error, "could not be read"),
        Event::Vanished { subject } => tracing::info!(%subject, "vanished while it was read"),
        Event::ListRestarted { subject, why } => tracing::info!(%subject, %why, "list is read anew"),
        Event::Exported { record, file, rows, bytes } => {
            tracing::debug!(%record, %file, rows, bytes, "file written");
        }
        Event::Applying { operations, ended } => tracing::debug!(operations, ended, "applying"),
        Event::Performed { kind, state } => tracing::trace!(kind, state, "operation ended"),
        Event::NotPerformed { subject, error } => tracing::warn!(%subject, %error, "not performed"),
        Event::Exporting { record, rows } => tracing::trace!(%record, rows, "exporting"),
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Progress").field("shared", &self.shared).finish_non_exhaustive()
    }
}
