//! `/v1/Services`: the same services as Chat's.

use crate::simulator::WorldKind;
use crate::simulator::data::World;
use crate::simulator::data::order::{Generated, Order};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{one, page};

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let order = call.account.in_order();
    let listing = Rows {
        key: "services",
        prefix: "IS",
        order: Order { generated: Generated::Few(&order), created: &[] },
        shows: |_| true,
        write: |service: u32, out: &mut String| write(&call.account.services[service as usize], out),
    };
    let url = format!("{}/v1/Services", call.origins.conversations);
    page(call, &listing, &url, &[], None).map(|page| page.body)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of every route")]
pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    Ok(one(|out| write(call.world, out)))
}

/// Writes the service.
pub(crate) fn write(world: &World, out: &mut String) {
    let mut object = Object::open(out);
    object.text("sid", &world.account.service_sid);
    // Connectors report that it is null in every service, whatever the description says.
    let account_sid = (world.kind == WorldKind::Plain).then_some(world.account.account_sid.as_str());
    object.optional_text("account_sid", account_sid);
    object.text("friendly_name", world.friendly_name);
    object.text("date_created", "2019-01-01T00:00:00Z");
    object.text("date_updated", "2020-07-01T13:30:00Z");
    let url = |out: &mut String, part: &str| {
        out.extend([world.conversations_url.as_str(), part]);
    };
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    for (key, part) in LINKS {
        links.plain(key, |out| url(out, part));
    }
    links.close();
    object.close();
}

const LINKS: [(&str, &str); 7] = [
    ("conversations", "/Conversations"),
    ("users", "/Users"),
    ("roles", "/Roles"),
    ("bindings", "/Bindings"),
    ("configuration", "/Configuration"),
    ("participant_conversations", "/ParticipantConversations"),
    ("conversation_with_participants", "/ConversationWithParticipants"),
];
