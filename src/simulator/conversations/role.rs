//! `/v1/Services/{ChatServiceSid}/Roles`: Chat's roles in the words of Conversations.
//!
//! Whether Twilio translates the permissions of a role that Chat made is documented nowhere; that both APIs show one
//! object, and that `inviteMember` is no permission of Conversations, is. What has no counterpart stays as it is.

use super::form;
use super::shared::owners;
use crate::simulator::data::record::RoleRecord;
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_name, page, row_fault, unknown_key};

/// Chat's permission and Conversations', where the names differ.
const PERMISSIONS: [(&str, &str); 10] = [
    ("createChannel", "createConversation"),
    ("joinChannel", "joinConversation"),
    ("destroyChannel", "deleteConversation"),
    ("addMember", "addParticipant"),
    ("removeMember", "removeParticipant"),
    ("editChannelName", "editConversationName"),
    ("editChannelAttributes", "editConversationAttributes"),
    ("editAnyMemberAttributes", "editAnyParticipantAttributes"),
    ("editOwnMemberAttributes", "editOwnParticipantAttributes"),
    ("leaveChannel", "leaveConversation"),
];

/// A permission that Conversations has not.
const NOT_THERE: &str = "inviteMember";

fn from_chat(permission: &str) -> &str {
    PERMISSIONS.iter().find(|(chat, _)| *chat == permission).map_or(permission, |(_, name)| name)
}

fn to_chat(permission: &str) -> String {
    PERMISSIONS.iter().find(|(_, name)| *name == permission).map_or(permission, |(chat, _)| chat).to_owned()
}

/// `Permission`, at least once; nothing tells which names Twilio refuses but the one that is not there.
fn permissions(call: &Call<'_>) -> Result<Vec<String>, Failure> {
    form::required(&call.form, "Permission")?;
    let given = call.form.all("Permission");
    let read = |name: &str| {
        if name == NOT_THERE { Err(Failure::bad_parameter("Permission", name)) } else { Ok(to_chat(name)) }
    };
    given.map(read).collect()
}

pub(super) fn create(call: &Call<'_>) -> Result<String, Failure> {
    form::required(&call.form, "FriendlyName")?;
    let friendly_name = form::friendly_name(&call.form, form::ROLE_NAME)?.unwrap_or_default();
    let of_service = match form::required(&call.form, "Type")? {
        "service" => true,
        "conversation" => false,
        other => return Err(Failure::bad_parameter("Type", other)),
    };
    let permissions = permissions(call)?;
    let mut writer = call.world.writer();
    let now = writer.now();
    let record = RoleRecord { digits: 0, friendly_name, of_service, permissions, created: now, updated: now };
    let role = writer.create_role(record);
    Ok(one(|out| write(&writer.view(), role, out)))
}

/// Replaces the whole list of permissions.
pub(super) fn update(call: &Call<'_>) -> Result<String, Failure> {
    let permissions = permissions(call)?;
    let mut writer = call.world.writer();
    let role = named(call, &writer.view())?;
    let now = writer.now();
    writer.update_role(role, |record| {
        record.permissions = permissions;
        record.updated = now;
    });
    Ok(one(|out| write(&writer.view(), role, out)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<String, Failure> {
    let mut writer = call.world.writer();
    let role = named(call, &writer.view())?;
    writer.now();
    writer.delete_role(role);
    Ok(String::new())
}

fn named(call: &Call<'_>, view: &View<'_>) -> Result<u32, Failure> {
    view.find_role(call.captures[1]).ok_or_else(|| Failure::not_found(call.path))
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let listing = Rows {
        key: "roles",
        prefix: "RL",
        order: view.roles(),
        shows: |role| view.role_exists(role),
        write: |role, out: &mut String| write(&view, role, out),
    };
    let url = format!("{}/Roles", call.world.conversations_url);
    page(call, &listing, &url, &[], None).map(|page| page.body)
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let role = named(call, &view)?;
    Ok(one(|out| write(&view, role, out)))
}

/// Writes a role.
pub(crate) fn write(view: &View<'_>, role: u32, out: &mut String) {
    let (world, record) = (view.world, view.role(role));
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("RL", record.digits, out));
    owners(&mut object, world);
    optional_name(&mut object, "friendly_name", Some(&record.friendly_name), view, ("role", role));
    let kind = match record.of_service {
        _ if row_fault(view, Fault::UnknownEnum, "role", role) => "workspace",
        true => "service",
        false => "conversation",
    };
    object.text("type", kind);
    let permissions = record.permissions.iter().filter(|permission| *permission != NOT_THERE);
    object.texts("permissions", permissions.map(|permission| from_chat(permission)));
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "role", role);
    object.plain("url", |out| {
        out.extend([world.conversations_url.as_str(), "/Roles/"]);
        sid::write("RL", record.digits, out);
    });
    object.close();
}
