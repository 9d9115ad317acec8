//! Fields that the API publishes and the model keeps in `extra`, under their own names.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::field::FieldInfo;
use super::record::{MappedColumn, MappedRecord};
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

/// Finds rows that have fields which no column of a record writes.
#[derive(Debug)]
pub(crate) struct UnwrittenFields {
    walked: Entity,
    /// Whether a column has all of `extra`, or an expression may.
    all: bool,
    names: Vec<&'static str>,
}

impl UnwrittenFields {
    pub(crate) fn of(record: &MappedRecord) -> Self {
        let fields: Vec<&FieldInfo> = record.columns.iter().flat_map(MappedColumn::reads).collect();
        Self {
            walked: record.entity,
            all: fields.iter().any(|field| field.name == "extra"),
            names: fields.iter().map(|field| field.name).collect(),
        }
    }

    pub(crate) fn are_in(&self, records: &RowRecords<'_>) -> bool {
        let Some(extra) = records.extra(self.walked).filter(|_| !self.all) else { return false };
        let keys = serde_json::from_str::<HashMap<String, IgnoredAny>>(&extra.0);
        keys.is_ok_and(|keys| keys.keys().any(|key| !self.names.contains(&key.as_str())))
    }
}
