//! Rows of the views as the records of a service: the columns of each query, in the order in which they are read.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Result;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fields::{RowFields, json_string};
use crate::simulator::data::as_sent::{AsSent, ShownBy};
use crate::simulator::data::record::{
    BindingRecord, ChannelRecord, EmailBinding, InviteRecord, MessageRecord, NetworkBinding, ReadMark,
    RoleRecord, Timers, UserRecord,
};
use crate::simulator::data::{binding_words, role_table};

pub(super) const USER: &str = "sid, identity, friendly_name, attributes, role_sid, date_created, date_updated, \
    joined_channels_count, extra";

/// A user, and how many channels Chat says it has.
pub(super) fn user(fields: &mut RowFields<'_, '_>) -> Result<(UserRecord, Option<i64>)> {
    let mut record = UserRecord {
        digits: fields.digits("US")?.unwrap_or_default(),
        identity: fields.required_text("identity")?,
        friendly_name: fields.text()?,
        attributes: fields.text()?,
        role_sid: fields.text()?,
        created: fields.date("date_created")?,
        updated: fields.date("date_updated")?,
        sent: AsSent::default(),
    };
    let channels = fields.count("joined_channels_count")?;
    fields.rest()?;
    record.sent = std::mem::take(&mut fields.sent);
    Ok((record, channels))
}

pub(super) const CHANNEL: &str = "sid, friendly_name, unique_name, attributes, type, date_created, date_updated, \
    created_by, members_count, messages_count, state, timers, messaging_service_sid, bindings, extra";

/// A channel, and how many members and messages Chat says it has.
#[derive(Debug, Clone)]
pub(super) struct ReadChannel {
    pub(super) record: ChannelRecord,
    pub(super) members: Option<i64>,
    pub(super) messages: Option<i64>,
}

pub(super) fn channel(fields: &mut RowFields<'_, '_>) -> Result<ReadChannel> {
    let of_conversations = fields.api == ShownBy::Conversations;
    let digits = fields.digits("CH")?.unwrap_or_default();
    let friendly_name = fields.text()?;
    let unique_name = fields.text()?;
    let attributes = fields.text()?;
    let kind = fields.choice(ShownBy::Chat, "type", &["public", "private"])?;
    let (created, updated) = (fields.date("date_created")?, fields.date("date_updated")?);
    let created_by = fields.text()?;
    let members = fields.count("members_count")?;
    let messages = fields.count("messages_count")?;
    let states = ["active", "inactive", "closed", "initializing"];
    let state = fields.choice(ShownBy::Conversations, "state", &states)?;
    let timers = timers(fields.json(ShownBy::Conversations, "timers")?.as_deref());
    let messaging_service_sid = fields.text()?;
    let email = email(fields.json(ShownBy::Conversations, "bindings")?.as_deref());
    fields.rest()?;
    let record = ChannelRecord {
        digits,
        friendly_name,
        unique_name,
        attributes,
        private: of_conversations || kind == Some("private"),
        state: state.unwrap_or("active"),
        timers,
        messaging_service_sid,
        email,
        created_by,
        created,
        updated,
        sent: std::mem::take(&mut fields.sent),
    };
    Ok(ReadChannel { record, members, messages })
}

fn object(json: Option<&str>) -> Map<String, Value> {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

fn timers(json: Option<&str>) -> Timers {
    let members = object(json);
    let moment = |key: &str| members.get(key)?.as_str()?.parse::<Timestamp>().ok();
    Timers { inactive: moment("date_inactive"), closed: moment("date_closed") }
}

fn email(json: Option<&str>) -> Option<EmailBinding> {
    let bindings = object(json);
    let text = |key: &str| Some(bindings.get("email")?.get(key)?.as_str()?.to_owned());
    Some(EmailBinding { name: text("name"), address: text("address")? })
}

pub(super) const ROLE: &str = "sid, friendly_name, type, permissions, date_created, date_updated, extra";

pub(super) fn role(fields: &mut RowFields<'_, '_>) -> Result<RoleRecord> {
    let digits = fields.digits("RL")?.unwrap_or_default();
    let friendly_name = fields.required_text("friendly_name")?;
    let kinds: &[&str] =
        if fields.api == ShownBy::Chat { &["deployment", "channel"] } else { &["service", "conversation"] };
    let kind = fields.choice(ShownBy::Both, "type", kinds)?;
    let permissions: Vec<String> = fields
        .json(ShownBy::Both, "permissions")?
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default();
    let (created, updated) = (fields.date("date_created")?, fields.date("date_updated")?);
    fields.rest()?;
    let of_chat = fields.api == ShownBy::Chat;
    let in_chat = |name: String| if of_chat { name } else { role_table::to_chat(&name) };
    Ok(RoleRecord {
        digits,
        friendly_name,
        of_service: kind.is_some_and(|kind| kind == kinds[0]),
        permissions: permissions.into_iter().map(in_chat).collect(),
        created,
        updated,
        sent: std::mem::take(&mut fields.sent),
    })
}

pub(super) const MEMBER: &str = "sid, identity, role_sid, last_consumed_message_index, last_consumption_timestamp, \
    date_created, date_updated, attributes, extra";

/// A member as its channel's list has it.
#[derive(Debug, Clone)]
pub(super) struct ReadMember {
    pub(super) digits: u128,
    pub(super) identity: Option<String>,
    pub(super) role_sid: Option<String>,
    pub(super) index: Option<i64>,
    pub(super) last_read: Option<Timestamp>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) attributes: Option<String>,
    pub(super) binding: Option<NetworkBinding>,
    pub(super) sent: AsSent,
}

pub(super) fn member(fields: &mut RowFields<'_, '_>) -> Result<ReadMember> {
    let mut member = ReadMember {
        digits: fields.digits("MB")?.unwrap_or_default(),
        identity: fields.text()?,
        role_sid: fields.text()?,
        index: fields.number()?,
        last_read: fields.optional_date(["last_consumption_timestamp", "last_read_timestamp"])?,
        created: fields.date("date_created")?,
        updated: fields.date("date_updated")?,
        attributes: fields.text()?,
        binding: None,
        sent: AsSent::default(),
    };
    fields.rest()?;
    member.sent = std::mem::take(&mut fields.sent);
    let binding = member.sent.shown_by(ShownBy::Conversations).find(|(key, _)| *key == "messaging_binding");
    member.binding = binding.and_then(|(_, json)| network(json));
    Ok(member)
}

/// Everyone in a channel.
#[derive(Debug)]
pub(super) struct ChannelList {
    /// By the digits of members; those without one come last, with digits that no SID has.
    pub(super) order: Arc<[(u128, u32)]>,
    /// In the same order; none of who is not in the channel's own list.
    pub(super) members: Vec<Option<ReadMember>>,
}

/// A member that can be reached through another network: channel, member and binding.
pub(super) type BoundMember = (Option<u128>, Option<u128>, Option<NetworkBinding>);

pub(super) fn bound_member(fields: &mut RowFields<'_, '_>) -> Result<BoundMember> {
    let (channel, member) = (fields.digits("CH")?, fields.digits("MB")?);
    fields.extra()?;
    let mut sent = fields.sent.shown_by(ShownBy::Conversations);
    let binding = sent.find(|(key, _)| *key == "messaging_binding").and_then(|(_, json)| network(json));
    Ok((channel, member, binding))
}

fn network(json: &str) -> Option<NetworkBinding> {
    let members = object(Some(json));
    let text = |key: &str| members.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(NetworkBinding {
        kind: Cow::Owned(text("type")?),
        address: text("address"),
        proxy_address: text("proxy_address"),
        projected_address: text("projected_address"),
    })
}

pub(super) const USER_CHANNEL: &str = "channel_sid, member_sid, status, last_consumed_message_index, \
    unread_messages_count, notification_level, extra";

/// A membership as its user's list has it.
#[derive(Debug, Clone)]
pub(super) struct ReadUserChannel {
    pub(super) channel: u128,
    pub(super) member: Option<u128>,
    /// As Chat says it.
    pub(super) status: &'static str,
    pub(super) reading: ReadMark,
    pub(super) muted: bool,
    pub(super) sent: AsSent,
}

/// The two spellings of the third are both documented.
const STATUSES: [&str; 4] = ["joined", "invited", "notParticipating", "not_participating"];

pub(super) fn user_channel(fields: &mut RowFields<'_, '_>) -> Result<ReadUserChannel> {
    let channel = fields.digits("CH")?.unwrap_or_default();
    let member = fields.digits("MB")?;
    let status = fields.choice(ShownBy::Chat, "status", &STATUSES)?;
    let reading = ReadMark { index: fields.number()?, unread: fields.number()? };
    let level = fields.choice(ShownBy::Both, "notification_level", &["default", "muted"])?;
    fields.extra()?;
    Ok(ReadUserChannel {
        channel,
        member,
        status: status.unwrap_or("archived"),
        reading,
        muted: level == Some("muted"),
        sent: std::mem::take(&mut fields.sent),
    })
}

pub(super) const INVITE: &str = "sid, identity, role_sid, created_by, date_created, date_updated, extra";

pub(super) fn invite(fields: &mut RowFields<'_, '_>) -> Result<InviteRecord> {
    let mut record = InviteRecord {
        digits: fields.digits("IN")?.unwrap_or_default(),
        user: None,
        identity: fields.text()?,
        role_sid: fields.text()?,
        created_by: fields.text()?,
        created: fields.date("date_created")?,
        updated: fields.date("date_updated")?,
        sent: AsSent::default(),
    };
    fields.rest()?;
    record.sent = std::mem::take(&mut fields.sent);
    Ok(record)
}

pub(super) const BINDING: &str = "sid, identity, endpoint, credential_sid, binding_type, message_types, date_created, \
    date_updated, extra";

/// A binding, as yet without its user.
pub(super) fn binding(fields: &mut RowFields<'_, '_>) -> Result<BindingRecord> {
    let digits = fields.digits("BS")?.unwrap_or_default();
    let (identity, endpoint) = (fields.text()?, fields.text()?);
    let (credential_sid, kind) = (fields.text()?, fields.text()?);
    let types = fields.json(ShownBy::Both, "message_types")?;
    let types: Option<Vec<String>> = types.and_then(|json| serde_json::from_str(&json).ok());
    let (created, updated) = (fields.date("date_created")?, fields.date("date_updated")?);
    fields.rest()?;
    Ok(BindingRecord {
        digits,
        user: None,
        identity,
        endpoint,
        credential_sid,
        kind,
        message_types: types.map(|types| types.into_iter().map(binding_words::to_chat).collect()),
        created,
        updated,
        sent: std::mem::take(&mut fields.sent),
    })
}

pub(super) const MESSAGE: &str = "sid, \"index\", \"from\", body, attributes, date_created, date_updated, was_edited, \
    last_updated_by, \"type\", media, participant_sid, delivery, content_sid, extra";

pub(super) fn message(fields: &mut RowFields<'_, '_>) -> Result<MessageRecord> {
    let of_chat = fields.api == ShownBy::Chat;
    let digits = fields.digits("IM")?.unwrap_or_default();
    let index = fields.number()?;
    if index.is_none() {
        fields.sent.add(ShownBy::Both, "index", "null");
    }
    let author = fields.text()?;
    let (body, attributes) = (fields.text()?, fields.text()?);
    let created = fields.date("date_created")?;
    let updated = fields.optional_date(["date_updated"; 2])?;
    let was_edited = fields.number()?.map(|flag| flag != 0);
    let last_updated_by = fields.text()?;
    let kind = fields.text()?;
    let media = fields.json(ShownBy::Both, "media")?;
    let participant = fields.text()?;
    let delivery = fields.text()?;
    let content_sid = fields.text()?;
    if of_chat {
        let json = kind.map_or_else(|| "null".to_owned(), |kind| json_string(&kind));
        fields.sent.add(ShownBy::Chat, "type", json);
    } else {
        let json = participant.map_or_else(|| "null".to_owned(), |sid| json_string(&sid));
        fields.sent.add(ShownBy::Conversations, "participant_sid", json);
    }
    fields.rest()?;
    Ok(MessageRecord {
        digits,
        index: index.unwrap_or_default(),
        author,
        body,
        attributes,
        created,
        updated,
        was_edited,
        last_updated_by,
        media: if of_chat { media } else { media.as_deref().and_then(first_of) },
        delivery,
        content_sid,
        sent: std::mem::take(&mut fields.sent),
    })
}

/// The first of a list of media, of which Chat has one.
fn first_of(json: &str) -> Option<String> {
    let list: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    list.first().map(|media| media.get().to_owned())
}
