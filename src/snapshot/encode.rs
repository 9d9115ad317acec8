//! How the model's small values are stored in SQLite's columns, and read back.
//!
//! SQLite types values, not columns, and that is used: the usual value is compact, the unusual one is its own text.
//! - a SID: 16 bytes, or the text that is no SID;
//! - a date: seconds, or the text of another form;
//! - an enumeration: its number (the views name them), or the text that is unknown.

use rusqlite::types::ValueRef;
use rusqlite::{Result, Row, Statement};

use crate::model::{
    ChannelType, ConversationState, JsonText, MembershipStatus, NotificationLevel, OpenEnum, RoleType, Sid,
    SidKind, StoredSid, Timestamp,
};

/// A value that can be bound to a statement's parameter (numbered from 1).
pub(super) trait Bind {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()>;
}

/// Binds values to the parameters of a statement, the first to number 1.
macro_rules! bind {
    ($statement:expr, $($value:expr),+ $(,)?) => {{
        let mut parameter = 0;
        $(
            parameter += 1;
            $crate::snapshot::encode::Bind::bind(&$value, &mut $statement, parameter)?;
        )+
        debug_assert_eq!(parameter, $statement.parameter_count());
    }};
    // The values in front of a record's own fields, then these, by `StoredRecord::bind_own`.
    ($statement:expr, $($value:expr),+; $record:expr) => {{
        let mut parameter = 0;
        $(
            parameter += 1;
            $crate::snapshot::encode::Bind::bind(&$value, &mut $statement, parameter)?;
        )+
        $record.bind_own(&mut $statement, parameter)?;
    }};
}
pub(super) use bind;

/// Binds the two parameters of a statement, such as the number of a service and a key.
pub(super) fn bind_two(statement: &mut Statement<'_>, first: impl Bind, second: impl Bind) -> Result<()> {
    bind!(*statement, first, second);
    Ok(())
}

impl<T: Bind + ?Sized> Bind for &T {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        (**self).bind(statement, parameter)
    }
}

impl<T: Bind> Bind for Option<T> {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        match self {
            Some(value) => value.bind(statement, parameter),
            None => statement.raw_bind_parameter(parameter, rusqlite::types::Null),
        }
    }
}

macro_rules! bind_as_is {
    ($($kind:ty),*) => {$(
        impl Bind for $kind {
            fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
                statement.raw_bind_parameter(parameter, self)
            }
        }
    )*};
}
bind_as_is!(i64, u32, bool, String, str);

impl<K: SidKind> Bind for Sid<K> {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        match self.stored() {
            StoredSid::Digits(bytes) => statement.raw_bind_parameter(parameter, &bytes[..]),
            StoredSid::Verbatim(text) => statement.raw_bind_parameter(parameter, text),
        }
    }
}

impl Bind for Timestamp {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        match self {
            Self::Seconds(seconds) => statement.raw_bind_parameter(parameter, seconds),
            Self::Verbatim(text) => statement.raw_bind_parameter(parameter, &**text),
        }
    }
}

impl Bind for JsonText {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        statement.raw_bind_parameter(parameter, &*self.0)
    }
}

/// Reads a value that [`Bind`] wrote.
pub(super) trait FromStored: Sized {
    /// `None` for null.
    fn from_stored(value: ValueRef<'_>) -> Option<Self>;
}

impl<K: SidKind> FromStored for Sid<K> {
    fn from_stored(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Blob(bytes) => <[u8; 16]>::try_from(bytes).ok().map(Self::from_bytes),
            ValueRef::Text(text) => Some(Self::from_wire(&String::from_utf8_lossy(text))),
            _ => None,
        }
    }
}

impl FromStored for Timestamp {
    fn from_stored(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Integer(seconds) => Some(Self::Seconds(seconds)),
            ValueRef::Text(text) => Some(Self::Verbatim(String::from_utf8_lossy(text).into())),
            _ => None,
        }
    }
}

impl FromStored for JsonText {
    fn from_stored(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(text) => Some(Self(String::from_utf8_lossy(text).into())),
            _ => None,
        }
    }
}

/// An enumeration is its number, or the text that has none.
macro_rules! numbered {
    ($($name:ident),*) => {$(
        impl Bind for $name {
            fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
                match self.number() {
                    Some(number) => statement.raw_bind_parameter(parameter, number),
                    None => statement.raw_bind_parameter(parameter, self.as_str()),
                }
            }
        }

        impl FromStored for $name {
            fn from_stored(value: ValueRef<'_>) -> Option<Self> {
                match value {
                    ValueRef::Integer(number) => Self::from_number(number),
                    ValueRef::Text(text) => Some(Self::Other(String::from_utf8_lossy(text).into())),
                    _ => None,
                }
            }
        }
    )*};
}
numbered!(MembershipStatus, NotificationLevel, ChannelType, RoleType, ConversationState);

/// The permissions of a role are a JSON array.
impl Bind for Vec<String> {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        statement.raw_bind_parameter(parameter, serde_json::json!(self).to_string())
    }
}

impl FromStored for Vec<String> {
    fn from_stored(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(text) => serde_json::from_slice(text).ok(),
            _ => None,
        }
    }
}

/// The index of a message as a part of its row's key, which cannot be null.
pub(in crate::snapshot) struct Position(pub(in crate::snapshot) Option<i64>);

impl Bind for Position {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        match self.0 {
            Some(index) => statement.raw_bind_parameter(parameter, index),
            None => statement.raw_bind_parameter(parameter, ""),
        }
    }
}

/// The types of messages that are stored as their place here.
pub(super) const MESSAGE_TYPES: [&str; 2] = ["text", "media"];

/// The type of a message: its place among the usual ones, or another text.
pub(super) struct MessageType<'a>(pub(super) Option<&'a str>);

impl Bind for MessageType<'_> {
    fn bind(&self, statement: &mut Statement<'_>, parameter: usize) -> Result<()> {
        match MESSAGE_TYPES
            .iter()
            .position(|name| Some(*name) == self.0)
            .and_then(|at| i64::try_from(at).ok())
        {
            Some(number) => statement.raw_bind_parameter(parameter, number),
            None => statement.raw_bind_parameter(parameter, self.0),
        }
    }
}

/// Reads what [`MessageType`] wrote.
pub(super) fn message_type(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Integer(number) => {
            usize::try_from(number).ok().and_then(|at| MESSAGE_TYPES.get(at)).map(|name| (*name).to_owned())
        }
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    }
}

/// A column that may be null.
pub(super) fn optional<T: FromStored>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    Ok(T::from_stored(row.get_ref(column)?))
}

/// A column that the schema says is not null.
pub(super) fn required<T: FromStored>(row: &Row<'_>, column: usize) -> Result<T> {
    let value = row.get_ref(column)?;
    T::from_stored(value)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(column, "value".into(), value.data_type()))
}
