//! The service's roles: the four that every service starts with, and two of its own.
//!
//! The service roles' permissions are Twilio's documented defaults; those of the channel roles are likely
//! ones of the documented names. The fifth role holds `inviteMember`, which Conversations has not, and a
//! permission that nothing documents.

use std::borrow::Cow;

use super::changes::ServiceDefaults;
use super::order::{GeneratedOrder, MergedOrder};
use super::record::{RoleRecord, moment};
use super::{ServiceWorld, WorldView};

/// When they were made (2019-01-01), in Unix seconds.
const CREATED: u32 = 1_546_300_800;

/// Positions in [`ROLES`].
pub(crate) const SERVICE_ADMIN: usize = 0;
pub(crate) const SERVICE_USER: usize = 1;
pub(crate) const CHANNEL_ADMIN: usize = 2;
pub(crate) const CHANNEL_USER: usize = 3;
pub(crate) const AGENT: usize = 4;

/// Name, kind and permissions.
pub(crate) const ROLES: [(&str, &str, &[&str]); 6] = [
    (
        "service admin",
        "deployment",
        &[
            "createChannel",
            "joinChannel",
            "destroyChannel",
            "editChannelAttributes",
            "editChannelName",
            "addMember",
            "inviteMember",
            "removeMember",
            "editAnyMemberAttributes",
            "editAnyMessage",
            "deleteAnyMessage",
            "editAnyMessageAttributes",
            "editAnyUserInfo",
        ],
    ),
    ("service user", "deployment", &["createChannel", "editOwnUserInfo", "joinChannel"]),
    (
        "channel admin",
        "channel",
        &[
            "sendMessage",
            "sendMediaMessage",
            "leaveChannel",
            "editChannelName",
            "editChannelAttributes",
            "addMember",
            "removeMember",
            "inviteMember",
            "destroyChannel",
            "editOwnMessage",
            "editAnyMessage",
            "deleteOwnMessage",
            "deleteAnyMessage",
            "editNotificationLevel",
        ],
    ),
    (
        "channel user",
        "channel",
        &[
            "sendMessage",
            "sendMediaMessage",
            "leaveChannel",
            "editOwnMessage",
            "deleteOwnMessage",
            "editNotificationLevel",
        ],
    ),
    (
        "Support – Agent (EU)",
        "channel",
        &["sendMessage", "inviteMember", "superviseChannel", "editOwnMemberAttributes"],
    ),
    ("guest", "deployment", &[]),
];

/// How many of [`ROLES`] a new service has.
pub(crate) const DEFAULT_ROLES: usize = 4;

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
                    reachability_enabled: true,
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
