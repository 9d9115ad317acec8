//! What Chat's resources have in common: parents in the path, and owners.

use crate::simulator::data::{View, World};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::route::Call;

/// The user of the path, by SID or identity.
pub(crate) fn user(call: &Call<'_>, view: &View<'_>) -> Result<u32, Failure> {
    view.find_user(call.captures[1]).ok_or_else(Failure::user_not_found)
}

/// The channel that the path has at a place, by SID or unique name.
pub(crate) fn channel(call: &Call<'_>, view: &View<'_>, place: usize) -> Result<u32, Failure> {
    view.find_channel(call.captures[place]).ok_or_else(Failure::channel_not_found)
}

/// Writes `account_sid` and `service_sid`.
pub(crate) fn owners(object: &mut Object<'_>, world: &World) {
    object.text("account_sid", &world.account.account_sid);
    object.text("service_sid", &world.account.service_sid);
}
