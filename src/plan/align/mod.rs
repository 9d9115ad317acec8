//! Alignment: what the target should hold, item by item, and what it does hold.
//!
//! What it should hold are the rows of the mapping's records `conversation_roles`, `conversation_users`, `conversations`,
//! `participants` and `user_conversations` over the source's snapshot. What it does hold is a snapshot of the target, read through
//! Conversations. Plans are computed from this, and verification prints it.
//!
//! Items come in one fixed order: roles, users, then conversation by conversation the conversation itself, its participants each
//! with the user's own view of it, its invitations; last of each what the target alone has. Where messages are aligned, they follow.
//!
//! **Invariant:** memory does not grow with memberships. Of one conversation at most `held_participants::HELD` participants of the target are
//! held at a time; for all, the target's users and conversations that were met, as numbers.
//!
//! **Invariant:** nothing is known of plan files here, and nothing of what will be done about a difference.
//!
//! Why participants are matched by identity within a conversation and not by SID alone, in place too: someone who left and came
//! back has another member SID, and is the same participant.

mod actual;
mod compare;
mod context;
mod conversations;
mod copied_messages;
mod fields;
mod held_participants;
mod item;
mod message_digest;
mod messages;
mod names;
mod participants;
mod records;
mod role_map;
mod walk;

#[cfg(test)]
mod tests;

pub(in crate::plan) use actual::{email, projected_address};
pub(crate) use context::{AlignOptions, Pair};
pub(in crate::plan) use context::{fingerprint, is_other_account, number};
pub(crate) use item::{Actual, Conversation, FieldPair, Item, Standing};
pub(crate) use names::{Name, names};
pub use records::PlanRecords;
pub(crate) use records::UnfitMapping;
pub(crate) use walk::align;
