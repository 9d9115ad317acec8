//! What happens to fields that differ: written where the mapping owns them, or fills them and there is nothing; reported otherwise.

use super::checks;
use super::planner::Planner;
use super::values::{json, shown};
use crate::mapping::Value;
use crate::model::Entity;
use crate::plan::align::{FieldPair, Item};
use crate::plan::equality;
use crate::plan::operation::{JsonFields, OperationKind};

/// The differences of an item, sorted by what happens to them.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// What is written, as it is.
    pub(super) before: JsonFields,
    /// What is written, as it will be.
    pub(super) after: JsonFields,
    /// What is left: `role_sid: "RL1" → "RL2"`, as it is and as it should be.
    pub(super) left: Vec<String>,
}

/// Sorts the differences of an item. `kind` is the operation that would write them.
pub(super) fn differences(planner: &Planner<'_>, item: &Item<'_>, kind: OperationKind) -> Differences {
    let mut found = Differences::default();
    for field in item.fields.iter().filter(|field| field.differs) {
        let Some(desired) = field.desired else { continue };
        let written = equality::writable(field.name, json(desired));
        let is_left_out = checks::leaves_out(planner, item, field.name);
        let written = written.filter(|_| !is_left_out);
        match written.filter(|value| is_written(planner, item, field) && kind.can_send(field.name, value)) {
            Some(value) => {
                found.before.insert(field.name.to_owned(), json(field.actual));
                found.after.insert(field.name.to_owned(), value);
            }
            None => {
                found.left.push(format!("{}: {} → {}", field.name, shown(field.actual), shown(desired)));
            }
        }
    }
    found
}

fn is_written(planner: &Planner<'_>, item: &Item<'_>, field: &FieldPair<'_>) -> bool {
    let rules = planner.rules();
    let is_horizon = field.name.starts_with("last_read_");
    if is_horizon && planner.is_copy && !planner.inputs.records.mapping.plan.read_horizon {
        return false;
    }
    let record = match item.entity {
        Entity::User => "conversation_users",
        Entity::Channel => "conversations",
        Entity::Member => "participants",
        Entity::Membership => "user_conversations",
        _ => return false,
    };
    let is_named = |names: &[String]| {
        names
            .iter()
            .any(|name| name.strip_prefix(record).and_then(|name| name.strip_prefix('.')) == Some(field.name))
    };
    // A timestamp is written together with its index: without one the API counts nothing from it, and with another index than its
    // own it would be wrong.
    let index = item.field("last_read_message_index").filter(|_| field.name == "last_read_timestamp");
    let has_index = index.is_none_or(|index| index.desired.is_some_and(|index| index != Value::Null));
    let is_fit = index.is_none_or(|index| index.actual == Value::Null);
    has_index
        && (is_named(&rules.owns)
            || is_named(&rules.fills) && equality::is_unset(field.name, field.actual) && is_fit)
}
