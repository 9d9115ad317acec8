//! Plans are made, read back, compared byte for byte, edited and refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use super::*;
use crate::error::{Advise, Failure};
use crate::model::{ChannelSid, Entity, MemberSid, RoleSid, ServiceSid, UserSid};
use crate::plan::error::PlanError;
use crate::plan::finding::{PlanCheck, PlanFinding, Severity};
use crate::plan::operation::{Operation, OperationKind, OperationState, PlannedMessage, Subject};
use crate::storage::StorageError;
use crate::testkit::plan::{fields, header, totals};

static TAKEN: PlanCheck = PlanCheck {
    code: "unique_name_taken",
    severity: Severity::Block,
    of_plan: false,
    one: "1 unique name is taken",
    many: "{} unique names are taken",
    passes: "every unique name is free",
    meaning: "Another conversation has the name.",
    advice: "Rename it.",
};
static LOST: PlanCheck = PlanCheck { code: "permission_lost", severity: Severity::Warn, ..TAKEN };

fn operation(kind: OperationKind) -> Operation {
    Operation {
        kind,
        subject: Subject {
            service_sid: Some(ServiceSid::from_wire(&header().target.service_sid)),
            role_sid: Some(RoleSid::from_digits(7)),
            user_sid: Some(UserSid::from_digits(8)),
            channel_sid: Some(ChannelSid::from_digits(9)),
            member_sid: Some(MemberSid::from_wire("MB-odd")),
            invite_sid: None,
            identity: Some("ada <b>".to_owned()),
            unique_name: None,
            target_sid: Some("MB0000000000000000000000000000000a".to_owned()),
            conversation_sid: Some("CH0000000000000000000000000000000b".to_owned()),
            target_user_sid: Some("US odd".to_owned()),
            message: Some(PlannedMessage { index: 12, position: 9 }),
        },
        before: fields(json!({"role_sid": null})),
        after: fields(json!({"role_sid": "{RL00000000000000000000000000000007}", "attributes": "{}"})),
    }
}

/// What a plan has of records, with its index and without.
#[test]
fn an_index_finds_the_operations_that_a_read_of_all_finds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.db");
    drop(crate::testkit::reviewed_plan::plan(&path, crate::testkit::reviewed_plan::MadeUp::default()));
    let bytes = fs::read(&path).unwrap();
    let open = || PlanFile::open(&path).unwrap();
    let read = open();
    let mut records = Vec::new();
    read.operations::<PlanError>(&WantedOperations::default(), |entry| {
        let subject = &entry.operation.subject;
        let identity = subject.identity.clone();
        let user = |sid: &UserSid| PlannedRecord::User { sid: sid.clone(), identity: identity.clone() };
        records.extend(subject.user_sid.as_ref().map(user));
        records.extend(subject.channel_sid.clone().map(PlannedRecord::Channel));
        records.extend(subject.role_sid.clone().map(PlannedRecord::Role));
        Ok(())
    })
    .unwrap();
    records.push(PlannedRecord::Channel(ChannelSid::from_digits(u128::MAX)));
    let all: u64 = read.totals().unwrap().operations.values().flat_map(BTreeMap::values).sum();
    assert_eq!(read.operation_count().unwrap(), all);
    let about = |plan: &PlanFile, record: &PlannedRecord, most| {
        let mut found = Vec::new();
        plan.operations_about::<PlanError>(record, most, |entry| {
            found.push(entry.clone());
            Ok(())
        })
        .unwrap();
        found
    };
    let mut made = 0;
    let first = indexed(open(), || made += 1).unwrap();
    let again = indexed(open(), || made += 1).unwrap();
    assert_eq!(made, 1, "it is made once");
    let compare = |plan: &PlanFile| {
        for record in records.iter().step_by(7).chain(records.last()) {
            let expected = about(&read, record, None);
            assert_eq!(about(plan, record, None), expected, "{record:?}");
            assert_eq!(about(plan, record, Some(1)), expected.iter().take(1).cloned().collect::<Vec<_>>());
            assert_eq!(plan.count_about(record).unwrap(), expected.len() as u64);
        }
    };
    compare(&first);
    compare(&again);
    drop((first, again));
    let index = crate::storage::with_suffix(&path, ".search");
    fs::write(&index, "someone else's").unwrap();
    compare(&indexed(open(), || made += 1).unwrap());
    assert_eq!(made, 2);
    assert_eq!(fs::read(&index).unwrap(), b"someone else's", "what is not ours is left alone");
    assert_eq!(fs::read(&path).unwrap(), bytes, "the plan is not written to");
}

/// A plan of an operation of every kind, two of them blocked, with findings in a mixture.
fn plan(path: &Path) -> PlanFile {
    let mut draft = PlanDraft::create(path, &header()).unwrap();
    let finding = |check, sid: &str| PlanFinding {
        check,
        entity: Entity::Membership,
        sid: sid.to_owned(),
        name: None,
        detail: "taken".to_owned(),
    };
    draft.finding(&finding(&TAKEN, "US1/CH1")).unwrap();
    for kind in OperationKind::ALL {
        let blocked = kind.name().ends_with("_user").then_some("identity_missing");
        draft.operation(&operation(kind), blocked).unwrap();
    }
    draft.counterpart(Entity::User, "US2", "US3").unwrap();
    draft.counterpart(Entity::Channel, "CH2", "CH3").unwrap();
    draft.finding(&finding(&LOST, "US2/CH2")).unwrap();
    draft.finding(&finding(&TAKEN, "US3/CH3")).unwrap();
    draft.finish(&totals()).unwrap()
}

fn entries(plan: &PlanFile, wanted: &WantedOperations) -> Vec<Entry> {
    let mut entries = Vec::new();
    plan.operations::<PlanError>(wanted, |entry| {
        entries.push(entry.clone());
        Ok(())
    })
    .unwrap();
    entries
}

#[test]
fn what_was_planned_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&folder.path().join("plan.db"));
    assert_eq!(plan.header(), &header());
    plan.check().unwrap();
    let read = entries(&plan, &WantedOperations::default());
    let planned: Vec<_> = OperationKind::ALL.into_iter().map(operation).collect();
    assert_eq!(read.iter().map(|entry| entry.operation.clone()).collect::<Vec<_>>(), planned);
    assert_eq!(read.iter().map(|entry| entry.number).collect::<Vec<_>>(), (1..=16).collect::<Vec<_>>());
    let ids: std::collections::BTreeSet<_> = read.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(ids.len(), 16, "every operation has an id of its own");
    assert!(ids.iter().all(|id| id.len() == 16));

    let blocked = WantedOperations { kinds: None, states: Some(vec![OperationState::Blocked]) };
    let blocked = entries(&plan, &blocked);
    assert_eq!(blocked.len(), 3);
    assert!(blocked.iter().all(|entry| entry.reason.as_deref() == Some("identity_missing")));
    let wanted = WantedOperations {
        kinds: Some(vec![OperationKind::MakePrivate, OperationKind::DeleteRole]),
        states: None,
    };
    assert_eq!(entries(&plan, &wanted).len(), 2);

    let mut found = Vec::new();
    plan.findings::<PlanError>(|finding| {
        found.push((finding.check.code, finding.check.severity, finding.sid.clone()));
        Ok(())
    })
    .unwrap();
    assert_eq!(
        found,
        [
            ("unique_name_taken", Severity::Block, "US1/CH1".to_owned()),
            ("permission_lost", Severity::Warn, "US2/CH2".to_owned()),
            ("unique_name_taken", Severity::Block, "US3/CH3".to_owned()),
        ]
    );
    let now = plan.totals().unwrap();
    assert_eq!(now.operations.values().flat_map(BTreeMap::values).sum::<u64>(), 16);
    assert_eq!(now.operations[&OperationKind::CreateUser], BTreeMap::from([(OperationState::Blocked, 1)]));
    assert_eq!(now.noop, totals().noop);
}

#[test]
fn a_conversation_that_is_updated_and_then_closed_has_two_operations_of_their_own() {
    let update = |after: serde_json::Value| Operation {
        after: after.as_object().unwrap().clone(),
        ..operation(OperationKind::UpdateConversation)
    };
    let named = update(serde_json::json!({"friendly_name": "a"}));
    let closed = update(serde_json::json!({"state": "closed"}));
    assert_ne!(named.id(), closed.id());
    assert_eq!(named.id(), update(serde_json::json!({"friendly_name": "b"})).id(), "whatever is written");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one.db"), folder.path().join("other.db"));
    plan(&one);
    plan(&other);
    assert!(fs::read(&one).unwrap() == fs::read(&other).unwrap());
    let replaced = plan(&one);
    assert!(fs::read(&one).unwrap() == fs::read(&other).unwrap(), "replacing an untouched plan");
    assert_eq!(replaced.digest(), PlanFile::open(&other).unwrap().digest());
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["one.db", "other.db"]);
}

#[test]
fn people_read_it_through_the_views() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.db");
    plan(&path);
    let row: Vec<Option<String>> = Connection::open(&path)
        .unwrap()
        .query_row(
            "SELECT state, service_sid, user_sid, member_sid, target_sid, target_user_sid, reason, before FROM operations
             WHERE kind = 'update_user'",
            [],
            |row| (0..8).map(|column| row.get(column)).collect(),
        )
        .unwrap();
    let row: Vec<_> = row.iter().map(|value| value.as_deref().unwrap()).collect();
    assert_eq!(
        row,
        [
            "blocked",
            "IS00000000000000000000000000000002",
            "US00000000000000000000000000000008",
            "MB-odd",
            "MB0000000000000000000000000000000a",
            "US odd",
            "identity_missing",
            r#"{"role_sid":null}"#,
        ]
    );
}

#[test]
fn a_plan_that_was_edited_is_found_out_and_its_journal_is_no_edit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.db");
    let edits = [
        "UPDATE operation SET after = '{\"role_sid\":\"RL1\"}' WHERE number = 4",
        "UPDATE operation SET before = NULL WHERE number = 4",
        "UPDATE operation SET kind = 4 WHERE number = 1",
        "UPDATE operation SET target = 'CH1' WHERE number = 3",
        "UPDATE operation SET blocked = NULL WHERE number = 3",
        "DELETE FROM operation WHERE number = 14",
        "UPDATE counterpart SET target = 'US4' WHERE source = 'US2'",
        "UPDATE finding SET detail = 'fine' WHERE number = 1",
        "UPDATE checks SET severity = 'note'",
        "UPDATE property SET value = replace(value, 'IS0', 'IS3') WHERE key = 'header'",
        "UPDATE property SET value = replace(value, '\"requests\":4', '\"requests\":5') WHERE key = 'totals'",
    ];
    for edit in edits {
        plan(&path);
        assert_ne!(Connection::open(&path).unwrap().execute(edit, []).unwrap(), 0, "{edit}");
        let checked = PlanFile::open(&path).unwrap().check();
        assert!(matches!(checked, Err(PlanError::Edited { .. })), "{edit}: {checked:?}");
    }
    plan(&path);
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "UPDATE operation SET state = 3, started = 1, reason = '50416', result = '{\"sid\":\"MB1\"}' WHERE number = 6;
             INSERT INTO counterpart (entity, source, target) VALUES ('members', 'MB1', 'MB2')",
        )
        .unwrap();
    let plan = PlanFile::open(&path).unwrap();
    plan.check().unwrap();
    let failed =
        entries(&plan, &WantedOperations { kinds: None, states: Some(vec![OperationState::Failed]) });
    assert_eq!(failed[0].reason.as_deref(), Some("50416"));
    assert_eq!(failed[0].result, Some(json!({"sid": "MB1"})));
    assert_eq!(
        plan.totals().unwrap().operations[&OperationKind::CreateParticipant][&OperationState::Failed],
        1
    );
}

#[test]
fn what_must_be_kept_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.db");
    for touch in [
        "UPDATE operation SET state = 1 WHERE number = 2",
        "UPDATE operation SET started = 1 WHERE number = 1",
    ] {
        plan(&path);
        Connection::open(&path).unwrap().execute(touch, []).unwrap();
        let before = fs::read(&path).unwrap();
        let error = PlanDraft::create(&path, &header()).unwrap_err();
        assert!(matches!(error, PlanError::Applied { begun: 1, total: 16, .. }), "{error}");
        assert!(fs::read(&path).unwrap() == before);
        fs::remove_file(&path).unwrap();
    }
    fs::write(&path, "years of work").unwrap();
    assert!(matches!(
        PlanDraft::create(&path, &header()),
        Err(PlanError::Storage(StorageError::OtherKind { .. }))
    ));
    assert!(matches!(PlanFile::open(&path), Err(PlanError::Storage(StorageError::OtherKind { .. }))));
    fs::remove_file(&path).unwrap();

    plan(&path);
    let first = PlanDraft::create(&path, &header()).unwrap();
    assert!(matches!(
        PlanDraft::create(&path, &header()),
        Err(PlanError::Storage(StorageError::Locked { .. }))
    ));
    drop(first);
    plan(&path).check().unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    assert!(matches!(
        PlanFile::open(&path),
        Err(PlanError::Storage(StorageError::OtherFormat { found: 9, .. }))
    ));
    assert!(matches!(
        PlanDraft::create(&path, &header()),
        Err(PlanError::Storage(StorageError::OtherFormat { .. }))
    ));
    let missing = PlanFile::open(&folder.path().join("none.db")).unwrap_err();
    assert!(
        matches!(missing, PlanError::Storage(StorageError::Missing { .. }))
            && missing.status() == Failure::Usage
    );
}

#[test]
fn a_plan_with_holes_is_damaged_and_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.db");
    plan(&path);
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(3 * 8192);
    fs::write(&path, bytes).unwrap();
    let result = PlanFile::open(&path).and_then(|plan| plan.check());
    assert!(
        matches!(result, Err(PlanError::Storage(StorageError::Damaged { .. }) | PlanError::Edited { .. })),
        "{result:?}"
    );
}

#[test]
fn a_flipped_bit_in_what_the_digest_leaves_out_is_found_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.db");
    plan(&path);
    Journal::open(&path).unwrap().close().unwrap();
    let good = fs::read(&path).unwrap();
    for at in (100..good.len() - 60).step_by(good.len() / 40) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(PlanFile::open(&path).and_then(|plan| plan.check()).is_err(), "byte {at}");
        assert!(Journal::open(&path).is_err(), "byte {at}");
    }
    fs::write(&path, good).unwrap();
    assert!(Journal::open(&path).is_ok());
}
