//! The columns of each entity as a merge reads them, and how a stored value is displayed.
//!
//! **Invariant:** values that two files store alike are equal. A column that is stored by a file's own numbering (`scope`) is compared
//! by the SIDs behind the number.

use std::sync::LazyLock;

use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::model::{AccountSid, Entity, ServiceSid, Timestamp};
use crate::snapshot::columns::{Form, Place, fields};
use crate::snapshot::encode::MESSAGE_TYPES;
use crate::storage::hex;

/// A field of an entity.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name at the API.
    pub name: &'static str,
    /// The column that holds it.
    sql: &'static str,
    form: Form,
}

/// Of the fields of an entity, some: bit `n` is the field of number `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FieldMask(u32);

impl FieldMask {
    pub(crate) const ALL: Self = Self(u32::MAX);

    #[must_use]
    pub(crate) fn without(self, number: usize) -> Self {
        Self(self.0 & !(1 << number))
    }

    #[must_use]
    pub(in crate::snapshot) fn with(self, number: usize) -> Self {
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

/// The fields that every entity begins with. They are not columns of their own: both are behind the column `scope`.
pub(in crate::snapshot) const SCOPE_FIELDS: usize = 2;

/// The fields of an entity that are compared, in the order of their numbers: all but its key.
pub(crate) fn columns(entity: Entity) -> &'static [Column] {
    static COLUMNS: LazyLock<Vec<Vec<Column>>> = LazyLock::new(|| Entity::ALL.map(of).into());
    COLUMNS.get(entity as usize).map_or(&[], Vec::as_slice)
}

fn of(entity: Entity) -> Vec<Column> {
    let scope = [("account_sid", AccountSid::PREFIX), ("service_sid", ServiceSid::PREFIX)];
    let scope = scope.map(|(name, prefix)| Column { name, sql: "scope", form: Form::Sid(prefix) });
    let own = fields(entity).iter().filter(|field| field.place == Place::Own);
    let own = own.map(|field| Column { name: field.name, sql: field.column, form: field.form });
    scope.into_iter().chain(own).collect()
}

/// The columns to select for an entity's fields: `scope` first, then one for each field behind it.
pub(in crate::snapshot) fn select(entity: Entity) -> String {
    let names = columns(entity).iter().skip(SCOPE_FIELDS).map(|column| column.sql);
    std::iter::once("scope").chain(names).collect::<Vec<_>>().join(", ")
}

impl Column {
    /// A stored value as the API would write it.
    pub(in crate::snapshot) fn display(&self, value: ValueRef<'_>) -> Value {
        match (value, self.form) {
            // An index is a part of a key, which cannot be null: the empty text means null.
            (ValueRef::Null, _) | (ValueRef::Text(_), Form::Index) => Value::Null,
            (ValueRef::Blob(bytes), Form::Sid(prefix)) => Value::String(sid_text(prefix, bytes)),
            (ValueRef::Blob(bytes), _) => Value::String(sid_text("", bytes)),
            (ValueRef::Integer(number), Form::Date) => Value::String(Timestamp::Seconds(number).to_string()),
            (ValueRef::Integer(number), Form::Switch) => Value::Bool(number != 0),
            (ValueRef::Integer(number), Form::Named(names)) => named(number, number - 1, names),
            (ValueRef::Integer(number), Form::MessageType) => named(number, number, &MESSAGE_TYPES),
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

/// A number of an enumeration as the name at this place.
fn named(number: i64, place: i64, names: &[&str]) -> Value {
    let name = usize::try_from(place).ok().and_then(|place| names.get(place));
    name.map_or_else(|| Value::from(number), |name| Value::from(*name))
}

/// The text of a SID from its stored digits.
pub(in crate::snapshot) fn sid_text(prefix: &str, bytes: &[u8]) -> String {
    format!("{prefix}{}", hex(bytes))
}

/// The text of a key that is a SID: its digits, or what was sent instead.
pub(in crate::snapshot) fn key_text(prefix: &str, value: ValueRef<'_>) -> String {
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
    fn a_stored_value_is_displayed_as_the_api_wrote_it() {
        let status = &columns(Entity::Membership)[3];
        assert_eq!(status.display(ValueRef::Integer(1)), "joined");
        assert_eq!(status.display(ValueRef::Text(b"lurking")), "lurking");
        assert_eq!(columns(Entity::User)[6].display(ValueRef::Integer(1)), true);
        assert_eq!(columns(Entity::User)[8].display(ValueRef::Integer(0)), "1970-01-01T00:00:00Z");
        assert_eq!(
            columns(Entity::User)[4].display(ValueRef::Blob(&[0xab; 16])),
            "RLabababababababababababababababab"
        );
        assert_eq!(columns(Entity::Role)[4].display(ValueRef::Text(b"[\"a\"]")), serde_json::json!(["a"]));
        assert_eq!(columns(Entity::User)[2].display(ValueRef::Null), Value::Null);
    }

    #[test]
    fn fields_are_taken_out_and_put_in() {
        let fields = FieldMask::ALL.without(3);
        assert!(!fields.has(3) && fields.has(4));
        assert!(fields.with(3).has(3));
        assert!(FieldMask::default().is_empty());
    }
}
