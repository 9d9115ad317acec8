//! `browse`: a snapshot as pages in a web browser of this machine, rendered here, for people who do not write SQL.
//!
//! [`Library`] has the files and answers questions of its pages; `serve` takes requests in and lets only those through that name
//! this machine and know the token. [`SearchIndex`] finds records by how a name begins.
//!
//! **Invariant:** nothing is written but the search index and the index of a plan, and nothing is asked for elsewhere. Files are opened for reading, no page
//! names another host, and the policy of each forbids what is not in it.
//!
//! **Invariant:** a request that names another host in `Host`, or has no token, is answered 403 and shown nothing. A site that a
//! browser is on can thus neither read a page through a name that leads to this machine nor guess an address.

mod answer;
mod changes;
mod error;
mod facts;
mod filter;
mod index;
mod library;
mod pages;
mod routes;
mod server;

pub(crate) use index::SearchIndex;
pub(crate) use library::{Library, LibraryFiles};
pub(crate) use server::bind;
