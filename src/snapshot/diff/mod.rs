//! Comparing the rows of two snapshots: digests of rows and lists, and the merge of what differs.

pub(in crate::snapshot) mod column;
pub(in crate::snapshot) mod digest;
pub(in crate::snapshot) mod group_digest;
pub(in crate::snapshot) mod list_digest;
pub(in crate::snapshot) mod merge;
pub(in crate::snapshot) mod row_encoding;
pub(in crate::snapshot) mod row_hash;
