//! The table of records: every record and every field, declared once.
//!
//! A layer that needs all fields takes the table as the input of a macro of its own: `records!(structs)` expands to
//! `structs! { the entire table }`. From it follow the structs of the model, the JSON types of both APIs and their conversion, the
//! columns and views of snapshots, the fields of mapping files, and the samples that mappings are tried on.
//!
//! **To add a field**, add its line here. A test below holds that no other file names a field that has no meaning beyond
//! being kept. A new column also makes a new snapshot format: raise `FORMAT` in `snapshot::schema`.
//!
//! ```text
//! field: place kind, PII class, sample value, chat "key in Chat", conversations "key in Conversations";
//! ```
//!
//! A **place** says what the field is to its record:
//! - `key`: the SID that identifies it. A row without one is not a record.
//! - `account`, `service`: the account and the service that it belongs to. Snapshots keep both in one number.
//! - `user`, `channel`: the user or channel whose list it is in. What was asked for counts, not what the row says.
//! - `own`: everything else.
//!
//! A **kind** says what its value is: `text`, `flag`, `number`, `index` (a position in a list), `date`, `json` (an object or array whose
//! shape is Twilio's business), `media` (the same, without addresses), `permissions`, `message_type`, `(sid T)`, `(choice T)`, and
//! `extra` (see [`Extra`](super::Extra)).
//!
//! A field without a key for an API is null there, or the value behind `always`. What follows `@beside` are keys that are published
//! and are not fields: `channel` (the channel again), `kept` (goes to `extra`, without an issue), `ignored`.
//!
//! **Why here:** the model knows neither JSON, SQL nor mapping files. What it declares is what a field is; how each layer writes that
//! down is the layer's own macro.

/// Hands the table to a macro.
macro_rules! records {
    ($callback:ident) => {
        $callback! {
            /// A Chat service (OpenAPI `chat.v2.service`, `conversations.v1.service`). In Conversations its settings are resources of
            /// their own, which `source` adds.
            Service service "services" {
                sid: key (sid ServiceSid), None, 2, chat "sid", conversations "sid";
                account_sid: account (sid AccountSid), None, 1, chat "account_sid", conversations "account_sid";
                friendly_name: own text, Standard, "Support", chat "friendly_name", conversations "friendly_name";
                date_created: own date, None, 1_500_000_000, chat "date_created", conversations "date_created";
                date_updated: own date, None, 1_500_000_000, chat "date_updated", conversations "date_updated";
                /// The role of a user without another.
                default_service_role_sid: own (sid RoleSid), None, 3, chat "default_service_role_sid";
                /// The role of a member without another.
                default_channel_role_sid: own (sid RoleSid), None, 3, chat "default_channel_role_sid";
                /// The role of a channel's creator.
                default_channel_creator_role_sid: own (sid RoleSid), None, 3, chat "default_channel_creator_role_sid";
                /// Whether message consumption horizons are kept.
                read_status_enabled: own flag, None, true, chat "read_status_enabled";
                /// Whether `is_online` and `is_notifiable` are kept.
                reachability_enabled: own flag, None, false, chat "reachability_enabled";
                /// In seconds.
                typing_indicator_timeout: own number, None, 5, chat "typing_indicator_timeout";
                /// In seconds.
                consumption_report_interval: own number, None, 10, chat "consumption_report_interval";
                /// `{"channel_members": …, "user_channels": …}`
                limits: own json, None, r#"{"channel_members":100,"user_channels":250}"#, chat "limits";
                /// Webhook called before an event.
                pre_webhook_url: own text, None, "https://example.org/before", chat "pre_webhook_url";
                /// Webhook called after an event.
                post_webhook_url: own text, None, "https://example.org/after", chat "post_webhook_url";
                /// `GET` or `POST`.
                webhook_method: own text, None, "POST", chat "webhook_method";
                /// The events that call a webhook, a JSON array.
                webhook_filters: own json, None, r#"["onMessageSent"]"#, chat "webhook_filters";
                pre_webhook_retry_count: own number, None, 0, chat "pre_webhook_retry_count";
                post_webhook_retry_count: own number, None, 0, chat "post_webhook_retry_count";
                /// Push notification templates, a JSON object.
                notifications: own json, None, r#"{"log_enabled":false}"#, chat "notifications";
                /// Media limits, a JSON object.
                media: own json, None, r#"{"size_limit_mb":150}"#, chat "media";
                /// Conversations' configuration resources as sent, a JSON object: `account` (`/v1/Configuration`), `service`
                /// (`/v1/Services/{IS}/Configuration`), `webhooks` and `notifications` below that; null where one could not be read.
                configuration: own json, None, r#"{"account":null,"service":null,"webhooks":null,"notifications":null}"#;
                extra: own extra, Sensitive, "{}";
            }

            /// A role (OpenAPI `chat.v2.service.role`, `conversations.v1.service.service_role`).
            Role role "roles" {
                sid: key (sid RoleSid), None, 3, chat "sid", conversations "sid";
                account_sid: account (sid AccountSid), None, 1, chat "account_sid", conversations "account_sid";
                service_sid: service (sid ServiceSid), None, 2, chat "service_sid", conversations "chat_service_sid";
                friendly_name: own text, Standard, "channel user", chat "friendly_name", conversations "friendly_name";
                r#type: own (choice RoleType), None, "channel", chat "type", conversations "type";
                /// What it permits, in the API's order; unknown permissions verbatim.
                permissions: own permissions, None, "sendMessage inviteMember", chat "permissions",
                    conversations "permissions";
                date_created: own date, None, 1_500_000_000, chat "date_created", conversations "date_created";
                date_updated: own date, None, 1_500_000_000, chat "date_updated", conversations "date_updated";
                extra: own extra, Sensitive, "{}";
            }

            /// A user (OpenAPI `chat.v2.service.user`, `conversations.v1.service.service_user`).
            User user "users" {
                sid: key (sid UserSid), None, 4, chat "sid", conversations "sid";
                account_sid: account (sid AccountSid), None, 1, chat "account_sid", conversations "account_sid";
                service_sid: service (sid ServiceSid), None, 2, chat "service_sid", conversations "chat_service_sid";
                /// JSON in a string, verbatim.
                attributes: own text, Sensitive, r#"{"team":"north"}"#, chat "attributes", conversations "attributes";
                friendly_name: own text, Standard, "Ada", chat "friendly_name", conversations "friendly_name";
                /// Its role in the service.
                role_sid: own (sid RoleSid), None, 3, chat "role_sid", conversations "role_sid";
                /// The application's own name of the user.
                identity: own text, Standard, "ada@example.org", chat "identity", conversations "identity";
                /// Null in every list; only a single fetch has it.
                is_online: own flag, None, true, chat "is_online", conversations "is_online";
                /// Whether it can be reached by push.
                is_notifiable: own flag, None, false, chat "is_notifiable", conversations "is_notifiable";
                date_created: own date, None, 1_500_000_000, chat "date_created", conversations "date_created";
                date_updated: own date, None, 1_500_000_000, chat "date_updated", conversations "date_updated";
                /// How many channels it has joined: evidence for the crawl's verdict.
                joined_channels_count: own number, None, 1, chat "joined_channels_count";
                extra: own extra, Sensitive, "{}";
            }

            /// A channel (OpenAPI `chat.v2.service.channel`); in Conversations a conversation
            /// (`conversations.v1.service.service_conversation`).
            Channel channel "channels" {
                sid: key (sid ChannelSid), None, 5, chat "sid", conversations "sid";
                account_sid: account (sid AccountSid), None, 1, chat "account_sid", conversations "account_sid";
                service_sid: service (sid ServiceSid), None, 2, chat "service_sid", conversations "chat_service_sid";
                friendly_name: own text, Standard, "General", chat "friendly_name", conversations "friendly_name";
                /// Its name for programs, unique in the service.
                unique_name: own text, Standard, "general", chat "unique_name", conversations "unique_name";
                /// JSON in a string, verbatim.
                attributes: own text, Sensitive, r#"{"topic":"all"}"#, chat "attributes", conversations "attributes";
                r#type: own (choice ChannelType), None, "private", chat "type";
                date_created: own date, None, 1_500_000_000, chat "date_created", conversations "date_created";
                date_updated: own date, None, 1_500_000_000, chat "date_updated", conversations "date_updated";
                /// The identity that created it, or `system`.
                created_by: own text, Standard, "system", chat "created_by";
                /// How many members it has: evidence for the crawl's verdict.
                members_count: own number, None, 1, chat "members_count";
                /// How many messages it has: an estimate.
                messages_count: own number, None, 4, chat "messages_count";
                state: own (choice ConversationState), None, "active", conversations "state";
                /// When Conversations makes it inactive and closed, a JSON object.
                timers: own json, None, "{}", conversations "timers";
                /// The messaging service of its SMS and `WhatsApp` participants.
                messaging_service_sid: own (sid MessagingServiceSid), None, 9, conversations "messaging_service_sid";
                /// Its email binding, a JSON object. Personal, though the OpenAPI files do not say so.
                bindings: own json, Standard, "{}", conversations "bindings";
                extra: own extra, Sensitive, "{}";
            }

            /// A user's place on a channel: Twilio's User Channel (OpenAPI `chat.v2.service.user.user_channel`), in Conversations a
            /// User Conversation (`conversations.v1.service.service_user.service_user_conversation`). What the latter says of the
            /// conversation itself is said by the conversation too.
            Membership membership "user_channels" {
                account_sid: account (sid AccountSid), None, 1, chat "account_sid", conversations "account_sid";
                service_sid: service (sid ServiceSid), None, 2, chat "service_sid", conversations "chat_service_sid";
                channel_sid: key (sid ChannelSid), None, 5, chat "channel_sid", conversations "conversation_sid";
                user_sid: user (sid UserSid), None, 4, chat "user_sid", conversations "user_sid";
                /// The Member that the user is in the channel, if joined.
                member_sid: own (sid MemberSid), None, 6, chat "member_sid", conversations "participant_sid";
                /// Joined, invited, or not participating. Conversations lists only what is joined.
                status: own (choice MembershipStatus), None, "joined", chat "status", always Joined;
                /// The index of the last message read. Null is not 0: it says that nothing was ever marked as read.
                last_consumed_message_index: own number, None, 0, chat "last_consumed_message_index",
                    conversations "last_read_message_index";
                /// Null until a read horizon was set once.
                unread_messages_count: own number, None, 3, chat "unread_messages_count",
                    conversations "unread_messages_count";
                /// Whether push notifications are sent.
                notification_level: own (choice NotificationLevel), None, "default", chat "notification_level",
                    conversations "notification_level";
                extra: own extra, Sensitive, "{}";
                @beside conversations {
                    friendly_name: ignored; unique_name: ignored; attributes: ignored; conversation_state: ignored;
                    timers: ignored; created_by: ignored; date_created: ignored; date_updated: ignored;
                }
            }

            /// A member of a channel (OpenAPI `chat.v2.service.channel.member`); in Conversations a participant
            /// (`conversations.v1.service.service_conversation.service_conversation_participant`). One that takes part by SMS or
            /// another network has a `messaging_binding`.
            Member member "members" {
                sid: key (sid MemberSid), None, 6, chat "sid", conversations "sid";
                account_sid: account (sid AccountSid), None, 1, chat "account_sid", conversations "account_sid";
                channel_sid: channel (sid ChannelSid), None, 5, chat "channel_sid", conversations "conversation_sid";
                service_sid: service (sid ServiceSid), None, 2, chat "service_sid", conversations "chat_service_sid";
                /// The user's identity.
                identity: own text, Standard, "ada@example.org", chat "identity", conversations "identity";
                /// Its role in the channel.
                role_sid: own (sid RoleSid), None, 3, chat "role_sid", conversations "role_sid";
                /// The index of the last message read; null is not 0.
                last_consumed_message_index: own number, None, 0, chat "last_consumed_message_index",
                    conversations "last_read_message_index";
                /// When that was.
                last_consumption_timestamp: own date, None, 1_500_000_000, chat "last_consumption_timestamp",
                    conversations "last_read_timestamp";
                /// When it joined.
                date_created: own date, None, 1_500_000_000, chat "date_created", conversations "date_created";
                date_updated: own date, None, 1_500_000_000, chat "date_updated", conversations "date_updated";
                /// JSON in a string, verbatim.
                attributes: own text, Sensitive, "{}", chat "attributes", conversations "attributes";
                extra: own extra, Sensitive, "{}";
                @beside conversations { messaging_binding: kept; }
            }

            /// A pending invitation (OpenAPI `chat.v2.service.channel.invite`). Conversations has none.
            Invite invite "invites" {
                sid: key (sid InviteSid), None, 7, chat "sid";
                account_sid: account (sid AccountSid), None, 1, chat "account_sid";
                channel_sid: channel (sid ChannelSid), None, 5, chat "channel_sid";
                service_sid: service (sid ServiceSid), None, 2, chat "service_sid";
                /// The invited identity.
                identity: own text, Standard, "eve@example.org", chat "identity";
                date_created: own date, None, 1_500_000_000, chat "date_created";
                date_updated: own date, None, 1_500_000_000, chat "date_updated";
                /// The role that the member would get.
                role_sid: own (sid RoleSid), None, 3, chat "role_sid";
                /// Who invited.
                created_by: own text, Standard, "ada@example.org", chat "created_by";
                extra: own extra, Sensitive, "{}";
            }

            /// A message (OpenAPI `chat.v2.service.channel.message`,
            /// `conversations.v1.service.service_conversation.service_conversation_message`). Whether it was edited is not known from
            /// Conversations: the specification's null `date_updated` for one that was not is contradicted by its own examples.
            Message message "messages" {
                sid: key (sid MessageSid), None, 8, chat "sid", conversations "sid";
                account_sid: account (sid AccountSid), None, 1, chat "account_sid", conversations "account_sid";
                /// JSON in a string, verbatim.
                attributes: own text, Sensitive, "{}", chat "attributes", conversations "attributes";
                service_sid: service (sid ServiceSid), None, 2, chat "service_sid", conversations "chat_service_sid";
                channel_sid: channel (sid ChannelSid), None, 5, chat "channel_sid", conversations "conversation_sid";
                date_created: own date, None, 1_500_000_000, chat "date_created", conversations "date_created";
                date_updated: own date, None, 1_500_000_000, chat "date_updated", conversations "date_updated";
                /// Who changed it last.
                last_updated_by: own text, Standard, "ada@example.org", chat "last_updated_by";
                was_edited: own flag, None, false, chat "was_edited";
                /// The sender's identity.
                from: own text, Standard, "ada@example.org", chat "from", conversations "author";
                body: own text, Sensitive, "Hello", chat "body", conversations "body";
                /// Its position in the channel; indices may skip.
                index: own index, None, 0, chat "index", conversations "index";
                /// `text` or `media`.
                r#type: own message_type, None, "text", chat "type";
                /// `{sid, size, content_type, filename}`: a JSON object from Chat, an array of such from Conversations. Never an
                /// address: those that Twilio gives for media are temporary.
                media: own media, Standard, r#"{"sid":"ME00000000000000000000000000000000"}"#, chat "media",
                    conversations "media";
                /// The sender as a participant.
                participant_sid: own (sid MemberSid), None, 6, conversations "participant_sid";
                /// How it was delivered to participants outside of chat, a JSON object.
                delivery: own json, None, r#"{"total":1}"#, conversations "delivery";
                /// The template that it was made from.
                content_sid: own (sid ContentSid), None, 9, conversations "content_sid";
                extra: own extra, Sensitive, "{}";
                @beside chat { to: channel; }
            }

            /// A push notification binding: a device of a user (OpenAPI `chat.v2.service.binding`,
            /// `conversations.v1.service.service_binding`). Neither API creates one: devices register by themselves.
            Binding binding "bindings" {
                sid: key (sid BindingSid), None, 10, chat "sid", conversations "sid";
                account_sid: account (sid AccountSid), None, 1, chat "account_sid", conversations "account_sid";
                service_sid: service (sid ServiceSid), None, 2, chat "service_sid", conversations "chat_service_sid";
                date_created: own date, None, 1_500_000_000, chat "date_created", conversations "date_created";
                date_updated: own date, None, 1_500_000_000, chat "date_updated", conversations "date_updated";
                /// The device, in the form of its binding type.
                endpoint: own text, Standard, "ada-phone", chat "endpoint", conversations "endpoint";
                /// The user's identity.
                identity: own text, Standard, "ada@example.org", chat "identity", conversations "identity";
                /// The push credential that reaches it.
                credential_sid: own (sid CredentialSid), None, 11, chat "credential_sid", conversations "credential_sid";
                /// `apn`, `gcm` or `fcm`; in Conversations `twilsock` too.
                binding_type: own text, None, "fcm", chat "binding_type", conversations "binding_type";
                /// The events that it gets, a JSON array, in the words of the API.
                message_types: own json, None, r#"["new_message"]"#, chat "message_types", conversations "message_types";
                extra: own extra, Sensitive, "{}";
            }
        }
    };
}
pub(crate) use records;

/// The name of a field, which may be a word of Rust.
pub(crate) const fn bare(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Adding a field is one line here: a field that is only kept stands in no other file of the program. The simulator is a second
    /// opinion and has words of its own, and tests name what they look at.
    #[test]
    fn a_field_is_declared_in_one_place() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for field in ["content_sid", "delivery", "was_edited"] {
            assert_eq!(files_that_name(field, &sources), ["model/table.rs"], "{field}");
        }
    }

    fn files_that_name(field: &str, sources: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![sources.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(sources).unwrap().to_string_lossy().replace('\\', "/");
                if name.starts_with("simulator") || name.contains("test") || name.contains("fixture") {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "sql") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                    let mut words = program.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                    if words.any(|word| word == field) {
                        found.push(name);
                    }
                }
            }
        }
        found
    }
}
