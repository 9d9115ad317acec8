//! `/v2/Services/{ServiceSid}/Channels` and `/v1/Services/{ChatServiceSid}/Conversations`: channels, of which Conversations shows
//! the private ones.
//!
//! Without a `Type` Chat lists public channels only ("defaults to `public`", `ListChannel`, parameter `Type`). `StartDate` and
//! `EndDate` of Conversations' list are deliberately absent: they change its order.

use jiff::Timestamp;

use super::form;
use super::shared::{self, as_sent, date, has_fault, one, optional_name, page, timers, unknown_key};
use crate::simulator::WorldKind;
use crate::simulator::data::as_sent::AsSent;
use crate::simulator::data::record::{ChannelRecord, EmailBinding, Timers};
use crate::simulator::data::{WorldView, Writer, sid};
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::RecordList;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// The list of Chat, of one type or both.
pub(super) fn list_chat(call: &Call<'_>) -> Result<String, Refusal> {
    let (mut public, mut private) = (false, false);
    for kind in call.query.all("Type") {
        match kind {
            "public" => public = true,
            "private" => private = true,
            other => return Err(Refusal::bad_parameter("Type", other)),
        }
    }
    let public = public || !private;
    list(call, "Type", |view, channel| if view.is_private(channel) { private } else { public })
}

/// The list of Conversations, of one state or all.
pub(super) fn list_conversations(call: &Call<'_>) -> Result<String, Refusal> {
    if let Some(other) = call.query.first("StartDate").or_else(|| call.query.first("EndDate")) {
        return Err(Refusal::bad_parameter("StartDate or EndDate", other));
    }
    let state = call.query.first("State");
    if let Some(other) = state.filter(|state| !STATES.contains(state)) {
        return Err(Refusal::bad_parameter("State", other));
    }
    list(call, "State", |view, channel| {
        view.is_private(channel) && state.is_none_or(|state| view.channel(channel).state == state)
    })
}

/// The states of the description.
const STATES: [&str; 4] = ["active", "inactive", "closed", "initializing"];

fn list(
    call: &Call<'_>,
    filter: &str,
    shows: impl Fn(&WorldView<'_>, u32) -> bool,
) -> Result<String, Refusal> {
    let (api, view) = (call.route.api, call.world.view());
    let channels = RecordList {
        key: api.pick("channels", "conversations"),
        prefix: "CH",
        order: view.channels(),
        shows: |channel| view.channel_exists(channel) && shows(&view, channel),
        write: |channel, out: &mut String| write(api, &view, channel, out),
    };
    let url = format!("{}{}", call.service_url(), api.pick("/Channels", "/Conversations"));
    page(call, &channels, &url, &[filter], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    Ok(one(|out| write(call.route.api, &view, channel, out)))
}

pub(super) fn create(call: &Call<'_>) -> Result<String, Refusal> {
    let conversation = NewConversation::read(call)?;
    let mut writer = call.world.writer();
    let channel = conversation.add(call, &mut writer)?;
    Ok(one(|out| write(call.route.api, &writer.view(), channel, out)))
}

/// A conversation that is to be made, as it was sent.
#[derive(Debug)]
pub(super) struct NewConversation {
    friendly_name: Option<String>,
    attributes: Option<String>,
    state: Option<&'static str>,
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
    messaging_service_sid: Option<String>,
    email: Option<EmailBinding>,
}

impl NewConversation {
    /// Reads what was sent, and refuses what is wrong by itself.
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        let friendly_name = form::friendly_name(&call.form, form::NAME)?;
        let attributes = form::attributes(&call.form, form::CONVERSATION_ATTRIBUTES)?;
        let state = form::state(&call.form)?;
        if state == Some("closed") {
            return Err(Refusal::new(400, 50384, "Conversation cannot be created in the closed state"));
        }
        let (created, updated) = (call.form.moment("DateCreated")?, call.form.moment("DateUpdated")?);
        let messaging_service_sid = form::messaging_service(&call.form)?;
        let email = form::email(&call.form)?;
        Ok(Self { friendly_name, attributes, state, created, updated, messaging_service_sid, email })
    }

    /// Makes it, unless its name is taken or its timers are wrong.
    pub(super) fn add(self, call: &Call<'_>, writer: &mut Writer<'_>) -> Result<u32, Refusal> {
        let unique_name =
            form::unique_name(&call.form, &writer.view(), None)?.filter(|name| !name.is_empty());
        let now = writer.now();
        let timers = form::timers(&call.form, now)?;
        if timers.is_some() && self.state.is_none() {
            return Err(Refusal::new(400, 50382, "Timers need a state"));
        }
        let defaults = call.account.defaults();
        let (inactive, closed) = (defaults.inactive_timer.as_deref(), defaults.closed_timer.as_deref());
        Ok(writer.create_channel(ChannelRecord {
            digits: 0,
            friendly_name: self.friendly_name,
            unique_name,
            attributes: Some(self.attributes.unwrap_or_else(|| "{}".to_owned())),
            private: true,
            state: self.state.unwrap_or("active"),
            timers: timers.unwrap_or_else(|| form::default_timers(inactive, closed, now)),
            messaging_service_sid: self.messaging_service_sid.or(defaults.messaging_service_sid),
            email: self.email,
            created_by: Some("system".to_owned()),
            created: self.created.unwrap_or(now),
            updated: self.updated.or(self.created).unwrap_or(now),
            sent: AsSent::default(),
        }))
    }
}

pub(super) fn update(call: &Call<'_>) -> Result<String, Refusal> {
    let friendly_name = form::friendly_name(&call.form, form::NAME)?;
    let attributes = form::attributes(&call.form, form::CONVERSATION_ATTRIBUTES)?;
    let state = form::state(&call.form)?;
    let (created, updated) = (call.form.moment("DateCreated")?, call.form.moment("DateUpdated")?);
    let messaging_service_sid = form::messaging_service(&call.form)?;
    let email = form::email(&call.form)?;
    let mut writer = call.world.writer();
    let (channel, unique_name) = {
        let view = writer.view();
        let channel = shared::open_channel(call, &view, 1)?;
        (channel, form::unique_name(&call.form, &view, Some(channel))?)
    };
    let now = writer.now();
    let timers = form::timers(&call.form, now)?;
    writer.update_channel(channel, |record| {
        record.friendly_name = friendly_name.or_else(|| record.friendly_name.take());
        let name = unique_name.or_else(|| record.unique_name.take());
        record.unique_name = name.filter(|name| !name.is_empty());
        record.attributes = attributes.or_else(|| record.attributes.take());
        record.state = state.unwrap_or(record.state);
        record.timers = timers.unwrap_or(record.timers);
        record.messaging_service_sid = messaging_service_sid.or_else(|| record.messaging_service_sid.take());
        record.email = email.or_else(|| record.email.take());
        record.created = created.unwrap_or(record.created);
        record.updated = updated.unwrap_or(now);
    });
    Ok(one(|out| write(call.route.api, &writer.view(), channel, out)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<String, Refusal> {
    let mut writer = call.world.writer();
    let channel = shared::channel(call, &writer.view(), 1)?;
    writer.now();
    writer.delete_channel(channel);
    Ok(String::new())
}

pub(crate) fn write(api: ServedApi, view: &WorldView<'_>, channel: u32, out: &mut String) {
    let (world, record) = (view.world, view.channel(channel));
    let from = out.len();
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("CH", record.digits, out));
    api.write_owners(&mut object, world);
    optional_name(&mut object, record.friendly_name.as_deref(), view, ("channel", channel));
    object.optional_text("unique_name", record.unique_name.as_deref());
    if has_fault(view, Fault::WrongType, "channel", channel) {
        object.raw("attributes", "{\"already\":\"an object\"}");
    } else {
        object.optional_text("attributes", record.attributes.as_deref());
    }
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    match api {
        ServedApi::Chat => write_only_in_chat(&mut object, view, channel, &record),
        ServedApi::Conversations => write_only_in_conversations(&mut object, view, channel, &record),
    }
    unknown_key(&mut object, view, "channel", channel);
    let url = |out: &mut String, part: &str| {
        out.extend([api.service_url(world), api.channels()]);
        sid::write("CH", record.digits, out);
        out.push_str(part);
    };
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    links.plain("messages", |out| url(out, "/Messages"));
    links.plain("webhooks", |out| url(out, "/Webhooks"));
    match api {
        ServedApi::Chat => {
            links.plain("members", |out| url(out, "/Members"));
            links.plain("invites", |out| url(out, "/Invites"));
            match view.messages(channel).last() {
                Some(last) => links.plain("last_message", |out| {
                    url(out, "/Messages/");
                    sid::write("IM", last, out);
                }),
                None => links.null("last_message"),
            }
        }
        ServedApi::Conversations => {
            links.plain("participants", |out| url(out, "/Participants"));
            links.plain("export", |out| url(out, "/Export"));
        }
    }
    links.close();
    object.close();
    as_sent(out, from, api, &record.sent);
}

fn write_only_in_chat(object: &mut Object<'_>, view: &WorldView<'_>, channel: u32, record: &ChannelRecord) {
    let kind = match record.private {
        _ if has_fault(view, Fault::UnknownEnum, "channel", channel) => "broadcast",
        true => "private",
        false => "public",
    };
    object.text("type", kind);
    object.optional_text("created_by", record.created_by.as_deref());
    object.number("members_count", view.members_count(channel));
    object.number("messages_count", view.messages(channel).counted());
}

fn write_only_in_conversations(
    object: &mut Object<'_>,
    view: &WorldView<'_>,
    channel: u32,
    record: &ChannelRecord,
) {
    object.optional_text("messaging_service_sid", record.messaging_service_sid.as_deref());
    let unknown = has_fault(view, Fault::UnknownEnum, "channel", channel);
    object.text("state", if unknown { "archived" } else { record.state });
    // Objects that nothing is in are sent as such, or as null.
    let is_terse = view.world.kind == WorldKind::Real && record.digits.is_multiple_of(2);
    if is_terse && record.timers == Timers::default() {
        object.null("timers");
    } else {
        timers(object, record.timers);
    }
    if is_terse && record.email.is_none() {
        object.null("bindings");
        return;
    }
    let mut bindings = Object::open(object.value("bindings"));
    if let Some(EmailBinding { name, address }) = &record.email {
        let mut email = Object::open(bindings.value("email"));
        email.optional_text("name", name.as_deref());
        email.text("address", address);
        email.close();
    }
    bindings.close();
}
