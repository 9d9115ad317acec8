//! A header and totals to make plans of in tests.

use std::collections::BTreeMap;

use crate::model::Api;
use crate::plan::operation::JsonFields;
use crate::plan::overview::{Header, Move, PlanVerdict, Side, Totals};

pub(in crate::plan) fn header() -> Header {
    let side = |digit: &str| Side {
        account_sid: format!("AC{}", digit.repeat(32)),
        service_sid: format!("IS{}", digit.repeat(32)),
        friendly_name: Some("shop".to_owned()),
    };
    Header {
        tool_version: "0.1.0".to_owned(),
        kind: Move::Copy,
        source: side("1"),
        target: side("2"),
        snapshot: "snapshot.db".to_owned(),
        snapshot_digest: "aa".to_owned(),
        snapshot_source: Api::Chat,
        snapshot_verdict: "complete".to_owned(),
        snapshot_window: ("2026-01-01T00:00:00Z".to_owned(), None),
        mapping: "conversations".to_owned(),
        mapping_digest: "bb".to_owned(),
        target_digest: "cc".to_owned(),
        target_service_digest: "dd".to_owned(),
        mute_source: true,
        undoes: None,
    }
}

pub(in crate::plan) fn totals() -> Totals {
    Totals {
        verdict: PlanVerdict::Ready,
        operations: BTreeMap::new(),
        noop: BTreeMap::from([("users".to_owned(), 3)]),
        findings: BTreeMap::from([("unique_name_taken".to_owned(), 2)]),
        requests: 4,
        estimated_seconds: 0.5,
        steps: Vec::new(),
        sizes: Vec::new(),
        participants_limit: 100,
        blocked_by: BTreeMap::new(),
        not_checked: std::collections::BTreeSet::new(),
    }
}

pub(in crate::plan) fn fields(value: serde_json::Value) -> JsonFields {
    let serde_json::Value::Object(fields) = value else { panic!("an object") };
    fields
}
