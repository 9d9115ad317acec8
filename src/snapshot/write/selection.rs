//! What a crawl is limited to: its services, what is included of each, and the users selected.

use crate::model::{Entity, ServiceSid, User, UserSid};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties::CrawlIdentity;
use crate::snapshot::unit::{FIRST, UnitKind};
use crate::snapshot::write::writer::SnapshotWriter;

impl SnapshotWriter {
    pub(in crate::snapshot) fn add_first_units(&self, identity: &CrawlIdentity) -> Result<(), SnapshotError> {
        if identity.services.is_empty() {
            self.add_work(0, UnitKind::Services, 0, FIRST)?;
        }
        for service in &identity.services {
            self.add_service_units(service)?;
        }
        Ok(())
    }

    /// A service's own record and the lists that are asked for.
    pub(in crate::snapshot) fn add_service_units(&self, sid: &ServiceSid) -> Result<bool, SnapshotError> {
        let service = self.service_number(sid)?;
        let include = &self.identity().include;
        let wanted = |entity| include.contains(&entity);
        let mut added = self.add_work(service, UnitKind::Service, 0, FIRST)?;
        if wanted(Entity::Role) {
            added |= self.add_work(service, UnitKind::Roles, 0, FIRST)?;
        }
        if let Some(selected) = &self.identity().users {
            return Ok(self.select_users(service, selected)? || added);
        }
        if wanted(Entity::User) || wanted(Entity::Membership) {
            added |= self.add_work(service, UnitKind::Users, 0, FIRST)?;
        }
        let of_channels = [Entity::Channel, Entity::Member, Entity::Invite, Entity::Message];
        if of_channels.into_iter().any(wanted) {
            added |= self.add_work(service, UnitKind::Channels, 0, FIRST)?;
        }
        Ok(added)
    }

    /// Limits the crawl to some users of the service. Those given by SID are fetched; for identities the list is searched,
    /// since an identity has no place in a path.
    fn select_users(&self, service: i64, selected: &[String]) -> Result<bool, SnapshotError> {
        let mut added = false;
        let mut identities = false;
        for key in selected {
            self.sql(|connection| {
                connection.prepare_cached("INSERT OR IGNORE INTO selection (key) VALUES (?1)")?.execute([key])
            })?;
            let Ok(sid) = key.parse::<UserSid>() else {
                identities = true;
                continue;
            };
            let user = self.sql(|connection| {
                let mut insert = connection.prepare_cached(
                    "INSERT INTO user_row (service, sid, pass, listed) VALUES (?1, ?2, 0, 0)",
                )?;
                bind!(insert, service, sid);
                insert.raw_execute()?;
                Ok(connection.last_insert_rowid())
            })?;
            added |= self.add_work(service, UnitKind::User, user, FIRST)?;
        }
        if identities {
            added |= self.add_work(service, UnitKind::Users, 0, FIRST)?;
        }
        Ok(added)
    }

    /// Whether a user belongs to the crawl; marks it as found.
    pub(in crate::snapshot) fn is_selected(&self, user: &User) -> Result<bool, SnapshotError> {
        if self.identity().users.is_none() {
            return Ok(true);
        }
        self.sql(|connection| {
            let found = connection
                .prepare_cached("UPDATE selection SET found = 1 WHERE key IN (?1, ?2)")?
                .execute(rusqlite::params![user.sid.to_string(), user.identity])?;
            Ok(found > 0)
        })
    }
}
