//! Tests of mapping files: what is bundled loads, and what is wrong is said with its place.

mod files;
mod rows;
mod schema;

use super::*;

fn problem(text: &str) -> String {
    parse(text, "my.toml", None).unwrap_err().to_string()
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
fn what_has_a_row_for_each_membership_needs_no_expression_engine() {
    let has_expressions = |record: &MappedRecord| {
        let in_columns = record
            .columns
            .iter()
            .any(|column| matches!(column.source, super::record::ColumnSource::Expression(..)));
        in_columns || record.filters.iter().any(|filter| filter.expression().is_some())
    };
    for name in bundled_names() {
        for record in load(name).unwrap().records {
            let of_roles = record.entity == crate::model::Entity::Role;
            let of_plan = record.needs_plan().is_some();
            // A copy leaves out attributes that are not JSON, which takes an expression. Import files have names and authors of another
            // system, one for each user, channel or message.
            let is_copy = name == "copy";
            // The events of a device have other words in Conversations.
            let of_devices = record.entity == crate::model::Entity::Binding;
            let is_import = ["stream", "mattermost", "cometchat"].contains(&name)
                && record.entity != crate::model::Entity::Membership;
            assert!(
                is_copy || is_import || of_roles || of_plan || of_devices || !has_expressions(&record),
                "{name}: {}",
                record.name
            );
        }
    }
}

#[test]
fn the_conversations_records_have_the_published_columns() {
    let mapping = load("conversations").unwrap();
    let columns = |record: usize| -> String {
        let names: Vec<&str> =
            mapping.records[record].columns.iter().map(|column| column.name.as_str()).collect();
        format!("{}: {}", mapping.records[record].name, names.join(", "))
    };
    assert_eq!(
        columns(0),
        "participants: account_sid, chat_service_sid, conversation_sid, sid, identity, attributes, role_sid, \
         date_created, date_updated, last_read_message_index, last_read_timestamp, messaging_binding"
    );
    assert_eq!(
        columns(1),
        "user_conversations: account_sid, chat_service_sid, conversation_sid, user_sid, participant_sid, identity, \
         notification_level, last_read_message_index, unread_messages_count, friendly_name, unique_name, attributes, \
         created_by, date_created, date_updated"
    );
    let others: Vec<&str> = mapping.records[2..].iter().map(|record| record.name.as_str()).collect();
    assert_eq!(
        others,
        [
            "conversations",
            "conversation_users",
            "conversation_roles",
            "conversation_messages",
            "conversation_bindings"
        ]
    );
}

#[test]
fn user_channels_has_the_published_columns() {
    let chat = load("chat").unwrap();
    let names: Vec<&str> = chat.records.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "services",
            "roles",
            "users",
            "channels",
            "user_channels",
            "members",
            "invites",
            "messages",
            "bindings"
        ]
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
    let published: Classes = serde_json::from_str(include_str!("../../../tests/data/wire/pii.json")).unwrap();
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
fn days_until_a_deletion_are_twilios_own() {
    fn each(value: &serde_json::Value, found: &mut usize) {
        if let Some(pii) = value.get("x-twilio").and_then(|twilio| twilio.get("pii")) {
            let class: Pii = serde_json::from_value(pii["handling"].clone()).unwrap();
            assert_eq!(
                class.delete_sla(),
                pii["deleteSla"].as_u64().and_then(|days| u32::try_from(days).ok()),
                "{pii}"
            );
            *found += 1;
        }
        match value {
            serde_json::Value::Object(object) => object.values().for_each(|value| each(value, found)),
            serde_json::Value::Array(items) => items.iter().for_each(|value| each(value, found)),
            _ => {}
        }
    }
    let mut found = 0;
    for schemas in [
        include_str!("../../../tests/data/wire/chat_v2_schemas.json"),
        include_str!("../../../tests/data/wire/conversations_v1_schemas.json"),
    ] {
        each(&serde_json::from_str(schemas).unwrap(), &mut found);
    }
    assert!(found > 30, "{found} fields");
    assert_eq!(Pii::None.delete_sla(), None);
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
        "my.toml:8:12: column `u` must have exactly one of `path`, `first_of`, `const`, `value` and `list`, not none of them"
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
        "there is no mapping `chta` (did you mean `chat`?); the bundled ones are chat, conversations, copy, audit, roles, \
         sids, stream, mattermost, cometchat"
    );
}

#[test]
fn keys_that_no_walk_sorts_by_are_refused() {
    let with_key = |key: &str| {
        let text = format!(
            "{HEAD}key = {key}\ncolumns = [ {{ name = \"u\", path = \"user.sid\" }}, \
             {{ name = \"c\", path = \"channel_sid\" }}, {{ name = \"m\", path = \"member_sid\" }} ]"
        );
        parse(&text, "my.toml", None)
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

#[test]
fn members_among_memberships_need_the_order_of_channels() {
    let record = |entity: &str, key: &str| {
        let text = format!(
            "version = 1\nname = \"m\"\n[[records]]\nname = \"r\"\nentity = \"{entity}\"\nother_members = true\nkey = {key}\n\
             columns = [{{ name = \"c\", first_of = [\"membership.channel_sid\", \"member.channel_sid\"] }},\n\
             {{ name = \"m\", first_of = [\"membership.member_sid\", \"member.sid\"] }},\n\
             {{ name = \"u\", path = \"membership.user_sid\" }}]"
        );
        parse(&text, "m.toml", None).map_err(|error| error.to_string())
    };
    assert!(record("membership", "[\"c\", \"m\"]").unwrap().records[0].other_members);
    let error = record("membership", "[\"u\", \"c\"]").unwrap_err();
    assert!(error.starts_with("m.toml:6:17: `other_members` needs"), "{error}");
    assert!(record("member", "[\"c\"]").is_err());
}
