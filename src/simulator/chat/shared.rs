//! What the resources have in common: parents in the path, dates, and lists.

use std::fmt::Write as _;

use crate::simulator::data::hash;
use crate::simulator::data::{View, World};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::{Listing, Page, PageFaults, PageRequest, write_page};
use crate::simulator::route::Call;

/// Refuses another service than the one there is.
pub(crate) fn check_service(call: &Call<'_>) -> Result<(), Failure> {
    if call.captures[0] == call.world.account.service_sid {
        Ok(())
    } else {
        Err(Failure::service_not_found())
    }
}

/// The user of the path, by SID or identity.
pub(crate) fn user(call: &Call<'_>) -> Result<u32, Failure> {
    check_service(call)?;
    call.world
        .find_user(call.captures[1])
        .filter(|user| !call.world.selected.vanished_users.contains(user))
        .ok_or_else(Failure::user_not_found)
}

/// The channel that the path has at a place, by SID or unique name.
pub(crate) fn channel(call: &Call<'_>, place: usize) -> Result<u32, Failure> {
    check_service(call)?;
    call.world
        .find_channel(call.captures[place])
        .filter(|channel| !call.world.selected.vanished_channels.contains(channel))
        .ok_or_else(Failure::channel_not_found)
}

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

/// Writes Unix seconds as `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn date(object: &mut Object<'_>, key: &str, seconds: u32) {
    let timestamp = jiff::Timestamp::constant(i64::from(seconds), 0);
    object.plain(key, |out| write!(out, "{timestamp}").expect("writing to a text cannot fail"));
}

/// Writes `account_sid` and `service_sid`.
pub(crate) fn owners(object: &mut Object<'_>, world: &World) {
    object.text("account_sid", &world.account.account_sid);
    object.text("service_sid", &world.account.service_sid);
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
