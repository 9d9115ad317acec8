//! The evidence of completeness: numbers and sets that two sides of the API give, compared with each other.
//!
//! - a user's joined rows against `joined_channels_count`;
//! - a channel's joined members, as seen from the users' side, against `members_count`;
//! - the same against the channel's Members list, as sets;
//! - channels that users are on against the list of channels, without those that only a list names that could not be read to its end;
//! - a channel's messages, once their list ended, against `messages_count`;
//! - for a share of the users of a crawl by channel (`cross_check`), their joined rows against the members of all channels.
//!
//! Conversations gives no counts; there only the two lists are compared, and a participant without identity
//! (by SMS or the like), who has no user, is left out of it.
//!
//! What does not agree is kept in the table `disagreement` and read again once. Then it is **drift** if it agrees now or has
//! moved (the data changed meanwhile), **`count_only`** if only a counter is off while both lists agree member by member,
//! and a **hole** otherwise. What could not be compared again, or appeared in the last round, stays **open**; like a hole it
//! leaves the crawl incomplete, and the next run compares again.
//!
//! Why a count of messages cannot be a hole: nothing published says whether deleted messages are in it, and indices may skip, so
//! neither tells how many there should be. What can be known is that the list was followed to its end. So only its channel is
//! rechecked, never its list: `drift` if the counter moved, `count_only` if it is a different number.

pub(in crate::snapshot) mod check;
pub(in crate::snapshot) mod cross_check;
pub(in crate::snapshot) mod disagreements;
pub(in crate::snapshot) mod list_completeness;
pub(in crate::snapshot) mod missing;
pub(in crate::snapshot) mod of_person;
pub(in crate::snapshot) mod reconcile;
pub(in crate::snapshot) mod verdict;
