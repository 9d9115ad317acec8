//! `/v2/Services/{ServiceSid}/Roles`

use super::shared::{check_service, date, one, owners, page, row_fault, unknown_key};
use crate::simulator::data::{View, sid};
use crate::simulator::failure::Failure;
use crate::simulator::faults::Fault;
use crate::simulator::json::{self, Object};
use crate::simulator::paging::Listing;
use crate::simulator::route::Call;

/// 2019-01-01, in Unix seconds.
const CREATED: u32 = 1_546_300_800;

struct RoleList<'a>(&'a View<'a>);

impl Listing for RoleList<'_> {
    fn key(&self) -> &'static str {
        "roles"
    }

    fn prefix(&self) -> &'static str {
        "RL"
    }

    fn count(&self) -> u32 {
        u32::try_from(self.0.world.roles.len()).unwrap_or(0)
    }

    fn digits(&self, rank: u32) -> u128 {
        self.0.world.roles[rank as usize].digits
    }

    fn shows(&self, _rank: u32) -> bool {
        true
    }

    fn write(&self, rank: u32, out: &mut String) {
        write(self.0, rank, out);
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    check_service(call)?;
    let url = format!("{}/Roles", call.world.service_url);
    page(call, &RoleList(&call.world.view()), &url, &[], false).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    check_service(call)?;
    let digits = sid::digits("RL", call.captures[1]);
    let rank = call.world.roles.iter().position(|role| Some(role.digits) == digits);
    let rank = rank.and_then(|rank| u32::try_from(rank).ok()).ok_or_else(|| Failure::not_found(call.path))?;
    Ok(one(|out| write(&call.world.view(), rank, out)))
}

/// Writes the role at a place in SID order.
pub(crate) fn write(view: &View<'_>, rank: u32, out: &mut String) {
    let (world, role) = (view.world, &view.world.roles[rank as usize]);
    let mut object = Object::open(out);
    object.plain("sid", |out| sid::write("RL", role.digits, out));
    owners(&mut object, world);
    object.text("friendly_name", role.friendly_name);
    let unknown = row_fault(view, Fault::UnknownEnum, "role", rank);
    object.text("type", if unknown { "workspace" } else { role.kind });
    let permissions = object.value("permissions");
    permissions.push('[');
    for (place, permission) in role.permissions.iter().enumerate() {
        if place > 0 {
            permissions.push(',');
        }
        json::string(permission, permissions);
    }
    permissions.push(']');
    date(&mut object, "date_created", CREATED);
    date(&mut object, "date_updated", CREATED);
    unknown_key(&mut object, view, "role", rank);
    object.plain("url", |out| {
        out.extend([world.service_url.as_str(), "/Roles/"]);
        sid::write("RL", role.digits, out);
    });
    object.close();
}
