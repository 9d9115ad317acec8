//! An embedded Twilio on loopback: Programmable Chat v2 and Conversations v1, which show the same objects.
//!
//! It is written from Twilio's OpenAPI descriptions and documentation alone, so that it is a second opinion
//! on what the client believes. Its first account has a service that is made from a seed, costs 8 bytes a
//! membership, and never changes but by writes and by the faults that are asked for; and an empty one. So has
//! the second account, with credentials of its own.
//!
//! A request goes through `server` (authentication, `limits`, accidents of `faults`) to a `route` of `chat`
//! or `conversations`, which reads `data` and writes `json` through `paging`; the answer leaves when `timer`
//! says.
//!
//! **Invariant:** nothing of `twilio` or `source` is imported here: shared types would hide a misread field
//! from every test.
//!
//! **Invariant:** it listens on 127.0.0.1 only.

mod answer;
mod auth;
mod chat;
mod conversations;
mod data;
mod failure;
mod faults;
mod hostile;
mod json;
mod limits;
mod night;
mod options;
mod paging;
mod query;
mod reply;
mod route;
mod running;
mod server;
mod shared;
mod stats;
#[cfg(test)]
mod tests;
mod timer;
mod truth;
mod wire;
mod writes;

pub(crate) use faults::FaultsError;
pub use faults::{Faults, fault_names};
pub use night::{Change, ChangeKind};
pub use options::{Options, ServiceLimits, WorldKind};
pub(crate) use running::SimulatorError;
pub use running::{Running, start};
pub(crate) use stats::Stats;
pub(crate) use truth::Row;
pub use truth::Truth;
pub use writes::Write;
