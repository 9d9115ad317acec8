//! The requests of Programmable Chat that this tool sends.
//!
//! **Invariant:** only the first page of a list says a page size. The following ones are asked for as the API gave them.
//!
//! **Deliberately absent:** every request that deletes. Chat and Conversations hold the same objects, so that a deletion here
//! is one there.

use crate::model::{Api, ChannelSid, MemberSid, ServiceSid, UserSid};
use crate::twilio::request::ApiRequest;

/// The lists, with the largest page that each allows (`maximum` of `PageSize` in OpenAPI `chat/v2`, `List…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChatCollection {
    /// `/v2/Services`
    Services,
    /// `/v2/Services/{IS}/Roles`
    Roles,
    /// `/v2/Services/{IS}/Users`
    Users,
    /// `/v2/Services/{IS}/Channels`
    Channels,
    /// `/v2/Services/{IS}/Users/{US}/Channels`
    UserChannels,
    /// `/v2/Services/{IS}/Channels/{CH}/Members`
    Members,
    /// `/v2/Services/{IS}/Channels/{CH}/Invites`
    Invites,
    /// `/v2/Services/{IS}/Channels/{CH}/Messages`
    Messages,
    /// `/v2/Services/{IS}/Bindings`
    Bindings,
}

impl ChatCollection {
    /// The largest page that may be asked for.
    pub(crate) fn largest_page(self) -> u32 {
        match self {
            Self::UserChannels | Self::Bindings => 50,
            _ => 100,
        }
    }

    /// The key of the array in its pages. User Channels come as `channels`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Roles => "roles",
            Self::Users => "users",
            Self::Channels | Self::UserChannels => "channels",
            Self::Members => "members",
            Self::Invites => "invites",
            Self::Messages => "messages",
            Self::Bindings => "bindings",
        }
    }

    fn first_page(self, request: ApiRequest, page_size: Option<u32>) -> ApiRequest {
        request.page_size(page_size, self.largest_page())
    }
}

fn get(segments: &[&str]) -> ApiRequest {
    ApiRequest::get(Api::Chat, segments)
}

/// Lists the account's services.
pub(crate) fn list_services(page_size: Option<u32>) -> ApiRequest {
    ChatCollection::Services.first_page(get(&["v2", "Services"]), page_size)
}

pub(crate) fn fetch_service(service: &ServiceSid) -> ApiRequest {
    get(&["v2", "Services", &service.to_string()])
}

/// Lists a service's roles.
pub(crate) fn list_roles(service: &ServiceSid, page_size: Option<u32>) -> ApiRequest {
    ChatCollection::Roles.first_page(get(&["v2", "Services", &service.to_string(), "Roles"]), page_size)
}

/// Lists a service's users.
pub(crate) fn list_users(service: &ServiceSid, page_size: Option<u32>) -> ApiRequest {
    ChatCollection::Users.first_page(get(&["v2", "Services", &service.to_string(), "Users"]), page_size)
}

/// Fetches a user. Only this says `is_online`.
pub(crate) fn fetch_user(service: &ServiceSid, user: &UserSid) -> ApiRequest {
    get(&["v2", "Services", &service.to_string(), "Users", &user.to_string()])
}

pub(crate) fn list_user_channels(service: &ServiceSid, user: &UserSid, page_size: Option<u32>) -> ApiRequest {
    let segments = ["v2", "Services", &service.to_string(), "Users", &user.to_string(), "Channels"];
    ChatCollection::UserChannels.first_page(get(&segments), page_size)
}

pub(crate) fn fetch_user_channel(service: &ServiceSid, user: &UserSid, channel: &ChannelSid) -> ApiRequest {
    get(&user_channel(&service.to_string(), &user.to_string(), &channel.to_string()))
}

fn user_channel<'a>(service: &'a str, user: &'a str, channel: &'a str) -> [&'a str; 7] {
    ["v2", "Services", service, "Users", user, "Channels", channel]
}

/// Lists a service's channels. Both types are asked for: without `Type` the specification promises public ones only.
pub(crate) fn list_channels(service: &ServiceSid, page_size: Option<u32>) -> ApiRequest {
    let request = get(&["v2", "Services", &service.to_string(), "Channels"]);
    ChatCollection::Channels.first_page(request.query("Type", "public").query("Type", "private"), page_size)
}

pub(crate) fn fetch_channel(service: &ServiceSid, channel: &ChannelSid) -> ApiRequest {
    get(&["v2", "Services", &service.to_string(), "Channels", &channel.to_string()])
}

/// Lists a channel's members.
pub(crate) fn list_members(service: &ServiceSid, channel: &ChannelSid, page_size: Option<u32>) -> ApiRequest {
    of_channel(ChatCollection::Members, "Members", service, channel, page_size)
}

pub(crate) fn fetch_member(service: &ServiceSid, channel: &ChannelSid, member: &MemberSid) -> ApiRequest {
    let (service, channel) = (service.to_string(), channel.to_string());
    get(&["v2", "Services", &service, "Channels", &channel, "Members", &member.to_string()])
}

/// Lists a channel's pending invites: those of one identity, or all.
pub(crate) fn list_invites(
    service: &ServiceSid,
    channel: &ChannelSid,
    identity: Option<&str>,
    page_size: Option<u32>,
) -> ApiRequest {
    let request = of_channel(ChatCollection::Invites, "Invites", service, channel, page_size);
    identity.map_or(request.clone(), |identity| request.query("Identity", identity))
}

/// Lists a channel's messages, oldest first.
pub(crate) fn list_messages(
    service: &ServiceSid,
    channel: &ChannelSid,
    page_size: Option<u32>,
) -> ApiRequest {
    of_channel(ChatCollection::Messages, "Messages", service, channel, page_size).query("Order", "asc")
}

/// Lists a service's push notification bindings: those of one identity, or all.
pub(crate) fn list_bindings(
    service: &ServiceSid,
    identity: Option<&str>,
    page_size: Option<u32>,
) -> ApiRequest {
    let request = get(&["v2", "Services", &service.to_string(), "Bindings"]);
    let request = ChatCollection::Bindings.first_page(request, page_size);
    identity.map_or(request.clone(), |identity| request.query("Identity", identity))
}

fn of_channel(
    collection: ChatCollection,
    name: &str,
    service: &ServiceSid,
    channel: &ChannelSid,
    page_size: Option<u32>,
) -> ApiRequest {
    let segments = ["v2", "Services", &service.to_string(), "Channels", &channel.to_string(), name];
    collection.first_page(get(&segments), page_size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::request::Method;

    #[test]
    fn lists_ask_for_the_largest_page_and_never_more() {
        let (service, user, channel) =
            (ServiceSid::from_digits(1), UserSid::from_digits(2), ChannelSid::from_digits(3));
        let base = format!("/v2/Services/{service}");
        let in_channel = format!("{base}/Channels/{channel}");
        for (request, expected) in [
            (list_services(None), "/v2/Services?PageSize=100".to_owned()),
            (list_roles(&service, None), format!("{base}/Roles?PageSize=100")),
            (list_users(&service, Some(1000)), format!("{base}/Users?PageSize=100")),
            (list_users(&service, Some(0)), format!("{base}/Users?PageSize=1")),
            (list_channels(&service, None), format!("{base}/Channels?Type=public&Type=private&PageSize=100")),
            (list_user_channels(&service, &user, None), format!("{base}/Users/{user}/Channels?PageSize=50")),
            (
                list_user_channels(&service, &user, Some(20)),
                format!("{base}/Users/{user}/Channels?PageSize=20"),
            ),
            (list_members(&service, &channel, None), format!("{in_channel}/Members?PageSize=100")),
            (list_invites(&service, &channel, None, None), format!("{in_channel}/Invites?PageSize=100")),
            (
                list_invites(&service, &channel, Some("a&b"), None),
                format!("{in_channel}/Invites?PageSize=100&Identity=a%26b"),
            ),
            (
                fetch_member(&service, &channel, &MemberSid::from_digits(4)),
                format!("{in_channel}/Members/{}", MemberSid::from_digits(4)),
            ),
            (
                list_messages(&service, &channel, None),
                format!("{in_channel}/Messages?PageSize=100&Order=asc"),
            ),
            (list_bindings(&service, None, None), format!("{base}/Bindings?PageSize=50")),
            (
                list_bindings(&service, Some("a&b"), Some(100)),
                format!("{base}/Bindings?PageSize=50&Identity=a%26b"),
            ),
            (fetch_service(&service), base.clone()),
            (fetch_user(&service, &user), format!("{base}/Users/{user}")),
            (fetch_channel(&service, &channel), in_channel.clone()),
            (
                fetch_user_channel(&service, &user, &channel),
                format!("{base}/Users/{user}/Channels/{channel}"),
            ),
        ] {
            assert_eq!(request.path_and_query(), expected);
            assert_eq!((request.method(), request.form_body()), (Method::Get, None));
        }
    }
}
