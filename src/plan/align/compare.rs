//! Whether what should be there and what is there are the same.

use super::actual;
use super::item::{Actual, FieldPair, Standing};
use super::role_map::{RoleMap, role_of};
use crate::mapping::Value;
use crate::model::RoleSid;
use crate::plan::equality;

/// Pairs the fields of an item. `roles` has the counterparts of roles in a copy; in place SIDs are the same. `defaults` are the roles
/// that the target gives to what is written without one, as far as they are known.
pub(super) fn pair<'a>(
    fields: &'static [&'static str],
    desired: Vec<Option<Value<'a>>>,
    actual: Option<&Actual<'a>>,
    roles: Option<&'a RoleMap>,
    defaults: &[RoleSid],
) -> Vec<FieldPair<'a>> {
    let pairs = fields.iter().zip(desired).map(|(&name, desired)| {
        let desired = match (name, desired, roles) {
            ("role_sid", Some(value), Some(roles)) if value != Value::Null => {
                // A role that has no counterpart keeps its own SID, which no role of the target has.
                Some(roles.counterpart(value).unwrap_or(value))
            }
            (_, desired, _) => desired,
        };
        let found = actual.and_then(|actual| actual::value(actual, name));
        let differs = match (desired, found) {
            (Some(Value::Null), Some(found)) if name == "role_sid" && is_default(found, defaults) => false,
            (Some(desired), Some(found)) => !equality::same_cells(name, desired, found),
            _ => false,
        };
        FieldPair { name, desired, actual: found.unwrap_or(Value::Null), differs }
    });
    pairs.collect()
}

/// Whether the target may have given a role by itself.
fn is_default(role: Value<'_>, defaults: &[RoleSid]) -> bool {
    defaults.is_empty() || role_of(role).is_some_and(|role| defaults.contains(&role))
}

/// How an item stands, by its fields.
pub(super) fn standing<'a>(fields: &[FieldPair<'a>], actual: Option<&Actual<'a>>) -> Standing<'a> {
    match actual {
        None => Standing::Missing,
        Some(_) if fields.iter().any(|field| field.differs) => Standing::Different,
        Some(_) => Standing::Same,
    }
}
