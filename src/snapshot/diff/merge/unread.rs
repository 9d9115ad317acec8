//! Why a record that a snapshot lacks may exist all the same: its list was not read, or not all of it.
//!
//! **Invariant:** nothing is reported as missing because an incomplete list lacks it. A list is complete where its unit is
//! complete and no evidence speaks against it.

use std::collections::HashMap;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params};

use crate::model::Entity;
use crate::snapshot::completeness::disagreements::kind as disagreement;
use crate::snapshot::completeness::list_completeness::{parents_list, unit, unusable};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::unit::UnitKind;

/// A record that a snapshot lacks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lacking<'r> {
    pub(super) entity: Entity,
    /// The service's number here; none where the snapshot lacks it too.
    pub(super) service: Option<i64>,
    /// The number here of the user or channel whose list it would be in.
    pub(super) parent: Option<i64>,
    /// The key of that user or channel.
    pub(super) parent_key: Option<ValueRef<'r>>,
    pub(super) key: ValueRef<'r>,
}

/// Asks a snapshot, and remembers the answers about lists.
pub(super) struct Witness<'s> {
    snapshot: &'s Snapshot,
    has_no_invites: bool,
    lists: HashMap<(i64, i64), Option<String>>,
    last: Option<(i64, i64, Option<String>)>,
}

impl<'s> Witness<'s> {
    pub(super) fn of(snapshot: &'s Snapshot) -> Result<Self, SnapshotError> {
        let has_no_invites = !snapshot.identity()?.source.has(Entity::Invite);
        Ok(Self { snapshot, has_no_invites, lists: HashMap::new(), last: None })
    }

    /// Why the record may exist all the same; none where the snapshot shows that it does not.
    pub(super) fn unread(&mut self, lacking: Lacking<'_>) -> Result<Option<String>, SnapshotError> {
        self.ask(lacking).map_err(|source| SnapshotError::from_sqlite(self.snapshot.path(), source))
    }

    fn ask(&mut self, lacking: Lacking<'_>) -> rusqlite::Result<Option<String>> {
        let connection = &self.snapshot.connection;
        let Some(service) = lacking.service else {
            return self.list(0, UnitKind::Services, None);
        };
        match lacking.entity {
            // Conversations has no invitations, so none was read and none is there.
            Entity::Invite if self.has_no_invites => Ok(None),
            Entity::Service => Ok(Some("its record was not read".to_owned())),
            Entity::Role => self.list(service, UnitKind::Roles, Some(Entity::Role)),
            Entity::Binding => self.list(service, UnitKind::Bindings, Some(Entity::Binding)),
            Entity::User | Entity::Channel => {
                let (list, table) = match lacking.entity {
                    Entity::User => (UnitKind::Users, "user_row"),
                    _ => (UnitKind::Channels, "channel_row"),
                };
                if let Some(why) = self.list(service, list, Some(lacking.entity))? {
                    return Ok(Some(why));
                }
                let known = connection
                    .prepare_cached(&format!("SELECT 1 FROM {table} WHERE service = ?1 AND sid = ?2"))?
                    .exists(params![service, ToSqlOutput::Borrowed(lacking.key)])?;
                Ok(known.then(|| "it is referred to, and its record was not read".to_owned()))
            }
            Entity::Membership | Entity::Member | Entity::Invite | Entity::Message => {
                let (of, list) = match lacking.entity {
                    Entity::Membership => (Entity::User, UnitKind::UserChannels),
                    Entity::Invite => (Entity::Channel, UnitKind::Invites),
                    Entity::Message => (Entity::Channel, UnitKind::Messages),
                    _ => (Entity::Channel, UnitKind::Members),
                };
                let Some(parent) = lacking.parent else {
                    let key = lacking.parent_key.unwrap_or(ValueRef::Null);
                    return self.ask(Lacking { entity: of, key, parent_key: None, ..lacking });
                };
                let known = self
                    .last
                    .as_ref()
                    .filter(|(number, last, _)| (*number, *last) == (list.number(), parent));
                let why = match known {
                    Some((_, _, why)) => why.clone(),
                    None => match self.list_of_all(lacking.entity)? {
                        None => parents_list(connection, service, list, parent)?,
                        why => why,
                    },
                };
                self.last = Some((list.number(), parent, why.clone()));
                match (why, lacking.entity) {
                    (None, Entity::Membership) => members_disagree(connection, service, lacking.key),
                    (why, _) => Ok(why),
                }
            }
        }
    }

    /// A list of the service (or, number 0, of the account).
    fn list(
        &mut self,
        service: i64,
        kind: UnitKind,
        entity: Option<Entity>,
    ) -> rusqlite::Result<Option<String>> {
        if let Some(known) = self.lists.get(&(service, kind.number())) {
            return Ok(known.clone());
        }
        let mut why = unit(&self.snapshot.connection, service, kind, 0)?;
        if let (None, Some(entity)) = (&why, entity) {
            why = unusable(&self.snapshot.connection, entity)?;
        }
        self.lists.insert((service, kind.number()), why.clone());
        Ok(why)
    }

    /// Why every list of an entity may be incomplete.
    fn list_of_all(&mut self, entity: Entity) -> rusqlite::Result<Option<String>> {
        let key = (-1, entity as i64);
        if let Some(known) = self.lists.get(&key) {
            return Ok(known.clone());
        }
        let why = unusable(&self.snapshot.connection, entity)?;
        self.lists.insert(key, why.clone());
        Ok(why)
    }
}

/// Why a channel's members, seen from the users' side, are not all there: a list of a user's channels may look complete, as in
/// Conversations, which has no counts, and lack one all the same.
fn members_disagree(
    connection: &Connection,
    service: i64,
    channel: ValueRef<'_>,
) -> rusqlite::Result<Option<String>> {
    let disagrees = connection
        .prepare_cached(
            "SELECT 1 FROM channel_row c JOIN disagreement d ON d.parent = c.id AND d.service = c.service
             WHERE c.service = ?1 AND c.sid = ?2 AND d.kind IN (?3, ?4) AND d.outcome IN ('hole', 'open')",
        )?
        .exists(params![
            service,
            ToSqlOutput::Borrowed(channel),
            disagreement::CHANNEL_COUNT,
            disagreement::MEMBER_LIST
        ])?;
    Ok(disagrees
        .then(|| "the channel has members that no user's list has, or the other way round".to_owned()))
}
