//! What changed, as a reader of Chat sees it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rows::{Key, RowMap};
use crate::simulator::Row;

/// One row that came, went, or has other values.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The list it is in: `users`, `channels`, `user_channels`, `members`, `invites` or `roles`.
    pub entity: &'static str,
    /// The SIDs that name it: its own, or those of the user and the channel.
    pub key: Vec<String>,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The values that differ, of a changed row.
    pub fields: Vec<FieldChange>,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It is there no more.
    Removed,
    /// It has other values.
    Changed,
}

/// A value that differs, exactly as Chat's JSON shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The key.
    pub name: String,
    /// The value before.
    pub old: Value,
    /// The value after.
    pub new: Value,
}

impl Change {
    /// As JSON, one object.
    pub fn to_json(&self) -> Value {
        let kind = match self.kind {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
        };
        let fields = self.fields.iter();
        let fields: Vec<Value> =
            fields.map(|field| json!({"field": field.name, "old": field.old, "new": field.new})).collect();
        json!({"entity": self.entity, "key": self.key, "kind": kind, "fields": fields})
    }
}

/// What differs between the rows before and after, in the order of lists and keys. Addresses are no values.
pub(super) fn between(before: &RowMap, after: &RowMap) -> Vec<Change> {
    let keys: BTreeSet<&Key> = before.keys().chain(after.keys()).collect();
    let change = |key: &Key, kind, fields| Change { entity: key.0, key: key.1.clone(), kind, fields };
    keys.into_iter()
        .filter_map(|key| match (before.get(key), after.get(key)) {
            (None, _) => Some(change(key, ChangeKind::Added, Vec::new())),
            (_, None) => Some(change(key, ChangeKind::Removed, Vec::new())),
            (Some(old), Some(new)) => {
                let fields = fields(old, new);
                (!fields.is_empty()).then(|| change(key, ChangeKind::Changed, fields))
            }
        })
        .collect()
}

fn fields(old: &Row, new: &Row) -> Vec<FieldChange> {
    let differing = old.iter().filter(|(name, _)| !["url", "links"].contains(&name.as_str()));
    differing
        .filter_map(|(name, old)| {
            let new = new.get(name).unwrap_or(&Value::Null);
            (old != new).then(|| FieldChange { name: name.clone(), old: old.clone(), new: new.clone() })
        })
        .collect()
}
