//! `/v2/Services/{ServiceSid}/Users/{UserSid}/Channels`: list, fetch and update.

use super::shared;
use crate::simulator::data::graph::Standing;
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::{Listing, Rows};
use crate::simulator::route::Call;
use crate::simulator::shared::{one, page, row_fault, unknown_key};

/// The channels of a user, in the order of channel SIDs; `hide` leaves out the memberships that the fault hides.
pub(crate) fn rows<'a>(view: &'a View<'a>, user: u32, hide: bool) -> impl Listing + 'a + use<'a> {
    Rows {
        key: "channels",
        prefix: "CH",
        order: view.memberships(user),
        shows: move |edge| view.present(edge) && !(hide && view.world.selected.hidden.contains(&edge)),
        write: move |edge, out: &mut String| write(view, user, edge, out),
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let world = call.world;
    let (user, page) = {
        let view = world.view();
        let user = shared::user(call, &view)?;
        let mut url = format!("{}/Users/", world.service_url);
        sid::write("US", view.user_digits(user), &mut url);
        url.push_str("/Channels");
        let endless = world.selected.endless_list(user);
        (user, page(call, &rows(&view, user, true), &url, &[], endless)?)
    };
    if page.last {
        world.user_was_listed(user);
    }
    Ok(page.body)
}

/// The membership that the path names.
fn membership(call: &Call<'_>, view: &View<'_>) -> Result<(u32, u32), Failure> {
    let user = shared::user(call, view)?;
    let channel = shared::channel(call, view, 2)?;
    let edge = view.membership_of(user, channel);
    edge.map(|edge| (user, edge)).ok_or_else(Failure::not_a_member)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let (user, edge) = membership(call, &view)?;
    Ok(one(|out| write(&view, user, edge, out)))
}

/// Sets `NotificationLevel`, `LastConsumedMessageIndex` and `LastConsumptionTimestamp`, each if given.
pub(crate) fn update(call: &Call<'_>) -> Result<String, Failure> {
    let muted = match call.form.first("NotificationLevel") {
        None => None,
        Some("default") => Some(false),
        Some("muted") => Some(true),
        Some(other) => return Err(Failure::bad_parameter("NotificationLevel", other)),
    };
    let index = call.form.number("LastConsumedMessageIndex")?;
    let timestamp = call.form.moment("LastConsumptionTimestamp")?;
    let mut writer = call.world.writer();
    let (user, edge) = {
        let view = writer.view();
        let (user, edge) = membership(call, &view)?;
        if view.standing(edge) != Standing::Joined {
            return Err(Failure::not_a_member());
        }
        (user, edge)
    };
    let now = writer.now();
    writer.update_membership(edge, |record| {
        record.muted = muted.unwrap_or(record.muted);
        if index.is_some() {
            record.last_read_index = index;
            record.last_read = Some(now);
        }
        record.last_read = timestamp.or(record.last_read);
    });
    Ok(one(|out| write(&writer.view(), user, edge, out)))
}

/// Writes a user's side of a membership.
pub(crate) fn write(view: &View<'_>, user: u32, edge: u32, out: &mut String) {
    let world = view.world;
    let channel = view.channel_of(edge);
    let (channel_digits, user_digits) = (view.channel_digits(channel), view.user_digits(user));
    let member = view.joined(edge).then(|| view.member_digits(edge, channel));
    let mut object = Object::open(out);
    shared::owners(&mut object, world);
    object.plain("channel_sid", |out| sid::write("CH", channel_digits, out));
    object.plain("user_sid", |out| sid::write("US", user_digits, out));
    match member {
        Some(member) => object.plain("member_sid", |out| sid::write("MB", member, out)),
        None => object.null("member_sid"),
    }
    object.text("status", view.status(edge));
    match view.last_read_index(edge, channel) {
        Some(index) if row_fault(view, Fault::WrongType, "user_channel", edge) => {
            object.text("last_consumed_message_index", &index.to_string());
        }
        index => object.optional_number("last_consumed_message_index", index),
    }
    object.optional_number("unread_messages_count", view.unread(edge, channel));
    let unknown = row_fault(view, Fault::UnknownEnum, "user_channel", edge);
    object.text("notification_level", if unknown { "mentions" } else { view.notification_level(edge) });
    unknown_key(&mut object, view, "user_channel", edge);
    let channel_url = |out: &mut String| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        sid::write("CH", channel_digits, out);
    };
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Users/"]);
        sid::write("US", user_digits, out);
        out.push_str("/Channels/");
        sid::write("CH", channel_digits, out);
    });
    let mut links = Object::open(object.value("links"));
    links.plain("channel", channel_url);
    match member {
        Some(member) => links.plain("member", |out| {
            channel_url(out);
            out.push_str("/Members/");
            sid::write("MB", member, out);
        }),
        None => links.null("member"),
    }
    links.close();
    object.close();
}
