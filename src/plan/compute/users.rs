//! Roles and users.

use super::planner::Planner;
use super::values::created;
use super::{checks, differences};
use crate::mapping::RoleParts;
use crate::model::Entity;
use crate::plan::align::{Item, Standing, number};
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::finding::PlanCheck;
use crate::plan::operation::{JsonFields, Operation, OperationKind, Subject};

/// The most characters of a role's name.
const ROLE_NAME: usize = 64;

pub(super) fn role(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let Some(role) = item.source.as_ref().and_then(|source| source.role) else {
        return planner.find(&check::ONLY_IN_TARGET, item, "a role that the source does not have".to_owned());
    };
    planner.counterpart(item)?;
    match item.standing {
        Standing::Same => {
            planner.tally.noop(Entity::Role);
        }
        Standing::Different => {
            let left = differences::differences(planner, item, OperationKind::CreateRole).left;
            planner.find(&check::ROLE_DIFFERS, item, left.join("; "))?;
        }
        Standing::Missing if !planner.is_copy => {
            planner.find(&check::ROLE_MISSING, item, "Conversations does not list it".to_owned())?;
        }
        Standing::Missing => {
            let mut blocked = checks::check_name(planner, item, ROLE_NAME)?;
            if item.desired("friendly_name").is_none() || item.desired("type").is_none() {
                let detail = "it has no name or no type".to_owned();
                blocked = planner.block(&check::ROLE_WITHOUT_COUNTERPART, item, detail)?.or(blocked);
            }
            // `Permission` must be there in `CreateServiceRole`, and a form has no empty list.
            if item.desired_text("permissions").is_none_or(|list| list == "[]") {
                let detail = "it permits nothing that Conversations has, and a role must permit something";
                let found = planner.block(&check::ROLE_WITHOUT_COUNTERPART, item, detail.to_owned())?;
                blocked = found.or(blocked);
            }
            if blocked.is_some() {
                planner.blocked_roles.insert(role.sid.clone());
            }
            let subject = Subject { role_sid: Some(role.sid.clone()), ..planner.of_target() };
            create(planner, OperationKind::CreateRole, item, subject, blocked)?;
        }
        Standing::Duplicate => {
            let detail = "another role of the source has its name and type";
            planner.find(&check::ROLE_AMBIGUOUS, item, detail.to_owned())?;
        }
        _ => {
            planner.blocked_roles.insert(role.sid.clone());
        }
    }
    permissions(planner, item)
}

/// What is lost in translation, and what the table does not know.
fn permissions(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let table = planner.inputs.records.mapping.roles.as_ref().filter(|_| planner.reads_chat());
    let (Some(table), Some(role)) = (table, item.source.as_ref().and_then(|source| source.role)) else {
        return Ok(());
    };
    let sid = role.sid.to_string();
    let mapped = table.map(&RoleParts {
        sid: Some(&sid),
        friendly_name: role.friendly_name.as_deref(),
        r#type: role.r#type.as_ref().map(crate::model::RoleType::as_str),
        permissions: role.permissions.as_deref(),
    });
    for permission in mapped.dropped {
        planner.find(&check::PERMISSION_LOST, item, permission)?;
    }
    for permission in mapped.unknown {
        planner.find(&check::PERMISSION_UNKNOWN, item, permission)?;
    }
    Ok(())
}

pub(super) fn user(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let Some(user) = item.source.as_ref().and_then(|source| source.user) else {
        return planner.find(&check::ONLY_IN_TARGET, item, "a user that the source does not have".to_owned());
    };
    if planner.has_vanished(&user.sid)? {
        planner.blocked_users.insert(number(&user.sid), check::USER_VANISHED.code)?;
        return Ok(());
    }
    planner.counterpart(item)?;
    let mut blocked = None;
    match item.standing {
        Standing::Failed(_) => blocked = Some(&check::ROW_FAILED),
        Standing::Duplicate => {
            let detail = "another user of the source has the same identity".to_owned();
            planner.find(&check::IDENTITY_DUPLICATE, item, detail)?;
            blocked = Some(&check::IDENTITY_DUPLICATE);
        }
        _ => blocked = blocked.or(checks::check_identity(planner, item)?),
    }
    // What a create writes decides whether there will be a user at all, and with it whether there are its participants.
    let values = match item.standing {
        Standing::Missing if planner.is_copy => checks::check_values(planner, item, None)?,
        _ => None,
    };
    let many = checks::check_conversations_of(planner, item)?;
    if let Some(check) = blocked.or(values).or(many) {
        planner.blocked_users.insert(number(&user.sid), check.code)?;
        if let Some(identity) =
            item.desired_text("identity").filter(|_| check.code != check::IDENTITY_DUPLICATE.code)
        {
            planner.blocked_users.insert_identity(&identity, check.code)?;
        }
    }
    let subject = Subject {
        user_sid: Some(user.sid.clone()),
        identity: item.desired_text("identity"),
        target_sid: item.target_sid(),
        ..planner.of_target()
    };
    match item.standing {
        Standing::Same => planner.tally.noop(Entity::User),
        Standing::Different => {
            let found = differences::differences(planner, item, OperationKind::UpdateUser);
            if !found.left.is_empty() {
                planner.find(&check::USER_DIFFERS, item, found.left.join("; "))?;
            }
            if !found.after.is_empty() {
                let blocked = blocked.or(checks::check_values(planner, item, Some(&found.after))?);
                let (before, after) = (found.before, found.after);
                let operation = Operation { kind: OperationKind::UpdateUser, subject, before, after };
                planner.operation(operation, blocked.map(|check| check.code))?;
            }
        }
        Standing::Missing if planner.is_copy => {
            create(planner, OperationKind::CreateUser, item, subject, blocked.or(values))?;
        }
        Standing::Missing => {
            planner.find(&check::USER_MISSING, item, "Conversations does not list it".to_owned())?;
        }
        _ => {}
    }
    Ok(())
}

/// Adds a create with all that is known of the item.
pub(super) fn create(
    planner: &mut Planner<'_>,
    kind: OperationKind,
    item: &Item<'_>,
    subject: Subject,
    blocked: Option<&'static PlanCheck>,
) -> Result<(), PlanError> {
    let mut after = JsonFields::new();
    for field in &item.fields {
        // A conversation is created active, whatever its state will be: `plan_last` writes that.
        if kind == OperationKind::CreateConversation && field.name == "state"
            || checks::leaves_out(planner, item, field.name)
        {
            continue;
        }
        if let Some(value) = created(field).filter(|value| kind.can_send(field.name, value)) {
            after.insert(field.name.to_owned(), value);
        }
    }
    let operation = Operation { kind, subject, before: JsonFields::new(), after };
    planner.operation(operation, blocked.map(|check| check.code))
}
