//! What the resources of both APIs have in common: dates, lists, and the faults of rows.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::data::View;
use super::data::hash;
use super::failure::Failure;
use super::faults::Fault;
use super::json::Object;
use super::paging::{Endless, Listing, Page, PageFaults, PageRequest, write_page};
use super::route::Call;

/// Writes the page of a list that the call asks for.
pub(crate) fn page(
    call: &Call<'_>,
    listing: &impl Listing,
    url: &str,
    filters: &[&str],
    endless: Option<Endless>,
) -> Result<Page, Failure> {
    let request = PageRequest::parse(&call.query, call.route.maximum, listing.prefix(), filters)?;
    let faults = PageFaults { draws: call.world.draws, faults: &call.world.faults, endless };
    write_page(listing, url, &request, faults)
}

/// One resource as a body.
pub(crate) fn one(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::with_capacity(1_024);
    write(&mut out);
    out
}

/// Writes a moment as `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn date(object: &mut Object<'_>, key: &str, moment: Timestamp) {
    object.plain(key, |out| write!(out, "{moment}").expect("writing to a text cannot fail"));
}

/// Writes a moment or null.
pub(crate) fn optional_date(object: &mut Object<'_>, key: &str, moment: Option<Timestamp>) {
    match moment {
        Some(moment) => date(object, key, moment),
        None => object.null(key),
    }
}

/// Whether a row fault strikes a row; the resource tells rows of different lists apart.
pub(crate) fn row_fault(view: &View<'_>, fault: Fault, resource: &str, row: u32) -> bool {
    let world = view.world;
    world.faults.share(fault) > 0.0
        && world.faults.strikes(world.draws, fault, hash::text(resource) ^ u64::from(row))
}

/// Writes a name or null: with what harms a terminal, in rows with that fault.
pub(crate) fn optional_name(
    object: &mut Object<'_>,
    key: &str,
    name: Option<&str>,
    view: &View<'_>,
    (resource, row): (&str, u32),
) {
    match name {
        Some(name) if row_fault(view, Fault::Escapes, resource, row) => {
            object.text(key, &format!("{name}{ESCAPES}"));
        }
        name => object.optional_text(key, name),
    }
}

/// Clears the screen, sets the title, links, writes to the clipboard; then a carriage return, a newline, NUL, C1, an override of
/// the direction of writing, and a tag.
const ESCAPES: &str = concat!(
    "\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]8;;http://evil.example\u{7}link\u{1b}]8;;\u{7}\u{1b}]52;c;ZXZpbA==\u{7}",
    "\rover\nnext\0\u{85}\u{9b}31m\u{202e}txet\u{e0041}"
);

/// Adds the key that no description names, to rows with that fault.
pub(crate) fn unknown_key(object: &mut Object<'_>, view: &View<'_>, resource: &str, row: u32) {
    if row_fault(view, Fault::UnknownKey, resource, row) {
        object.raw("retention_policy", "{\"days\":30,\"holds\":[\"legal\"]}");
    }
}
