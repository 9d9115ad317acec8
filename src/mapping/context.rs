//! The context of expressions: the records of one row, as the expression engine sees them.
//!
//! Only the fields that a record's expressions read are converted, once for a row, whatever the number of expressions.
//!
//! **Invariant:** a record that the snapshot does not have is there, false, and all its fields are null: what a path gives for
//! it is what an expression gives.

use std::sync::Arc;

use minijinja::Value as Jinja;
use minijinja::value::{Enumerator, Object, Serde};

use super::expression::Needs;
use super::field::entity_name;
use super::functions;
use super::json;
use super::pii::PiiKey;
use super::roles::RoleTable;
use super::safe_name::SafeNames;
use super::scope::RunValues;
use super::sids::SidMap;
use super::value::Value;
use crate::model::{Entity, RowRecords};

/// What does not change from row to row.
#[derive(Debug, Clone, Default)]
pub(super) struct Constants {
    entries: Vec<(&'static str, Jinja)>,
}

impl Constants {
    pub(super) fn new(run: &RunValues, safe_names: SafeNames, roles: Option<Arc<RoleTable>>) -> Self {
        let mut entries =
            vec![("run", run.to_jinja()), (functions::SAFE_NAMES, Jinja::from_object(safe_names))];
        if let Some(roles) = roles {
            entries.push((functions::ROLES, Jinja::from_dyn_object(roles)));
        }
        Self { entries }
    }

    pub(super) fn set_key(&mut self, key: PiiKey) {
        self.entries.retain(|(name, _)| *name != functions::KEY);
        self.entries.push((functions::KEY, Jinja::from_object(key)));
    }

    pub(super) fn set_drops(&mut self) {
        self.entries.retain(|(name, _)| *name != functions::DROPS);
        self.entries.push((functions::DROPS, Jinja::from(true)));
    }

    pub(super) fn set_sids(&mut self, sids: SidMap) {
        self.entries.retain(|(name, _)| *name != functions::SIDS);
        self.entries.push((functions::SIDS, Jinja::from_object(sids)));
    }

    pub(super) fn set_users(&mut self, users: SidMap) {
        self.entries.retain(|(name, _)| *name != functions::USERS);
        self.entries.push((functions::USERS, Jinja::from_object(users)));
    }
}

/// Names and values, few enough that looking through them is the fastest way.
#[derive(Debug)]
struct RecordValues {
    entries: Vec<(&'static str, Jinja)>,
    present: bool,
}

impl Object for RecordValues {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.entries.iter().map(|(name, _)| Jinja::from(*name)).collect())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.present
    }
}

/// The lists of a row: a name and JSON text each.
#[derive(Debug)]
struct ListValues(Vec<(String, Arc<str>)>);

impl Object for ListValues {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        let (_, text) = self.0.iter().find(|(name, _)| name == key)?;
        json::parse(text).ok()
    }
}

/// The context of a row; `lists` has the text of each list that expressions read.
pub(super) fn context(
    subject: &RowRecords<'_>,
    needs: &Needs,
    constants: &Constants,
    lists: Vec<(String, Arc<str>)>,
) -> Jinja {
    let mut entries = Vec::with_capacity(needs.bare.len() + constants.entries.len() + 4);
    if !lists.is_empty() {
        entries.push(("lists", Jinja::from_object(ListValues(lists))));
    }
    for field in &needs.bare {
        entries.push((field.name, jinja((field.get)(subject))));
    }
    for entity in Entity::ALL {
        let mut fields = needs.fields.iter().filter(|field| field.entity == entity).peekable();
        if fields.peek().is_some() {
            let values = fields.map(|field| (field.name, jinja((field.get)(subject)))).collect();
            let record = RecordValues { entries: values, present: is_present(subject, entity) };
            entries.push((entity_name(entity), Jinja::from_object(record)));
        }
    }
    entries.extend(constants.entries.iter().map(|(name, value)| (*name, value.clone())));
    Jinja::from_object(RecordValues { entries, present: true })
}

fn is_present(subject: &RowRecords<'_>, entity: Entity) -> bool {
    match entity {
        Entity::Service => true,
        Entity::Role => subject.role.is_some(),
        Entity::User => subject.user.is_some(),
        Entity::Channel => subject.channel.is_some(),
        Entity::Membership => subject.membership.is_some(),
        Entity::Member => subject.member.is_some(),
        Entity::Invite => subject.invite.is_some(),
        Entity::Message => subject.message.is_some(),
        Entity::Binding => subject.binding.is_some(),
    }
}

/// A cell's value in the engine's terms. Dates are their text; JSON is what it stands for.
pub(super) fn jinja(value: Value<'_>) -> Jinja {
    match value {
        Value::Null => Jinja::from(()),
        Value::Boolean(value) => Jinja::from(value),
        Value::Integer(value) => Jinja::from(value),
        Value::Number(value) => Jinja::from(value),
        Value::Text(text) => Jinja::from(text),
        Value::Sid(..) | Value::Time(_) => {
            value.to_text().map_or_else(|| Jinja::from(()), |text| Jinja::from(text.as_ref()))
        }
        Value::List(texts) => Jinja::from(Serde(texts)),
        Value::Json(text) => json::parse(text).unwrap_or_else(|_| Jinja::from(text)),
    }
}
