//! What there is to know of a user.

use std::borrow::Cow;

use super::graph::MembershipStatus;
use super::order::{GeneratedOrder, MergedOrder};
use super::record::{UserRecord, moment};
use super::role_table::{ROLES, SERVICE_ADMIN, SERVICE_USER};
use super::{ServiceWorld, WorldView, names, sid};
use crate::simulator::draws::{DrawPurpose, below, next};

/// When the first user came (2019-01-01), in Unix seconds.
const FIRST: u32 = 1_546_300_800;
/// How long users kept coming: five years.
const SPAN: u32 = 157_000_000;

impl ServiceWorld {
    fn user_draw(&self, user: u32) -> u64 {
        self.draws.draw(DrawPurpose::UserText, u64::from(user))
    }

    /// The identity of a generated user; it never changes.
    pub(crate) fn identity(&self, user: u32) -> String {
        names::identity(self.user_draw(user), user)
    }

    /// Most have the service's default role; a few admins, guests, and a few without any.
    fn generated_user_role(&self, user: u32) -> Option<String> {
        let role = match below(self.draws.draw(DrawPurpose::UserRole, u64::from(user)), 50) {
            0 => return None,
            1 => SERVICE_ADMIN,
            2 => ROLES.len() - 1,
            _ => SERVICE_USER,
        };
        self.role_sids.get(role).cloned()
    }

    /// Whether the user is reachable and online, which only a fetch shows: null for those who never were.
    pub(crate) fn user_presence(&self, user: u32) -> (Option<bool>, Option<bool>) {
        let draw = next(self.draws.draw(DrawPurpose::UserRole, u64::from(user)));
        let flag = |value| match value {
            0 => None,
            value => Some(value == 1),
        };
        (flag(below(draw, 3)), flag(below(next(draw), 3)))
    }

    /// The generated users in SID order.
    pub(super) fn user_order(&self) -> GeneratedOrder<'_> {
        GeneratedOrder::Space { space: self.users, first: 0 }
    }

    /// What the seed says of a user.
    pub(super) fn generated_user(&self, user: u32) -> UserRecord {
        let text = self.user_draw(user);
        let draw = self.draws.draw(DrawPurpose::UserDate, u64::from(user));
        let created = FIRST + below(draw, SPAN);
        let updated = if draw & 1 == 0 { created } else { created + below(next(draw), 5_000_000) };
        UserRecord {
            digits: self.users.digits(user),
            identity: self.identity(user),
            friendly_name: names::person(next(text ^ 1)),
            attributes: names::attributes(next(text ^ 2)),
            role_sid: self.generated_user_role(user),
            created: moment(created),
            updated: moment(updated),
        }
    }
}

impl WorldView<'_> {
    /// All users in SID order, deleted ones included.
    pub(crate) fn users(&self) -> MergedOrder<'_> {
        MergedOrder { generated: self.world.user_order(), created: &self.changes.created_users }
    }

    pub(crate) fn user(&self, user: u32) -> Cow<'_, UserRecord> {
        match self.changes.users.get(&user) {
            Some(record) => Cow::Borrowed(record),
            None => Cow::Owned(self.world.generated_user(user)),
        }
    }

    /// The digits of a user's SID.
    pub(crate) fn user_digits(&self, user: u32) -> u128 {
        match self.changes.users.get(&user) {
            Some(record) => record.digits,
            None => self.world.users.digits(user),
        }
    }

    pub(crate) fn identity(&self, user: u32) -> Cow<'_, str> {
        match self.changes.users.get(&user) {
            Some(record) => Cow::Borrowed(&record.identity),
            None => Cow::Owned(self.world.identity(user)),
        }
    }

    /// Whether the user was not deleted.
    pub(crate) fn user_exists(&self, user: u32) -> bool {
        !self.changes.deleted_users.contains(&user)
    }

    /// The user with this SID or identity; not one that vanished or was deleted.
    pub(crate) fn find_user(&self, text: &str) -> Option<u32> {
        let exists =
            |user: &u32| self.user_exists(*user) && !self.world.selected.vanished_users.contains(user);
        self.user_with_sid(text).or_else(|| self.user_with_identity(text)).filter(exists)
    }

    fn user_with_sid(&self, text: &str) -> Option<u32> {
        let digits = sid::digits("US", text)?;
        let created = &self.changes.created_users;
        let among_created = || {
            let at = created.binary_search_by_key(&digits, |place| place.digits).ok()?;
            Some(created[at].id)
        };
        self.world.users.rank(digits).or_else(among_created)
    }

    /// The user with this identity, vanished ones included.
    pub(crate) fn user_with_identity(&self, text: &str) -> Option<u32> {
        let generated = || {
            names::ranks_in(text).find(|user| {
                *user < self.world.users.count()
                    && self.user_exists(*user)
                    && self.world.identity(*user) == text
            })
        };
        self.changes.identities.get(text).copied().or_else(generated)
    }

    /// How many channels the user has joined. Of a vanished user, how many it had when it was listed.
    pub(crate) fn joined_channels_count(&self, user: u32) -> usize {
        if self.world.selected.vanished_users.contains(&user) {
            let graph = &self.world.graph;
            return graph
                .of_user(user)
                .iter()
                .filter(|edge| graph.status(**edge) == MembershipStatus::Joined)
                .count();
        }
        let order = self.memberships(user);
        (0..order.count()).filter(|rank| self.joined(order.id(*rank))).count()
    }
}
