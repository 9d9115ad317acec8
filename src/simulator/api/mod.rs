//! The two APIs: Programmable Chat, versions 2 and 3, and Conversations, version 1, as their OpenAPI descriptions state them.
//!
//! Twilio documents one backend for both: services, roles and users are the same objects, a private channel is a conversation
//! and its members are the participants, all with the same SIDs. So there is one file for each resource, which writes it in
//! the words of either API. Conversations shows neither a public channel nor who has not joined.
//!
//! **Deliberately absent:** Chat's messages are read and not written; webhooks of one conversation
//! do not exist, and Chat's lists of one user's bindings neither; webhooks and notifications of the service are only read. A parameter that the
//! description lacks is refused, which Twilio may ignore: it is a mistake of the client.
//!
//! **Invariant:** written from the descriptions, with no type and no code of the client: it is the second opinion that the
//! client is tested against.

mod batch;
mod binding;
mod channel;
mod chat_routes;
mod configuration;
mod conversations_routes;
mod form;
mod invite;
mod member;
mod message;
mod migration;
mod push_binding;
mod role;
mod service;
mod service_configuration;
mod shared;
mod user;
mod user_channel;

pub(crate) use channel::write as write_channel;
pub(crate) use invite::{list_of as invites, write as write_invite};
pub(crate) use member::{list_of as members, write as write_member};
pub(crate) use message::write as write_message;
pub(crate) use push_binding::list_of as bindings;
pub(crate) use role::write as write_role;
pub(crate) use service::write as write_service;
pub(crate) use service_configuration::write as write_configuration;
pub(crate) use user::write as write_user;
pub(crate) use user_channel::{list_of as user_channels, write as write_user_channel};

use super::route::{Route, RouteMatch};
use chat_routes::CHAT_ROUTES;
use conversations_routes::CONVERSATIONS_ROUTES;

/// All routes, in the order of the statistics.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    CHAT_ROUTES.iter().chain(CONVERSATIONS_ROUTES)
}

/// What a path leads to.
pub(crate) fn find<'a>(method: &str, segments: &[&'a str]) -> RouteMatch<'a> {
    let mut result = RouteMatch::Nothing;
    for (number, route) in routes().enumerate() {
        if let Some(captures) = route.captures(segments) {
            if route.method == method {
                return RouteMatch::Found(number, route, captures);
            }
            result = RouteMatch::OtherMethod;
        }
    }
    result
}
