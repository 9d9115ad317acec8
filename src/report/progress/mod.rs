//! Progress of a run: takes the events and shows them as bars, as lines, as log records, or not at all.

mod applying;
mod bars;
mod pace;
mod plain;
mod totals;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::event::{ApplyStep, Event, Events, Phase};

use self::bars::Bars;
use self::plain::Plain;
use self::totals::ProgressTotals;
use crate::report::stderr::Stderr;
use crate::report::text::format;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
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
    totals: ProgressTotals,
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
    /// Starts to show progress, with the time from now on.
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
        let shared = Arc::new(Mutex::new(Shared { totals: ProgressTotals::new(), view }));
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

    /// Shows the end and removes the bars. Later events are counted and not shown.
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
            let before = shared.totals.is_exact();
            shared.totals.add(event, now);
            shared.totals.is_exact() && !before
        };
        if known && let Event::Estimated { requests, done, seconds_left, .. } = event {
            let (requests, left) = (format::count(*requests), format::count(requests - done));
            let time = seconds_left
                .map(|seconds| format!(", {} at the allowed rate", format::seconds(seconds)))
                .unwrap_or_default();
            tracing::info!("by Twilio's counters the crawl takes {requests} requests; {left} to go{time}");
        }
        self.show(false);
    }

    /// Writes lines after releasing the lock: stderr may be a slow pipe.
    fn show(&self, last: bool) {
        let now = (self.clock)();
        let mut line = None;
        {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            let Shared { totals, view } = &mut *shared;
            match view {
                View::Bars(bars) => bars.show(totals, now),
                View::Plain(plain) => line = plain.line(totals, now, last),
                View::Log(plain) => {
                    if plain.line(totals, now, last).is_some() {
                        log(totals, now);
                    }
                }
                View::None => {}
            }
        }
        if let Some(line) = line {
            self.stderr.print(line);
        }
    }
}

/// The totals as a log record.
fn log(totals: &ProgressTotals, now: Duration) {
    if let Some(applying) = &totals.applying {
        tracing::info!(
            kind = applying.kind,
            operations = applying.operations,
            ended = applying.ended,
            failed = applying.failed,
            blocked = applying.blocked,
            requests = totals.attempts,
            operations_per_second = totals.rate(now),
            seconds_left = totals.time_left(now).map(|left| left.as_secs_f64()),
            concurrency_limit = totals.limit,
            retried = totals.retried,
            throttled = totals.throttled,
            "progress"
        );
        return;
    }
    let (users_done, users_known) = totals.users();
    let estimate = totals.estimate;
    tracing::info!(
        phase = plain::phase(totals.phase),
        users_done,
        users_known,
        rows = totals.all_rows(),
        requests = totals.attempts,
        requests_done = estimate.map(|estimate| estimate.done),
        requests_in_all = estimate.map(|estimate| estimate.requests),
        exact = estimate.map(|estimate| estimate.exact),
        requests_per_second = totals.rate(now),
        seconds_left = totals.time_left(now).map(|left| left.as_secs_f64()),
        concurrency_limit = totals.limit,
        retried = totals.retried,
        throttled = totals.throttled,
        failed = totals.failed,
        "progress"
    );
}

/// Events as log records. What happens once a page or more often is below debug.
fn record(event: &Event) {
    match event {
        Event::Phase(Phase::Reading) | Event::Attempted { .. } => {}
        Event::Estimated { requests, done, exact, seconds_left } => {
            tracing::trace!(requests, done, exact, seconds_left, "estimated");
        }
        Event::Resumed { users, users_done, rows, .. } => {
            tracing::info!(users, users_done, rows, "resuming where an earlier run stopped");
        }
        Event::SourceChosen { source, why } => {
            tracing::warn!(%why, "reading from {} instead", source.title());
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
        Event::ListRestarted { subject, why } => tracing::info!(%subject, %why, "list is read again"),
        Event::Exported { record, file, rows, bytes } => {
            tracing::debug!(%record, %file, rows, bytes, "file written");
        }
        Event::Applying { steps } => {
            for ApplyStep { kind, operations, ended, seconds } in steps {
                tracing::debug!(kind, operations, ended, seconds, "to apply");
            }
        }
        Event::Performed { kind, state } => tracing::trace!(kind, state, "operation ended"),
        Event::WaitsForRetry { kind, operations } => {
            tracing::trace!(kind, operations, "waits before retries");
        }
        Event::NotPerformed { subject, error } => tracing::warn!(%subject, %error, "not performed"),
        Event::Exporting { record, rows } => tracing::trace!(%record, rows, "exporting"),
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Progress").field("shared", &self.shared).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod recorded;
