//! Which audits may go: a pure plan, made before anything is removed.
//!
//! With `--keep N` the newest N complete audits are kept, with `--keep-days N` those of the last N days, with both what either of
//! them keeps. An incomplete audit is kept by its age only: it stays while it is newer than the oldest complete audit that the
//! number keeps, or within the days. Without either, everything stays.

use jiff::{SignedDuration, Timestamp};

use super::folder::Listed;

/// What to keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    /// The newest so many complete audits.
    pub newest: Option<u32>,
    /// The audits of the last so many days.
    pub days: Option<u32>,
}

/// The audits that may go, oldest first. Never the newest complete one, nor any that is newer.
pub(crate) fn compute_removals(audits: &[Listed], keep: Retention, now: Timestamp) -> Vec<Listed> {
    if keep == Retention::default() {
        return Vec::new();
    }
    let mut whole: Vec<&Listed> = audits.iter().filter(|audit| audit.whole).collect();
    whole.sort_by_key(|audit| std::cmp::Reverse(audit.name));
    let Some(newest_whole) = whole.first() else { return Vec::new() };
    let number = keep.newest.map(|number| usize::try_from(number.max(1)).unwrap_or(usize::MAX));
    let oldest_by_number = number.and_then(|number| whole.iter().take(number).next_back());
    let kept_by_number = |audit: &Listed| oldest_by_number.is_some_and(|oldest| audit.name >= oldest.name);
    let kept_by_days = |audit: &Listed| {
        keep.days.is_some_and(|days| {
            let age = now.duration_since(audit.name.time());
            age <= SignedDuration::from_hours(24 * i64::from(days))
        })
    };
    let mut removed: Vec<Listed> = audits
        .iter()
        .filter(|audit| audit.name < newest_whole.name && !kept_by_number(audit) && !kept_by_days(audit))
        .copied()
        .collect();
    removed.sort_by_key(|audit| audit.name);
    removed
}

#[cfg(test)]
mod tests {
    use super::super::AuditName;
    use super::*;

    /// Audits of November by their day; those whose day is negative are incomplete.
    fn audits(days: &[i32]) -> Vec<Listed> {
        let listed = |day: &i32| Listed {
            name: AuditName::parse(&format!("202611{:02}T020000Z", day.abs())).unwrap(),
            whole: *day > 0,
        };
        days.iter().map(listed).collect()
    }

    fn removed(days: &[i32], newest: Option<u32>, keep_days: Option<u32>) -> Vec<i32> {
        let now = "2026-11-20T03:00:00Z".parse().unwrap();
        let removals = compute_removals(&audits(days), Retention { newest, days: keep_days }, now);
        removals
            .iter()
            .map(|audit| {
                let day: i32 = audit.name.time().strftime("%d").to_string().parse().unwrap();
                if audit.whole { day } else { -day }
            })
            .collect()
    }

    #[test]
    fn what_is_kept_is_kept_and_the_newest_whole_one_always() {
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
        assert!(removed(&[-1, -2], Some(1), Some(1)).is_empty(), "nothing goes where nothing is whole");
    }

    #[test]
    fn an_audit_from_the_future_is_no_reason_to_remove_more() {
        assert_eq!(removed(&[10, 18, 29], None, Some(4)), [10]);
    }
}
