//! Whether what should be there and what is there are the same.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::actual;
use super::fields::{Field, Likeness};
use super::item::{Actual, FieldPair, Standing};
use super::role_map::RoleMap;
use crate::mapping::Value;
use crate::model::Timestamp;

/// Pairs the fields of an item. `roles` has the counterparts of roles in a copy; in place SIDs are the same.
pub(super) fn pair<'a>(
    fields: &'static [Field],
    desired: Vec<Option<Value<'a>>>,
    actual: Option<&Actual<'a>>,
    roles: Option<&'a RoleMap>,
) -> Vec<FieldPair<'a>> {
    let pairs = fields.iter().zip(desired).map(|(field, desired)| {
        let desired = match (field.likeness, desired, roles) {
            (Likeness::Role, Some(value), Some(roles)) if value != Value::Null => {
                // A role that has no counterpart keeps its own SID, which is nobody's in the target.
                Some(roles.counterpart(value).unwrap_or(value))
            }
            (_, desired, _) => desired,
        };
        let found = actual.and_then(|actual| actual::value(actual, field));
        let differs = match (desired, found) {
            (Some(desired), Some(found)) => !is_alike(field.likeness, desired, found),
            _ => false,
        };
        FieldPair { name: field.name, desired, actual: found.unwrap_or(Value::Null), differs }
    });
    pairs.collect()
}

/// How an item stands, by its fields.
pub(super) fn standing<'a>(fields: &[FieldPair<'a>], actual: Option<&Actual<'a>>) -> Standing<'a> {
    match actual {
        None => Standing::Missing,
        Some(_) if fields.iter().any(|field| field.differs) => Standing::Different,
        Some(_) => Standing::Same,
    }
}

fn is_alike(likeness: Likeness, desired: Value<'_>, actual: Value<'_>) -> bool {
    if likeness == Likeness::Ignored || desired == actual {
        return true;
    }
    match likeness {
        Likeness::Plain | Likeness::Role => desired.to_text() == actual.to_text(),
        Likeness::Or(default) => {
            let text = |value: Value<'_>| value.to_text().unwrap_or(Cow::Borrowed(default)).into_owned();
            text(desired) == text(actual)
        }
        Likeness::Json => {
            let (desired, actual) = (desired.to_text(), actual.to_text());
            let set = |text: Option<&'_ str>| {
                text.filter(|text| !text.trim().is_empty()).unwrap_or("{}").to_owned()
            };
            let (desired, actual) = (set(desired.as_deref()), set(actual.as_deref()));
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            desired == actual || parse(&desired).is_some_and(|desired| Some(desired) == parse(&actual))
        }
        Likeness::Instant => match (instant(desired), instant(actual)) {
            (Some(desired), Some(actual)) => desired == actual,
            _ => desired.to_text() == actual.to_text(),
        },
        Likeness::Set => set(desired) == set(actual),
        Likeness::Ignored => true,
    }
}

/// The seconds of a date.
pub(super) fn instant(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Time(time) => time.seconds(),
        Value::Text(text) => Timestamp::from_wire(text).seconds(),
        _ => None,
    }
}

fn set(value: Value<'_>) -> BTreeSet<String> {
    match value {
        Value::List(texts) => texts.iter().cloned().collect(),
        Value::Json(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_alike_by_what_they_mean() {
        let alike = |likeness, desired, actual| is_alike(likeness, desired, actual);
        let text = Value::Text;
        assert!(alike(Likeness::Plain, Value::Null, Value::Null));
        assert!(!alike(Likeness::Plain, Value::Integer(0), Value::Null), "0 is not null");
        assert!(!alike(Likeness::Plain, text(""), Value::Null), "the empty text is not null");
        let sid = Value::Sid("RL", [0; 16]);
        assert!(alike(Likeness::Role, text("RL00000000000000000000000000000000"), sid));
        assert!(alike(Likeness::Json, text("{\"a\": 1, \"b\": 2}"), text("{\"b\":2,\"a\":1}")));
        assert!(alike(Likeness::Json, Value::Null, text("{}")), "as the API gives what is not set");
        assert!(!alike(Likeness::Json, text("{\"a\":1}"), Value::Null));
        assert!(alike(Likeness::Json, text(" "), text("{}")), "nothing either");
        assert!(!alike(Likeness::Json, text("not json"), text("{}")));
        assert!(alike(Likeness::Or("default"), Value::Null, text("default")));
        assert!(!alike(Likeness::Or("default"), text("muted"), Value::Null));
        let (seconds, same) = (Timestamp::Seconds(0), Timestamp::from_wire("1970-01-01T01:00:00+01:00"));
        assert!(alike(Likeness::Instant, Value::Time(&seconds), Value::Time(&same)));
        assert!(!alike(Likeness::Instant, Value::Time(&seconds), Value::Null));
        let list = ["a".to_owned(), "b".to_owned()];
        assert!(alike(Likeness::Set, Value::Json("[\"b\",\"a\"]"), Value::List(&list)));
        assert!(!alike(Likeness::Set, Value::Json("[\"b\"]"), Value::List(&list)));
        assert!(alike(Likeness::Ignored, text("a"), Value::Null));
    }
}
