//! The requests of Conversations (classic) that this tool reads with.
//!
//! **Invariant:** every URL names its service. The shorter ones (`/v1/Conversations…`) reach the account's default service
//! alone, and answer of another one that there is nothing (twilio-csharp#617).
//!
//! **Invariant:** only the first page of a list says a page size. The following ones are asked for as the API gave them.

use crate::model::{Api, ChannelSid, MemberSid, ServiceSid, UserSid};
use crate::twilio::request::ApiRequest;

/// The lists, with the largest page that each allows (`maximum` of `PageSize` in OpenAPI `conversations/v1`, `ListService…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConversationsCollection {
    /// `/v1/Services`
    Services,
    /// `/v1/Services/{IS}/Roles`
    Roles,
    /// `/v1/Services/{IS}/Users`
    Users,
    /// `/v1/Services/{IS}/Conversations`
    Conversations,
    /// `/v1/Services/{IS}/Users/{US}/Conversations`
    UserConversations,
    /// `/v1/Services/{IS}/Conversations/{CH}/Participants`
    Participants,
    /// `/v1/Services/{IS}/Conversations/{CH}/Messages`
    Messages,
    /// `/v1/Services/{IS}/Bindings`
    Bindings,
}

impl ConversationsCollection {
    /// The largest page that may be asked for.
    pub(crate) fn largest_page(self) -> u32 {
        match self {
            Self::Roles | Self::Users | Self::UserConversations => 50,
            Self::Services | Self::Conversations | Self::Participants | Self::Messages | Self::Bindings => {
                100
            }
        }
    }

    /// The key of the array in its pages. User Conversations come as `conversations`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Roles => "roles",
            Self::Users => "users",
            Self::Conversations | Self::UserConversations => "conversations",
            Self::Participants => "participants",
            Self::Messages => "messages",
            Self::Bindings => "bindings",
        }
    }

    fn first_page(self, request: ApiRequest, page_size: Option<u32>) -> ApiRequest {
        request.page_size(page_size, self.largest_page())
    }
}

/// A path below a service.
fn in_service(service: &ServiceSid, segments: &[&str]) -> ApiRequest {
    let service = service.to_string();
    let segments = ["v1", "Services", &service].into_iter().chain(segments.iter().copied());
    ApiRequest::get(Api::Conversations, segments)
}

/// Lists the account's services.
pub(crate) fn list_services(page_size: Option<u32>) -> ApiRequest {
    ConversationsCollection::Services
        .first_page(ApiRequest::get(Api::Conversations, ["v1", "Services"]), page_size)
}

pub(crate) fn fetch_service(service: &ServiceSid) -> ApiRequest {
    in_service(service, &[])
}

/// Fetches the account's configuration: default service and timers.
pub(crate) fn fetch_account_configuration() -> ApiRequest {
    ApiRequest::get(Api::Conversations, ["v1", "Configuration"])
}

/// Fetches a service's configuration: default roles and reachability.
pub(crate) fn fetch_configuration(service: &ServiceSid) -> ApiRequest {
    in_service(service, &["Configuration"])
}

/// Fetches a service's webhooks.
pub(crate) fn fetch_webhooks(service: &ServiceSid) -> ApiRequest {
    in_service(service, &["Configuration", "Webhooks"])
}

/// Fetches a service's push notification templates.
pub(crate) fn fetch_notifications(service: &ServiceSid) -> ApiRequest {
    in_service(service, &["Configuration", "Notifications"])
}

/// Lists a service's roles.
pub(crate) fn list_roles(service: &ServiceSid, page_size: Option<u32>) -> ApiRequest {
    ConversationsCollection::Roles.first_page(in_service(service, &["Roles"]), page_size)
}

/// Lists a service's users.
pub(crate) fn list_users(service: &ServiceSid, page_size: Option<u32>) -> ApiRequest {
    ConversationsCollection::Users.first_page(in_service(service, &["Users"]), page_size)
}

/// Fetches a user. Only this says `is_online`.
pub(crate) fn fetch_user(service: &ServiceSid, user: &UserSid) -> ApiRequest {
    in_service(service, &["Users", &user.to_string()])
}

/// Lists a service's conversations: of Chat's channels the private ones.
pub(crate) fn list_conversations(service: &ServiceSid, page_size: Option<u32>) -> ApiRequest {
    ConversationsCollection::Conversations.first_page(in_service(service, &["Conversations"]), page_size)
}

pub(crate) fn fetch_conversation(service: &ServiceSid, conversation: &ChannelSid) -> ApiRequest {
    in_service(service, &["Conversations", &conversation.to_string()])
}

pub(crate) fn fetch_participant(
    service: &ServiceSid,
    conversation: &ChannelSid,
    participant: &MemberSid,
) -> ApiRequest {
    let (conversation, participant) = (conversation.to_string(), participant.to_string());
    in_service(service, &["Conversations", &conversation, "Participants", &participant])
}

/// Lists a conversation's participants.
pub(crate) fn list_participants(
    service: &ServiceSid,
    conversation: &ChannelSid,
    page_size: Option<u32>,
) -> ApiRequest {
    let request = in_service(service, &["Conversations", &conversation.to_string(), "Participants"]);
    ConversationsCollection::Participants.first_page(request, page_size)
}

/// Lists a conversation's messages, oldest first.
pub(crate) fn list_messages(
    service: &ServiceSid,
    conversation: &ChannelSid,
    page_size: Option<u32>,
) -> ApiRequest {
    let request = in_service(service, &["Conversations", &conversation.to_string(), "Messages"]);
    ConversationsCollection::Messages.first_page(request, page_size).query("Order", "asc")
}

/// Lists a service's push notification bindings: those of one identity, or all.
pub(crate) fn list_bindings(
    service: &ServiceSid,
    identity: Option<&str>,
    page_size: Option<u32>,
) -> ApiRequest {
    let request = ConversationsCollection::Bindings.first_page(in_service(service, &["Bindings"]), page_size);
    identity.map_or(request.clone(), |identity| request.query("Identity", identity))
}

pub(crate) fn list_user_conversations(
    service: &ServiceSid,
    user: &UserSid,
    page_size: Option<u32>,
) -> ApiRequest {
    let request = in_service(service, &["Users", &user.to_string(), "Conversations"]);
    ConversationsCollection::UserConversations.first_page(request, page_size)
}

pub(crate) fn fetch_user_conversation(
    service: &ServiceSid,
    user: &UserSid,
    conversation: &ChannelSid,
) -> ApiRequest {
    in_service(service, &["Users", &user.to_string(), "Conversations", &conversation.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::request::Method;

    #[test]
    fn every_path_names_its_service_and_no_page_is_larger_than_allowed() {
        let (service, user) = (ServiceSid::from_digits(1), UserSid::from_digits(2));
        let conversation = ChannelSid::from_digits(3);
        let base = format!("/v1/Services/{service}");
        let one = format!("{base}/Conversations/{conversation}");
        for (request, expected) in [
            (list_services(None), "/v1/Services?PageSize=100".to_owned()),
            (list_services(Some(1)), "/v1/Services?PageSize=1".to_owned()),
            (fetch_service(&service), base.clone()),
            (fetch_account_configuration(), "/v1/Configuration".to_owned()),
            (fetch_configuration(&service), format!("{base}/Configuration")),
            (fetch_webhooks(&service), format!("{base}/Configuration/Webhooks")),
            (fetch_notifications(&service), format!("{base}/Configuration/Notifications")),
            (list_roles(&service, Some(1000)), format!("{base}/Roles?PageSize=50")),
            (list_users(&service, None), format!("{base}/Users?PageSize=50")),
            (list_users(&service, Some(0)), format!("{base}/Users?PageSize=1")),
            (fetch_user(&service, &user), format!("{base}/Users/{user}")),
            (list_conversations(&service, None), format!("{base}/Conversations?PageSize=100")),
            (fetch_conversation(&service, &conversation), one.clone()),
            (
                list_bindings(&service, Some("ada"), None),
                format!("{base}/Bindings?PageSize=100&Identity=ada"),
            ),
            (list_participants(&service, &conversation, None), format!("{one}/Participants?PageSize=100")),
            (list_messages(&service, &conversation, None), format!("{one}/Messages?PageSize=100&Order=asc")),
            (
                list_user_conversations(&service, &user, None),
                format!("{base}/Users/{user}/Conversations?PageSize=50"),
            ),
            (
                fetch_user_conversation(&service, &user, &conversation),
                format!("{base}/Users/{user}/Conversations/{conversation}"),
            ),
        ] {
            assert_eq!(request.path_and_query(), expected);
            assert_eq!((request.method(), request.api()), (Method::Get, Api::Conversations));
        }
    }
}
