//! `/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Members`: the joined side of the relation.

use super::shared::{self, owners};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::{Listing, Rows};
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_date, page, row_fault, unknown_key};

/// The members of a channel, in the order of member SIDs: only those with one of the identities, if there are any.
pub(crate) fn rows<'a>(
    view: &'a View<'a>,
    channel: u32,
    identities: Vec<&'a str>,
) -> impl Listing + 'a + use<'a> {
    Rows {
        key: "members",
        prefix: "MB",
        order: view.members(channel),
        shows: move |edge| {
            view.is_member(edge)
                && (identities.is_empty()
                    || view.identity_of(edge).is_some_and(|identity| identities.contains(&identity.as_ref())))
        },
        write: move |edge, out: &mut String| write(view, channel, edge, out),
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let (channel, page) = {
        let view = call.world.view();
        let channel = shared::channel(call, &view, 1)?;
        let mut url = format!("{}/Channels/", call.world.service_url);
        sid::write("CH", view.channel_digits(channel), &mut url);
        url.push_str("/Members");
        let identities = call.query.all("Identity").collect();
        (channel, page(call, &rows(&view, channel, identities), &url, &["Identity"], None)?)
    };
    if page.last {
        call.world.members_were_listed(channel);
    }
    Ok(page.body)
}

/// Takes a member SID, or the identity of a member.
pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let channel = shared::channel(call, &view, 1)?;
    let edge = view.find_member(channel, call.captures[2]).filter(|edge| view.is_member(*edge));
    let edge = edge.ok_or_else(|| Failure::not_found(call.path))?;
    Ok(one(|out| write(&view, channel, edge, out)))
}

/// Writes a member.
pub(crate) fn write(view: &View<'_>, channel: u32, edge: u32, out: &mut String) {
    let (world, record) = (view.world, view.membership(edge));
    let channel_digits = view.channel_digits(channel);
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("MB", record.digits, out));
    owners(&mut object, world);
    object.plain("channel_sid", |out| sid::write("CH", channel_digits, out));
    object.optional_text("identity", view.identity_of(edge).as_deref());
    object.optional_text("role_sid", record.role_sid.as_deref());
    object.optional_number("last_consumed_message_index", view.last_read_index(edge, channel));
    optional_date(&mut object, "last_consumption_timestamp", view.last_read(edge, channel));
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    if row_fault(view, Fault::WrongType, "member", edge) {
        object.raw("attributes", "[\"a list\"]");
    } else {
        object.optional_text("attributes", record.attributes.as_deref());
    }
    unknown_key(&mut object, view, "member", edge);
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Channels/"]);
        sid::write("CH", channel_digits, out);
        out.push_str("/Members/");
        sid::write("MB", record.digits, out);
    });
    object.close();
}
