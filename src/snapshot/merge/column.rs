//! The columns of each entity as a merge reads them, and how a stored value is told.
//!
//! **Invariant:** what two files store alike is alike. A column that is stored by a file's own numbering (`scope`) is compared
//! by what it stands for.

use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::model::{Entity, Timestamp};
use crate::storage::hex;

/// How a stored value is told.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// A SID: its prefix.
    Sid(&'static str),
    /// A date.
    Date,
    /// An enumeration: the names of its numbers, from 1.
    Named(&'static [&'static str]),
    /// True or false.
    Switch,
    /// JSON text.
    Json,
    /// As it is.
    Plain,
}

/// A field of an entity.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name at the API.
    pub name: &'static str,
    /// What is selected for it.
    sql: &'static str,
    form: Form,
}

/// Of the fields of an entity, some: bit `n` is the field of number `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fields(u32);

impl Fields {
    /// All of them.
    pub(crate) const ALL: Self = Self(u32::MAX);

    /// These without that one.
    #[must_use]
    pub(crate) fn without(self, number: usize) -> Self {
        Self(self.0 & !(1 << number))
    }

    /// These and that one.
    #[must_use]
    pub(super) fn with(self, number: usize) -> Self {
        Self(self.0 | 1 << number)
    }

    /// Whether the field of this number is one of them.
    pub(crate) fn has(self, number: usize) -> bool {
        self.0 & (1 << number) != 0
    }

    /// Those that are in both.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Fields that every entity begins with. They are not columns of their own: both are behind the column `scope`.
pub(super) const SCOPE_FIELDS: usize = 2;

const ACCOUNT: Column = sid("account_sid", "AC");
const SERVICE: Column = sid("service_sid", "IS");

const fn plain(name: &'static str) -> Column {
    Column { name, sql: name, form: Form::Plain }
}

const fn date(name: &'static str) -> Column {
    Column { name, sql: name, form: Form::Date }
}

const fn switch(name: &'static str) -> Column {
    Column { name, sql: name, form: Form::Switch }
}

const fn json(name: &'static str) -> Column {
    Column { name, sql: name, form: Form::Json }
}

const fn sid(name: &'static str, prefix: &'static str) -> Column {
    Column { name, sql: name, form: Form::Sid(prefix) }
}

const fn named(name: &'static str, names: &'static [&'static str]) -> Column {
    Column { name, sql: name, form: Form::Named(names) }
}

/// The same, kept under another name or form.
const fn kept_as(column: &Column, sql: &'static str) -> Column {
    Column { name: column.name, sql, form: column.form }
}

const SERVICES: &[Column] = &[
    ACCOUNT,
    SERVICE,
    plain("friendly_name"),
    date("date_created"),
    date("date_updated"),
    sid("default_service_role_sid", "RL"),
    sid("default_channel_role_sid", "RL"),
    sid("default_channel_creator_role_sid", "RL"),
    switch("read_status_enabled"),
    switch("reachability_enabled"),
    plain("typing_indicator_timeout"),
    plain("consumption_report_interval"),
    json("limits"),
    plain("pre_webhook_url"),
    plain("post_webhook_url"),
    plain("webhook_method"),
    json("webhook_filters"),
    plain("pre_webhook_retry_count"),
    plain("post_webhook_retry_count"),
    json("notifications"),
    json("media"),
    json("configuration"),
    json("extra"),
];

const ROLES: &[Column] = &[
    ACCOUNT,
    SERVICE,
    plain("friendly_name"),
    named("type", &["channel", "deployment", "conversation", "service"]),
    json("permissions"),
    date("date_created"),
    date("date_updated"),
    json("extra"),
];

const USERS: &[Column] = &[
    ACCOUNT,
    SERVICE,
    plain("attributes"),
    plain("friendly_name"),
    sid("role_sid", "RL"),
    plain("identity"),
    switch("is_online"),
    switch("is_notifiable"),
    date("date_created"),
    date("date_updated"),
    plain("joined_channels_count"),
    json("extra"),
];

const CHANNELS: &[Column] = &[
    ACCOUNT,
    SERVICE,
    plain("friendly_name"),
    plain("unique_name"),
    plain("attributes"),
    named("type", &["public", "private"]),
    date("date_created"),
    date("date_updated"),
    plain("created_by"),
    plain("members_count"),
    plain("messages_count"),
    named("state", &["active", "inactive", "closed", "initializing"]),
    json("timers"),
    sid("messaging_service_sid", "MG"),
    json("bindings"),
    json("extra"),
];

const MEMBERSHIPS: &[Column] = &[
    ACCOUNT,
    SERVICE,
    sid("member_sid", "MB"),
    named("status", &["joined", "invited", "notParticipating", "not_participating"]),
    plain("last_consumed_message_index"),
    plain("unread_messages_count"),
    named("notification_level", &["default", "muted"]),
    json("extra"),
];

const MEMBERS: &[Column] = &[
    ACCOUNT,
    SERVICE,
    plain("identity"),
    sid("role_sid", "RL"),
    plain("last_consumed_message_index"),
    date("last_consumption_timestamp"),
    date("date_created"),
    date("date_updated"),
    plain("attributes"),
    json("extra"),
];

const INVITES: &[Column] = &[
    ACCOUNT,
    SERVICE,
    plain("identity"),
    date("date_created"),
    date("date_updated"),
    sid("role_sid", "RL"),
    plain("created_by"),
    json("extra"),
];

const MESSAGES: &[Column] = &[
    ACCOUNT,
    SERVICE,
    kept_as(&plain("index"), "nullif(position, '')"),
    date("date_created"),
    date("date_updated"),
    kept_as(&plain("from"), "sender"),
    plain("body"),
    plain("attributes"),
    // The one enumeration that is numbered from 0.
    kept_as(
        &named("type", &["text", "media"]),
        "CASE typeof(type) WHEN 'integer' THEN type + 1 ELSE type END",
    ),
    switch("was_edited"),
    plain("last_updated_by"),
    json("media"),
    sid("participant_sid", "MB"),
    json("delivery"),
    sid("content_sid", "HX"),
    json("extra"),
];

/// The fields of an entity that are compared, in the order of their numbers: all but its key.
pub(crate) fn columns(entity: Entity) -> &'static [Column] {
    match entity {
        Entity::Service => SERVICES,
        Entity::Role => ROLES,
        Entity::User => USERS,
        Entity::Channel => CHANNELS,
        Entity::Membership => MEMBERSHIPS,
        Entity::Member => MEMBERS,
        Entity::Invite => INVITES,
        Entity::Message => MESSAGES,
    }
}

/// The columns to select for an entity's fields: `scope` first, then one for each field behind it.
pub(in crate::snapshot) fn select(entity: Entity) -> String {
    let names = columns(entity).iter().skip(SCOPE_FIELDS).map(|column| column.sql);
    std::iter::once("scope").chain(names).collect::<Vec<_>>().join(", ")
}

impl Column {
    /// A stored value as the API would write it.
    pub(super) fn tell(&self, value: ValueRef<'_>) -> Value {
        match (value, self.form) {
            (ValueRef::Null, _) => Value::Null,
            (ValueRef::Blob(bytes), Form::Sid(prefix)) => Value::String(sid_text(prefix, bytes)),
            (ValueRef::Blob(bytes), _) => Value::String(sid_text("", bytes)),
            (ValueRef::Integer(number), Form::Date) => Value::String(Timestamp::Seconds(number).to_string()),
            (ValueRef::Integer(number), Form::Switch) => Value::Bool(number != 0),
            (ValueRef::Integer(number), Form::Named(names)) => {
                let name = usize::try_from(number - 1).ok().and_then(|index| names.get(index));
                name.map_or_else(|| Value::from(number), |name| Value::from(*name))
            }
            (ValueRef::Integer(number), _) => Value::from(number),
            (ValueRef::Real(number), _) => Value::from(number),
            (ValueRef::Text(bytes), Form::Json) => {
                let text = || Value::String(String::from_utf8_lossy(bytes).into_owned());
                serde_json::from_slice(bytes).unwrap_or_else(|_not_json| text())
            }
            (ValueRef::Text(bytes), _) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

/// The text of a SID from its stored digits.
pub(super) fn sid_text(prefix: &str, bytes: &[u8]) -> String {
    format!("{prefix}{}", hex(bytes))
}

/// The text of a key that is a SID: its digits, or what was sent instead.
pub(super) fn key_text(prefix: &str, value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Blob(bytes) => sid_text(prefix, bytes),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_entity_has_more_fields_than_there_are_bits() {
        for entity in Entity::ALL {
            assert!(columns(entity).len() <= 32, "{entity:?}");
        }
    }

    #[test]
    fn a_stored_value_is_told_as_the_api_wrote_it() {
        let status = &MEMBERSHIPS[3];
        assert_eq!(status.tell(ValueRef::Integer(1)), "joined");
        assert_eq!(status.tell(ValueRef::Text(b"lurking")), "lurking");
        assert_eq!(USERS[6].tell(ValueRef::Integer(1)), true);
        assert_eq!(USERS[8].tell(ValueRef::Integer(0)), "1970-01-01T00:00:00Z");
        assert_eq!(USERS[4].tell(ValueRef::Blob(&[0xab; 16])), "RLabababababababababababababababab");
        assert_eq!(ROLES[4].tell(ValueRef::Text(b"[\"a\"]")), serde_json::json!(["a"]));
        assert_eq!(USERS[2].tell(ValueRef::Null), Value::Null);
    }

    #[test]
    fn fields_are_taken_out_and_put_in() {
        let fields = Fields::ALL.without(3);
        assert!(!fields.has(3) && fields.has(4));
        assert!(fields.with(3).has(3));
        assert!(Fields::default().is_empty());
    }
}
