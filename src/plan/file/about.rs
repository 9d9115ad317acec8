//! The operations of a plan that are about one user, channel, member or role of the source.
//!
//! A plan has no index for this question, so its operations are read once, in the order of performance; a program that asks often has an
//! index made (`about_index`).

use rusqlite::types::Value;

use super::about_index::{self, CHANNEL, IDENTITY, ROLE, USER};
use super::entry::Entry;
use super::reader::PlanFile;
use super::row;
use crate::model::{ChannelSid, MemberSid, RoleSid, Sid, SidKind, StoredSid, UserSid};
use crate::plan::error::PlanError;

/// A record of the source.
#[derive(Debug, Clone)]
pub(crate) enum PlannedRecord {
    User { sid: UserSid, identity: Option<String> },
    Channel(ChannelSid),
    Member { sid: MemberSid, channel: ChannelSid, user: Option<UserSid>, identity: Option<String> },
    Role(RoleSid),
}

impl PlanFile {
    /// Visits the operations about a record, up to so many, in the order of performance. A participant or a setting of a channel is
    /// about both its user and its channel.
    pub(crate) fn operations_about<E: From<PlanError>>(
        &self,
        record: &PlannedRecord,
        most: Option<usize>,
        mut visit: impl FnMut(&Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let (condition, values) = self.about(record);
        let wrap = |source| E::from(self.wrap(source));
        let limit = most.map_or_else(String::new, |most| format!(" LIMIT {most}"));
        let sql = format!("SELECT {} FROM operation WHERE {condition} ORDER BY number{limit}", row::COLUMNS);
        let mut statement = self.connection().prepare_cached(&sql).map_err(wrap)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(wrap)?;
        while let Some(row) = rows.next().map_err(wrap)? {
            visit(&self.entry(row).map_err(wrap)?)?;
        }
        Ok(())
    }

    /// How many operations are about a record.
    pub(crate) fn count_about(&self, record: &PlannedRecord) -> Result<u64, PlanError> {
        let (condition, values) = self.about(record);
        let sql = format!("SELECT count(*) FROM operation WHERE {condition}");
        let count = self.connection().prepare_cached(&sql).and_then(|mut statement| {
            statement.query_row(rusqlite::params_from_iter(values), |row| row.get::<_, i64>(0))
        });
        Ok(count.map_err(|source| self.wrap(source))?.cast_unsigned())
    }

    /// How many operations there are: they are numbered from 1 on, and none is ever removed.
    pub(crate) fn operation_count(&self) -> Result<u64, PlanError> {
        let sql = "SELECT coalesce(max(number), 0) FROM operation";
        let count = self.connection().query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok(count.map_err(|source| self.wrap(source))?.cast_unsigned())
    }

    fn about(&self, record: &PlannedRecord) -> (String, Vec<Value>) {
        let index = self.about_index();
        let by = |kinds: &[i64], read: &str| {
            index.map_or_else(|| read.to_owned(), |schema| about_index::condition(schema, kinds))
        };
        match record {
            PlannedRecord::User { sid, identity } => (
                by(&[USER, IDENTITY], "user = ?1 OR identity = ?2"),
                vec![stored(sid), identity.clone().into()],
            ),
            PlannedRecord::Channel(sid) => (by(&[CHANNEL], "channel = ?1"), vec![stored(sid)]),
            PlannedRecord::Role(sid) => (by(&[ROLE], "role = ?1 AND channel IS NULL"), vec![stored(sid)]),
            PlannedRecord::Member { sid, channel, user, identity } => (
                "member = ?1 OR channel = ?2 AND (user = ?3 OR identity = ?4)".to_owned(),
                vec![
                    stored(sid),
                    stored(channel),
                    user.as_ref().map_or(Value::Null, stored),
                    identity.clone().into(),
                ],
            ),
        }
    }
}

fn stored<K: SidKind>(sid: &Sid<K>) -> Value {
    match sid.stored() {
        StoredSid::Digits(digits) => Value::Blob(digits.to_vec()),
        StoredSid::Verbatim(text) => Value::Text(text.to_owned()),
    }
}
