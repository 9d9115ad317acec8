//! Finds filters and tests in an expression that the engine does not have. The engine itself would say so only when a row
//! gets there.

use minijinja::{Environment, ErrorKind};

use super::error::{ExpressionError, did_you_mean};
use crate::storage::nearest;

/// The names that are suggested. What is known is asked of the engine; a name that is missing here is only not suggested.
const FILTERS: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "counterpart",
    "default",
    "dictsort",
    "first",
    "float",
    "fromjson",
    "groupby",
    "int",
    "items",
    "join",
    "keyed_hash",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "milliseconds",
    "min",
    "omit_null",
    "pseudonym",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "role_map",
    "round",
    "safe_name",
    "seconds",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "user_sid",
];
const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

/// Checks every filter and test that an expression names.
pub(super) fn check(text: &str, environment: &Environment<'static>) -> Result<(), ExpressionError> {
    let words = words(text);
    for (position, &(offset, word)) in words.iter().enumerate() {
        let before = |distance: usize| position.checked_sub(distance).map(|position| words[position].1);
        let is_test =
            before(1) == Some("is") && word != "not" || before(1) == Some("not") && before(2) == Some("is");
        if before(1) == Some("|") && !is_filter(word, environment) {
            let message =
                format!("unknown filter `{word}`{}", did_you_mean(nearest(word, FILTERS.iter().copied())));
            return Err(ExpressionError { offset, message });
        }
        if is_test && !is_known_test(word, environment) {
            let message =
                format!("unknown test `{word}`{}", did_you_mean(nearest(word, TESTS.iter().copied())));
            return Err(ExpressionError { offset, message });
        }
    }
    Ok(())
}

/// Whether an expression names that filter, behind a bar or as what `map` shall apply.
pub(super) fn uses(text: &str, filter: &str) -> bool {
    let words = words(text);
    let named = words.windows(2).any(|pair| pair[0].1 == "|" && pair[1].1 == filter);
    named || {
        let packed: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        ['\'', '"'].into_iter().any(|quote| packed.contains(&format!("map({quote}{filter}{quote}")))
    }
}

fn is_filter(name: &str, environment: &Environment<'static>) -> bool {
    let outcome = environment.empty_state().apply_filter(name, &[]);
    !matches!(outcome, Err(error) if error.kind() == ErrorKind::UnknownFilter)
}

fn is_known_test(name: &str, environment: &Environment<'static>) -> bool {
    let outcome = environment.empty_state().perform_test(name, &[]);
    !matches!(outcome, Err(error) if error.kind() == ErrorKind::UnknownTest)
}

/// The names and bars of an expression, with their offsets; what is quoted is left out.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let bytes = text.as_bytes();
    let mut position = 0;
    while let Some(&byte) = bytes.get(position) {
        let start = position;
        position += 1;
        match byte {
            b'\'' | b'"' => {
                while let Some(&inside) = bytes.get(position) {
                    position += if inside == b'\\' { 2 } else { 1 };
                    if inside == byte {
                        break;
                    }
                }
                words.push((start, ""));
            }
            b'|' => words.push((start, "|")),
            _ if byte.is_ascii_alphanumeric() || byte == b'_' => {
                while bytes.get(position).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_') {
                    position += 1;
                }
                words.push((start, text.get(start..position).unwrap_or_default()));
            }
            _ if byte.is_ascii_whitespace() => {}
            _ => words.push((start, "")),
        }
    }
    words
}
