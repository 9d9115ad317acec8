//! `/v1/Services/{ChatServiceSid}/Conversations/{ConversationSid}/Participants`: the members of a private channel.

use super::shared::{self, owners};
use super::{binding, form, user};
use crate::simulator::data::record::{MembershipRecord, MessagingBinding};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::{Listing, Rows};
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_date, page, row_fault, unknown_key};

/// The participants of a conversation, in the order of their SIDs.
pub(crate) fn rows<'a>(view: &'a View<'a>, channel: u32) -> impl Listing + 'a + use<'a> {
    Rows {
        key: "participants",
        prefix: "MB",
        order: view.members(channel),
        shows: move |edge| view.joined(edge),
        write: move |edge, out: &mut String| write(view, channel, edge, out),
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let (channel, page) = {
        let view = call.world.view();
        let channel = shared::conversation(call, &view, 1)?;
        let mut url = format!("{}/Conversations/", call.world.conversations_url);
        sid::write("CH", view.channel_digits(channel), &mut url);
        url.push_str("/Participants");
        (channel, page(call, &rows(&view, channel), &url, &[], None)?)
    };
    if page.last {
        call.world.members_were_listed(channel);
    }
    Ok(page.body)
}

/// Takes a participant SID, or the identity of a participant.
pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let (channel, edge) = named(call, &view)?;
    Ok(one(|out| write(&view, channel, edge, out)))
}

/// Adds a user by identity, and makes it known if it is not; or someone of another network by address. Where it last read is not
/// taken here.
pub(super) fn create(call: &Call<'_>) -> Result<String, Failure> {
    let identity = form::optional_identity(&call.form)?;
    let binding = binding::read(&call.form, identity.is_some())?;
    if identity.is_none() && binding.is_none() {
        return Err(Failure::missing("Identity"));
    }
    let attributes = form::attributes(&call.form, form::PARTICIPANT_ATTRIBUTES)?;
    let (created, updated) = (call.form.moment("DateCreated")?, call.form.moment("DateUpdated")?);
    let mut writer = call.world.writer();
    let (channel, role_sid, known) = {
        let view = writer.view();
        let channel = shared::open_conversation(call, &view, 1)?;
        let role_sid = form::role_sid(&call.form, &view, false)?;
        let known = identity.as_ref().and_then(|identity| view.user_with_identity(identity));
        check_limits(&view, channel, known)?;
        if let Some(binding) = binding.as_ref().filter(|_| identity.is_none()) {
            binding::check_new(&view, channel, binding)?;
        }
        (channel, role_sid.unwrap_or_else(|| view.defaults().channel_role_sid.clone()), known)
    };
    let user = known.or_else(|| identity.map(|identity| user::new(&mut writer, identity, None, None, None)));
    let now = writer.now();
    let edge = writer.create_membership(MembershipRecord {
        user,
        channel,
        digits: 0,
        role_sid: Some(role_sid),
        attributes: Some(attributes.unwrap_or_else(|| "{}".to_owned())),
        created: created.unwrap_or(now),
        updated: updated.or(created).unwrap_or(now),
        last_read_index: None,
        last_read: None,
        muted: false,
        binding,
    });
    Ok(one(|out| write(&writer.view(), channel, edge, out)))
}

/// Refuses who is a participant already, and one more than the service's limits allow.
fn check_limits(view: &View<'_>, channel: u32, user: Option<u32>) -> Result<(), Failure> {
    let limits = view.world.limits;
    let joined =
        user.and_then(|user| view.membership_of(user, channel)).is_some_and(|edge| view.joined(edge));
    if joined {
        return Err(Failure::refused(409, 50433, "Participant already exists"));
    }
    if view.members_count(channel) + view.bound_participants(channel).count()
        >= limits.channel_members as usize
    {
        return Err(Failure::refused(403, 50417, "Participants limit exceeded"));
    }
    if user.is_some_and(|user| view.joined_channels_count(user) >= limits.user_channels as usize) {
        return Err(Failure::refused(403, 50214, "User conversations limit exceeded"));
    }
    Ok(())
}

/// Takes a participant SID or identity, as a fetch does.
pub(super) fn update(call: &Call<'_>) -> Result<String, Failure> {
    let attributes = form::attributes(&call.form, form::PARTICIPANT_ATTRIBUTES)?;
    let (created, updated) = (call.form.moment("DateCreated")?, call.form.moment("DateUpdated")?);
    let index = call.form.number("LastReadMessageIndex")?;
    let last_read = call.form.moment("LastReadTimestamp")?;
    let mut writer = call.world.writer();
    let (channel, edge, role_sid, binding) = {
        let view = writer.view();
        let (channel, edge) = named(call, &view)?;
        shared::open_conversation(call, &view, 1)?;
        let binding = binding::updated(&call.form, &view.membership(edge))?;
        (channel, edge, form::role_sid(&call.form, &view, false)?, binding)
    };
    let now = writer.now();
    writer.update_membership(edge, |record| {
        if let Some(role_sid) = role_sid {
            record.role_sid = Some(role_sid);
        }
        record.attributes = attributes.or_else(|| record.attributes.take());
        if index.is_some() {
            record.last_read_index = index;
            record.last_read = Some(now);
        }
        record.last_read = last_read.or(record.last_read);
        record.binding = binding;
        record.created = created.unwrap_or(record.created);
        record.updated = updated.unwrap_or(now);
    });
    Ok(one(|out| write(&writer.view(), channel, edge, out)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<String, Failure> {
    let mut writer = call.world.writer();
    let (_, edge) = {
        let view = writer.view();
        shared::open_conversation(call, &view, 1)?;
        named(call, &view)?
    };
    writer.now();
    writer.delete_membership(edge);
    Ok(String::new())
}

/// The conversation and participant of the path.
fn named(call: &Call<'_>, view: &View<'_>) -> Result<(u32, u32), Failure> {
    let channel = shared::conversation(call, view, 1)?;
    let edge = view.find_member(channel, call.captures[2]);
    edge.map(|edge| (channel, edge)).ok_or_else(Failure::not_a_participant)
}

fn write_binding(object: &mut Object<'_>, binding: &MessagingBinding) {
    let mut inner = Object::open(object.value("messaging_binding"));
    inner.text("type", binding.kind);
    for (key, address) in [
        ("address", &binding.address),
        ("proxy_address", &binding.proxy_address),
        ("projected_address", &binding.projected_address),
    ] {
        if let Some(address) = address {
            inner.text(key, address);
        }
    }
    inner.close();
}

/// Writes a participant.
pub(super) fn write(view: &View<'_>, channel: u32, edge: u32, out: &mut String) {
    let (world, record) = (view.world, view.membership(edge));
    let channel_digits = view.channel_digits(channel);
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("MB", record.digits, out));
    owners(&mut object, world);
    object.plain("conversation_sid", |out| sid::write("CH", channel_digits, out));
    object.optional_text("identity", view.identity_of(edge).as_deref());
    object.optional_text("role_sid", record.role_sid.as_deref());
    if row_fault(view, Fault::WrongType, "member", edge) {
        object.raw("attributes", "[\"a list\"]");
    } else {
        object.optional_text("attributes", record.attributes.as_deref());
    }
    match &record.binding {
        Some(binding) => write_binding(&mut object, binding),
        None => object.null("messaging_binding"),
    }
    object.optional_number("last_read_message_index", view.last_read_index(edge, channel));
    optional_date(&mut object, "last_read_timestamp", view.last_read(edge, channel));
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "member", edge);
    object.plain("url", |out| {
        out.extend([world.conversations_url.as_str(), "/Conversations/"]);
        sid::write("CH", channel_digits, out);
        out.push_str("/Participants/");
        sid::write("MB", record.digits, out);
    });
    object.close();
}
