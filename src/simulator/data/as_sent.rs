//! What a loaded row says and its record cannot hold: keys that no description names, values of another type, enumerations and dates
//! that nothing publishes, null where a value is published.
//!
//! **Invariant:** a write that changes a value takes what was sent of it away: what was written is what is shown.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Which API shows a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShownBy {
    Chat,
    Conversations,
    Both,
}

/// A member of an object, in JSON.
#[derive(Debug, Clone)]
struct SentMember {
    shown_by: ShownBy,
    key: Box<str>,
    json: Box<str>,
}

/// Members that take the place of what a record says. Nearly all rows have none.
#[derive(Debug, Clone, Default)]
pub(crate) struct AsSent(Vec<SentMember>);

impl AsSent {
    pub(crate) fn add(&mut self, shown_by: ShownBy, key: &str, json: impl Into<Box<str>>) {
        self.0.push(SentMember { shown_by, key: key.into(), json: json.into() });
    }

    /// Adds the members of an object, as JSON.
    pub(crate) fn add_object(&mut self, shown_by: ShownBy, json: &str) {
        for (key, value) in members_of(json) {
            self.add(shown_by, &key, value.get());
        }
    }

    /// Adds what another row says of the members that one API shows.
    pub(crate) fn take_over(&mut self, other: &Self, api: ShownBy) {
        for (key, json) in other.shown_by(api) {
            self.add(api, key, json);
        }
    }

    /// Takes these away: they were written.
    pub(crate) fn forget(&mut self, keys: &[&str]) {
        self.0.retain(|member| !keys.contains(&&*member.key));
    }

    /// The members that an API shows, each with its JSON.
    pub(crate) fn shown_by(&self, api: ShownBy) -> impl Iterator<Item = (&str, &str)> {
        let members = self.0.iter();
        members
            .filter(move |member| member.shown_by == api || member.shown_by == ShownBy::Both)
            .map(|member| (&*member.key, &*member.json))
    }
}

/// The members of a JSON object, in their order; none of what is no object.
pub(crate) fn members_of(json: &str) -> Vec<(String, &RawValue)> {
    serde_json::from_str(json).map(|Members(members)| members).unwrap_or_default()
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}
