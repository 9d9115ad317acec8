//! A record's fields as a page lists them: every field that the model has, names in plain words, nothing left out but what is empty.

use serde::Serialize;
use serde_json::Value;

use super::error::BrowseError;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether it is shown as code.
    pub(super) code: bool,
}

/// Fields that hold what people call each other and wrote: hidden with `--pii hide`.
const PERSONAL: [&str; 13] = [
    "identity",
    "friendly_name",
    "unique_name",
    "attributes",
    "created_by",
    "bindings",
    "body",
    "from",
    "media",
    "extra",
    "last_updated_by",
    "pre_webhook_url",
    "post_webhook_url",
];

/// What stands where something is hidden.
pub(super) const HIDDEN: &str = "(hidden)";

/// The fields of a record that have a value.
pub(super) fn facts(record: &impl Serialize, hide: bool) -> Result<Vec<Fact>, BrowseError> {
    let Value::Object(fields) = serde_json::to_value(record)? else { return Ok(Vec::new()) };
    let shown = fields.into_iter().filter(|(_, value)| !value.is_null());
    Ok(shown
        .map(|(name, value)| {
            let text = match &value {
                Value::String(text) => text.clone(),
                Value::Array(items) if items.iter().all(Value::is_string) => {
                    items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
                }
                value => value.to_string(),
            };
            let is_personal = hide && PERSONAL.contains(&name.as_str());
            Fact {
                code: name.ends_with("sid") || name == "attributes" || value.is_object(),
                name: name.replace('_', " "),
                value: if is_personal { HIDDEN.to_owned() } else { text },
            }
        })
        .collect())
}
