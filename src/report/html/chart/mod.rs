//! Charts as numbers: where bars, lines and ticks are. `charts.html` draws them.
//!
//! **Invariant:** geometry only, rounded to a tenth, so that the same plan draws the same bytes. Every chart has its numbers in
//! a table next to it, for those who cannot see it.

mod timeline;

use serde::Serialize;

pub(crate) use self::timeline::{Timeline, timeline};
use crate::report::text::format;

/// Width of the drawings of [`Histogram`], [`Curve`] and [`Timeline`], without its margins, in units of their view box.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 150.0;

/// One part of a stacked bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BarPart {
    /// What it stands for: the name of its colour in the style sheet.
    pub class: &'static str,
    /// Where it begins, of 1,000.
    pub x: f64,
    /// How wide it is.
    pub width: f64,
}

/// A bar of 1,000 for the shares of a total. A share above zero is at least 4 wide, so that it can be seen.
pub(crate) fn stacked(shares: &[(&'static str, u64)]) -> Vec<BarPart> {
    const LEAST: f64 = 4.0;
    let all: u64 = shares.iter().map(|(_, share)| share).sum();
    let width = |share: u64| (float(share) / float(all.max(1)) * 1000.0).max(LEAST);
    let present: Vec<_> = shares.iter().filter(|(_, share)| *share > 0).collect();
    let total: f64 = present.iter().map(|(_, share)| width(*share)).sum();
    let mut x = 0.0;
    let place = |(class, share): &&(&'static str, u64)| {
        let part = BarPart { class, x: tenth(x), width: tenth(width(*share) / total * 1000.0) };
        x += width(*share) / total * 1000.0;
        part
    };
    present.iter().map(place).collect()
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Tick {
    pub at: f64,
    pub label: String,
}

/// One bar of a histogram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Bar {
    /// The left edge.
    pub x: f64,
    /// The upper edge.
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// The range, below the bar.
    pub label: String,
    /// The number, above it.
    pub count: u64,
    /// Whether it is beyond the limit.
    pub over: bool,
}

/// Numbers by range, with a limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Histogram {
    /// The bars, from left to right.
    pub bars: Vec<Bar>,
    /// Where the line of the limit stands.
    pub limit: f64,
    /// The drawing's width.
    pub width: f64,
    /// The drawing's height.
    pub height: f64,
}

/// A histogram of ranges `(from, to, count)` in ascending order; none without ranges. Heights are of the square root, so that
/// few large ones can be seen next to many small ones.
pub(crate) fn histogram(ranges: &[(u64, Option<u64>, u64)], limit: u64) -> Option<Histogram> {
    let most = ranges.iter().map(|(.., count)| *count).max()?.max(1);
    let slot = WIDTH / float(ranges.len() as u64);
    let mut line = WIDTH;
    let mut bars = Vec::new();
    for (index, (from, to, count)) in ranges.iter().enumerate() {
        let left = slot * float(index as u64);
        let over = *from > limit;
        // The limit lies before the first range beyond it, or within the range that it cuts.
        if over {
            line = line.min(left);
        } else if to.is_some_and(|to| to > limit) {
            let span = float(to.unwrap_or(limit) - from + 1);
            line = line.min(left + slot * float(limit - from + 1) / span);
        }
        let share = (float(*count) / float(most)).sqrt();
        let height = if *count == 0 { 0.0 } else { (share * HEIGHT).max(2.0) };
        bars.push(Bar {
            x: tenth(left + slot * 0.08),
            y: tenth(HEIGHT - height),
            width: tenth(slot * 0.84),
            height: tenth(height),
            label: range(*from, *to),
            count: *count,
            over,
        });
    }
    Some(Histogram { bars, limit: tenth(line), width: WIDTH, height: HEIGHT })
}

/// `5`, `2–10`, `1,001+`
pub(crate) fn range(from: u64, to: Option<u64>) -> String {
    match to {
        Some(to) if to == from => format::count(from),
        Some(to) => format!("{}–{}", format::count(from), format::count(to)),
        None => format!("{}+", format::count(from)),
    }
}

/// What one step adds to a curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Stretch {
    /// Where it begins.
    pub x: f64,
    /// How wide it is.
    pub width: f64,
    /// The line over it.
    pub line: String,
    /// The area below the line.
    pub area: String,
    /// Its number in the table, where there is room for it.
    pub number: Option<usize>,
}

/// A sum that grows over time, step after step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Curve {
    /// The steps.
    pub stretches: Vec<Stretch>,
    /// Marks of time, from left to right.
    pub times: Vec<Tick>,
    /// Marks of the sum, from below.
    pub sums: Vec<Tick>,
    /// The drawing's width.
    pub width: f64,
    /// The drawing's height.
    pub height: f64,
}

/// A curve of steps `(amount, seconds)`; none where nothing takes any time.
pub(crate) fn curve(steps: &[(u64, f64)]) -> Option<Curve> {
    let all: u64 = steps.iter().map(|(amount, _)| amount).sum();
    let time: f64 = steps.iter().map(|(_, seconds)| seconds).sum();
    if all == 0 || !time.is_finite() || time <= 0.0 {
        return None;
    }
    let across = |seconds: f64| tenth(seconds / time * WIDTH);
    let up = |amount: u64| tenth(HEIGHT - float(amount) / float(all) * HEIGHT);
    let (mut sum, mut at) = (0, 0.0);
    let mut stretches = Vec::new();
    for (index, (amount, seconds)) in steps.iter().enumerate() {
        let (left, right) = (across(at), across(at + seconds));
        let (low, high) = (up(sum), up(sum + amount));
        stretches.push(Stretch {
            x: left,
            width: tenth(right - left),
            line: format!("M{left} {low}L{right} {high}"),
            area: format!("M{left} {HEIGHT}V{low}L{right} {high}V{HEIGHT}Z"),
            number: (right - left >= 14.0).then_some(index + 1),
        });
        sum += amount;
        at += seconds;
    }
    let mark = |at, label| Tick { at, label };
    let times = ticks(time, &TIMES).into_iter().map(|seconds| mark(across(seconds), time_label(seconds)));
    let sums = ticks(float(all), &[]).into_iter();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a count")]
    let sums = sums.map(|sum| mark(up(sum as u64), format::count(sum as u64)));
    let (times, sums) = (times.collect(), sums.collect());
    Some(Curve { stretches, times, sums, width: WIDTH, height: HEIGHT })
}

/// Steps of time that people count in, in seconds; beyond, days.
const TIMES: [f64; 16] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0,
    43_200.0, 86_400.0,
];

/// Zero and up to four marks at even steps, the last at or below the end.
fn ticks(end: f64, steps: &[f64]) -> Vec<f64> {
    const MOST: f64 = 4.0;
    let rough = end / MOST;
    let step = steps.iter().copied().find(|step| *step >= rough).unwrap_or_else(|| {
        let unit = if steps.is_empty() { 1.0 } else { 86_400.0 };
        let power = 10_f64.powf((rough / unit).log10().floor()).max(1.0) * unit;
        [1.0, 2.0, 2.5, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(|step| *step >= rough)
            .unwrap_or(end)
    });
    std::iter::successors(Some(0.0), |at| Some(at + step)).take_while(|at| *at <= end * 1.000_001).collect()
}

/// A round time without the unit that is nothing: `5m`, not `5m 00s`.
fn time_label(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0".to_owned();
    }
    let text = format::seconds(seconds);
    let text = text.trim_end_matches(" 00s").trim_end_matches(" 00m").trim_end_matches(" 0h");
    text.replace(".0s", "s")
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has no use for 53 bits")]
fn float(number: u64) -> f64 {
    number as f64
}

fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests;
