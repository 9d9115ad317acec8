//! Made-up records to try a mapping on: one with a value in every field, one with null wherever null can be.

use super::field::reachable;
use super::sids::SidMap;
use crate::model::{
    AccountSid, Channel, ChannelSid, ChannelType, ContentSid, ConversationState, Entity, Invite, InviteSid,
    JsonText, Member, MemberSid, Membership, MembershipStatus, Message, MessageSid, MessagingServiceSid,
    NotificationLevel, Role, RoleSid, RoleType, RowRecords, Service, ServiceSid, Timestamp, User, UserSid,
};

/// One record of each kind.
#[derive(Debug)]
pub(crate) struct Sample {
    service: Service,
    membership: Membership,
    user: User,
    channel: Channel,
    member: Member,
    role: Role,
    invite: Invite,
    message: Message,
    /// Whether a row brings along the records that its own one refers to.
    with_others: bool,
}

impl Sample {
    /// Every field has a value.
    pub(crate) fn full() -> Self {
        Self::new(true)
    }

    /// Every field that can be null is, and no record has others beside it.
    pub(crate) fn nulls() -> Self {
        Self::new(false)
    }

    /// A row of the entity.
    pub(crate) fn subject(&self, entity: Entity) -> RowRecords<'_> {
        let has =
            |wanted: Entity| wanted == entity || self.with_others && reachable(entity).contains(&wanted);
        RowRecords {
            service: &self.service,
            membership: has(Entity::Membership).then_some(&self.membership),
            user: has(Entity::User).then_some(&self.user),
            channel: has(Entity::Channel).then_some(&self.channel),
            member: has(Entity::Member).then_some(&self.member),
            role: has(Entity::Role).then_some(&self.role),
            invite: has(Entity::Invite).then_some(&self.invite),
            message: has(Entity::Message).then_some(&self.message),
        }
    }

    /// What SIDs of another service are: one that no one has, or none.
    pub(crate) fn sids(&self) -> SidMap {
        let full = self.with_others;
        SidMap::new(move |sid| Ok(sid.get(..2).filter(|_| full).map(|kind| format!("{kind}{:032x}", 0))))
    }

    fn new(full: bool) -> Self {
        let make = Maker { full };
        Self {
            service: make.service(),
            membership: make.membership(),
            user: make.user(),
            channel: make.channel(),
            member: make.member(),
            role: make.role(),
            invite: make.invite(),
            message: make.message(),
            with_others: full,
        }
    }
}

/// Makes records with or without values.
#[derive(Clone, Copy)]
struct Maker {
    full: bool,
}

impl Maker {
    fn some<T>(self, value: T) -> Option<T> {
        self.full.then_some(value)
    }

    fn text(self, text: &str) -> Option<String> {
        self.some(text.to_owned())
    }

    fn json(self, text: &str) -> Option<JsonText> {
        self.some(JsonText(text.into()))
    }

    fn account(self) -> Option<AccountSid> {
        self.some(AccountSid::from_digits(1))
    }

    fn service_sid(self) -> Option<ServiceSid> {
        self.some(ServiceSid::from_digits(2))
    }

    fn role_sid(self) -> Option<RoleSid> {
        self.some(RoleSid::from_digits(3))
    }

    fn date(self) -> Option<Timestamp> {
        self.some(Timestamp::Seconds(1_500_000_000))
    }

    fn service(self) -> Service {
        Service {
            sid: ServiceSid::from_digits(2),
            account_sid: self.account(),
            friendly_name: self.text("Support"),
            date_created: self.date(),
            date_updated: self.date(),
            default_service_role_sid: self.role_sid(),
            default_channel_role_sid: self.role_sid(),
            default_channel_creator_role_sid: self.role_sid(),
            read_status_enabled: self.some(true),
            reachability_enabled: self.some(false),
            typing_indicator_timeout: self.some(5),
            consumption_report_interval: self.some(10),
            limits: self.json(r#"{"channel_members":100,"user_channels":250}"#),
            pre_webhook_url: self.text("https://example.org/before"),
            post_webhook_url: self.text("https://example.org/after"),
            webhook_method: self.text("POST"),
            webhook_filters: self.json(r#"["onMessageSent"]"#),
            pre_webhook_retry_count: self.some(0),
            post_webhook_retry_count: self.some(0),
            notifications: self.json(r#"{"log_enabled":false}"#),
            media: self.json(r#"{"size_limit_mb":150}"#),
            configuration: self
                .json(r#"{"account":null,"service":null,"webhooks":null,"notifications":null}"#),
            extra: self.json("{}"),
        }
    }

    fn membership(self) -> Membership {
        Membership {
            account_sid: self.account(),
            service_sid: self.service_sid(),
            channel_sid: ChannelSid::from_digits(5),
            user_sid: UserSid::from_digits(4),
            member_sid: self.some(MemberSid::from_digits(6)),
            status: self.some(MembershipStatus::Joined),
            last_consumed_message_index: self.some(0),
            unread_messages_count: self.some(3),
            notification_level: self.some(NotificationLevel::Default),
            extra: self.json("{}"),
        }
    }

    fn user(self) -> User {
        User {
            sid: UserSid::from_digits(4),
            account_sid: self.account(),
            service_sid: self.service_sid(),
            attributes: self.text(r#"{"team":"north"}"#),
            friendly_name: self.text("Ada"),
            role_sid: self.role_sid(),
            identity: self.text("ada@example.org"),
            is_online: self.some(true),
            is_notifiable: self.some(false),
            date_created: self.date(),
            date_updated: self.date(),
            joined_channels_count: self.some(1),
            extra: self.json("{}"),
        }
    }

    fn channel(self) -> Channel {
        Channel {
            sid: ChannelSid::from_digits(5),
            account_sid: self.account(),
            service_sid: self.service_sid(),
            friendly_name: self.text("General"),
            unique_name: self.text("general"),
            attributes: self.text(r#"{"topic":"all"}"#),
            r#type: self.some(ChannelType::Private),
            date_created: self.date(),
            date_updated: self.date(),
            created_by: self.text("system"),
            members_count: self.some(1),
            messages_count: self.some(4),
            state: self.some(ConversationState::Active),
            timers: self.json("{}"),
            messaging_service_sid: self.some(MessagingServiceSid::from_digits(9)),
            bindings: self.json("{}"),
            extra: self.json("{}"),
        }
    }

    fn member(self) -> Member {
        Member {
            sid: MemberSid::from_digits(6),
            account_sid: self.account(),
            channel_sid: ChannelSid::from_digits(5),
            service_sid: self.service_sid(),
            identity: self.text("ada@example.org"),
            date_created: self.date(),
            date_updated: self.date(),
            role_sid: self.role_sid(),
            last_consumed_message_index: self.some(0),
            last_consumption_timestamp: self.date(),
            attributes: self.text("{}"),
            extra: self.json("{}"),
        }
    }

    fn role(self) -> Role {
        Role {
            sid: RoleSid::from_digits(3),
            account_sid: self.account(),
            service_sid: self.service_sid(),
            friendly_name: self.text("channel user"),
            r#type: self.some(RoleType::Channel),
            permissions: self.some(vec!["sendMessage".to_owned(), "inviteMember".to_owned()]),
            date_created: self.date(),
            date_updated: self.date(),
            extra: self.json("{}"),
        }
    }

    fn invite(self) -> Invite {
        Invite {
            sid: InviteSid::from_digits(7),
            account_sid: self.account(),
            channel_sid: ChannelSid::from_digits(5),
            service_sid: self.service_sid(),
            identity: self.text("eve@example.org"),
            date_created: self.date(),
            date_updated: self.date(),
            role_sid: self.role_sid(),
            created_by: self.text("ada@example.org"),
            extra: self.json("{}"),
        }
    }

    fn message(self) -> Message {
        Message {
            sid: MessageSid::from_digits(8),
            account_sid: self.account(),
            attributes: self.text("{}"),
            service_sid: self.service_sid(),
            channel_sid: ChannelSid::from_digits(5),
            date_created: self.date(),
            date_updated: self.date(),
            last_updated_by: self.text("ada@example.org"),
            was_edited: self.some(false),
            from: self.text("ada@example.org"),
            body: self.text("Hello"),
            index: self.some(0),
            r#type: self.text("text"),
            media: self.json(r#"{"sid":"ME00000000000000000000000000000000"}"#),
            participant_sid: self.some(MemberSid::from_digits(6)),
            delivery: self.json(r#"{"total":1}"#),
            content_sid: self.some(ContentSid::from_digits(9)),
            extra: self.json("{}"),
        }
    }
}
