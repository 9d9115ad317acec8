//! The real world shows every value of every described enum, and every optional key both with a value and null.
//!
//! The schemas are the copies in `tests/data/wire`; another test holds these to the published ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::{Asked, rows_of, simulate};
use super::conformance::data;
use crate::simulator::route::Route;
use crate::simulator::{Options, WorldKind, api};

/// Described as nullable and never null: keys that identify a record, name its owner, or lead to others, which no documentation
/// and no sample shows as null.
const IDENTIFIERS: [&str; 10] = [
    "sid",
    "service_sid",
    "chat_service_sid",
    "channel_sid",
    "conversation_sid",
    "user_sid",
    "participant_sid",
    "to",
    "url",
    "links",
];

/// Other keys that are never null, each with the reason.
const NEVER_NULL: [(&str, &str, &str); 24] = [
    ("chat.v2", "account_sid", "only Airbyte's note on services of Conversations says that it may be null"),
    ("conversations.v1", "date_created", "every sample has it"),
    ("chat.v2", "date_created", "every sample has it"),
    ("chat.v2.service.channel", "date_updated", "every sample of other records than messages has it"),
    ("chat.v2.service", "date_updated", "as above"),
    ("conversations.v1.service", "date_updated", "as above"),
    ("chat.v2.service.channel.invite", "identity", "an invitation is to an identity"),
    ("chat.v2.service.channel.member", "identity", "Chat shows users only"),
    ("chat.v2.service.user", "identity", "it is required on creation"),
    ("conversations.v1.service.service_user", "identity", "it is required on creation"),
    ("chat.v2.service.channel.message", "type", "a message is text or media"),
    ("chat.v2.service.role", "friendly_name", "it is required on creation"),
    ("chat.v2.service.role", "permissions", "it is required on creation"),
    ("conversations.v1.service.service_role", "friendly_name", "it is required on creation"),
    ("conversations.v1.service.service_role", "permissions", "it is required on creation"),
    ("chat.v2.service", "friendly_name", "it is required on creation"),
    ("conversations.v1.service", "friendly_name", "it is required on creation"),
    ("chat.v2.service", "default_", "a service is created with default roles"),
    ("conversations.v1.service.service_configuration", "default_", "a service is created with default roles"),
    ("conversations.v1.configuration", "default_chat_service_sid", "an account has a default service"),
    ("chat.v2.service", "limits", "an object that is always there"),
    ("chat.v2.service", "notifications", "an object that is always there"),
    ("chat.v2.service", "media", "an object that is always there"),
    ("conversations.v1", "account_sid", "but for services; see above"),
];

fn is_exempt(schema: &str, key: &str) -> bool {
    let is_of = |(of, name, _): &&(&str, &str, &str)| {
        let fits = if of.matches('.').count() == 1 { schema.starts_with(of) } else { schema == *of };
        fits && (key == *name || (name.ends_with('_') && key.starts_with(name)))
    };
    // What the key is to its own record is another matter for the two views of a membership.
    let is_null_at_times = schema
        == "conversations.v1.service.service_conversation.service_conversation_message"
        || schema == "chat.v2.service.user.user_channel";
    let is_identifier = IDENTIFIERS.contains(&key) && !(is_null_at_times && key == "participant_sid");
    is_identifier || NEVER_NULL.iter().any(|entry| is_of(&entry))
}

/// What was seen of a key.
#[derive(Debug, Default)]
struct Seen {
    null: bool,
    texts: BTreeSet<String>,
    other: bool,
}

/// What was seen, by schema and key.
type Sightings = BTreeMap<(String, String), Seen>;

fn note(seen: &mut Sightings, schema: &str, row: &Value) {
    for (key, value) in row.as_object().unwrap() {
        let seen = seen.entry((schema.to_owned(), key.clone())).or_default();
        match value {
            Value::Null => seen.null = true,
            Value::String(text) => {
                seen.texts.insert(text.clone());
            }
            _ => seen.other = true,
        }
    }
}

fn referred(schema: &Value) -> &str {
    schema["$ref"].as_str().unwrap().rsplit('/').next().unwrap()
}

/// Asks for everything that one operation can give, with the credentials of both accounts.
async fn note_all(asked: &Asked, route: &Route, operation: &Value, seen: &mut Sightings) {
    let response = &operation["response"];
    let truth = asked.running.truth();
    let mut paths = vec![route.path.to_owned()];
    let services = [asked.running.service_sid(), asked.running.target_service_sid()];
    let is_chat = !route.path.starts_with("/v1/");
    let users: Vec<String> = truth.user_sids().collect();
    let channels: Vec<String> =
        if is_chat { truth.channel_sids().collect() } else { truth.conversation_sids().collect() };
    for (names, values) in [
        (["/Users/{UserSid}", "/Users/{Sid}"], &users),
        (["/Channels/{ChannelSid}", "/Channels/{Sid}"], &channels),
        (["/Conversations/{ConversationSid}", "/Conversations/{Sid}"], &channels),
    ] {
        for name in names {
            if route.path.contains(name) {
                let (list, _) = name.split_once("/{").unwrap();
                let fill = |path: &String| {
                    values.iter().map(|sid| path.replace(name, &format!("{list}/{sid}"))).collect::<Vec<_>>()
                };
                paths = paths.iter().flat_map(fill).collect();
            }
        }
    }
    let open = ["/Services/{ServiceSid}", "/Services/{ChatServiceSid}", "/Services/{Sid}"];
    if let Some(open) = open.into_iter().find(|open| route.path.contains(open)) {
        // What is below a user or channel is of the generated service.
        let services = if paths.len() > 1 { &services[..1] } else { &services[..] };
        paths = paths
            .iter()
            .flat_map(|path| services.iter().map(move |sid| path.replace(open, &format!("/Services/{sid}"))))
            .collect();
    }
    for path in paths.iter().filter(|path| !path.contains('{')) {
        if response["$ref"].is_string() {
            note(seen, referred(response), &asked.get(path).await.json());
            continue;
        }
        let kinds = if path.ends_with("/Channels") && !path.contains("/Users/") {
            &["public", "private"][..]
        } else {
            &[""]
        };
        for kind in kinds {
            let query = if kind.is_empty() { String::new() } else { format!("?Type={kind}") };
            for page in asked.pages(&format!("{path}{query}")).await {
                let key = page["meta"]["key"].as_str().unwrap();
                let schema = referred(&response["properties"][key]["items"]).to_owned();
                rows_of(&page).iter().for_each(|row| note(seen, &schema, row));
            }
        }
    }
    if route.path == "/v1/Configuration" {
        let other = asked.running.other_account();
        let answer = asked.get_as(route.path, other.account_sid, other.auth_token).await;
        note(seen, referred(response), &answer.json());
    }
}

#[tokio::test]
async fn every_described_value_is_there() {
    let real =
        Options { world: WorldKind::Real, users: 40, channels: 40, memberships: 12, ..Options::default() };
    let asked = simulate(real).await;
    let mut seen = Sightings::new();
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    for (version, api) in [("v2", "chat_v2"), ("v1", "conversations_v1")] {
        let operations = data(&format!("{api}_operations.json"));
        for (name, schema) in data(&format!("{api}_schemas.json")).as_object().unwrap() {
            schemas.insert(name.clone(), schema.clone());
        }
        for route in api::routes().filter(|route| route.path.starts_with(&format!("/{version}/"))) {
            // A membership is the same in its list as alone.
            if route.method == "GET" && route.path.matches('{').count() < 3 {
                note_all(&asked, route, &operations[route.operation], &mut seen).await;
            }
        }
    }
    let mut missing = Vec::new();
    let mut compared = 0;
    for (name, schema) in schemas.iter().filter(|(_, schema)| schema["properties"].is_object()) {
        for (key, property) in schema["properties"].as_object().unwrap() {
            let described =
                if property["$ref"].is_string() { &schemas[referred(property)] } else { property };
            let Some(seen) = seen.get(&(name.clone(), key.clone())) else {
                missing.push(format!("{name} {key}: not seen at all"));
                continue;
            };
            for value in described["enum"].as_array().into_iter().flatten() {
                compared += 1;
                if !seen.texts.contains(value.as_str().unwrap()) {
                    missing.push(format!("{name} {key}: never {value}"));
                }
            }
            if property["nullable"] == true && !is_exempt(name, key) {
                compared += 1;
                if !seen.null {
                    missing.push(format!("{name} {key}: never null"));
                }
                if seen.texts.is_empty() && !seen.other {
                    missing.push(format!("{name} {key}: always null"));
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(compared > 80, "{compared} values and keys were compared");
}
