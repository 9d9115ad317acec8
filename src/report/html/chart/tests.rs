//! Where things are drawn.

use super::*;

#[test]
fn a_stacked_bar_is_full_and_shows_the_smallest_part() {
    let parts = stacked(&[("keep", 999_999), ("create", 0), ("blocked", 1)]);
    assert_eq!(parts.iter().map(|part| part.class).collect::<Vec<_>>(), ["keep", "blocked"]);
    assert!(parts[1].width >= 3.9, "{parts:?}");
    assert!((parts[1].x + parts[1].width - 1000.0).abs() < 0.2, "{parts:?}");
    assert!(stacked(&[("keep", 0)]).is_empty());
}

#[test]
fn the_limit_stands_before_what_is_beyond_it() {
    let ranges = [(0, Some(1), 4), (2, Some(100), 100), (101, Some(1_000), 0), (1_001, None, 1)];
    let chart = histogram(&ranges, 1_000).unwrap();
    assert!((chart.limit - 270.0).abs() < 0.01);
    assert_eq!(chart.bars.iter().map(|bar| bar.over).collect::<Vec<_>>(), [false, false, false, true]);
    assert!((chart.bars[1].height - HEIGHT).abs() < 0.01);
    assert!(chart.bars[2].height < 0.01, "nothing is drawn for nothing");
    // A limit within a range is drawn within its bar, and one beyond all at the right.
    assert!((histogram(&ranges, 550).unwrap().limit - 225.0).abs() < 0.2);
    assert!((histogram(&ranges[..2], 1_000).unwrap().limit - WIDTH).abs() < 0.01);
    assert_eq!(histogram(&[], 1_000), None);
    assert_eq!([range(1, Some(1)), range(2, Some(10)), range(1_001, None)], ["1", "2–10", "1,001+"]);
}

#[test]
fn a_curve_ends_at_its_upper_right() {
    let chart = curve(&[(100, 10.0), (300, 20.0)]).unwrap();
    assert_eq!(chart.stretches[0].line, "M0 150L120 112.5");
    assert_eq!(chart.stretches[1].line, "M120 112.5L360 0");
    let labels = |ticks: &[Tick]| ticks.iter().map(|tick| tick.label.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&chart.times), ["0", "10s", "20s", "30s"]);
    assert_eq!(labels(&chart.sums), ["0", "100", "200", "300", "400"]);
    assert_eq!(curve(&[]), None);
    assert_eq!(curve(&[(1, 0.0)]), None);
}

#[test]
fn marks_are_round_and_few() {
    for end in [0.5, 7.0, 61.0, 3_700.0, 100_000.0, 9_000_000.0] {
        let marks = ticks(end, &TIMES);
        assert!((1..=5).contains(&marks.len()), "{end}: {marks:?}");
    }
    assert_eq!([0.0, 2.0, 300.0, 7_200.0, 86_400.0].map(time_label), ["0", "2s", "5m", "2h", "1d"]);
}
