//! What the seed says of a user.

use super::as_sent::AsSent;
use super::record::{UserRecord, moment};
use super::role_table::{ROLES, SERVICE_ADMIN, SERVICE_USER};
use super::{ServiceWorld, names};
use crate::simulator::draws::{DrawPurpose, below, next};

/// When the first user came (2019-01-01), in Unix seconds.
const FIRST: u32 = 1_546_300_800;
/// How long users kept coming: five years.
const SPAN: u32 = 157_000_000;

fn draw(world: &ServiceWorld, user: u32) -> u64 {
    world.draws.draw(DrawPurpose::UserText, u64::from(user))
}

/// The identity of a generated user; it never changes.
pub(crate) fn identity(world: &ServiceWorld, user: u32) -> String {
    names::identity(draw(world, user), user)
}

/// Most have the service's default role; a few admins, guests, and a few without any.
fn role(world: &ServiceWorld, user: u32) -> Option<String> {
    let role = match below(world.draws.draw(DrawPurpose::UserRole, u64::from(user)), 50) {
        0 => return None,
        1 => SERVICE_ADMIN,
        2 => ROLES.len() - 1,
        _ => SERVICE_USER,
    };
    world.role_sids.get(role).cloned()
}

/// Whether the user is reachable and online, which only a fetch shows: null for those who never were.
pub(crate) fn presence(world: &ServiceWorld, user: u32) -> (Option<bool>, Option<bool>) {
    let draw = next(world.draws.draw(DrawPurpose::UserRole, u64::from(user)));
    let flag = |value| match value {
        0 => None,
        value => Some(value == 1),
    };
    (flag(below(draw, 3)), flag(below(next(draw), 3)))
}

pub(super) fn generated(world: &ServiceWorld, user: u32) -> UserRecord {
    let text = draw(world, user);
    let draw = world.draws.draw(DrawPurpose::UserDate, u64::from(user));
    let created = FIRST + below(draw, SPAN);
    let updated = if draw & 1 == 0 { created } else { created + below(next(draw), 5_000_000) };
    UserRecord {
        digits: world.users.digits(user),
        identity: identity(world, user),
        friendly_name: names::person(next(text ^ 1)),
        attributes: names::attributes(next(text ^ 2)),
        role_sid: role(world, user),
        created: moment(created),
        updated: moment(updated),
        sent: AsSent::default(),
    }
}
