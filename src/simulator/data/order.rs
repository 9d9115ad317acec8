//! The order of a list: what the seed says and what was created since, merged by SID.
//!
//! Generated things need no table: their SID follows from their rank. Created ones are few, and know how many
//! generated ones come before them, so that any rank of the merged list is found by one binary search.

use std::sync::Arc;

use super::graph::Graph;
use super::sid::SidSpace;
use super::sids::Sids;

/// Of so many ranks the first that is not before what is searched for; those before it come first.
pub(crate) fn first_rank(count: u32, is_before: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Where something created since the start stands among the generated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CreatedEntry {
    /// The digits of the SID that the list is ordered by, in big-endian bytes, which need no padding.
    digits: [u8; 16],
    pub(crate) id: u32,
    /// How many generated ones have lower digits.
    before: u32,
}

impl CreatedEntry {
    pub(crate) fn digits(&self) -> u128 {
        u128::from_be_bytes(self.digits)
    }
}

/// The part of a list that a service has at first.
#[derive(Debug, Clone)]
pub(crate) enum GeneratedOrder<'a> {
    /// All SIDs of a kind; the id is the rank.
    All(&'a Sids),
    /// All of a space; the id of rank 0 is `first`.
    Space { space: SidSpace, first: u32 },
    /// The edges of a user, by the SIDs of their channels.
    OfUser { edges: &'a [u32], graph: &'a Graph, channels: &'a Sids },
    /// A few in order, with their ids.
    Few(&'a [(u128, u32)]),
    /// What was read of a list, in order, with their ids.
    Read(Arc<[(u128, u32)]>),
}

impl GeneratedOrder<'_> {
    fn count(&self) -> u32 {
        match self {
            Self::All(sids) => sids.count(),
            Self::Space { space, .. } => space.count(),
            Self::OfUser { edges, .. } => u32::try_from(edges.len()).unwrap_or(u32::MAX),
            Self::Few(few) => u32::try_from(few.len()).unwrap_or(u32::MAX),
            Self::Read(read) => u32::try_from(read.len()).unwrap_or(u32::MAX),
        }
    }

    fn id(&self, rank: u32) -> u32 {
        match self {
            Self::All(_) => rank,
            Self::Space { first, .. } => first + rank,
            Self::OfUser { edges, .. } => edges[rank as usize],
            Self::Few(few) => few[rank as usize].1,
            Self::Read(read) => read[rank as usize].1,
        }
    }

    fn digits(&self, rank: u32) -> u128 {
        match self {
            Self::All(sids) => sids.digits(rank),
            Self::Space { space, .. } => space.digits(rank),
            Self::OfUser { edges, graph, channels } => channels.digits(graph.channel(edges[rank as usize])),
            Self::Few(few) => few[rank as usize].0,
            Self::Read(read) => read[rank as usize].0,
        }
    }

    /// How many have digits lower than these.
    pub(crate) fn before(&self, digits: u128) -> u32 {
        first_rank(self.count(), |rank| self.digits(rank) < digits)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct MergedOrder<'a> {
    pub(crate) generated: GeneratedOrder<'a>,
    /// In the order of digits.
    pub(crate) created: &'a [CreatedEntry],
}

impl MergedOrder<'_> {
    pub(crate) fn count(&self) -> u32 {
        self.generated.count() + u32::try_from(self.created.len()).unwrap_or(0)
    }

    /// The created one at a rank, or the rank among the generated.
    fn at(&self, rank: u32) -> Result<CreatedEntry, u32> {
        if self.created.is_empty() {
            return Err(rank);
        }
        // The created ones with a lower rank: each stands at its own place plus the generated before it.
        let created = u32::try_from(self.created.len()).unwrap_or(u32::MAX);
        let stands = |place: u32| u64::from(self.created[place as usize].before) + u64::from(place);
        let lower = first_rank(created, |place| stands(place) < u64::from(rank));
        match self.created.get(lower as usize) {
            Some(place) if place.before + lower == rank => Ok(*place),
            _ => Err(rank - lower),
        }
    }

    /// What stands at a rank.
    pub(crate) fn id(&self, rank: u32) -> u32 {
        self.at(rank).map_or_else(|rank| self.generated.id(rank), |place| place.id)
    }

    pub(crate) fn digits(&self, rank: u32) -> u128 {
        self.at(rank).map_or_else(|rank| self.generated.digits(rank), |place| place.digits())
    }
}

/// Puts a created thing in its place.
pub(crate) fn insert(created: &mut Vec<CreatedEntry>, generated: &GeneratedOrder<'_>, digits: u128, id: u32) {
    let at = created.partition_point(|place| place.digits() < digits);
    let before = generated.before(digits);
    if created.len() == created.capacity() {
        created.reserve_exact(created.len() / 4 + 2); // there may be a hundred thousand lists, and doubled they are half empty
    }
    created.insert(at, CreatedEntry { digits: digits.to_be_bytes(), id, before });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::draws::{self, Draws};

    #[test]
    fn created_ones_stand_where_their_sids_belong() {
        let space = SidSpace::new(Draws::new(3), "US", 0, 20);
        let generated = GeneratedOrder::Space { space, first: 0 };
        let mut created = Vec::new();
        let mut draw = 1;
        for id in 20..60 {
            draw = draws::next(draw);
            insert(&mut created, &generated, u128::from(draw) << 64, id);
        }
        let order = MergedOrder { generated, created: &created };
        let mut ids: Vec<u32> = (0..order.count()).map(|rank| order.id(rank)).collect();
        assert!((1..60).all(|rank| order.digits(rank - 1) < order.digits(rank)));
        ids.sort_unstable();
        assert_eq!(ids, (0..60).collect::<Vec<_>>());
    }
}
