//! `…/Channels/{ChannelSid}/Members` and `…/Conversations/{ConversationSid}/Participants`: the joined side of the relation.
//!
//! Chat shows users only; Conversations also participants of other networks.

use jiff::Timestamp;

use super::shared::{self, as_sent, date, has_fault, one, optional_date, page, unknown_key};
use super::{binding, form, user};
use crate::simulator::data::record::{MembershipRecord, NetworkBinding};
use crate::simulator::data::{WorldView, Writer, sid};
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::{PagedList, RecordList};
use crate::simulator::query::Parameters;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// The members of a channel, in the order of member SIDs: only those with one of the identities, if there are any.
pub(crate) fn list_of<'a>(
    api: ServedApi,
    view: &'a WorldView<'a>,
    channel: u32,
    identities: Vec<&'a str>,
) -> impl PagedList + 'a + use<'a> {
    RecordList {
        key: api.pick("members", "participants"),
        prefix: "MB",
        order: view.members(channel),
        shows: move |edge| is_shown(api, view, edge) && has_identity(view, edge, &identities),
        write: move |edge, out: &mut String| write(api, view, channel, edge, out),
    }
}

fn is_shown(api: ServedApi, view: &WorldView<'_>, edge: u32) -> bool {
    match api {
        ServedApi::Chat => view.is_member(edge),
        ServedApi::Conversations => view.is_participant(edge),
    }
}

/// Whether a membership is of one of the identities, or there are none to choose from.
pub(super) fn has_identity(view: &WorldView<'_>, edge: u32, identities: &[&str]) -> bool {
    let is_one = |identity: &str| identities.contains(&identity);
    identities.is_empty() || view.identity_of(edge).is_some_and(|identity| is_one(&identity))
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let api = call.route.api;
    let (channel, page) = {
        let view = call.world.view();
        let channel = shared::channel(call, &view, 1)?;
        let url = call.url_below_channel(&view, channel, api.pick("/Members", "/Participants"));
        // Participants have no filter.
        let identities = api.pick(call.query.all("Identity").collect(), Vec::new());
        let filters: &[&str] = api.pick(&["Identity"], &[]);
        (channel, page(call, &list_of(api, &view, channel, identities), &url, filters, None)?)
    };
    if page.last {
        call.world.members_were_listed(channel);
    }
    Ok(page.body)
}

/// The channel and membership of the path, by member SID or by identity.
fn named(call: &Call<'_>, view: &WorldView<'_>) -> Result<(u32, u32), Refusal> {
    let api = call.route.api;
    let channel = shared::channel(call, view, 1)?;
    let edge = view.find_member(channel, call.captures[2]).filter(|edge| is_shown(api, view, *edge));
    let refusal = || api.pick(Refusal::not_found(call.path), Refusal::not_a_participant());
    edge.map(|edge| (channel, edge)).ok_or_else(refusal)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let (channel, edge) = named(call, &view)?;
    Ok(one(|out| write(call.route.api, &view, channel, edge, out)))
}

/// A participant that is to be made, as it was sent. Where it last read is not taken here.
#[derive(Debug)]
pub(super) struct NewMember {
    identity: Option<String>,
    binding: Option<NetworkBinding>,
    attributes: Option<String>,
    role_sid: Option<String>,
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
}

impl NewMember {
    /// Reads what was sent, and refuses what is wrong by itself.
    pub(super) fn read(form: &Parameters<'_>) -> Result<Self, Refusal> {
        let identity = form::optional_identity(form)?;
        let binding = binding::read(form, identity.is_some())?;
        if identity.is_none() && binding.is_none() {
            return Err(Refusal::missing("Identity"));
        }
        Ok(Self {
            attributes: form::attributes(form, form::PARTICIPANT_ATTRIBUTES)?,
            role_sid: form.first("RoleSid").map(str::to_owned),
            created: form.moment("DateCreated")?,
            updated: form.moment("DateUpdated")?,
            identity,
            binding,
        })
    }

    /// The identity of a user; none of who is reached through another network.
    pub(super) fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// Whether it can be reached through another network, or in a group MMS.
    pub(super) fn is_bound(&self) -> bool {
        self.binding.is_some()
    }

    /// Refuses a role that is not there, and a user that has as many conversations as the service allows.
    pub(super) fn check(&self, view: &WorldView<'_>) -> Result<(), Refusal> {
        if let Some(role_sid) = &self.role_sid {
            form::check_role(view, role_sid, false)?;
        }
        let known = self.identity().and_then(|identity| view.user_with_identity(identity));
        let most = view.world.limits.user_channels as usize;
        if known.is_some_and(|user| view.joined_channels_count(user) >= most) {
            return Err(Refusal::new(403, 50214, "User conversations limit exceeded"));
        }
        Ok(())
    }

    /// Adds it to a conversation, and makes its user known if there is none of this identity.
    pub(super) fn add(self, writer: &mut Writer<'_>, channel: u32) -> u32 {
        let (known, default_role) = {
            let view = writer.view();
            let known = self.identity().and_then(|identity| view.user_with_identity(identity));
            (known, view.defaults().channel_role_sid.clone())
        };
        let new = |identity| user::new(writer, identity, None, None, None);
        let user = known.or_else(|| self.identity.map(new));
        let now = writer.now();
        writer.create_membership(MembershipRecord {
            user,
            channel,
            digits: 0,
            role_sid: Some(self.role_sid.unwrap_or(default_role)),
            attributes: Some(self.attributes.unwrap_or_else(|| "{}".to_owned())),
            created: self.created.unwrap_or(now),
            updated: self.updated.or(self.created).unwrap_or(now),
            last_read_index: None,
            last_read: None,
            muted: false,
            binding: self.binding,
            read: None,
        })
    }
}

/// Adds a user by identity, and makes it known if it is not; or someone of another network by address.
pub(super) fn create(call: &Call<'_>) -> Result<String, Refusal> {
    let member = NewMember::read(&call.form)?;
    let mut writer = call.world.writer();
    let channel = {
        let view = writer.view();
        let channel = shared::open_channel(call, &view, 1)?;
        let known = member.identity().and_then(|identity| view.user_with_identity(identity));
        check_room(&view, channel, known)?;
        member.check(&view)?;
        binding::check_group(&view, channel, member.binding.as_ref(), participants(&view, channel))?;
        if let Some(binding) = member.binding.as_ref().filter(|_| member.identity.is_none()) {
            binding::check_new(&view, channel, binding)?;
        }
        channel
    };
    let edge = member.add(&mut writer, channel);
    Ok(one(|out| write(call.route.api, &writer.view(), channel, edge, out)))
}

/// The participants of a conversation, those of other networks included.
fn participants(view: &WorldView<'_>, channel: u32) -> usize {
    view.members_count(channel) + view.bound_participants(channel).count()
}

/// Refuses who is a participant already, and one more than the conversation may have.
fn check_room(view: &WorldView<'_>, channel: u32, user: Option<u32>) -> Result<(), Refusal> {
    let joined =
        user.and_then(|user| view.membership_of(user, channel)).is_some_and(|edge| view.joined(edge));
    if joined {
        return Err(Refusal::new(409, 50433, "Participant already exists"));
    }
    if participants(view, channel) >= view.world.limits.channel_members as usize {
        return Err(Refusal::new(403, 50417, "Participants limit exceeded"));
    }
    Ok(())
}

/// Takes a participant SID or identity, as a fetch does.
pub(super) fn update(call: &Call<'_>) -> Result<String, Refusal> {
    let attributes = form::attributes(&call.form, form::PARTICIPANT_ATTRIBUTES)?;
    let (created, updated) = (call.form.moment("DateCreated")?, call.form.moment("DateUpdated")?);
    let index = call.form.number("LastReadMessageIndex")?;
    let last_read = call.form.moment("LastReadTimestamp")?;
    let mut writer = call.world.writer();
    let (channel, edge, role_sid, binding) = {
        let view = writer.view();
        let (channel, edge) = named(call, &view)?;
        shared::open_channel(call, &view, 1)?;
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
            record.last_read_index = index.map(i64::from);
            record.last_read = Some(now);
        }
        record.last_read = last_read.or(record.last_read);
        record.binding = binding;
        record.created = created.unwrap_or(record.created);
        record.updated = updated.unwrap_or(now);
    });
    Ok(one(|out| write(call.route.api, &writer.view(), channel, edge, out)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<String, Refusal> {
    let mut writer = call.world.writer();
    let (_, edge) = {
        let view = writer.view();
        shared::open_channel(call, &view, 1)?;
        named(call, &view)?
    };
    writer.now();
    writer.delete_membership(edge);
    Ok(String::new())
}

pub(crate) fn write(api: ServedApi, view: &WorldView<'_>, channel: u32, edge: u32, out: &mut String) {
    let (world, record) = (view.world, view.membership(edge));
    let from = out.len();
    let channel_digits = view.channel_digits(channel);
    let channel_sid = |out: &mut String| sid::write("CH", channel_digits, out);
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("MB", record.digits, out));
    api.write_owners(&mut object, world);
    object.plain(api.pick("channel_sid", "conversation_sid"), channel_sid);
    let read = record.read.as_ref();
    match read.and_then(|read| read.identity.as_deref()) {
        Some(identity) => object.text("identity", identity),
        None => object.optional_text("identity", view.identity_of(edge).as_deref()),
    }
    object.optional_text("role_sid", record.role_sid.as_deref());
    if has_fault(view, Fault::WrongType, "member", edge) {
        object.raw("attributes", "[\"a list\"]");
    } else {
        object.optional_text("attributes", record.attributes.as_deref());
    }
    if api == ServedApi::Conversations {
        match &record.binding {
            Some(binding) => binding::write(&mut object, binding),
            None => object.null("messaging_binding"),
        }
    }
    let [index, moment] = api.pick(
        ["last_consumed_message_index", "last_consumption_timestamp"],
        ["last_read_message_index", "last_read_timestamp"],
    );
    object.optional_number(index, record.last_read_index);
    optional_date(&mut object, moment, record.last_read);
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "member", edge);
    object.plain("url", |out| {
        out.extend([api.service_url(world), api.channels()]);
        channel_sid(out);
        out.push_str(api.pick("/Members/", "/Participants/"));
        sid::write("MB", record.digits, out);
    });
    object.close();
    if let Some(read) = read {
        as_sent(out, from, api, &read.as_member);
    }
}
