//! Where a page of a long list stands: how much it shows of how much, and the addresses around it.

use serde::Serialize;

use crate::browse::filter::{PageQuery, ROWS};
use crate::browse::library::Library;

#[derive(Debug, Serialize)]
pub(super) struct Paging {
    /// Rows of the list.
    total: u64,
    /// Of these, those that the filter lets through.
    matching: u64,
    /// The number of the first that is shown.
    first: u64,
    previous: Option<String>,
    next: Option<String>,
    /// The address of the list as a file.
    csv: String,
}

impl Paging {
    /// That of the page `name`, which shows so many rows of the list.
    pub(super) fn of(
        library: &Library,
        name: &str,
        query: &PageQuery,
        shown: usize,
        [matching, total]: [u64; 2],
    ) -> Self {
        let address = |from: u64| format!("{}/{name}?{}#list", library.base, query.at(from));
        let end = query.from + shown as u64;
        Self {
            total,
            matching,
            first: query.from + 1,
            previous: (query.from > 0).then(|| address(query.from.saturating_sub(ROWS as u64))),
            next: (end < matching).then(|| address(end)),
            csv: format!("{}/{name}.csv?{}", library.base, query.at(0)),
        }
    }
}
