//! `/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Members`: the joined side of the relation.

use super::shared::{self, date, one, owners, page, row_fault, unknown_key};
use crate::simulator::data::View;
use crate::simulator::data::sid::SidSpace;
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Listing;
use crate::simulator::route::Call;

/// The members of a channel, in the order of member SIDs.
pub(crate) struct MemberList<'a> {
    view: &'a View<'a>,
    channel: u32,
    sids: SidSpace,
    identities: Vec<&'a str>,
}

impl<'a> MemberList<'a> {
    /// Only those with one of the identities, if there are any.
    pub(crate) fn new(view: &'a View<'a>, channel: u32, identities: Vec<&'a str>) -> Self {
        Self { view, channel, sids: view.world.members(channel), identities }
    }

    fn edge(&self, rank: u32) -> u32 {
        self.view.world.graph.of_channel(self.channel).start + rank
    }
}

impl Listing for MemberList<'_> {
    fn key(&self) -> &'static str {
        "members"
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
        self.view.joined(edge)
            && (self.identities.is_empty()
                || self.identities.contains(&world.identity(world.graph.user(edge)).as_str()))
    }

    fn write(&self, rank: u32, out: &mut String) {
        write(self.view, self.channel, self.edge(rank), out);
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let channel = shared::channel(call, 1)?;
    let mut url = format!("{}/Channels/", call.world.service_url);
    call.world.channels.write(channel, &mut url);
    url.push_str("/Members");
    let identities = call.query.all("Identity").collect();
    let page = {
        let view = call.world.view();
        page(call, &MemberList::new(&view, channel, identities), &url, &["Identity"], false)?
    };
    if page.last {
        call.world.members_were_listed(channel);
    }
    Ok(page.body)
}

/// Takes a member SID, or the identity of a member.
pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let channel = shared::channel(call, 1)?;
    let (world, view) = (call.world, call.world.view());
    let name = call.captures[2];
    let edges = world.graph.of_channel(channel);
    let edge = match world.members(channel).find(name) {
        Some(rank) => Some(edges.start + rank),
        None => {
            world.find_user(name).and_then(|user| edges.clone().find(|edge| world.graph.user(*edge) == user))
        }
    };
    let edge = edge.filter(|edge| view.joined(*edge)).ok_or_else(|| Failure::not_found(call.path))?;
    Ok(one(|out| write(&view, channel, edge, out)))
}

/// Writes a member.
pub(crate) fn write(view: &View<'_>, channel: u32, edge: u32, out: &mut String) {
    let world = view.world;
    let sids = world.members(channel);
    let place = edge - world.graph.of_channel(channel).start;
    let mut object = Object::open(out);
    object.plain("sid", |out| sids.write(place, out));
    owners(&mut object, world);
    object.plain("channel_sid", |out| world.channels.write(channel, out));
    object.text("identity", &world.identity(world.graph.user(edge)));
    object.text("role_sid", world.member_role(edge));
    let consumed = view.last_consumed(edge, channel);
    object.optional_number("last_consumed_message_index", consumed);
    let written =
        view.changes.updates.get(&edge).and_then(|update| update.last_consumption_timestamp.as_deref());
    match (written, consumed) {
        (Some(timestamp), _) => object.text("last_consumption_timestamp", timestamp),
        (None, Some(_)) => {
            date(&mut object, "last_consumption_timestamp", world.first_consumption(edge, channel));
        }
        (None, None) => object.null("last_consumption_timestamp"),
    }
    let (created, updated) = world.member_dates(edge, channel);
    date(&mut object, "date_created", created);
    date(&mut object, "date_updated", updated);
    if row_fault(view, Fault::WrongType, "member", edge) {
        object.raw("attributes", "[\"a list\"]");
    } else {
        object.optional_text("attributes", world.member_attributes(edge).as_deref());
    }
    unknown_key(&mut object, view, "member", edge);
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        world.channels.write(channel, out);
        out.push_str("/Members/");
        sids.write(place, out);
    });
    object.close();
}
