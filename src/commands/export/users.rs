//! What the filter `user_sid` knows: the users of a snapshot, by their identities.
//!
//! They are looked up one by one, as rows need them, so that memory does not depend on their number.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::export::ExportError;
use crate::mapping::{Mapping, SidMap};
use crate::snapshot::Snapshot;

use super::super::CommandError;

/// Gives mappings the users of a snapshot, where they ask for them.
pub(in crate::commands) fn give(mappings: &mut [Mapping], snapshot: &Path) -> Result<(), CommandError> {
    let records = mappings.iter_mut().flat_map(|mapping| &mut mapping.records);
    let mut records: Vec<_> = records.filter(|record| record.needs_users()).collect();
    if records.is_empty() {
        return Ok(());
    }
    let snapshot = Mutex::new(Snapshot::open(snapshot).map_err(ExportError::from)?);
    let users = SidMap::new(move |identity| {
        let snapshot = snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(snapshot.user_of_identity(identity)?)
    });
    for record in &mut records {
        record.set_users(users.clone());
    }
    Ok(())
}
