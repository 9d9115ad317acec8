//! `…/Channels/{ChannelSid}/Messages` and `…/Conversations/{ConversationSid}/Messages`: by index, ascending unless `Order=desc`.

use std::sync::Arc;

use super::form;
use super::shared::{self, as_sent, date, one, optional_date, page, unknown_key};
use crate::simulator::data::as_sent::AsSent;
use crate::simulator::data::media_store::MediaRecord;
use crate::simulator::data::record::MessageRecord;
use crate::simulator::data::{WorldView, sid};
use crate::simulator::json::Object;
use crate::simulator::paging::{MessageList, is_descending};
use crate::simulator::query::Parameters;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// Who wrote a message that names no one (description of `Author`).
const SYSTEM: &str = "system";

/// The longest body, in bytes (documentation, "Conversations limits": 32 KB); with a participant of another network 1,600 characters, the
/// number that the description of `Body` has.
const BODY: usize = 32 * 1_024;
const BODY_ABROAD: usize = 1_600;
/// The longest attributes, in bytes (the same page).
const ATTRIBUTES: usize = 4 * 1_024;
/// The longest subject, in characters (description of `Subject`).
const SUBJECT: usize = 256;

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let (channel, body) = {
        let view = call.world.view();
        let channel = shared::channel(call, &view, 1)?;
        let list = MessageList {
            order: view.messages(channel),
            descending: is_descending(&call.query)?,
            write: |position, out: &mut String| write(call.route.api, &view, channel, position, out),
        };
        let url = call.url_below_channel(&view, channel, "/Messages");
        (channel, page(call, &list, &url, &["Order"], None)?.body)
    };
    call.world.messages_were_listed(channel);
    Ok(body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let position =
        sid::digits("IM", call.captures[2]).and_then(|digits| view.messages(channel).position(digits));
    let position = position.ok_or_else(|| Refusal::not_found(call.path))?;
    Ok(one(|out| write(call.route.api, &view, channel, position, out)))
}

/// A message that is to be made, as it was sent.
fn read(form: &Parameters<'_>) -> Result<MessageRecord, Refusal> {
    let author = form.first("Author").filter(|author| !author.is_empty()).unwrap_or(SYSTEM);
    if author.chars().count() > form::IDENTITY {
        return Err(Refusal::new(400, 50310, "Author is too long"));
    }
    if let Some(subject) = form.first("Subject").filter(|text| text.chars().count() > SUBJECT) {
        return Err(Refusal::bad_parameter("Subject", subject));
    }
    // Templates cannot be made here, so there is none.
    if let Some(text) = form.first("ContentSid") {
        return Err(match sid::digits("HX", text) {
            Some(_) => Refusal::not_found(text),
            None => Refusal::bad_parameter("ContentSid", text),
        });
    }
    let created = form.moment("DateCreated")?;
    Ok(MessageRecord {
        digits: 0,
        index: 0,
        author: Some(author.to_owned()),
        body: form.first("Body").map(str::to_owned),
        attributes: Some(form::attributes(form, ATTRIBUTES)?.unwrap_or_else(|| "{}".to_owned())),
        created: created.unwrap_or_default(),
        updated: form.moment("DateUpdated")?,
        was_edited: None,
        last_updated_by: None,
        media: None,
        delivery: None,
        content_sid: None,
        sent: AsSent::default(),
    })
}

/// The media that it names: one that was uploaded to the service. That of another service is none.
fn media(call: &Call<'_>) -> Result<Option<Arc<MediaRecord>>, Refusal> {
    let Some(text) = call.form.first("MediaSid") else { return Ok(None) };
    let digits = sid::digits("ME", text).ok_or_else(|| Refusal::bad_parameter("MediaSid", text))?;
    call.world.media.uploaded(digits).map(Some).ok_or_else(|| Refusal::not_found(text))
}

/// A media as its message names it.
fn named_in_message(media: &MediaRecord) -> String {
    one(|out| {
        let mut object = Object::open(out);
        object.plain("sid", |out| sid::write("ME", media.digits, out));
        object.number("size", media.size);
        object.optional_text("content_type", media.content_type.as_deref());
        object.optional_text("filename", media.filename.as_deref());
        object.close();
    })
}

/// Adds a message after the last one.
pub(super) fn create(call: &Call<'_>) -> Result<String, Refusal> {
    let mut record = read(&call.form)?;
    let media = media(call)?;
    record.media = media.as_ref().map(|media| named_in_message(media));
    let mut writer = call.world.writer();
    let channel = {
        let view = writer.view();
        let channel = shared::open_channel(call, &view, 1)?;
        let body = record.body.as_deref().unwrap_or_default();
        let is_abroad = view.bound_participants(channel).next().is_some();
        if body.len() > BODY || is_abroad && body.chars().count() > BODY_ABROAD {
            return Err(Refusal::new(400, 50504, "Message body is too long"));
        }
        channel
    };
    record.was_edited = record.updated.map(|_| false);
    let now = writer.now();
    if call.form.first("DateCreated").is_none() {
        record.created = now;
    }
    let position = writer.create_message(channel, record, call.is_lost);
    if let Some(media) = media {
        let view = writer.view();
        let message = view.messages(channel).digits(position);
        call.world.media.attach(media.digits, view.channel_digits(channel), message);
    }
    Ok(one(|out| write(call.route.api, &writer.view(), channel, position, out)))
}

/// Writes the message at a position.
pub(crate) fn write(api: ServedApi, view: &WorldView<'_>, channel: u32, position: u32, out: &mut String) {
    let world = view.world;
    let record = view.messages(channel).record(position);
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
