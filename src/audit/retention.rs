//! Which audits may go: a pure plan, made before anything is removed.
//!
//! With `--keep N` the newest N complete audits are kept, with `--keep-days N` those of the last N days, with both what either of
//! them keeps. An incomplete audit is kept by its age only: it stays while it is newer than the oldest complete audit that the
//! number keeps, or within the days. Without either, everything stays.
//!
//! **Invariant:** a clock that is wrong removes nothing by age. Where far more time than usual lies between two audits, or between the
//! last one and now, the clock may have jumped, so that the days keep everything from before.

use jiff::{SignedDuration, Timestamp};

use super::folder::Listed;
use super::name::AuditName;

/// What to keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    /// The newest so many complete audits.
    pub newest: Option<u32>,
    /// The audits of the last so many days.
    pub days: Option<u32>,
}

/// The shortest gap between audits that a clock may have made, in days, and how many times the usual gap it must be.
const SHORTEST_JUMP: i64 = 100;
const TIMES_USUAL: i32 = 4;

/// What may go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Removals {
    /// The audits that may go, oldest first. Never the newest complete one, nor any that is newer.
    pub removed: Vec<Listed>,
    /// Where a gap keeps audits that are too old by their days: the last audit before it, and its length in days.
    pub jump: Option<(AuditName, i64)>,
}

pub(crate) fn compute_removals(audits: &[Listed], keep: Retention, now: Timestamp) -> Removals {
    let jump = keep.days.and_then(|_| jump(audits, now));
    let removed = removals(audits, keep, now, None);
    let kept = removals(audits, keep, now, jump.map(|(before, _)| before));
    Removals { jump: jump.filter(|_| kept != removed), removed: kept }
}

/// The last gap that is too long for the audits there. With the audit before it.
fn jump(audits: &[Listed], now: Timestamp) -> Option<(AuditName, i64)> {
    let mut names: Vec<AuditName> = audits.iter().map(|audit| audit.name).collect();
    names.sort();
    names.dedup();
    let times = || names.iter().map(|name| name.time());
    let mut gaps: Vec<SignedDuration> =
        times().zip(times().skip(1)).map(|(one, next)| next.duration_since(one)).collect();
    let to_now = now.duration_since(names.last()?.time());
    let each: Vec<(AuditName, SignedDuration)> =
        names.iter().copied().zip(gaps.iter().copied().chain([to_now])).collect();
    gaps.sort();
    let usual = gaps.get(gaps.len().saturating_sub(1) / 2).copied().filter(|_| gaps.len() > 1);
    let longest = SignedDuration::from_hours(24 * SHORTEST_JUMP)
        .max(usual.map_or(SignedDuration::ZERO, |usual| usual.saturating_mul(TIMES_USUAL)));
    let found = each.into_iter().rev().find(|(_, gap)| *gap > longest);
    found.map(|(before, gap)| (before, gap.as_hours() / 24))
}

/// The audits that may go, those up to `kept` by their number only.
fn removals(audits: &[Listed], keep: Retention, now: Timestamp, kept: Option<AuditName>) -> Vec<Listed> {
    if keep == Retention::default() {
        return Vec::new();
    }
    let mut complete: Vec<&Listed> = audits.iter().filter(|audit| audit.is_complete).collect();
    complete.sort_by_key(|audit| std::cmp::Reverse(audit.name));
    let Some(newest_complete) = complete.first() else { return Vec::new() };
    let number = keep.newest.map(|number| usize::try_from(number.max(1)).unwrap_or(usize::MAX));
    let oldest_by_number = number.and_then(|number| complete.iter().take(number).next_back());
    let kept_by_number = |audit: &Listed| oldest_by_number.is_some_and(|oldest| audit.name >= oldest.name);
    let kept_by_days = |audit: &Listed| {
        keep.days.is_some_and(|days| {
            let age = now.duration_since(audit.name.time());
            age <= SignedDuration::from_hours(24 * i64::from(days))
                || kept.is_some_and(|kept| audit.name <= kept)
        })
    };
    let mut removed: Vec<Listed> = audits
        .iter()
        .filter(|audit| audit.name < newest_complete.name && !kept_by_number(audit) && !kept_by_days(audit))
        .copied()
        .collect();
    removed.sort_by_key(|audit| audit.name);
    removed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Audits of November by their day; those whose day is negative are incomplete.
    fn audits(days: &[i32]) -> Vec<Listed> {
        let listed = |day: &i32| Listed {
            name: AuditName::parse(&format!("202611{:02}T020000Z", day.abs())).unwrap(),
            is_complete: *day > 0,
        };
        days.iter().map(listed).collect()
    }

    fn removed(days: &[i32], newest: Option<u32>, keep_days: Option<u32>) -> Vec<i32> {
        let now = "2026-11-20T03:00:00Z".parse().unwrap();
        let removals = compute_removals(&audits(days), Retention { newest, days: keep_days }, now);
        assert_eq!(removals.jump, None);
        removals
            .removed
            .iter()
            .map(|audit| {
                let day: i32 = audit.name.time().strftime("%d").to_string().parse().unwrap();
                if audit.is_complete { day } else { -day }
            })
            .collect()
    }

    #[test]
    fn what_is_kept_is_kept_and_the_newest_complete_one_always() {
        let all = [12, -13, 14, 15, -16, 17, 18, -19];
        assert!(removed(&all, None, None).is_empty(), "without a rule everything stays");
        assert_eq!(removed(&all, Some(3), None), [12, -13, 14]);
        assert_eq!(removed(&all, Some(1), None), [12, -13, 14, 15, -16, 17]);
        assert_eq!(removed(&all, Some(0), None), [12, -13, 14, 15, -16, 17], "none is one");
        assert!(removed(&all, Some(99), None).is_empty());
        assert_eq!(removed(&all, None, Some(4)), [12, -13, 14, 15, -16]);
        assert_eq!(removed(&all, Some(1), Some(4)), [12, -13, 14, 15, -16], "what either keeps");
        // Everything is old, and the newest complete one stays, with what is newer.
        assert_eq!(removed(&[1, 2, -3, 4, -5], None, Some(1)), [1, 2, -3]);
        assert!(removed(&[-1, -2], Some(1), Some(1)).is_empty(), "nothing goes where nothing is complete");
    }

    #[test]
    fn a_clock_that_jumped_removes_nothing_by_its_days() {
        let of_november = audits(&[12, 13, 14, 15, 16]);
        let days = |days| Retention { newest: None, days: Some(days) };
        let ahead: Timestamp = "2029-08-16T02:00:00Z".parse().unwrap();
        let mut audits = of_november.clone();
        // The first night under the clock, as it begins and once it has ended; and the next ones.
        assert_eq!(compute_removals(&audits, days(1), ahead).removed, []);
        for night in 0..5 {
            let now = ahead + SignedDuration::from_hours(24 * night);
            audits.push(Listed { name: AuditName::at(now), is_complete: true });
            let removals = compute_removals(&audits, days(1), now);
            assert_eq!(removals.jump, Some((of_november[4].name, 1004)), "night {night}");
            let expected = &audits[5..5 + usize::try_from(night - 1).unwrap_or(0)];
            assert_eq!(removals.removed, expected, "those under the same clock go by it");
        }
        // What is kept by number goes by number, whatever the clock says.
        let now = ahead + SignedDuration::from_hours(24 * 4);
        let by_number = compute_removals(&audits, Retention { newest: Some(2), days: None }, now);
        assert_eq!((by_number.removed.len(), by_number.jump), (8, None));
        // Audits of each quarter are no jump of the clock.
        let quarters = ["20250101", "20250401", "20250701", "20251001", "20260101"];
        let quarters = quarters.map(|day| Listed {
            name: AuditName::parse(&format!("{day}T020000Z")).unwrap(),
            is_complete: true,
        });
        let now = "2026-01-01T02:10:00Z".parse().unwrap();
        assert_eq!(compute_removals(&quarters, days(100), now).removed, quarters[..3]);
    }

    #[test]
    fn an_audit_from_the_future_is_no_reason_to_remove_more() {
        assert_eq!(removed(&[10, 18, 29], None, Some(4)), [10]);
    }
}
