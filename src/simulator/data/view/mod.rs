//! The service at one moment: each answer is what the seed says unless a change says otherwise.

pub(super) mod media;
mod memberships;
mod records;
