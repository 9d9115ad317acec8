//! When two values of a field are the same, for planning, verifying, applying and undoing alike.
//!
//! Values come from a mapping's cells, from a plan, or from an answer of the API. All of them are compared by what their text
//! means for the field.
//!
//! **Invariant:** a field has one meaning, by its name, whoever asks.
//!
//! **Invariant:** what was written is the same as what was planned, so that planning after applying finds nothing to do; the
//! tests in `compute::tests::hostile` hold it for every field that a mapping may own.
//!
//! Why null and the empty text are the same name: a form has no null. `FriendlyName=` is how a name is cleared, and the API returns
//! the empty text for it from then on.
//!
//! **Deliberately never different:** `date_updated`, which the server moves by itself, and timers, which are written as a duration
//! and read as a date.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::mapping::Value;
use crate::model::Timestamp;

/// What makes two values of a field the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sameness {
    /// The same text; nothing is the empty text.
    Text,
    /// The same word of an enumeration; nothing is this one.
    Word(&'static str),
    /// The same state of a conversation; nothing is `active`, which an initializing one becomes by itself.
    State,
    /// The same second; nothing is whatever the API filled in.
    FilledIn,
    /// The same JSON; nothing is `{}`, as the API gives attributes that are not set.
    Json,
    /// The same JSON object; a member that is null is one that is not there.
    Members,
    /// The same second.
    Instant,
    /// The same texts in whatever order.
    Set,
    /// The same files, whatever their SIDs: size, content type and name. One object is a list of it, and nothing is an empty one.
    Media,
    /// Always the same.
    Ignored,
}

impl Sameness {
    fn of(key: &str) -> Self {
        match key {
            "attributes" => Self::Json,
            "bindings.email" => Self::Members,
            "media" => Self::Media,
            "date_created" => Self::FilledIn,
            "last_read_timestamp" => Self::Instant,
            "permissions" => Self::Set,
            "state" => Self::State,
            "notification_level" => Self::Word("default"),
            // Written and never given back.
            "date_updated" | "last_consumption_timestamp" => Self::Ignored,
            key if key.starts_with("timers") => Self::Ignored,
            _ => Self::Text,
        }
    }
}

/// Whether two cells of a field are the same.
pub(crate) fn same_cells(key: &str, one: Value<'_>, other: Value<'_>) -> bool {
    one == other || same(Sameness::of(key), one.to_text(), other.to_text())
}

/// Whether two values of a field are the same, in a plan or an answer.
pub(crate) fn same_values(key: &str, one: &Json, other: &Json) -> bool {
    one == other || same(Sameness::of(key), text_of(one), text_of(other))
}

/// A notation of a cell. Cells that have the same one are the same; that they have others says nothing.
pub(crate) fn plain_notation<'v>(key: &str, value: Value<'v>) -> Cow<'v, str> {
    let sameness = Sameness::of(key);
    let text = value.to_text();
    match sameness {
        Sameness::Ignored => Cow::Borrowed(""),
        Sameness::Media => match text {
            None => Cow::Borrowed(""),
            text => {
                Cow::Owned(files(text).iter().map(|file| Json::from(file.to_vec()).to_string()).collect())
            }
        },
        Sameness::Json => match text {
            Some(text) if !text.trim().is_empty() => text,
            _ => Cow::Borrowed("{}"),
        },
        _ => text.unwrap_or_default(),
    }
}

/// Whether two values of a field are ever different.
pub(crate) fn is_compared(key: &str) -> bool {
    Sameness::of(key) != Sameness::Ignored
}

/// Whether a cell is what the target has where nothing was ever set.
pub(crate) fn is_unset(key: &str, value: Value<'_>) -> bool {
    same_cells(key, value, Value::Null)
}

/// Whether a value says nothing, so that a create leaves it out and an update clears the field.
pub(crate) fn says_nothing(key: &str, value: &Json) -> bool {
    match (value, Sameness::of(key)) {
        (Json::Null, _) => true,
        (Json::String(text), Sameness::Text | Sameness::Ignored) => text.is_empty(),
        (Json::String(text), _) => text.trim().is_empty(),
        _ => false,
    }
}

/// A value as it is written, none where the field cannot have it: dates in one form.
pub(crate) fn writable(key: &str, value: Json) -> Option<Json> {
    if says_nothing(key, &value) {
        return Some(Json::Null);
    }
    match (Sameness::of(key), &value) {
        (Sameness::Instant | Sameness::FilledIn, Json::String(text)) => {
            let seconds = Timestamp::from_wire(text).seconds()?;
            Some(Timestamp::Seconds(seconds).to_string().into())
        }
        _ => Some(value),
    }
}

fn text_of(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// The files of a message: size, content type and name of each.
fn files(text: Option<Cow<'_, str>>) -> Vec<[Json; 3]> {
    let said = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let files = match said {
        Json::Array(files) => files,
        Json::Null => Vec::new(),
        one => vec![one],
    };
    let known = |value: &Json| if value == "" { Json::Null } else { value.clone() };
    files.iter().map(|file| ["size", "content_type", "filename"].map(|key| known(&file[key]))).collect()
}

fn same(sameness: Sameness, one: Option<Cow<'_, str>>, other: Option<Cow<'_, str>>) -> bool {
    let or = |text: Option<Cow<'_, str>>, nothing: &'static str| match text {
        Some(text) if !text.trim().is_empty() => text.into_owned(),
        _ => nothing.to_owned(),
    };
    match sameness {
        Sameness::Ignored => true,
        Sameness::Text => one.unwrap_or_default() == other.unwrap_or_default(),
        Sameness::Word(nothing) => or(one, nothing) == or(other, nothing),
        Sameness::State => {
            let settled = |text| match or(text, "active") {
                state if state == "initializing" => "active".to_owned(),
                state => state,
            };
            settled(one) == settled(other)
        }
        Sameness::Set => set(one) == set(other),
        Sameness::Media => files(one) == files(other),
        Sameness::Json => {
            let (one, other) = (or(one, "{}"), or(other, "{}"));
            one == other || JsonMeaning::of(&one).is_some_and(|one| Some(one) == JsonMeaning::of(&other))
        }
        Sameness::Members => {
            let members = |text| JsonMeaning::of(&or(text, "{}")).map(JsonMeaning::without_nulls);
            members(one) == members(other)
        }
        Sameness::Instant | Sameness::FilledIn => {
            let (one, other) = (or(one, ""), or(other, ""));
            if sameness == Sameness::FilledIn && (one.is_empty() || other.is_empty()) {
                return true;
            }
            let seconds = |text: &str| Timestamp::from_wire(text).seconds();
            one == other || seconds(&one).is_some_and(|one| Some(one) == seconds(&other))
        }
    }
}

fn set(text: Option<Cow<'_, str>>) -> BTreeSet<String> {
    let texts = text.and_then(|text| serde_json::from_str::<BTreeSet<String>>(&text).ok());
    texts.unwrap_or_default()
}

/// JSON that is nested deeper is compared as text.
const DEPTH: usize = 64;

/// What a JSON text says, whatever its notation.
#[derive(Debug, PartialEq)]
enum JsonMeaning {
    Word(String),
    Number(Decimal),
    Text(String),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

impl JsonMeaning {
    fn of(text: &str) -> Option<Self> {
        Self::of_raw(serde_json::from_str(text).ok()?, DEPTH)
    }

    fn without_nulls(mut self) -> Self {
        if let Self::Object(members) = &mut self {
            members.retain(|_, member| *member != Self::Word("null".to_owned()));
        }
        self
    }

    fn of_raw(raw: &RawValue, depth: usize) -> Option<Self> {
        let text = raw.get();
        let depth = depth.checked_sub(1)?;
        Some(match text.bytes().next()? {
            b'{' => {
                let entries: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
                let read = |(key, raw)| Some((key, Self::of_raw(raw, depth)?));
                Self::Object(entries.into_iter().map(read).collect::<Option<_>>()?)
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Self::List(items.into_iter().map(|raw| Self::of_raw(raw, depth)).collect::<Option<_>>()?)
            }
            b'"' => Self::Text(serde_json::from_str(text).ok()?),
            b't' | b'f' | b'n' => Self::Word(text.to_owned()),
            _ => Self::Number(Decimal::of(text)?),
        })
    }
}

/// A number as it is written, with no digit lost: `digits` × 10^`exponent`.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn of(text: &str) -> Option<Self> {
        let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0').trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self { is_negative: false, digits: String::new(), exponent: 0 });
        }
        let dropped = all.len() - all.trim_end_matches('0').len();
        let shift = i64::try_from(dropped).ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(shift)?;
        Some(Self { is_negative, digits: significant.to_owned(), exponent })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_the_same_by_what_they_mean() {
        let text = Value::Text;
        let same = |key, one, other| {
            assert_eq!(same_cells(key, one, other), same_cells(key, other, one), "{key}: {one:?} {other:?}");
            same_cells(key, one, other)
        };
        assert!(same("friendly_name", Value::Null, Value::Null));
        assert!(same("friendly_name", text(""), Value::Null), "a form has no null");
        assert!(!same("friendly_name", text(" "), Value::Null), "a blank is a name");
        assert!(!same("last_read_message_index", Value::Integer(0), Value::Null), "0 is not null");
        assert!(same("last_read_message_index", Value::Integer(5), text("5")));
        assert!(same("role_sid", text("RL00000000000000000000000000000000"), Value::Sid("RL", [0; 16])));
        assert!(same("attributes", text("{\"a\": 1, \"b\": 2}"), text("{\"b\":2,\"a\":1}")));
        assert!(same("attributes", Value::Null, text("{}")), "as the API gives what is not set");
        assert!(same("attributes", text(" "), text("{ }")));
        assert!(!same("attributes", text("{\"a\":1}"), Value::Null));
        assert!(!same("attributes", text("null"), Value::Null), "the JSON null is a value");
        assert!(!same("attributes", text("not json"), text("{}")));
        assert!(same("notification_level", Value::Null, text("default")));
        assert!(!same("notification_level", text("muted"), Value::Null));
        let (seconds, other) = (Timestamp::Seconds(0), Timestamp::from_wire("1970-01-01T01:00:00+01:00"));
        assert!(same("date_created", Value::Time(&seconds), Value::Time(&other)));
        assert!(same("date_created", Value::Time(&seconds), text("1970-01-01T00:00:00.5Z")));
        assert!(same("date_created", Value::Null, Value::Time(&seconds)), "the API fills it in");
        assert!(!same("last_read_timestamp", Value::Null, Value::Time(&seconds)));
        assert!(
            same("state", text("initializing"), text("active")) && same("state", Value::Null, text("active"))
        );
        assert!(!same("state", text("initializing"), text("inactive")));
        let list = ["a".to_owned(), "b".to_owned()];
        assert!(same("permissions", Value::Json("[\"b\",\"a\"]"), Value::List(&list)));
        assert!(!same("permissions", Value::Json("[\"b\"]"), Value::List(&list)));
        assert!(same("date_updated", text("a"), Value::Null));
        assert!(same_values(
            "timers.closed",
            &json!("P30D"),
            &json!({"date_closed": "2026-02-01T00:00:00Z"})
        ));
    }

    #[test]
    fn numbers_are_compared_as_written() {
        let same = |one: &str, other: &str| {
            let attributes = |number: &str| Json::from(format!("{{\"n\":{number}}}"));
            same_values("attributes", &attributes(one), &attributes(other))
        };
        for (one, other) in [("1", "1.0"), ("100", "1e2"), ("0.10", "1E-1"), ("-0", "0.0"), ("-5", "-50e-1")]
        {
            assert!(same(one, other), "{one} {other}");
        }
        let large = ["340282366920938463463374607431768211455", "340282366920938463463374607431768211456"];
        assert!(!same(large[0], large[1]), "beyond 64 bits no digit is lost");
        assert!(!same("1e400", "1e401") && same("1e400", "10e399"));
        assert!(!same("1", "-1") && !same("1", "10"));
    }

    #[test]
    fn deep_json_is_compared_as_text() {
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        assert!(same_values("attributes", &json!(deep), &json!(deep.clone())));
        assert!(!same_values("attributes", &json!(deep), &json!(format!(" {deep}"))));
    }

    #[test]
    fn what_is_written_is_what_was_meant() {
        assert_eq!(writable("friendly_name", json!("")), Some(Json::Null));
        assert_eq!(writable("friendly_name", json!(" ")), Some(json!(" ")));
        assert_eq!(writable("attributes", json!("\n")), Some(Json::Null));
        assert_eq!(
            writable("date_created", json!("Thu, 24 Mar 2016 21:05:50 +0000")),
            Some(json!("2016-03-24T21:05:50Z"))
        );
        assert_eq!(writable("date_created", json!("soon")), None);
    }
}
