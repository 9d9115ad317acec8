//! The real world shows every value of every described enum, and every optional key both with a value and null.
//!
//! The schemas are the copies in `tests/data/wire`; another test holds these to the published ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::{Asked, rows_of, simulate};
use super::conformance::data;
use crate::simulator::route::Route;
use crate::simulator::{Options, WorldKind, api};

/// Why a key that is described as nullable is never null; none where it has to be null at times.
fn never_null(schema: &str, key: &str) -> Option<&'static str> {
    let is_of = |ending: &str| schema.ends_with(ending);
    let is_service = ["chat.v2.service", "conversations.v1.service"].contains(&schema);
    Some(match key {
        "sid" | "service_sid" | "chat_service_sid" | "channel_sid" | "conversation_sid" | "user_sid"
        | "to" | "url" | "links" => "it identifies the record, names its owner, or leads to others",
        "account_sid" if schema != "conversations.v1.service" => {
            "only of services of Conversations it was seen null"
        }
        "participant_sid" if !is_of("message") => "it identifies the record",
        "date_created" => "every sample has it",
        "date_updated" if !is_of("message") => "every sample has it",
        "identity" if !is_of("participant") => "users, members and invitations are of an identity",
        "friendly_name" | "permissions" if is_of("role") => "it is required on creation",
        "friendly_name" if is_service => "it is required on creation",
        "type" if is_of("message") => "a message is text or media",
        "created_by" if is_of("invite") => "an invitation has someone who invited",
        "limits" | "notifications" | "media" if is_service => "an object that is always there",
        "default_chat_service_sid" => "an account has a default service",
        key if key.starts_with("default_") && key.ends_with("role_sid") => {
            "a service is created with its default roles"
        }
        _ => return None,
    })
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
                for row in rows_of(&page) {
                    note(seen, &schema, row);
                }
            }
        }
    }
    if route.path.contains("/Configuration") {
        let other = asked.running.other_account();
        let path = route.path.replace("{ChatServiceSid}", other.service_sid);
        let answer = asked.get_as(&path, other.account_sid, other.auth_token).await;
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
            // A write's answer, of the same records as conversations; no list and no fetch has it.
            if !name.ends_with("service_conversation_with_participants") {
                schemas.insert(name.clone(), schema.clone());
            }
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
            if property["nullable"] == true && never_null(name, key).is_none() {
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
