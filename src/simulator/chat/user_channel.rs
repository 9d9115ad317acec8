//! `/v2/Services/{ServiceSid}/Users/{UserSid}/Channels`: list, fetch and update.

use super::shared::{self, one, page, row_fault, unknown_key};
use crate::simulator::data::View;
use crate::simulator::data::graph::Standing;
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Listing;
use crate::simulator::route::Call;

/// When simulated writes happen (2026-01-15), in Unix seconds; each a second after the one before.
const WRITES_BEGIN: u32 = 1_768_435_200;

/// The channels of a user, in the order of channel SIDs.
pub(crate) struct UserChannelList<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) user: u32,
    /// Leaves out the memberships that the fault hides.
    pub(crate) hide: bool,
}

impl UserChannelList<'_> {
    fn edge(&self, rank: u32) -> u32 {
        self.view.world.graph.of_user(self.user)[rank as usize]
    }
}

impl Listing for UserChannelList<'_> {
    fn key(&self) -> &'static str {
        "channels"
    }

    fn prefix(&self) -> &'static str {
        "CH"
    }

    fn count(&self) -> u32 {
        u32::try_from(self.view.world.graph.of_user(self.user).len()).unwrap_or(u32::MAX)
    }

    fn digits(&self, rank: u32) -> u128 {
        let world = self.view.world;
        world.channels.digits(world.graph.channel(self.edge(rank)))
    }

    fn shows(&self, rank: u32) -> bool {
        let edge = self.edge(rank);
        self.view.present(edge) && !(self.hide && self.view.world.selected.hidden.contains(&edge))
    }

    fn write(&self, rank: u32, out: &mut String) {
        write(self.view, self.user, self.edge(rank), out);
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let user = shared::user(call)?;
    let world = call.world;
    let mut url = format!("{}/Users/", world.service_url);
    world.users.write(user, &mut url);
    url.push_str("/Channels");
    let endless = world.selected.looping.contains(&user);
    let page = page(call, &UserChannelList { view: &world.view(), user, hide: true }, &url, &[], endless)?;
    if page.last {
        world.user_was_listed(user);
    }
    Ok(page.body)
}

/// The membership that the path names.
fn membership(call: &Call<'_>, view: &View<'_>) -> Result<(u32, u32), Failure> {
    let user = shared::user(call)?;
    let channel = shared::channel(call, 2)?;
    let edges = view.world.graph.of_channel(channel);
    let of_user = view.world.graph.of_user(user);
    let place = of_user.partition_point(|edge| *edge < edges.start);
    let edge = of_user.get(place).copied().filter(|edge| edges.contains(edge) && view.present(*edge));
    edge.map(|edge| (user, edge)).ok_or_else(Failure::not_a_member)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let (user, edge) = membership(call, &view)?;
    Ok(one(|out| write(&view, user, edge, out)))
}

/// Sets `NotificationLevel`, `LastConsumedMessageIndex` and `LastConsumptionTimestamp`, each if given.
pub(crate) fn update(call: &Call<'_>) -> Result<String, Failure> {
    let (user, edge) = membership(call, &call.world.view())?;
    if call.world.graph.standing(edge) != Standing::Joined {
        return Err(Failure::not_a_member());
    }
    let level = call.form.first("NotificationLevel");
    if let Some(other) = level.filter(|level| !matches!(*level, "default" | "muted")) {
        return Err(Failure::bad_parameter("NotificationLevel", other));
    }
    let index = call
        .form
        .first("LastConsumedMessageIndex")
        .map(|text| {
            text.parse::<u32>().map_err(|_: std::num::ParseIntError| {
                Failure::bad_parameter("LastConsumedMessageIndex", text)
            })
        })
        .transpose()?;
    let timestamp = call
        .form
        .first("LastConsumptionTimestamp")
        .map(|text| {
            text.parse::<jiff::Timestamp>()
                .map_err(|_: jiff::Error| Failure::bad_parameter("LastConsumptionTimestamp", text))
        })
        .transpose()?;
    call.world.change(|changes| {
        changes.writes += 1;
        let now = jiff::Timestamp::constant(i64::from(WRITES_BEGIN + changes.writes), 0);
        let update = changes.updates.entry(edge).or_default();
        if let Some(level) = level {
            update.notification_level = Some(level.to_owned());
        }
        if let Some(index) = index {
            update.last_consumed_message_index = Some(index);
            update.last_consumption_timestamp = Some(now.to_string());
        }
        if let Some(timestamp) = timestamp {
            update.last_consumption_timestamp = Some(timestamp.to_string());
        }
    });
    Ok(one(|out| write(&call.world.view(), user, edge, out)))
}

/// Writes a user's side of a membership.
pub(crate) fn write(view: &View<'_>, user: u32, edge: u32, out: &mut String) {
    let world = view.world;
    let channel = world.graph.channel(edge);
    let members = world.members(channel);
    let place = edge - world.graph.of_channel(channel).start;
    let joined = view.joined(edge);
    let mut object = Object::open(out);
    shared::owners(&mut object, world);
    object.plain("channel_sid", |out| world.channels.write(channel, out));
    object.plain("user_sid", |out| world.users.write(user, out));
    if joined {
        object.plain("member_sid", |out| members.write(place, out));
    } else {
        object.null("member_sid");
    }
    object.text("status", world.status(edge));
    let consumed = view.last_consumed(edge, channel);
    match consumed {
        Some(index) if row_fault(view, Fault::WrongType, "user_channel", edge) => {
            object.text("last_consumed_message_index", &index.to_string());
        }
        consumed => object.optional_number("last_consumed_message_index", consumed),
    }
    object.optional_number("unread_messages_count", view.unread(edge, channel));
    let unknown = row_fault(view, Fault::UnknownEnum, "user_channel", edge);
    object.text("notification_level", if unknown { "mentions" } else { view.notification_level(edge) });
    unknown_key(&mut object, view, "user_channel", edge);
    let channel_url = |out: &mut String| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        world.channels.write(channel, out);
    };
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Users/"]);
        world.users.write(user, out);
        out.push_str("/Channels/");
        world.channels.write(channel, out);
    });
    let mut links = Object::open(object.value("links"));
    links.plain("channel", channel_url);
    if joined {
        links.plain("member", |out| {
            channel_url(out);
            out.push_str("/Members/");
            members.write(place, out);
        });
    } else {
        links.null("member");
    }
    links.close();
    object.close();
}
