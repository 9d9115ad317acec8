//! `/v1/Services/{ChatServiceSid}/Conversations/{ConversationSid}/Messages`, by index, ascending unless `Order=desc`.

use super::shared::{self, owners};
use crate::simulator::data::record::moment;
use crate::simulator::data::{View, messages, sid};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::{MessageList, is_descending};
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_date, page, unknown_key};

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::conversation(call, &view, 1)?;
    let listing = MessageList {
        sids: call.world.message_sids(channel),
        descending: is_descending(&call.query)?,
        write: |position, out: &mut String| write(&view, channel, position, out),
    };
    let mut url = format!("{}/Conversations/", call.world.conversations_url);
    sid::write("CH", view.channel_digits(channel), &mut url);
    url.push_str("/Messages");
    page(call, &listing, &url, &["Order"], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::conversation(call, &view, 1)?;
    let position = call.world.message_sids(channel).find(call.captures[2]);
    let position = position.ok_or_else(|| Failure::not_found(call.path))?;
    Ok(one(|out| write(&view, channel, position, out)))
}

/// How far it came with two participants of other networks.
const DELIVERY: &str = concat!(
    "{\"total\":2,\"sent\":\"all\",\"delivered\":\"some\",\"read\":\"some\",",
    "\"failed\":\"none\",\"undelivered\":\"none\"}"
);

/// Writes the message at a position. Whose author is a participant still has that one's SID.
pub(crate) fn write(view: &View<'_>, channel: u32, position: u32, out: &mut String) {
    let world = view.world;
    let sids = world.message_sids(channel);
    let channel_digits = view.channel_digits(channel);
    let author = world.message_from(channel, position);
    let (edited, created) =
        (world.message_was_edited(channel, position), world.message_date(channel, position));
    let participant = author
        .as_deref()
        .and_then(|author| view.user_with_identity(author))
        .and_then(|user| view.membership_of(user, channel))
        .filter(|edge| view.joined(*edge));
    let url = |out: &mut String, part: &str| {
        out.extend([world.conversations_url.as_str(), "/Conversations/"]);
        sid::write("CH", channel_digits, out);
        out.push_str("/Messages/");
        sids.write(position, out);
        out.push_str(part);
    };
    let mut object = Object::open(out);
    object.plain("sid", |out| sids.write(position, out));
    owners(&mut object, world);
    object.plain("conversation_sid", |out| sid::write("CH", channel_digits, out));
    object.number("index", messages::index(position));
    object.optional_text("author", author.as_deref());
    object.optional_text("body", world.message_body(channel, position).as_deref());
    if world.message_is_media(channel, position) {
        let out = object.value("media");
        out.push('[');
        let mut media = Object::open(out);
        media.plain("sid", |out| sid::write("ME", sids.digits(position).rotate_left(64), out));
        media.number("size", world.message_media_size(channel, position));
        media.text("content_type", "application/pdf");
        media.text("filename", "Angebot \"März\".pdf");
        media.close();
        out.push(']');
    } else {
        object.null("media");
    }
    object.optional_text("attributes", world.message_attributes(channel, position).as_deref());
    match participant {
        Some(edge) => {
            let member = view.member_digits(edge, channel);
            object.plain("participant_sid", |out| sid::write("MB", member, out));
        }
        None => object.null("participant_sid"),
    }
    date(&mut object, "date_created", moment(created));
    let updated = moment(if edited { created + 60 } else { created });
    optional_date(
        &mut object,
        "date_updated",
        (!world.message_lacks_update(channel, position)).then_some(updated),
    );
    let delivery = if world.message_was_delivered(channel, position) { DELIVERY } else { "null" };
    object.raw("delivery", delivery);
    if world.message_has_content(channel, position) {
        object.plain("content_sid", |out| sid::write("HX", sids.digits(position).rotate_left(32), out));
    } else {
        object.null("content_sid");
    }
    unknown_key(&mut object, view, "message", channel.wrapping_mul(521).wrapping_add(position));
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    links.plain("delivery_receipts", |out| url(out, "/Receipts"));
    links.plain("channel_metadata", |out| url(out, "/ChannelMetadata"));
    links.close();
    object.close();
}
