//! Progress as bars: users, requests, rows. They fit the terminal as it is at each drawing.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::plain;
use super::totals::{Applying, ProgressTotals};
use crate::printable::{cut, width};
use crate::report::bar_terminal;
use crate::report::text::format;

/// Between two drawings. Events can be thousands a second, and ten pictures a second are enough for a person.
pub(super) const EVERY: Duration = Duration::from_millis(100);

/// Columns of `requests` and the blank after it.
const PREFIX: usize = 9;

/// How a line is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    /// Columns of the bar; none on a narrow terminal.
    bar: usize,
    /// Columns of the text.
    text: usize,
}

impl Layout {
    fn of(columns: usize) -> Self {
        let bar = match columns {
            100.. => 32,
            70.. => 16,
            50.. => 8,
            _ => 0,
        };
        let taken = PREFIX + if bar > 0 { bar + 1 } else { 0 };
        Self { bar, text: columns.saturating_sub(taken) }
    }

    fn style(self, counted: bool) -> ProgressStyle {
        let template = match (counted, self.bar) {
            (_, 0) => "{prefix:>8} {msg}".to_owned(),
            (true, bar) => format!("{{prefix:>8}} {{bar:{bar}.cyan/blue}} {{msg}}"),
            (false, _) => "{prefix:>8} {spinner} {msg}".to_owned(),
        };
        ProgressStyle::with_template(&template)
            .expect("the template is right for every width")
            .progress_chars("━╸─")
    }
}

/// The bars of a run.
#[derive(Debug)]
pub(super) struct Bars {
    drawn_on: MultiProgress,
    users: ProgressBar,
    requests: ProgressBar,
    rows: ProgressBar,
    layout: Layout,
    last_at: Option<Duration>,
    /// The bar of requests is gone: a plan is performed.
    is_applying: bool,
}

impl Bars {
    pub(super) fn new(bars: &MultiProgress) -> Self {
        let layout = Layout::of(bar_terminal::columns());
        let add = |prefix: &'static str, counted| {
            let bar = ProgressBar::new(0).with_style(layout.style(counted)).with_prefix(prefix);
            let bar = bars.add(bar);
            bar.tick();
            bar
        };
        let (users, requests, rows) = (add("users", true), add("requests", true), add("rows", false));
        Self { drawn_on: bars.clone(), users, requests, rows, layout, last_at: None, is_applying: false }
    }

    /// Draws the totals, if the last picture is old enough.
    pub(super) fn show(&mut self, totals: &ProgressTotals, now: Duration) {
        if self.last_at.is_some_and(|last_at| now < last_at + EVERY) {
            return;
        }
        self.last_at = Some(now);
        self.fit(Layout::of(bar_terminal::columns()));
        if let Some(applying) = &totals.applying {
            self.begin_applying();
            self.show_applying(totals, applying, now);
            return;
        }
        let (done, known) = totals.users();
        self.users.set_length(known.max(done));
        self.users.set_position(done);
        self.users.set_message(self.fitting(&[plain::users_of(totals)]));
        if let Some(estimate) = totals.estimate {
            self.requests.set_length(estimate.requests.max(estimate.done));
            self.requests.set_position(estimate.done);
        }
        self.requests.set_message(self.fitting(&requests(totals, now)));
        self.rows.set_message(self.fitting(&rows(totals)));
        self.rows.tick();
    }

    /// Removes the bar of requests: most operations take one, and one bar is enough. The screen is cleared first, so that two bars
    /// are not drawn below a line of three.
    fn begin_applying(&mut self) {
        if !std::mem::replace(&mut self.is_applying, true) {
            // Where stderr takes no more, nothing is drawn either.
            let _cleared = self.drawn_on.clear().is_ok();
            self.drawn_on.remove(&self.requests);
        }
    }

    /// The bars of a plan that is performed: operations, and the kind of operation in progress.
    fn show_applying(&self, totals: &ProgressTotals, applying: &Applying, now: Duration) {
        self.users.set_prefix("done");
        self.users.set_length(applying.operations);
        self.users.set_position(applying.ended);
        let left = totals.time_left(now).map(|left| format!("{} left", format::duration(left)));
        let parts: Vec<String> = std::iter::once(plain::operations(applying)).chain(left).collect();
        self.users.set_message(self.fitting(&parts));
        self.rows.set_prefix("now");
        let mut parts = vec![applying.kind.to_owned()];
        parts.extend(plain::waiting(applying));
        parts.push(format::counted(totals.attempts, "request"));
        parts.extend(totals.rate(now).map(|rate| format!("{} done", format::rate(rate))));
        parts.extend(plain::not_performed(applying));
        parts.extend(plain::limits(totals));
        self.rows.set_message(self.fitting(&parts));
        self.rows.tick();
    }

    fn fit(&mut self, layout: Layout) {
        if layout != self.layout {
            self.layout = layout;
            self.users.set_style(layout.style(true));
            self.requests.set_style(layout.style(true));
            self.rows.set_style(layout.style(false));
        }
    }

    fn fitting(&self, parts: &[String]) -> String {
        fitting(parts, self.layout.text)
    }

    /// Removes the bars; what is left to report is in the summary.
    pub(super) fn finish(&self) {
        for bar in [&self.users, &self.requests, &self.rows] {
            bar.finish_and_clear();
            self.drawn_on.remove(bar);
        }
    }
}

/// The parts that fit, the most important first, with commas between them.
fn fitting(parts: &[String], columns: usize) -> String {
    let mut text = String::new();
    for part in parts {
        let longer = if text.is_empty() { part.clone() } else { format!("{text}, {part}") };
        if width(&longer) > columns && !text.is_empty() {
            break;
        }
        text = longer;
    }
    cut(&text, columns).into_owned()
}

/// In order of importance: on a narrow terminal the last ones are left out.
fn requests(totals: &ProgressTotals, now: Duration) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(estimate) = totals.estimate {
        let bound = if estimate.exact { "" } else { "at least " };
        let (done, all) = (format::count(estimate.done), format::count(estimate.requests));
        parts.push(format!("{done} of {bound}{all}"));
    } else {
        parts.push(format::count(totals.attempts));
    }
    if let Some(left) = totals.time_left(now) {
        parts.push(format!("{} left", plain::left_text(totals, left)));
    }
    if let Some(rate) = totals.rate(now) {
        parts.push(format::rate(rate));
    }
    parts
}

fn rows(totals: &ProgressTotals) -> Vec<String> {
    if let Some((record, rows)) = &totals.exporting {
        return vec![format!("{} of {record}", format::count(*rows))];
    }
    let mut parts = vec![format!("{}: {}", plain::phase(totals.phase), format::count(totals.all_rows()))];
    parts.extend(plain::limits(totals));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_every_terminal() {
        let parts = ["1,200 of at least 13,000", "at least 2m 05s left", "87.5/s"].map(str::to_owned);
        for columns in [1, 10, 20, 35, 55, 80, 115, 200] {
            let layout = Layout::of(columns);
            let taken = PREFIX + if layout.bar > 0 { layout.bar + 1 } else { 0 };
            let text = fitting(&parts, layout.text);
            assert!(columns < PREFIX || taken + width(&text) <= columns, "{columns}: {text}");
        }
        assert_eq!(Layout::of(35), Layout { bar: 0, text: 26 });
        assert_eq!(fitting(&parts, 26), "1,200 of at least 13,000");
        assert_eq!(fitting(&parts, 50), "1,200 of at least 13,000, at least 2m 05s left");
        assert_eq!(fitting(&parts, 12), "1,200 of at…");
    }
}
