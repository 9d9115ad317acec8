//! An operation as a row of the file: how its columns are stored and read back.
//!
//! SQLite types values, not columns, and that is used: a SID is 16 bytes or the text that is no SID, the service a number where
//! it is one of the header's two. Millions of operations are stored; this is less than half of their text.

use rusqlite::types::{FromSqlError, Null, Type, ValueRef};
use rusqlite::{Connection, Error, Result, Row, Statement};
use serde_json::Map;

use super::schema::kind_number;
use crate::model::{ChannelSid, Sid, SidKind, StoredSid, UserSid};
use crate::plan::operation::{JsonFields, Operation, OperationKind, OperationState, PlannedMessage, Subject};
use crate::plan::overview::Header;

/// The columns that are read of an operation, in the order of [`read`].
pub(super) const COLUMNS: &str = "number, kind, state, service, role, user, channel, member, invite, identity, unique_name, \
     target, conversation, target_user, before, after, blocked, reason, result, message, position";

const INSERT: &str = "INSERT INTO operation (kind, state, service, role, user, channel, member, invite, identity, unique_name, \
     target, conversation, target_user, before, after, blocked, message, position) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

/// What is stored of an operation besides its subject, as the text that it is stored as.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredOperation<'a> {
    /// The values before; none where there are none.
    pub(super) before: Option<&'a str>,
    /// The values after; none where there are none.
    pub(super) after: Option<&'a str>,
    /// Why it cannot be done, as planned.
    pub(super) blocked: Option<&'a str>,
}

/// The service SIDs that stand as numbers.
#[derive(Debug, Clone)]
pub(super) struct NumberedServices {
    source: String,
    target: String,
}

impl NumberedServices {
    pub(super) fn of(header: &Header) -> Self {
        Self { source: header.source.service_sid.clone(), target: header.target.service_sid.clone() }
    }
}

/// Writes an operation.
pub(super) fn insert(
    connection: &Connection,
    services: &NumberedServices,
    operation: &Operation,
    state: i64,
    stored: &StoredOperation<'_>,
) -> Result<()> {
    let mut row = connection.prepare_cached(INSERT)?;
    let subject = &operation.subject;
    row.raw_bind_parameter(1, kind_number(operation.kind))?;
    row.raw_bind_parameter(2, state)?;
    match &subject.service_sid {
        None => row.raw_bind_parameter(3, Null)?,
        Some(sid) => {
            let sid = sid.to_string();
            if sid == services.target {
                row.raw_bind_parameter(3, 2)?;
            } else if sid == services.source {
                row.raw_bind_parameter(3, 1)?;
            } else {
                row.raw_bind_parameter(3, sid)?;
            }
        }
    }
    bind_sid(&mut row, 4, subject.role_sid.as_ref())?;
    bind_sid(&mut row, 5, subject.user_sid.as_ref())?;
    bind_sid(&mut row, 6, subject.channel_sid.as_ref())?;
    bind_sid(&mut row, 7, subject.member_sid.as_ref())?;
    bind_sid(&mut row, 8, subject.invite_sid.as_ref())?;
    row.raw_bind_parameter(9, subject.identity.as_deref())?;
    row.raw_bind_parameter(10, subject.unique_name.as_deref())?;
    match subject.target_sid.as_deref() {
        None => row.raw_bind_parameter(11, Null)?,
        Some(sid) => match pack(sid) {
            Some(packed) => row.raw_bind_parameter(11, &packed[..])?,
            None => row.raw_bind_parameter(11, sid)?,
        },
    }
    bind_sid(&mut row, 12, subject.conversation_sid.as_deref().map(ChannelSid::from_wire).as_ref())?;
    bind_sid(&mut row, 13, subject.target_user_sid.as_deref().map(UserSid::from_wire).as_ref())?;
    row.raw_bind_parameter(14, stored.before)?;
    row.raw_bind_parameter(15, stored.after)?;
    row.raw_bind_parameter(16, stored.blocked)?;
    row.raw_bind_parameter(17, subject.message.map(|message| message.index))?;
    row.raw_bind_parameter(18, subject.message.map(|message| message.position))?;
    row.raw_execute().map(|_| ())
}

fn bind_sid<K: SidKind>(row: &mut Statement<'_>, parameter: usize, sid: Option<&Sid<K>>) -> Result<()> {
    match sid.map(Sid::stored) {
        None => row.raw_bind_parameter(parameter, Null),
        Some(StoredSid::Digits(bytes)) => row.raw_bind_parameter(parameter, &bytes[..]),
        Some(StoredSid::Verbatim(text)) => row.raw_bind_parameter(parameter, text),
    }
}

/// A SID of any kind as its two letters and 16 bytes; none for what is not in the canonical spelling.
fn pack(sid: &str) -> Option<[u8; 18]> {
    let bytes: &[u8; 34] = sid.as_bytes().try_into().ok()?;
    let (letters, digits) = bytes.split_at(2);
    let mut packed = [0; 18];
    let (front, back) = packed.split_at_mut(2);
    front.copy_from_slice(letters);
    for (to, from) in back.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |byte: &u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        *to = digit(from.first()?)? << 4 | digit(from.last()?)?;
    }
    letters.iter().all(u8::is_ascii_uppercase).then_some(packed)
}

fn unpack(packed: &[u8]) -> Option<String> {
    let (letters, digits) = packed.split_at_checked(2)?;
    let digits: [u8; 16] = digits.try_into().ok()?;
    Some(format!("{}{:032x}", str::from_utf8(letters).ok()?, u128::from_be_bytes(digits)))
}

#[derive(Debug)]
pub(super) struct ReadOperation {
    pub(super) number: i64,
    pub(super) operation: Operation,
    pub(super) state: OperationState,
}

/// Reads an operation of a row of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>, services: &NumberedServices) -> Result<ReadOperation> {
    let kind = named(row, 1, &OperationKind::ALL)?;
    let service = match row.get_ref(3)? {
        ValueRef::Null => None,
        ValueRef::Integer(1) => Some(services.source.as_str()),
        ValueRef::Integer(2) => Some(services.target.as_str()),
        value => Some(value.as_str().map_err(|error| wrong(3, error))?),
    };
    let target = match row.get_ref(11)? {
        ValueRef::Null => None,
        ValueRef::Blob(packed) => Some(unpack(packed).ok_or_else(|| wrong(11, FromSqlError::InvalidType))?),
        value => Some(value.as_str().map_err(|error| wrong(11, error))?.to_owned()),
    };
    let index: Option<i64> = row.get(19)?;
    let message = match index {
        Some(index) => Some(PlannedMessage { index, position: row.get(20)? }),
        None => None,
    };
    let subject = Subject {
        service_sid: service.map(Sid::from_wire),
        role_sid: sid(row, 4)?,
        user_sid: sid(row, 5)?,
        channel_sid: sid(row, 6)?,
        member_sid: sid(row, 7)?,
        invite_sid: sid(row, 8)?,
        identity: row.get(9)?,
        unique_name: row.get(10)?,
        target_sid: target,
        conversation_sid: sid::<crate::model::sid::ChannelKind>(row, 12)?.map(|sid| sid.to_string()),
        target_user_sid: sid::<crate::model::sid::UserKind>(row, 13)?.map(|sid| sid.to_string()),
        message,
    };
    Ok(ReadOperation {
        number: row.get(0)?,
        operation: Operation { kind, subject, before: fields(row, 14)?, after: fields(row, 15)? },
        state: named(row, 2, &OperationState::ALL)?,
    })
}

impl<'a> StoredOperation<'a> {
    /// The texts of a row of [`COLUMNS`].
    pub(super) fn of(row: &'a Row<'_>) -> Result<Self> {
        let text = |column| row.get_ref(column)?.as_str_or_null().map_err(|error| wrong(column, error));
        Ok(Self { before: text(14)?, after: text(15)?, blocked: text(16)? })
    }
}

fn sid<K: SidKind>(row: &Row<'_>, column: usize) -> Result<Option<Sid<K>>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Blob(bytes) => {
            let bytes = bytes.try_into().map_err(|_| wrong(column, FromSqlError::InvalidType))?;
            Some(Sid::from_bytes(bytes))
        }
        value => Some(Sid::from_wire(value.as_str().map_err(|error| wrong(column, error))?)),
    })
}

fn fields(row: &Row<'_>, column: usize) -> Result<JsonFields> {
    match row.get_ref(column)?.as_str_or_null().map_err(|error| wrong(column, error))? {
        None => Ok(Map::new()),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))),
    }
}

pub(super) fn named<T: Copy>(row: &Row<'_>, column: usize, all: &[T]) -> Result<T> {
    let number: u32 = row.get(column)?;
    all.get(number as usize).copied().ok_or_else(|| {
        let number = i64::from(number);
        Error::FromSqlConversionFailure(column, Type::Integer, Box::new(FromSqlError::OutOfRange(number)))
    })
}

/// An error of a column's value.
pub(super) fn wrong(column: usize, error: FromSqlError) -> Error {
    Error::FromSqlConversionFailure(column, Type::Null, Box::new(error))
}
