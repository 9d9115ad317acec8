//! What made-up plans of benches have besides their operations.

use std::collections::{BTreeMap, BTreeSet};

use chatferry::internals::model::Api;
use chatferry::internals::plan::{Batches, Header, MediaTotals, Move, PlanVerdict, Side, Totals};

/// A header that says nothing of where the plan is from but its services and when its source was read.
pub(crate) fn header(kind: Move, source: Side, target: Side, started: &str) -> Header {
    let none = String::new;
    Header {
        tool_version: none(),
        kind,
        source,
        target,
        snapshot: none(),
        snapshot_digest: none(),
        snapshot_source: Api::Chat,
        snapshot_verdict: none(),
        snapshot_window: (started.to_owned(), None),
        mapping: none(),
        mapping_digest: none(),
        target_digest: none(),
        target_service_digest: none(),
        mute_source: false,
        undoes: None,
        messages: None,
        media: None,
    }
}

/// Totals that count nothing.
pub(crate) fn totals() -> Totals {
    Totals {
        verdict: PlanVerdict::Ready,
        operations: BTreeMap::new(),
        noop: BTreeMap::new(),
        findings: BTreeMap::new(),
        requests: 0,
        estimated_seconds: 0.0,
        steps: Vec::new(),
        sizes: Vec::new(),
        participants_limit: 0,
        blocked_by: BTreeMap::new(),
        batches: Batches::default(),
        media: MediaTotals::default(),
        not_checked: BTreeSet::new(),
    }
}
