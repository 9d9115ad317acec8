//! `/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Invites`: the pending side of the relation, which only Chat shows.

use super::shared::{self, as_sent, date, one, page, unknown_key};
use crate::simulator::data::order::MergedOrder;
use crate::simulator::data::record::InviteRecord;
use crate::simulator::data::{WorldView, initial, sid};
use crate::simulator::json::Object;
use crate::simulator::paging::{PagedList, RecordList};
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// The invites of a channel, in the order of invite SIDs: only those to one of the identities, if there are any.
pub(crate) fn list_of<'a>(
    view: &'a WorldView<'a>,
    channel: u32,
    identities: Vec<&'a str>,
) -> impl PagedList + 'a + use<'a> {
    RecordList {
        key: "invites",
        prefix: "IN",
        // All invites were there at first: no operation creates one.
        order: MergedOrder { generated: initial::invites(view.world, channel), created: &[] },
        shows: move |invite| is_shown(view, channel, invite, &identities),
        write: move |invite, out: &mut String| write(view, channel, invite, out),
    }
}

fn is_shown(view: &WorldView<'_>, channel: u32, invite: u32, identities: &[&str]) -> bool {
    if !initial::is_invite(view.world, invite) {
        return false;
    }
    let record = initial::invite(view.world, channel, invite);
    let is_one = |identity: &str| identities.contains(&identity);
    is_pending(view, channel, &record)
        && (identities.is_empty() || record.identity.as_deref().is_some_and(is_one))
}

/// Whether the one who is invited is still there and has not joined since.
fn is_pending(view: &WorldView<'_>, channel: u32, record: &InviteRecord) -> bool {
    record.user.is_none_or(|user| view.user_exists(user) && view.is_as_at_first(user, channel))
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let url = call.url_below_channel(&view, channel, "/Invites");
    let identities = call.query.all("Identity").collect();
    page(call, &list_of(&view, channel, identities), &url, &["Identity"], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let invites = list_of(&view, channel, Vec::new());
    let digits = sid::digits("IN", call.captures[2]);
    match digits.and_then(|digits| invites.position(digits)) {
        Some((rank, true)) if invites.shows(rank) => Ok(one(|out| invites.write(rank, out))),
        _ => Err(Refusal::not_found(call.path)),
    }
}

pub(crate) fn write(view: &WorldView<'_>, channel: u32, invite: u32, out: &mut String) {
    let world = view.world;
    let record = initial::invite(world, channel, invite);
    let channel_digits = view.channel_digits(channel);
    let from = out.len();
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("IN", record.digits, out));
    ServedApi::Chat.write_owners(&mut object, world);
    object.plain("channel_sid", |out| sid::write("CH", channel_digits, out));
    object.optional_text("identity", record.identity.as_deref());
    object.optional_text("role_sid", record.role_sid.as_deref());
    object.optional_text("created_by", record.created_by.as_deref());
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "invite", invite);
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        sid::write("CH", channel_digits, out);
        out.push_str("/Invites/");
        sid::write("IN", record.digits, out);
    });
    object.close();
    as_sent(out, from, ServedApi::Chat, &record.sent);
}
