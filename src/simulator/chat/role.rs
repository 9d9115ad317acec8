//! `/v2/Services/{ServiceSid}/Roles`

use super::shared::owners;
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, optional_name, page, row_fault, unknown_key};

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let listing = Rows {
        key: "roles",
        prefix: "RL",
        order: view.roles(),
        shows: |role| view.role_exists(role),
        write: |role, out: &mut String| write(&view, role, out),
    };
    let url = format!("{}/Roles", call.world.service_url);
    page(call, &listing, &url, &[], None).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let view = call.world.view();
    let role = view.find_role(call.captures[1]).ok_or_else(|| Failure::not_found(call.path))?;
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
        true => "deployment",
        false => "channel",
    };
    object.text("type", kind);
    object.texts("permissions", record.permissions.iter().map(String::as_str));
    date(&mut object, "date_created", record.created);
    date(&mut object, "date_updated", record.updated);
    unknown_key(&mut object, view, "role", role);
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Roles/"]);
        sid::write("RL", record.digits, out);
    });
    object.close();
}
