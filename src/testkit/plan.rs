//! A plan of the world: what its header and totals say, and the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::records::account_sid;
use crate::model::{Api, ServiceSid};
use crate::plan::{
    Batches, Header, Journal, JsonFields, MediaTotals, Move, Operation, PlanDraft, PlanVerdict, Side, Totals,
};

/// The service that is written to.
pub(crate) fn target() -> ServiceSid {
    ServiceSid::from_digits(2)
}

pub(crate) fn header() -> Header {
    let side = |service: ServiceSid| Side {
        account_sid: account_sid().to_string(),
        service_sid: service.to_string(),
        friendly_name: Some("shop".to_owned()),
    };
    Header {
        tool_version: "0.1.0".to_owned(),
        kind: Move::Copy,
        source: side(ServiceSid::from_digits(1)),
        target: side(target()),
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
        messages: None,
        media: None,
    }
}

pub(crate) fn totals() -> Totals {
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
        batches: Batches::default(),
        media: MediaTotals::default(),
        not_checked: BTreeSet::new(),
    }
}

pub(crate) fn fields(value: Value) -> JsonFields {
    let Value::Object(fields) = value else { panic!("an object") };
    fields
}

/// A plan of these operations, open to be applied. Those with a code are blocked.
pub(crate) fn journal(path: &Path, operations: &[(Operation, Option<&str>)]) -> Journal {
    journal_of(path, &header(), operations)
}

pub(crate) fn journal_of(path: &Path, header: &Header, operations: &[(Operation, Option<&str>)]) -> Journal {
    let mut draft = PlanDraft::create(path, header).unwrap();
    for (operation, blocked) in operations {
        draft.operation(operation, *blocked).unwrap();
    }
    drop(draft.finish(&totals()).unwrap());
    Journal::open(path).unwrap()
}
