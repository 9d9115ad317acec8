//! Users who are not written, and why: asked for with each of their participants.

use crate::plan::align::fingerprint;
use crate::plan::check;
use crate::storage::{NumberMap, StorageError};

/// Users who are not written, each with the code of the first check that blocks it.
#[derive(Debug, Default)]
pub(super) struct BlockedUsers {
    /// By the number of the SID.
    by_sid: NumberMap,
    /// By identity, for participants of whom no User Channel is known.
    by_identity: NumberMap,
}

impl BlockedUsers {
    pub(super) fn insert(&mut self, sid: u128, code: &str) -> Result<(), StorageError> {
        self.by_sid.insert(sid, position(code)).map(|_| ())
    }

    pub(super) fn insert_identity(&mut self, identity: &str, code: &str) -> Result<(), StorageError> {
        self.by_identity.insert(fingerprint(identity), position(code)).map(|_| ())
    }

    pub(super) fn code_of(&self, sid: u128) -> Result<Option<&'static str>, StorageError> {
        Ok(self.by_sid.get(sid)?.and_then(code))
    }

    pub(super) fn code_of_identity(&self, identity: &str) -> Result<Option<&'static str>, StorageError> {
        Ok(self.by_identity.get(fingerprint(identity))?.and_then(code))
    }
}

fn position(code: &str) -> i64 {
    let position = check::CHECKS.iter().position(|check| check.code == code);
    position.and_then(|position| i64::try_from(position).ok()).expect("CHECKS has every check")
}

fn code(position: i64) -> Option<&'static str> {
    usize::try_from(position).ok().and_then(|position| check::CHECKS.get(position)).map(|check| check.code)
}
