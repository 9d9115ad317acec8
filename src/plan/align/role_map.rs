//! What stands for a role of the source in the target.

use std::collections::HashMap;

use crate::mapping::Value;
use crate::model::{Role, RoleSid};

/// The target's roles, and which of them stand for the source's.
#[derive(Debug, Default)]
pub(super) struct RoleMap {
    targets: Vec<Role>,
    by_sid: HashMap<RoleSid, usize>,
    by_name: HashMap<(String, String), usize>,
    /// In a copy: what `role_sid` is to be for each role of the source.
    counterparts: HashMap<RoleSid, String>,
    /// In a copy: the first role of the source that is to be made under a name.
    planned: HashMap<(String, String), RoleSid>,
}

impl RoleMap {
    pub(super) fn add_target(&mut self, role: Role) {
        let position = self.targets.len();
        self.by_sid.insert(role.sid.clone(), position);
        if let (Some(name), Some(kind)) = (&role.friendly_name, &role.r#type) {
            self.by_name.entry((name.clone(), kind.as_str().to_owned())).or_insert(position);
        }
        self.targets.push(role);
    }

    pub(super) fn targets(&self) -> &[Role] {
        &self.targets
    }

    pub(super) fn of_sid(&self, sid: &RoleSid) -> Option<usize> {
        self.by_sid.get(sid).copied()
    }

    pub(super) fn of_name(&self, name: &str, kind: &str) -> Option<usize> {
        self.by_name.get(&(name.to_owned(), kind.to_owned())).copied()
    }

    /// Notes a role of the source that the target has.
    pub(super) fn matched(&mut self, source: &RoleSid, position: usize) {
        self.counterparts.insert(source.clone(), self.targets[position].sid.to_string());
    }

    /// Notes a role of the source that is to be made. Says whether another one is to be made under the same name.
    pub(super) fn planned(&mut self, source: &RoleSid, name: &str, kind: &str) -> bool {
        let first = self.planned.entry((name.to_owned(), kind.to_owned())).or_insert_with(|| source.clone());
        self.counterparts.insert(source.clone(), format!("{{{first}}}"));
        first != source
    }

    /// What a role SID of the source is in the target: a SID, or `{RL…}` of a role that is to be made.
    pub(super) fn counterpart<'a>(&'a self, value: Value<'_>) -> Option<Value<'a>> {
        self.counterparts.get(&role_of(value)?).map(|text| Value::Text(text))
    }
}

/// The SID in a value; none for null.
pub(super) fn role_of(value: Value<'_>) -> Option<RoleSid> {
    Some(match value {
        Value::Sid(_, digits) => RoleSid::from_bytes(digits),
        value => RoleSid::from_wire(&value.to_text()?),
    })
}
