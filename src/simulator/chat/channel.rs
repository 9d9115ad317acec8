//! `/v2/Services/{ServiceSid}/Channels`
//!
//! Without a `Type` the list shows public channels only ("defaults to `public`", `ListChannel`, parameter
//! `Type`).

use super::shared::{self, check_service, date, one, owners, page, row_fault, unknown_key};
use crate::simulator::data::View;
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Listing;
use crate::simulator::route::Call;

struct ChannelList<'a> {
    view: &'a View<'a>,
    public: bool,
    private: bool,
}

impl Listing for ChannelList<'_> {
    fn key(&self) -> &'static str {
        "channels"
    }

    fn prefix(&self) -> &'static str {
        "CH"
    }

    fn count(&self) -> u32 {
        self.view.world.channels.count()
    }

    fn digits(&self, rank: u32) -> u128 {
        self.view.world.channels.digits(rank)
    }

    fn shows(&self, rank: u32) -> bool {
        if self.view.world.is_private(rank) { self.private } else { self.public }
    }

    fn write(&self, rank: u32, out: &mut String) {
        write(self.view, rank, out);
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    check_service(call)?;
    let (mut public, mut private) = (false, false);
    for kind in call.query.all("Type") {
        match kind {
            "public" => public = true,
            "private" => private = true,
            other => return Err(Failure::bad_parameter("Type", other)),
        }
    }
    let listing = ChannelList { view: &call.world.view(), public: public || !private, private };
    let url = format!("{}/Channels", call.world.service_url);
    page(call, &listing, &url, &["Type"], false).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let channel = shared::channel(call, 1)?;
    Ok(one(|out| write(&call.world.view(), channel, out)))
}

/// Writes a channel.
pub(crate) fn write(view: &View<'_>, channel: u32, out: &mut String) {
    let world = view.world;
    let mut object = Object::open(out);
    object.plain("sid", |out| world.channels.write(channel, out));
    owners(&mut object, world);
    object.optional_text("friendly_name", world.channel_friendly_name(channel).as_deref());
    object.optional_text("unique_name", world.channel_unique_name(channel).as_deref());
    if row_fault(view, Fault::WrongType, "channel", channel) {
        object.raw("attributes", "{\"already\":\"an object\"}");
    } else {
        object.optional_text("attributes", world.channel_attributes(channel).as_deref());
    }
    let kind = match world.is_private(channel) {
        _ if row_fault(view, Fault::UnknownEnum, "channel", channel) => "broadcast",
        true => "private",
        false => "public",
    };
    object.text("type", kind);
    let (created, updated) = world.channel_dates(channel);
    date(&mut object, "date_created", created);
    date(&mut object, "date_updated", updated);
    object.text("created_by", &world.channel_created_by(channel));
    object.number("members_count", view.members_count(channel));
    let messages = world.messages_count(channel);
    object.number("messages_count", messages);
    unknown_key(&mut object, view, "channel", channel);
    let url = |out: &mut String, part: &str| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        world.channels.write(channel, out);
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
            world.messages(channel).write(last, out);
        }),
        None => links.null("last_message"),
    }
    links.close();
    object.close();
}
