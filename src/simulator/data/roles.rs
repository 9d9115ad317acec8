//! The roles that a service starts with.

use super::ServiceWorld;
use super::as_sent::AsSent;
use super::record::{RoleRecord, moment};
use super::role_table::ROLES;

/// When they were made (2019-01-01), in Unix seconds.
const CREATED: u32 = 1_546_300_800;

pub(super) fn generated(world: &ServiceWorld, role: u32) -> RoleRecord {
    let (friendly_name, kind, permissions) = ROLES[role as usize];
    let known = world.roles.iter().find(|(_, id)| *id == role);
    RoleRecord {
        digits: known.map_or(0, |(digits, _)| *digits),
        friendly_name: friendly_name.to_owned(),
        of_service: kind == "deployment",
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        created: moment(CREATED),
        updated: moment(CREATED),
        sent: AsSent::default(),
    }
}
