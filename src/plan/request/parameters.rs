//! Which form parameter a planned value is sent as, by kind, in the order of Twilio's OpenAPI descriptions.
//!
//! Keys are Conversations' own, names are the parameters'. The tests compare the tables with the descriptions.
//!
//! A form has no null. What clears a field is written down for each parameter: an empty text clears texts, `{}` is what the API
//! itself gives for attributes that are not set. Where nothing clears it (a number, a date, a role), null is not sent; who plans
//! such a change reports it. Creates leave null out.

use serde_json::Value;

use super::{FormValue, role_in_braces};
use crate::model::Entity;
use crate::plan::messages::MEDIA_KEY;
use crate::plan::operation::{OperationKind, PARTICIPANTS};

/// A parameter of a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    /// The key in `before` and `after`.
    pub(super) key: &'static str,
    /// The form's name for it.
    pub(super) name: &'static str,
    /// What clears it, in an update.
    clears: Option<&'static str>,
}

const fn plain(key: &'static str, name: &'static str) -> Parameter {
    Parameter { key, name, clears: None }
}

const fn cleared(key: &'static str, name: &'static str, by: &'static str) -> Parameter {
    Parameter { key, name, clears: Some(by) }
}

const FRIENDLY_NAME: Parameter = cleared("friendly_name", "FriendlyName", "");
const ATTRIBUTES: Parameter = cleared("attributes", "Attributes", "{}");
const DATE_CREATED: Parameter = plain("date_created", "DateCreated");
const DATE_UPDATED: Parameter = plain("date_updated", "DateUpdated");
const IDENTITY: Parameter = plain("identity", "Identity");
const ROLE_SID: Parameter = plain("role_sid", "RoleSid");
const PROJECTED_ADDRESS: Parameter =
    plain("messaging_binding.projected_address", "MessagingBinding.ProjectedAddress");
const NOTIFICATION_LEVEL: Parameter = plain("notification_level", "NotificationLevel");
const LAST_READ_MESSAGE_INDEX: Parameter = plain("last_read_message_index", "LastReadMessageIndex");
const LAST_READ_TIMESTAMP: Parameter = plain("last_read_timestamp", "LastReadTimestamp");

/// What an update takes, and last what only a create does.
const CONVERSATION: [Parameter; 12] = [
    FRIENDLY_NAME,
    cleared("unique_name", "UniqueName", ""),
    ATTRIBUTES,
    cleared("messaging_service_sid", "MessagingServiceSid", ""),
    DATE_CREATED,
    DATE_UPDATED,
    plain("state", "State"),
    // An ISO 8601 duration; `P0D` would end the conversation at once, so null is not made of anything.
    plain("timers.inactive", "Timers.Inactive"),
    plain("timers.closed", "Timers.Closed"),
    plain("bindings.email.address", "Bindings.Email.Address"),
    plain("bindings.email.name", "Bindings.Email.Name"),
    plain(PARTICIPANTS, "Participant"),
];

pub(super) fn of(kind: OperationKind) -> &'static [Parameter] {
    match kind {
        OperationKind::MakePrivate => {
            const { &[plain("type", "Type"), plain("messaging_service_sid", "MessagingServiceSid")] }
        }
        OperationKind::CreateRole => {
            const { &[FRIENDLY_NAME, plain("type", "Type"), plain("permissions", "Permission")] }
        }
        OperationKind::CreateUser => const { &[IDENTITY, ROLE_SID, ATTRIBUTES, FRIENDLY_NAME] },
        OperationKind::UpdateUser => const { &[ROLE_SID, ATTRIBUTES, FRIENDLY_NAME] },
        OperationKind::CreateConversation => &CONVERSATION,
        OperationKind::UpdateConversation => CONVERSATION.split_at(CONVERSATION.len() - 1).0,
        OperationKind::CreateParticipant => {
            const { &[IDENTITY, DATE_CREATED, DATE_UPDATED, ATTRIBUTES, PROJECTED_ADDRESS, ROLE_SID] }
        }
        OperationKind::CreateMessage => {
            const {
                &[
                    plain("author", "Author"),
                    plain("body", "Body"),
                    DATE_CREATED,
                    DATE_UPDATED,
                    ATTRIBUTES,
                    plain(MEDIA_KEY, "MediaSid"),
                ]
            }
        }
        OperationKind::UpdateParticipant => {
            const {
                &[
                    DATE_CREATED,
                    DATE_UPDATED,
                    ATTRIBUTES,
                    ROLE_SID,
                    LAST_READ_MESSAGE_INDEX,
                    LAST_READ_TIMESTAMP,
                ]
            }
        }
        OperationKind::UpdateUserConversation => {
            const { &[NOTIFICATION_LEVEL, LAST_READ_TIMESTAMP, LAST_READ_MESSAGE_INDEX] }
        }
        OperationKind::MuteSource => const { &[NOTIFICATION_LEVEL] },
        OperationKind::UpdateUserChannel => {
            const {
                &[
                    NOTIFICATION_LEVEL,
                    plain("last_consumed_message_index", "LastConsumedMessageIndex"),
                    plain("last_consumption_timestamp", "LastConsumptionTimestamp"),
                ]
            }
        }
        OperationKind::DeleteParticipant
        | OperationKind::DeleteConversation
        | OperationKind::DeleteUser
        | OperationKind::DeleteRole => &[],
    }
}

impl OperationKind {
    /// Whether this kind can set this key of Conversations to this value; for null, whether anything clears it.
    pub fn can_send(self, key: &str, value: &Value) -> bool {
        // The members of an object have a parameter each.
        let is_of = |parameter: &&Parameter| {
            let rest = parameter.key.strip_prefix(key);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let parameter = of(self).iter().find(is_of);
        parameter.is_some_and(|parameter| !value.is_null() || parameter.clears.is_some())
    }
}

/// Adds a value to a form.
pub(super) fn push(
    form: &mut Vec<(&'static str, FormValue)>,
    parameter: Parameter,
    value: &Value,
    kind: OperationKind,
) {
    let text = match value {
        Value::Null => match parameter.clears {
            Some(by) if !kind.is_create() => by.to_owned(),
            _ => return,
        },
        Value::Array(values) if parameter.key == PARTICIPANTS => {
            let objects = values.iter().filter_map(Value::as_object);
            form.extend(objects.map(|object| (parameter.name, FormValue::Participant(object.clone()))));
            return;
        }
        Value::Array(values) if parameter.key == MEDIA_KEY => {
            let sids = values.iter().filter_map(|media| media["sid"].as_str());
            form.extend(sids.map(|sid| (parameter.name, FormValue::Media { source: sid.to_owned() })));
            return;
        }
        Value::Array(values) => {
            form.extend(values.iter().map(|value| (parameter.name, FormValue::Text(plain_text(value)))));
            return;
        }
        value => {
            if let (ROLE_SID_KEY, Some(source)) = (parameter.key, role_in_braces(value)) {
                let source = source.to_owned();
                form.push((parameter.name, FormValue::Counterpart { entity: Entity::Role, source }));
                return;
            }
            plain_text(value)
        }
    };
    form.push((parameter.name, FormValue::Text(text)));
}

const ROLE_SID_KEY: &str = ROLE_SID.key;

/// A text as it is, anything else as JSON, which for booleans and numbers is what the API takes.
fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
