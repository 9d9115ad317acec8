//! The table of Conversations' operations, by their ids in the description, with the parameters of their forms.

use super::{
    batch, channel, configuration, member, message, push_binding, role, service, service_configuration, user,
    user_channel,
};
use crate::simulator::refusal::Refusal;
use crate::simulator::route::{Call, Route};
use crate::simulator::served_api::ServedApi;

type Handler = fn(&Call<'_>) -> Result<String, Refusal>;

/// A list, of pages no larger than `maximum`.
const fn list(operation: &'static str, path: &'static str, maximum: u32, answer: Handler) -> Route {
    Route { api: ServedApi::Conversations, operation, method: "GET", path, maximum, form: &[], answer }
}

const fn fetch(operation: &'static str, path: &'static str, answer: Handler) -> Route {
    Route { api: ServedApi::Conversations, operation, method: "GET", path, maximum: 0, form: &[], answer }
}

const fn post(
    operation: &'static str,
    path: &'static str,
    form: &'static [&'static str],
    answer: Handler,
) -> Route {
    Route { api: ServedApi::Conversations, operation, method: "POST", path, maximum: 0, form, answer }
}

const fn delete(operation: &'static str, path: &'static str, answer: Handler) -> Route {
    Route { api: ServedApi::Conversations, operation, method: "DELETE", path, maximum: 0, form: &[], answer }
}

/// A path below a service.
macro_rules! within {
    ($path:literal) => {
        concat!("/v1/Services/{ChatServiceSid}", $path)
    };
}

pub(crate) const CONVERSATIONS_ROUTES: &[Route] = &[
    list("ListService", "/v1/Services", 100, service::list),
    fetch("FetchService", "/v1/Services/{Sid}", service::fetch),
    fetch("FetchConfiguration", "/v1/Configuration", configuration::fetch),
    post(
        "UpdateConfiguration",
        "/v1/Configuration",
        &[
            "DefaultChatServiceSid",
            "DefaultMessagingServiceSid",
            "DefaultInactiveTimer",
            "DefaultClosedTimer",
        ],
        configuration::update,
    ),
    fetch("FetchServiceConfiguration", within!("/Configuration"), service_configuration::fetch),
    post(
        "UpdateServiceConfiguration",
        within!("/Configuration"),
        &[
            "DefaultConversationCreatorRoleSid",
            "DefaultConversationRoleSid",
            "DefaultChatServiceRoleSid",
            "ReachabilityEnabled",
        ],
        service_configuration::update,
    ),
    fetch(
        "FetchServiceWebhookConfiguration",
        within!("/Configuration/Webhooks"),
        service_configuration::fetch_webhooks,
    ),
    post(
        "UpdateServiceWebhookConfiguration",
        within!("/Configuration/Webhooks"),
        &["PreWebhookUrl", "PostWebhookUrl", "Filters", "Method"],
        service_configuration::update_webhooks,
    ),
    fetch(
        "FetchServiceNotification",
        within!("/Configuration/Notifications"),
        service_configuration::fetch_notifications,
    ),
    list("ListServiceRole", within!("/Roles"), 50, role::list),
    post("CreateServiceRole", within!("/Roles"), &["FriendlyName", "Type", "Permission"], role::create),
    fetch("FetchServiceRole", within!("/Roles/{Sid}"), role::fetch),
    post("UpdateServiceRole", within!("/Roles/{Sid}"), &["Permission"], role::update),
    delete("DeleteServiceRole", within!("/Roles/{Sid}"), role::delete),
    list("ListServiceBinding", within!("/Bindings"), 100, push_binding::list),
    fetch("FetchServiceBinding", within!("/Bindings/{Sid}"), push_binding::fetch),
    list("ListServiceUser", within!("/Users"), 50, user::list),
    post(
        "CreateServiceUser",
        within!("/Users"),
        &["Identity", "FriendlyName", "Attributes", "RoleSid"],
        user::create,
    ),
    fetch("FetchServiceUser", within!("/Users/{Sid}"), user::fetch),
    post(
        "UpdateServiceUser",
        within!("/Users/{Sid}"),
        &["FriendlyName", "Attributes", "RoleSid"],
        user::update,
    ),
    delete("DeleteServiceUser", within!("/Users/{Sid}"), user::delete),
    list("ListServiceUserConversation", within!("/Users/{UserSid}/Conversations"), 50, user_channel::list),
    fetch(
        "FetchServiceUserConversation",
        within!("/Users/{UserSid}/Conversations/{ConversationSid}"),
        user_channel::fetch,
    ),
    post(
        "UpdateServiceUserConversation",
        within!("/Users/{UserSid}/Conversations/{ConversationSid}"),
        &["NotificationLevel", "LastReadTimestamp", "LastReadMessageIndex"],
        user_channel::update,
    ),
    list("ListServiceConversation", within!("/Conversations"), 100, channel::list_conversations),
    post(
        "CreateServiceConversation",
        within!("/Conversations"),
        &[
            "FriendlyName",
            "UniqueName",
            "Attributes",
            "MessagingServiceSid",
            "DateCreated",
            "DateUpdated",
            "State",
            "Timers.Inactive",
            "Timers.Closed",
            "Bindings.Email.Address",
            "Bindings.Email.Name",
        ],
        channel::create,
    ),
    post(
        "CreateServiceConversationWithParticipants",
        within!("/ConversationWithParticipants"),
        &[
            "FriendlyName",
            "UniqueName",
            "DateCreated",
            "DateUpdated",
            "MessagingServiceSid",
            "Attributes",
            "State",
            "Timers.Inactive",
            "Timers.Closed",
            "Bindings.Email.Address",
            "Bindings.Email.Name",
            "Participant",
        ],
        batch::create,
    ),
    fetch("FetchServiceConversation", within!("/Conversations/{Sid}"), channel::fetch),
    post(
        "UpdateServiceConversation",
        within!("/Conversations/{Sid}"),
        &[
            "FriendlyName",
            "DateCreated",
            "DateUpdated",
            "Attributes",
            "MessagingServiceSid",
            "State",
            "Timers.Inactive",
            "Timers.Closed",
            "UniqueName",
            "Bindings.Email.Address",
            "Bindings.Email.Name",
        ],
        channel::update,
    ),
    delete("DeleteServiceConversation", within!("/Conversations/{Sid}"), channel::delete),
    list(
        "ListServiceConversationParticipant",
        within!("/Conversations/{ConversationSid}/Participants"),
        100,
        member::list,
    ),
    post(
        "CreateServiceConversationParticipant",
        within!("/Conversations/{ConversationSid}/Participants"),
        &[
            "Identity",
            "MessagingBinding.Address",
            "MessagingBinding.ProxyAddress",
            "DateCreated",
            "DateUpdated",
            "Attributes",
            "MessagingBinding.ProjectedAddress",
            "RoleSid",
        ],
        member::create,
    ),
    fetch(
        "FetchServiceConversationParticipant",
        within!("/Conversations/{ConversationSid}/Participants/{Sid}"),
        member::fetch,
    ),
    post(
        "UpdateServiceConversationParticipant",
        within!("/Conversations/{ConversationSid}/Participants/{Sid}"),
        &[
            "DateCreated",
            "DateUpdated",
            "Identity",
            "Attributes",
            "RoleSid",
            "MessagingBinding.ProxyAddress",
            "MessagingBinding.ProjectedAddress",
            "LastReadMessageIndex",
            "LastReadTimestamp",
        ],
        member::update,
    ),
    delete(
        "DeleteServiceConversationParticipant",
        within!("/Conversations/{ConversationSid}/Participants/{Sid}"),
        member::delete,
    ),
    list(
        "ListServiceConversationMessage",
        within!("/Conversations/{ConversationSid}/Messages"),
        100,
        message::list,
    ),
    post(
        "CreateServiceConversationMessage",
        within!("/Conversations/{ConversationSid}/Messages"),
        &[
            "Author",
            "Body",
            "DateCreated",
            "DateUpdated",
            "Attributes",
            "MediaSid",
            "ContentSid",
            "ContentVariables",
            "Subject",
        ],
        message::create,
    ),
    fetch(
        "FetchServiceConversationMessage",
        within!("/Conversations/{ConversationSid}/Messages/{Sid}"),
        message::fetch,
    ),
];
