//! Progress as lines: for logs of jobs and for people without a terminal.
//!
//! A line is due when something changed and the last one is [`EVERY`] old. Events drive it: where nothing happens, nothing changed.

use std::time::Duration;

use crate::event::Phase;

use crate::report::progress::totals::{Applying, ProgressTotals};
use crate::report::text::format;

/// The least time between two lines.
pub(super) const EVERY: Duration = Duration::from_secs(5);

/// Decides when a line is due.
#[derive(Debug, Default)]
pub(super) struct Plain {
    last_at: Duration,
    last_line: String,
}

impl Plain {
    /// The line to write now, if one is due. `last` asks for one whatever the time, at the end of a phase.
    pub(super) fn line(&mut self, tally: &ProgressTotals, now: Duration, last: bool) -> Option<String> {
        if !last && now < self.last_at + EVERY {
            return None;
        }
        let what = line(tally, now, last);
        if what == self.last_line || (tally.pages == 0 && tally.exporting.is_none() && tally.attempts == 0) {
            return None;
        }
        self.last_at = now;
        self.last_line.clone_from(&what);
        Some(format!("[{}] {what}", format::duration(now)))
    }
}

/// `reading: 120 of 312 users, 1,630 rows, requests 140 of at least 460 at 80.0/s, 4.0s left, 16 in flight at most`
pub(super) fn line(tally: &ProgressTotals, now: Duration, last: bool) -> String {
    if let Some((record, rows)) = &tally.exporting {
        return format!("exporting: {} of {record}", format::counted(*rows, "row"));
    }
    if let Some(applying) = &tally.applying {
        return applying_line(tally, applying, now, last);
    }
    let phase = phase(tally.phase);
    let mut parts = vec![users(tally), format::counted(tally.all_rows(), "row"), requests(tally, now)];
    if !last && let Some(left) = tally.time_left(now) {
        parts.push(format!("{} left", left_text(tally, left)));
    }
    parts.extend(limits(tally));
    format!("{phase}: {}", parts.join(", "))
}

/// `applying: 1,200 of 4,211 operations at 29.4/s, create_user, 2m left, 1 failed, 16 in flight at most`
fn applying_line(tally: &ProgressTotals, applying: &Applying, now: Duration, last: bool) -> String {
    let rate = tally.rate(now).map(|rate| format!(" at {}", format::rate(rate))).unwrap_or_default();
    let mut parts = vec![format!("{}{rate}", operations(applying))];
    if !last {
        parts.extend((!applying.kind.is_empty()).then(|| applying.kind.to_owned()));
        parts.extend(tally.time_left(now).map(|left| format!("{} left", format::duration(left))));
    }
    parts.extend(not_performed(applying));
    parts.extend(limits(tally));
    format!("applying: {}", parts.join(", "))
}

/// `1,200 of 4,211 operations`
pub(super) fn operations(applying: &Applying) -> String {
    format!("{} of {}", format::count(applying.ended), format::counted(applying.operations, "operation"))
}

/// What went wrong with operations.
pub(super) fn not_performed(applying: &Applying) -> Vec<String> {
    let told = [(applying.failed, "failed"), (applying.blocked, "blocked")].into_iter();
    told.filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", format::count(number)))
        .collect()
}

pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Reading => "reading",
        Phase::Reconciling => "reading again what does not agree",
        Phase::Finishing => "finishing",
    }
}

/// `12 of 150 users`, with `at least` while the users are still being listed.
pub(super) fn users(tally: &ProgressTotals) -> String {
    let (done, known) = tally.users();
    // With `--users` or without the part `users` there is no list of users to count against.
    if known < done || known == 0 {
        format::counted(done, "user")
    } else if tally.users_listed() {
        format!("{} of {}", format::count(done), format::counted(known, "user"))
    } else {
        format!("{} of at least {}", format::count(done), format::counted(known, "user"))
    }
}

fn requests(tally: &ProgressTotals, now: Duration) -> String {
    let rate = tally.rate(now).map(|rate| format!(" at {}", format::rate(rate))).unwrap_or_default();
    match tally.estimate {
        None => format!("{}{rate}", format::counted(tally.attempts, "request")),
        Some(estimate) => {
            let bound = if estimate.exact { "" } else { "at least " };
            let (done, all) = (format::count(estimate.done), format::count(estimate.requests));
            format!("requests {done} of {bound}{all}{rate}")
        }
    }
}

/// How long is left, with `at least` while the lists are not all known.
pub(super) fn left_text(tally: &ProgressTotals, left: Duration) -> String {
    let bound = if tally.estimate.is_some_and(|estimate| estimate.exact) { "" } else { "at least " };
    format!("{bound}{}", format::duration(left))
}

/// What holds the run back: the limit in force, and what went wrong.
pub(super) fn limits(tally: &ProgressTotals) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(limit) = tally.limit {
        parts.push(format!("{} in flight at most", format::count(u64::try_from(limit).unwrap_or(u64::MAX))));
    }
    for (number, what) in [
        (tally.retried, "retried"),
        (tally.throttled, "throttled"),
        (tally.failed, "failed"),
        (tally.vanished, "vanished"),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", format::count(number)));
        }
    }
    parts
}

#[cfg(test)]
mod tests;
