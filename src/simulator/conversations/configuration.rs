//! `/v1/Configuration`

use crate::simulator::failure::Failure;
use crate::simulator::json::Object;
use crate::simulator::route::Call;

#[expect(clippy::unnecessary_wraps, reason = "the signature of every route")]
pub(super) fn fetch(call: &Call<'_>) -> Result<String, Failure> {
    let world = call.world;
    let mut out = String::with_capacity(512);
    let mut object = Object::open(&mut out);
    object.text("account_sid", &world.account.account_sid);
    object.text("default_chat_service_sid", &world.account.service_sid);
    object.null("default_messaging_service_sid");
    object.null("default_inactive_timer");
    object.null("default_closed_timer");
    let url = &world.conversations_url;
    object.plain("url", |out| out.extend([url.as_str(), "/Configuration"]));
    let mut links = Object::open(object.value("links"));
    let service = &world.account.service_sid;
    links.plain("service", |out| out.extend([url.as_str(), "/Services/", service, "/Configuration"]));
    links.plain("webhooks", |out| out.extend([url.as_str(), "/Configuration/Webhooks"]));
    links.close();
    object.close();
    Ok(out)
}
