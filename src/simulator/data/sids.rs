//! The SIDs of one kind that a service has at first: drawn from the seed, or read from a snapshot.

use std::sync::Arc;

use super::sid::{self, SidSpace};

/// SIDs in order, each with its rank.
#[derive(Debug, Clone)]
pub(crate) enum Sids {
    Drawn(SidSpace),
    Read { prefix: &'static str, digits: Arc<[u128]> },
}

impl Sids {
    pub(crate) fn count(&self) -> u32 {
        match self {
            Self::Drawn(space) => space.count(),
            Self::Read { digits, .. } => u32::try_from(digits.len()).unwrap_or(u32::MAX),
        }
    }

    /// The digits at a rank.
    pub(crate) fn digits(&self, rank: u32) -> u128 {
        match self {
            Self::Drawn(space) => space.digits(rank),
            Self::Read { digits, .. } => digits[rank as usize],
        }
    }

    /// Where these digits stand, if they do.
    pub(crate) fn rank(&self, digits: u128) -> Option<u32> {
        match self {
            Self::Drawn(space) => space.rank(digits),
            Self::Read { digits: all, .. } => {
                all.binary_search(&digits).ok().and_then(|rank| u32::try_from(rank).ok())
            }
        }
    }

    pub(crate) fn text(&self, rank: u32) -> String {
        let prefix = match self {
            Self::Drawn(space) => space.prefix(),
            Self::Read { prefix, .. } => prefix,
        };
        sid::text(prefix, self.digits(rank))
    }
}
