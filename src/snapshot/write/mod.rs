//! Writing a snapshot: its creation, the frontier, pages with their cursors, and what a crawl is limited to or carries over.

pub(in crate::snapshot) mod carried_users;
pub(in crate::snapshot) mod carry;
pub(in crate::snapshot) mod focus;
pub(in crate::snapshot) mod frontier;
pub(in crate::snapshot) mod own_place;
pub(in crate::snapshot) mod pages;
pub(in crate::snapshot) mod replacement;
pub(in crate::snapshot) mod rows;
pub(in crate::snapshot) mod selection;
pub(in crate::snapshot) mod single_reads;
pub(in crate::snapshot) mod start;
mod watch;
pub(in crate::snapshot) mod writer;
