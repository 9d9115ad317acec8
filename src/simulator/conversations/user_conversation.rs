//! `/v1/Services/{ChatServiceSid}/Users/{UserSid}/Conversations`: those that the user has joined.

use super::shared::{self, owners, timers};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::{Listing, Rows};
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_name, page, row_fault, unknown_key};

/// More unread messages than this are not counted (documentation of the User Conversation resource).
const MOST_UNREAD: u32 = 1_000;

/// The conversations of a user, in the order of their SIDs; `hide` leaves out the memberships that the fault hides.
pub(crate) fn rows<'a>(view: &'a View<'a>, user: u32, hide: bool) -> impl Listing + 'a + use<'a> {
    Rows {
        key: "conversations",
        prefix: "CH",
        order: view.memberships(user),
        shows: move |edge| {
            view.joined(edge)
                && view.is_private(view.channel_of(edge))
                && !(hide && view.world.selected.hidden.contains(&edge))
        },
        write: move |edge, out: &mut String| write(view, user, edge, out),
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let world = call.world;
    let (user, page) = {
        let view = world.view();
        let user = shared::user(call, &view)?;
        let mut url = format!("{}/Users/", world.conversations_url);
        sid::write("US", view.user_digits(user), &mut url);
        url.push_str("/Conversations");
        let endless = world.selected.endless_list(user);
        (user, page(call, &rows(&view, user, true), &url, &[], endless)?)
    };
    if page.last {
        world.user_was_listed(user);
    }
    Ok(page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let (user, edge) = named(call, &view)?;
    Ok(one(|out| write(&view, user, edge, out)))
}

/// Sets `NotificationLevel`, `LastReadMessageIndex` and `LastReadTimestamp`, each if given.
pub(super) fn update(call: &Call<'_>) -> Result<String, Failure> {
    let muted = match call.form.first("NotificationLevel") {
        None => None,
        Some("default") => Some(false),
        Some("muted") => Some(true),
        Some(other) => return Err(Failure::bad_parameter("NotificationLevel", other)),
    };
    let index = call.form.number("LastReadMessageIndex")?;
    let last_read = call.form.moment("LastReadTimestamp")?;
    let mut writer = call.world.writer();
    let (user, edge) = named(call, &writer.view())?;
    let now = writer.now();
    writer.update_membership(edge, |record| {
        record.muted = muted.unwrap_or(record.muted);
        if index.is_some() {
            record.last_read_index = index;
            record.last_read = Some(now);
        }
        record.last_read = last_read.or(record.last_read);
    });
    Ok(one(|out| write(&writer.view(), user, edge, out)))
}

/// The user and membership of the path.
fn named(call: &Call<'_>, view: &View<'_>) -> Result<(u32, u32), Failure> {
    let user = shared::user(call, view)?;
    let channel = shared::conversation(call, view, 2)?;
    let edge = view.membership_of(user, channel).filter(|edge| view.joined(*edge));
    edge.map(|edge| (user, edge)).ok_or_else(Failure::not_a_participant)
}

/// Writes a user's side of a participation. The dates are the conversation's.
pub(super) fn write(view: &View<'_>, user: u32, edge: u32, out: &mut String) {
    let world = view.world;
    let channel = view.channel_of(edge);
    let record = view.channel(channel);
    let (user_digits, member) = (view.user_digits(user), view.member_digits(edge, channel));
    let mut object = Object::open(out);
    owners(&mut object, world);
    object.plain("conversation_sid", |out| sid::write("CH", record.digits, out));
    object.optional_number("unread_messages_count", view.unread(edge, channel).map(|n| n.min(MOST_UNREAD)));
    match view.last_read_index(edge, channel) {
        Some(index) if row_fault(view, Fault::WrongType, "user_channel", edge) => {
            object.text("last_read_message_index", &index.to_string());
        }
        index => object.optional_number("last_read_message_index", index),
    }
    object.plain("participant_sid", |out| sid::write("MB", member, out));
    object.plain("user_sid", |out| sid::write("US", user_digits, out));
    optional_name(&mut object, "friendly_name", record.friendly_name.as_deref(), view, ("channel", channel));
    object.text("conversation_state", record.state);
    timers(&mut object, record.timers);
    object.optional_text("attributes", record.attributes.as_deref());
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    object.text("created_by", &record.created_by);
    let unknown = row_fault(view, Fault::UnknownEnum, "user_channel", edge);
    object.text("notification_level", if unknown { "mentions" } else { view.notification_level(edge) });
    object.optional_text("unique_name", record.unique_name.as_deref());
    unknown_key(&mut object, view, "user_channel", edge);
    let url = |out: &mut String, parent: &str| {
        out.extend([world.conversations_url.as_str(), parent]);
    };
    object.plain("url", |out| {
        url(out, "/Users/");
        sid::write("US", user_digits, out);
        out.push_str("/Conversations/");
        sid::write("CH", record.digits, out);
    });
    let mut links = Object::open(object.value("links"));
    links.plain("participant", |out| {
        url(out, "/Conversations/");
        sid::write("CH", record.digits, out);
        out.push_str("/Participants/");
        sid::write("MB", member, out);
    });
    links.plain("conversation", |out| {
        url(out, "/Conversations/");
        sid::write("CH", record.digits, out);
    });
    links.close();
    object.close();
}
