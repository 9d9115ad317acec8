//! Settings of the service: where Conversations has them, what it does not know, and what a copy would do to what is written.

use serde_json::Value as Json;

use super::options::ConversationLimits;
use super::planner::Planner;
use crate::model::Service;
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::finding::PlanCheck;
use crate::printable::cut_letters;

/// A setting of a Chat service, as text; none where it is not set.
type ServiceSetting = (&'static str, fn(&Service) -> Option<String>);

/// Settings that Conversations has elsewhere: their name in Chat, and where they are.
const MOVED: [(ServiceSetting, &str); 8] = [
    (
        ("default_service_role_sid", |service| text(service.default_service_role_sid.as_ref())),
        "/v1/Services/{IS}/Configuration, DefaultChatServiceRoleSid",
    ),
    (
        ("default_channel_role_sid", |service| text(service.default_channel_role_sid.as_ref())),
        "/v1/Services/{IS}/Configuration, DefaultConversationRoleSid",
    ),
    (
        ("default_channel_creator_role_sid", |service| {
            text(service.default_channel_creator_role_sid.as_ref())
        }),
        "/v1/Services/{IS}/Configuration, DefaultConversationCreatorRoleSid",
    ),
    (
        ("reachability_enabled", |service| text(service.reachability_enabled.as_ref())),
        "/v1/Services/{IS}/Configuration, ReachabilityEnabled",
    ),
    (
        ("pre_webhook_url", |service| set(service.pre_webhook_url.as_ref())),
        "/v1/Services/{IS}/Configuration/Webhooks, PreWebhookUrl",
    ),
    (
        ("post_webhook_url", |service| set(service.post_webhook_url.as_ref())),
        "/v1/Services/{IS}/Configuration/Webhooks, PostWebhookUrl",
    ),
    (
        ("webhook_filters", |service| json(service.webhook_filters.as_ref().map(|json| &*json.0))),
        "/v1/Services/{IS}/Configuration/Webhooks, Filters, under other names of events",
    ),
    (
        ("notifications", |service| json(service.notifications.as_ref().map(|json| &*json.0))),
        "/v1/Services/{IS}/Configuration/Notifications",
    ),
];

/// Settings that Conversations does not know, with the value whose loss changes nothing.
const LOST: [(ServiceSetting, &str); 7] = [
    (("read_status_enabled", |service| text(service.read_status_enabled.as_ref())), "true"),
    (("typing_indicator_timeout", |service| text(service.typing_indicator_timeout.as_ref())), "5"),
    (("consumption_report_interval", |service| text(service.consumption_report_interval.as_ref())), "10"),
    (("pre_webhook_retry_count", |service| text(service.pre_webhook_retry_count.as_ref())), "0"),
    (("post_webhook_retry_count", |service| text(service.post_webhook_retry_count.as_ref())), "0"),
    (("notifications.invited_to_channel", |service| invitation(service)), "off"),
    (("limits", raised), ""),
];

/// A resource that configures a service of Conversations.
struct ResourceOfService {
    /// Where the snapshot's `configuration` has it.
    key: &'static str,
    path: &'static str,
    /// What looks at it.
    checks: &'static [&'static PlanCheck],
}

const CONFIGURATION: [ResourceOfService; 4] = [
    ResourceOfService { key: "account", path: "/v1/Configuration", checks: &[&check::DEFAULT_TIMERS] },
    ResourceOfService {
        key: "service",
        path: "/v1/Services/{IS}/Configuration",
        checks: &[&check::SETTING_NOT_COPIED],
    },
    ResourceOfService {
        key: "webhooks",
        path: "/v1/Services/{IS}/Configuration/Webhooks",
        checks: &[&check::WEBHOOKS, &check::SETTING_NOT_COPIED],
    },
    ResourceOfService {
        key: "notifications",
        path: "/v1/Services/{IS}/Configuration/Notifications",
        checks: &[&check::SETTING_NOT_COPIED],
    },
];

/// Whether a resource was read. A snapshot that has no configuration at all is of a crawl that does not ask for it.
fn is_readable(service: &Service, key: &str) -> bool {
    let Some(configuration) = &service.configuration else { return true };
    let read: Json = serde_json::from_str(&configuration.0).unwrap_or_default();
    read.get(key).is_some_and(|resource| !resource.is_null())
}

fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

fn set(value: Option<&String>) -> Option<String> {
    value.filter(|text| !text.is_empty()).cloned()
}

/// JSON that says something.
fn json(text: Option<&str>) -> Option<String> {
    let value: Json = serde_json::from_str(text?).ok()?;
    let is_empty = match &value {
        Json::Null => true,
        Json::Array(values) => values.is_empty(),
        Json::Object(values) => values.is_empty(),
        _ => false,
    };
    (!is_empty).then(|| value.to_string())
}

/// Limits that are not those that every service begins with.
fn raised(service: &Service) -> Option<String> {
    let limits = &service.limits.as_ref()?.0;
    if ConversationLimits::of_json(limits) == Some(ConversationLimits::DEFAULT) {
        None
    } else {
        json(Some(limits))
    }
}

fn invitation(service: &Service) -> Option<String> {
    let said: Json = serde_json::from_str(&service.notifications.as_ref()?.0).ok()?;
    let invited = said.get("invited_to_channel")?;
    Some(if invited.get("enabled") == Some(&Json::Bool(true)) { "on" } else { "off" }.to_owned())
}

pub(super) fn settings(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    let pair = planner.pair;
    let (source, target) = (pair.source.record(), pair.target.record());
    if planner.reads_chat() {
        for ((name, get), place) in MOVED {
            if let Some(value) = get(source).filter(|_| !planner.is_copy) {
                let detail = format!("{name} ({}) is now at {place}", cut(&value));
                planner.find_of_service(&check::SETTING_MOVED, false, detail)?;
            }
        }
        for ((name, get), usual) in LOST {
            if let Some(value) = get(source).filter(|value| value != usual) {
                let detail = format!("{name}: {}", cut(&value));
                planner.find_of_service(&check::SETTING_WITHOUT_COUNTERPART, false, detail)?;
            }
        }
    }
    not_checked(planner, target)?;
    if planner.is_copy {
        settings_of_copy(planner, source, target)?;
    }
    let urls = [("pre_webhook_url", &target.pre_webhook_url), ("post_webhook_url", &target.post_webhook_url)];
    for (name, url) in urls {
        if let Some(url) = set(url.as_ref()) {
            planner.find_of_service(&check::WEBHOOKS, true, format!("{name}: {}", without_secrets(&url)))?;
        }
    }
    Ok(())
}

/// What of the target's configuration was refused or is not there: what is looked for in it is unknown, not absent.
fn not_checked(planner: &mut Planner<'_>, target: &Service) -> Result<(), PlanError> {
    for ResourceOfService { key, path, checks } in CONFIGURATION {
        let is_of_move = planner.is_copy || checks.iter().any(|check| check.code == check::WEBHOOKS.code);
        if is_of_move && !is_readable(target, key) {
            let codes: Vec<&str> = checks.iter().map(|check| check.code).collect();
            let detail = format!("{path} could not be read, and with it {}", codes.join(", "));
            planner.find_of_service(&check::NOT_CHECKED, true, detail)?;
            planner.tally.not_checked(&codes);
        }
    }
    Ok(())
}

fn settings_of_copy(planner: &mut Planner<'_>, source: &Service, target: &Service) -> Result<(), PlanError> {
    let compared: [(ServiceSetting, &str); 4] = [
        (("reachability_enabled", |service| text(service.reachability_enabled.as_ref())), "service"),
        (("pre_webhook_url", |service| set(service.pre_webhook_url.as_ref())), "webhooks"),
        (("post_webhook_url", |service| set(service.post_webhook_url.as_ref())), "webhooks"),
        (
            ("notifications", |service| json(service.notifications.as_ref().map(|json| &*json.0))),
            "notifications",
        ),
    ];
    for ((name, get), _) in compared.into_iter().filter(|(_, resource)| is_readable(target, resource)) {
        if let Some(value) = get(source).filter(|value| get(target).as_ref() != Some(value)) {
            let detail = format!("{name}: {}", cut(&without_secrets(&value)));
            planner.find_of_service(&check::SETTING_NOT_COPIED, false, detail)?;
        }
    }
    let configuration = target.configuration.as_ref().map(|json| &*json.0);
    let said: Json = configuration.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    for name in ["default_inactive_timer", "default_closed_timer"] {
        let timer = said.pointer(&format!("/account/{name}")).and_then(Json::as_str);
        if let Some(timer) = timer.filter(|timer| !timer.is_empty()) {
            planner.find_of_service(&check::DEFAULT_TIMERS, true, format!("{name}: {timer}"))?;
        }
    }
    Ok(())
}

/// The most characters of a setting that a finding shows.
const SHOWN: usize = 80;

fn cut(text: &str) -> String {
    cut_letters(text, SHOWN)
}

/// A webhook's address without what may be a password in it.
fn without_secrets(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(url) => format!("{}{}", url.origin().ascii_serialization(), url.path()),
        Err(_) => text.to_owned(),
    }
}
