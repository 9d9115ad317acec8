//! One parser for each kind of value. They know nothing of where the text came from.

use std::ops::RangeInclusive;
use std::time::Duration;

use clap::ValueEnum;
use jiff::SignedDuration;

use super::crawl::{Include, Part};
use super::error::ValueError;
use crate::storage::nearest;

/// What a crawl reads unless told otherwise.
pub(super) const DEFAULT_INCLUDE: &str = "roles,users,channels,user-channels,members";

/// Longer than any crawl; a longer limit is a slip.
const LONGEST: Duration = Duration::from_hours(24 * 366);

/// A whole number within bounds.
pub(super) fn number(text: &str, bounds: RangeInclusive<u32>) -> Result<u32, ValueError> {
    let number = text.parse().ok().filter(|number| bounds.contains(number));
    number.ok_or_else(|| ValueError::NotANumber {
        text: text.to_owned(),
        least: *bounds.start(),
        most: *bounds.end(),
    })
}

/// `true` or `false`, and what shells and containers write for them.
pub(super) fn switch(text: &str) -> Result<bool, ValueError> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(ValueError::NotASwitch { text: text.to_owned() }),
    }
}

/// A span of time as people write it: `2h`, `1h 30m`, `90 minutes`.
pub(super) fn duration(text: &str) -> Result<Duration, ValueError> {
    let parsed: SignedDuration =
        text.parse().map_err(|source| ValueError::NotADuration { text: text.to_owned(), source })?;
    let duration = Duration::try_from(parsed).unwrap_or_default();
    if (Duration::from_secs(1)..=LONGEST).contains(&duration) {
        Ok(duration)
    } else {
        Err(ValueError::AbsurdDuration { text: text.to_owned() })
    }
}

/// One of the values of an enumeration.
pub(super) fn choice<T: ValueEnum>(text: &str) -> Result<T, ValueError> {
    T::from_str(text, false).map_err(|_unknown| {
        let names = || T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let allowed: Vec<String> = names().map(|value| value.get_name().to_owned()).collect();
        let meant = nearest(text, allowed.iter().map(String::as_str)).map(str::to_owned);
        ValueError::NotAChoice { text: text.to_owned(), allowed: allowed.join(", "), meant }
    })
}

/// The name of a choice as the user types it.
pub(super) fn choice_name<T: ValueEnum>(choice: &T) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// What to include: names of parts. The items of a list may themselves hold commas.
pub(super) fn include(texts: &[String]) -> Result<Include, ValueError> {
    let mut include = Include::default();
    for name in texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|name| !name.is_empty()) {
        let part = Part::ALL.into_iter().find(|part| part.name() == name.replace('_', "-"));
        let Some(part) = part else {
            let names = Part::ALL.map(Part::name);
            return Err(ValueError::NotAChoice {
                text: name.to_owned(),
                allowed: names.join(", "),
                meant: nearest(name, names).map(str::to_owned),
            });
        };
        include.insert(part);
    }
    include.check()?;
    Ok(include)
}
