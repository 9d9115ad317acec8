//! The resources of Conversations with the keys and types that OpenAPI `conversations/v1` publishes.
//!
//! Every field may be null or missing: the specification says so of nearly all of them, and its own examples of more.

use crate::twilio::wire::resources;

resources! {
    /// OpenAPI `conversations.v1.service`.
    Service by sid {
        texts: [sid, account_sid, friendly_name, date_created, date_updated],
        flags: [],
        numbers: [],
        json: [],
        lists: [],
    }

    /// OpenAPI `conversations.v1.service.service_configuration`.
    ServiceConfiguration {
        texts: [chat_service_sid, default_conversation_creator_role_sid, default_conversation_role_sid,
            default_chat_service_role_sid],
        flags: [reachability_enabled],
        numbers: [],
        json: [],
        lists: [],
    }

    /// OpenAPI `conversations.v1.service.service_configuration.service_webhook_configuration`.
    Webhooks {
        texts: [account_sid, chat_service_sid, pre_webhook_url, post_webhook_url, method],
        flags: [],
        numbers: [],
        json: [filters],
        lists: [],
    }

    /// OpenAPI `conversations.v1.service.service_configuration.service_notification`.
    Notifications {
        texts: [account_sid, chat_service_sid],
        flags: [],
        numbers: [],
        json: [new_message, added_to_conversation, removed_from_conversation, log_enabled],
        lists: [],
    }

    /// OpenAPI `conversations.v1.configuration`: the account's.
    AccountConfiguration {
        texts: [account_sid, default_chat_service_sid, default_messaging_service_sid, default_inactive_timer,
            default_closed_timer],
        flags: [],
        numbers: [],
        json: [],
        lists: [],
    }

    /// OpenAPI `conversations.v1.service.service_role`.
    Role by sid {
        texts: [sid, account_sid, chat_service_sid, friendly_name, r#type, date_created, date_updated],
        flags: [],
        numbers: [],
        json: [],
        lists: [permissions],
    }

    /// OpenAPI `conversations.v1.service.service_user`.
    User by sid {
        texts: [sid, account_sid, chat_service_sid, role_sid, identity, friendly_name, attributes, date_created,
            date_updated],
        flags: [is_online, is_notifiable],
        numbers: [],
        json: [],
        lists: [],
    }

    /// OpenAPI `conversations.v1.service.service_conversation`.
    Conversation by sid {
        texts: [account_sid, chat_service_sid, messaging_service_sid, sid, friendly_name, unique_name, attributes,
            state, date_created, date_updated],
        flags: [],
        numbers: [],
        json: [timers, bindings],
        lists: [],
    }

    /// OpenAPI `conversations.v1.service.service_conversation.service_conversation_participant`.
    Participant by sid {
        texts: [account_sid, chat_service_sid, conversation_sid, sid, identity, attributes, role_sid, date_created,
            date_updated, last_read_timestamp],
        flags: [],
        numbers: [last_read_message_index],
        json: [messaging_binding],
        lists: [],
    }

    /// OpenAPI `conversations.v1.service.service_conversation.service_conversation_message`.
    Message by sid {
        texts: [account_sid, chat_service_sid, conversation_sid, sid, author, body, attributes, participant_sid,
            date_created, date_updated, content_sid],
        flags: [],
        numbers: [index],
        json: [media, delivery],
        lists: [],
    }

    /// OpenAPI `conversations.v1.service.service_user.service_user_conversation`. What it says of the conversation itself
    /// is said by the [`Conversation`] too, whatever it is, so it is read as any JSON and left out.
    UserConversation by conversation_sid {
        texts: [account_sid, chat_service_sid, conversation_sid, user_sid, participant_sid, notification_level],
        flags: [],
        numbers: [unread_messages_count, last_read_message_index],
        json: [friendly_name, unique_name, attributes, conversation_state, timers, created_by, date_created,
            date_updated],
        lists: [],
    }
}
