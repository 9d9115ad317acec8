//! The model's fields by their names in mapping files, such as `channel.unique_name`, from the [table](crate::model::table).
//!
//! A name is looked up once, when a mapping is loaded; what remains is a plain function from the row's records to a value.
//!
//! **Invariant:** PII classes are those of the OpenAPI files' `x-twilio.pii.handling`; a test holds them to the extract in
//! `tests/data/wire/pii.json`. `extra` is sensitive, because nothing is known of it; `channel.bindings` is personal, because it
//! holds an e-mail address, though the files do not say so.

use super::field_info::FieldInfo;
use super::kept_field::KEPT_FIELDS;
use super::value::{CellField as _, ColumnType, Pii, Value};
use crate::model::{
    Binding, Channel, Entity, Invite, Member, Membership, Message, Role, Service, User, bare, records,
};

/// The name of an entity in mapping files.
pub(super) fn entity_name(entity: Entity) -> &'static str {
    entity.singular()
}

/// The entity of a name in mapping files.
pub(super) fn entity_named(name: &str) -> Option<Entity> {
    Entity::ALL.into_iter().find(|&entity| entity_name(entity) == name)
}

/// The records that a walk over an entity can bring along, itself first.
pub(super) fn reachable(entity: Entity) -> &'static [Entity] {
    use Entity::{Binding, Channel, Invite, Member, Membership, Message, Role, Service, User};
    match entity {
        Membership => &[Membership, User, Channel, Member, Role, Service],
        User => &[User, Role, Service],
        Channel => &[Channel, Service],
        Member => &[Member, Channel, Role, Service],
        Invite => &[Invite, Channel, Role, Service],
        Message => &[Message, Channel, Service],
        Role => &[Role, Service],
        Binding => &[Binding, Service],
        Service => &[Service],
    }
}

/// Every field of an entity, in the API's order.
pub(super) fn fields_of(entity: Entity) -> impl Iterator<Item = &'static FieldInfo> {
    FIELDS.iter().chain(KEPT_FIELDS.iter().copied()).filter(move |field| field.entity == entity)
}

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

/// A record of a row. Every row has its service.
macro_rules! record_of {
    (service $row:ident) => {
        Some($row.service)
    };
    ($record:ident $row:ident) => {
        $row.$record
    };
}

macro_rules! fields {
    ($($(#[$doc:meta])* $Record:ident $record:ident $plural:literal {
        $($(#[$field_doc:meta])* $field:ident: $place:ident $kind:tt, $pii:ident, $sample:literal
            $(, chat $chat:literal)? $(, conversations $conversations:literal)? $(, always $always:ident)?;)*
        $(@beside $api:ident { $($key:ident: $how:ident;)* })*
    })*) => {
        /// Every field that a mapping can name.
        static FIELDS: &[FieldInfo] = &[$($(
            FieldInfo {
                entity: Entity::$Record,
                name: bare(stringify!($field)),
                column_type: field_type!($Record, $field),
                pii: Pii::$pii,
                get: |row| record_of!($record row).map_or(Value::Null, |record: &$Record| record.$field.value()),
            },
        )*)*];
    };
}
records!(fields);
