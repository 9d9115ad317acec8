//! `/v2/Services/{ServiceSid}/Roles` and `/v1/Services/{ChatServiceSid}/Roles`: the same roles, in the words of either API.
//!
//! Whether Twilio translates the permissions of a role that Chat made is documented nowhere; that both APIs show one
//! object, and that `inviteMember` is no permission of Conversations, is. What has no counterpart stays as it is.

use super::form;
use super::shared::{as_sent, date, has_fault, one, optional_name, plain_page, unknown_key};
use crate::simulator::data::as_sent::AsSent;
use crate::simulator::data::record::RoleRecord;
use crate::simulator::data::role_table::{from_chat, to_chat};
use crate::simulator::data::{WorldView, sid};
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::RecordList;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// A permission that Conversations lacks.
const ONLY_IN_CHAT: &str = "inviteMember";

/// `Permission`, at least once; the only name that is known to be refused is the one that Conversations lacks.
fn permissions(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    form::required(&call.form, "Permission")?;
    let given = call.form.all("Permission");
    let read = |name: &str| {
        if name == ONLY_IN_CHAT { Err(Refusal::bad_parameter("Permission", name)) } else { Ok(to_chat(name)) }
    };
    given.map(read).collect()
}

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let roles = RecordList {
        key: "roles",
        prefix: "RL",
        order: view.roles(),
        shows: |role| view.role_exists(role),
        write: |role, out: &mut String| write(call.route.api, &view, role, out),
    };
    plain_page(call, &roles, &format!("{}/Roles", call.service_url()))
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    let view = call.world.view();
    let role = named(call, &view)?;
    Ok(one(|out| write(call.route.api, &view, role, out)))
}

pub(super) fn create(call: &Call<'_>) -> Result<String, Refusal> {
    form::required(&call.form, "FriendlyName")?;
    let friendly_name = form::friendly_name(&call.form, form::ROLE_NAME)?.unwrap_or_default();
    let of_service = match form::required(&call.form, "Type")? {
        "service" => true,
        "conversation" => false,
        other => return Err(Refusal::bad_parameter("Type", other)),
    };
    let permissions = permissions(call)?;
    let mut writer = call.world.writer();
    let now = writer.now();
    let record = RoleRecord {
        digits: 0,
        friendly_name,
        of_service,
        permissions,
        created: now,
        updated: now,
        sent: AsSent::default(),
    };
    let role = writer.create_role(record);
    Ok(one(|out| write(call.route.api, &writer.view(), role, out)))
}

/// Replaces the complete list of permissions.
pub(super) fn update(call: &Call<'_>) -> Result<String, Refusal> {
    let permissions = permissions(call)?;
    let mut writer = call.world.writer();
    let role = named(call, &writer.view())?;
    let now = writer.now();
    writer.update_role(role, |record| {
        record.permissions = permissions;
        record.updated = now;
    });
    Ok(one(|out| write(call.route.api, &writer.view(), role, out)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<String, Refusal> {
    let mut writer = call.world.writer();
    let role = named(call, &writer.view())?;
    writer.now();
    writer.delete_role(role);
    Ok(String::new())
}

fn named(call: &Call<'_>, view: &WorldView<'_>) -> Result<u32, Refusal> {
    view.find_role(call.captures[1]).ok_or_else(|| Refusal::not_found(call.path))
}

pub(crate) fn write(api: ServedApi, view: &WorldView<'_>, role: u32, out: &mut String) {
    let (world, record) = (view.world, view.role(role));
    let from = out.len();
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("RL", record.digits, out));
    api.write_owners(&mut object, world);
    optional_name(&mut object, Some(&record.friendly_name), view, ("role", role));
    let kind = match record.of_service {
        _ if has_fault(view, Fault::UnknownEnum, "role", role) => "workspace",
        true => api.pick("deployment", "service"),
        false => api.pick("channel", "conversation"),
    };
    object.text("type", kind);
    let permissions = record.permissions.iter().map(String::as_str);
    match api {
        ServedApi::Chat => object.texts("permissions", permissions),
        ServedApi::Conversations => {
            let known = permissions.filter(|permission| *permission != ONLY_IN_CHAT);
            object.texts("permissions", known.map(from_chat));
        }
    }
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "role", role);
    object.plain("url", |out| {
        out.extend([api.service_url(world), "/Roles/"]);
        sid::write("RL", record.digits, out);
    });
    object.close();
    as_sent(out, from, api, &record.sent);
}
