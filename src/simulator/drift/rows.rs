//! The rows that Chat shows of what a round of drift touches.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::TruthRow;
use crate::simulator::api;
use crate::simulator::data::graph::MembershipStatus;
use crate::simulator::data::{WorldView, initial, sid};
use crate::simulator::served_api::ServedApi;
use crate::simulator::truth::row;

const CHAT: ServedApi = ServedApi::Chat;

/// The list and the SIDs of a row.
pub(super) type RowKey = (&'static str, Vec<String>);
pub(super) type RowMap = BTreeMap<RowKey, TruthRow>;

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
pub(super) fn rows(view: &WorldView<'_>, touched: &Touched) -> RowMap {
    let mut rows = RowMap::new();
    let mut add = |entity, key: Vec<String>, write: &dyn Fn(&mut String)| {
        rows.insert((entity, key), row(write));
    };
    for role in &touched.roles {
        let key = sid::text("RL", view.role(*role).digits);
        add("roles", vec![key], &|out| api::write_role(CHAT, view, *role, out));
    }
    for user in touched.users.iter().filter(|user| view.user_exists(**user)) {
        let key = sid::text("US", view.user_digits(*user));
        add("users", vec![key], &|out| api::write_user(CHAT, view, *user, false, out));
    }
    for channel in touched.channels.iter().filter(|channel| view.channel_exists(**channel)) {
        let key = sid::text("CH", view.channel_digits(*channel));
        add("channels", vec![key], &|out| api::write_channel(CHAT, view, *channel, out));
    }
    for (user, channel) in &touched.pairs {
        let Some(edge) = view.membership_of(*user, *channel) else { continue };
        let user_sid = sid::text("US", view.user_digits(*user));
        let channel_sid = sid::text("CH", view.channel_digits(*channel));
        add("user_channels", vec![user_sid, channel_sid], &|out| {
            api::write_user_channel(CHAT, view, *user, edge, out);
        });
        match view.status(edge) {
            MembershipStatus::Joined => {
                let key = sid::text("MB", view.member_digits(edge, *channel));
                add("members", vec![key], &|out| api::write_member(CHAT, view, *channel, edge, out));
            }
            MembershipStatus::Invited => {
                let Some(invite) = initial::invite_of(view.world, edge) else { continue };
                let key = sid::text("IN", initial::invite(view.world, *channel, invite).digits);
                add("invites", vec![key], &|out| api::write_invite(view, *channel, invite, out));
            }
            MembershipStatus::NotParticipating | MembershipStatus::Unknown => {}
        }
    }
    rows
}
