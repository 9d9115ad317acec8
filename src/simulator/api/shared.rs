//! What the resources have in common: parents in the path, dates, lists, and the faults of rows.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::simulator::data::WorldView;
use crate::simulator::data::as_sent::{AsSent, ShownBy, members_of};
use crate::simulator::data::record::Timers;
use crate::simulator::draws;
use crate::simulator::faults::{EndlessList, Fault};
use crate::simulator::json::Object;
use crate::simulator::paging::{PageFaults, PageRequest, PagedList, WrittenPage, write_page};
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// The user that the path has after its service, by SID or identity.
pub(super) fn user(call: &Call<'_>, view: &WorldView<'_>) -> Result<u32, Refusal> {
    view.find_user(call.captures[1]).ok_or_else(Refusal::user_not_found)
}

/// The channel or conversation that the path has at a place, by SID or unique name. A conversation is a private channel.
pub(super) fn channel(call: &Call<'_>, view: &WorldView<'_>, place: usize) -> Result<u32, Refusal> {
    let found = view.find_channel(call.captures[place]);
    match call.route.api {
        ServedApi::Chat => found.ok_or_else(Refusal::channel_not_found),
        ServedApi::Conversations => {
            let found = found.filter(|channel| view.is_private(*channel));
            found.ok_or_else(Refusal::conversation_not_found)
        }
    }
}

/// The same, unless it is closed: neither such a conversation nor its participants can be updated.
pub(super) fn open_channel(call: &Call<'_>, view: &WorldView<'_>, place: usize) -> Result<u32, Refusal> {
    let channel = channel(call, view, place)?;
    if view.channel(channel).state == "closed" {
        return Err(Refusal::new(400, 50377, "Closed conversation cannot be updated"));
    }
    Ok(channel)
}

/// Writes the page of a list that the call asks for.
pub(super) fn page(
    call: &Call<'_>,
    list: &impl PagedList,
    url: &str,
    filters: &[&str],
    endless: Option<EndlessList>,
) -> Result<WrittenPage, Refusal> {
    let request = PageRequest::parse(&call.query, call.route.maximum, list.prefix(), filters)?;
    let endless = endless.or_else(|| call.world.faults.endless(call.path));
    let faults = PageFaults { draws: call.world.draws, faults: &call.world.faults, endless };
    write_page(list, url, &request, faults)
}

/// The body of a page of a list that can be neither filtered nor endless.
pub(super) fn plain_page(call: &Call<'_>, list: &impl PagedList, url: &str) -> Result<String, Refusal> {
    page(call, list, url, &[], None).map(|page| page.body)
}

/// One resource as a body.
pub(super) fn one(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::with_capacity(1_024);
    write(&mut out);
    out
}

/// Puts what was sent in the place of what was written since `from`, and adds the keys that were not written.
pub(super) fn as_sent(out: &mut String, from: usize, api: ServedApi, sent: &AsSent) {
    let mut sent = sent.shown_by(api.pick(ShownBy::Chat, ShownBy::Conversations)).peekable();
    if sent.peek().is_none() {
        return;
    }
    let written = out.split_off(from);
    let mut members: Vec<(String, &str)> =
        members_of(&written).into_iter().map(|(key, value)| (key, value.get())).collect();
    for (key, json) in sent {
        match members.iter_mut().find(|(known, _)| known == key) {
            Some((_, value)) => *value = json,
            None => members.push((key.to_owned(), json)),
        }
    }
    let mut object = Object::open(out);
    for (key, json) in members {
        object.member(&key, json);
    }
    object.close();
}

/// Writes a moment as `YYYY-MM-DDTHH:MM:SSZ`.
pub(super) fn date(object: &mut Object<'_>, key: &str, moment: Timestamp) {
    object.plain(key, |out| write!(out, "{moment}").expect("writing to a text cannot fail"));
}

pub(super) fn optional_date(object: &mut Object<'_>, key: &str, moment: Option<Timestamp>) {
    match moment {
        Some(moment) => date(object, key, moment),
        None => object.null(key),
    }
}

/// Writes `timers`: an empty object if there are none.
pub(super) fn timers(object: &mut Object<'_>, timers: Timers) {
    let mut inner = Object::open(object.value("timers"));
    for (key, moment) in [("date_inactive", timers.inactive), ("date_closed", timers.closed)] {
        if let Some(moment) = moment {
            date(&mut inner, key, moment);
        }
    }
    inner.close();
}

/// Whether a row has a fault; the resource distinguishes rows of different lists.
pub(super) fn has_fault(view: &WorldView<'_>, fault: Fault, resource: &str, row: u32) -> bool {
    let world = view.world;
    world.faults.share(fault) > 0.0
        && world.faults.hits(world.draws, fault, draws::text(resource) ^ u64::from(row))
}

/// Writes a name or null: with what harms a terminal, in rows with that fault.
pub(super) fn optional_name(
    object: &mut Object<'_>,
    name: Option<&str>,
    view: &WorldView<'_>,
    (resource, row): (&str, u32),
) {
    match name {
        Some(name) if has_fault(view, Fault::Escapes, resource, row) => {
            object.text("friendly_name", &format!("{name}{ESCAPES}"));
        }
        name => object.optional_text("friendly_name", name),
    }
}

/// Clears the screen, sets the title, links, writes to the clipboard; then a carriage return, a newline, NUL, C1, an override of
/// the direction of writing, and a tag.
const ESCAPES: &str = concat!(
    "\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]8;;http://evil.example\u{7}link\u{1b}]8;;\u{7}\u{1b}]52;c;ZXZpbA==\u{7}",
    "\rover\nnext\0\u{85}\u{9b}31m\u{202e}txet\u{e0041}"
);

/// Adds the key that no description names, to rows with that fault.
pub(super) fn unknown_key(object: &mut Object<'_>, view: &WorldView<'_>, resource: &str, row: u32) {
    if has_fault(view, Fault::UnknownKey, resource, row) {
        object.raw("retention_policy", "{\"days\":30,\"holds\":[\"legal\"]}");
    }
}
