//! JSON in records as values of the expression engine.
//!
//! Why not `serde_json::Value`: it refuses a complete text for one number that no f64 holds, such as `1e400`, and rounds
//! integers beyond 64 bits without a word. Here integers of 128 bits are exact, and what cannot be held is a value that fails
//! when it is used: the columns that read it fail by their `on_error`, all others have their values.

use std::fmt;

use minijinja::value::Serde;
use minijinja::{Error, ErrorKind, Value};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::printable::cut_letters;

/// The deepest nesting, as `serde_json` has it.
const DEEPEST: usize = 128;
/// Integers of fewer digits fit into 64 bits.
const SHORT_DIGITS: usize = 19;

/// The value that a JSON text stands for; the error says why it is not JSON.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) if !has_long_digits(text) => Ok(Value::from(Serde(json))),
        Ok(_) => exact(text, DEEPEST).map_err(|error| error.to_string()),
        Err(error) => exact(text, DEEPEST).map_err(|_| error.to_string()),
    }
}

fn has_long_digits(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        run >= SHORT_DIGITS
    })
}

/// Takes a text apart, so that only what cannot be held is missing.
fn exact(text: &str, depth: usize) -> Result<Value, serde_json::Error> {
    let depth = depth.checked_sub(1).ok_or_else(|| serde_json::Error::custom("recursion limit exceeded"))?;
    let text = text.trim_ascii();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: JsonMembers<'_> = serde_json::from_str(text)?;
            let values = members.0.into_iter().map(|(key, value)| Ok((key, exact(value.get(), depth)?)));
            Ok(Value::from_pairs(values.collect::<Result<Vec<_>, serde_json::Error>>()?))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            let items: Result<Vec<Value>, _> =
                items.into_iter().map(|item| exact(item.get(), depth)).collect();
            Ok(Value::from(items?))
        }
        Some(b'-' | b'0'..=b'9') => {
            let _checked: &RawValue = serde_json::from_str(text)?;
            Ok(number(text))
        }
        Some(b'"') => {
            let _checked: &RawValue = serde_json::from_str(text)?;
            Ok(serde_json::from_str::<String>(text).map_or_else(|_| unusable("text", text), Value::from))
        }
        _ => serde_json::from_str::<serde_json::Value>(text).map(|json| Value::from(Serde(json))),
    }
}

/// An object's members in their order, the values as they are written.
struct JsonMembers<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for JsonMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct JsonMembersVisitor;
        impl<'de> Visitor<'de> for JsonMembersVisitor {
            type Value = JsonMembers<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(JsonMembers(members))
            }
        }
        deserializer.deserialize_map(JsonMembersVisitor)
    }
}

fn number(text: &str) -> Value {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        let signed = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<i128>().map(Value::from));
        return signed
            .or_else(|_| text.parse::<u128>().map(Value::from))
            .unwrap_or_else(|_| unusable("number", text));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::from(number),
        _ => unusable("number", text),
    }
}

/// A value that fails when it is used.
fn unusable(what: &str, text: &str) -> Value {
    let message = format!("no value can hold the {what} {}", cut_letters(text, 40));
    Value::from(Error::new(ErrorKind::InvalidOperation, message))
}
