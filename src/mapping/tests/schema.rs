//! The published JSON Schema of mapping files says what the code does.

use serde_json::{Value as Json, json};

use super::super::field::entity_name;
use super::*;
use crate::model::Entity;

fn schema() -> Json {
    serde_json::from_str(include_str!("../../../mappings/mapping.schema.json")).unwrap()
}

fn texts(list: &Json) -> Vec<String> {
    let mut texts: Vec<String> =
        list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

fn keys(object: &Json) -> Vec<String> {
    let mut keys: Vec<String> = object.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    keys
}

/// The keys that the code takes at a place, as its error for an unknown one lists them.
fn taken(text: &str) -> Vec<String> {
    let message = parse(text, "m.toml", None).unwrap_err().to_string();
    let (_, list) = message.split_once(", expected ").unwrap_or_else(|| panic!("{message}"));
    let mut keys: Vec<String> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    keys.retain(|key| key != "unknown_key");
    keys.sort();
    keys.dedup();
    keys
}

#[test]
fn it_has_the_keys_that_the_code_takes() {
    let schema = schema();
    assert_eq!(taken("unknown_key = 1"), keys(&schema["properties"]));
    assert_eq!(taken("[[records]]\nunknown_key = 1"), keys(&schema["$defs"]["record"]["properties"]));
    assert_eq!(
        taken("[[records]]\ncolumns = [{ unknown_key = 1 }]"),
        keys(&schema["$defs"]["column"]["properties"])
    );
    for (text, of) in [
        ("[safe_names.n]\nunknown_key = 1", "safeName"),
        ("[[bundles]]\nunknown_key = 1", "bundle"),
        ("[[bundles]]\nparts = { unknown_key = 1 }", "parts"),
        ("[[records]]\nbatch = { unknown_key = 1 }", "batch"),
        ("[[records]]\n[[records.lists]]\nunknown_key = 1", "list"),
    ] {
        assert_eq!(taken(text), keys(&schema["$defs"][of]["properties"]), "{of}");
    }
    assert_eq!(taken("[plan]\nunknown_key = 1"), keys(&schema["$defs"]["plan"]["properties"]));
    assert_eq!(taken("[plan.copy]\nunknown_key = 1"), keys(&schema["$defs"]["fieldRules"]["properties"]));
    assert_eq!(taken("[roles]\nunknown_key = 1"), keys(&schema["$defs"]["roles"]["properties"]));
    assert_eq!(
        taken("[roles]\noverrides = [{ unknown_key = 1 }]"),
        keys(&schema["$defs"]["roles"]["properties"]["overrides"]["items"]["properties"])
    );
}

#[test]
fn it_has_the_values_that_the_code_takes() {
    let schema = schema();
    let column = &schema["$defs"]["column"]["properties"];
    let of_column = |key: &str| taken(&format!("[[records]]\ncolumns = [{{ {key} = \"unknown_key\" }}]"));
    for key in ["type", "pii", "on_error", "unit"] {
        assert_eq!(of_column(key), texts(&column[key]["enum"]), "{key}");
    }
    let mut entities: Vec<String> =
        Entity::ALL.into_iter().map(|entity| entity_name(entity).to_owned()).collect();
    entities.sort();
    let mut updatable: Vec<String> = plan_rules::UPDATABLE.into_iter().map(str::to_owned).collect();
    updatable.sort();
    assert_eq!(updatable, texts(&schema["$defs"]["plannedField"]["enum"]));
    assert_eq!(entities, texts(&schema["$defs"]["record"]["properties"]["entity"]["enum"]));
}

#[test]
fn bundled_mappings_are_valid_and_mistakes_are_not() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let valid = |text: &str| validator.is_valid(&toml::from_str::<Json>(text).unwrap());
    for name in bundled_names() {
        assert!(valid(bundled_text(name).unwrap()), "{name}");
    }
    let column = |column: &str| {
        format!(
            "version = 1\nname = \"m\"\n[[records]]\nname = \"r\"\nentity = \"user\"\nkey = [\"sid\"]\n\
             columns = [{{ name = \"sid\", path = \"sid\" }}, {{ name = \"x\", {column} }}]"
        )
    };
    for (text, expected) in [
        ("const = 1", true),
        ("path = \"user.identity\"", true),
        ("path = \"identity\", const = 1", false),
        ("description = \"nothing\"", false),
        ("const = 1, on_error = \"skip\"", false),
        ("value = \"1\", type = \"integer\", on_error = \"skip\"", true),
        ("path = \"identity\", default = \"no one\"", true),
        ("path = \"identity\", default = \"\", table = { a = \"b\" }", false),
        ("const = 1, default = 1", false),
        ("path = \"identity\", unique = true", true),
        ("path = \"date_created\", unit = \"seconds\"", true),
        ("const = 1, unit = \"seconds\"", false),
        ("value = \"identity\", safe_name = \"n\"", false),
        ("list = \"members\", path = \"identity\"", false),
        ("path = \"identity\", table = { a = true }, otherwise = \"null\"", true),
        ("path = \"identity\", otherwise = \"null\"", false),
        ("path = \"identity\", table = { a = \"b\" }, otherwise = \"null\"", true),
    ] {
        assert_eq!(valid(&column(text)), expected, "{text}");
        assert_eq!(parse(&column(text), "m.toml", None).is_ok(), expected, "{text}");
    }
    // Which type a path has is not for the schema to say.
    assert!(parse(&column("path = \"identity\", default = 1"), "m.toml", None).is_err());
    assert!(!validator.is_valid(&json!({ "version": 2, "name": "m", "records": [] })));
}
