//! `/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Invites`: the pending side of the relation.

use super::shared::{self, date, one, owners, page, unknown_key};
use crate::simulator::data::View;
use crate::simulator::data::graph::Standing;
use crate::simulator::data::roles::CHANNEL_USER;
use crate::simulator::data::sid::SidSpace;
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::Listing;
use crate::simulator::route::Call;

/// The invites of a channel, in the order of invite SIDs.
pub(crate) struct InviteList<'a> {
    view: &'a View<'a>,
    channel: u32,
    sids: SidSpace,
    identities: Vec<&'a str>,
}

impl<'a> InviteList<'a> {
    /// Only those to one of the identities, if there are any.
    pub(crate) fn new(view: &'a View<'a>, channel: u32, identities: Vec<&'a str>) -> Self {
        Self { view, channel, sids: view.world.invites(channel), identities }
    }

    fn edge(&self, rank: u32) -> u32 {
        self.view.world.graph.of_channel(self.channel).start + rank
    }
}

impl Listing for InviteList<'_> {
    fn key(&self) -> &'static str {
        "invites"
    }

    fn prefix(&self) -> &'static str {
        self.sids.prefix()
    }

    fn count(&self) -> u32 {
        self.sids.count()
    }

    fn digits(&self, rank: u32) -> u128 {
        self.sids.digits(rank)
    }

    fn shows(&self, rank: u32) -> bool {
        let edge = self.edge(rank);
        let world = self.view.world;
        world.graph.standing(edge) == Standing::Invited
            && self.view.present(edge)
            && (self.identities.is_empty()
                || self.identities.contains(&world.identity(world.graph.user(edge)).as_str()))
    }

    fn write(&self, rank: u32, out: &mut String) {
        write(self.view, self.channel, self.edge(rank), out);
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let channel = shared::channel(call, 1)?;
    let view = call.world.view();
    let listing = InviteList::new(&view, channel, call.query.all("Identity").collect());
    let mut url = format!("{}/Channels/", call.world.service_url);
    call.world.channels.write(channel, &mut url);
    url.push_str("/Invites");
    page(call, &listing, &url, &["Identity"], false).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let channel = shared::channel(call, 1)?;
    let view = call.world.view();
    let listing = InviteList::new(&view, channel, Vec::new());
    let rank = listing.sids.find(call.captures[2]).filter(|rank| listing.shows(*rank));
    let rank = rank.ok_or_else(|| Failure::not_found(call.path))?;
    Ok(one(|out| listing.write(rank, out)))
}

/// Writes an invite.
pub(crate) fn write(view: &View<'_>, channel: u32, edge: u32, out: &mut String) {
    let world = view.world;
    let sids = world.invites(channel);
    let place = edge - world.graph.of_channel(channel).start;
    let mut object = Object::open(out);
    object.plain("sid", |out| sids.write(place, out));
    owners(&mut object, world);
    object.plain("channel_sid", |out| world.channels.write(channel, out));
    object.text("identity", &world.identity(world.graph.user(edge)));
    object.text("role_sid", &world.role_sids[CHANNEL_USER]);
    object.text("created_by", &world.channel_created_by(channel));
    let (created, updated) = world.member_dates(edge, channel);
    date(&mut object, "date_created", created);
    date(&mut object, "date_updated", updated);
    unknown_key(&mut object, view, "invite", edge);
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        world.channels.write(channel, out);
        out.push_str("/Invites/");
        sids.write(place, out);
    });
    object.close();
}
