//! `/v2/Services`: the services of the account.

use crate::simulator::data::World;
use crate::simulator::data::order::{Generated, Order};
use crate::simulator::data::record::moment;
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::Rows;
use crate::simulator::route::Call;
use crate::simulator::shared::{date, one, page};

/// 2019-01-01 and a year and a half later, in Unix seconds.
const CREATED: u32 = 1_546_300_800;
const UPDATED: u32 = 1_593_610_200;

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let order = call.account.in_order();
    let listing = Rows {
        key: "services",
        prefix: "IS",
        order: Order { generated: Generated::Few(&order), created: &[] },
        shows: |_| true,
        write: |service: u32, out: &mut String| write(&call.account.services[service as usize], out),
    };
    let url = format!("{}/v2/Services", call.origins.chat);
    page(call, &listing, &url, &[], None).map(|page| page.body)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of every route")]
pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    Ok(one(|out| write(call.world, out)))
}

/// Writes the service.
pub(crate) fn write(world: &World, out: &mut String) {
    let mut object = Object::open(out);
    object.text("sid", &world.account.service_sid);
    object.text("account_sid", &world.account.account_sid);
    object.text("friendly_name", world.friendly_name);
    date(&mut object, "date_created", moment(CREATED));
    date(&mut object, "date_updated", moment(UPDATED));
    let view = world.view();
    let defaults = view.defaults();
    object.text("default_service_role_sid", &defaults.service_role_sid);
    object.text("default_channel_role_sid", &defaults.channel_role_sid);
    object.text("default_channel_creator_role_sid", &defaults.creator_role_sid);
    object.raw("read_status_enabled", "true");
    object.optional_boolean("reachability_enabled", Some(defaults.reachability_enabled));
    object.number("typing_indicator_timeout", 5);
    object.number("consumption_report_interval", 10);
    let mut limits = Object::open(object.value("limits"));
    limits.number("channel_members", world.limits.channel_members);
    limits.number("user_channels", world.limits.user_channels);
    limits.close();
    object.null("pre_webhook_url");
    object.text("post_webhook_url", "https://hooks.example.com/chat?source=twilio&v=2");
    object.text("webhook_method", "POST");
    object.raw("webhook_filters", "[\"onMessageSent\",\"onChannelAdded\",\"onMemberAdded\"]");
    object.number("pre_webhook_retry_count", 0);
    object.number("post_webhook_retry_count", 3);
    object.raw("notifications", NOTIFICATIONS);
    let mut media = Object::open(object.value("media"));
    media.number("size_limit_mb", 150);
    media.text("compatibility_message", "Media messages are not supported by your client");
    media.close();
    let url = &world.service_url;
    object.plain("url", |out| out.push_str(url));
    let mut links = Object::open(object.value("links"));
    for (key, part) in
        [("channels", "Channels"), ("users", "Users"), ("roles", "Roles"), ("bindings", "Bindings")]
    {
        links.plain(key, |out| out.extend([url.as_str(), "/", part]));
    }
    links.close();
    object.close();
}

/// The push notification configuration.
const NOTIFICATIONS: &str = concat!(
    "{\"log_enabled\":true,",
    "\"new_message\":{\"enabled\":true,\"template\":\"${CHANNEL};${USER}: ${MESSAGE}\",",
    "\"sound\":\"default\",\"badge_count_enabled\":true},",
    "\"added_to_channel\":{\"enabled\":false},",
    "\"removed_from_channel\":{\"enabled\":false},",
    "\"invited_to_channel\":{\"enabled\":true,\"template\":\"${USER} invites you to ${CHANNEL}\",\"sound\":null}}"
);
