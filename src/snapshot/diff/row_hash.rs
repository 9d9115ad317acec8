//! The digest of a row: 128 bits of its key, the SIDs of its scope, and its fields.
//!
//! What is kept in a file is the first half of a SHA-256, the same on every machine. What serves one comparison only is two
//! `SipHash`es under random keys: that costs a fraction, and as the keys are secret, no one can construct two rows, or two
//! sums of rows, with equal digests.
//!
//! **Invariant:** rows that differ in anything but the file's own numbering are different bytes to the hash.

use std::hash::{BuildHasher, DefaultHasher, Hasher, RandomState};

use rusqlite::Row;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::snapshot::diff::row_encoding::{half, push};
use crate::snapshot::scopes::Scopes;

/// A hash in progress; it is copied where many rows begin alike.
#[derive(Clone)]
enum HashState {
    Kept(Sha256),
    Keyed([DefaultHasher; 2]),
}

impl HashState {
    fn read(&mut self, bytes: &[u8]) {
        match self {
            Self::Kept(hasher) => hasher.update(bytes),
            Self::Keyed(halves) => halves.iter_mut().for_each(|half| half.write(bytes)),
        }
    }

    fn end(self) -> u128 {
        match self {
            Self::Kept(hasher) => half(hasher),
            Self::Keyed([high, low]) => u128::from(high.finish()) << 64 | u128::from(low.finish()),
        }
    }
}

/// The keys of one comparison's digests.
#[derive(Clone)]
pub(in crate::snapshot) struct Keys {
    halves: [RandomState; 2],
    places: RandomState,
}

impl Keys {
    pub(in crate::snapshot) fn draw() -> Self {
        Self { halves: [RandomState::new(), RandomState::new()], places: RandomState::new() }
    }

    /// A number for a value, evenly spread over all numbers.
    pub(in crate::snapshot) fn place(&self, value: ValueRef<'_>) -> u64 {
        let mut hasher = self.places.build_hasher();
        hasher.write(value.as_bytes().unwrap_or_default());
        hasher.finish()
    }
}

/// Makes the digests of rows.
pub(in crate::snapshot) struct RowHasher<'s> {
    scopes: &'s Scopes,
    begin: HashState,
    /// The last scope's number, and the hash that has read its SIDs.
    last: Option<(Option<i64>, HashState)>,
    buffer: Vec<u8>,
}

impl<'s> RowHasher<'s> {
    /// For digests that are kept.
    pub(in crate::snapshot) fn kept(scopes: &'s Scopes) -> Self {
        Self::of(scopes, HashState::Kept(Sha256::new()))
    }

    /// For digests of one comparison.
    pub(in crate::snapshot) fn keyed(scopes: &'s Scopes, keys: &Keys) -> Self {
        Self::of(scopes, HashState::Keyed([keys.halves[0].build_hasher(), keys.halves[1].build_hasher()]))
    }

    fn of(scopes: &'s Scopes, begin: HashState) -> Self {
        Self { scopes, begin, last: None, buffer: Vec::with_capacity(512) }
    }

    /// The digest of a row: key, scope, and the fields behind it, from column 1 on. What it is in goes before it where the
    /// digest is to say that too.
    pub(in crate::snapshot) fn digest(
        &mut self,
        within: Option<ValueRef<'_>>,
        row: &Row<'_>,
        fields: usize,
    ) -> rusqlite::Result<u128> {
        let scope: Option<i64> = row.get(2)?;
        if self.last.as_ref().is_none_or(|(last, _)| *last != scope) {
            self.last = Some((scope, self.behind(scope)));
        }
        self.buffer.clear();
        if let Some(within) = within {
            push(&mut self.buffer, within);
        }
        push(&mut self.buffer, row.get_ref(1)?);
        // The two fields that every entity begins with are behind its scope.
        for column in 3..=fields {
            push(&mut self.buffer, row.get_ref(column)?);
        }
        let mut state = self.last.as_ref().map_or_else(|| self.begin.clone(), |(_, state)| state.clone());
        state.read(&self.buffer);
        Ok(state.end())
    }

    /// The hash that has read a scope. Each file numbers its scopes itself, so the SIDs are read; padded to one block
    /// of SHA-256, so that it is computed once and not again with each row.
    fn behind(&self, scope: Option<i64>) -> HashState {
        let mut block = [0; 64];
        let said = Sha256::digest(format!("{:?}", self.scopes.pair(scope)));
        block[..32].copy_from_slice(&said);
        let mut state = self.begin.clone();
        state.read(&block);
        state
    }
}
