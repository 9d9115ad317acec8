//! `/v1/Services/{ChatServiceSid}/Conversations`: the private channels.
//!
//! `StartDate` and `EndDate` of the list are deliberately absent: they change its order.

use super::form;
use super::shared::{self, owners};
use crate::simulator::data::record::ChannelRecord;
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_name, page, row_fault, unknown_key};

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    if let Some(other) = call.query.first("StartDate").or_else(|| call.query.first("EndDate")) {
        return Err(Failure::bad_parameter("StartDate or EndDate", other));
    }
    let state = call.query.first("State");
    if let Some(other) =
        state.filter(|state| !matches!(*state, "active" | "inactive" | "closed" | "initializing"))
    {
        return Err(Failure::bad_parameter("State", other));
    }
    let view = call.world.view();
    let listing = Rows {
        key: "conversations",
        prefix: "CH",
        order: view.channels(),
        shows: |channel| {
            view.channel_exists(channel)
                && view.is_private(channel)
                && state.is_none_or(|state| view.channel(channel).state == state)
        },
        write: |channel, out: &mut String| write(&view, channel, out),
    };
    let url = format!("{}/Conversations", call.world.conversations_url);
    page(call, &listing, &url, &["State"], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::conversation(call, &view, 1)?;
    Ok(one(|out| write(&view, channel, out)))
}

pub(super) fn create(call: &Call<'_>) -> Result<String, Failure> {
    let friendly_name = form::friendly_name(&call.form, form::NAME)?;
    let attributes = form::attributes(&call.form, form::CONVERSATION_ATTRIBUTES)?;
    let state = form::state(&call.form)?;
    if state == Some("closed") {
        return Err(Failure::refused(400, 50384, "Conversation cannot be created in the closed state"));
    }
    let (created, updated) = (call.form.moment("DateCreated")?, call.form.moment("DateUpdated")?);
    let messaging_service_sid = messaging_service(call)?;
    let email = form::email(&call.form)?;
    let mut writer = call.world.writer();
    let unique_name = form::unique_name(&call.form, &writer.view(), None)?.filter(|name| !name.is_empty());
    let now = writer.now();
    let timers = form::timers(&call.form, now)?;
    if timers.is_some() && state.is_none() {
        return Err(Failure::refused(400, 50382, "Timers need a state"));
    }
    let defaults = call.account.defaults();
    let (inactive, closed) = (defaults.inactive_timer.as_deref(), defaults.closed_timer.as_deref());
    let channel = writer.create_channel(ChannelRecord {
        digits: 0,
        friendly_name,
        unique_name,
        attributes: Some(attributes.unwrap_or_else(|| "{}".to_owned())),
        private: true,
        state: state.unwrap_or("active"),
        timers: timers.unwrap_or_else(|| form::default_timers(inactive, closed, now)),
        messaging_service_sid: messaging_service_sid.or(defaults.messaging_service_sid),
        email,
        created_by: "system".to_owned(),
        created: created.unwrap_or(now),
        updated: updated.or(created).unwrap_or(now),
    });
    Ok(one(|out| write(&writer.view(), channel, out)))
}

pub(super) fn update(call: &Call<'_>) -> Result<String, Failure> {
    let friendly_name = form::friendly_name(&call.form, form::NAME)?;
    let attributes = form::attributes(&call.form, form::CONVERSATION_ATTRIBUTES)?;
    let state = form::state(&call.form)?;
    let (created, updated) = (call.form.moment("DateCreated")?, call.form.moment("DateUpdated")?);
    let messaging_service_sid = messaging_service(call)?;
    let email = form::email(&call.form)?;
    let mut writer = call.world.writer();
    let (channel, unique_name) = {
        let view = writer.view();
        let channel = shared::open_conversation(call, &view, 1)?;
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
    Ok(one(|out| write(&writer.view(), channel, out)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<String, Failure> {
    let mut writer = call.world.writer();
    let channel = shared::conversation(call, &writer.view(), 1)?;
    writer.now();
    writer.delete_channel(channel);
    Ok(String::new())
}

/// `MessagingServiceSid`, if it is given.
fn messaging_service(call: &Call<'_>) -> Result<Option<String>, Failure> {
    match call.form.first("MessagingServiceSid") {
        Some(sid) if sid::digits("MG", sid).is_none() => {
            Err(Failure::bad_parameter("MessagingServiceSid", sid))
        }
        sid => Ok(sid.map(str::to_owned)),
    }
}

/// Writes a conversation.
pub(crate) fn write(view: &View<'_>, channel: u32, out: &mut String) {
    let (world, record) = (view.world, view.channel(channel));
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("CH", record.digits, out));
    owners(&mut object, world);
    object.optional_text("messaging_service_sid", record.messaging_service_sid.as_deref());
    optional_name(&mut object, "friendly_name", record.friendly_name.as_deref(), view, ("channel", channel));
    object.optional_text("unique_name", record.unique_name.as_deref());
    if row_fault(view, Fault::WrongType, "channel", channel) {
        object.raw("attributes", "{\"already\":\"an object\"}");
    } else {
        object.optional_text("attributes", record.attributes.as_deref());
    }
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    let unknown = row_fault(view, Fault::UnknownEnum, "channel", channel);
    object.text("state", if unknown { "archived" } else { record.state });
    shared::timers(&mut object, record.timers);
    let mut bindings = Object::open(object.value("bindings"));
    if let Some(email) = &record.email {
        let mut inner = Object::open(bindings.value("email"));
        inner.optional_text("name", email.name.as_deref());
        inner.text("address", &email.address);
        inner.close();
    }
    bindings.close();
    unknown_key(&mut object, view, "channel", channel);
    let url = |out: &mut String, part: &str| {
        out.extend([world.conversations_url.as_str(), "/Conversations/"]);
        sid::write("CH", record.digits, out);
        out.push_str(part);
    };
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    links.plain("participants", |out| url(out, "/Participants"));
    links.plain("messages", |out| url(out, "/Messages"));
    links.plain("webhooks", |out| url(out, "/Webhooks"));
    links.plain("export", |out| url(out, "/Export"));
    links.close();
    object.close();
}
