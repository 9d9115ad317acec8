//! Reading a snapshot: ordered walks, single lookups, one service at a time.

pub(in crate::snapshot) mod listed;
pub(in crate::snapshot) mod lookup;
pub(in crate::snapshot) mod member_by_sid;
pub(in crate::snapshot) mod memberships;
pub(in crate::snapshot) mod names;
pub(in crate::snapshot) mod participants;
pub(in crate::snapshot) mod plan_queries;
pub(in crate::snapshot) mod reader;
pub(in crate::snapshot) mod service_view;
pub(in crate::snapshot) mod walk;
pub(in crate::snapshot) mod walk_row;
