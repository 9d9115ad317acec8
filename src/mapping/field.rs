//! The model's fields by their names in mapping files, such as `channel.unique_name`.
//!
//! A name is looked up once, when a mapping is loaded; what remains is a plain function from the row's records to a value.
//!
//! **Invariant:** PII classes are those of the OpenAPI files' `x-twilio.pii.handling`; a test holds them to the extract in
//! `tests/data/wire/pii.json`. `extra` is sensitive, because nothing is known of it; `channel.bindings` is personal, because it
//! holds an e-mail address, though the files do not say so.

use super::kept_field::KEPT_FIELDS;
use super::value::{CellField as _, ColumnType, Pii, Value};
use crate::model::{Channel, Entity, Invite, Member, Membership, Message, Role, RowRecords, Service, User};

/// Reads one field of a row's records.
pub(super) type Accessor = for<'a> fn(&RowRecords<'a>) -> Value<'a>;

/// A field of the model, as mapping files know it.
#[derive(Debug)]
pub(crate) struct FieldInfo {
    /// The record it belongs to.
    pub entity: Entity,
    /// Its name within the record.
    pub name: &'static str,
    /// The column type that fits it.
    pub column_type: ColumnType,
    /// How personal it is.
    pub pii: Pii,
    /// Reads it.
    pub get: Accessor,
}

/// The name of an entity in mapping files.
pub(super) fn entity_name(entity: Entity) -> &'static str {
    match entity {
        Entity::Service => "service",
        Entity::Role => "role",
        Entity::User => "user",
        Entity::Channel => "channel",
        Entity::Membership => "membership",
        Entity::Member => "member",
        Entity::Invite => "invite",
        Entity::Message => "message",
    }
}

/// The entity of a name in mapping files.
pub(super) fn entity_named(name: &str) -> Option<Entity> {
    Entity::ALL.into_iter().find(|&entity| entity_name(entity) == name)
}

/// The records that a walk over an entity can bring along, itself first.
pub(super) fn reachable(entity: Entity) -> &'static [Entity] {
    use Entity::{Channel, Invite, Member, Membership, Message, Role, Service, User};
    match entity {
        Membership => &[Membership, User, Channel, Member, Role, Service],
        User => &[User, Role, Service],
        Channel => &[Channel, Service],
        Member => &[Member, Channel, Role, Service],
        Invite => &[Invite, Channel, Role, Service],
        Message => &[Message, Channel, Service],
        Role => &[Role, Service],
        Service => &[Service],
    }
}

/// Every field of an entity, in the API's order.
pub(super) fn fields_of(entity: Entity) -> impl Iterator<Item = &'static FieldInfo> {
    FIELDS.iter().chain(KEPT_FIELDS.iter().copied()).filter(move |field| field.entity == entity)
}

/// The field of that entity and name.
pub(super) fn field(entity: Entity, name: &str) -> Option<&'static FieldInfo> {
    fields_of(entity).find(|field| field.name == name)
}

/// The column type of a model field, by the accessor that the table below uses for it.
const fn type_of<R, T: super::value::CellField>(_: fn(&R) -> &T) -> ColumnType {
    T::TYPE
}

macro_rules! field_type {
    ($record:ty, $field:ident) => {
        type_of::<$record, _>(|record: &$record| &record.$field)
    };
}

macro_rules! fields {
    ($($entity:ident $record:ty, $subject:ident { $($name:literal = $field:ident $pii:ident,)* })*) => {
        /// Every field that a mapping can name.
        static FIELDS: &[FieldInfo] = &[$($(
            FieldInfo {
                entity: Entity::$entity,
                name: $name,
                column_type: field_type!($record, $field),
                pii: Pii::$pii,
                get: |subject| $subject(subject).map_or(Value::Null, |record: &$record| record.$field.value()),
            },
        )*)*];
    };
}

macro_rules! records {
    ($($name:ident: $record:ty,)*) => {$(
        fn $name<'a>(subject: &RowRecords<'a>) -> Option<&'a $record> {
            subject.$name
        }
    )*};
}

records! {
    membership: Membership,
    user: User,
    channel: Channel,
    member: Member,
    role: Role,
    invite: Invite,
    message: Message,
}

#[expect(clippy::unnecessary_wraps, reason = "the table reads every record in the same way")]
fn service<'a>(subject: &RowRecords<'a>) -> Option<&'a Service> {
    Some(subject.service)
}

fields! {
    Service Service, service {
        "sid" = sid None,
        "account_sid" = account_sid None,
        "friendly_name" = friendly_name Standard,
        "date_created" = date_created None,
        "date_updated" = date_updated None,
        "default_service_role_sid" = default_service_role_sid None,
        "default_channel_role_sid" = default_channel_role_sid None,
        "default_channel_creator_role_sid" = default_channel_creator_role_sid None,
        "read_status_enabled" = read_status_enabled None,
        "reachability_enabled" = reachability_enabled None,
        "typing_indicator_timeout" = typing_indicator_timeout None,
        "consumption_report_interval" = consumption_report_interval None,
        "limits" = limits None,
        "pre_webhook_url" = pre_webhook_url None,
        "post_webhook_url" = post_webhook_url None,
        "webhook_method" = webhook_method None,
        "webhook_filters" = webhook_filters None,
        "pre_webhook_retry_count" = pre_webhook_retry_count None,
        "post_webhook_retry_count" = post_webhook_retry_count None,
        "notifications" = notifications None,
        "media" = media None,
        "configuration" = configuration None,
        "extra" = extra Sensitive,
    }
    Role Role, role {
        "sid" = sid None,
        "account_sid" = account_sid None,
        "service_sid" = service_sid None,
        "friendly_name" = friendly_name Standard,
        "type" = r#type None,
        "permissions" = permissions None,
        "date_created" = date_created None,
        "date_updated" = date_updated None,
        "extra" = extra Sensitive,
    }
    User User, user {
        "sid" = sid None,
        "account_sid" = account_sid None,
        "service_sid" = service_sid None,
        "attributes" = attributes Sensitive,
        "friendly_name" = friendly_name Standard,
        "role_sid" = role_sid None,
        "identity" = identity Standard,
        "is_online" = is_online None,
        "is_notifiable" = is_notifiable None,
        "date_created" = date_created None,
        "date_updated" = date_updated None,
        "joined_channels_count" = joined_channels_count None,
        "extra" = extra Sensitive,
    }
    Channel Channel, channel {
        "sid" = sid None,
        "account_sid" = account_sid None,
        "service_sid" = service_sid None,
        "friendly_name" = friendly_name Standard,
        "unique_name" = unique_name Standard,
        "attributes" = attributes Sensitive,
        "type" = r#type None,
        "date_created" = date_created None,
        "date_updated" = date_updated None,
        "created_by" = created_by Standard,
        "members_count" = members_count None,
        "messages_count" = messages_count None,
        "state" = state None,
        "timers" = timers None,
        "messaging_service_sid" = messaging_service_sid None,
        "bindings" = bindings Standard,
        "extra" = extra Sensitive,
    }
    Membership Membership, membership {
        "account_sid" = account_sid None,
        "service_sid" = service_sid None,
        "channel_sid" = channel_sid None,
        "user_sid" = user_sid None,
        "member_sid" = member_sid None,
        "status" = status None,
        "last_consumed_message_index" = last_consumed_message_index None,
        "unread_messages_count" = unread_messages_count None,
        "notification_level" = notification_level None,
        "extra" = extra Sensitive,
    }
    Member Member, member {
        "sid" = sid None,
        "account_sid" = account_sid None,
        "channel_sid" = channel_sid None,
        "service_sid" = service_sid None,
        "identity" = identity Standard,
        "date_created" = date_created None,
        "date_updated" = date_updated None,
        "role_sid" = role_sid None,
        "last_consumed_message_index" = last_consumed_message_index None,
        "last_consumption_timestamp" = last_consumption_timestamp None,
        "attributes" = attributes Sensitive,
        "extra" = extra Sensitive,
    }
    Invite Invite, invite {
        "sid" = sid None,
        "account_sid" = account_sid None,
        "channel_sid" = channel_sid None,
        "service_sid" = service_sid None,
        "identity" = identity Standard,
        "date_created" = date_created None,
        "date_updated" = date_updated None,
        "role_sid" = role_sid None,
        "created_by" = created_by Standard,
        "extra" = extra Sensitive,
    }
    Message Message, message {
        "sid" = sid None,
        "account_sid" = account_sid None,
        "attributes" = attributes Sensitive,
        "service_sid" = service_sid None,
        "channel_sid" = channel_sid None,
        "date_created" = date_created None,
        "date_updated" = date_updated None,
        "last_updated_by" = last_updated_by Standard,
        "was_edited" = was_edited None,
        "from" = from Standard,
        "body" = body Sensitive,
        "index" = index None,
        "type" = r#type None,
        "media" = media Standard,
        "participant_sid" = participant_sid None,
        "delivery" = delivery None,
        "content_sid" = content_sid None,
        "extra" = extra Sensitive,
    }
}
