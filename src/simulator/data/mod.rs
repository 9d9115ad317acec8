//! The simulated accounts: who there is, who is in which channel, and what was changed since.
//!
//! [`ServiceWorld`] is what one service has at first and never changes: what follows from the seed, or what snapshots have (`initial`
//! is the one interface to both); `Changes` is what writes and drift did to it; [`WorldView`] is all together, held for the making of
//! one answer.

pub(crate) mod account;
pub(crate) mod as_sent;
pub(crate) mod binding_words;
mod bindings;
pub(crate) mod changes;
pub(crate) mod channels;
pub(crate) mod graph;
pub(crate) mod initial;
pub(crate) mod loaded;
pub(crate) mod media_store;
pub(crate) mod memberships;
pub(crate) mod message_order;
pub(crate) mod messages;
pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod record;
pub(crate) mod role_table;
mod roles;
pub(crate) mod sid;
pub(crate) mod sids;
pub(crate) mod singled_out;
pub(crate) mod specimens;
mod stored_memberships;
pub(crate) mod users;
mod view;
mod world;
mod writer;
mod written;

pub(crate) use account::Account;
pub(crate) use view::media::find as find_media;
pub(crate) use world::{ChangesGuard, Origins, Owner, ServicePlan, ServiceWorld, SettingsGiven, WorldView};
pub(crate) use writer::Writer;
