//! The truth: every row exactly as an undisturbed server lists it at this moment, for tests to compare with.
//!
//! Faults of rows (unknown enum values and keys, wrong types) are part of the rows. Faults of delivery
//! (hidden rows, endless lists, accidents) are not. Vanished users and channels are listed as before they
//! went, counts included; their memberships are gone from both sides.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::chat;
use super::data::{View, World};
use super::paging::Listing;

/// A JSON object.
pub type Row = Map<String, Value>;

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
        let count = u32::try_from(self.world.roles.len()).unwrap_or(0);
        (0..count).map(|rank| row(|out| chat::write_role(&self.view(), rank, out))).collect()
    }

    /// The users as the list gives them, in SID order.
    pub fn users(&self) -> impl Iterator<Item = Row> + '_ {
        (0..self.world.users.count()).map(|user| row(|out| chat::write_user(&self.view(), user, false, out)))
    }

    /// The SIDs of all users, in order.
    pub fn user_sids(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.world.users.count()).map(|user| self.world.users.text(user))
    }

    /// The channels of both types, in SID order.
    pub fn channels(&self) -> impl Iterator<Item = Row> + '_ {
        (0..self.world.channels.count())
            .map(|channel| row(|out| chat::write_channel(&self.view(), channel, out)))
    }

    /// The SIDs of all channels, in order.
    pub fn channel_sids(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.world.channels.count()).map(|channel| self.world.channels.text(channel))
    }

    /// The User Channels of a user (SID or identity), in the order of channel SIDs; empty for an unknown one.
    pub fn user_channels(&self, user: &str) -> Vec<Row> {
        let Some(user) = self.world.find_user(user) else { return Vec::new() };
        let view = self.view();
        rows(&chat::UserChannelList { view: &view, user, hide: false })
    }

    /// The members of a channel (SID or unique name), in SID order.
    pub fn members(&self, channel: &str) -> Vec<Row> {
        let Some(channel) = self.world.find_channel(channel) else { return Vec::new() };
        rows(&chat::MemberList::new(&self.view(), channel, Vec::new()))
    }

    /// The invites of a channel (SID or unique name), in SID order.
    pub fn invites(&self, channel: &str) -> Vec<Row> {
        let Some(channel) = self.world.find_channel(channel) else { return Vec::new() };
        rows(&chat::InviteList::new(&self.view(), channel, Vec::new()))
    }

    /// The messages of a channel (SID or unique name), by index.
    pub fn messages(&self, channel: &str) -> Vec<Row> {
        let Some(channel) = self.world.find_channel(channel) else { return Vec::new() };
        (0..self.world.messages_count(channel))
            .map(|position| row(|out| chat::write_message(&self.view(), channel, position, out)))
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

    /// Users whose User Channels never end, in SID order.
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

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}

fn row(write: impl FnOnce(&mut String)) -> Row {
    let mut text = String::new();
    write(&mut text);
    serde_json::from_str(&text).expect("the simulator writes JSON objects")
}

fn rows(listing: &impl Listing) -> Vec<Row> {
    (0..listing.count())
        .filter(|rank| listing.shows(*rank))
        .map(|rank| row(|out| listing.write(rank, out)))
        .collect()
}
