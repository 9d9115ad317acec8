//! The small world that unit tests share: as records (`records`), as a snapshot (`world`, `snapshot`) and as a plan (`plan`,
//! `operations`, `performed`, `reviewed_plan`). `pace` measures what is paced.
//!
//! Records are of one service, each with its SID and its owners and nothing else. A test
//! sets the fields that it is about and takes the others from here: `User { friendly_name: …, ..testkit::user(1) }`, so that a
//! new field of the model changes no test.

pub(crate) mod operations;
pub(crate) mod pace;
pub(crate) mod performed;
pub(crate) mod plan;
mod records;
pub(crate) mod reviewed_plan;
mod snapshot;
pub(crate) mod world;

pub(crate) use records::{channel, date, member, membership, message, role, service, service_sid, user};
pub(crate) use snapshot::info;
