//! What there is to know of a user.

use super::graph::Standing;
use super::hash::{Purpose, below, next};
use super::roles::{ROLES, SERVICE_ADMIN, SERVICE_USER};
use super::{View, World, names};

/// When the first user came (2019-01-01), in Unix seconds.
const FIRST: u32 = 1_546_300_800;
/// How long users kept coming: five years.
const SPAN: u32 = 157_000_000;

impl World {
    fn user_draw(&self, user: u32) -> u64 {
        self.draws.draw(Purpose::UserText, u64::from(user))
    }

    pub(crate) fn identity(&self, user: u32) -> String {
        names::identity(self.user_draw(user), user)
    }

    pub(crate) fn user_friendly_name(&self, user: u32) -> Option<String> {
        names::person(next(self.user_draw(user) ^ 1))
    }

    pub(crate) fn user_attributes(&self, user: u32) -> Option<String> {
        names::attributes(next(self.user_draw(user) ^ 2))
    }

    /// Created and updated, in Unix seconds.
    pub(crate) fn user_dates(&self, user: u32) -> (u32, u32) {
        let draw = self.draws.draw(Purpose::UserDate, u64::from(user));
        let created = FIRST + below(draw, SPAN);
        let updated = if draw & 1 == 0 { created } else { created + below(next(draw), 5_000_000) };
        (created, updated)
    }

    /// Most have the service's default role; a few admins, guests, and a few without any.
    pub(crate) fn user_role(&self, user: u32) -> Option<&str> {
        let role = match below(self.draws.draw(Purpose::UserRole, u64::from(user)), 50) {
            0 => return None,
            1 => SERVICE_ADMIN,
            2 => ROLES.len() - 1,
            _ => SERVICE_USER,
        };
        Some(&self.role_sids[role])
    }

    /// Whether the user is reachable and online, which only a fetch tells: null for those who never were.
    pub(crate) fn user_presence(&self, user: u32) -> (Option<bool>, Option<bool>) {
        let draw = next(self.draws.draw(Purpose::UserRole, u64::from(user)));
        let flag = |value| match value {
            0 => None,
            value => Some(value == 1),
        };
        (flag(below(draw, 3)), flag(below(next(draw), 3)))
    }

    /// The user with this SID or identity.
    pub(crate) fn find_user(&self, text: &str) -> Option<u32> {
        self.users.find(text).or_else(|| {
            names::ranks_in(text).find(|user| *user < self.users.count() && self.identity(*user) == text)
        })
    }
}

impl View<'_> {
    /// How many channels the user has joined. Of a vanished user, how many it had when it was listed.
    pub(crate) fn joined_channels_count(&self, user: u32) -> usize {
        let graph = &self.world.graph;
        let edges = graph.of_user(user).iter();
        if self.world.selected.vanished_users.contains(&user) {
            edges.filter(|edge| graph.standing(**edge) == Standing::Joined).count()
        } else {
            edges.filter(|edge| self.joined(**edge)).count()
        }
    }
}
