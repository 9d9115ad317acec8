//! Whether what the target holds is what was planned, value by value.
//!
//! When two values are the same is said in `plan::equality`, for planning and applying alike.

use std::fmt;

use serde_json::Value;

use crate::plan::{JsonFields, equality, value_at};
use crate::printable::cut_letters;

/// A value that is not as it was planned, or not as it was when the plan was made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mismatch {
    key: String,
    expected: Value,
    found: Value,
}

impl Mismatch {
    /// Whether it was made at another time than what was planned: it is another one of the same name.
    pub(super) fn is_of_creation(&self) -> bool {
        self.key == "date_created"
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is {}, not {}", self.key, short(&self.found), short(&self.expected))
    }
}

/// The differences in one line.
pub(super) fn describe(differences: &[Mismatch]) -> String {
    let parts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    parts.join("; ")
}

/// What of `expected` does not hold in `found`.
pub(super) fn differences(expected: &JsonFields, found: &JsonFields) -> Vec<Mismatch> {
    let of = |(key, expected): (&String, &Value)| {
        let found = value_at(found, key).unwrap_or(&Value::Null);
        (!equality::same_values(key, expected, found)).then(|| Mismatch {
            key: key.clone(),
            expected: expected.clone(),
            found: found.clone(),
        })
    };
    expected.iter().filter_map(of).collect()
}

/// The most characters of a value in a message.
const SHOWN: usize = 60;

fn short(value: &Value) -> String {
    cut_letters(&value.to_string(), SHOWN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> JsonFields {
        let Value::Object(fields) = value else { panic!("not an object") };
        fields
    }

    #[test]
    fn other_notations_of_a_value_are_the_same() {
        let expected = fields(json!({
            "attributes": r#"{"a": 1, "b": [1, 2]}"#,
            "friendly_name": null,
            "last_read_timestamp": "2020-01-02T03:04:05Z",
            "last_read_message_index": 0,
            "permissions": ["b", "a"],
            "date_updated": "2020-01-02T03:04:05Z",
            "timers.closed": "P30D",
        }));
        let found = fields(json!({
            "attributes": r#"{"b":[1,2],"a":1}"#,
            "friendly_name": "",
            "last_read_timestamp": "2020-01-02T03:04:05.123Z",
            "last_read_message_index": 0,
            "permissions": ["a", "b"],
            "date_updated": "2026-01-02T03:04:05Z",
            "timers": { "date_closed": "2026-02-01T00:00:00Z" },
            "sid": "CH1",
        }));
        assert_eq!(differences(&expected, &found), []);
        let none = fields(json!({"attributes": null}));
        assert_eq!(differences(&none, &fields(json!({"attributes": "{}"}))), []);
    }

    #[test]
    fn null_is_not_zero_and_each_difference_is_named() {
        let expected =
            fields(json!({"last_read_message_index": 0, "role_sid": "RL1", "attributes": "not JSON"}));
        let found = fields(json!({"last_read_message_index": null, "role_sid": "RL2", "attributes": "{}"}));
        assert_eq!(
            describe(&differences(&expected, &found)),
            "last_read_message_index is null, not 0; role_sid is \"RL2\", not \"RL1\"; attributes is \"{}\", not \"not JSON\""
        );
        let long = fields(json!({"friendly_name": "x".repeat(500)}));
        assert!(describe(&differences(&long, &fields(json!({})))).chars().count() < 120);
        let never = fields(json!({"last_read_timestamp": "2020-01-02T03:04:05Z"}));
        assert_eq!(differences(&never, &fields(json!({"last_read_timestamp": null}))).len(), 1);
    }

    #[test]
    fn numbers_beyond_64_bits_are_compared_as_written() {
        let of = |number: &str| fields(json!({ "attributes": format!("{{\"n\":{number}}}") }));
        let (one, next) =
            ("340282366920938463463374607431768211455", "340282366920938463463374607431768211456");
        assert_eq!(differences(&of(one), &of(one)), []);
        assert_eq!(differences(&of(one), &of(next)).len(), 1);
    }
}
