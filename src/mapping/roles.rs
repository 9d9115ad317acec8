//! The role table: what a Chat role becomes in Conversations.
//!
//! It is part of a mapping file (`[roles]`), so that a user can change it. Conversations renamed the role types and most
//! permissions and has no counterpart to some; a role's own entry, by SID or by name, goes before the general rule.
//!
//! **Invariant:** nothing is dropped silently. A permission without counterpart is listed as dropped, one that the table does
//! not know, neither as Chat's nor as Conversations', is passed on verbatim and listed as unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The role table of a mapping.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleTable {
    /// Chat role type → Conversations role type.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// Chat permission → Conversations permission, or `false` where there is none.
    #[serde(default)]
    pub permissions: BTreeMap<String, Counterpart>,
    /// Roles that do not follow the rule.
    #[serde(default)]
    pub overrides: Vec<RoleOverride>,
}

/// What stands for a permission in Conversations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a permission, or false where it has no counterpart")]
pub enum Counterpart {
    Permission(String),
    /// `false`: nothing.
    Nothing(bool),
}

/// A role that does not follow the rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleOverride {
    /// The role's SID in Chat.
    pub sid: Option<String>,
    /// The role's name in Chat, for roles of any SID.
    pub friendly_name: Option<String>,
    /// Its name in Conversations.
    pub name: Option<String>,
    /// Its type in Conversations.
    pub r#type: Option<String>,
    /// Its permissions in Conversations.
    pub permissions: Option<Vec<String>>,
}

/// As much of a role as the table looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoleParts<'a> {
    pub sid: Option<&'a str>,
    pub friendly_name: Option<&'a str>,
    pub r#type: Option<&'a str>,
    pub permissions: Option<&'a [String]>,
}

/// What a role becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MappedRole {
    pub friendly_name: Option<String>,
    pub r#type: Option<String>,
    /// Its permissions, in the order of Chat's.
    pub permissions: Option<Vec<String>>,
    /// Chat permissions that have no counterpart.
    pub dropped: Vec<String>,
    /// Chat permissions that the table does not know, passed on as they are.
    pub unknown: Vec<String>,
}

impl RoleTable {
    /// What a role becomes.
    pub fn map(&self, role: &RoleParts<'_>) -> MappedRole {
        let own = self.own(role);
        let mut mapped = MappedRole {
            friendly_name: own
                .and_then(|own| own.name.clone())
                .or_else(|| role.friendly_name.map(str::to_owned)),
            r#type: own
                .and_then(|own| own.r#type.clone())
                .or_else(|| role.r#type.map(|name| self.role_type(name))),
            permissions: None,
            dropped: Vec::new(),
            unknown: Vec::new(),
        };
        if let Some(permissions) = own.and_then(|own| own.permissions.clone()) {
            mapped.permissions = Some(permissions);
            return mapped;
        }
        mapped.permissions = role.permissions.map(|permissions| {
            let mut kept = Vec::new();
            for permission in permissions {
                match self.permissions.get(permission) {
                    Some(Counterpart::Permission(name)) => kept.push(name.clone()),
                    Some(Counterpart::Nothing(_)) => mapped.dropped.push(permission.clone()),
                    // A role that was read from Conversations has the counterparts already.
                    None if self.is_counterpart(permission) => kept.push(permission.clone()),
                    None => {
                        mapped.unknown.push(permission.clone());
                        kept.push(permission.clone());
                    }
                }
            }
            kept
        });
        mapped
    }

    fn is_counterpart(&self, permission: &str) -> bool {
        self.permissions
            .values()
            .any(|known| matches!(known, Counterpart::Permission(name) if name == permission))
    }

    fn role_type(&self, name: &str) -> String {
        self.types.get(name).map_or_else(|| name.to_owned(), Clone::clone)
    }

    /// The role's own entry: by SID if there is one, else by name.
    fn own(&self, role: &RoleParts<'_>) -> Option<&RoleOverride> {
        let by_sid = |entry: &&RoleOverride| entry.sid.is_some() && entry.sid.as_deref() == role.sid;
        let by_name = |entry: &&RoleOverride| {
            entry.sid.is_none()
                && entry.friendly_name.is_some()
                && entry.friendly_name.as_deref() == role.friendly_name
        };
        self.overrides.iter().find(by_sid).or_else(|| self.overrides.iter().find(by_name))
    }

    /// What is wrong with the table, if anything.
    pub(super) fn problem(&self) -> Option<String> {
        if self.permissions.values().any(|counterpart| *counterpart == Counterpart::Nothing(true)) {
            return Some("a permission is a text, or false where it has no counterpart".to_owned());
        }
        if self.overrides.iter().any(|entry| entry.sid.is_none() && entry.friendly_name.is_none()) {
            return Some("an override needs the role's `sid` or `friendly_name`".to_owned());
        }
        None
    }
}

impl minijinja::value::Object for RoleTable {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_the_table_and_their_own_entries() {
        let table: RoleTable = toml::from_str(
            "types = { deployment = \"service\" }\n\
             permissions = { createChannel = \"createConversation\", inviteMember = false }\n\
             overrides = [{ friendly_name = \"guide\", permissions = [\"sendMessage\"] },\n\
                          { sid = \"RL1\", name = \"host\", type = \"conversation\" }]",
        )
        .unwrap();
        let permissions = ["createChannel".to_owned(), "inviteMember".to_owned(), "fly".to_owned()];
        let role = RoleParts {
            sid: Some("RL1"),
            friendly_name: Some("guide"),
            r#type: Some("deployment"),
            permissions: Some(&permissions),
        };
        let mapped = table.map(&role);
        assert_eq!(mapped.friendly_name.as_deref(), Some("host"), "the SID goes before the name");
        assert_eq!(mapped.r#type.as_deref(), Some("conversation"));
        assert_eq!(mapped.permissions.unwrap(), ["createConversation", "fly"]);
        assert_eq!(
            (mapped.dropped, mapped.unknown),
            (vec!["inviteMember".to_owned()], vec!["fly".to_owned()])
        );
        let other = table.map(&RoleParts { sid: Some("RL2"), ..role });
        assert_eq!(other.permissions.unwrap(), ["sendMessage"]);
        assert_eq!(other.r#type.as_deref(), Some("service"));
        assert_eq!(table.map(&RoleParts::default()).permissions, None);
        let of_conversations = ["createConversation".to_owned(), "fly".to_owned()];
        let mapped = table.map(&RoleParts { permissions: Some(&of_conversations), ..RoleParts::default() });
        assert_eq!(mapped.permissions.unwrap(), of_conversations);
        assert_eq!(mapped.unknown, ["fly"]);
    }
}
