//! What changed, as a reader of Chat sees it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rows::{RowKey, RowMap};
use crate::simulator::TruthRow;

/// One row that came, went, or has other values.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftChange {
    /// The list it is in: `users`, `channels`, `user_channels`, `members`, `invites` or `roles`.
    pub entity: &'static str,
    /// The SIDs that name it: its own, or those of the user and the channel.
    pub key: Vec<String>,
    pub kind: DriftChangeKind,
    /// The values that differ, of a changed row.
    pub fields: Vec<DriftedField>,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftChangeKind {
    /// It was not there before.
    Added,
    /// It is there no more.
    Removed,
    /// It has other values.
    Changed,
}

/// A value that differs, exactly as Chat's JSON shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftedField {
    pub name: String,
    pub old: Value,
    pub new: Value,
}

impl DriftChange {
    pub fn to_json(&self) -> Value {
        let kind = match self.kind {
            DriftChangeKind::Added => "added",
            DriftChangeKind::Removed => "removed",
            DriftChangeKind::Changed => "changed",
        };
        let fields = self.fields.iter();
        let fields: Vec<Value> =
            fields.map(|field| json!({"field": field.name, "old": field.old, "new": field.new})).collect();
        json!({"entity": self.entity, "key": self.key, "kind": kind, "fields": fields})
    }
}

/// What differs between the rows before and after, in the order of lists and keys. Addresses are no values.
pub(super) fn between(before: &RowMap, after: &RowMap) -> Vec<DriftChange> {
    let keys: BTreeSet<&RowKey> = before.keys().chain(after.keys()).collect();
    let change = |key: &RowKey, kind, fields| DriftChange { entity: key.0, key: key.1.clone(), kind, fields };
    keys.into_iter()
        .filter_map(|key| match (before.get(key), after.get(key)) {
            (None, _) => Some(change(key, DriftChangeKind::Added, Vec::new())),
            (_, None) => Some(change(key, DriftChangeKind::Removed, Vec::new())),
            (Some(old), Some(new)) => {
                let fields = fields(old, new);
                (!fields.is_empty()).then(|| change(key, DriftChangeKind::Changed, fields))
            }
        })
        .collect()
}

fn fields(old: &TruthRow, new: &TruthRow) -> Vec<DriftedField> {
    let differing = old.iter().filter(|(name, _)| !["url", "links"].contains(&name.as_str()));
    differing
        .filter_map(|(name, old)| {
            let new = new.get(name).unwrap_or(&Value::Null);
            (old != new).then(|| DriftedField { name: name.clone(), old: old.clone(), new: new.clone() })
        })
        .collect()
}
