//! From two snapshots and a mapping to a plan: operations, findings and totals.
//!
//! Every aligned item is looked at once. What is missing in a copy is created, with what depends on it; what differs is written
//! where the mapping's `[plan]` section owns the field, and reported otherwise; what the target alone has is noted.
//!
//! **Invariant:** no operation deletes, and none writes to what a check blocks: such operations are in the plan as blocked, with the
//! check's code, so that nothing is left out silently.
//!
//! **Invariant:** pure. The time of day is an input that decides one finding, and the same input gives the same operations and
//! findings in the same order.
//!
//! Why `state` and timers are written last: a conversation cannot be created closed (error 50384), a closed one takes nothing
//! (50377), and a timer that runs while participants are added may close it under them.
//!
//! Why notification levels are written with new participants and, unless the mapping says otherwise, never filled in later: once
//! the source has been muted by a plan, every level there says `muted`, and a later plan would silence everyone in the copy.

mod batch;
mod blocked_users;
mod checks;
mod conversations;
mod current;
mod differences;
mod draft_thread;
mod message_findings;
mod messages;
mod options;
mod participants;
mod plan_checks;
mod planner;
mod read_position;
mod run;
mod settings;
mod tally;
mod users;
mod values;

#[cfg(test)]
mod tests;

pub use draft_thread::compute_into;
pub(crate) use options::ConversationLimits;
pub use options::PlanOptions;
pub use planner::Inputs;
#[cfg(test)]
pub(crate) use planner::Sink;
#[cfg(test)]
pub(crate) use run::compute;
