//! What a copy of a service takes, from counts alone: before there is a snapshot or a plan.
//!
//! **Invariant:** bounds, not a guess. No count says who has read a channel or muted it, and each who did is one request more.

use std::collections::BTreeMap;

use serde::Serialize;

use super::operation::MOST_PARTICIPANTS;

/// Requests of a copy of users, conversations and participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct CopyCost {
    /// Where no one has read or muted anything.
    pub least: u64,
    pub most: u64,
    /// The same with a request for each participant.
    pub least_without_batches: u64,
    pub most_without_batches: u64,
}

impl CopyCost {
    /// Of so many users, and of channels by their number of members.
    pub(crate) fn of(users: u64, channels: &BTreeMap<u64, u64>) -> Self {
        let together = MOST_PARTICIPANTS as u64;
        let mut cost =
            Self { least: users, most: users, least_without_batches: users, most_without_batches: users };
        for (&members, &channels) in channels {
            let beyond = members.saturating_sub(together);
            // One request with all of them, and one more: their list, or for a single member its own.
            let add = |sum: &mut u64, parts: [u64; 3]| {
                let of_channel = parts.into_iter().fold(0_u64, u64::saturating_add);
                *sum = sum.saturating_add(channels.saturating_mul(of_channel));
            };
            add(&mut cost.least, [1, members.min(1), beyond]);
            add(&mut cost.most, [1, members, beyond]);
            add(&mut cost.least_without_batches, [1, members, 0]);
            add(&mut cost.most_without_batches, [1, members, members]);
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_those_of_no_and_of_all_views() {
        let of = |members| CopyCost::of(0, &BTreeMap::from([(members, 1)]));
        let bounds = |cost: CopyCost| (cost.least, cost.most);
        assert_eq!(bounds(of(0)), (1, 1));
        assert_eq!(bounds(of(1)), (2, 2));
        assert_eq!(bounds(of(2)), (2, 3), "a 1:1 conversation");
        assert_eq!(bounds(of(10)), (2, 11));
        assert_eq!(bounds(of(14)), (6, 19));
        let all = CopyCost::of(3, &BTreeMap::from([(2, 5)]));
        assert_eq!((all.least_without_batches, all.most_without_batches), (3 + 15, 3 + 25));
        assert_eq!(of(u64::MAX).most_without_batches, u64::MAX, "whatever a server counts");
    }
}
