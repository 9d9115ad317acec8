//! `/v1/Services/{ChatServiceSid}/Configuration`, with its webhooks and notifications.
//!
//! What Chat keeps in its service and Conversations has a place for says the same in both.

use super::form::check_role;
use super::shared::one;
use crate::simulator::data::WorldView;
use crate::simulator::data::loaded::ReadResources;
use crate::simulator::json::Object;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// A resource as a snapshot has it, as long as no one has written to it. One that the snapshot could not read is not there.
fn as_read(
    call: &Call<'_>,
    is_written: bool,
    resource: impl Fn(&ReadResources) -> Option<&str>,
) -> Option<Result<String, Refusal>> {
    let resources = call.world.loaded.as_ref()?.settings.resources.as_ref().filter(|_| !is_written)?;
    Some(resource(resources).map(str::to_owned).ok_or_else(|| Refusal::not_found(call.path)))
}

fn is_written(call: &Call<'_>) -> bool {
    call.world.view().changes.defaults.is_some()
}

pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    if let Some(read) = as_read(call, is_written(call), |resources| resources.service.as_deref()) {
        return read;
    }
    Ok(one(|out| write(&call.world.view(), out)))
}

/// Sets the default roles and whether users are shown to be online, each if given.
pub(super) fn update(call: &Call<'_>) -> Result<String, Refusal> {
    let [service, channel, creator] = [
        ("DefaultChatServiceRoleSid", true),
        ("DefaultConversationRoleSid", false),
        ("DefaultConversationCreatorRoleSid", false),
    ]
    .map(|(name, of_service)| call.form.first(name).map(|sid| (sid, of_service)));
    let reachability = match call.form.first("ReachabilityEnabled") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(other) => return Err(Refusal::bad_parameter("ReachabilityEnabled", other)),
    };
    let mut writer = call.world.writer();
    {
        let view = writer.view();
        for (sid, of_service) in [service, channel, creator].into_iter().flatten() {
            check_role(&view, sid, of_service)?;
        }
    }
    writer.now();
    writer.update_defaults(|defaults| {
        let set = |role: &mut String, given: Option<(&str, bool)>| {
            if let Some((sid, _)) = given {
                sid.clone_into(role);
            }
        };
        set(&mut defaults.service_role_sid, service);
        set(&mut defaults.channel_role_sid, channel);
        set(&mut defaults.creator_role_sid, creator);
        defaults.reachability_enabled = reachability.or(defaults.reachability_enabled);
    });
    Ok(one(|out| write(&writer.view(), out)))
}

pub(crate) fn write(view: &WorldView<'_>, out: &mut String) {
    let (world, defaults) = (view.world, view.defaults());
    let mut object = Object::open(out);
    object.text("chat_service_sid", &world.account.service_sid);
    object.text("default_conversation_creator_role_sid", &defaults.creator_role_sid);
    object.text("default_conversation_role_sid", &defaults.channel_role_sid);
    object.text("default_chat_service_role_sid", &defaults.service_role_sid);
    object.optional_boolean("reachability_enabled", defaults.reachability_enabled);
    let url = |out: &mut String, part: &str| {
        out.extend([world.conversations_url.as_str(), "/Configuration", part]);
    };
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    links.plain("notifications", |out| url(out, "/Notifications"));
    links.plain("webhooks", |out| url(out, "/Webhooks"));
    links.close();
    object.close();
}

pub(super) fn fetch_webhooks(call: &Call<'_>) -> Result<String, Refusal> {
    if let Some(read) = as_read(call, is_written(call), |resources| resources.webhooks.as_deref()) {
        return read;
    }
    Ok(one(|out| write_webhooks(&call.world.view(), out)))
}

/// Sets the addresses, the method and the events, each if given. An empty address is to be none.
pub(super) fn update_webhooks(call: &Call<'_>) -> Result<String, Refusal> {
    let [pre_url, post_url] = [webhook_url(call, "PreWebhookUrl")?, webhook_url(call, "PostWebhookUrl")?];
    let method = match call.form.first("Method") {
        Some(other) if !matches!(other, "GET" | "POST") => {
            return Err(Refusal::bad_parameter("Method", other));
        }
        method => method.map(str::to_owned),
    };
    let filters: Vec<String> = call.form.all("Filters").map(str::to_owned).collect();
    if let Some(other) = filters.iter().find(|filter| !EVENTS.contains(&filter.as_str())) {
        return Err(Refusal::bad_parameter("Filters", other));
    }
    let mut writer = call.world.writer();
    writer.now();
    writer.update_defaults(|defaults| {
        let webhooks = &mut defaults.webhooks;
        let set = |url: &mut Option<String>, given: Option<String>| {
            if let Some(given) = given {
                *url = Some(given).filter(|given| !given.is_empty());
            }
        };
        set(&mut webhooks.pre_url, pre_url);
        set(&mut webhooks.post_url, post_url);
        webhooks.method = method.or_else(|| webhooks.method.take());
        if !filters.is_empty() {
            webhooks.filters = Some(filters);
        }
    });
    Ok(one(|out| write_webhooks(&writer.view(), out)))
}

/// An absolute address, or an empty text.
fn webhook_url(call: &Call<'_>, name: &'static str) -> Result<Option<String>, Refusal> {
    match call.form.first(name) {
        Some(url)
            if !url.is_empty() && !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) =>
        {
            Err(Refusal::bad_parameter(name, url))
        }
        url => Ok(url.map(str::to_owned)),
    }
}

/// The events of the description of `Filters`.
const EVENTS: [&str; 19] = [
    "onParticipantAdd",
    "onParticipantAdded",
    "onDeliveryUpdated",
    "onConversationUpdated",
    "onConversationRemove",
    "onParticipantRemove",
    "onConversationUpdate",
    "onMessageAdd",
    "onMessageRemoved",
    "onParticipantUpdated",
    "onConversationAdded",
    "onMessageAdded",
    "onConversationAdd",
    "onConversationRemoved",
    "onParticipantUpdate",
    "onMessageRemove",
    "onMessageUpdated",
    "onParticipantRemoved",
    "onConversationStateUpdated",
];

fn write_webhooks(view: &WorldView<'_>, out: &mut String) {
    let (world, defaults) = (view.world, view.defaults());
    let webhooks = &defaults.webhooks;
    let mut object = Object::open(out);
    ServedApi::Conversations.write_owners(&mut object, world);
    object.optional_text("pre_webhook_url", webhooks.pre_url.as_deref());
    object.optional_text("post_webhook_url", webhooks.post_url.as_deref());
    let filters = webhooks.filters.as_ref().map(|filters| serde_json::json!(filters).to_string());
    object.raw("filters", filters.as_deref().unwrap_or("null"));
    object.optional_text("method", webhooks.method.as_deref());
    object.plain("url", |out| {
        out.extend([world.conversations_url.as_str(), "/Configuration/Webhooks"]);
    });
    object.close();
}

pub(super) fn fetch_notifications(call: &Call<'_>) -> Result<String, Refusal> {
    if let Some(read) = as_read(call, false, |resources| resources.notifications.as_deref()) {
        return read;
    }
    let world = call.world;
    Ok(one(|out| {
        let mut object = Object::open(out);
        ServedApi::Conversations.write_owners(&mut object, world);
        for (key, value) in [
            ("log_enabled", "true"),
            ("new_message", NEW_MESSAGE),
            ("added_to_conversation", "{\"enabled\":false}"),
            ("removed_from_conversation", "{\"enabled\":false}"),
        ] {
            object.raw(key, world.settings.pick(Some(value), value).unwrap_or("null"));
        }
        object.plain("url", |out| {
            out.extend([world.conversations_url.as_str(), "/Configuration/Notifications"]);
        });
        object.close();
    }))
}

const NEW_MESSAGE: &str = concat!(
    "{\"enabled\":true,\"template\":\"${CHANNEL};${USER}: ${MESSAGE}\",\"sound\":\"default\",",
    "\"badge_count_enabled\":true,\"with_media\":{\"enabled\":false,\"template\":null}}"
);
