//! Tables of PostgreSQL as a destination: `postgres://HOST/DATABASE/SCHEMA`.
//!
//! Each record is a table, loaded by `COPY` in one transaction, so that a reader sees the former rows or the new ones. The column `chatferry_run` says
//! which crawl a row is from, and the table `chatferry_runs` whether that was complete.
//!
//! Why requests block: as in `destination::bucket`, exports are plain synchronous code and the client is not.
//!
//! **Invariant:** nothing is written before every table that exists was found to have the columns of its record.
//!
//! **Invariant:** no password is part of an address, and so of nothing that is printed.

mod address;
mod columns;
mod connection;
mod copy;
mod encryption;
mod load;
mod password;
mod runs;

pub(super) use load::load;
