//! The request that an operation is, as a value: one function from operation to request, which reports show and `apply` sends.
//!
//! **Invariant:** what is shown is what is sent. Both come from [`Operation::request`], and its text is part of the plan's digest.
//!
//! **Invariant:** SIDs in paths, never identities.
//!
//! Which parameter a value is sent as, and what is sent for null, is said in `parameters`.

mod parameters;
mod paths;

#[cfg(test)]
mod tests;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_json::Value;

pub(crate) use paths::WITH_PARTICIPANTS;

use super::operation::{Endpoint, JsonFields, Operation, OperationKind, PARTICIPANTS, in_braces, value_at};
use crate::model::Entity;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteMethod {
    /// Creates and updates.
    Post,
    /// Deletes; in an undo plan alone.
    Delete,
}

impl WriteMethod {
    /// Its name in HTTP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    /// The target's SID of what stands for this source record; known once it is created. Shown as `{CH…}`.
    Counterpart {
        entity: Entity,
        /// Its SID in the source.
        source: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormValue {
    Text(String),
    /// See [`Segment::Counterpart`].
    Counterpart {
        entity: Entity,
        /// Its SID in the source.
        source: String,
    },
    /// The target's SID of what was uploaded in place of this media of the source.
    Media {
        /// `ME…` of the source.
        source: String,
    },
    /// A participant that is created together with its conversation, as JSON. Its role may stand for one of the source, in braces.
    Participant(JsonFields),
}

/// A request that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRequest {
    pub endpoint: Endpoint,
    pub method: WriteMethod,
    /// The path's segments, not encoded.
    pub segments: Vec<Segment>,
    /// The form, in order. A key may come again: that is how a list is sent.
    pub form: Vec<(&'static str, FormValue)>,
    /// Whether the API takes `X-Twilio-Webhook-Enabled` here.
    pub takes_webhook_header: bool,
}

impl Operation {
    /// The request that performs it.
    ///
    /// Every kind writes to the service of its subject; a subject without one gives a path that no server answers.
    pub fn request(&self) -> PlannedRequest {
        PlannedRequest {
            endpoint: self.kind.endpoint(),
            method: if self.kind.is_delete() { WriteMethod::Delete } else { WriteMethod::Post },
            segments: paths::segments(self),
            form: self.form(),
            takes_webhook_header: takes_webhook_header(self.kind),
        }
    }

    /// The participants that it brings: those that a conversation is created with.
    pub(crate) fn brought(&self) -> &[Value] {
        self.after.get(PARTICIPANTS).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// What a create needs and the subject says is sent whether or not `after` repeats it.
    fn form(&self) -> Vec<(&'static str, FormValue)> {
        let table = parameters::of(self.kind);
        let mut form = Vec::with_capacity(table.len());
        for parameter in table {
            match (value_at(&self.after, parameter.key), self.kind, parameter.key) {
                (Some(value), _, _) => parameters::push(&mut form, *parameter, value, self.kind),
                (None, OperationKind::CreateUser | OperationKind::CreateParticipant, "identity") => {
                    push_text(&mut form, parameter.name, self.subject.identity.as_deref());
                }
                (None, OperationKind::CreateConversation, "unique_name") => {
                    push_text(&mut form, parameter.name, self.subject.unique_name.as_deref());
                }
                (None, OperationKind::MakePrivate, "type") => {
                    push_text(&mut form, parameter.name, Some("private"));
                }
                (None, OperationKind::MuteSource, "notification_level") => {
                    push_text(&mut form, parameter.name, Some("muted"));
                }
                (None, _, _) => {}
            }
        }
        form
    }
}

fn push_text(form: &mut Vec<(&'static str, FormValue)>, name: &'static str, text: Option<&str>) {
    form.extend(text.map(|text| (name, FormValue::Text(text.to_owned()))));
}

/// By the OpenAPI specs: channels, conversations, participants, messages and users take the header; roles and a user's own view of a
/// conversation or channel do not.
fn takes_webhook_header(kind: OperationKind) -> bool {
    !matches!(
        kind,
        OperationKind::CreateRole
            | OperationKind::DeleteRole
            | OperationKind::UpdateUserConversation
            | OperationKind::MuteSource
            | OperationKind::UpdateUserChannel
    )
}

impl PlannedRequest {
    /// The path as it is shown: a SID that is not known yet is its source's in braces.
    pub fn path(&self) -> String {
        let mut path = String::with_capacity(160);
        for segment in &self.segments {
            path.push('/');
            match segment {
                Segment::Text(text) => path.push_str(text),
                Segment::Counterpart { source, .. } => {
                    path.push('{');
                    path.push_str(source);
                    path.push('}');
                }
            }
        }
        path
    }

    /// Adds all that is sent to the end of `out`, each part with its length in front, so that no two requests give the same.
    pub(super) fn write_to(&self, out: &mut Vec<u8>) {
        let mut part = |text: &str| {
            out.extend_from_slice(&(text.len() as u64).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        part(match self.endpoint {
            Endpoint::SourceChat => "chat",
            Endpoint::TargetConversations => "conversations",
        });
        part(self.method.name());
        part(&self.path());
        part(if self.takes_webhook_header { "header" } else { "" });
        for (name, value) in &self.form {
            part(name);
            match value {
                FormValue::Text(text) => part(text),
                FormValue::Counterpart { source, .. } | FormValue::Media { source } => {
                    part("{}");
                    part(source);
                }
                FormValue::Participant(_) => part(&value.shown()),
            }
        }
    }
}

impl Serialize for PlannedRequest {
    /// `{"method": …, "path": …, "form": {…}}`; a parameter that is sent more than once is a list there.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut request = serializer.serialize_struct("PlannedRequest", 3)?;
        request.serialize_field("method", self.method.name())?;
        request.serialize_field("path", &self.path())?;
        request.serialize_field("form", &ShownForm(&self.form))?;
        request.end()
    }
}

struct ShownForm<'a>(&'a [(&'static str, FormValue)]);

impl Serialize for ShownForm<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for group in self.0.chunk_by(|(one, _), (other, _)| one == other) {
            match group {
                [(name, value)] if !matches!(*name, "Permission" | "Participant") => {
                    map.serialize_entry(name, &value.shown())?;
                }
                [(name, _), ..] => {
                    let values: Vec<_> = group.iter().map(|(_, value)| value.shown()).collect();
                    map.serialize_entry(name, &values)?;
                }
                [] => {}
            }
        }
        map.end()
    }
}

impl FormValue {
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Counterpart { source, .. } | Self::Media { source } => format!("{{{source}}}"),
            Self::Participant(fields) => {
                serde_json::to_string(fields).expect("a map of JSON values is written to memory")
            }
        }
    }
}

/// The role that a value of `role_sid` stands for, where it is not there yet: `{RL…}`.
fn role_in_braces(value: &Value) -> Option<&str> {
    in_braces(value.as_str()?).filter(|sid| sid.starts_with("RL"))
}
