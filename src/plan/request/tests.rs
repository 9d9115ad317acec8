//! Every kind's request, compared with Twilio's OpenAPI descriptions.

use serde_json::{Value, json};

use super::*;
use crate::model::{ChannelSid, MemberSid, RoleSid, ServiceSid, UserSid};
use crate::plan::operation::{JsonFields, PARTICIPANTS, Subject};

/// Operation id, method, path, form parameters and whether the webhook header is taken, of each write.
const WRITES: &str = include_str!("../../../tests/data/wire/writes.json");

/// The operation of the description that each kind is.
const OPERATIONS: [(OperationKind, &str); 16] = [
    (OperationKind::MakePrivate, "UpdateChannel"),
    (OperationKind::CreateRole, "CreateServiceRole"),
    (OperationKind::CreateUser, "CreateServiceUser"),
    (OperationKind::UpdateUser, "UpdateServiceUser"),
    (OperationKind::CreateConversation, "CreateServiceConversation"),
    (OperationKind::CreateConversation, "CreateServiceConversationWithParticipants"),
    (OperationKind::CreateParticipant, "CreateServiceConversationParticipant"),
    (OperationKind::CreateMessage, "CreateServiceConversationMessage"),
    (OperationKind::UpdateParticipant, "UpdateServiceConversationParticipant"),
    (OperationKind::UpdateUserConversation, "UpdateServiceUserConversation"),
    (OperationKind::UpdateConversation, "UpdateServiceConversation"),
    (OperationKind::MuteSource, "UpdateUserChannel"),
    (OperationKind::DeleteParticipant, "DeleteServiceConversationParticipant"),
    (OperationKind::DeleteConversation, "DeleteServiceConversation"),
    (OperationKind::DeleteUser, "DeleteServiceUser"),
    (OperationKind::DeleteRole, "DeleteServiceRole"),
];

fn subject() -> Subject {
    Subject {
        service_sid: Some(ServiceSid::from_digits(1)),
        role_sid: Some(RoleSid::from_digits(2)),
        user_sid: Some(UserSid::from_digits(3)),
        channel_sid: Some(ChannelSid::from_digits(4)),
        member_sid: Some(MemberSid::from_digits(5)),
        identity: Some("ada".to_owned()),
        unique_name: Some("chatferry-CH4".to_owned()),
        ..Subject::default()
    }
}

fn fields(value: Value) -> JsonFields {
    let Value::Object(fields) = value else { panic!("an object") };
    fields
}

fn operation(kind: OperationKind, after: Value) -> Operation {
    Operation { kind, subject: subject(), before: JsonFields::new(), after: fields(after) }
}

fn form(operation: &Operation) -> Vec<(&'static str, String)> {
    operation.request().form.iter().map(|(name, value)| (*name, value.shown())).collect()
}

#[test]
fn every_request_is_one_of_the_description() {
    let writes: Value = serde_json::from_str(WRITES).unwrap();
    for (kind, name) in OPERATIONS {
        let described = &writes[name];
        let parameters = parameters::of(kind).iter().filter(|parameter| parameter.key != PARTICIPANTS);
        let mut all: JsonFields =
            parameters.map(|parameter| (parameter.key.to_owned(), json!("x"))).collect();
        if name.ends_with("WithParticipants") {
            all.insert(PARTICIPANTS.to_owned(), json!([{"identity": "ada"}]));
        }
        let request = operation(kind, Value::Object(all)).request();
        assert_eq!(request.method.name(), described["method"], "{kind:?}");
        assert_eq!(request.takes_webhook_header, described["webhook_header"] == json!(true), "{kind:?}");
        let template = described["path"].as_str().unwrap().split('/').skip(1);
        assert_eq!(template.clone().count(), request.segments.len(), "{kind:?}: {}", request.path());
        for (segment, template) in request.segments.iter().zip(template) {
            match segment {
                Segment::Text(text) if template.starts_with('{') => {
                    assert!(!text.starts_with('v'), "{kind:?}");
                }
                Segment::Text(text) => assert_eq!(text, template, "{kind:?}"),
                Segment::Counterpart { .. } => assert!(template.starts_with('{'), "{kind:?}"),
            }
        }
        for (parameter, _) in &request.form {
            let known = described["form"].as_array().unwrap().contains(&json!(parameter));
            assert!(known, "{kind:?}: {parameter} is not in the description");
        }
        let required = described["required"].as_array().unwrap();
        for parameter in required {
            assert!(request.form.iter().any(|(name, _)| parameter == name), "{kind:?} lacks {parameter}");
        }
    }
}

#[test]
fn the_trimmed_writes_are_those_of_the_descriptions() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/api");
    let writes: Value = serde_json::from_str(WRITES).unwrap();
    let descriptions: Vec<Value> = ["twilio_conversations_v1", "twilio_chat_v3", "twilio_chat_v2"]
        .iter()
        .filter_map(|name| std::fs::read_to_string(folder.join(format!("{name}.json"))).ok())
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect();
    if descriptions.len() < 3 {
        return;
    }
    for (name, write) in writes.as_object().unwrap() {
        let path = write["path"].as_str().unwrap();
        let method = write["method"].as_str().unwrap().to_lowercase();
        let found = descriptions
            .iter()
            .map(|all| &all["paths"][path][&method])
            .find(|it| it["operationId"] == **name);
        let schema = &found.unwrap()["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
        let known: Vec<_> =
            schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
        assert_eq!(json!(known), write["form"], "{name}");
    }
}

#[test]
fn a_sid_that_is_not_known_yet_is_its_counterparts() {
    let mut update = operation(
        OperationKind::UpdateParticipant,
        json!({"role_sid": "{RL00000000000000000000000000000002}"}),
    );
    let request = update.request();
    assert_eq!(
        request.path(),
        "/v1/Services/IS00000000000000000000000000000001/Conversations/{CH00000000000000000000000000000004}/Participants\
         /{MB00000000000000000000000000000005}"
    );
    let role = FormValue::Counterpart {
        entity: Entity::Role,
        source: "RL00000000000000000000000000000002".to_owned(),
    };
    assert_eq!(request.form, [("RoleSid", role)]);
    update.subject.conversation_sid = Some("CH9".to_owned());
    update.subject.target_sid = Some("MB9".to_owned());
    assert!(update.request().path().ends_with("/Conversations/CH9/Participants/MB9"));
    let shown = serde_json::to_string(&update.request()).unwrap();
    assert_eq!(
        shown,
        r#"{"method":"POST","path":"/v1/Services/IS00000000000000000000000000000001/Conversations/CH9/Participants/MB9","form":{"RoleSid":"{RL00000000000000000000000000000002}"}}"#
    );
}

#[test]
fn null_clears_where_something_clears_and_is_left_out_of_creates() {
    let values = json!({"friendly_name": null, "attributes": null, "role_sid": null});
    let update = operation(OperationKind::UpdateUser, values.clone());
    assert_eq!(form(&update), [("Attributes", "{}".to_owned()), ("FriendlyName", String::new())]);
    assert_eq!(form(&operation(OperationKind::CreateUser, values)), [("Identity", "ada".to_owned())]);
    let index = operation(OperationKind::UpdateParticipant, json!({"last_read_message_index": null}));
    assert!(form(&index).is_empty());
    assert!(!OperationKind::can_send(
        OperationKind::UpdateParticipant,
        "last_read_message_index",
        &Value::Null
    ));
    assert!(OperationKind::can_send(OperationKind::UpdateParticipant, "last_read_message_index", &json!(0)));
    assert!(!OperationKind::can_send(OperationKind::UpdateConversation, "created_by", &json!("ada")));
}

#[test]
fn lists_are_repeated_and_numbers_are_digits() {
    let role = operation(
        OperationKind::CreateRole,
        json!({"friendly_name": "guest", "type": "conversation", "permissions": ["sendMessage", "leaveConversation"]}),
    );
    let shown = serde_json::to_value(role.request()).unwrap();
    assert_eq!(
        shown["form"],
        json!({"FriendlyName": "guest", "Type": "conversation", "Permission": ["sendMessage", "leaveConversation"]})
    );
    let read = operation(
        OperationKind::UpdateUserConversation,
        json!({"last_read_message_index": 0, "notification_level": "muted"}),
    );
    assert_eq!(
        form(&read),
        [("NotificationLevel", "muted".to_owned()), ("LastReadMessageIndex", "0".to_owned())]
    );
    let one_way = operation(OperationKind::MakePrivate, json!({}));
    assert_eq!(form(&one_way), [("Type", "private".to_owned())]);
    assert_eq!(
        one_way.request().path(),
        "/v3/Services/IS00000000000000000000000000000001/Channels/CH00000000000000000000000000000004"
    );
}
