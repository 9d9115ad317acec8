//! Tests of mapping files: what is bundled loads, and what is wrong is said with its place.

use super::*;

fn problem(text: &str) -> String {
    parse(text, "my.toml").unwrap_err().to_string()
}

const HEAD: &str = "version = 1\nname = \"mine\"\n[[records]]\nname = \"rows\"\nentity = \"membership\"\n";

#[test]
fn the_bundled_mappings_load() {
    for name in bundled_names() {
        let mapping = load(name).unwrap();
        assert_eq!(mapping.name, name);
        for record in &mapping.records {
            assert!(!record.description.is_empty(), "{}", record.name);
            for column in &record.columns {
                assert!(!column.description.is_empty(), "{}.{}", record.name, column.name);
            }
        }
    }
}

#[test]
fn user_channels_has_the_published_columns() {
    let chat = load("chat").unwrap();
    let names: Vec<&str> = chat.records.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(
        names,
        ["services", "roles", "users", "channels", "user_channels", "members", "invites", "messages"]
    );
    let columns: Vec<&str> = chat.records[4].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        columns.join(", "),
        "account_sid, service_sid, channel_sid, user_sid, member_sid, status, last_consumed_message_index, \
         unread_messages_count, notification_level"
    );
}

#[test]
fn classes_of_personal_data_are_twilios_own() {
    type Classes = std::collections::BTreeMap<String, std::collections::BTreeMap<String, Pii>>;
    let published: Classes = serde_json::from_str(include_str!("../../tests/data/wire/pii.json")).unwrap();
    for (entity, fields) in published {
        let entity = field::entity_named(&entity).unwrap();
        for (name, class) in fields {
            let ours = field::field(entity, &name).unwrap_or_else(|| panic!("{entity:?} has no {name}"));
            // The file has no class for who invited, though it has one for who created a channel: both are identities.
            let expected = if (ours.entity, ours.name) == (crate::model::Entity::Invite, "created_by") {
                Pii::Standard
            } else {
                class
            };
            assert_eq!(ours.pii, expected, "{entity:?}.{name}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let column = |text: &str| problem(&format!("{HEAD}key = [\"u\", \"c\"]\ncolumns = [\n  {text},\n]\n"));
    assert_eq!(
        column("{ name = \"u\", path = \"chanel.sid\" }"),
        "my.toml:8:24: unknown field `chanel.sid` (did you mean `channel.sid`?); \
         a row of `membership` has membership, user, channel, member, role, service"
    );
    assert!(column("{ name = \"u\", pth = \"x\" }").starts_with("my.toml:8:17: unknown field `pth`"));
    assert!(column("{ name = \"u\", pth = \"x\" }").ends_with("(did you mean `path`?)"));
    assert_eq!(
        column("{ name = \"u\" }"),
        "my.toml:8:12: column `u` must have exactly one of `path`, `const` and `value`, not none of them"
    );
    assert_eq!(
        column("{ name = \"u\", path = \"user.sid\", type = \"integer\" }"),
        "my.toml:8:43: column `u` is of type integer, but user.sid is string"
    );
    assert!(
        column("{ name = \"u\", path = \"user.sid\" }, { name = \"u\", const = 1 }")
            .ends_with("column `u` is named twice")
    );
    assert_eq!(
        problem(&HEAD.replace("membership", "memebership")).split(" (").next().unwrap(),
        "my.toml:3:1: missing field `key`"
    );
    assert!(problem("version = 2\nname = \"a\"\nrecords = []").starts_with("my.toml:1:11: version 2 "));
    assert!(problem("version = 1\nname = \"A\"\nrecords = []").contains("must be of a-z, 0-9 and _"));
    assert_eq!(
        load("chta").unwrap_err().to_string(),
        "there is no mapping `chta` (did you mean `chat`?); the bundled ones are chat"
    );
}

#[test]
fn keys_that_no_walk_sorts_by_are_refused() {
    let with_key = |key: &str| {
        let text = format!(
            "{HEAD}key = {key}\ncolumns = [ {{ name = \"u\", path = \"user.sid\" }}, \
             {{ name = \"c\", path = \"channel_sid\" }}, {{ name = \"m\", path = \"member_sid\" }} ]"
        );
        parse(&text, "my.toml")
    };
    assert_eq!(with_key("[\"u\", \"c\"]").unwrap().records[0].order, KeyOrder::Natural);
    assert_eq!(with_key("[\"c\", \"m\"]").unwrap().records[0].order, KeyOrder::ByChannel);
    assert_eq!(with_key("[\"c\", \"m\", \"u\"]").unwrap().records[0].order, KeyOrder::ByChannel);
    assert_eq!(
        with_key("[\"m\"]").unwrap_err().to_string(),
        "my.toml:6:7: membership rows cannot be sorted by m; possible keys are [service.sid], user.sid, channel.sid; \
         or [service.sid], channel.sid, membership.member_sid, [user.sid]"
    );
    assert!(with_key("[\"x\"]").unwrap_err().to_string().contains("unknown key column `x`"));
}
