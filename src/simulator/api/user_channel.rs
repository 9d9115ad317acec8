//! `…/Users/{UserSid}/Channels` and `…/Users/{UserSid}/Conversations`: a user's side of memberships.
//!
//! Conversations lists those that the user has joined, and adds what it knows of the conversation.

use super::shared::{self, as_sent, date, has_fault, one, optional_name, page, timers, unknown_key};
use crate::simulator::WorldKind;
use crate::simulator::data::graph::MembershipStatus;
use crate::simulator::data::record::Timers;
use crate::simulator::data::{WorldView, sid};
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::{PagedList, RecordList};
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// Conversations counts no more unread messages than this (documentation of the User Conversation resource).
const MOST_UNREAD: i64 = 1_000;

/// The memberships of a user, in the order of channel SIDs; `hide` leaves out those that the fault hides.
pub(crate) fn list_of<'a>(
    api: ServedApi,
    view: &'a WorldView<'a>,
    user: u32,
    hide: bool,
) -> impl PagedList + 'a + use<'a> {
    let shows = move |edge| match api {
        ServedApi::Chat => view.is_listed_of_user(edge),
        ServedApi::Conversations => {
            view.joined(edge) && view.is_listed_of_user(edge) && view.is_private(view.channel_of(edge))
        }
    };
    RecordList {
        key: api.pick("channels", "conversations"),
        prefix: "CH",
        order: view.memberships(user),
        shows: move |edge| shows(edge) && !(hide && view.world.selected.hidden.contains(&edge)),
        write: move |edge, out: &mut String| write(api, view, user, edge, out),
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let (api, world) = (call.route.api, call.world);
    let (user, page) = {
        let view = world.view();
        let user = shared::user(call, &view)?;
        let mut url = format!("{}/Users/", call.service_url());
        sid::write("US", view.user_digits(user), &mut url);
        url.push_str(api.pick("/Channels", "/Conversations"));
        let endless = world.selected.endless_list(user);
        (user, page(call, &list_of(api, &view, user, true), &url, &[], endless)?)
    };
    if page.last {
        world.user_was_listed(user);
    }
    Ok(page.body)
}

/// The user and membership that the path names.
fn named(call: &Call<'_>, view: &WorldView<'_>) -> Result<(u32, u32), Refusal> {
    let user = shared::user(call, view)?;
    let channel = shared::channel(call, view, 2)?;
    let edge = view.membership_of(user, channel);
    match call.route.api {
        ServedApi::Chat => edge.ok_or_else(Refusal::not_a_member),
        ServedApi::Conversations => {
            edge.filter(|edge| view.joined(*edge)).ok_or_else(Refusal::not_a_participant)
        }
    }
    .map(|edge| (user, edge))
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let (user, edge) = named(call, &view)?;
    Ok(one(|out| write(call.route.api, &view, user, edge, out)))
}

/// Sets the notification level and the position of reading, each if given.
pub(super) fn update(call: &Call<'_>) -> Result<String, Refusal> {
    let api = call.route.api;
    let muted = match call.form.first("NotificationLevel") {
        None => None,
        Some("default") => Some(false),
        Some("muted") => Some(true),
        Some(other) => return Err(Refusal::bad_parameter("NotificationLevel", other)),
    };
    let index = call.form.number(api.pick("LastConsumedMessageIndex", "LastReadMessageIndex"))?;
    let last_read = call.form.moment(api.pick("LastConsumptionTimestamp", "LastReadTimestamp"))?;
    let mut writer = call.world.writer();
    let (user, edge) = {
        let view = writer.view();
        let (user, edge) = named(call, &view)?;
        if view.status(edge) != MembershipStatus::Joined {
            return Err(Refusal::not_a_member());
        }
        (user, edge)
    };
    let now = writer.now();
    writer.update_membership(edge, |record| {
        record.muted = muted.unwrap_or(record.muted);
        if index.is_some() {
            record.last_read_index = index.map(i64::from);
            record.last_read = Some(now);
        }
        record.last_read = last_read.or(record.last_read);
    });
    Ok(one(|out| write(api, &writer.view(), user, edge, out)))
}

pub(crate) fn write(api: ServedApi, view: &WorldView<'_>, user: u32, edge: u32, out: &mut String) {
    let world = view.world;
    let channel = view.channel_of(edge);
    let (channel_digits, user_digits) = (view.channel_digits(channel), view.user_digits(user));
    let side = view.users_side(edge, channel);
    let member = side.member.filter(|_| view.joined(edge));
    let from = out.len();
    let mut object = Object::open(out);
    api.write_owners(&mut object, world);
    let channel_sid = |out: &mut String| sid::write("CH", channel_digits, out);
    object.plain(api.pick("channel_sid", "conversation_sid"), channel_sid);
    object.plain("user_sid", |out| sid::write("US", user_digits, out));
    match member {
        Some(member) => {
            object.plain(api.pick("member_sid", "participant_sid"), |out| sid::write("MB", member, out));
        }
        None => object.null(api.pick("member_sid", "participant_sid")),
    }
    let unread = side.reading.unread;
    let unread = api.pick(unread, unread.map(|unread| unread.min(MOST_UNREAD)));
    object.optional_number("unread_messages_count", unread);
    let last_read = api.pick("last_consumed_message_index", "last_read_message_index");
    match side.reading.index {
        Some(index) if has_fault(view, Fault::WrongType, "user_channel", edge) => {
            object.text(last_read, &index.to_string());
        }
        index => object.optional_number(last_read, index),
    }
    match api {
        ServedApi::Chat => object.text("status", side.status),
        ServedApi::Conversations => write_conversation(&mut object, view, channel),
    }
    let unknown = has_fault(view, Fault::UnknownEnum, "user_channel", edge);
    object.text(
        "notification_level",
        match side.muted {
            _ if unknown => "mentions",
            true => "muted",
            false => "default",
        },
    );
    unknown_key(&mut object, view, "user_channel", edge);
    let channel_url = |out: &mut String| {
        out.extend([api.service_url(world), api.channels()]);
        channel_sid(out);
    };
    object.plain("url", |out| {
        out.extend([api.service_url(world), "/Users/"]);
        sid::write("US", user_digits, out);
        out.push_str(api.channels());
        channel_sid(out);
    });
    let mut links = Object::open(object.value("links"));
    links.plain(api.pick("channel", "conversation"), channel_url);
    match member {
        Some(member) => links.plain(api.pick("member", "participant"), |out| {
            channel_url(out);
            out.push_str(api.pick("/Members/", "/Participants/"));
            sid::write("MB", member, out);
        }),
        None => links.null(api.pick("member", "participant")),
    }
    links.close();
    object.close();
    as_sent(out, from, api, &side.sent);
}

/// What Conversations adds of the conversation; the dates are the conversation's too.
fn write_conversation(object: &mut Object<'_>, view: &WorldView<'_>, channel: u32) {
    let record = view.channel(channel);
    optional_name(object, record.friendly_name.as_deref(), view, ("channel", channel));
    object.optional_text("unique_name", record.unique_name.as_deref());
    object.optional_text("attributes", record.attributes.as_deref());
    object.text("conversation_state", record.state);
    if view.world.kind == WorldKind::Real && record.timers == Timers::default() {
        object.null("timers");
    } else {
        timers(object, record.timers);
    }
    object.optional_text("created_by", record.created_by.as_deref());
    date(object, "date_created", record.created);
    date(object, "date_updated", record.updated);
}
