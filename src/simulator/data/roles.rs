//! The roles of a service: those of the table, and what was created and changed.

use std::borrow::Cow;

use super::changes::ServiceDefaults;
use super::order::{GeneratedOrder, MergedOrder};
use super::record::{RoleRecord, moment};
use super::role_table::{CHANNEL_ADMIN, CHANNEL_USER, ROLES, SERVICE_USER};
use super::{ServiceWorld, WorldView};

/// When they were made (2019-01-01), in Unix seconds.
const CREATED: u32 = 1_546_300_800;

impl ServiceWorld {
    /// The generated roles in SID order.
    pub(super) fn role_order(&self) -> GeneratedOrder<'_> {
        GeneratedOrder::Few(&self.roles)
    }

    /// What the seed says of a role.
    pub(super) fn generated_role(&self, role: u32) -> RoleRecord {
        let (friendly_name, kind, permissions) = ROLES[role as usize];
        let known = self.roles.iter().find(|(_, id)| *id == role);
        RoleRecord {
            digits: known.map_or(0, |(digits, _)| *digits),
            friendly_name: friendly_name.to_owned(),
            of_service: kind == "deployment",
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
            created: moment(CREATED),
            updated: moment(CREATED),
        }
    }
}

impl WorldView<'_> {
    /// All roles in SID order, deleted ones included.
    pub(crate) fn roles(&self) -> MergedOrder<'_> {
        MergedOrder { generated: self.world.role_order(), created: &self.changes.created_roles }
    }

    pub(crate) fn role(&self, role: u32) -> Cow<'_, RoleRecord> {
        match self.changes.roles.get(&role) {
            Some(record) => Cow::Borrowed(record),
            None => Cow::Owned(self.world.generated_role(role)),
        }
    }

    /// What the service gives who is created without a role.
    pub(crate) fn defaults(&self) -> Cow<'_, ServiceDefaults> {
        let sids = &self.world.role_sids;
        self.changes.defaults.as_ref().map_or_else(
            || {
                Cow::Owned(ServiceDefaults {
                    service_role_sid: sids[SERVICE_USER].clone(),
                    channel_role_sid: sids[CHANNEL_USER].clone(),
                    creator_role_sid: sids[CHANNEL_ADMIN].clone(),
                    reachability_enabled: self.world.settings.pick(Some(true), true),
                })
            },
            Cow::Borrowed,
        )
    }

    /// The role with this SID, unless it was deleted.
    pub(crate) fn find_role(&self, text: &str) -> Option<u32> {
        let digits = super::sid::digits("RL", text)?;
        let order = self.roles();
        let rank = (0..order.count()).find(|rank| order.digits(*rank) == digits)?;
        Some(order.id(rank)).filter(|role| self.role_exists(*role))
    }

    /// Whether the role was not deleted.
    pub(crate) fn role_exists(&self, role: u32) -> bool {
        !self.changes.deleted_roles.contains(&role)
    }
}
