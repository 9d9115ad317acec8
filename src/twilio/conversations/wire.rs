//! The settings of Conversations, which are resources of their own, with the keys and types that OpenAPI `conversations/v1` publishes.

use crate::twilio::wire::resources;

resources! {
    /// OpenAPI `conversations.v1.service.service_configuration`.
    ServiceConfiguration {
        own text chat_service_sid = "chat_service_sid";
        own text default_conversation_creator_role_sid = "default_conversation_creator_role_sid";
        own text default_conversation_role_sid = "default_conversation_role_sid";
        own text default_chat_service_role_sid = "default_chat_service_role_sid";
        own flag reachability_enabled = "reachability_enabled";
    }

    /// OpenAPI `conversations.v1.service.service_configuration.service_webhook_configuration`.
    Webhooks {
        own text account_sid = "account_sid";
        own text chat_service_sid = "chat_service_sid";
        own text pre_webhook_url = "pre_webhook_url";
        own text post_webhook_url = "post_webhook_url";
        own text method = "method";
        own json filters = "filters";
    }

    /// OpenAPI `conversations.v1.service.service_configuration.service_notification`.
    Notifications {
        own text account_sid = "account_sid";
        own text chat_service_sid = "chat_service_sid";
        own json new_message = "new_message";
        own json added_to_conversation = "added_to_conversation";
        own json removed_from_conversation = "removed_from_conversation";
        own json log_enabled = "log_enabled";
    }

    /// OpenAPI `conversations.v1.configuration`: the account's.
    AccountConfiguration {
        own text account_sid = "account_sid";
        own text default_chat_service_sid = "default_chat_service_sid";
        own text default_messaging_service_sid = "default_messaging_service_sid";
        own text default_inactive_timer = "default_inactive_timer";
        own text default_closed_timer = "default_closed_timer";
    }
}
