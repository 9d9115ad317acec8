//! `/v1/Services/{ChatServiceSid}/Users`: the same users as Chat's.

use super::shared::{self, owners};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, page, row_fault, unknown_key};

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
    page(call, &listing, &url, &[], false).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let user = shared::user(call, &view)?;
    Ok(one(|out| write(&view, user, true, out)))
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
        object.optional_text("friendly_name", record.friendly_name.as_deref());
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
