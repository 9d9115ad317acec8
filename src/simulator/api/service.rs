//! `/v2/Services` and `/v1/Services`: the services of the account.

use super::shared::{as_sent, date, one, plain_page};
use crate::simulator::WorldKind;
use crate::simulator::data::order::{GeneratedOrder, MergedOrder};
use crate::simulator::data::record::moment;
use crate::simulator::data::{Origins, ServiceWorld};
use crate::simulator::json::Object;
use crate::simulator::paging::RecordList;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;
use crate::simulator::served_api::ServedApi;

/// 2019-01-01 and a year and a half later, in Unix seconds.
const CREATED: u32 = 1_546_300_800;
const UPDATED: u32 = 1_593_610_200;

pub(super) fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let api = call.route.api;
    let order = call.account.in_order();
    let services = RecordList {
        key: "services",
        prefix: "IS",
        order: MergedOrder { generated: GeneratedOrder::Few(&order), created: &[] },
        shows: |_| true,
        write: |service: u32, out: &mut String| write(api, &call.account.services[service as usize], out),
    };
    let Origins { chat, conversations, .. } = call.origins;
    let url = api.pick(format!("{chat}/v2/Services"), format!("{conversations}/v1/Services"));
    plain_page(call, &services, &url)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of every route")]
pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    Ok(one(|out| write(call.route.api, call.world, out)))
}

pub(crate) fn write(api: ServedApi, world: &ServiceWorld, out: &mut String) {
    let from = out.len();
    let mut object = Object::open(out);
    object.text("sid", &world.account.service_sid);
    // Connectors report that it is null in every service of Conversations, whatever the description says.
    let is_null = api == ServedApi::Conversations && world.kind == WorldKind::Real;
    object.optional_text("account_sid", (!is_null).then_some(world.account.account_sid.as_str()));
    object.text("friendly_name", &world.friendly_name);
    date(&mut object, "date_created", moment(CREATED));
    date(&mut object, "date_updated", moment(UPDATED));
    if api == ServedApi::Chat {
        write_only_in_chat(&mut object, world);
    }
    let url = api.service_url(world);
    object.plain("url", |out| out.push_str(url));
    let mut links = Object::open(object.value("links"));
    let keys: &[(&str, &str)] = api.pick(&CHAT_LINKS, &CONVERSATIONS_LINKS);
    for (key, part) in keys {
        links.plain(key, |out| out.extend([url, part]));
    }
    links.close();
    object.close();
    if let Some(loaded) = &world.loaded {
        as_sent(out, from, api, &loaded.settings.sent(world.view().changes.defaults.is_some()));
    }
}

const CHAT_LINKS: [(&str, &str); 4] =
    [("channels", "/Channels"), ("users", "/Users"), ("roles", "/Roles"), ("bindings", "/Bindings")];
const CONVERSATIONS_LINKS: [(&str, &str); 7] = [
    ("conversations", "/Conversations"),
    ("users", "/Users"),
    ("roles", "/Roles"),
    ("bindings", "/Bindings"),
    ("configuration", "/Configuration"),
    ("participant_conversations", "/ParticipantConversations"),
    ("conversation_with_participants", "/ConversationWithParticipants"),
];

fn write_only_in_chat(object: &mut Object<'_>, world: &ServiceWorld) {
    let view = world.view();
    let defaults = view.defaults();
    object.text("default_service_role_sid", &defaults.service_role_sid);
    object.text("default_channel_role_sid", &defaults.channel_role_sid);
    object.text("default_channel_creator_role_sid", &defaults.creator_role_sid);
    let given = world.settings;
    object.optional_boolean("read_status_enabled", given.pick(Some(true), true));
    object.optional_boolean("reachability_enabled", defaults.reachability_enabled);
    object.number("typing_indicator_timeout", 5);
    object.number("consumption_report_interval", 10);
    let mut limits = Object::open(object.value("limits"));
    limits.number("channel_members", world.limits.channel_members);
    limits.number("user_channels", world.limits.user_channels);
    limits.close();
    object.optional_text("pre_webhook_url", defaults.webhooks.pre_url.as_deref());
    object.optional_text("post_webhook_url", defaults.webhooks.post_url.as_deref());
    object.optional_text("webhook_method", defaults.webhooks.method.as_deref());
    let filters = "[\"onMessageSent\",\"onChannelAdded\",\"onMemberAdded\"]";
    object.raw("webhook_filters", given.pick(Some(filters), filters).unwrap_or("null"));
    object.number("pre_webhook_retry_count", 0);
    object.number("post_webhook_retry_count", 3);
    object.raw("notifications", NOTIFICATIONS);
    let mut media = Object::open(object.value("media"));
    media.number("size_limit_mb", 150);
    media.text("compatibility_message", "Media messages are not supported by your client");
    media.close();
}

const NOTIFICATIONS: &str = concat!(
    "{\"log_enabled\":true,",
    "\"new_message\":{\"enabled\":true,\"template\":\"${CHANNEL};${USER}: ${MESSAGE}\",",
    "\"sound\":\"default\",\"badge_count_enabled\":true},",
    "\"added_to_channel\":{\"enabled\":false},",
    "\"removed_from_channel\":{\"enabled\":false},",
    "\"invited_to_channel\":{\"enabled\":true,\"template\":\"${USER} invites you to ${CHANNEL}\",\"sound\":null}}"
);
