//! The evidence of completeness: what two sides of the API give, compared; what is missing; and the verdict.

pub(in crate::snapshot) mod check;
pub(in crate::snapshot) mod cross_check;
pub(in crate::snapshot) mod disagreements;
pub(in crate::snapshot) mod evidence;
pub(in crate::snapshot) mod list_completeness;
pub(in crate::snapshot) mod missing;
pub(in crate::snapshot) mod reconcile;
pub(in crate::snapshot) mod verdict;
