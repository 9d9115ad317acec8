//! `/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Messages`, by index, ascending unless `Order=desc`.

use super::shared::{self, date, one, owners, page, unknown_key};
use crate::simulator::data::sid::{self, SidSpace};
use crate::simulator::data::{View, messages};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::Listing;
use crate::simulator::route::Call;

struct MessageList<'a> {
    view: &'a View<'a>,
    channel: u32,
    sids: SidSpace,
    descending: bool,
}

impl MessageList<'_> {
    /// Rank in the list ↔ position in the channel; its own inverse.
    fn turned(&self, rank: u32) -> u32 {
        if self.descending { self.sids.count() - 1 - rank } else { rank }
    }
}

impl Listing for MessageList<'_> {
    fn key(&self) -> &'static str {
        "messages"
    }

    fn prefix(&self) -> &'static str {
        self.sids.prefix()
    }

    fn count(&self) -> u32 {
        self.sids.count()
    }

    fn digits(&self, rank: u32) -> u128 {
        self.sids.digits(self.turned(rank))
    }

    fn shows(&self, _rank: u32) -> bool {
        true
    }

    fn write(&self, rank: u32, out: &mut String) {
        write(self.view, self.channel, self.turned(rank), out);
    }

    /// Messages are not in SID order: the token must name one, or be the number after one (see the empty-page
    /// fault).
    fn position(&self, digits: u128) -> Option<(u32, bool)> {
        let exact = self.sids.rank(digits).map(|position| (self.turned(position), true));
        let after =
            || self.sids.rank(digits.checked_sub(1)?).map(|position| (self.turned(position) + 1, false));
        exact.or_else(after)
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let channel = shared::channel(call, 1)?;
    let descending = match call.query.first("Order") {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(other) => return Err(Failure::bad_parameter("Order", other)),
    };
    let view = call.world.view();
    let listing = MessageList { view: &view, channel, sids: call.world.messages(channel), descending };
    let mut url = format!("{}/Channels/", call.world.service_url);
    call.world.channels.write(channel, &mut url);
    url.push_str("/Messages");
    page(call, &listing, &url, &["Order"], false).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let channel = shared::channel(call, 1)?;
    let position = call.world.messages(channel).find(call.captures[2]);
    let position = position.ok_or_else(|| Failure::not_found(call.path))?;
    Ok(one(|out| write(&call.world.view(), channel, position, out)))
}

/// Writes the message at a position.
pub(crate) fn write(view: &View<'_>, channel: u32, position: u32, out: &mut String) {
    let world = view.world;
    let sids = world.messages(channel);
    let from = world.message_from(channel, position);
    let (edited, created) =
        (world.message_was_edited(channel, position), world.message_date(channel, position));
    let mut object = Object::open(out);
    object.plain("sid", |out| sids.write(position, out));
    owners(&mut object, world);
    object.plain("to", |out| world.channels.write(channel, out));
    object.plain("channel_sid", |out| world.channels.write(channel, out));
    date(&mut object, "date_created", created);
    date(&mut object, "date_updated", if edited { created + 60 } else { created });
    object.optional_text("last_updated_by", edited.then_some(from.as_str()));
    object.optional_boolean("was_edited", Some(edited));
    object.text("from", &from);
    object.text("attributes", "{}");
    object.optional_text("body", world.message_body(channel, position).as_deref());
    object.number("index", messages::index(position));
    let media = world.message_is_media(channel, position);
    object.text("type", if media { "media" } else { "text" });
    if media {
        let mut media = Object::open(object.value("media"));
        media.plain("sid", |out| sid::write("ME", sids.digits(position).rotate_left(64), out));
        media.number("size", world.message_media_size(channel, position));
        media.text("content_type", "application/pdf");
        media.text("filename", "Angebot \"März\".pdf");
        media.close();
    } else {
        object.null("media");
    }
    unknown_key(&mut object, view, "message", channel.wrapping_mul(521).wrapping_add(position));
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        world.channels.write(channel, out);
        out.push_str("/Messages/");
        sids.write(position, out);
    });
    object.close();
}
