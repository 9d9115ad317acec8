//! An embedded Twilio on loopback: Programmable Chat v2 and Conversations v1, which show the same objects.
//!
//! It is written from Twilio's OpenAPI descriptions and documentation only, so that it is a second opinion
//! on what the client believes. Its first account has a service that is made from a seed, costs 8 bytes a
//! membership, and changes only by writes, drift and faults that are asked for; and an empty one. So has
//! the second account, with credentials of its own. Snapshots can take the place of the seed (`data::loaded`).
//!
//! A request goes through `server` (authentication, `limits`, faults of `faults`) to a `route` of `api`,
//! which reads `data` and writes `json` through `paging`; the answer leaves when `timer`
//! says. `media` is a service of its own, and gives out its bytes at another port.
//!
//! **Invariant:** nothing of `twilio` or `source` is imported here: shared types would hide a misread field
//! from every test.
//!
//! **Invariant:** it listens on 127.0.0.1 only.

mod accounts;
mod answer;
mod api;
mod arrival;
mod auth;
mod data;
mod draws;
mod drift;
mod faults;
mod hostile;
mod json;
mod limits;
mod media;
mod media_links;
mod oauth;
mod options;
mod paging;
mod query;
mod refusal;
mod reply;
mod route;
mod running;
mod served_api;
mod server;
mod state;
mod stats;
#[cfg(test)]
mod tests;
mod timer;
mod truth;
mod wire;
mod writes;

pub use data::loaded::{Lack, LoadError};
pub use drift::{DriftChange, DriftChangeKind};
pub use faults::{Faults, fault_names};
pub(crate) use options::Delays;
pub use options::{Loaded, Options, ServiceLimits, WorldKind, WriteClock};
pub use running::{Running, SimulatorError, start};
pub(crate) use stats::Stats;
pub use truth::Truth;
pub(crate) use truth::TruthRow;
pub use writes::Write;
