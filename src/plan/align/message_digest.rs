//! The messages of a conversation as a count and a digest, by which most are known to be the same on both sides.
//!
//! **Invariant:** equal digests mean equal messages. Two notations of the same value give different ones, and then the fields are compared.

use sha2::{Digest as _, Sha256};

use super::actual;
use super::fields::MESSAGE;
use super::item::Actual;
use crate::mapping::Value;
use crate::model::Message;
use crate::plan::equality;

/// A count and a digest of messages, in their order.
#[derive(Debug, Default)]
pub(super) struct MessageDigest {
    count: u64,
    hash: Sha256,
}

impl MessageDigest {
    /// Adds a message of the source, as it should be in the target.
    pub(super) fn add_wanted(&mut self, values: &[Option<Value<'_>>]) {
        self.add(values.iter().map(|value| value.unwrap_or(Value::Null)));
    }

    /// Adds a message of the target.
    pub(super) fn add_found(&mut self, message: &Message) {
        let found = Actual::Message(message);
        self.add(MESSAGE.iter().map(|field| actual::value(&found, field).unwrap_or(Value::Null)));
    }

    fn add<'v>(&mut self, values: impl Iterator<Item = Value<'v>>) {
        self.count += 1;
        for (field, value) in MESSAGE.iter().zip(values) {
            let text = equality::plain_notation(field, value);
            self.hash.update((text.len() as u64).to_le_bytes());
            self.hash.update(text.as_bytes());
        }
    }

    /// How many messages two sides have, if they are the same.
    pub(super) fn same(self, other: Self) -> Option<u64> {
        let is_same = self.count == other.count && self.hash.finalize() == other.hash.finalize();
        is_same.then_some(self.count)
    }
}
