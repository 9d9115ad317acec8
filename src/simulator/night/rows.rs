//! The rows that Chat shows of what a night touches.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::Row;
use crate::simulator::chat;
use crate::simulator::data::graph::Standing;
use crate::simulator::data::{View, sid};

/// The list and the SIDs of a row.
pub(super) type Key = (&'static str, Vec<String>);
pub(super) type RowMap = BTreeMap<Key, Row>;

/// What may look otherwise afterwards.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) users: BTreeSet<u32>,
    pub(super) channels: BTreeSet<u32>,
    pub(super) roles: BTreeSet<u32>,
    /// User and channel of memberships, there or not.
    pub(super) pairs: BTreeSet<(u32, u32)>,
}

/// Their rows now, as far as they are there.
pub(super) fn rows(view: &View<'_>, touched: &Touched) -> RowMap {
    let mut rows = RowMap::new();
    let mut add = |entity, key: Vec<String>, write: &dyn Fn(&mut String)| {
        let mut text = String::new();
        write(&mut text);
        rows.insert((entity, key), serde_json::from_str(&text).expect("the simulator writes JSON objects"));
    };
    for role in &touched.roles {
        let key = sid::text("RL", view.role(*role).digits);
        add("roles", vec![key], &|out| chat::write_role(view, *role, out));
    }
    for user in touched.users.iter().filter(|user| view.user_exists(**user)) {
        let key = sid::text("US", view.user_digits(*user));
        add("users", vec![key], &|out| chat::write_user(view, *user, false, out));
    }
    for channel in touched.channels.iter().filter(|channel| view.channel_exists(**channel)) {
        let key = sid::text("CH", view.channel_digits(*channel));
        add("channels", vec![key], &|out| chat::write_channel(view, *channel, out));
    }
    for (user, channel) in &touched.pairs {
        let Some(edge) = view.membership_of(*user, *channel) else { continue };
        let user_sid = sid::text("US", view.user_digits(*user));
        let channel_sid = sid::text("CH", view.channel_digits(*channel));
        add("user_channels", vec![user_sid, channel_sid], &|out| {
            chat::write_user_channel(view, *user, edge, out);
        });
        match view.standing(edge) {
            Standing::Joined => {
                let key = sid::text("MB", view.member_digits(edge, *channel));
                add("members", vec![key], &|out| chat::write_member(view, *channel, edge, out));
            }
            Standing::Invited => {
                let place = edge - view.world.graph.of_channel(*channel).start;
                let key = view.world.invite_sids(*channel).text(place);
                add("invites", vec![key], &|out| chat::write_invite(view, *channel, edge, out));
            }
            Standing::NotParticipating | Standing::Unknown => {}
        }
    }
    rows
}
