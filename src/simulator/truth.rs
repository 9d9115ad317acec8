//! The truth: every row exactly as an undisturbed server lists it at this moment, for tests to compare with.
//!
//! Faults of rows (unknown enum values and keys, wrong types) are part of the rows. Faults of delivery
//! (hidden rows, endless lists, faults of attempts) are not. Vanished users and channels are listed as before they
//! went, counts included; their memberships are gone from both sides.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::api;
use super::data::order::MergedOrder;
use super::data::{ServiceWorld, WorldView, sid};
use super::paging::PagedList;
use super::served_api::ServedApi::{self, Chat, Conversations};

pub(crate) type TruthRow = Map<String, Value>;

#[derive(Debug)]
pub struct Truth {
    world: Arc<ServiceWorld>,
}

impl Truth {
    pub(crate) fn new(world: Arc<ServiceWorld>) -> Self {
        Self { world }
    }

    fn view(&self) -> WorldView<'_> {
        self.world.view()
    }

    pub fn service(&self) -> TruthRow {
        row(|out| api::write_service(Chat, &self.world, out))
    }

    /// Conversations' configuration of the service.
    pub fn service_configuration(&self) -> TruthRow {
        row(|out| api::write_configuration(&self.view(), out))
    }

    /// The roles, in SID order.
    pub fn roles(&self) -> Vec<TruthRow> {
        self.roles_in(Chat)
    }

    /// The roles as Conversations shows them, in SID order.
    pub fn conversation_roles(&self) -> Vec<TruthRow> {
        self.roles_in(Conversations)
    }

    fn roles_in(&self, api: ServedApi) -> Vec<TruthRow> {
        let view = self.view();
        let roles = ids(&view.roles()).into_iter().filter(|role| view.role_exists(*role));
        roles.map(|role| row(|out| api::write_role(api, &view, role, out))).collect()
    }

    /// The users as the list gives them, in SID order.
    pub fn users(&self) -> impl Iterator<Item = TruthRow> + '_ {
        self.users_in(Chat)
    }

    /// The users as Conversations lists them, in SID order.
    pub fn conversation_users(&self) -> impl Iterator<Item = TruthRow> + '_ {
        self.users_in(Conversations)
    }

    fn users_in(&self, api: ServedApi) -> impl Iterator<Item = TruthRow> + '_ {
        let users = self.user_ids().into_iter();
        users.map(move |user| row(|out| api::write_user(api, &self.view(), user, false, out)))
    }

    /// The SIDs of all users, in order.
    pub fn user_sids(&self) -> impl Iterator<Item = String> + '_ {
        self.user_ids().into_iter().map(|user| sid::text("US", self.view().user_digits(user)))
    }

    fn user_ids(&self) -> Vec<u32> {
        let view = self.view();
        ids(&view.users()).into_iter().filter(|user| view.user_exists(*user)).collect()
    }

    /// The channels of both types, in SID order.
    pub fn channels(&self) -> impl Iterator<Item = TruthRow> + '_ {
        self.channels_in(Chat)
    }

    /// The conversations, which are the private channels, in SID order.
    pub fn conversations(&self) -> impl Iterator<Item = TruthRow> + '_ {
        self.channels_in(Conversations)
    }

    fn channels_in(&self, api: ServedApi) -> impl Iterator<Item = TruthRow> + '_ {
        let channels = self.channel_ids(api).into_iter();
        channels.map(move |channel| row(|out| api::write_channel(api, &self.view(), channel, out)))
    }

    /// The SIDs of all channels, in order.
    pub fn channel_sids(&self) -> impl Iterator<Item = String> + '_ {
        self.channel_sids_in(Chat)
    }

    /// The SIDs of all conversations, in order.
    pub fn conversation_sids(&self) -> impl Iterator<Item = String> + '_ {
        self.channel_sids_in(Conversations)
    }

    fn channel_sids_in(&self, api: ServedApi) -> impl Iterator<Item = String> + '_ {
        let channels = self.channel_ids(api).into_iter();
        channels.map(|channel| sid::text("CH", self.view().channel_digits(channel)))
    }

    fn channel_ids(&self, api: ServedApi) -> Vec<u32> {
        let view = self.view();
        let is_shown =
            |channel: &u32| view.channel_exists(*channel) && api.pick(true, view.is_private(*channel));
        ids(&view.channels()).into_iter().filter(is_shown).collect()
    }

    /// The User Channels of a user (SID or identity), in the order of channel SIDs; empty for an unknown one.
    pub fn user_channels(&self, user: &str) -> Vec<TruthRow> {
        self.user_channels_in(Chat, user)
    }

    /// The User Conversations of a user (SID or identity), in the order of conversation SIDs.
    pub fn user_conversations(&self, user: &str) -> Vec<TruthRow> {
        self.user_channels_in(Conversations, user)
    }

    fn user_channels_in(&self, api: ServedApi, user: &str) -> Vec<TruthRow> {
        let view = self.view();
        let of = |user| rows(&api::user_channels(api, &view, user, false));
        view.find_user(user).map(of).unwrap_or_default()
    }

    /// The members of a channel (SID or unique name), in SID order.
    pub fn members(&self, channel: &str) -> Vec<TruthRow> {
        self.of_channel(Chat, channel, |view, channel| rows(&api::members(Chat, view, channel, Vec::new())))
    }

    /// The participants of a conversation (SID or unique name), in SID order; none of a public channel.
    pub fn participants(&self, conversation: &str) -> Vec<TruthRow> {
        self.of_channel(Conversations, conversation, |view, channel| {
            rows(&api::members(Conversations, view, channel, Vec::new()))
        })
    }

    /// The invites of a channel (SID or unique name), in SID order.
    pub fn invites(&self, channel: &str) -> Vec<TruthRow> {
        self.of_channel(Chat, channel, |view, channel| rows(&api::invites(view, channel, Vec::new())))
    }

    /// The push notification bindings, in SID order.
    pub fn bindings(&self) -> Vec<TruthRow> {
        rows(&api::bindings(Chat, &self.view(), Vec::new(), Vec::new()))
    }

    /// The same as Conversations lists them.
    pub fn conversation_bindings(&self) -> Vec<TruthRow> {
        rows(&api::bindings(Conversations, &self.view(), Vec::new(), Vec::new()))
    }

    /// The messages of a channel (SID or unique name), by index.
    pub fn messages(&self, channel: &str) -> Vec<TruthRow> {
        self.messages_in(Chat, channel)
    }

    /// The messages of a conversation (SID or unique name), by index.
    pub fn conversation_messages(&self, conversation: &str) -> Vec<TruthRow> {
        self.messages_in(Conversations, conversation)
    }

    fn messages_in(&self, api: ServedApi, channel: &str) -> Vec<TruthRow> {
        self.of_channel(api, channel, |view, channel| {
            let positions = 0..view.messages(channel).count();
            let message = |position| row(|out| api::write_message(api, view, channel, position, out));
            positions.map(message).collect()
        })
    }

    /// Rows of a channel that the API shows; none of another.
    fn of_channel(
        &self,
        api: ServedApi,
        channel: &str,
        rows: impl FnOnce(&WorldView<'_>, u32) -> Vec<TruthRow>,
    ) -> Vec<TruthRow> {
        let view = self.view();
        let found = view.find_channel(channel).filter(|found| api.pick(true, view.is_private(*found)));
        found.map(|channel| rows(&view, channel)).unwrap_or_default()
    }

    /// Users that are listed and not found when read, in SID order.
    pub fn vanished_users(&self) -> Vec<String> {
        sorted(self.world.selected.vanished_users.iter().map(|user| self.world.users.text(*user)))
    }

    /// Channels that are listed and not found when read, in SID order.
    pub fn vanished_channels(&self) -> Vec<String> {
        sorted(self.world.selected.vanished_channels.iter().map(|channel| self.world.channels.text(*channel)))
    }

    /// Users whose User Channels have a next page for ever, each with a new token, in SID order.
    pub fn endless_users(&self) -> Vec<String> {
        sorted(self.world.selected.endless.iter().map(|user| self.world.users.text(*user)))
    }

    /// Users whose User Channels lead to one page again and again, in SID order.
    pub fn looping_users(&self) -> Vec<String> {
        sorted(self.world.selected.looping.iter().map(|user| self.world.users.text(*user)))
    }

    /// Users with a membership that goes or comes once its user's channels or its channel's members were listed,
    /// in SID order. The truth is the state at the moment of asking; a reader of only one side saw the state
    /// before the change, and was right.
    pub fn changing_users(&self) -> Vec<String> {
        sorted(self.world.selected.changing.keys().map(|user| self.world.users.text(*user)))
    }

    /// Memberships missing from their user's list: user SID and channel SID.
    pub fn hidden_rows(&self) -> Vec<(String, String)> {
        let world = &self.world;
        sorted(world.selected.hidden.iter().filter_map(|edge| {
            let user = world.graph.user(*edge)?;
            Some((world.users.text(user), world.channels.text(world.graph.channel(*edge))))
        }))
    }
}

fn ids(order: &MergedOrder<'_>) -> Vec<u32> {
    (0..order.count()).map(|rank| order.id(rank)).collect()
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}

pub(crate) fn row(write: impl FnOnce(&mut String)) -> TruthRow {
    let mut text = String::new();
    write(&mut text);
    serde_json::from_str(&without_lone_surrogates(&text)).expect("the simulator writes JSON objects")
}

/// Half pairs of surrogates as U+FFFD: a reader of Unicode texts can have no more of them.
pub(crate) fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    if !json.contains("\\ud") {
        return Cow::Borrowed(json);
    }
    let mut result = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, escape)) = rest.split_once('\\') {
        result.push_str(before);
        let digits = escape.strip_prefix('u').and_then(|digits| digits.split_at_checked(4));
        let is_half =
            |digits: &str| u32::from_str_radix(digits, 16).is_ok_and(|half| (0xD800..0xE000).contains(&half));
        if let Some((_, after)) = digits.filter(|(digits, _)| is_half(digits)) {
            result.push_str("\\ufffd");
            rest = after;
        } else {
            let mut characters = escape.chars();
            result.push('\\');
            result.extend(characters.next());
            rest = characters.as_str();
        }
    }
    result.push_str(rest);
    Cow::Owned(result)
}

fn rows(listing: &impl PagedList) -> Vec<TruthRow> {
    (0..listing.count())
        .filter(|rank| listing.shows(*rank))
        .map(|rank| row(|out| listing.write(rank, out)))
        .collect()
}
