//! How much was done when: a row for each kind over one axis of time, with the limit of each second.

use serde::Serialize;

use super::{TIMES, Tick, WIDTH, float, tenth, ticks, time_label};

/// The height of a row, and of the part of it that has the bars.
const ROW: f64 = 46.0;
const BARS: f64 = 28.0;

/// One kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TimelineRow {
    pub label: String,
    /// The line that its bars stand on.
    pub base: f64,
    /// The outline of its bars.
    pub bars: String,
    /// Where the line of the limit is.
    pub limit: f64,
}

/// The kinds, one below the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Timeline {
    pub rows: Vec<TimelineRow>,
    pub times: Vec<Tick>,
    pub width: f64,
    pub height: f64,
}

/// A timeline of `(label, numbers)`, each number that of one part of the time, which is so many seconds long; none where there is nothing.
/// `limit` is of a second. A row is as high as its limit or its largest number.
pub(crate) fn timeline(rows: &[(String, &[u64])], part: f64, limit: f64) -> Option<Timeline> {
    let parts = rows.iter().map(|(_, numbers)| numbers.len()).max().filter(|parts| *parts > 0)?;
    let slot = WIDTH / float(parts as u64);
    let row = |(index, (label, numbers)): (usize, &(String, &[u64]))| {
        let base = ROW * float(index as u64 + 1);
        let highest = numbers.iter().map(|number| float(*number) / part).fold(limit, f64::max);
        let up = |rate: f64| tenth(base - rate / highest * BARS);
        let bar = |(at, number): (usize, &u64)| {
            let (left, top) = (tenth(slot * float(at as u64)), up(float(*number) / part));
            let right = tenth(slot * float(at as u64 + 1));
            format!("M{left} {base}V{top}H{right}V{base}Z")
        };
        let bars = numbers.iter().enumerate().filter(|(_, number)| **number > 0).map(bar).collect();
        TimelineRow { label: label.clone(), base, bars, limit: up(limit) }
    };
    let time = part * float(parts as u64);
    let mark = |seconds: f64| Tick { at: tenth(seconds / time * WIDTH), label: time_label(seconds) };
    Some(Timeline {
        rows: rows.iter().enumerate().map(row).collect(),
        times: ticks(time, &TIMES).into_iter().map(mark).collect(),
        width: WIDTH,
        height: ROW * float(rows.len() as u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_high_as_its_limit_or_its_largest_number() {
        let rows = [("users".to_owned(), &[30, 15][..]), ("participants".to_owned(), &[0, 0, 60, 60][..])];
        let drawn = timeline(&rows, 1.0, 30.0).unwrap();
        assert_eq!((drawn.width.to_string(), drawn.height.to_string()), ("360".to_owned(), "92".to_owned()));
        assert_eq!(drawn.rows[0].bars, "M0 46V18H90V46ZM90 46V32H180V46Z");
        assert_eq!(drawn.rows[0].limit.to_string(), "18");
        // Two conversations at their limit.
        assert_eq!(drawn.rows[1].bars, "M180 92V64H270V92ZM270 92V64H360V92Z");
        assert_eq!(drawn.rows[1].limit.to_string(), "78");
        assert_eq!(drawn.times.last().unwrap().label, "4s");
        assert_eq!(timeline(&[], 1.0, 30.0), None);
    }
}
