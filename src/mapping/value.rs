//! What a cell holds, before any format gives it a spelling.
//!
//! A [`Value`] borrows from the record it was read from, so that a row of plain paths costs no allocation.
//!
//! **Invariant:** null is its own variant. No writer can mistake it for 0, `false` or the empty text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::model::{
    ChannelType, ConversationState, JsonText, MembershipStatus, NotificationLevel, RoleType, Sid, SidKind,
    StoredSid, Timestamp,
};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The value of one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// The source has no value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number, from an expression.
    Number(f64),
    /// Text, verbatim.
    Text(&'a str),
    /// A SID in its canonical spelling: prefix and 128 bits.
    Sid(&'static str, [u8; 16]),
    /// A point in time.
    Time(&'a Timestamp),
    /// A list of texts.
    List(&'a [String]),
    /// JSON text of an object, an array or anything else.
    Json(&'a str),
}

impl<'a> Value<'a> {
    /// The text that a cell of text would have for it; none for null.
    pub(crate) fn to_text(self) -> Option<Cow<'a, str>> {
        let pushed = |push: &dyn Fn(&mut Vec<u8>) -> bool| {
            let mut text = Vec::with_capacity(34);
            push(&mut text).then(|| String::from_utf8_lossy(&text).into_owned())
        };
        Some(match self {
            Self::Null => return None,
            Self::Text(text) | Self::Json(text) => Cow::Borrowed(text),
            Self::Boolean(value) => Cow::Borrowed(if value { "true" } else { "false" }),
            Self::Integer(value) => Cow::Owned(value.to_string()),
            Self::Number(value) => Cow::Owned(value.to_string()),
            Self::List(texts) => Cow::Owned(serde_json::to_string(texts).unwrap_or_default()),
            Self::Sid(prefix, digits) => Cow::Owned(
                pushed(&|text| {
                    push_sid(text, prefix, digits);
                    true
                })
                .unwrap_or_default(),
            ),
            Self::Time(Timestamp::Seconds(seconds)) => Cow::Owned(
                pushed(&|text| push_seconds(text, *seconds))
                    .unwrap_or_else(|| Timestamp::Seconds(*seconds).to_string()),
            ),
            Self::Time(Timestamp::Verbatim(text)) => Cow::Borrowed(text),
        })
    }
}

impl Value<'_> {
    /// The value as JSON has it: numbers and lists as such, dates and SIDs as texts.
    pub(crate) fn to_json(self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Boolean(value) => value.into(),
            Self::Integer(value) => value.into(),
            Self::Number(value) => value.into(),
            Self::List(texts) => texts.into(),
            Self::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            Self::Text(_) | Self::Sid(..) | Self::Time(_) => self.to_text().map(Cow::into_owned).into(),
        }
    }
}

/// The type of a column, in the words of mapping files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Text.
    String,
    /// A whole number of 64 bits.
    Integer,
    /// A number with a fraction.
    Number,
    /// True or false.
    Boolean,
    /// A point in time, RFC 3339 in text formats.
    Datetime,
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// Any JSON value.
    Json,
}

impl ColumnType {
    /// The name in mapping files.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Datetime => "datetime",
            Self::Object => "object",
            Self::Array => "array",
            Self::Json => "json",
        }
    }
}

/// How personal a value is, by Twilio's own annotation (`x-twilio.pii.handling` in the OpenAPI files).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pii {
    /// Not personal.
    None,
    /// Personal: names and identities.
    Standard,
    /// May hold anything about a person: attributes and message bodies.
    Sensitive,
}

impl Pii {
    /// Within how many days Twilio deletes a value of this class once its record is deleted (`x-twilio.pii.deleteSla` in the OpenAPI
    /// files, which have the same number for every field of both classes).
    pub(crate) fn delete_sla(self) -> Option<u32> {
        (self != Self::None).then_some(30)
    }
}

/// A field of the model that can be in a cell.
pub(super) trait CellField {
    /// The column type that fits it.
    const TYPE: ColumnType;
    fn value(&self) -> Value<'_>;
}

impl<T: CellField> CellField for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, CellField::value)
    }
}

impl<K: SidKind> CellField for Sid<K> {
    const TYPE: ColumnType = ColumnType::String;
    fn value(&self) -> Value<'_> {
        match self.stored() {
            StoredSid::Digits(digits) => Value::Sid(K::PREFIX, digits),
            StoredSid::Verbatim(text) => Value::Text(text),
        }
    }
}

impl CellField for String {
    const TYPE: ColumnType = ColumnType::String;
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl CellField for i64 {
    const TYPE: ColumnType = ColumnType::Integer;
    fn value(&self) -> Value<'_> {
        Value::Integer(*self)
    }
}

impl CellField for bool {
    const TYPE: ColumnType = ColumnType::Boolean;
    fn value(&self) -> Value<'_> {
        Value::Boolean(*self)
    }
}

impl CellField for Timestamp {
    const TYPE: ColumnType = ColumnType::Datetime;
    fn value(&self) -> Value<'_> {
        Value::Time(self)
    }
}

impl CellField for Vec<String> {
    const TYPE: ColumnType = ColumnType::Array;
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl CellField for JsonText {
    const TYPE: ColumnType = ColumnType::Object;
    fn value(&self) -> Value<'_> {
        Value::Json(&self.0)
    }
}

macro_rules! text_fields {
    ($($name:ident),*) => {$(
        impl CellField for $name {
            const TYPE: ColumnType = ColumnType::String;
            fn value(&self) -> Value<'_> {
                Value::Text(self.as_str())
            }
        }
    )*};
}

text_fields!(MembershipStatus, NotificationLevel, ChannelType, RoleType, ConversationState);

/// Writes a SID's 34 characters to the end of `out`.
pub(crate) fn push_sid(out: &mut Vec<u8>, prefix: &str, digits: [u8; 16]) {
    let mut text = [0_u8; 32];
    for (pair, byte) in text.chunks_exact_mut(2).zip(digits) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 15)];
    }
    out.extend_from_slice(prefix.as_bytes());
    out.extend_from_slice(&text);
}

/// Writes an instant between 1970 and 9999 as `2016-03-24T21:05:50Z` to the end of `out`; false when it is outside.
///
/// Written by hand because an export formats up to three of these for each row; a test holds it to jiff.
pub(crate) fn push_seconds(out: &mut Vec<u8>, seconds: i64) -> bool {
    const LAST: u64 = 253_402_300_799; // 9999-12-31T23:59:59Z
    let Ok(seconds) = u64::try_from(seconds) else { return false };
    if seconds > LAST {
        return false;
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01: a year that begins in March has its leap day last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let two = |number: u64| [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
    out.extend_from_slice(&two(year / 100));
    out.extend_from_slice(&two(year % 100));
    for (mark, number) in
        [(b'-', month), (b'-', day), (b'T', rest / 3_600), (b':', rest / 60 % 60), (b':', rest % 60)]
    {
        out.push(mark);
        out.extend_from_slice(&two(number));
    }
    out.push(b'Z');
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UserSid;
    use proptest::prelude::*;

    #[test]
    fn a_sid_is_spelt_like_the_models_own() {
        let sid = UserSid::from_digits(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210);
        let Value::Sid(prefix, digits) = sid.value() else { panic!("a canonical SID") };
        let mut out = Vec::new();
        push_sid(&mut out, prefix, digits);
        assert_eq!(String::from_utf8(out).unwrap(), sid.to_string());
        assert_eq!(UserSid::from_wire("odd").value(), Value::Text("odd"));
    }

    proptest! {
        #[test]
        fn an_instant_is_spelt_like_the_models_own(seconds in 0_i64..253_402_300_800) {
            let mut out = Vec::new();
            prop_assert!(push_seconds(&mut out, seconds));
            prop_assert_eq!(String::from_utf8(out).unwrap(), Timestamp::Seconds(seconds).to_string());
        }
    }

    #[test]
    fn instants_outside_are_left_to_the_model() {
        assert!(!push_seconds(&mut Vec::new(), -1));
        assert!(!push_seconds(&mut Vec::new(), 253_402_300_800));
    }
}
