//! Operations and plans for the tests of this stage.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::model::{Api, ChannelSid, MemberSid, RoleSid, ServiceSid, UserSid};
use crate::plan::{
    Header, Journal, JsonFields, Move, Operation, OperationKind, PlanDraft, PlanVerdict, Side, Subject,
    Totals,
};

/// The service that is written to.
pub(super) fn target() -> ServiceSid {
    ServiceSid::from_digits(2)
}

pub(super) fn header() -> Header {
    let side = |account: u128, service: u128| Side {
        account_sid: crate::model::AccountSid::from_digits(account).to_string(),
        service_sid: ServiceSid::from_digits(service).to_string(),
        friendly_name: Some("shop".to_owned()),
    };
    Header {
        tool_version: "0.1.0".to_owned(),
        kind: Move::Copy,
        source: side(0xac, 1),
        target: side(0xac, 2),
        snapshot: "snapshot.db".to_owned(),
        snapshot_digest: "aa".to_owned(),
        snapshot_source: Api::Chat,
        snapshot_verdict: "complete".to_owned(),
        snapshot_window: ("2026-01-01T00:00:00Z".to_owned(), None),
        mapping: "conversations".to_owned(),
        mapping_digest: "bb".to_owned(),
        target_digest: "cc".to_owned(),
        target_service_digest: "dd".to_owned(),
        mute_source: false,
        undoes: None,
    }
}

pub(super) fn totals() -> Totals {
    Totals {
        verdict: PlanVerdict::Ready,
        operations: BTreeMap::new(),
        noop: BTreeMap::new(),
        findings: BTreeMap::new(),
        requests: 0,
        estimated_seconds: 0.0,
        steps: Vec::new(),
        sizes: Vec::new(),
        participants_limit: 100,
        blocked_by: BTreeMap::new(),
        not_checked: std::collections::BTreeSet::new(),
    }
}

/// A plan of these operations, open to be applied. Those with a code are blocked.
pub(super) fn journal(path: &Path, operations: &[(Operation, Option<&str>)]) -> Journal {
    let mut draft = PlanDraft::create(path, &header()).unwrap();
    for (operation, blocked) in operations {
        draft.operation(operation, *blocked).unwrap();
    }
    drop(draft.finish(&totals()).unwrap());
    Journal::open(path).unwrap()
}

pub(super) fn fields(value: Value) -> JsonFields {
    let Value::Object(fields) = value else { panic!("not an object") };
    fields
}

fn operation(kind: OperationKind, subject: Subject, before: Value, after: Value) -> Operation {
    let subject = Subject { service_sid: Some(target()), ..subject };
    Operation { kind, subject, before: fields(before), after: fields(after) }
}

pub(super) fn create_role(role: u128) -> Operation {
    let subject = Subject { role_sid: Some(RoleSid::from_digits(role)), ..Subject::default() };
    let after = json!({"friendly_name": "agent", "type": "conversation", "permissions": ["sendMessage", "leaveConversation"]});
    operation(OperationKind::CreateRole, subject, json!({}), after)
}

pub(super) fn create_user(user: u128) -> Operation {
    let identity = format!("user-{user}");
    let after = json!({"identity": identity, "friendly_name": "Ada"});
    let subject = Subject {
        user_sid: Some(UserSid::from_digits(user)),
        identity: Some(identity),
        ..Subject::default()
    };
    operation(OperationKind::CreateUser, subject, json!({}), after)
}

pub(super) fn create_conversation(channel: u128) -> Operation {
    let sid = ChannelSid::from_digits(channel);
    let unique_name = format!("chatferry-{sid}");
    let after = json!({"unique_name": unique_name, "friendly_name": "Support"});
    let subject = Subject { channel_sid: Some(sid), unique_name: Some(unique_name), ..Subject::default() };
    operation(OperationKind::CreateConversation, subject, json!({}), after)
}

fn membership(channel: u128, user: u128) -> Subject {
    Subject {
        channel_sid: Some(ChannelSid::from_digits(channel)),
        user_sid: Some(UserSid::from_digits(user)),
        member_sid: Some(MemberSid::from_digits(channel << 32 | user)),
        identity: Some(format!("user-{user}")),
        ..Subject::default()
    }
}

pub(super) fn create_participant(channel: u128, user: u128) -> Operation {
    let after =
        json!({"identity": format!("user-{user}"), "role_sid": format!("{{{}}}", RoleSid::from_digits(1))});
    operation(OperationKind::CreateParticipant, membership(channel, user), json!({}), after)
}

pub(super) fn update_participant(channel: u128, user: u128) -> Operation {
    operation(
        OperationKind::UpdateParticipant,
        membership(channel, user),
        json!({}),
        json!({"last_read_message_index": 5}),
    )
}

/// An update of a participant that was there when the plan was made.
pub(super) fn update_known_participant(channel: u128, user: u128) -> Operation {
    let known = Subject {
        target_sid: Some(MemberSid::from_digits(0xaa).to_string()),
        conversation_sid: Some(ChannelSid::from_digits(0xbb).to_string()),
        ..membership(channel, user)
    };
    operation(
        OperationKind::UpdateParticipant,
        known,
        json!({"last_read_message_index": 3}),
        json!({"last_read_message_index": 5}),
    )
}

fn last(channel: u128, after: Value) -> Operation {
    let subject = create_conversation(channel).subject;
    operation(OperationKind::UpdateConversation, subject, json!({}), after)
}

pub(super) fn close_conversation(channel: u128) -> Operation {
    last(channel, json!({"state": "closed"}))
}

pub(super) fn set_timers(channel: u128) -> Operation {
    last(channel, json!({"timers.closed": "PT600S"}))
}

pub(super) fn make_private(channel: u128) -> Operation {
    let subject = Subject {
        service_sid: Some(ServiceSid::from_digits(1)),
        channel_sid: Some(ChannelSid::from_digits(channel)),
        ..Subject::default()
    };
    let made = operation(
        OperationKind::MakePrivate,
        subject.clone(),
        json!({"type": "public"}),
        json!({"type": "private"}),
    );
    Operation { subject, ..made }
}

pub(super) fn mute_source(channel: u128, user: u128) -> Operation {
    let level = |level: &str| json!({"notification_level": level});
    let muted =
        operation(OperationKind::MuteSource, membership(channel, user), level("default"), level("muted"));
    let subject = Subject { service_sid: Some(ServiceSid::from_digits(1)), ..muted.subject };
    Operation { subject, ..muted }
}
