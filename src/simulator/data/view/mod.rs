//! The service at one moment: each answer is what the seed says unless a change says otherwise.

mod memberships;
mod records;
