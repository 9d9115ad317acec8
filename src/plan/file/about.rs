//! The operations of a plan that are about one user, channel or role of the source.
//!
//! A plan has no index for this question: its operations are read once, in the order of performance.

use rusqlite::types::Value;

use super::entry::Entry;
use super::reader::PlanFile;
use super::row;
use crate::model::{ChannelSid, RoleSid, Sid, SidKind, StoredSid, UserSid};
use crate::plan::error::PlanError;

/// A record of the source.
#[derive(Debug, Clone)]
pub(crate) enum PlannedRecord {
    User { sid: UserSid, identity: Option<String> },
    Channel(ChannelSid),
    Role(RoleSid),
}

impl PlanFile {
    /// Visits the operations about a record, in the order of performance. A participant or a setting of a channel is about both
    /// its user and its channel.
    pub(crate) fn operations_about<E: From<PlanError>>(
        &self,
        record: &PlannedRecord,
        mut visit: impl FnMut(&Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let (condition, values) = match record {
            PlannedRecord::User { sid, identity } => {
                ("user = ?1 OR identity = ?2", vec![stored(sid), identity.clone().into()])
            }
            PlannedRecord::Channel(sid) => ("channel = ?1", vec![stored(sid)]),
            PlannedRecord::Role(sid) => ("role = ?1 AND channel IS NULL", vec![stored(sid)]),
        };
        let wrap = |source| E::from(self.wrap(source));
        let sql = format!("SELECT {} FROM operation WHERE {condition} ORDER BY number", row::COLUMNS);
        let mut statement = self.connection().prepare_cached(&sql).map_err(wrap)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(wrap)?;
        while let Some(row) = rows.next().map_err(wrap)? {
            visit(&self.entry(row).map_err(wrap)?)?;
        }
        Ok(())
    }
}

fn stored<K: SidKind>(sid: &Sid<K>) -> Value {
    match sid.stored() {
        StoredSid::Digits(digits) => Value::Blob(digits.to_vec()),
        StoredSid::Verbatim(text) => Value::Text(text.to_owned()),
    }
}
