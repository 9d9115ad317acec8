//! `/v2/Services/{ServiceSid}/Users`

use super::shared::{self, owners};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_name, page, row_fault, unknown_key};

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let listing = Rows {
        key: "users",
        prefix: "US",
        order: view.users(),
        shows: |user| view.user_exists(user),
        write: |user, out: &mut String| write(&view, user, false, out),
    };
    let url = format!("{}/Users", call.world.service_url);
    page(call, &listing, &url, &[], None).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let user = shared::user(call, &view)?;
    Ok(one(|out| write(&view, user, true, out)))
}

/// Writes a user. Presence is null unless it was fetched, as the description of `is_online` says.
pub(crate) fn write(view: &View<'_>, user: u32, fetched: bool, out: &mut String) {
    let (world, record) = (view.world, view.user(user));
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("US", record.digits, out));
    owners(&mut object, world);
    object.optional_text("role_sid", record.role_sid.as_deref());
    object.text("identity", &record.identity);
    object.optional_text("attributes", record.attributes.as_deref());
    let (online, notifiable) = if fetched { world.user_presence(user) } else { (None, None) };
    object.optional_boolean("is_online", online);
    object.optional_boolean("is_notifiable", notifiable);
    if row_fault(view, Fault::WrongType, "user", user) {
        object.number("friendly_name", user);
    } else {
        optional_name(&mut object, "friendly_name", record.friendly_name.as_deref(), view, ("user", user));
    }
    object.number("joined_channels_count", view.joined_channels_count(user));
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "user", user);
    let url = |out: &mut String, part: &str| {
        out.extend([world.service_url.as_str(), "/Users/"]);
        sid::write("US", record.digits, out);
        out.push_str(part);
    };
    let mut links = Object::open(object.value("links"));
    links.plain("user_channels", |out| url(out, "/Channels"));
    links.plain("user_bindings", |out| url(out, "/Bindings"));
    links.close();
    object.plain("url", |out| url(out, ""));
    object.close();
}
