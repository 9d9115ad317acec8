//! Progress as bars: users, requests, rows.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::plain;
use super::totals::{Applying, ProgressTotals};
use crate::report::text::format;

/// Between two looks at the tally. Events can be thousands a second, and a person sees ten pictures.
pub(super) const EVERY: Duration = Duration::from_millis(100);

const COUNTED: &str = "{prefix:>9} {bar:32.cyan/blue} {msg}";
const UNCOUNTED: &str = "{prefix:>9} {spinner} {msg}";

/// The bars of a run.
#[derive(Debug)]
pub(super) struct Bars {
    drawn_on: MultiProgress,
    users: ProgressBar,
    requests: ProgressBar,
    rows: ProgressBar,
    last_at: Option<Duration>,
}

impl Bars {
    /// Draws the bars.
    pub(super) fn new(bars: &MultiProgress) -> Self {
        let add = |prefix: &'static str, template: &str| {
            let style = ProgressStyle::with_template(template).expect("the template is constant and right");
            let bar =
                bars.add(ProgressBar::new(0).with_style(style.progress_chars("━╸─")).with_prefix(prefix));
            bar.tick();
            bar
        };
        let users = add("users", COUNTED);
        let requests = add("requests", COUNTED);
        let rows = add("rows", UNCOUNTED);
        Self { drawn_on: bars.clone(), users, requests, rows, last_at: None }
    }

    /// Shows the tally, if the last picture is old enough.
    pub(super) fn show(&mut self, tally: &ProgressTotals, now: Duration) {
        if self.last_at.is_some_and(|last_at| now < last_at + EVERY) {
            return;
        }
        self.last_at = Some(now);
        if let Some(applying) = &tally.applying {
            self.show_applying(tally, applying, now);
            return;
        }
        let (done, known) = tally.users();
        self.users.set_length(known.max(done));
        self.users.set_position(done);
        self.users.set_message(plain::users(tally));
        if let Some(estimate) = tally.estimate {
            self.requests.set_length(estimate.requests.max(estimate.done));
            self.requests.set_position(estimate.done);
        }
        self.requests.set_message(requests(tally, now));
        self.rows.set_message(rows(tally));
        self.rows.tick();
    }

    /// The bars of a plan that is performed: operations, requests, what is being done.
    fn show_applying(&self, tally: &ProgressTotals, applying: &Applying, now: Duration) {
        self.users.set_prefix("done");
        self.users.set_length(applying.operations);
        self.users.set_position(applying.ended);
        let left = tally.time_left(now).map(|left| format!(", {} left", format::duration(left)));
        self.users.set_message(plain::operations(applying) + &left.unwrap_or_default());
        if !self.requests.is_finished() {
            self.requests.finish_and_clear(); // one bar is enough: a request is an operation, mostly
        }
        self.rows.set_prefix("now");
        let mut parts = vec![applying.kind.to_owned(), format::counted(tally.attempts, "request")];
        parts.extend(tally.rate(now).map(|rate| format!("{} done", format::rate(rate))));
        parts.extend(plain::not_performed(applying));
        parts.extend(plain::limits(tally));
        self.rows.set_message(parts.join(", "));
        self.rows.tick();
    }

    /// Takes the bars away; what is left to say is in the summary.
    pub(super) fn finish(&self) {
        for bar in [&self.users, &self.requests, &self.rows] {
            bar.finish_and_clear();
            self.drawn_on.remove(bar);
        }
    }
}

fn requests(tally: &ProgressTotals, now: Duration) -> String {
    let mut parts = Vec::new();
    if let Some(estimate) = tally.estimate {
        let bound = if estimate.exact { "" } else { "at least " };
        let (done, all) = (format::count(estimate.done), format::count(estimate.requests));
        parts.push(format!("{done} of {bound}{all}"));
    } else {
        parts.push(format::count(tally.attempts));
    }
    if let Some(rate) = tally.rate(now) {
        parts.push(format::rate(rate));
    }
    if let Some(left) = tally.time_left(now) {
        parts.push(format!("{} left", plain::left_text(tally, left)));
    }
    parts.join(", ")
}

fn rows(tally: &ProgressTotals) -> String {
    if let Some((record, rows)) = &tally.exporting {
        return format!("{} of {record}", format::count(*rows));
    }
    let mut parts = vec![format::count(tally.all_rows())];
    parts.extend(plain::limits(tally));
    format!("{}: {}", plain::phase(tally.phase), parts.join(", "))
}
