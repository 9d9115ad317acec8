//! A row's values as bytes, for every digest of rows.
//!
//! **Invariant:** values that differ are different bytes, and the bytes of none are the beginning of another's, so that no two rows
//! give the same bytes.

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// The first half of a SHA-256.
pub(in crate::snapshot) fn half(hasher: Sha256) -> u128 {
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize()[..16]);
    u128::from_be_bytes(half)
}

/// Small numbers are their own first byte from here on.
const SMALL: i64 = 16;

/// Appends a value so that its end can be told from its beginning, in few bytes: most rows fit one block of SHA-256.
pub(in crate::snapshot) fn push(buffer: &mut Vec<u8>, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => buffer.push(0),
        ValueRef::Integer(number) => match u8::try_from(number.saturating_add(SMALL)) {
            Ok(byte) if number >= 0 => buffer.push(byte),
            _ => {
                buffer.push(1);
                buffer.extend(number.to_le_bytes());
            }
        },
        ValueRef::Real(number) => {
            buffer.push(2);
            buffer.extend(number.to_le_bytes());
        }
        ValueRef::Blob(bytes) if bytes.len() == 16 => {
            buffer.push(5);
            buffer.extend(bytes);
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            buffer.push(if matches!(value, ValueRef::Text(_)) { 3 } else { 4 });
            buffer.extend((bytes.len() as u64).to_le_bytes());
            buffer.extend(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_differ_are_different_bytes_and_none_begins_another() {
        let sixteen = [7; 16];
        let values = [
            ValueRef::Null,
            ValueRef::Integer(0),
            ValueRef::Integer(1),
            ValueRef::Integer(239),
            ValueRef::Integer(240),
            ValueRef::Integer(-1),
            ValueRef::Integer(-16),
            ValueRef::Integer(i64::MAX),
            ValueRef::Integer(i64::MIN),
            ValueRef::Real(1.0),
            ValueRef::Text(b""),
            ValueRef::Blob(b""),
            ValueRef::Text(b"1"),
            ValueRef::Text(&sixteen),
            ValueRef::Blob(&sixteen),
            ValueRef::Blob(&sixteen[..15]),
        ];
        let written = values.map(|value| {
            let mut buffer = Vec::new();
            push(&mut buffer, value);
            buffer
        });
        for (number, one) in written.iter().enumerate() {
            for (other_number, other) in written.iter().enumerate() {
                assert!(number == other_number || !other.starts_with(one), "{one:?} begins {other:?}");
            }
        }
    }
}
