//! The `[plan]` section of a mapping file: what a plan may write over, and how it names what it makes.
//!
//! **Invariant:** without the section a plan writes nothing over. What differs in the target is reported, and whoever wants it
//! changed says so field by field.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::MappingProblem;
use crate::storage::nearest;

/// What a plan may write over, by the fields' names, `record.column`.
pub(crate) const UPDATABLE: [&str; 11] = [
    "conversation_users.role_sid",
    "conversation_users.attributes",
    "conversation_users.friendly_name",
    "conversations.friendly_name",
    "conversations.attributes",
    "conversations.date_created",
    "participants.role_sid",
    "participants.attributes",
    "participants.last_read_message_index",
    "participants.last_read_timestamp",
    "user_conversations.notification_level",
];

/// What a plan may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlanRules {
    /// Of a migration in place.
    pub in_place: FieldRules,
    /// Of a copy to another service.
    pub copy: FieldRules,
    /// What stands before a channel's SID in the unique name of a copy, where the channel has none itself.
    pub unique_name_prefix: String,
    /// Whether a copied participant's read index and timestamp are written.
    pub read_horizon: bool,
    /// Whether a conversation of the same unique name, but of another date of creation, is taken for the channel's own copy.
    pub adopt: bool,
    /// Blocking checks, by their code, that do not block.
    pub checks: BTreeMap<String, LoweredSeverity>,
}

/// The severity of a check that would block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoweredSeverity {
    Note,
    Warn,
}

/// Which fields of what is there already are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldRules {
    /// Wherever they differ.
    pub owns: Vec<String>,
    /// Where the target has nothing.
    pub fills: Vec<String>,
}

impl Default for PlanRules {
    fn default() -> Self {
        Self {
            in_place: FieldRules::default(),
            copy: FieldRules::default(),
            unique_name_prefix: "chatferry-".to_owned(),
            read_horizon: true,
            adopt: false,
            checks: BTreeMap::new(),
        }
    }
}

impl PlanRules {
    /// What is wrong with it, if anything.
    pub(super) fn problem(&self) -> Option<MappingProblem> {
        for rules in [&self.in_place, &self.copy] {
            for name in rules.owns.iter().chain(&rules.fills) {
                if !UPDATABLE.contains(&name.as_str()) {
                    return Some(MappingProblem::Unknown {
                        what: "field of a plan",
                        name: name.clone(),
                        suggestion: nearest(name, UPDATABLE).map(str::to_owned),
                        known: format!("fields that a plan can update are {}", UPDATABLE.join(", ")),
                    });
                }
            }
            if let Some(name) = rules.owns.iter().find(|name| rules.fills.contains(name)) {
                return Some(MappingProblem::Twice { what: "field of a plan", name: name.clone() });
            }
        }
        // 50390: a unique name must not look like a SID; with the SID behind it must fit.
        if self.unique_name_prefix.is_empty() || self.unique_name_prefix.len() > 64 {
            let message =
                "`unique_name_prefix` must have 1 to 64 bytes: a unique name must not look like a SID";
            return Some(MappingProblem::Expression { message: message.to_owned() });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{bundled_text, load, parse};

    fn with_plan(plan: &str) -> Result<PlanRules, String> {
        let text = format!(
            "version = 1\nname = \"m\"\n{plan}\n[[records]]\nname = \"r\"\nentity = \"user\"\nkey = [\"sid\"]\n\
             columns = [{{ name = \"sid\", path = \"sid\" }}]"
        );
        parse(&text, "m.toml", None).map(|mapping| mapping.plan).map_err(|error| error.to_string())
    }

    #[test]
    fn without_the_section_nothing_is_written_over() {
        let rules = with_plan("").unwrap();
        assert_eq!(rules, PlanRules::default());
        assert!(rules.in_place.owns.is_empty() && rules.copy.owns.is_empty());
    }

    #[test]
    fn the_bundled_mapping_owns_nothing_in_place() {
        assert!(bundled_text("conversations").unwrap().contains("[plan"));
        let rules = load("conversations").unwrap().plan;
        assert_eq!(rules.in_place, FieldRules::default());
        assert!(rules.copy.owns.is_empty());
        assert_eq!(
            rules.copy.fills,
            ["participants.last_read_message_index", "participants.last_read_timestamp"]
        );
        assert_eq!(rules.unique_name_prefix, "chatferry-");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let wrong = with_plan("[plan.copy]\nowns = [\"participants.rolesid\"]").unwrap_err();
        assert!(wrong.starts_with("m.toml:3:"), "{wrong}");
        assert!(wrong.contains("did you mean `participants.role_sid`?"), "{wrong}");
        assert!(with_plan("[plan]\nunique_name_prefix = \"\"").unwrap_err().contains("1 to 64 bytes"));
        let twice = "[plan.copy]\nowns = [\"participants.role_sid\"]\nfills = [\"participants.role_sid\"]";
        assert!(with_plan(twice).unwrap_err().contains("is named twice"));
        assert!(with_plan("[plan]\nown = []").unwrap_err().contains("unknown field `own`"));
    }
}
