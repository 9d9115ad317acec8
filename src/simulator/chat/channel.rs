//! `/v2/Services/{ServiceSid}/Channels`
//!
//! Without a `Type` the list shows public channels only ("defaults to `public`", `ListChannel`, parameter
//! `Type`).

use super::shared::{self, owners};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_name, page, row_fault, unknown_key};

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let (mut public, mut private) = (false, false);
    for kind in call.query.all("Type") {
        match kind {
            "public" => public = true,
            "private" => private = true,
            other => return Err(Failure::bad_parameter("Type", other)),
        }
    }
    let public = public || !private;
    let view = call.world.view();
    let listing = Rows {
        key: "channels",
        prefix: "CH",
        order: view.channels(),
        shows: |channel| {
            view.channel_exists(channel) && if view.is_private(channel) { private } else { public }
        },
        write: |channel, out: &mut String| write(&view, channel, out),
    };
    let url = format!("{}/Channels", call.world.service_url);
    page(call, &listing, &url, &["Type"], None).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    Ok(one(|out| write(&view, channel, out)))
}

/// Writes a channel.
pub(crate) fn write(view: &View<'_>, channel: u32, out: &mut String) {
    let (world, record) = (view.world, view.channel(channel));
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("CH", record.digits, out));
    owners(&mut object, world);
    optional_name(&mut object, "friendly_name", record.friendly_name.as_deref(), view, ("channel", channel));
    object.optional_text("unique_name", record.unique_name.as_deref());
    if row_fault(view, Fault::WrongType, "channel", channel) {
        object.raw("attributes", "{\"already\":\"an object\"}");
    } else {
        object.optional_text("attributes", record.attributes.as_deref());
    }
    let kind = match record.private {
        _ if row_fault(view, Fault::UnknownEnum, "channel", channel) => "broadcast",
        true => "private",
        false => "public",
    };
    object.text("type", kind);
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    object.text("created_by", &record.created_by);
    object.number("members_count", view.members_count(channel));
    let messages = world.messages_count(channel);
    object.number("messages_count", messages);
    unknown_key(&mut object, view, "channel", channel);
    let url = |out: &mut String, part: &str| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        sid::write("CH", record.digits, out);
        out.push_str(part);
    };
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    links.plain("members", |out| url(out, "/Members"));
    links.plain("messages", |out| url(out, "/Messages"));
    links.plain("invites", |out| url(out, "/Invites"));
    links.plain("webhooks", |out| url(out, "/Webhooks"));
    match messages.checked_sub(1) {
        Some(last) => links.plain("last_message", |out| {
            url(out, "/Messages/");
            world.message_sids(channel).write(last, out);
        }),
        None => links.null("last_message"),
    }
    links.close();
    object.close();
}
