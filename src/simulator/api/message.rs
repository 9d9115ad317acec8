//! `…/Channels/{ChannelSid}/Messages` and `…/Conversations/{ConversationSid}/Messages`: by index, ascending unless `Order=desc`.

use super::shared::{self, date, one, optional_date, page, unknown_key};
use crate::simulator::data::messages::{self, ChannelMessages};
use crate::simulator::data::record::moment;
use crate::simulator::data::{WorldView, sid};
use crate::simulator::json::Object;
use crate::simulator::paging::{MessageList, is_descending};
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let list = MessageList {
        sids: ChannelMessages::of(call.world, channel).sids(),
        descending: is_descending(&call.query)?,
        write: |position, out: &mut String| write(call.route.api, &view, channel, position, out),
    };
    let url = call.url_below_channel(&view, channel, "/Messages");
    page(call, &list, &url, &["Order"], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let position = ChannelMessages::of(call.world, channel).sids().find(call.captures[2]);
    let position = position.ok_or_else(|| Refusal::not_found(call.path))?;
    Ok(one(|out| write(call.route.api, &view, channel, position, out)))
}

/// How far a message came with two participants of other networks.
const DELIVERY: &str = concat!(
    "{\"total\":2,\"sent\":\"all\",\"delivered\":\"some\",\"read\":\"some\",",
    "\"failed\":\"none\",\"undelivered\":\"none\"}"
);

/// Writes the message at a position.
pub(crate) fn write(api: ServedApi, view: &WorldView<'_>, channel: u32, position: u32, out: &mut String) {
    let world = view.world;
    let messages = ChannelMessages::of(world, channel);
    let sids = messages.sids();
    let channel_digits = view.channel_digits(channel);
    let author = messages.author(position);
    let was_edited = messages.was_edited(position);
    let is_media = messages.is_media(position);
    let mut object = Object::open(out);
    object.plain("sid", |out| sids.write(position, out));
    api.write_owners(&mut object, world);
    let channel_sid = |out: &mut String| sid::write("CH", channel_digits, out);
    object.plain(api.pick("channel_sid", "conversation_sid"), channel_sid);
    object.number("index", messages::index(position));
    object.optional_text(api.pick("from", "author"), author.as_deref());
    object.optional_text("body", messages.body(position).as_deref());
    object.optional_text("attributes", messages.attributes(position).as_deref());
    let created = messages.date(position);
    let updated = moment(if was_edited { created + 60 } else { created });
    date(&mut object, "date_created", moment(created));
    let is_dated = !messages.lacks_update(position);
    optional_date(&mut object, "date_updated", is_dated.then_some(updated));
    if !is_media {
        object.null("media");
    }
    match api {
        ServedApi::Chat => {
            if is_media {
                write_media(object.value("media"), messages, position);
            }
            object.text("type", if is_media { "media" } else { "text" });
            object.plain("to", channel_sid);
            object.optional_text("last_updated_by", author.as_deref().filter(|_| was_edited));
            object.optional_boolean("was_edited", is_dated.then_some(was_edited));
        }
        ServedApi::Conversations => {
            if is_media {
                let out = object.value("media");
                out.push('[');
                write_media(out, messages, position);
                out.push(']');
            }
            write_only_in_conversations(&mut object, view, author.as_deref(), channel, position);
        }
    }
    unknown_key(&mut object, view, "message", channel.wrapping_mul(521).wrapping_add(position));
    let url = |out: &mut String, part: &str| {
        out.extend([api.service_url(world), api.channels()]);
        sid::write("CH", channel_digits, out);
        out.push_str("/Messages/");
        sids.write(position, out);
        out.push_str(part);
    };
    object.plain("url", |out| url(out, ""));
    if api == ServedApi::Conversations {
        let mut links = Object::open(object.value("links"));
        links.plain("delivery_receipts", |out| url(out, "/Receipts"));
        links.plain("channel_metadata", |out| url(out, "/ChannelMetadata"));
        links.close();
    }
    object.close();
}

/// An author who is still a participant has that one's SID.
fn write_only_in_conversations(
    object: &mut Object<'_>,
    view: &WorldView<'_>,
    author: Option<&str>,
    channel: u32,
    position: u32,
) {
    let messages = ChannelMessages::of(view.world, channel);
    let participant = author
        .and_then(|author| view.user_with_identity(author))
        .and_then(|user| view.membership_of(user, channel))
        .filter(|edge| view.joined(*edge));
    match participant {
        Some(edge) => {
            let member = view.member_digits(edge, channel);
            object.plain("participant_sid", |out| sid::write("MB", member, out));
        }
        None => object.null("participant_sid"),
    }
    let delivery = if messages.was_delivered(position) { DELIVERY } else { "null" };
    object.raw("delivery", delivery);
    if messages.has_content(position) {
        let digits = messages.sids().digits(position).rotate_left(32);
        object.plain("content_sid", |out| sid::write("HX", digits, out));
    } else {
        object.null("content_sid");
    }
}

fn write_media(out: &mut String, messages: ChannelMessages<'_>, position: u32) {
    let digits = messages.sids().digits(position).rotate_left(64);
    let mut media = Object::open(out);
    media.plain("sid", |out| sid::write("ME", digits, out));
    media.number("size", messages.media_size(position));
    media.text("content_type", "application/pdf");
    media.text("filename", "Angebot \"März\".pdf");
    media.close();
}
