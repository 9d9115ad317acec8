//! `/v1/Configuration`: the account's defaults.

use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::route::Call;
use crate::simulator::shared::one;

#[expect(clippy::unnecessary_wraps, reason = "the signature of every route")]
pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
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
