//! `/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Messages`, by index, ascending unless `Order=desc`.

use super::shared::{self, owners};
use crate::simulator::data::record::moment;
use crate::simulator::data::sid;
use crate::simulator::data::{View, messages};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::{MessageList, is_descending};
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_date, page, unknown_key};

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let listing = MessageList {
        sids: call.world.message_sids(channel),
        descending: is_descending(&call.query)?,
        write: |position, out: &mut String| write(&view, channel, position, out),
    };
    let mut url = format!("{}/Channels/", call.world.service_url);
    sid::write("CH", view.channel_digits(channel), &mut url);
    url.push_str("/Messages");
    page(call, &listing, &url, &["Order"], None).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let position = call.world.message_sids(channel).find(call.captures[2]);
    let position = position.ok_or_else(|| Failure::not_found(call.path))?;
    Ok(one(|out| write(&view, channel, position, out)))
}

/// Writes the message at a position.
pub(crate) fn write(view: &View<'_>, channel: u32, position: u32, out: &mut String) {
    let world = view.world;
    let sids = world.message_sids(channel);
    let channel_digits = view.channel_digits(channel);
    let from = world.message_from(channel, position);
    let (edited, created) =
        (world.message_was_edited(channel, position), world.message_date(channel, position));
    let mut object = Object::open(out);
    object.plain("sid", |out| sids.write(position, out));
    owners(&mut object, world);
    object.plain("to", |out| sid::write("CH", channel_digits, out));
    object.plain("channel_sid", |out| sid::write("CH", channel_digits, out));
    date(&mut object, "date_created", moment(created));
    let updated = moment(if edited { created + 60 } else { created });
    optional_date(
        &mut object,
        "date_updated",
        (!world.message_lacks_update(channel, position)).then_some(updated),
    );
    object.optional_text("last_updated_by", from.as_deref().filter(|_| edited));
    object.optional_boolean("was_edited", Some(edited));
    object.optional_text("from", from.as_deref());
    object.optional_text("attributes", world.message_attributes(channel, position).as_deref());
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
        sid::write("CH", channel_digits, out);
        out.push_str("/Messages/");
        sids.write(position, out);
    });
    object.close();
}
