//! The truth: every row exactly as an undisturbed server lists it at this moment, for tests to compare with.
//!
//! Faults of rows (unknown enum values and keys, wrong types) are part of the rows. Faults of delivery
//! (hidden rows, endless lists, accidents) are not. Vanished users and channels are listed as before they
//! went, counts included; their memberships are gone from both sides.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::data::order::Order;
use super::data::{View, World, sid};
use super::paging::Listing;
use super::{chat, conversations};

/// A JSON object.
pub(crate) type Row = Map<String, Value>;

/// Reads the simulated account.
#[derive(Debug)]
pub struct Truth {
    world: Arc<World>,
}

impl Truth {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world }
    }

    fn view(&self) -> View<'_> {
        self.world.view()
    }

    /// The service.
    pub fn service(&self) -> Row {
        row(|out| chat::write_service(&self.world, out))
    }

    /// The roles, in SID order.
    pub fn roles(&self) -> Vec<Row> {
        let view = self.view();
        let roles = ids(view.roles()).into_iter().filter(|role| view.role_exists(*role));
        roles.map(|role| row(|out| chat::write_role(&view, role, out))).collect()
    }

    /// The users as the list gives them, in SID order.
    pub fn users(&self) -> impl Iterator<Item = Row> + '_ {
        self.user_ids().into_iter().map(|user| row(|out| chat::write_user(&self.view(), user, false, out)))
    }

    /// The SIDs of all users, in order.
    pub fn user_sids(&self) -> impl Iterator<Item = String> + '_ {
        self.user_ids().into_iter().map(|user| sid::text("US", self.view().user_digits(user)))
    }

    fn user_ids(&self) -> Vec<u32> {
        let view = self.view();
        ids(view.users()).into_iter().filter(|user| view.user_exists(*user)).collect()
    }

    /// The channels of both types, in SID order.
    pub fn channels(&self) -> impl Iterator<Item = Row> + '_ {
        self.channel_ids()
            .into_iter()
            .map(|channel| row(|out| chat::write_channel(&self.view(), channel, out)))
    }

    /// The SIDs of all channels, in order.
    pub fn channel_sids(&self) -> impl Iterator<Item = String> + '_ {
        self.channel_ids().into_iter().map(|channel| sid::text("CH", self.view().channel_digits(channel)))
    }

    fn channel_ids(&self) -> Vec<u32> {
        let view = self.view();
        ids(view.channels()).into_iter().filter(|channel| view.channel_exists(*channel)).collect()
    }

    /// The User Channels of a user (SID or identity), in the order of channel SIDs; empty for an unknown one.
    pub fn user_channels(&self, user: &str) -> Vec<Row> {
        let view = self.view();
        view.find_user(user).map(|user| rows(&chat::user_channels(&view, user, false))).unwrap_or_default()
    }

    /// The members of a channel (SID or unique name), in SID order.
    pub fn members(&self, channel: &str) -> Vec<Row> {
        let view = self.view();
        let members = |channel| rows(&chat::members(&view, channel, Vec::new()));
        view.find_channel(channel).map(members).unwrap_or_default()
    }

    /// The invites of a channel (SID or unique name), in SID order.
    pub fn invites(&self, channel: &str) -> Vec<Row> {
        let view = self.view();
        let invites = |channel| rows(&chat::invites(&view, channel, Vec::new()));
        view.find_channel(channel).map(invites).unwrap_or_default()
    }

    /// The messages of a channel (SID or unique name), by index.
    pub fn messages(&self, channel: &str) -> Vec<Row> {
        let view = self.view();
        let Some(channel) = view.find_channel(channel) else { return Vec::new() };
        (0..self.world.messages_count(channel))
            .map(|position| row(|out| chat::write_message(&view, channel, position, out)))
            .collect()
    }

    /// The service as Conversations shows it.
    pub fn conversations_service(&self) -> Row {
        row(|out| conversations::write_service(&self.world, out))
    }

    /// Conversations' configuration of the service.
    pub fn service_configuration(&self) -> Row {
        row(|out| conversations::write_configuration(&self.view(), out))
    }

    /// The roles as Conversations shows them, in SID order.
    pub fn conversation_roles(&self) -> Vec<Row> {
        let view = self.view();
        let roles = ids(view.roles()).into_iter().filter(|role| view.role_exists(*role));
        roles.map(|role| row(|out| conversations::write_role(&view, role, out))).collect()
    }

    /// The users as Conversations lists them, in SID order.
    pub fn conversation_users(&self) -> impl Iterator<Item = Row> + '_ {
        let users = self.user_ids().into_iter();
        users.map(|user| row(|out| conversations::write_user(&self.view(), user, false, out)))
    }

    /// The conversations, which are the private channels, in SID order.
    pub fn conversations(&self) -> impl Iterator<Item = Row> + '_ {
        let conversations = self.conversation_ids().into_iter();
        conversations.map(|channel| row(|out| conversations::write_conversation(&self.view(), channel, out)))
    }

    /// The SIDs of all conversations, in order.
    pub fn conversation_sids(&self) -> impl Iterator<Item = String> + '_ {
        let conversations = self.conversation_ids().into_iter();
        conversations.map(|channel| sid::text("CH", self.view().channel_digits(channel)))
    }

    fn conversation_ids(&self) -> Vec<u32> {
        let view = self.view();
        self.channel_ids().into_iter().filter(|channel| view.is_private(*channel)).collect()
    }

    /// The participants of a conversation (SID or unique name), in SID order; none of a public channel.
    pub fn participants(&self, conversation: &str) -> Vec<Row> {
        let view = self.view();
        let found = view.find_channel(conversation).filter(|channel| view.is_private(*channel));
        found.map(|channel| rows(&conversations::participants(&view, channel))).unwrap_or_default()
    }

    /// The User Conversations of a user (SID or identity), in the order of conversation SIDs.
    pub fn user_conversations(&self, user: &str) -> Vec<Row> {
        let view = self.view();
        let of = |user| rows(&conversations::user_conversations(&view, user, false));
        view.find_user(user).map(of).unwrap_or_default()
    }

    /// The messages of a conversation (SID or unique name), by index.
    pub fn conversation_messages(&self, conversation: &str) -> Vec<Row> {
        let view = self.view();
        let found = view.find_channel(conversation).filter(|channel| view.is_private(*channel));
        let Some(channel) = found else { return Vec::new() };
        (0..self.world.messages_count(channel))
            .map(|position| row(|out| conversations::write_message(&view, channel, position, out)))
            .collect()
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
    /// in SID order. The truth is the state at the moment of asking; who read one side alone saw the state
    /// before the change, and was right.
    pub fn changing_users(&self) -> Vec<String> {
        sorted(self.world.selected.changing.keys().map(|user| self.world.users.text(*user)))
    }

    /// Memberships missing from their user's list: user SID and channel SID.
    pub fn hidden_rows(&self) -> Vec<(String, String)> {
        let world = &self.world;
        sorted(world.selected.hidden.iter().map(|edge| {
            (world.users.text(world.graph.user(*edge)), world.channels.text(world.graph.channel(*edge)))
        }))
    }
}

fn ids(order: Order<'_>) -> Vec<u32> {
    (0..order.count()).map(|rank| order.id(rank)).collect()
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}

fn row(write: impl FnOnce(&mut String)) -> Row {
    let mut text = String::new();
    write(&mut text);
    serde_json::from_str(&without_lone_surrogates(&text)).expect("the simulator writes JSON objects")
}

/// Half pairs of surrogates as U+FFFD: a reader of Unicode texts can have no more of them.
pub(crate) fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let mut result = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = json[at..].find('\\') {
        let escape = at + found;
        let digits = json.get(escape + 2..escape + 6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let is_half = digits.is_some_and(|digits| (0xD800..0xE000).contains(&digits));
        if json[escape + 1..].starts_with('u') && is_half {
            result.push_str(&json[copied..escape]);
            result.push_str("\\ufffd");
            copied = escape + 6;
        }
        at = escape + 2;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    result.push_str(&json[copied..]);
    Cow::Owned(result)
}

fn rows(listing: &impl Listing) -> Vec<Row> {
    (0..listing.count())
        .filter(|rank| listing.shows(*rank))
        .map(|rank| row(|out| listing.write(rank, out)))
        .collect()
}
