//! What reading a target costs, before a request is sent.

use crate::model::{Api, Entity};
use crate::source::largest_page;

/// Requests that reading a target takes, where it holds what was selected and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetEstimate {
    /// Where the target is empty.
    pub least: u64,
    /// Where it has everything that is selected, each on its one page. What else it holds adds a request for each 50 users
    /// and each 100 conversations; lists that are longer than a page add their pages.
    pub all: u64,
}

impl TargetEstimate {
    /// For this many selected users and conversations. No request is sent for it.
    pub fn of(users: u64, conversations: u64) -> Self {
        let page = |entity| u64::from(largest_page(Api::Conversations)(entity));
        let least = Api::Conversations.requests_of_service() + 3; // one page each of roles, users and conversations
        let further = |rows: u64, entity| rows.div_ceil(page(entity)).saturating_sub(1);
        let lists = further(users, Entity::User) + further(conversations, Entity::Channel);
        Self { least, all: least + lists + users + conversations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_counts_full_pages_and_one_list_each() {
        assert_eq!(TargetEstimate::of(0, 0), TargetEstimate { least: 8, all: 8 });
        assert_eq!(TargetEstimate::of(50, 100).all, 8 + 150);
        assert_eq!(TargetEstimate::of(51, 101).all, 8 + 2 + 152);
    }
}
