//! `/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Invites`: the pending side of the relation, which only Chat shows.

use super::member::has_identity;
use super::shared::{self, date, one, page, unknown_key};
use crate::simulator::WorldKind;
use crate::simulator::data::graph::MembershipStatus;
use crate::simulator::data::order::{GeneratedOrder, MergedOrder};
use crate::simulator::data::record::moment;
use crate::simulator::data::role_table::CHANNEL_USER;
use crate::simulator::data::{WorldView, memberships, sid};
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
    let is_pending = |edge| view.status(edge) == MembershipStatus::Invited && view.present(edge);
    RecordList {
        key: "invites",
        prefix: "IN",
        order: order(view, channel),
        shows: move |edge| is_pending(edge) && has_identity(view, edge, &identities),
        write: move |edge, out: &mut String| write(view, channel, edge, out),
    }
}

/// All invites are generated: no operation creates one.
fn order<'a>(view: &'a WorldView<'a>, channel: u32) -> MergedOrder<'a> {
    let world = view.world;
    let generated = if channel < world.channels.count() {
        GeneratedOrder::Space {
            space: memberships::invite_sids(world, channel),
            first: world.graph.of_channel(channel).start,
        }
    } else {
        GeneratedOrder::Few(&[])
    };
    MergedOrder { generated, created: &[] }
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

pub(crate) fn write(view: &WorldView<'_>, channel: u32, edge: u32, out: &mut String) {
    let world = view.world;
    let sids = memberships::invite_sids(world, channel);
    let place = edge - world.graph.of_channel(channel).start;
    let channel_digits = view.channel_digits(channel);
    let mut object = Object::open(out);
    object.plain("sid", |out| sids.write(place, out));
    ServedApi::Chat.write_owners(&mut object, world);
    object.plain("channel_sid", |out| sid::write("CH", channel_digits, out));
    object.optional_text("identity", view.identity_of(edge).as_deref());
    // The role of an invitation may be left to the service.
    let has_role = world.kind == WorldKind::Plain || !place.is_multiple_of(3);
    object.optional_text("role_sid", has_role.then(|| world.role_sids[CHANNEL_USER].as_str()));
    object.optional_text("created_by", view.channel(channel).created_by.as_deref());
    let (created, updated) = memberships::dates(world, edge, channel);
    date(&mut object, "date_created", moment(created));
    date(&mut object, "date_updated", moment(updated));
    unknown_key(&mut object, view, "invite", edge);
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        sid::write("CH", channel_digits, out);
        out.push_str("/Invites/");
        sids.write(place, out);
    });
    object.close();
}
