//! What Conversations' resources have in common: parents in the path, owners, timers.

use crate::simulator::data::record::Timers;
use crate::simulator::data::{View, World};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::route::Call;
use crate::simulator::shared::date;

/// The user that the path has after its service, by SID or identity.
pub(super) fn user(call: &Call<'_>, view: &View<'_>) -> Result<u32, Failure> {
    view.find_user(call.captures[1]).ok_or_else(Failure::user_not_found)
}

/// The conversation that the path has at a place, by SID or unique name: a private channel.
pub(super) fn conversation(call: &Call<'_>, view: &View<'_>, place: usize) -> Result<u32, Failure> {
    let found = view.find_channel(call.captures[place]);
    found.filter(|channel| view.is_private(*channel)).ok_or_else(Failure::conversation_not_found)
}

/// The same, unless it is closed: such a one cannot be updated, nor its participants.
pub(super) fn open_conversation(call: &Call<'_>, view: &View<'_>, place: usize) -> Result<u32, Failure> {
    let channel = conversation(call, view, place)?;
    if view.channel(channel).state == "closed" {
        return Err(Failure::refused(400, 50377, "Closed conversation cannot be updated"));
    }
    Ok(channel)
}

/// Writes `account_sid` and `chat_service_sid`.
pub(super) fn owners(object: &mut Object<'_>, world: &World) {
    object.text("account_sid", &world.account.account_sid);
    object.text("chat_service_sid", &world.account.service_sid);
}

/// Writes `timers`: an empty object if there are none.
pub(super) fn timers(object: &mut Object<'_>, timers: Timers) {
    let mut inner = Object::open(object.value("timers"));
    if let Some(moment) = timers.inactive {
        date(&mut inner, "date_inactive", moment);
    }
    if let Some(moment) = timers.closed {
        date(&mut inner, "date_closed", moment);
    }
    inner.close();
}
