//! How many findings a check has, as `plan --json` and `apply --json` give it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::{PlanCheck, Severity};

/// How many findings a check has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct CountedFinding {
    /// How bad they are.
    pub severity: Severity,
    /// How many.
    pub count: u64,
}

impl CountedFinding {
    /// Findings by the code of their check, with its severity in this plan.
    pub(crate) fn all(
        counts: BTreeMap<String, u64>,
        checks: &[&'static PlanCheck],
    ) -> BTreeMap<String, Self> {
        let counted = |(code, count): (String, u64)| {
            let severity =
                checks.iter().find(|check| check.code == code).map_or(Severity::Note, |check| check.severity);
            let severity = if count == 0 { Severity::Pass } else { severity };
            (code, Self { severity, count })
        };
        counts.into_iter().map(counted).collect()
    }
}
