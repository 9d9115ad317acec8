//! What `browse` says before it serves.

/// The search index of a snapshot is made.
pub(crate) const MAKING_SEARCH_INDEX: &str = "making the search index, once for this snapshot";

/// The index of a plan is made.
pub(crate) const MAKING_PLAN_INDEX: &str = "making the index of the plan, once for this plan";

/// The snapshot has no verdict.
pub(crate) const NOT_FINISHED: &str =
    "the snapshot is being written, or its crawl was broken off: pages show what was committed by now";

pub(crate) fn listening(address: &str) -> String {
    format!("listening on {address}")
}
