//! `/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Invites`: the pending side of the relation.

use super::shared::{self, owners};
use crate::simulator::data::graph::Standing;
use crate::simulator::data::order::{Generated, Order};
use crate::simulator::data::record::moment;
use crate::simulator::data::roles::CHANNEL_USER;
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::{Listing, Rows};
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, page, unknown_key};

/// The invites of a channel, in the order of invite SIDs: only those to one of the identities, if there are any.
pub(crate) fn rows<'a>(
    view: &'a View<'a>,
    channel: u32,
    identities: Vec<&'a str>,
) -> impl Listing + 'a + use<'a> {
    Rows {
        key: "invites",
        prefix: "IN",
        order: order(view, channel),
        shows: move |edge| shows(view, edge, &identities),
        write: move |edge, out: &mut String| write(view, channel, edge, out),
    }
}

/// Invites are generated alone: nothing creates one.
fn order<'a>(view: &'a View<'a>, channel: u32) -> Order<'a> {
    let world = view.world;
    let generated = if channel < world.channels.count() {
        Generated::Space { space: world.invite_sids(channel), first: world.graph.of_channel(channel).start }
    } else {
        Generated::Few(&[])
    };
    Order { generated, created: &[] }
}

fn shows(view: &View<'_>, edge: u32, identities: &[&str]) -> bool {
    view.standing(edge) == Standing::Invited
        && view.present(edge)
        && (identities.is_empty()
            || view.identity_of(edge).is_some_and(|identity| identities.contains(&identity.as_ref())))
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let mut url = format!("{}/Channels/", call.world.service_url);
    sid::write("CH", view.channel_digits(channel), &mut url);
    url.push_str("/Invites");
    let identities = call.query.all("Identity").collect();
    page(call, &rows(&view, channel, identities), &url, &["Identity"], None).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let listing = rows(&view, channel, Vec::new());
    let digits = sid::digits("IN", call.captures[2]);
    let found = digits.and_then(|digits| listing.position(digits));
    match found {
        Some((rank, true)) if listing.shows(rank) => Ok(one(|out| listing.write(rank, out))),
        _ => Err(Failure::not_found(call.path)),
    }
}

/// Writes an invite.
pub(crate) fn write(view: &View<'_>, channel: u32, edge: u32, out: &mut String) {
    let world = view.world;
    let sids = world.invite_sids(channel);
    let place = edge - world.graph.of_channel(channel).start;
    let channel_digits = view.channel_digits(channel);
    let mut object = Object::open(out);
    object.plain("sid", |out| sids.write(place, out));
    owners(&mut object, world);
    object.plain("channel_sid", |out| sid::write("CH", channel_digits, out));
    object.optional_text("identity", view.identity_of(edge).as_deref());
    object.text("role_sid", &world.role_sids[CHANNEL_USER]);
    object.text("created_by", &view.channel(channel).created_by);
    let (created, updated) = world.member_dates(edge, channel);
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
