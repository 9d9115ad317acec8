//! What expressions can name: the entity of the rows, what `run` has, the lists of the record and the safe names of the mapping.

use std::collections::BTreeMap;

use minijinja::Value as Jinja;

use super::file::InvitePolicy;
use super::safe_name::SafeNames;
use crate::model::Entity;

/// What an expression is compiled for.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameScope<'a> {
    pub(super) entity: Entity,
    pub(super) run: &'a RunValues,
    pub(super) lists: &'a [String],
    pub(super) safe_names: &'a SafeNames,
}

/// What `run` has: the mapping's word on invitations, and its switches.
#[derive(Debug, Clone, Default)]
pub(super) struct RunValues {
    pub(super) invites: InvitePolicy,
    pub(super) switches: BTreeMap<String, bool>,
}

/// The value of a name of `run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunValue {
    Text(&'static str),
    Switch(bool),
}

impl RunValues {
    pub(super) fn get(&self, name: &str) -> Option<RunValue> {
        match name {
            "invites" => Some(RunValue::Text(self.invites.name())),
            name => self.switches.get(name).copied().map(RunValue::Switch),
        }
    }

    pub(super) fn names(&self) -> Vec<&str> {
        std::iter::once("invites").chain(self.switches.keys().map(String::as_str)).collect()
    }

    pub(super) fn to_jinja(&self) -> Jinja {
        let switches = self.switches.iter().map(|(name, on)| (name.as_str(), Jinja::from(*on)));
        let invites = ("invites", Jinja::from(self.invites.name()));
        Jinja::from_pairs(std::iter::once(invites).chain(switches))
    }
}
