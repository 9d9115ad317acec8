//! The small world that unit tests share: records of one service, each with its SID and its owners and nothing else. A test
//! sets the fields that it is about and takes the others from here: `User { friendly_name: …, ..testkit::user(1) }`, so that a
//! new field of the model changes no test.

mod records;
mod snapshot;

pub(crate) use records::{channel, date, member, membership, message, role, service, service_sid, user};
pub(crate) use snapshot::info;
