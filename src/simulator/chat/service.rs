//! `/v2/Services`: the one service of the account.

use super::shared::{check_service, date, one, page};
use crate::simulator::data::roles::{CHANNEL_ADMIN, CHANNEL_USER, SERVICE_USER};
use crate::simulator::data::{World, sid};
use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::paging::Listing;
use crate::simulator::route::Call;

/// 2019-01-01 and a year and a half later, in Unix seconds.
const CREATED: u32 = 1_546_300_800;
const UPDATED: u32 = 1_593_610_200;

struct ServiceList<'a>(&'a World);

impl Listing for ServiceList<'_> {
    fn key(&self) -> &'static str {
        "services"
    }

    fn prefix(&self) -> &'static str {
        "IS"
    }

    fn count(&self) -> u32 {
        1
    }

    fn digits(&self, _rank: u32) -> u128 {
        sid::digits("IS", &self.0.account.service_sid).unwrap_or(0)
    }

    fn shows(&self, _rank: u32) -> bool {
        true
    }

    fn write(&self, _rank: u32, out: &mut String) {
        write(self.0, out);
    }
}

pub(crate) fn list(call: &Call<'_>) -> Result<String, Failure> {
    let url = format!("{}/Services", call.world.chat_url);
    page(call, &ServiceList(call.world), &url, &[], false).map(|page| page.body)
}

pub(crate) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    check_service(call)?;
    Ok(one(|out| write(call.world, out)))
}

/// Writes the service.
pub(crate) fn write(world: &World, out: &mut String) {
    let mut object = Object::open(out);
    object.text("sid", &world.account.service_sid);
    object.text("account_sid", &world.account.account_sid);
    object.text("friendly_name", "Küchenbörse – production");
    date(&mut object, "date_created", CREATED);
    date(&mut object, "date_updated", UPDATED);
    object.text("default_service_role_sid", &world.role_sids[SERVICE_USER]);
    object.text("default_channel_role_sid", &world.role_sids[CHANNEL_USER]);
    object.text("default_channel_creator_role_sid", &world.role_sids[CHANNEL_ADMIN]);
    object.raw("read_status_enabled", "true");
    object.raw("reachability_enabled", "true");
    object.number("typing_indicator_timeout", 5);
    object.number("consumption_report_interval", 10);
    object.raw("limits", "{\"channel_members\":1000,\"user_channels\":500}");
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
