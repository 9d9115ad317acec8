//! `/v1/Services`: the Chat service, which is the same object: Twilio documents one backend for both.

use crate::simulator::data::{World, sid};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::{Listing, PageFaults, PageRequest, write_page};
use crate::simulator::route::Call;

struct ServiceList<'a>(&'a World);

impl Listing for ServiceList<'_> {
    fn key(&self) -> &'static str {
        "services"
    }

    fn prefix(&self) -> &'static str {
        "IS"
    }

    fn count(&self) -> u32 {
        1
    }

    fn digits(&self, _rank: u32) -> u128 {
        sid::digits("IS", &self.0.account.service_sid).unwrap_or(0)
    }

    fn shows(&self, _rank: u32) -> bool {
        true
    }

    fn write(&self, _rank: u32, out: &mut String) {
        write(self.0, out);
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let world = call.world;
    let request = PageRequest::parse(&call.query, call.route.maximum, "IS", &[])?;
    let faults = PageFaults { draws: world.draws, faults: &world.faults, endless: false };
    let url = format!("{}/Services", world.conversations_url);
    write_page(&ServiceList(world), &url, &request, faults).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    if call.captures[0] != call.world.account.service_sid {
        return Err(Failure::not_found(call.path));
    }
    let mut out = String::with_capacity(1_024);
    write(call.world, &mut out);
    Ok(out)
}

fn write(world: &World, out: &mut String) {
    let mut object = Object::open(out);
    object.text("sid", &world.account.service_sid);
    object.text("account_sid", &world.account.account_sid);
    object.text("friendly_name", "Küchenbörse – production");
    object.text("date_created", "2019-01-01T00:00:00Z");
    object.text("date_updated", "2020-07-01T13:30:00Z");
    let url = |out: &mut String, part: &str| {
        out.extend([world.conversations_url.as_str(), "/Services/", &world.account.service_sid, part]);
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
