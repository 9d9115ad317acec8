//! The users, channels and roles that a service has at one moment.

use std::borrow::Cow;

use crate::simulator::data::changes::ServiceDefaults;
use crate::simulator::data::message_order::MessageOrder;
use crate::simulator::data::order::{CreatedEntry, MergedOrder};
use crate::simulator::data::record::{ChannelRecord, RoleRecord, UserRecord};
use crate::simulator::data::{WorldView, initial, sid};

impl WorldView<'_> {
    /// All users in SID order, deleted ones included.
    pub(crate) fn users(&self) -> MergedOrder<'_> {
        MergedOrder { generated: initial::users(self.world), created: &self.changes.created_users }
    }

    pub(crate) fn user(&self, user: u32) -> Cow<'_, UserRecord> {
        match self.changes.users.get(&user) {
            Some(record) => Cow::Borrowed(record),
            None => Cow::Owned(initial::user(self.world, user)),
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
            None => Cow::Owned(initial::identity(self.world, user)),
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
            let at = created.binary_search_by_key(&digits, CreatedEntry::digits).ok()?;
            Some(created[at].id)
        };
        self.world.users.rank(digits).or_else(among_created)
    }

    /// The user with this identity, vanished ones included.
    pub(crate) fn user_with_identity(&self, text: &str) -> Option<u32> {
        let generated = || initial::user_with_identity(self.world, text, |user| self.user_exists(user));
        self.changes.identities.get(text).copied().or_else(generated)
    }

    /// All channels in SID order, deleted ones included.
    pub(crate) fn channels(&self) -> MergedOrder<'_> {
        MergedOrder { generated: initial::channels(self.world), created: &self.changes.created_channels }
    }

    pub(crate) fn channel(&self, channel: u32) -> Cow<'_, ChannelRecord> {
        match self.changes.channels.get(&channel) {
            Some(record) => Cow::Borrowed(record),
            None => Cow::Owned(initial::channel(self.world, channel)),
        }
    }

    pub(crate) fn channel_digits(&self, channel: u32) -> u128 {
        match self.changes.channels.get(&channel) {
            Some(record) => record.digits,
            None => self.world.channels.digits(channel),
        }
    }

    pub(crate) fn is_private(&self, channel: u32) -> bool {
        match self.changes.channels.get(&channel) {
            Some(record) => record.private,
            None => initial::is_private(self.world, channel),
        }
    }

    /// The messages of a channel.
    pub(crate) fn messages(&self, channel: u32) -> MessageOrder<'_> {
        MessageOrder::new(self.world, channel, self.changes.messages.get(&channel))
    }

    /// Whether the channel was not deleted.
    pub(crate) fn channel_exists(&self, channel: u32) -> bool {
        !self.changes.deleted_channels.contains(&channel) && initial::is_listed(self.world, channel)
    }

    /// The channel with this SID or unique name; not one that vanished or was deleted.
    pub(crate) fn find_channel(&self, text: &str) -> Option<u32> {
        let exists = |channel: &u32| {
            self.channel_exists(*channel) && !self.world.selected.vanished_channels.contains(channel)
        };
        self.channel_with_sid(text).or_else(|| self.channel_named(text)).filter(exists)
    }

    fn channel_with_sid(&self, text: &str) -> Option<u32> {
        let digits = sid::digits("CH", text)?;
        let created = &self.changes.created_channels;
        let among_created = || {
            let at = created.binary_search_by_key(&digits, CreatedEntry::digits).ok()?;
            Some(created[at].id)
        };
        self.world.channels.rank(digits).or_else(among_created)
    }

    /// The channel that has this unique name now.
    pub(crate) fn channel_named(&self, text: &str) -> Option<u32> {
        let has_it = |channel| {
            self.channel_exists(channel) && self.channel(channel).unique_name.as_deref() == Some(text)
        };
        let generated = || initial::channel_named(self.world, text, has_it);
        self.changes.unique_names.get(text).copied().or_else(generated)
    }

    /// All roles in SID order, deleted ones included.
    pub(crate) fn roles(&self) -> MergedOrder<'_> {
        MergedOrder { generated: initial::roles(self.world), created: &self.changes.created_roles }
    }

    pub(crate) fn role(&self, role: u32) -> Cow<'_, RoleRecord> {
        match self.changes.roles.get(&role) {
            Some(record) => Cow::Borrowed(record),
            None => Cow::Owned(initial::role(self.world, role)),
        }
    }

    /// What the service gives who is created without a role.
    pub(crate) fn defaults(&self) -> Cow<'_, ServiceDefaults> {
        let given = self.changes.defaults.as_ref();
        given.map_or_else(|| Cow::Owned(initial::defaults(self.world)), Cow::Borrowed)
    }

    /// The role with this SID, unless it was deleted.
    pub(crate) fn find_role(&self, text: &str) -> Option<u32> {
        let digits = sid::digits("RL", text)?;
        let order = self.roles();
        let rank = (0..order.count()).find(|rank| order.digits(*rank) == digits)?;
        Some(order.id(rank)).filter(|role| self.role_exists(*role))
    }

    /// Whether the role was not deleted.
    pub(crate) fn role_exists(&self, role: u32) -> bool {
        !self.changes.deleted_roles.contains(&role)
    }
}
