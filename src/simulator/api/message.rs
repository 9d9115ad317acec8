//! `…/Channels/{ChannelSid}/Messages` and `…/Conversations/{ConversationSid}/Messages`: by index, ascending unless `Order=desc`.

use super::shared::{self, as_sent, date, one, optional_date, page, unknown_key};
use crate::simulator::data::record::MessageRecord;
use crate::simulator::data::{WorldView, initial, sid};
use crate::simulator::json::Object;
use crate::simulator::paging::{MessageList, is_descending};
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let list = MessageList {
        sids: initial::message_sids(call.world, channel),
        descending: is_descending(&call.query)?,
        write: |position, out: &mut String| write(call.route.api, &view, channel, position, out),
    };
    let url = call.url_below_channel(&view, channel, "/Messages");
    page(call, &list, &url, &["Order"], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let digits = sid::digits("IM", call.captures[2]);
    let position = digits.and_then(|digits| initial::message_sids(call.world, channel).rank(digits));
    let position = position.ok_or_else(|| Refusal::not_found(call.path))?;
    Ok(one(|out| write(call.route.api, &view, channel, position, out)))
}

/// Writes the message at a position.
pub(crate) fn write(api: ServedApi, view: &WorldView<'_>, channel: u32, position: u32, out: &mut String) {
    let world = view.world;
    let record = initial::message(world, channel, position);
    let channel_digits = view.channel_digits(channel);
    let from = out.len();
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("IM", record.digits, out));
    api.write_owners(&mut object, world);
    let channel_sid = |out: &mut String| sid::write("CH", channel_digits, out);
    object.plain(api.pick("channel_sid", "conversation_sid"), channel_sid);
    object.number("index", record.index);
    object.optional_text(api.pick("from", "author"), record.author.as_deref());
    object.optional_text("body", record.body.as_deref());
    object.optional_text("attributes", record.attributes.as_deref());
    date(&mut object, "date_created", record.created);
    optional_date(&mut object, "date_updated", record.updated);
    match (api, &record.media) {
        (_, None) => object.null("media"),
        (ServedApi::Chat, Some(media)) => object.raw("media", media),
        (ServedApi::Conversations, Some(media)) => object.value("media").extend(["[", media, "]"]),
    }
    match api {
        ServedApi::Chat => {
            object.text("type", if record.media.is_some() { "media" } else { "text" });
            object.plain("to", channel_sid);
            object.optional_text("last_updated_by", record.last_updated_by.as_deref());
            object.optional_boolean("was_edited", record.was_edited);
        }
        ServedApi::Conversations => write_only_in_conversations(&mut object, view, &record, channel),
    }
    unknown_key(&mut object, view, "message", channel.wrapping_mul(521).wrapping_add(position));
    let url = |out: &mut String, part: &str| {
        out.extend([api.service_url(world), api.channels()]);
        sid::write("CH", channel_digits, out);
        out.push_str("/Messages/");
        sid::write("IM", record.digits, out);
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
    as_sent(out, from, api, &record.sent);
}

/// An author who is still a participant has that one's SID.
fn write_only_in_conversations(
    object: &mut Object<'_>,
    view: &WorldView<'_>,
    record: &MessageRecord,
    channel: u32,
) {
    let participant = record
        .author
        .as_deref()
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
    object.raw("delivery", record.delivery.as_deref().unwrap_or("null"));
    object.optional_text("content_sid", record.content_sid.as_deref());
}
