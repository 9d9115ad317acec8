//! `/v1/Configuration`: the account's defaults.

use super::form;
use super::shared::one;
use crate::simulator::data::sid;
use crate::simulator::json::Object;
use crate::simulator::refusal::Refusal;
use crate::simulator::route::Call;

#[expect(clippy::unnecessary_wraps, reason = "the signature of every route")]
pub(super) fn fetch(call: &Call<'_>) -> Result<String, Refusal> {
    match call.account.defaults().sent {
        Some(sent) => Ok(sent.into()),
        None => Ok(one(|out| write(call, out))),
    }
}

/// Sets the default service, messaging service and timers, each if given; an empty timer is none.
pub(super) fn update(call: &Call<'_>) -> Result<String, Refusal> {
    let service = call.form.first("DefaultChatServiceSid");
    if let Some(other) = service.filter(|sid| call.account.service(sid).is_none()) {
        return Err(Refusal::bad_parameter("DefaultChatServiceSid", other));
    }
    let messaging = call.form.first("DefaultMessagingServiceSid");
    if let Some(other) = messaging.filter(|messaging| sid::digits("MG", messaging).is_none()) {
        return Err(Refusal::bad_parameter("DefaultMessagingServiceSid", other));
    }
    let now = call.world.writer().now();
    let inactive = form::default_timer(&call.form, "DefaultInactiveTimer", now)?;
    let closed = form::default_timer(&call.form, "DefaultClosedTimer", now)?;
    call.account.update_defaults(|defaults| {
        defaults.sent = None;
        if let Some(service) = service {
            service.clone_into(&mut defaults.chat_service_sid);
        }
        defaults.messaging_service_sid =
            messaging.map(str::to_owned).or_else(|| defaults.messaging_service_sid.take());
        let given = |timer: String| (!timer.is_empty()).then_some(timer);
        defaults.inactive_timer = inactive.map_or_else(|| defaults.inactive_timer.take(), given);
        defaults.closed_timer = closed.map_or_else(|| defaults.closed_timer.take(), given);
    });
    Ok(one(|out| write(call, out)))
}

fn write(call: &Call<'_>, out: &mut String) {
    let defaults = call.account.defaults();
    let mut object = Object::open(out);
    object.text("account_sid", &call.account.credentials.account_sid);
    object.text("default_chat_service_sid", &defaults.chat_service_sid);
    object.optional_text("default_messaging_service_sid", defaults.messaging_service_sid.as_deref());
    object.optional_text("default_inactive_timer", defaults.inactive_timer.as_deref());
    object.optional_text("default_closed_timer", defaults.closed_timer.as_deref());
    let url = format!("{}/v1", call.origins.conversations);
    object.plain("url", |out| out.extend([url.as_str(), "/Configuration"]));
    let mut links = Object::open(object.value("links"));
    let service = &defaults.chat_service_sid;
    links.plain("service", |out| out.extend([url.as_str(), "/Services/", service, "/Configuration"]));
    links.plain("webhooks", |out| out.extend([url.as_str(), "/Configuration/Webhooks"]));
    links.close();
    object.close();
}
