//! What configures a service of Conversations: four resources besides the service's own record.
//!
//! **Invariant:** what may not be read or is not there leaves its fields null and an issue behind; it does not fail the service.

use serde_json::value::RawValue;

use super::legible::json_string;
use super::notes::{Asked, Notes, is_same, object, owned};
use super::{Fetched, SourceError, read};
use crate::model::{Entity, Issue, IssueKind, JsonText, Service, ServiceSid};
use crate::twilio::conversations::{requests, wire};
use crate::twilio::surrogates::repaired;
use crate::twilio::wire::{Wire, decode_one};
use crate::twilio::{ApiRequest, Client};

/// One configuration resource: its JSON as sent, `None` where it may not be read.
type Resource = Option<String>;

/// Adds everything that configures a service to its record.
pub(super) async fn add(
    client: &Client,
    asked: Asked<'_>,
    sid: &ServiceSid,
    fetched: Fetched<Service>,
) -> Result<Fetched<Service>, SourceError> {
    let Fetched { record: mut service, mut issues } = fetched;
    let mut fetch =
        async |name: &str, request: ApiRequest| resource(client, sid, name, &request, &mut issues).await;
    let account = fetch("account", requests::fetch_account_configuration()).await?;
    let own = fetch("service", requests::fetch_configuration(sid)).await?;
    let webhooks = fetch("webhooks", requests::fetch_webhooks(sid)).await?;
    let notifications = fetch("notifications", requests::fetch_notifications(sid)).await?;
    let mut notes = Notes::default();
    if let Some(row) = decode::<wire::AccountConfiguration<'_>>(&mut notes, "account", account.as_ref()) {
        let found = notes.parent("configuration.account.account_sid", row.account_sid, Some(asked.account));
        // The service's own record may come without its account.
        if let Some(found) = found.filter(|found| !is_same(found, asked.account)) {
            return Err(SourceError::OtherAccount { asked: asked.account.clone(), found });
        }
    }
    if let Some(row) = decode::<wire::ServiceConfiguration<'_>>(&mut notes, "service", own.as_ref()) {
        notes.parent("configuration.service.chat_service_sid", row.chat_service_sid, asked.service);
        let field = "configuration.service.default_chat_service_role_sid";
        service.default_service_role_sid = notes.sid(field, row.default_chat_service_role_sid);
        let field = "configuration.service.default_conversation_role_sid";
        service.default_channel_role_sid = notes.sid(field, row.default_conversation_role_sid);
        let field = "configuration.service.default_conversation_creator_role_sid";
        service.default_channel_creator_role_sid =
            notes.sid(field, row.default_conversation_creator_role_sid);
        service.reachability_enabled = row.reachability_enabled;
    }
    if let Some(row) = decode::<wire::Webhooks<'_>>(&mut notes, "webhooks", webhooks.as_ref()) {
        notes.parent("configuration.webhooks.chat_service_sid", row.chat_service_sid, asked.service);
        service.pre_webhook_url = owned(row.pre_webhook_url);
        service.post_webhook_url = owned(row.post_webhook_url);
        service.webhook_method = owned(row.method);
        service.webhook_filters = notes.json("configuration.webhooks.filters", row.filters);
    }
    if let Some(row) = decode::<wire::Notifications<'_>>(&mut notes, "notifications", notifications.as_ref())
    {
        service.notifications = templates(&row);
        notes.parent("configuration.notifications.chat_service_sid", row.chat_service_sid, asked.service);
    }
    notes.finish(Entity::Service, || sid.to_string(), &mut issues);
    let configuration =
        [("account", account), ("service", own), ("webhooks", webhooks), ("notifications", notifications)];
    let pairs =
        configuration.map(|(name, text)| (name.to_owned(), text.unwrap_or_else(|| "null".to_owned())));
    service.configuration = object(&pairs);
    Ok(Fetched { record: service, issues })
}

/// Fetches one of the resources; what may not be read or is not there is an issue.
async fn resource(
    client: &Client,
    service: &ServiceSid,
    name: &str,
    request: &ApiRequest,
    issues: &mut Vec<Issue>,
) -> Result<Resource, SourceError> {
    let fetch = || {
        read::one(client, request, |body, _| {
            // Whatever its keys are, it must be an object before it is kept.
            decode_one::<wire::AccountConfiguration<'_>>(body)?;
            Ok(Some(repaired(String::from_utf8_lossy(body).trim()).into_owned()))
        })
    };
    let mut fetched = fetch().await;
    if let Err(SourceError::Request(error)) = &fetched
        && error.is_not_found()
    {
        // Twilio has answered 404 for what is there, so one is not believed.
        fetched = fetch().await;
    }
    let refusal = match fetched {
        Ok(fetched) => return Ok(Some(fetched.record)),
        // Nothing of a crawl depends on it, so whatever the server answers instead, the crawl continues without it.
        Err(SourceError::Request(error)) if error.status.is_some() && !error.is_unauthorized() => error,
        Err(error) => return Err(error),
    };
    issues.push(Issue {
        entity: Entity::Service,
        subject: service.to_string(),
        field: format!("configuration.{name}"),
        kind: IssueKind::Unreadable,
        value: json_string(&refusal.to_string()),
    });
    Ok(None)
}

/// The fields of a resource; what is odd about it is noted.
fn decode<'a, W: Wire<'a>>(notes: &mut Notes, name: &str, text: Option<&'a String>) -> Option<W> {
    let (row, odd) = decode_one::<W>(text?.as_bytes()).ok()?;
    notes.add_within(&format!("configuration.{name}"), odd);
    Some(row)
}

/// The push notification templates, by Conversations' own names.
fn templates(row: &wire::Notifications<'_>) -> Option<JsonText> {
    let pairs: Vec<_> = [
        ("new_message", row.new_message),
        ("added_to_conversation", row.added_to_conversation),
        ("removed_from_conversation", row.removed_from_conversation),
        ("log_enabled", row.log_enabled),
    ]
    .into_iter()
    .filter_map(|(name, value): (_, Option<&RawValue>)| Some((name.to_owned(), value?.get().to_owned())))
    .collect();
    object(&pairs)
}
