//! The service's own row: its settings in Chat, or the resources of Conversations' configuration.

use rusqlite::Result;
use serde_json::value::RawValue;

use super::fields::{RowFields, json_string};
use crate::simulator::ServiceLimits;
use crate::simulator::data::as_sent::{AsSent, ShownBy, members_of};
use crate::simulator::data::changes::{ServiceDefaults, ServiceWebhooks};

/// What a snapshot says of its service.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadSettings {
    pub(crate) friendly_name: String,
    pub(crate) limits: Option<ServiceLimits>,
    pub(super) roles: [Option<String>; 3],
    pub(super) reachability: Option<bool>,
    pub(super) webhooks: ServiceWebhooks,
    /// Of the service's own row.
    pub(super) sent: AsSent,
    /// The resources of Conversations' configuration, verbatim; none from Chat.
    pub(crate) resources: Option<ReadResources>,
}

/// Conversations' resources as they were sent; none of one that could not be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadResources {
    pub(crate) account: Option<Box<str>>,
    pub(crate) service: Option<Box<str>>,
    pub(crate) webhooks: Option<Box<str>>,
    pub(crate) notifications: Option<Box<str>>,
}

/// The columns that only Chat fills, beyond those that a write can change.
const CHAT: [(&str, Kind); 12] = [
    ("read_status_enabled", Kind::Flag),
    ("typing_indicator_timeout", Kind::Number),
    ("consumption_report_interval", Kind::Number),
    ("limits", Kind::Json),
    ("webhook_filters", Kind::Json),
    ("pre_webhook_retry_count", Kind::Number),
    ("post_webhook_retry_count", Kind::Number),
    ("notifications", Kind::Json),
    ("media", Kind::Json),
    // These can be written; what is null is sent as null until then.
    ("default_service_role_sid", Kind::Written),
    ("default_channel_role_sid", Kind::Written),
    ("default_channel_creator_role_sid", Kind::Written),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flag,
    Number,
    Json,
    Written,
}

/// The columns of a service's row, in the order in which [`service`] reads them.
pub(super) fn columns() -> String {
    let chat: Vec<&str> = CHAT.iter().map(|(name, _)| *name).collect();
    format!(
        "sid, account_sid, friendly_name, date_created, date_updated, {}, reachability_enabled, pre_webhook_url, post_webhook_url, \
         webhook_method, configuration, extra",
        chat.join(", ")
    )
}

pub(super) fn service(fields: &mut RowFields<'_, '_>) -> Result<ReadSettings> {
    fields.text()?; // the SID, which was asked for
    // Conversations may show a service without its account.
    if fields.text()?.is_none() {
        fields.sent.add(fields.api, "account_sid", "null");
    }
    let mut read =
        ReadSettings { friendly_name: fields.required_text("friendly_name")?, ..ReadSettings::default() };
    // Shown as they are: the simulator's own services have other dates.
    for key in ["date_created", "date_updated"] {
        let date = fields.text()?;
        fields.sent.add(
            ShownBy::Both,
            key,
            date.map_or_else(|| "null".to_owned(), |date| json_string(&date)),
        );
    }
    let of_chat = fields.api == ShownBy::Chat;
    let mut roles = Vec::new();
    for (key, kind) in CHAT {
        let value = fields.as_json(kind == Kind::Flag)?;
        match kind {
            Kind::Written => {
                let sid: Option<String> = value.as_deref().and_then(|json| serde_json::from_str(json).ok());
                if sid.is_none() && of_chat {
                    fields.sent.add(ShownBy::Chat, key, "null");
                }
                roles.push(sid);
            }
            Kind::Json | Kind::Flag | Kind::Number => {
                let text: Option<String> = match kind {
                    // A JSON text is a text in its column.
                    Kind::Json => value.as_deref().and_then(|json| serde_json::from_str(json).ok()),
                    _ => value,
                };
                if key == "limits" {
                    read.limits = text.as_deref().and_then(limits);
                }
                if of_chat {
                    fields.sent.add(ShownBy::Chat, key, text.unwrap_or_else(|| "null".to_owned()));
                }
            }
        }
    }
    read.roles = roles.try_into().unwrap_or_default();
    read.reachability = fields.number()?.map(|flag| flag != 0);
    read.webhooks.pre_url = fields.text()?;
    read.webhooks.post_url = fields.text()?;
    read.webhooks.method = fields.text()?;
    if let Some(configuration) = fields.text()? {
        read_resources(&mut read, &configuration);
    }
    fields.rest()?;
    read.sent = std::mem::take(&mut fields.sent);
    Ok(read)
}

fn limits(json: &str) -> Option<ServiceLimits> {
    let limits: serde_json::Value = serde_json::from_str(json).ok()?;
    let number = |key: &str| limits.get(key)?.as_u64().and_then(|number| u32::try_from(number).ok());
    Some(ServiceLimits {
        channel_members: number("channel_members")?,
        user_channels: number("user_channels")?,
    })
}

fn read_resources(read: &mut ReadSettings, configuration: &str) {
    let members = members_of(configuration);
    let resource = |key: &str| -> Option<Box<str>> {
        let (_, json) = members.iter().find(|(name, _)| name == key)?;
        Some(RawValue::get(json)).filter(|json| *json != "null").map(Into::into)
    };
    let resources = ReadResources {
        account: resource("account"),
        service: resource("service"),
        webhooks: resource("webhooks"),
        notifications: resource("notifications"),
    };
    let service = ConfigurationResource::of(resources.service.as_deref());
    read.roles = [
        "default_chat_service_role_sid",
        "default_conversation_role_sid",
        "default_conversation_creator_role_sid",
    ]
    .map(|key| service.text(key));
    read.reachability = service.0.get("reachability_enabled").and_then(serde_json::Value::as_bool);
    let webhooks = ConfigurationResource::of(resources.webhooks.as_deref());
    read.webhooks = ServiceWebhooks {
        pre_url: webhooks.text("pre_webhook_url"),
        post_url: webhooks.text("post_webhook_url"),
        method: webhooks.text("method"),
        filters: webhooks.0.get("filters").and_then(|filters| serde_json::from_value(filters.clone()).ok()),
    };
    read.resources = Some(resources);
}

/// A resource of configuration, to take values of it.
#[derive(Debug)]
pub(super) struct ConfigurationResource(serde_json::Value);

impl ConfigurationResource {
    pub(super) fn of(json: Option<&str>) -> Self {
        Self(json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default())
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.0.get(key)?.as_str().map(str::to_owned)
    }
}

impl ReadSettings {
    /// What was sent of the service's own row; of what can be written nothing, once it was.
    pub(crate) fn sent(&self, is_written: bool) -> AsSent {
        let mut sent = self.sent.clone();
        if is_written {
            sent.forget(&CHAT.map(|(key, kind)| if kind == Kind::Written { key } else { "" }));
        }
        sent
    }

    /// What the service gives who is created without a role, and what it calls.
    pub(crate) fn defaults(&self) -> ServiceDefaults {
        let [service, channel, creator] = self.roles.clone().map(Option::unwrap_or_default);
        ServiceDefaults {
            service_role_sid: service,
            channel_role_sid: channel,
            creator_role_sid: creator,
            reachability_enabled: self.reachability,
            webhooks: self.webhooks.clone(),
        }
    }
}
