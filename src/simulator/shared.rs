//! What the resources of both APIs have in common: dates, lists, and the faults of rows.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::data::View;
use super::data::hash;
use super::failure::Failure;
use super::faults::Fault;
use super::json::Object;
use super::paging::{Listing, Page, PageFaults, PageRequest, write_page};
use super::route::Call;

/// Writes the page of a list that the call asks for.
pub(crate) fn page(
    call: &Call<'_>,
    listing: &impl Listing,
    url: &str,
    filters: &[&str],
    endless: bool,
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

/// Adds the key that no description names, to rows with that fault.
pub(crate) fn unknown_key(object: &mut Object<'_>, view: &View<'_>, resource: &str, row: u32) {
    if row_fault(view, Fault::UnknownKey, resource, row) {
        object.raw("retention_policy", "{\"days\":30,\"holds\":[\"legal\"]}");
    }
}
