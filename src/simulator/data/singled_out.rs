//! The users, channels and memberships that are singled out by faults given as numbers.

use std::collections::{HashMap, HashSet};

use super::graph::{Graph, MembershipStatus};
use crate::simulator::draws::{DrawPurpose, Draws, below};
use crate::simulator::faults::{EndlessList, Fault, Faults};

/// What was singled out. One user has at most one of these troubles.
#[derive(Debug, Default)]
pub(crate) struct SingledOut {
    /// Their User Channels never end.
    pub(crate) looping: HashSet<u32>,
    /// Their User Channels have a next page for ever.
    pub(crate) endless: HashSet<u32>,
    /// Listed, and nowhere else.
    pub(crate) vanished_users: HashSet<u32>,
    /// Listed, and nowhere else.
    pub(crate) vanished_channels: HashSet<u32>,
    /// Memberships missing from the user's list.
    pub(crate) hidden: HashSet<u32>,
    /// User → the membership that goes (or comes, see `coming`) once its user's channels or its channel's
    /// members were listed.
    pub(crate) changing: HashMap<u32, u32>,
    /// Those of `changing` that are not there at first.
    pub(crate) coming: HashSet<u32>,
}

impl SingledOut {
    /// How the list of a user's channels never ends, if it does not.
    pub(crate) fn endless_list(&self, user: u32) -> Option<EndlessList> {
        if self.looping.contains(&user) {
            Some(EndlessList::Loop)
        } else {
            self.endless.contains(&user).then(|| EndlessList::of_user(user))
        }
    }

    /// Chooses; `users` and `channels` are how many there are.
    pub(crate) fn new(draws: Draws, faults: &Faults, graph: &Graph, users: u32, channels: u32) -> Self {
        let mut selected = Self::default();
        let wanted = |fault| faults.count(fault).unwrap_or(0) as usize;
        for channel in in_random_order(draws, 1, channels) {
            if selected.vanished_channels.len() >= wanted(Fault::VanishChannel) {
                break;
            }
            selected.vanished_channels.insert(channel);
        }
        for user in in_random_order(draws, 2, users) {
            // Memberships of a vanished channel cannot be hidden or change.
            let joined = graph.of_user(user).iter().copied().find(|edge| {
                graph.status(*edge) == MembershipStatus::Joined
                    && !selected.vanished_channels.contains(&graph.channel(*edge))
            });
            let open = |taken: usize, fault| taken < wanted(fault);
            match joined {
                _ if open(selected.vanished_users.len(), Fault::VanishUser) => {
                    selected.vanished_users.insert(user);
                }
                Some(_) if open(selected.looping.len(), Fault::LoopUser) => {
                    selected.looping.insert(user);
                }
                Some(_) if open(selected.endless.len(), Fault::EndlessList) => {
                    selected.endless.insert(user);
                }
                Some(edge) if open(selected.hidden.len(), Fault::HiddenRow) => {
                    selected.hidden.insert(edge);
                }
                Some(edge) if open(selected.changing.len(), Fault::Changing) => {
                    if selected.changing.len() % 2 == 1 {
                        selected.coming.insert(edge);
                    }
                    selected.changing.insert(user, edge);
                }
                _ if NUMBERED.iter().all(|fault| wanted(*fault) == 0) => break,
                _ => {}
            }
            let found = selected.vanished_users.len()
                + selected.looping.len()
                + selected.endless.len()
                + selected.hidden.len()
                + selected.changing.len();
            if found >= NUMBERED.iter().map(|fault| wanted(*fault)).sum() {
                break;
            }
        }
        selected
    }
}

/// The faults that choose users.
const NUMBERED: [Fault; 5] =
    [Fault::VanishUser, Fault::LoopUser, Fault::EndlessList, Fault::HiddenRow, Fault::Changing];

/// Every number below the limit once, from a random start.
fn in_random_order(draws: Draws, salt: u64, limit: u32) -> impl Iterator<Item = u32> {
    let start = u64::from(below(draws.draw(DrawPurpose::Selection, salt), limit));
    (0..u64::from(limit)).map(move |step| {
        u32::try_from((start + step) % u64::from(limit.max(1))).expect("a remainder of a u32 fits")
    })
}
