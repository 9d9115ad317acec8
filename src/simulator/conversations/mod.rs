//! Conversations, API version 1, as its OpenAPI description states it.
//!
//! Twilio documents one backend for both APIs: services, roles and users are the same objects as Chat's, a private
//! channel is a conversation and its members are the participants, all with the same SIDs. A public channel is not
//! seen here, nor is who has not joined.
//!
//! **Invariant:** written from the description, with no type and no code of the client: it is the second
//! opinion that the client is tested against.

mod configuration;
mod conversation;
mod message;
mod participant;
mod role;
mod service;
mod service_configuration;
mod shared;
mod user;
mod user_conversation;

pub(crate) use conversation::write as write_conversation;
pub(crate) use message::write as write_message;
pub(crate) use participant::rows as participants;
pub(crate) use role::write as write_role;
pub(crate) use service::write as write_service;
pub(crate) use service_configuration::write as write_configuration;
pub(crate) use user::write as write_user;
pub(crate) use user_conversation::rows as user_conversations;

use super::route::Route;

macro_rules! route {
    ($operation:literal, $method:literal, $path:literal, $maximum:literal, $answer:path) => {
        Route {
            operation: $operation,
            method: $method,
            path: concat!("/v1", $path),
            maximum: $maximum,
            answer: $answer,
        }
    };
    (in $operation:literal, $method:literal, $path:literal, $maximum:literal, $answer:path) => {
        Route {
            operation: $operation,
            method: $method,
            path: concat!("/v1/Services/{ChatServiceSid}", $path),
            maximum: $maximum,
            answer: $answer,
        }
    };
}

/// The operations, by their ids in the description.
pub(crate) const ROUTES: &[Route] = &[
    route!("ListService", "GET", "/Services", 100, service::list),
    route!("FetchService", "GET", "/Services/{Sid}", 0, service::fetch),
    route!("FetchConfiguration", "GET", "/Configuration", 0, configuration::fetch),
    route!(in "FetchServiceConfiguration", "GET", "/Configuration", 0, service_configuration::fetch),
    route!(in "FetchServiceWebhookConfiguration", "GET", "/Configuration/Webhooks", 0, service_configuration::fetch_webhooks),
    route!(in "FetchServiceNotification", "GET", "/Configuration/Notifications", 0, service_configuration::fetch_notifications),
    route!(in "ListServiceRole", "GET", "/Roles", 50, role::list),
    route!(in "FetchServiceRole", "GET", "/Roles/{Sid}", 0, role::fetch),
    route!(in "ListServiceUser", "GET", "/Users", 50, user::list),
    route!(in "FetchServiceUser", "GET", "/Users/{Sid}", 0, user::fetch),
    route!(in "ListServiceUserConversation", "GET", "/Users/{UserSid}/Conversations", 50, user_conversation::list),
    route!(in "FetchServiceUserConversation", "GET", "/Users/{UserSid}/Conversations/{ConversationSid}", 0, user_conversation::fetch),
    route!(in "ListServiceConversation", "GET", "/Conversations", 100, conversation::list),
    route!(in "FetchServiceConversation", "GET", "/Conversations/{Sid}", 0, conversation::fetch),
    route!(in "ListServiceConversationParticipant", "GET", "/Conversations/{ConversationSid}/Participants", 100, participant::list),
    route!(in "FetchServiceConversationParticipant", "GET", "/Conversations/{ConversationSid}/Participants/{Sid}", 0, participant::fetch),
    route!(in "ListServiceConversationMessage", "GET", "/Conversations/{ConversationSid}/Messages", 100, message::list),
    route!(in "FetchServiceConversationMessage", "GET", "/Conversations/{ConversationSid}/Messages/{Sid}", 0, message::fetch),
];
