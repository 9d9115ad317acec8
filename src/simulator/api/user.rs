//! `/v2/Services/{ServiceSid}/Users` and `/v1/Services/{ChatServiceSid}/Users`: the same users.

use super::form;
use super::shared::{self, as_sent, date, has_fault, one, optional_name, plain_page, unknown_key};
use crate::simulator::data::as_sent::AsSent;
use crate::simulator::data::record::UserRecord;
use crate::simulator::data::{WorldView, Writer, initial, sid};
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::RecordList;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let users = RecordList {
        key: "users",
        prefix: "US",
        order: view.users(),
        shows: |user| view.user_exists(user),
        write: |user, out: &mut String| write(call.route.api, &view, user, false, out),
    };
    plain_page(call, &users, &format!("{}/Users", call.service_url()))
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let user = shared::user(call, &view)?;
    Ok(one(|out| write(call.route.api, &view, user, true, out)))
}

pub(super) fn create(call: &Call<'_>) -> Result<String, Refusal> {
    let identity = form::identity(&call.form)?;
    let friendly_name = form::friendly_name(&call.form, form::NAME)?;
    let attributes = form::attributes(&call.form, usize::MAX)?;
    let mut writer = call.world.writer();
    let role_sid = {
        let view = writer.view();
        if view.user_with_identity(&identity).is_some() {
            return Err(Refusal::new(409, 50201, "User already exists"));
        }
        form::role_sid(&call.form, &view, true)?
    };
    let user = new(&mut writer, identity, friendly_name, attributes, role_sid);
    Ok(one(|out| write(call.route.api, &writer.view(), user, true, out)))
}

/// Creates a user, with the service's default role unless one is given.
pub(super) fn new(
    writer: &mut Writer<'_>,
    identity: String,
    friendly_name: Option<String>,
    attributes: Option<String>,
    role_sid: Option<String>,
) -> u32 {
    let now = writer.now();
    let default_role = writer.view().defaults().service_role_sid.clone();
    writer.create_user(UserRecord {
        digits: 0,
        identity,
        friendly_name,
        attributes: Some(attributes.unwrap_or_else(|| "{}".to_owned())),
        role_sid: Some(role_sid.unwrap_or(default_role)),
        created: now,
        updated: now,
        sent: AsSent::default(),
    })
}

pub(super) fn update(call: &Call<'_>) -> Result<String, Refusal> {
    let friendly_name = form::friendly_name(&call.form, form::NAME)?;
    let attributes = form::attributes(&call.form, usize::MAX)?;
    let mut writer = call.world.writer();
    let (user, role_sid) = {
        let view = writer.view();
        (shared::user(call, &view)?, form::role_sid(&call.form, &view, true)?)
    };
    let now = writer.now();
    writer.update_user(user, |record| {
        record.friendly_name = friendly_name.or_else(|| record.friendly_name.take());
        record.attributes = attributes.or_else(|| record.attributes.take());
        record.role_sid = role_sid.or_else(|| record.role_sid.take());
        record.updated = now;
    });
    Ok(one(|out| write(call.route.api, &writer.view(), user, true, out)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<String, Refusal> {
    let mut writer = call.world.writer();
    let user = shared::user(call, &writer.view())?;
    writer.now();
    writer.delete_user(user);
    Ok(String::new())
}

/// Presence is null unless the user was fetched, as the description of `is_online` says.
pub(crate) fn write(api: ServedApi, view: &WorldView<'_>, user: u32, fetched: bool, out: &mut String) {
    let (world, record) = (view.world, view.user(user));
    let from = out.len();
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("US", record.digits, out));
    api.write_owners(&mut object, world);
    object.optional_text("role_sid", record.role_sid.as_deref());
    object.text("identity", &record.identity);
    object.optional_text("attributes", record.attributes.as_deref());
    let (online, notifiable) = if fetched { initial::presence(world, user) } else { (None, None) };
    object.optional_boolean("is_online", online);
    object.optional_boolean("is_notifiable", notifiable);
    if has_fault(view, Fault::WrongType, "user", user) {
        object.number("friendly_name", user);
    } else {
        optional_name(&mut object, record.friendly_name.as_deref(), view, ("user", user));
    }
    if api == ServedApi::Chat {
        object.number("joined_channels_count", view.joined_channels_count(user));
    }
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "user", user);
    let url = |out: &mut String, part: &str| {
        out.extend([api.service_url(world), "/Users/"]);
        sid::write("US", record.digits, out);
        out.push_str(part);
    };
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    match api {
        ServedApi::Chat => {
            links.plain("user_channels", |out| url(out, "/Channels"));
            links.plain("user_bindings", |out| url(out, "/Bindings"));
        }
        ServedApi::Conversations => links.plain("user_conversations", |out| url(out, "/Conversations")),
    }
    links.close();
    object.close();
    as_sent(out, from, api, &record.sent);
}
