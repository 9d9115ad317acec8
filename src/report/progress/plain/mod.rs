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
    pub(super) fn line(&mut self, totals: &ProgressTotals, now: Duration, last: bool) -> Option<String> {
        if !last && now < self.last_at + EVERY {
            return None;
        }
        let what = line(totals, now, last);
        if what == self.last_line || (totals.pages == 0 && totals.exporting.is_none() && totals.attempts == 0)
        {
            return None;
        }
        self.last_at = now;
        self.last_line.clone_from(&what);
        Some(format!("[{}] {what}", format::duration(now)))
    }
}

/// `reading: 120 of 312 users, 1,630 rows, requests 140 of at least 460 at 80.0/s, 4.0s left, up to 16 in flight`
pub(super) fn line(totals: &ProgressTotals, now: Duration, last: bool) -> String {
    if let Some((record, rows)) = &totals.exporting {
        return format!("exporting: {} of {record}", format::counted(*rows, "row"));
    }
    if let Some(applying) = &totals.applying {
        return applying_line(totals, applying, now, last);
    }
    let phase = phase(totals.phase);
    let mut parts = vec![users(totals), format::counted(totals.all_rows(), "row"), requests(totals, now)];
    if !last && let Some(left) = totals.time_left(now) {
        parts.push(format!("{} left", left_text(totals, left)));
    }
    parts.extend(limits(totals));
    format!("{phase}: {}", parts.join(", "))
}

/// `applying: 1,200 of 4,211 operations at 29.4/s, create_user, 2m left, 1 failed, up to 16 in flight`
fn applying_line(totals: &ProgressTotals, applying: &Applying, now: Duration, last: bool) -> String {
    let rate = totals.rate(now).map(|rate| format!(" at {}", format::rate(rate))).unwrap_or_default();
    let mut parts = vec![format!("{}{rate}", operations(applying))];
    if !last {
        parts.extend((!applying.kind.is_empty()).then(|| applying.kind.to_owned()));
        parts.extend(waiting(applying));
        parts.extend(totals.time_left(now).map(|left| format!("{} left", format::duration(left))));
    }
    parts.extend(not_performed(applying));
    parts.extend(limits(totals));
    format!("applying: {}", parts.join(", "))
}

/// `1,200 of 4,211 operations`
pub(super) fn operations(applying: &Applying) -> String {
    format!("{} of {}", format::count(applying.ended), format::counted(applying.operations, "operation"))
}

/// `3 wait to retry, create_user next`
pub(super) fn waiting(applying: &Applying) -> Option<String> {
    let (kind, operations) = applying.waiting?;
    let wait = if operations == 1 { "waits" } else { "wait" };
    Some(format!("{} {wait} to retry, {kind} next", format::count(operations)))
}

/// What went wrong with operations.
pub(super) fn not_performed(applying: &Applying) -> Vec<String> {
    let counts = [(applying.failed, "failed"), (applying.blocked, "blocked")].into_iter();
    counts
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", format::count(number)))
        .collect()
}

pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Reading => "reading",
        Phase::Reconciling => "reading disagreements again",
        Phase::Finishing => "finishing",
    }
}

/// `12 of 150 users`, with `at least` while the users are still being listed.
pub(super) fn users(totals: &ProgressTotals) -> String {
    let (done, known) = totals.users();
    let one = if known < done || known == 0 { done == 1 } else { known == 1 };
    format!("{} {}", users_of(totals), if one { "user" } else { "users" })
}

/// [`users`] without the word, which stands before the bar.
pub(super) fn users_of(totals: &ProgressTotals) -> String {
    let (done, known) = totals.users();
    // With `--users` or without the part `users` there is no list of users to compare the count with.
    if known < done || known == 0 {
        format::count(done)
    } else if totals.users_listed() {
        format!("{} of {}", format::count(done), format::count(known))
    } else {
        format!("{} of at least {}", format::count(done), format::count(known))
    }
}

fn requests(totals: &ProgressTotals, now: Duration) -> String {
    let rate = totals.rate(now).map(|rate| format!(" at {}", format::rate(rate))).unwrap_or_default();
    match totals.estimate {
        None => format!("{}{rate}", format::counted(totals.attempts, "request")),
        Some(estimate) => {
            let bound = if estimate.exact { "" } else { "at least " };
            let (done, all) = (format::count(estimate.done), format::count(estimate.requests));
            format!("requests {done} of {bound}{all}{rate}")
        }
    }
}

/// How long is left, with `at least` while the lists are not all known.
pub(super) fn left_text(totals: &ProgressTotals, left: Duration) -> String {
    let bound = if totals.estimate.is_some_and(|estimate| estimate.exact) { "" } else { "at least " };
    format!("{bound}{}", format::duration(left))
}

/// What holds the run back: the limit in force, and what went wrong.
pub(super) fn limits(totals: &ProgressTotals) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(limit) = totals.limit {
        parts.push(format!("up to {} in flight", format::count(u64::try_from(limit).unwrap_or(u64::MAX))));
    }
    for (number, what) in [
        (totals.retried, "retried"),
        (totals.throttled, "throttled"),
        (totals.failed, "failed"),
        (totals.vanished, "vanished"),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", format::count(number)));
        }
    }
    parts
}

#[cfg(test)]
mod tests;
