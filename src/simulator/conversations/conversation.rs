//! `/v1/Services/{ChatServiceSid}/Conversations`: the private channels.
//!
//! `StartDate` and `EndDate` of the list are deliberately absent: they change its order.

use super::shared::{self, owners};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, page, row_fault, unknown_key};

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    if let Some(other) = call.query.first("StartDate").or_else(|| call.query.first("EndDate")) {
        return Err(Failure::bad_parameter("StartDate or EndDate", other));
    }
    let state = call.query.first("State");
    if let Some(other) = state.filter(|state| !matches!(*state, "active" | "inactive" | "closed")) {
        return Err(Failure::bad_parameter("State", other));
    }
    let view = call.world.view();
    let listing = Rows {
        key: "conversations",
        prefix: "CH",
        order: view.channels(),
        shows: |channel| {
            view.channel_exists(channel)
                && view.is_private(channel)
                && state.is_none_or(|state| view.channel(channel).state == state)
        },
        write: |channel, out: &mut String| write(&view, channel, out),
    };
    let url = format!("{}/Conversations", call.world.conversations_url);
    page(call, &listing, &url, &["State"], false).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::conversation(call, &view, 1)?;
    Ok(one(|out| write(&view, channel, out)))
}

/// Writes a conversation.
pub(crate) fn write(view: &View<'_>, channel: u32, out: &mut String) {
    let (world, record) = (view.world, view.channel(channel));
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("CH", record.digits, out));
    owners(&mut object, world);
    object.optional_text("messaging_service_sid", record.messaging_service_sid.as_deref());
    object.optional_text("friendly_name", record.friendly_name.as_deref());
    object.optional_text("unique_name", record.unique_name.as_deref());
    if row_fault(view, Fault::WrongType, "channel", channel) {
        object.raw("attributes", "{\"already\":\"an object\"}");
    } else {
        object.optional_text("attributes", record.attributes.as_deref());
    }
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    let unknown = row_fault(view, Fault::UnknownEnum, "channel", channel);
    object.text("state", if unknown { "archived" } else { record.state });
    shared::timers(&mut object, record.timers);
    object.raw("bindings", "{}");
    unknown_key(&mut object, view, "channel", channel);
    let url = |out: &mut String, part: &str| {
        out.extend([world.conversations_url.as_str(), "/Conversations/"]);
        sid::write("CH", record.digits, out);
        out.push_str(part);
    };
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    links.plain("participants", |out| url(out, "/Participants"));
    links.plain("messages", |out| url(out, "/Messages"));
    links.plain("webhooks", |out| url(out, "/Webhooks"));
    links.plain("export", |out| url(out, "/Export"));
    links.close();
    object.close();
}
