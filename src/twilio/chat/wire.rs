//! The resources of Programmable Chat with the keys and types that OpenAPI `chat/v2` publishes.
//!
//! Every field may be null or missing: the specification says so of nearly all of them, and its own examples of more.

use crate::twilio::wire::resources;

resources! {
    /// OpenAPI `chat.v2.service`.
    Service by sid {
        texts: [sid, account_sid, friendly_name, date_created, date_updated, default_service_role_sid,
            default_channel_role_sid, default_channel_creator_role_sid, pre_webhook_url, post_webhook_url,
            webhook_method],
        flags: [read_status_enabled, reachability_enabled],
        numbers: [typing_indicator_timeout, consumption_report_interval, pre_webhook_retry_count,
            post_webhook_retry_count],
        json: [limits, webhook_filters, notifications, media],
        lists: [],
    }

    /// OpenAPI `chat.v2.service.role`.
    Role by sid {
        texts: [sid, account_sid, service_sid, friendly_name, r#type, date_created, date_updated],
        flags: [],
        numbers: [],
        json: [],
        lists: [permissions],
    }

    /// OpenAPI `chat.v2.service.user`.
    User by sid {
        texts: [sid, account_sid, service_sid, attributes, friendly_name, role_sid, identity, date_created,
            date_updated],
        flags: [is_online, is_notifiable],
        numbers: [joined_channels_count],
        json: [],
        lists: [],
    }

    /// OpenAPI `chat.v2.service.channel`.
    Channel by sid {
        texts: [sid, account_sid, service_sid, friendly_name, unique_name, attributes, r#type, date_created,
            date_updated, created_by],
        flags: [],
        numbers: [members_count, messages_count],
        json: [],
        lists: [],
    }

    /// OpenAPI `chat.v2.service.user.user_channel`.
    UserChannel by channel_sid {
        texts: [account_sid, service_sid, channel_sid, user_sid, member_sid, status, notification_level],
        flags: [],
        numbers: [last_consumed_message_index, unread_messages_count],
        json: [],
        lists: [],
    }

    /// OpenAPI `chat.v2.service.channel.member`.
    Member by sid {
        texts: [sid, account_sid, channel_sid, service_sid, identity, role_sid, last_consumption_timestamp,
            date_created, date_updated, attributes],
        flags: [],
        numbers: [last_consumed_message_index],
        json: [],
        lists: [],
    }

    /// OpenAPI `chat.v2.service.channel.invite`.
    Invite by sid {
        texts: [sid, account_sid, channel_sid, service_sid, identity, date_created, date_updated, role_sid,
            created_by],
        flags: [],
        numbers: [],
        json: [],
        lists: [],
    }

    /// OpenAPI `chat.v2.service.channel.message`. `to` is the channel once more.
    Message by sid {
        texts: [sid, account_sid, attributes, service_sid, to, channel_sid, date_created, date_updated,
            last_updated_by, from, body, r#type],
        flags: [was_edited],
        numbers: [index],
        json: [media],
        lists: [],
    }
}
