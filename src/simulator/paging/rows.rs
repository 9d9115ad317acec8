//! A list over an order of ids, whose rows one function writes: the lists of both APIs.

use super::PagedList;
use crate::simulator::data::order::MergedOrder;

#[derive(Debug)]
pub(crate) struct RecordList<'a, S, W> {
    /// The name of the array, which is also `meta.key`.
    pub(crate) key: &'static str,
    /// The prefix of the SIDs that it is ordered by.
    pub(crate) prefix: &'static str,
    pub(crate) order: MergedOrder<'a>,
    /// Whether the list shows this id.
    pub(crate) shows: S,
    /// Writes the row of this id.
    pub(crate) write: W,
}

impl<S: Fn(u32) -> bool, W: Fn(u32, &mut String)> PagedList for RecordList<'_, S, W> {
    fn key(&self) -> &'static str {
        self.key
    }

    fn prefix(&self) -> &'static str {
        self.prefix
    }

    fn count(&self) -> u32 {
        self.order.count()
    }

    fn digits(&self, rank: u32) -> u128 {
        self.order.digits(rank)
    }

    fn shows(&self, rank: u32) -> bool {
        (self.shows)(self.order.id(rank))
    }

    fn write(&self, rank: u32, out: &mut String) {
        (self.write)(self.order.id(rank), out);
    }
}
