//! Fields that the API publishes and the model keeps in `extra`, under their own names.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field_info::FieldInfo;
use super::value::{ColumnType, Pii, Value};
use crate::model::{Entity, RowRecords};

/// By what a participant takes part that is not a chat user: `type`, `address`, `proxy_address`, `projected_address`.
static MESSAGING_BINDING: FieldInfo = FieldInfo {
    entity: Entity::Member,
    name: "messaging_binding",
    column_type: ColumnType::Object,
    // The address is a person's telephone number.
    pii: Pii::Standard,
    get: messaging_binding,
};

pub(super) static KEPT_FIELDS: &[&FieldInfo] = &[&MESSAGING_BINDING];

#[derive(Deserialize)]
struct KeptByMember<'a> {
    #[serde(borrow)]
    messaging_binding: Option<&'a RawValue>,
}

fn messaging_binding<'a>(records: &RowRecords<'a>) -> Value<'a> {
    let extra = records.member.and_then(|member| member.extra.as_ref());
    let kept = extra.and_then(|extra| serde_json::from_str::<KeptByMember<'a>>(&extra.0).ok());
    kept.and_then(|kept| kept.messaging_binding).map_or(Value::Null, |binding| Value::Json(binding.get()))
}
