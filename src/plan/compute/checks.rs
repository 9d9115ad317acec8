//! Whether Twilio would take what is written: lengths, JSON, roles, and how many conversations a user is in.

use super::planner::Planner;
use super::values;
use crate::mapping::InvitePolicy;
use crate::model::{Entity, RoleSid};
use crate::plan::align::Item;
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::finding::{PlanCheck, Severity};
use crate::plan::operation::{JsonFields, in_braces};

/// The most characters of an identity.
const IDENTITY: usize = 256;
/// The most characters of a friendly name.
const FRIENDLY_NAME: usize = 256;

/// Whether an item's identity can be written.
pub(super) fn check_identity(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
) -> Result<Option<&'static PlanCheck>, PlanError> {
    if item.field("identity").is_none_or(|field| field.desired.is_none()) {
        return Ok(None);
    }
    let Some(identity) = item.desired_text("identity").filter(|identity| !identity.is_empty()) else {
        return planner.block(&check::IDENTITY_MISSING, item, "it has no identity".to_owned());
    };
    let length = identity.chars().count();
    if length > IDENTITY {
        return planner.block(&check::IDENTITY_TOO_LONG, item, format!("{length} characters"));
    }
    Ok(None)
}

/// Whether the user is in no more conversations than one identity may be.
pub(super) fn check_conversations_of(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
) -> Result<Option<&'static PlanCheck>, PlanError> {
    let Some(user) = item.source.as_ref().and_then(|source| source.user) else { return Ok(None) };
    let invites = planner.inputs.records.mapping.invites == InvitePolicy::Participant;
    // In place users are in their conversations already; only invitations add any.
    if !planner.is_copy && !invites {
        return Ok(None);
    }
    let counted = match user.joined_channels_count {
        Some(joined) if !invites => u64::try_from(joined).unwrap_or(0),
        _ => {
            let found = planner.pair.source.channels_of_user(&user.sid)?;
            found.joined + if invites { found.invited } else { 0 }
        }
    };
    let (most, usual) = (planner.limits.conversations, planner.usual_limits.conversations);
    if counted > most {
        let detail =
            format!("{}; the limit is {most}", values::counted(counted, "conversation", "conversations"));
        return planner.block(&check::CONVERSATIONS_OVER_LIMIT, item, detail);
    }
    if counted > usual {
        let detail = format!(
            "{}; the default limit is {usual}",
            values::counted(counted, "conversation", "conversations")
        );
        planner.find(&check::OVER_USUAL_LIMIT, item, detail)?;
    }
    Ok(None)
}

/// Whether an item's name is short enough.
pub(super) fn check_name(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
    most: usize,
) -> Result<Option<&'static PlanCheck>, PlanError> {
    let length = item.desired_text("friendly_name").map_or(0, |name| name.chars().count());
    if length <= most {
        return Ok(None);
    }
    planner.block(&check::FRIENDLY_NAME_TOO_LONG, item, format!("{length} characters; {most} fit"))
}

/// Whether the values of a create, or of the named fields of an update, would be taken.
pub(super) fn check_values(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
    written: Option<&JsonFields>,
) -> Result<Option<&'static PlanCheck>, PlanError> {
    let is_written = |name: &str| written.is_none_or(|fields| fields.contains_key(name));
    let mut blocked = None;
    if is_written("friendly_name") {
        blocked = blocked.or(check_name(planner, item, FRIENDLY_NAME)?);
    }
    if is_written("attributes") {
        blocked = blocked.or(check_attributes(planner, item)?);
    }
    if is_written("role_sid") {
        blocked = blocked.or(check_role(planner, item)?);
    }
    Ok(blocked)
}

/// Whether an item's attributes are JSON and fit.
pub(super) fn check_attributes(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
) -> Result<Option<&'static PlanCheck>, PlanError> {
    let Some(attributes) = item.desired_text("attributes") else {
        if item.field("attributes").is_some_and(|field| field.desired.is_some())
            && let Some(attributes) = source_attributes(item).filter(|text| !text.trim().is_empty())
        {
            let detail = format!("{} bytes: {}", attributes.len(), values::cut(attributes));
            planner.find(&check::ATTRIBUTES_LEFT_OUT, item, detail)?;
        }
        return Ok(None);
    };
    if attributes.trim().is_empty() {
        return Ok(None); // not sent
    }
    let most = match item.entity {
        Entity::Channel => 16 * 1024,
        Entity::Member => 4 * 1024,
        _ => usize::MAX, // no limit of a user's is documented
    };
    if attributes.len() > most {
        let detail = format!("{} bytes; {most} fit", attributes.len());
        return planner.block(&check::ATTRIBUTES_TOO_LONG, item, detail);
    }
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&attributes) {
        return planner.block(&check::ATTRIBUTES_NOT_JSON, item, error.to_string());
    }
    Ok(None)
}

/// Whether an item's role is in the target, or will be.
fn check_role(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<Option<&'static PlanCheck>, PlanError> {
    match unknown_role(planner, item) {
        Some(role) => planner.block(&check::ROLE_WITHOUT_COUNTERPART, item, format!("role {role}")),
        None => Ok(None),
    }
}

/// The item's role, where nothing in the target stands for it.
fn unknown_role(planner: &Planner<'_>, item: &Item<'_>) -> Option<String> {
    let role = item.desired_text("role_sid").filter(|_| planner.is_copy)?;
    let created = in_braces(&role);
    let is_known = match created {
        Some(created) => !planner.blocked_roles.contains(&RoleSid::from_wire(created)),
        // A role without counterpart has the SID that it has in the source.
        None => !is_of_source(item, &role),
    };
    (!is_known).then(|| created.unwrap_or(&role).to_owned())
}

/// Whether a field is left out: a role that nothing stands for, where the mapping does not have that block.
pub(super) fn leaves_out(planner: &Planner<'_>, item: &Item<'_>, field: &str) -> bool {
    field == "role_sid"
        && planner.effective(&check::ROLE_WITHOUT_COUNTERPART).severity != Severity::Block
        && unknown_role(planner, item).is_some()
}

/// What the source has, whatever the mapping makes of it.
fn source_attributes<'a>(item: &Item<'a>) -> Option<&'a str> {
    let source = item.source.as_ref()?;
    let attributes = match item.entity {
        Entity::User => source.user?.attributes.as_ref(),
        Entity::Channel => source.channel?.attributes.as_ref(),
        _ => source.member?.attributes.as_ref(),
    };
    attributes.map(String::as_str)
}

/// Whether a role is the source's own: then nothing in the target stands for it.
fn is_of_source(item: &Item<'_>, role: &str) -> bool {
    let source = item.source.as_ref();
    let own = source.and_then(|source| match item.entity {
        Entity::User => source.user.and_then(|user| user.role_sid.as_ref()),
        _ => match source.member {
            Some(member) => member.role_sid.as_ref(),
            None => source.invite.and_then(|invite| invite.role_sid.as_ref()),
        },
    });
    own.is_some_and(|own| own.to_string() == role)
}
