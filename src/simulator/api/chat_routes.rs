//! The table of Chat's operations, by their ids in the descriptions of versions 2 and 3.

use super::{channel, invite, member, message, migration, push_binding, role, service, user, user_channel};
use crate::simulator::route::Route;
use crate::simulator::served_api::ServedApi;

macro_rules! route {
    ($operation:literal, $method:literal, $path:literal, $maximum:literal, $answer:path) => {
        route!($operation, $method, $path, $maximum, &[], $answer)
    };
    ($operation:literal, $method:literal, $path:literal, $maximum:literal, $form:expr, $answer:path) => {
        Route {
            api: ServedApi::Chat,
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
pub(crate) const CHAT_ROUTES: &[Route] = &[
    route!("ListService", "GET", "/v2/Services", 100, service::list),
    route!("FetchService", "GET", "/v2/Services/{Sid}", 0, service::fetch),
    route!("ListRole", "GET", "/v2/Services/{ServiceSid}/Roles", 100, role::list),
    route!("FetchRole", "GET", "/v2/Services/{ServiceSid}/Roles/{Sid}", 0, role::fetch),
    route!("ListBinding", "GET", "/v2/Services/{ServiceSid}/Bindings", 50, push_binding::list),
    route!("FetchBinding", "GET", "/v2/Services/{ServiceSid}/Bindings/{Sid}", 0, push_binding::fetch),
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
    route!("ListChannel", "GET", "/v2/Services/{ServiceSid}/Channels", 100, channel::list_chat),
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
