//! Values of mappings as JSON, as operations hold them and findings show them.

use serde_json::Value as Json;

use crate::mapping::Value;
use crate::model::Timestamp;
use crate::plan::align::FieldPair;
use crate::plan::equality;
use crate::printable::cut_letters;

/// A value as an operation has it. Dates are RFC 3339, whatever form the source gave them.
pub(super) fn json(value: Value<'_>) -> Json {
    match value {
        Value::Time(time) => {
            time.seconds().map_or_else(|| time.to_string(), |at| Timestamp::Seconds(at).to_string()).into()
        }
        other => other.to_json(),
    }
}

/// What a create sends for a field, if anything: what says nothing is left out.
pub(super) fn created(field: &FieldPair<'_>) -> Option<Json> {
    equality::writable(field.name, json(field.desired?)).filter(|value| !value.is_null())
}

/// `1 user`, `2 users`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The most characters of a value that a finding shows.
const SHOWN: usize = 60;

/// A value as a finding shows it: JSON, cut short.
pub(super) fn shown(value: Value<'_>) -> String {
    cut(&json(value).to_string())
}

/// A text as a finding shows it.
pub(super) fn cut(text: &str) -> String {
    cut_letters(text, SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_one_form_and_long_values_are_cut() {
        let odd = Timestamp::from_wire("Thu, 24 Mar 2016 21:05:50 +0000");
        assert_eq!(json(Value::Time(&odd)), "2016-03-24T21:05:50Z");
        assert_eq!(json(Value::Time(&Timestamp::from_wire("soon"))), "soon");
        assert_eq!(json(Value::Integer(0)), 0);
        assert_eq!(shown(Value::Null), "null");
        assert_eq!(shown(Value::Text(&"é".repeat(100))).chars().count(), SHOWN);
    }
}
