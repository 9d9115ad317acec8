//! Notices that a list never ends: it comes back to a page, brings nothing new, or brings far more than there can be.
//!
//! **Invariant:** whatever a server sends, following a list ends, and what is held for it does not grow with it.
//!
//! **Why a sample:** rows that were seen before may come in any order and on other pages. The rows with the smallest hashes tell how many
//! different ones there were, exactly while they are few, and within a few percent afterwards.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::page::{LoopGuard, PageError};

/// The hashes that are held.
const SAMPLE: usize = 1024;

/// Rows beyond twice the different ones, or beyond twice the counted ones, that a list may have. People join and rows are repeated
/// while a list is read.
const SLACK: u64 = 2_000;

/// Pages in a row without a new row, and empty pages beyond those with rows.
const PAGES_WITHOUT_NEWS: u64 = 100;

/// Pages beyond those that the most rows fill, and how many times as many there may be: servers may send pages that are not full.
const SPARE_PAGES: u64 = 100;
const TIMES_FULL_PAGES: u64 = 4;

/// What Twilio allows a user of channels, and a channel of members ("Conversations limits"). It stands for a count where there is none.
const ALLOWED: u64 = 1_000;

/// More rows than any service has.
const MOST_OF_A_SERVICE: u64 = 10_000_000;

/// How long a list can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListSize {
    /// The user or channel says how many rows it has.
    Counted(u64),
    /// It is of one user or channel, or of roles or services, of which there are few.
    OfOne,
    /// It is of a service: users or channels. Or of messages.
    OfService,
}

impl ListSize {
    /// The most rows that a list of this size can have.
    pub(super) fn most(self) -> u64 {
        match self {
            Self::Counted(rows) => rows.saturating_mul(2).saturating_add(SLACK),
            Self::OfOne => Self::Counted(ALLOWED).most(),
            Self::OfService => MOST_OF_A_SERVICE,
        }
    }
}

/// Follows one list, page by page, from wherever it starts.
#[derive(Debug, Clone)]
pub(crate) struct ListGuard {
    list: String,
    loops: LoopGuard,
    most: u64,
    most_pages: u64,
    rows: u64,
    filled: u64,
    empty: u64,
    /// Pages since the last one that certainly had a new row.
    without_news: u64,
    sample: BTreeSet<u64>,
}

impl ListGuard {
    /// A guard of a list, named for people, that can have so many rows, of which so many are on a full page.
    pub(super) fn new(list: impl Into<String>, most: u64, page: u32) -> Self {
        let full = most.div_ceil(u64::from(page.max(1)));
        Self {
            list: list.into(),
            loops: LoopGuard::default(),
            most,
            most_pages: full.saturating_mul(TIMES_FULL_PAGES).saturating_add(SPARE_PAGES),
            rows: 0,
            filled: 0,
            empty: 0,
            without_news: 0,
            sample: BTreeSet::new(),
        }
    }

    /// Takes a page, by the keys of its rows, and where the next one is. An error if the list does not end.
    pub(crate) fn page<K: Hash>(
        &mut self,
        keys: impl IntoIterator<Item = K>,
        next: Option<&str>,
    ) -> Result<(), PageError> {
        let before = self.rows;
        let mut has_news = false;
        for key in keys {
            self.rows += 1;
            has_news |= self.remember(hash(key));
        }
        // Once the sample is full, that it does not change says little.
        has_news |= self.sample.len() == SAMPLE;
        self.without_news = if has_news { 0 } else { self.without_news + 1 };
        let Some(next) = next else { return Ok(()) };
        if self.rows == before {
            self.empty += 1;
        } else {
            self.filled += 1;
        }
        self.loops.advance(&self.list, next)?;
        let brings_nothing = self.without_news > PAGES_WITHOUT_NEWS
            || self.empty > self.filled.saturating_add(PAGES_WITHOUT_NEWS)
            || self.rows > self.different().saturating_mul(2).saturating_add(SLACK);
        let pages = self.filled + self.empty;
        if brings_nothing {
            return Err(PageError::NothingNew { list: self.list.clone(), pages, rows: self.rows });
        }
        if self.rows > self.most || pages > self.most_pages {
            let (rows, most) = (self.rows, self.most);
            return Err(PageError::TooManyRows { list: self.list.clone(), rows, pages, most });
        }
        Ok(())
    }

    /// Whether the row is certainly new.
    fn remember(&mut self, hash: u64) -> bool {
        let is_larger = self.sample.len() == SAMPLE && self.sample.last().is_some_and(|last| hash > *last);
        let is_new = !is_larger && self.sample.insert(hash);
        if self.sample.len() > SAMPLE {
            self.sample.pop_last();
        }
        is_new
    }

    /// How many different rows there were.
    fn different(&self) -> u64 {
        let held = self.sample.len() as u64;
        match self.sample.last() {
            Some(largest) if self.sample.len() == SAMPLE => {
                let estimate = u128::from(held) * (u128::from(u64::MAX) + 1) / (u128::from(*largest) + 1);
                u64::try_from(estimate).unwrap_or(u64::MAX)
            }
            _ => held,
        }
    }
}

fn hash(key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of rows until the guard has had enough: after how many, and why.
    fn follow(most: u64, pages: u64, rows: impl Fn(u64) -> Vec<u64>) -> Option<(u64, PageError)> {
        let mut guard = ListGuard::new("users", most, 100);
        (0..pages).find_map(|page| {
            let next = format!("/v2?PageToken=PT{page}");
            guard.page(rows(page), Some(&next)).err().map(|error| (page + 1, error))
        })
    }

    #[test]
    fn the_same_rows_under_new_tokens_are_noticed() {
        let (pages, error) = follow(10_000_000, 10_000, |_| (0..50).collect()).unwrap();
        assert!(matches!(error, PageError::NothingNew { .. }) && pages == 43, "{pages}: {error}");
        let (pages, error) = follow(10_000_000, 10_000, |_| vec![1, 2]).unwrap();
        assert!(matches!(error, PageError::NothingNew { .. }) && pages == 102, "{pages}: {error}");
        // In another order, on other pages, and among so many that they are sampled.
        let mut random = fastrand::Rng::with_seed(7);
        for different in [500, 5_000, 50_000] {
            let draws: Vec<u64> = (0..20_000 * 100).map(|_| random.u64(0..different)).collect();
            let page = |page: u64| {
                draws.iter().skip(usize::try_from(page).unwrap() * 100).take(100).copied().collect()
            };
            let (pages, error) = follow(u64::MAX, 20_000, page).unwrap();
            let rows = pages * 100;
            assert!(matches!(error, PageError::NothingNew { .. }), "{error}");
            assert!(rows > different && rows < 3 * different + SLACK, "{different}: {rows}");
        }
    }

    #[test]
    fn empty_pages_are_followed_for_a_while() {
        let (pages, error) = follow(u64::MAX, 10_000, |_| Vec::new()).unwrap();
        assert!(
            matches!(error, PageError::NothingNew { .. }) && pages == PAGES_WITHOUT_NEWS + 1,
            "{pages}: {error}"
        );
        let half = |page: u64| {
            if page.is_multiple_of(2) { (page * 50..page * 50 + 50).collect() } else { Vec::new() }
        };
        assert!(follow(10_000_000, 5_000, half).is_none());
    }

    #[test]
    fn new_rows_for_ever_end_far_above_what_there_can_be() {
        for (size, expected) in [
            (ListSize::Counted(4), 2_008),
            (ListSize::Counted(1_000_000), 2_002_000),
            (ListSize::OfOne, 4_000),
            (ListSize::OfService, 10_000_000),
        ] {
            assert_eq!(size.most(), expected);
        }
        let page = |page: u64| (page * 100..page * 100 + 100).collect();
        let (pages, error) = follow(ListSize::Counted(4).most(), 1_000, page).unwrap();
        assert_eq!(pages, 21);
        assert!(matches!(error, PageError::TooManyRows { rows: 2_100, most: 2_008, .. }), "{error}");
        let (pages, error) = follow(ListSize::Counted(4).most(), 1_000, |page| vec![page]).unwrap();
        assert_eq!(pages, 4 * 21 + 101, "pages with a row each");
        assert!(matches!(error, PageError::TooManyRows { rows: 185, .. }), "{error}");
    }

    #[test]
    fn a_long_list_with_what_real_ones_have_is_followed_to_its_end() {
        // A million rows; each page repeats the last row of the one before.
        let page = |page: u64| (page * 99..page * 99 + 100).collect();
        assert!(follow(10_000_000, 10_000, page).is_none());
        let mut guard = ListGuard::new("users", 10, 100);
        assert!(guard.page(0..100_000, None).is_ok(), "a list that ends has ended");
        assert!(guard.sample.len() <= SAMPLE);
    }
}
