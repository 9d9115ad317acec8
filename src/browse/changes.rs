//! What differs between two snapshots about one user or channel.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::error::BrowseError;
use crate::snapshot::ListedMembership;

/// A difference: what, in the other snapshot, and in this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RecordChange {
    pub(super) what: String,
    pub(super) other: String,
    pub(super) this: String,
}

/// Values that say nothing about a person's doing: they change by themselves.
const FLEETING: [&str; 2] = ["is_online", "is_notifiable"];

const NONE: &str = "–";

/// The fields in which two states of a record differ. A record that one snapshot lacks differs entirely.
pub(super) fn of_fields<R: Serialize>(
    this: Option<&R>,
    other: Option<&R>,
) -> Result<Vec<RecordChange>, BrowseError> {
    let (Some(this), Some(other)) = (this, other) else {
        let there =
            |record: Option<&R>| if record.is_some() { "is there" } else { "is not there" }.to_owned();
        return Ok(if this.is_none() && other.is_none() {
            Vec::new()
        } else {
            vec![RecordChange { what: "the record".to_owned(), other: there(other), this: there(this) }]
        });
    };
    let (this, other) = (serde_json::to_value(this)?, serde_json::to_value(other)?);
    let empty = serde_json::Map::new();
    let (this, other) = (this.as_object().unwrap_or(&empty), other.as_object().unwrap_or(&empty));
    let differing = this.iter().filter(|(name, value)| {
        !FLEETING.contains(&name.as_str()) && other.get(*name).unwrap_or(&Value::Null) != *value
    });
    Ok(differing
        .map(|(name, value)| RecordChange {
            what: name.replace('_', " "),
            other: text(other.get(name).unwrap_or(&Value::Null)),
            this: text(value),
        })
        .collect())
}

/// The rows that only one of two lists has, and those whose status, role or notification level differ.
pub(super) fn of_lists(
    this: &[ListedMembership],
    other: &[ListedMembership],
    key: impl Fn(&ListedMembership) -> String,
    name: impl Fn(&ListedMembership) -> String,
) -> Vec<RecordChange> {
    let by_key = |rows: &[ListedMembership]| -> BTreeMap<String, ListedMembership> {
        rows.iter().map(|row| (key(row), row.clone())).collect()
    };
    let (this, other) = (by_key(this), by_key(other));
    let mut changes = Vec::new();
    let keys: std::collections::BTreeSet<&String> = this.keys().chain(other.keys()).collect();
    for key in keys {
        let (here, there) = (this.get(key), other.get(key));
        let state = |row: Option<&ListedMembership>| {
            row.map_or_else(
                || "is not there".to_owned(),
                |row| {
                    let parts = [&row.status, &row.role, &row.notification_level];
                    parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")
                },
            )
        };
        let (this, other) = (state(here), state(there));
        if this != other {
            let what = here.or(there).map(&name).unwrap_or_default();
            changes.push(RecordChange { what, other, this });
        }
    }
    changes
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => NONE.to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
