//! Plans with a journal, and what takes them back.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::*;
use crate::model::{ChannelSid, MemberSid, RoleSid, ServiceSid, UserSid};
use crate::plan::file::WantedOperations;
use crate::testkit;
use crate::testkit::plan::{fields, totals};

/// A plan in the making, and what its run is to have written of each operation.
struct Book {
    folder: tempfile::TempDir,
    operations: Vec<(Operation, OperationState, Value)>,
}

/// What taking a plan back gives: operations as kind, target's SID, before and after; and findings.
#[derive(Debug, PartialEq)]
struct Taken {
    operations: Vec<(OperationKind, Option<String>, Value, Value)>,
    findings: Vec<(String, String)>,
}

fn subject(channel: u128, member: u128) -> Subject {
    Subject {
        service_sid: Some(ServiceSid::from_wire(&testkit::plan::header().target.service_sid)),
        channel_sid: Some(ChannelSid::from_digits(channel)),
        user_sid: Some(UserSid::from_digits(member)),
        member_sid: Some(MemberSid::from_digits(member)),
        identity: Some(format!("user {member}")),
        ..Subject::default()
    }
}

impl Book {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), operations: Vec::new() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("plan.db")
    }

    fn done(
        mut self,
        kind: OperationKind,
        subject: Subject,
        before: Value,
        after: Value,
        result: Value,
    ) -> Self {
        let operation = Operation { kind, subject, before: fields(before), after: fields(after) };
        self.operations.push((operation, OperationState::Done, result));
        self
    }

    fn in_state(mut self, state: OperationState) -> Self {
        self.operations.last_mut().unwrap().1 = state;
        self
    }

    /// Makes the plan, writes the journal, and takes it back.
    fn undone(&self) -> Taken {
        let mut draft = PlanDraft::create(&self.path(), &testkit::plan::header()).unwrap();
        for (operation, _, _) in &self.operations {
            draft.operation(operation, None).unwrap();
        }
        draft.counterpart(Entity::Role, "RL7", "RL8").unwrap();
        drop(draft.finish(&totals()).unwrap());
        let journal = Connection::open(self.path()).unwrap();
        for (number, (_, state, result)) in (1_i64..).zip(&self.operations) {
            let state = OperationState::ALL.iter().position(|other| other == state).unwrap();
            let row = (i64::try_from(state).unwrap(), result.to_string(), number);
            journal.execute("UPDATE operation SET state = ?1, result = ?2 WHERE number = ?3", row).unwrap();
        }
        taken_back(&self.path(), &self.folder.path().join("undo.db"))
    }
}

fn taken_back(plan: &Path, undo_plan: &Path) -> Taken {
    let plan = PlanFile::open(plan).unwrap();
    let mut draft = PlanDraft::create(undo_plan, &header(&plan)).unwrap();
    let totals = undo(&plan, &mut draft, RequestPace::default()).unwrap();
    let made = draft.finish(&totals).unwrap();
    made.check().unwrap();
    assert_eq!(made.header().kind, Move::Undo);
    assert_eq!(made.header().undoes.as_deref(), Some(plan.digest()));
    let mut taken = Taken { operations: Vec::new(), findings: Vec::new() };
    made.operations::<PlanError>(&WantedOperations::default(), |entry| {
        let Operation { kind, subject, before, after } = entry.operation.clone();
        let (before, after) = (Value::Object(before), Value::Object(after));
        taken.operations.push((kind, subject.target_sid, before, after));
        Ok(())
    })
    .unwrap();
    made.findings::<PlanError>(|finding| {
        taken.findings.push((finding.sid.clone(), finding.detail.clone()));
        Ok(())
    })
    .unwrap();
    assert_eq!(totals.operations, made.totals().unwrap().operations);
    assert_eq!(totals.findings["cannot_be_undone"], taken.findings.len() as u64);
    taken
}

fn created(sid: &str) -> Value {
    json!({"sid": sid, "created": true})
}

#[test]
fn what_was_created_is_removed_last_things_first() {
    let mut known = subject(1, 2);
    known.conversation_sid = Some(ChannelSid::from_digits(9).to_string());
    let role = Subject { role_sid: Some(RoleSid::from_digits(7)), ..subject(0, 0) };
    let taken = Book::new()
        .done(OperationKind::CreateRole, role, json!({}), json!({"friendly_name": "guest"}), created("RL1"))
        .done(OperationKind::CreateUser, subject(0, 5), json!({}), json!({}), created("US1"))
        .done(
            OperationKind::UpdateUser,
            subject(0, 5),
            json!({"attributes": "{}"}),
            json!({"attributes": "[]"}),
            json!({}),
        )
        .done(OperationKind::CreateParticipant, known.clone(), json!({}), json!({}), created("MB1"))
        .done(
            OperationKind::UpdateParticipant,
            known.clone(),
            json!({"last_read_message_index": null}),
            json!({"last_read_message_index": 4}),
            json!({}),
        )
        .done(
            OperationKind::UpdateUserConversation,
            Subject { member_sid: None, ..known },
            json!({"notification_level": "default"}),
            json!({"notification_level": "muted"}),
            json!({}),
        )
        .undone();
    let kinds: Vec<_> =
        taken.operations.iter().map(|(kind, sid, ..)| (*kind, sid.clone().unwrap())).collect();
    assert_eq!(
        kinds,
        [
            (OperationKind::DeleteParticipant, "MB1".to_owned()),
            (OperationKind::DeleteUser, "US1".to_owned()),
            (OperationKind::DeleteRole, "RL1".to_owned())
        ]
    );
    assert!(taken.findings.is_empty(), "{taken:?}");
}

#[test]
fn the_participants_of_a_conversation_go_with_it() {
    let taken = Book::new()
        .done(OperationKind::CreateConversation, subject(1, 0), json!({}), json!({}), created("CH8"))
        .done(OperationKind::CreateParticipant, subject(1, 2), json!({}), json!({}), created("MB1"))
        .done(
            OperationKind::UpdateConversation,
            subject(1, 0),
            json!({}),
            json!({"state": "closed"}),
            json!({}),
        )
        .undone();
    let conversation = (OperationKind::DeleteConversation, Some("CH8".to_owned()), json!({}), json!({}));
    assert_eq!(taken.operations, [conversation]);
    assert!(taken.findings.is_empty());
}

#[test]
fn what_was_there_already_or_was_never_done_is_left_alone() {
    for state in
        [OperationState::Existing, OperationState::Failed, OperationState::Blocked, OperationState::Pending]
    {
        let taken = Book::new()
            .done(OperationKind::CreateUser, subject(0, 5), json!({}), json!({}), created("US1"))
            .in_state(state)
            .undone();
        assert_eq!(taken, Taken { operations: Vec::new(), findings: Vec::new() }, "{state:?}");
    }
    let found = json!({"sid": "US1", "known_by": "look_up", "sent": true});
    for result in
        [json!({"sid": "US1"}), json!({"sid": "US1", "created": false}), json!({"created": true}), found]
    {
        let taken =
            Book::new().done(OperationKind::CreateUser, subject(0, 5), json!({}), json!({}), result).undone();
        assert!(taken.operations.is_empty());
        assert_eq!(taken.findings.len(), 1, "a create without proof is reported");
    }
}

#[test]
fn a_conversation_that_was_found_after_a_lost_answer_is_known_by_its_name() {
    let named =
        Subject { unique_name: Some(format!("chatferry-{}", ChannelSid::from_digits(1))), ..subject(1, 0) };
    let found = json!({"sid": "CH8", "known_by": "look_up", "sent": true});
    let taken = Book::new()
        .done(OperationKind::CreateConversation, named, json!({}), json!({}), found.clone())
        .done(OperationKind::CreateConversation, subject(2, 0), json!({}), json!({}), found)
        .done(
            OperationKind::CreateUser,
            subject(0, 5),
            json!({}),
            json!({}),
            json!({"sid": "US1", "known_by": "answer"}),
        )
        .undone();
    let kinds: Vec<_> = taken.operations.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, [OperationKind::DeleteUser, OperationKind::DeleteConversation]);
    assert_eq!(taken.findings.len(), 1);
}

#[test]
fn former_values_are_written_back_as_they_were_seen() {
    let taken = Book::new()
        .done(
            OperationKind::UpdateParticipant,
            Subject { target_sid: Some("MB00000000000000000000000000000003".to_owned()), ..subject(1, 3) },
            json!({"role_sid": "RL5", "attributes": "{}", "last_read_message_index": null}),
            json!({"role_sid": "{RL7}", "attributes": "[1]", "last_read_message_index": 4}),
            json!({"before": {"role_sid": "RL6", "attributes": "{}", "last_read_message_index": null}}),
        )
        .done(
            OperationKind::MuteSource,
            subject(1, 3),
            json!({"notification_level": "default"}),
            json!({"notification_level": "muted"}),
            json!({}),
        )
        .undone();
    assert_eq!(
        taken.operations,
        [
            (
                OperationKind::MuteSource,
                None,
                json!({"notification_level": "muted"}),
                json!({"notification_level": "default"})
            ),
            (
                OperationKind::UpdateParticipant,
                Some("MB00000000000000000000000000000003".to_owned()),
                json!({"role_sid": "RL8", "attributes": "[1]"}),
                json!({"role_sid": "RL6", "attributes": "{}"})
            ),
        ]
    );
    let lost = "last_read_message_index stays 4: it was null before, which cannot be set";
    assert_eq!(taken.findings, [("MB00000000000000000000000000000003".to_owned(), lost.to_owned())]);
}

#[test]
fn what_cannot_be_taken_back_is_reported() {
    let taken = Book::new()
        .done(
            OperationKind::MakePrivate,
            subject(1, 0),
            json!({"type": "public"}),
            json!({"type": "private"}),
            json!({}),
        )
        .done(
            OperationKind::UpdateConversation,
            subject(2, 0),
            json!({"state": "active"}),
            json!({"state": "closed"}),
            json!({}),
        )
        .done(OperationKind::CreateParticipant, subject(3, 4), json!({}), json!({}), created("MB1"))
        .undone();
    assert!(taken.operations.is_empty());
    let sids: Vec<&str> = taken.findings.iter().map(|(sid, _)| sid.as_str()).collect();
    assert_eq!(
        sids,
        [
            "MB00000000000000000000000000000004",
            "CH00000000000000000000000000000002",
            "CH00000000000000000000000000000001"
        ]
    );
}

#[test]
fn undoing_an_undo_says_that_it_deleted() {
    let book = Book::new().done(
        OperationKind::DeleteUser,
        Subject { target_sid: Some("US1".to_owned()), ..subject(0, 5) },
        json!({}),
        json!({}),
        json!({}),
    );
    assert_eq!(book.undone().findings.len(), 1);
}
