//! `/v1/Services/{ChatServiceSid}/Conversations/{ConversationSid}/Participants`: the members of a private channel.

use super::shared::{self, owners};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::{Listing, Rows};
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_date, page, row_fault, unknown_key};

/// The participants of a conversation, in the order of their SIDs.
pub(crate) fn rows<'a>(view: &'a View<'a>, channel: u32) -> impl Listing + 'a + use<'a> {
    Rows {
        key: "participants",
        prefix: "MB",
        order: view.members(channel),
        shows: move |edge| view.joined(edge),
        write: move |edge, out: &mut String| write(view, channel, edge, out),
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let (channel, page) = {
        let view = call.world.view();
        let channel = shared::conversation(call, &view, 1)?;
        let mut url = format!("{}/Conversations/", call.world.conversations_url);
        sid::write("CH", view.channel_digits(channel), &mut url);
        url.push_str("/Participants");
        (channel, page(call, &rows(&view, channel), &url, &[], false)?)
    };
    if page.last {
        call.world.members_were_listed(channel);
    }
    Ok(page.body)
}

/// Takes a participant SID, or the identity of a participant.
pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let (channel, edge) = named(call, &view)?;
    Ok(one(|out| write(&view, channel, edge, out)))
}

/// The conversation and participant of the path.
pub(super) fn named(call: &Call<'_>, view: &View<'_>) -> Result<(u32, u32), Failure> {
    let channel = shared::conversation(call, view, 1)?;
    let edge = view.find_member(channel, call.captures[2]);
    edge.map(|edge| (channel, edge)).ok_or_else(Failure::not_a_participant)
}

/// Writes a participant.
pub(super) fn write(view: &View<'_>, channel: u32, edge: u32, out: &mut String) {
    let (world, record) = (view.world, view.membership(edge));
    let channel_digits = view.channel_digits(channel);
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("MB", record.digits, out));
    owners(&mut object, world);
    object.plain("conversation_sid", |out| sid::write("CH", channel_digits, out));
    object.text("identity", &view.identity(record.user));
    object.text("role_sid", &record.role_sid);
    if row_fault(view, Fault::WrongType, "member", edge) {
        object.raw("attributes", "[\"a list\"]");
    } else {
        object.optional_text("attributes", record.attributes.as_deref());
    }
    object.null("messaging_binding");
    object.optional_number("last_read_message_index", view.last_read_index(edge, channel));
    optional_date(&mut object, "last_read_timestamp", view.last_read(edge, channel));
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "member", edge);
    object.plain("url", |out| {
        out.extend([world.conversations_url.as_str(), "/Conversations/"]);
        sid::write("CH", channel_digits, out);
        out.push_str("/Participants/");
        sid::write("MB", record.digits, out);
    });
    object.close();
}
