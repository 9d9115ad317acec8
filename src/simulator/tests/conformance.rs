//! Every reply validates against the published schemas, and the copies of these are the published ones.

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::client::{Asked, simulate};
use crate::simulator::{Options, route};

const APIS: [(&str, &str); 2] = [("v2", "chat_v2"), ("v1", "conversations_v1")];

fn data(name: &str) -> Value {
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

/// Real paths for a described one, of the first few users and channels.
fn paths(asked: &Asked, described: &str) -> Vec<String> {
    let truth = asked.running.truth();
    let of_service = described.replace("{ServiceSid}", asked.running.service_sid());
    let of_service =
        of_service.replace("/Services/{Sid}", &format!("/Services/{}", asked.running.service_sid()));
    let first = |rows: Vec<Map<String, Value>>, key: &str| {
        rows.first().map(|row| row[key].as_str().unwrap().to_owned())
    };
    let mut paths = vec![of_service];
    for (name, parents) in [
        ("Users", truth.user_sids().take(25).collect()),
        ("Channels", truth.channel_sids().take(25).collect::<Vec<_>>()),
    ] {
        paths = paths
            .iter()
            .flat_map(|path| {
                let open = [
                    format!("/{name}/{{Sid}}"),
                    format!("/{name}/{{UserSid}}"),
                    format!("/{name}/{{ChannelSid}}"),
                ];
                let found = open.iter().find(|open| path.contains(*open) && !path.contains("Users/US"));
                match found {
                    Some(open) => {
                        parents.iter().map(|sid| path.replace(open, &format!("/{name}/{sid}"))).collect()
                    }
                    None => vec![path.clone()],
                }
            })
            .collect();
    }
    paths
        .into_iter()
        .filter_map(|path| {
            let parent = path.split('/').nth(5).unwrap_or_default();
            let last = match path.rsplit('/').nth(1) {
                _ if !path.contains('{') => return Some(path),
                Some("Channels") => first(truth.user_channels(parent), "channel_sid"),
                Some("Members") => first(truth.members(parent), "sid"),
                Some("Invites") => first(truth.invites(parent), "sid"),
                Some("Messages") => first(truth.messages(parent), "sid"),
                Some("Roles") => first(truth.roles(), "sid"),
                other => panic!("no example for {other:?} of {path}"),
            };
            let open = path.rfind('{').unwrap();
            last.map(|last| format!("{}{last}", path.split_at(open).0))
        })
        .collect()
}

/// `not_participating` is what Twilio documented before: real, but not in today's enum.
fn with_todays_spelling(text: &str) -> Value {
    serde_json::from_str(&text.replace("\"not_participating\"", "\"notParticipating\"")).unwrap()
}

#[tokio::test]
async fn every_reply_validates() {
    let asked = simulate(Options { users: 60, channels: 90, memberships: 20, ..Options::default() }).await;
    for (version, api) in APIS {
        let operations = data(&format!("{api}_operations.json"));
        let served = route::all().filter(|route| route.path.starts_with(&format!("/{version}/")));
        let mut served_count = 0;
        for route in served {
            served_count += 1;
            let operation = &operations[route.operation];
            assert_eq!(operation["path"], route.path, "{}", route.operation);
            assert_eq!(operation["method"].as_str().unwrap().to_uppercase(), route.method);
            let validator = validator(api, &operation["response"]);
            let paths = paths(&asked, route.path);
            assert!(!paths.is_empty());
            for path in paths {
                let answer = match route.method {
                    "POST" => asked.try_post(&path, "NotificationLevel=muted").await.unwrap(),
                    _ => asked.get(&path).await,
                };
                if route.method == "POST" && answer.status == 404 {
                    continue;
                }
                assert_eq!(
                    Some(u64::from(answer.status)),
                    operation["status"].as_u64(),
                    "{path}: {}",
                    answer.text
                );
                let value = with_todays_spelling(&answer.text);
                let errors: Vec<String> =
                    validator.iter_errors(&value).map(|error| error.to_string()).collect();
                assert_eq!(errors, Vec::<String>::new(), "{path}");
            }
        }
        assert_eq!(served_count, operations.as_object().unwrap().len());
    }
}

#[test]
fn page_size_maxima_are_the_described_ones() {
    for (version, api) in APIS {
        let operations = data(&format!("{api}_operations.json"));
        for route in route::all().filter(|route| route.path.starts_with(&format!("/{version}/"))) {
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
            assert!(validator.is_valid(&data(&format!("{api}/{name}"))), "{api}/{name}");
            seen += 1;
        }
        assert!(seen >= 3);
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
        // Only where the descriptions lie beside the repository.
        let Ok(published) = std::fs::read_to_string(published) else { return };
        let published: Value = serde_json::from_str(&published).unwrap();
        for (name, schema) in data(&format!("{api}_schemas.json")).as_object().unwrap() {
            assert_eq!(*schema, trimmed(&published["components"]["schemas"][name]), "{name}");
        }
        for (id, operation) in data(&format!("{api}_operations.json")).as_object().unwrap() {
            let (path, method) = (operation["path"].as_str().unwrap(), operation["method"].as_str().unwrap());
            let original = &published["paths"][path][method];
            assert_eq!(original["operationId"], **id);
            let content =
                &original["responses"][operation["status"].to_string()]["content"]["application/json"];
            assert_eq!(operation["response"], trimmed(&content["schema"]));
            let described = original["parameters"].as_array().into_iter().flatten();
            let query: Vec<Value> = described
                .filter(|parameter| parameter["in"] == "query")
                .map(|parameter| json!({"name": parameter["name"], "schema": trimmed(&parameter["schema"])}))
                .collect();
            assert_eq!(operation["query"], Value::Array(query));
            for (example, value) in content["examples"].as_object().unwrap() {
                assert_eq!(value["value"], data(&format!("{api}/{id}.{example}.json")));
            }
        }
    }
}
