//! What the snapshot of the world says of itself.

use std::collections::BTreeMap;

use super::records::{account_sid, service_sid};
use crate::model::{Api, Entity};
use crate::snapshot::{Counts, Info, Requests, Verdict};

/// What a complete snapshot of all lists but invitations and messages says of itself.
pub(crate) fn info() -> Info {
    use Entity::{Channel, Member, Membership, Role, User};
    Info {
        format: 1,
        tool_version: "0.1.0".to_owned(),
        id: "d1".repeat(16),
        account_sid: account_sid(),
        services: vec![service_sid()],
        source: Api::Chat,
        include: vec![Role, User, Channel, Membership, Member],
        selected_users: None,
        cross_check: None,
        started: "2020-09-13T12:26:40Z".to_owned(),
        finished: Some("2020-09-13T12:27:40Z".to_owned()),
        elapsed_seconds: 60.0,
        carried: None,
        verdict: Verdict::Complete,
        counts: Counts::default(),
        requests: Requests::default(),
        units: BTreeMap::new(),
        disagreement_counts: BTreeMap::new(),
        disagreements: Vec::new(),
        missing_memberships_count: 0,
        missing_memberships: Vec::new(),
        failures: Vec::new(),
        vanished: BTreeMap::new(),
        not_found: Vec::new(),
        oddities: Vec::new(),
    }
}
