//! `/v2/Services/{ServiceSid}/Users`

use super::shared::{self, check_service, date, one, owners, page, row_fault, unknown_key};
use crate::simulator::data::View;
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Listing;
use crate::simulator::route::Call;

struct UserList<'a>(&'a View<'a>);

impl Listing for UserList<'_> {
    fn key(&self) -> &'static str {
        "users"
    }

    fn prefix(&self) -> &'static str {
        "US"
    }

    fn count(&self) -> u32 {
        self.0.world.users.count()
    }

    fn digits(&self, rank: u32) -> u128 {
        self.0.world.users.digits(rank)
    }

    fn shows(&self, _rank: u32) -> bool {
        true
    }

    fn write(&self, rank: u32, out: &mut String) {
        write(self.0, rank, false, out);
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    check_service(call)?;
    let url = format!("{}/Users", call.world.service_url);
    page(call, &UserList(&call.world.view()), &url, &[], false).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let user = shared::user(call)?;
    Ok(one(|out| write(&call.world.view(), user, true, out)))
}

/// Writes a user. Presence is null unless it was fetched, as the description of `is_online` says.
pub(crate) fn write(view: &View<'_>, user: u32, fetched: bool, out: &mut String) {
    let world = view.world;
    let mut object = Object::open(out);
    object.plain("sid", |out| world.users.write(user, out));
    owners(&mut object, world);
    object.optional_text("role_sid", world.user_role(user));
    object.text("identity", &world.identity(user));
    object.optional_text("attributes", world.user_attributes(user).as_deref());
    let (online, notifiable) = if fetched { world.user_presence(user) } else { (None, None) };
    object.optional_boolean("is_online", online);
    object.optional_boolean("is_notifiable", notifiable);
    if row_fault(view, Fault::WrongType, "user", user) {
        object.number("friendly_name", user);
    } else {
        object.optional_text("friendly_name", world.user_friendly_name(user).as_deref());
    }
    object.number("joined_channels_count", view.joined_channels_count(user));
    let (created, updated) = world.user_dates(user);
    date(&mut object, "date_created", created);
    date(&mut object, "date_updated", updated);
    unknown_key(&mut object, view, "user", user);
    let url = |out: &mut String, part: &str| {
        out.extend([world.service_url.as_str(), "/Users/"]);
        world.users.write(user, out);
        out.push_str(part);
    };
    let mut links = Object::open(object.value("links"));
    links.plain("user_channels", |out| url(out, "/Channels"));
    links.plain("user_bindings", |out| url(out, "/Bindings"));
    links.close();
    object.plain("url", |out| url(out, ""));
    object.close();
}
