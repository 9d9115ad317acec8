//! The text form of faults, as `--faults` takes it.

use std::str::FromStr;

use super::{EndlessList, FAULTS, Fault, FaultUnit, Faults};

/// A faults text that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    /// No fault has this name.
    #[error("there is no fault `{name}`; known are {}", known())]
    Unknown { name: String },
    /// The amount is missing or is no percentage or number.
    #[error("the fault `{name}` needs {expected}, not `{value}`")]
    Amount { name: String, expected: &'static str, value: String },
    /// Something other than `retry-after=SECONDS` follows the amount.
    #[error("the fault `{name}` has no option `{option}`; 429 and 503 take `retry-after=SECONDS`")]
    Option { name: String, option: String },
}

/// The names of all faults.
fn known() -> String {
    super::fault_names().collect::<Vec<_>>().join(", ")
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let mut pieces = part.split(':');
            let (name, value) = pieces.next().unwrap_or(part).split_once('=').unwrap_or((part, ""));
            let Some((fault, name, unit, _)) = FAULTS.iter().find(|(_, known, ..)| *known == name) else {
                return Err(FaultsError::Unknown { name: name.to_owned() });
            };
            let amount = &mut faults.amounts[*fault as usize];
            match unit {
                FaultUnit::Share => amount.share = share(name, value)?,
                FaultUnit::Count => amount.count = Some(count(name, value)?),
                FaultUnit::Text => {
                    let text = text_of(name, part)?;
                    match fault {
                        Fault::Forbid => faults.forbidden.push(text),
                        Fault::Endless => faults.endless.push(EndlessList::parse(&text)),
                        Fault::BatchDrops => faults.dropped.push(text),
                        _ => faults.ignored.push(text),
                    }
                    continue;
                }
            }
            for option in pieces {
                let seconds = option.strip_prefix("retry-after=").and_then(|seconds| seconds.parse().ok());
                if seconds.is_none() || !matches!(*name, "429" | "503") {
                    return Err(FaultsError::Option { name: (*name).to_owned(), option: option.to_owned() });
                }
                amount.retry_after = seconds;
            }
        }
        Ok(faults)
    }
}

fn share(name: &str, value: &str) -> Result<f64, FaultsError> {
    value
        .strip_suffix('%')
        .and_then(|number| number.parse::<f64>().ok())
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| FaultsError::Amount {
            name: name.to_owned(),
            expected: "a percentage such as `2%`",
            value: value.to_owned(),
        })
}

/// All that follows the name: a path may hold a colon.
fn text_of(name: &str, part: &str) -> Result<String, FaultsError> {
    let text = part.split_once('=').map_or("", |(_, text)| text);
    if text.is_empty() {
        let expected = match name {
            "ignore" => "a parameter's name",
            "batch-drops" => "a participant's key such as `role_sid`",
            _ => "a path such as `/Configuration`",
        };
        return Err(FaultsError::Amount { name: name.to_owned(), expected, value: String::new() });
    }
    Ok(text.to_owned())
}

fn count(name: &str, value: &str) -> Result<u32, FaultsError> {
    value.parse().map_err(|_: std::num::ParseIntError| FaultsError::Amount {
        name: name.to_owned(),
        expected: "a number",
        value: value.to_owned(),
    })
}
