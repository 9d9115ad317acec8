//! Every reply validates against the published schemas, and the copies of these are the published ones.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::client::{Answer, Asked, simulate, values};
use crate::simulator::truth::without_lone_surrogates;
use crate::simulator::{Options, WorldKind, api};

const APIS: [(&str, &str); 3] = [("v2", "chat_v2"), ("v3", "chat_v3"), ("v1", "conversations_v1")];

pub(super) fn data(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/wire").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// OpenAPI 3.0's `nullable` in the words of JSON Schema.
fn plain_schema(mut schema: Value) -> Value {
    match &mut schema {
        Value::Array(items) => items.iter_mut().for_each(|item| *item = plain_schema(item.take())),
        Value::Object(object) => {
            if object.remove("nullable") == Some(json!(true))
                && let Some(kind) = object.get("type").cloned()
            {
                object.insert("type".to_owned(), json!([kind, "null"]));
            }
            object.values_mut().for_each(|value| *value = plain_schema(value.take()));
        }
        _ => {}
    }
    schema
}

/// Demands the keys that are described, so that a reply cannot pass by leaving them out.
fn demand_all_keys(schema: &mut Value) {
    if let Some(properties) = schema["properties"].as_object() {
        schema["required"] = properties.keys().cloned().collect();
        schema["additionalProperties"] = json!(false);
    }
}

fn validator(api: &str, response: &Value) -> Validator {
    let mut schemas = plain_schema(data(&format!("{api}_schemas.json")));
    schemas.as_object_mut().unwrap().values_mut().for_each(demand_all_keys);
    let mut schema = plain_schema(response.clone());
    demand_all_keys(&mut schema);
    if schema["properties"].get("meta").is_some() {
        demand_all_keys(&mut schema["properties"]["meta"]);
    }
    schema["components"] = json!({ "schemas": schemas });
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// What stands for the parameters of a path.
const USER: [&str; 1] = ["{UserSid}"];
const CHANNEL: [&str; 2] = ["{ChannelSid}", "{ConversationSid}"];

/// Real paths for a described one, of the first few users and channels.
fn paths(asked: &Asked, described: &str) -> Vec<String> {
    let truth = asked.running.truth();
    let conversations = described.starts_with("/v1/");
    let service = asked.running.service_sid();
    let mut described = described.to_owned();
    for open in ["/Services/{ServiceSid}", "/Services/{ChatServiceSid}", "/Services/{Sid}"] {
        described = described.replace(open, &format!("/Services/{service}"));
    }
    for name in ["Users", "Channels", "Conversations"] {
        // The last of a path is one of these too.
        let parameter = if name == "Users" { "{UserSid}" } else { "{ChannelSid}" };
        described = described.replace(&format!("/{name}/{{Sid}}"), &format!("/{name}/{parameter}"));
    }
    let users: Vec<String> = truth.user_sids().take(25).collect();
    let channels: Vec<String> = if conversations {
        truth.conversation_sids().take(25).collect()
    } else {
        truth.channel_sids().take(25).collect()
    };
    let text = |row: &Map<String, Value>, key: &str| row[key].as_str().unwrap().to_owned();
    let open = |names: &[&'static str]| names.iter().copied().find(|name| described.contains(name));
    let fill =
        |path: &str, name: Option<&str>, sid: &str| name.map_or(path.to_owned(), |n| path.replace(n, sid));
    match (open(&USER), open(&CHANNEL)) {
        (Some(user), Some(channel)) => {
            let of = |sid: &String| {
                if conversations {
                    truth.user_conversations(sid).first().map(|row| text(row, "conversation_sid"))
                } else {
                    truth.user_channels(sid).first().map(|row| text(row, "channel_sid"))
                }
            };
            let pairs = users.iter().filter_map(|sid| Some((sid, of(sid)?)));
            pairs
                .map(|(sid, other)| fill(&fill(&described, Some(user), sid), Some(channel), &other))
                .collect()
        }
        (Some(user), None) => users.iter().map(|sid| fill(&described, Some(user), sid)).collect(),
        (None, channel) => {
            let parents = if channel.is_some() { channels } else { vec![String::new()] };
            let below = |parent: &String| {
                let path = fill(&described, channel, parent);
                let rows = match path.rsplit('/').nth(1) {
                    _ if !path.contains('{') => return Some(path),
                    Some("Members") => truth.members(parent),
                    Some("Participants") => truth.participants(parent),
                    Some("Invites") => truth.invites(parent),
                    Some("Messages") => truth.messages(parent),
                    Some("Roles") => truth.roles(),
                    Some("Bindings") => truth.bindings(),
                    other => panic!("no example for {other:?} of {path}"),
                };
                rows.first().map(|row| path.replace("{Sid}", &text(row, "sid")))
            };
            parents.iter().filter_map(below).collect()
        }
    }
}

/// `not_participating` is what Twilio documented before: real, but not in today's enum.
fn with_todays_spelling(text: &str) -> Value {
    let text = without_lone_surrogates(text);
    serde_json::from_str(&text.replace("\"not_participating\"", "\"notParticipating\"")).unwrap()
}

/// Fails unless an answer has the described status and body.
fn assert_described(api: &str, id: &str, operation: &Value, answer: &Answer) {
    assert_eq!(Some(u64::from(answer.status)), operation["status"].as_u64(), "{id}: {}", answer.text);
    if operation["response"].is_null() {
        assert_eq!(answer.text, "", "{id}");
        return;
    }
    let validator = validator(api, &operation["response"]);
    let value = with_todays_spelling(&answer.text);
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{id}: {}", answer.text);
}

#[tokio::test]
async fn every_reply_validates() {
    every_reply_validates_of(Options { users: 60, channels: 90, memberships: 20, ..Options::default() })
        .await;
}

/// The specimens are among the first of each list.
#[tokio::test]
async fn every_reply_of_the_real_world_validates() {
    let real =
        Options { world: WorldKind::Real, users: 8, channels: 8, memberships: 4, ..Options::default() };
    every_reply_validates_of(real).await;
}

async fn every_reply_validates_of(options: Options) {
    let asked = simulate(options).await;
    for (version, api) in APIS {
        let operations = data(&format!("{api}_operations.json"));
        let served = api::routes().filter(|route| route.path.starts_with(&format!("/{version}/")));
        let mut served_count = 0;
        for route in served {
            served_count += 1;
            let operation = &operations[route.operation];
            assert_eq!(operation["path"], route.path, "{}", route.operation);
            assert_eq!(operation["method"].as_str().unwrap().to_uppercase(), route.method);
            assert_eq!(operation["form"]["names"].as_array().map_or(0, Vec::len), route.form.len());
            assert!(
                route
                    .form
                    .iter()
                    .all(|name| { operation["form"]["names"].as_array().unwrap().contains(&json!(name)) })
            );
            let required = operation["form"]["required"].as_array().into_iter().flatten();
            let required: BTreeSet<&str> = required.map(|name| name.as_str().unwrap()).collect();
            let demanded = route.form.iter().copied().filter(|name| route.requires(name));
            assert_eq!(demanded.collect::<BTreeSet<_>>(), required, "{}", route.operation);
            if route.method != "GET" {
                continue; // below, and in the tests of writes
            }
            let paths = paths(&asked, route.path);
            assert!(!paths.is_empty());
            for path in paths {
                assert_described(api, &path, operation, &asked.get(&path).await);
            }
        }
        assert_eq!(served_count, operations.as_object().unwrap().len());
    }
}

/// A write of the description: API, operation, path and form.
type DescribedWrite = (&'static str, &'static str, String, &'static str);

/// The writes of settings.
fn writes_of_settings(target: &str) -> Vec<DescribedWrite> {
    vec![
        ("conversations_v1", "UpdateConfiguration", "/v1/Configuration".to_owned(), "DefaultClosedTimer=P1D"),
        (
            "conversations_v1",
            "UpdateServiceConfiguration",
            format!("{target}/Configuration"),
            "ReachabilityEnabled=false",
        ),
        (
            "conversations_v1",
            "UpdateServiceWebhookConfiguration",
            format!("{target}/Configuration/Webhooks"),
            "PostWebhookUrl=https%3A%2F%2Fexample.com%2Fhook&Method=POST&Filters=onMessageAdded&Filters=onParticipantAdded",
        ),
    ]
}

/// Every write of the description.
fn writes(asked: &Asked) -> Vec<DescribedWrite> {
    let truth = asked.running.truth();
    let target = format!("/v1/Services/{}", asked.running.target_service_sid());
    let base = asked.in_service("").replace("/v2/", "/v3/");
    let public = values(truth.channels()).into_iter().find(|row| row["type"] == "public").unwrap();
    let user = truth.user_sids().find(|user| truth.user_channels(user).iter().any(joined)).unwrap();
    let joined = truth.user_channels(&user).into_iter().find(joined).unwrap();
    let conversation = format!("{target}/Conversations/team%2F7");
    let settings = writes_of_settings(&target);
    let others = vec![
        (
            "chat_v3",
            "UpdateChannel",
            format!("{base}/Channels/{}", public["sid"].as_str().unwrap()),
            "Type=private",
        ),
        (
            "chat_v2",
            "UpdateUserChannel",
            asked.in_service(&format!("/Users/{user}/Channels/{}", joined["channel_sid"].as_str().unwrap())),
            "NotificationLevel=muted",
        ),
        (
            "conversations_v1",
            "CreateServiceRole",
            format!("{target}/Roles"),
            "FriendlyName=guest&Type=service&Permission=a&Permission=b",
        ),
        (
            "conversations_v1",
            "UpdateServiceRole",
            format!("{target}/Roles/{{role}}"),
            "Permission=createConversation",
        ),
        (
            "conversations_v1",
            "CreateServiceUser",
            format!("{target}/Users"),
            "Identity=zo%C3%AB&Attributes=%7B%7D",
        ),
        (
            "conversations_v1",
            "UpdateServiceUser",
            format!("{target}/Users/zo%C3%AB"),
            "FriendlyName=Zo%C3%AB",
        ),
        (
            "conversations_v1",
            "CreateServiceConversation",
            format!("{target}/Conversations"),
            "UniqueName=team%2F7&DateCreated=2019-03-01T10%3A00%3A00Z",
        ),
        (
            "conversations_v1",
            "CreateServiceConversationWithParticipants",
            format!("{target}/ConversationWithParticipants"),
            "UniqueName=team%2F8&Participant=%7B%22identity%22%3A%22zo%C3%AB%22%7D",
        ),
        (
            "conversations_v1",
            "UpdateServiceConversation",
            conversation.clone(),
            "State=inactive&Timers.Closed=PT20M",
        ),
        (
            "conversations_v1",
            "CreateServiceConversationParticipant",
            format!("{conversation}/Participants"),
            "Identity=zo%C3%AB",
        ),
        (
            "conversations_v1",
            "UpdateServiceConversationParticipant",
            format!("{conversation}/Participants/zo%C3%AB"),
            "LastReadMessageIndex=7",
        ),
        (
            "conversations_v1",
            "CreateServiceConversationMessage",
            format!("{conversation}/Messages"),
            "Author=zo%C3%AB&Body=hi&DateCreated=2019-03-01T10%3A00%3A00Z&Attributes=%7B%7D",
        ),
        (
            "conversations_v1",
            "UpdateServiceUserConversation",
            format!("{target}/Users/zo%C3%AB/Conversations/team%2F7"),
            "NotificationLevel=muted",
        ),
        (
            "conversations_v1",
            "DeleteServiceConversationParticipant",
            format!("{conversation}/Participants/zo%C3%AB"),
            "",
        ),
        ("conversations_v1", "DeleteServiceConversation", conversation, ""),
        ("conversations_v1", "DeleteServiceUser", format!("{target}/Users/zo%C3%AB"), ""),
        ("conversations_v1", "DeleteServiceRole", format!("{target}/Roles/{{role}}"), ""),
    ];
    [settings, others].concat()
}

/// Each of them once, in an order in which each succeeds.
#[tokio::test]
async fn every_write_validates() {
    let asked = simulate(Options::default()).await;
    let writes = writes(&asked);
    let mut role = String::new();
    for (api, id, path, form) in &writes {
        let operation = &data(&format!("{api}_operations.json"))[id];
        let path = path.replace("{role}", &role);
        let answer = match operation["method"].as_str().unwrap() {
            "delete" => asked.delete(&path).await,
            _ => asked.try_post(&path, form).await.unwrap(),
        };
        assert_described(api, id, operation, &answer);
        if *id == "CreateServiceRole" {
            answer.json()["sid"].as_str().unwrap().clone_into(&mut role);
        }
    }
    let served = api::routes().filter(|route| route.method != "GET").count();
    assert_eq!(writes.len(), served);
    assert_eq!(asked.running.stats().writes, served as u64);
}

fn joined(row: &Map<String, Value>) -> bool {
    row["status"] == "joined"
}

#[test]
fn page_size_maxima_are_the_described_ones() {
    for (version, api) in APIS {
        let operations = data(&format!("{api}_operations.json"));
        for route in api::routes().filter(|route| route.path.starts_with(&format!("/{version}/"))) {
            let query = operations[route.operation]["query"].as_array().unwrap();
            let maximum = query.iter().find(|parameter| parameter["name"] == "PageSize");
            let maximum = maximum.map_or(0, |parameter| parameter["schema"]["maximum"].as_u64().unwrap());
            assert_eq!(u64::from(route.maximum), maximum, "{}", route.operation);
        }
    }
}

#[tokio::test]
async fn over_asking_is_clamped_and_the_default_is_fifty() {
    let asked = simulate(Options { users: 130, ..Options::default() }).await;
    let size =
        async |path: &str| asked.get(&asked.in_service(path)).await.json()["meta"]["page_size"].clone();
    assert_eq!(size("/Users?PageSize=1000").await, 100);
    assert_eq!(size("/Users").await, 50);
    let user = asked.running.truth().user_sids().next().unwrap();
    assert_eq!(size(&format!("/Users/{user}/Channels?PageSize=1000")).await, 50);
    assert_eq!(asked.get(&asked.in_service("/Users?PageSize=0")).await.status, 400);
}

/// A published example that the published schema refuses: its `method` is null.
const CONTRADICTS: [&str; 1] = ["FetchServiceWebhookConfiguration.fetchEmpty.json"];

#[test]
fn the_published_examples_validate() {
    for (_, api) in APIS {
        let operations = data(&format!("{api}_operations.json"));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/wire").join(api);
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let operation = &operations[name.split('.').next().unwrap()];
            let mut schema = plain_schema(operation["response"].clone());
            schema["components"] = json!({ "schemas": plain_schema(data(&format!("{api}_schemas.json"))) });
            let validator = jsonschema::validator_for(&schema).unwrap();
            let contradicts = CONTRADICTS.contains(&name.as_str());
            assert_eq!(validator.is_valid(&data(&format!("{api}/{name}"))), !contradicts, "{api}/{name}");
            seen += 1;
        }
        assert!(seen >= 1);
    }
}

/// Leaves out prose.
fn trimmed(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .filter(|(key, value)| *key != "description" || !value.is_string())
            .map(|(key, value)| (key.clone(), trimmed(value)))
            .collect(),
        Value::Array(items) => items.iter().map(trimmed).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_copies_are_the_published_ones() {
    for (_, api) in APIS {
        let published =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/api/twilio_{api}.json"));
        // Only where the descriptions are next to the repository.
        let Ok(published) = std::fs::read_to_string(published) else { return };
        let published: Value = serde_json::from_str(&published).unwrap();
        for (name, schema) in data(&format!("{api}_schemas.json")).as_object().unwrap() {
            assert_eq!(*schema, trimmed(&published["components"]["schemas"][name]), "{name}");
        }
        for (id, operation) in data(&format!("{api}_operations.json")).as_object().unwrap() {
            let (path, method) = (operation["path"].as_str().unwrap(), operation["method"].as_str().unwrap());
            let original = &published["paths"][path][method];
            assert_eq!(original["operationId"], **id);
            let form = &original["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
            let names =
                form["properties"].as_object().map(|properties| properties.keys().collect::<Vec<_>>());
            assert_eq!(
                operation["form"]["names"],
                names.map_or(operation["form"]["names"].clone(), |names| json!(names))
            );
            if operation["form"].is_object() {
                assert_eq!(
                    operation["form"]["required"].as_array().unwrap().len(),
                    form["required"].as_array().map_or(0, Vec::len)
                );
            }
            let content =
                &original["responses"][operation["status"].to_string()]["content"]["application/json"];
            assert_eq!(operation["response"], trimmed(&content["schema"]));
            let described = original["parameters"].as_array().into_iter().flatten();
            let query: Vec<Value> = described
                .filter(|parameter| parameter["in"] == "query")
                .map(|parameter| json!({"name": parameter["name"], "schema": trimmed(&parameter["schema"])}))
                .collect();
            assert_eq!(operation["query"], Value::Array(query));
            for (example, value) in content["examples"].as_object().into_iter().flatten() {
                assert_eq!(value["value"], data(&format!("{api}/{id}.{example}.json")));
            }
        }
    }
}
