//! `/v1/Services/{ChatServiceSid}/Users`: the same users as Chat's.

use super::form;
use super::shared::{self, owners};
use crate::simulator::data::record::UserRecord;
use crate::simulator::data::{View, Writer, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_name, page, row_fault, unknown_key};

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let listing = Rows {
        key: "users",
        prefix: "US",
        order: view.users(),
        shows: |user| view.user_exists(user),
        write: |user, out: &mut String| write(&view, user, false, out),
    };
    let url = format!("{}/Users", call.world.conversations_url);
    page(call, &listing, &url, &[], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let user = shared::user(call, &view)?;
    Ok(one(|out| write(&view, user, true, out)))
}

pub(super) fn create(call: &Call<'_>) -> Result<String, Failure> {
    let identity = form::identity(&call.form)?;
    let friendly_name = form::friendly_name(&call.form, form::NAME)?;
    let attributes = form::attributes(&call.form, usize::MAX)?;
    let mut writer = call.world.writer();
    let role_sid = {
        let view = writer.view();
        if view.user_with_identity(&identity).is_some() {
            return Err(Failure::refused(409, 50201, "User already exists"));
        }
        form::role_sid(&call.form, &view, true)?
    };
    let user = new(&mut writer, identity, friendly_name, attributes, role_sid);
    Ok(one(|out| write(&writer.view(), user, true, out)))
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
    })
}

pub(super) fn update(call: &Call<'_>) -> Result<String, Failure> {
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
    Ok(one(|out| write(&writer.view(), user, true, out)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<String, Failure> {
    let mut writer = call.world.writer();
    let user = shared::user(call, &writer.view())?;
    writer.now();
    writer.delete_user(user);
    Ok(String::new())
}

/// Writes a user. Presence is null unless it was fetched, as in Chat.
pub(crate) fn write(view: &View<'_>, user: u32, fetched: bool, out: &mut String) {
    let (world, record) = (view.world, view.user(user));
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("US", record.digits, out));
    owners(&mut object, world);
    object.optional_text("role_sid", record.role_sid.as_deref());
    object.text("identity", &record.identity);
    if row_fault(view, Fault::WrongType, "user", user) {
        object.number("friendly_name", user);
    } else {
        optional_name(&mut object, "friendly_name", record.friendly_name.as_deref(), view, ("user", user));
    }
    object.optional_text("attributes", record.attributes.as_deref());
    let (online, notifiable) = if fetched { world.user_presence(user) } else { (None, None) };
    object.optional_boolean("is_online", online);
    object.optional_boolean("is_notifiable", notifiable);
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "user", user);
    let url = |out: &mut String, part: &str| {
        out.extend([world.conversations_url.as_str(), "/Users/"]);
        sid::write("US", record.digits, out);
        out.push_str(part);
    };
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    links.plain("user_conversations", |out| url(out, "/Conversations"));
    links.close();
    object.close();
}
