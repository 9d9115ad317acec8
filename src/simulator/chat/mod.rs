//! Programmable Chat, API version 2, and the one operation of version 3, as their OpenAPI descriptions state them.
//!
//! **Invariant:** written from the description, with no type and no code of the client: it is the second
//! opinion that the client is tested against.

mod channel;
mod invite;
mod member;
mod message;
mod migration;
mod role;
mod service;
mod shared;
mod user;
mod user_channel;

pub(crate) use channel::write as write_channel;
pub(crate) use invite::{rows as invites, write as write_invite};
pub(crate) use member::{rows as members, write as write_member};
pub(crate) use message::write as write_message;
pub(crate) use role::write as write_role;
pub(crate) use service::write as write_service;
pub(crate) use user::write as write_user;
pub(crate) use user_channel::{rows as user_channels, write as write_user_channel};

use super::route::Route;

macro_rules! route {
    ($operation:literal, $method:literal, $path:literal, $maximum:literal, $answer:path) => {
        route!($operation, $method, $path, $maximum, &[], $answer)
    };
    ($operation:literal, $method:literal, $path:literal, $maximum:literal, $form:expr, $answer:path) => {
        Route {
            operation: $operation,
            method: $method,
            path: $path,
            maximum: $maximum,
            form: $form,
            answer: $answer,
        }
    };
}

/// The operations, by their ids in the description.
pub(crate) const ROUTES: &[Route] = &[
    route!("ListService", "GET", "/v2/Services", 100, service::list),
    route!("FetchService", "GET", "/v2/Services/{Sid}", 0, service::fetch),
    route!("ListRole", "GET", "/v2/Services/{ServiceSid}/Roles", 100, role::list),
    route!("FetchRole", "GET", "/v2/Services/{ServiceSid}/Roles/{Sid}", 0, role::fetch),
    route!("ListUser", "GET", "/v2/Services/{ServiceSid}/Users", 100, user::list),
    route!("FetchUser", "GET", "/v2/Services/{ServiceSid}/Users/{Sid}", 0, user::fetch),
    route!(
        "ListUserChannel",
        "GET",
        "/v2/Services/{ServiceSid}/Users/{UserSid}/Channels",
        50,
        user_channel::list
    ),
    route!(
        "FetchUserChannel",
        "GET",
        "/v2/Services/{ServiceSid}/Users/{UserSid}/Channels/{ChannelSid}",
        0,
        user_channel::fetch
    ),
    route!(
        "UpdateUserChannel",
        "POST",
        "/v2/Services/{ServiceSid}/Users/{UserSid}/Channels/{ChannelSid}",
        0,
        &["NotificationLevel", "LastConsumedMessageIndex", "LastConsumptionTimestamp"],
        user_channel::update
    ),
    route!("ListChannel", "GET", "/v2/Services/{ServiceSid}/Channels", 100, channel::list),
    route!("FetchChannel", "GET", "/v2/Services/{ServiceSid}/Channels/{Sid}", 0, channel::fetch),
    route!("ListMember", "GET", "/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Members", 100, member::list),
    route!(
        "FetchMember",
        "GET",
        "/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Members/{Sid}",
        0,
        member::fetch
    ),
    route!("ListInvite", "GET", "/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Invites", 100, invite::list),
    route!(
        "FetchInvite",
        "GET",
        "/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Invites/{Sid}",
        0,
        invite::fetch
    ),
    route!(
        "ListMessage",
        "GET",
        "/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Messages",
        100,
        message::list
    ),
    route!(
        "FetchMessage",
        "GET",
        "/v2/Services/{ServiceSid}/Channels/{ChannelSid}/Messages/{Sid}",
        0,
        message::fetch
    ),
    route!(
        "UpdateChannel",
        "POST",
        "/v3/Services/{ServiceSid}/Channels/{Sid}",
        0,
        &["Type", "MessagingServiceSid"],
        migration::update
    ),
];
