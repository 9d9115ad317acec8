//! A row as a merge finds it, read only as far as the visitor asks.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row};
use serde_json::{Map, Value};

use crate::model::{
    BindingSid, ChannelSid, Entity, InviteSid, MemberSid, MessageSid, RoleSid, ServiceSid, UserSid,
};
use crate::snapshot::diff::column::{Column, SCOPE_FIELDS, columns, key_text};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;

/// The user or channel whose list a row is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parent<'r> {
    /// Its number in the row's snapshot.
    pub(super) number: i64,
    /// Its SID as stored.
    pub(super) key: ValueRef<'r>,
}

/// A row of one of the two snapshots.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawRow<'r> {
    pub(super) snapshot: &'r Snapshot,
    pub(super) entity: Entity,
    pub(super) parent: Option<Parent<'r>>,
    /// The key, the scope, the fields behind it.
    pub(super) row: &'r Row<'r>,
}

impl RawRow<'_> {
    /// What kind of record it is.
    pub(crate) fn entity(&self) -> Entity {
        self.entity
    }

    /// Its SID; of a membership `US…/CH…`.
    pub(crate) fn sid(&self) -> Result<String, SnapshotError> {
        self.sql(|row| {
            let key = row.row.get_ref(0)?;
            Ok(match row.entity {
                Entity::Membership => {
                    let user =
                        row.parent.map_or_else(String::new, |parent| key_text(UserSid::PREFIX, parent.key));
                    format!("{user}/{}", key_text(ChannelSid::PREFIX, key))
                }
                entity => key_text(prefix(entity), key),
            })
        })
    }

    /// What people call it: an identity, a unique name or a friendly name. Of a membership, the user's.
    pub(crate) fn name(&self) -> Result<Option<String>, SnapshotError> {
        let field = |name: &str| {
            let number = columns(self.entity).iter().position(|column| column.name == name);
            self.sql(|row| {
                number.map_or(Ok(None), |number| row.row.get::<_, Option<String>>(number + 2 - SCOPE_FIELDS))
            })
        };
        match self.entity {
            Entity::User | Entity::Member | Entity::Invite | Entity::Binding => field("identity"),
            Entity::Channel => match field("unique_name")? {
                None => field("friendly_name"),
                name => Ok(name),
            },
            Entity::Service | Entity::Role => field("friendly_name"),
            Entity::Membership => self.sql(|row| {
                let Some(parent) = row.parent else { return Ok(None) };
                let find = "SELECT identity FROM user_row WHERE id = ?1";
                let mut statement = row.snapshot.connection.prepare_cached(find)?;
                Ok(statement.query_row([parent.number], |row| row.get(0)).optional()?.flatten())
            }),
            Entity::Message => Ok(None),
        }
    }

    /// A field's value as the API wrote it.
    pub(crate) fn value(&self, number: usize) -> Result<Value, SnapshotError> {
        let Some(column) = columns(self.entity).get(number) else { return Ok(Value::Null) };
        self.sql(|row| row.display(number, column))
    }

    fn display(&self, number: usize, column: &Column) -> rusqlite::Result<Value> {
        if number >= SCOPE_FIELDS {
            return Ok(column.display(self.row.get_ref(number + 2 - SCOPE_FIELDS)?));
        }
        let (account, service) = self.snapshot.scopes.pair(self.row.get(1)?);
        let text =
            if number == 0 { account.map(|sid| sid.to_string()) } else { service.map(|sid| sid.to_string()) };
        Ok(text.map_or(Value::Null, Value::String))
    }

    /// The complete record: its key and every field.
    pub(crate) fn record(&self) -> Result<Map<String, Value>, SnapshotError> {
        self.sql(|row| {
            let mut record = Map::new();
            let key = row.row.get_ref(0)?;
            let parent =
                |prefix| row.parent.map_or(Value::Null, |parent| key_text(prefix, parent.key).into());
            match row.entity {
                Entity::Membership => {
                    record.insert("user_sid".to_owned(), parent(UserSid::PREFIX));
                    record.insert("channel_sid".to_owned(), key_text(ChannelSid::PREFIX, key).into());
                }
                Entity::Member | Entity::Invite | Entity::Message => {
                    record.insert("sid".to_owned(), key_text(prefix(row.entity), key).into());
                    record.insert("channel_sid".to_owned(), parent(ChannelSid::PREFIX));
                }
                entity => {
                    record.insert("sid".to_owned(), key_text(prefix(entity), key).into());
                }
            }
            for (number, column) in columns(row.entity).iter().enumerate() {
                record.insert(column.name.to_owned(), row.display(number, column)?);
            }
            Ok(record)
        })
    }

    fn sql<T>(&self, read: impl FnOnce(&Self) -> rusqlite::Result<T>) -> Result<T, SnapshotError> {
        read(self).map_err(|source| SnapshotError::from_sqlite(self.snapshot.path(), source))
    }
}

/// The two letters of an entity's own SID.
fn prefix(entity: Entity) -> &'static str {
    match entity {
        Entity::Service => ServiceSid::PREFIX,
        Entity::Role => RoleSid::PREFIX,
        Entity::User => UserSid::PREFIX,
        Entity::Channel | Entity::Membership => ChannelSid::PREFIX,
        Entity::Member => MemberSid::PREFIX,
        Entity::Invite => InviteSid::PREFIX,
        Entity::Message => MessageSid::PREFIX,
        Entity::Binding => BindingSid::PREFIX,
    }
}
