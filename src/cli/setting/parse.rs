//! One parser for each kind of value. They do not know where the text came from.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use jiff::SignedDuration;
use jiff::civil::Date;

use super::error::ValueError;
use super::value::{Include, IncludePart, MigrationTarget};
use crate::model::{InvalidShare, ServiceSid, Share, Timestamp};
use crate::storage::nearest;

/// Longer than any crawl; a longer limit is a slip.
const LONGEST: Duration = Duration::from_hours(24 * 366);

/// Any text.
#[expect(clippy::unnecessary_wraps, reason = "a parser's signature")]
pub(crate) fn text(text: &str) -> Result<String, ValueError> {
    Ok(text.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "a parser's signature")]
pub(crate) fn path(text: &str) -> Result<PathBuf, ValueError> {
    Ok(PathBuf::from(text))
}

/// A whole number within bounds.
pub(crate) fn number(text: &str, bounds: RangeInclusive<u32>) -> Result<u32, ValueError> {
    let number = text.parse().ok().filter(|number| bounds.contains(number));
    number.ok_or_else(|| ValueError::NotANumber {
        text: text.to_owned(),
        least: *bounds.start(),
        most: *bounds.end(),
    })
}

/// `true` or `false`, and what shells and containers write for them.
pub(crate) fn switch(text: &str) -> Result<bool, ValueError> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(ValueError::NotASwitch { text: text.to_owned() }),
    }
}

/// A span of time as people write it: `2h`, `1h 30m`, `90 minutes`.
pub(crate) fn duration(text: &str) -> Result<Duration, ValueError> {
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
pub(crate) fn choice<T: ValueEnum>(text: &str) -> Result<T, ValueError> {
    T::from_str(text, false).map_err(|_unknown| {
        let names = || T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let allowed: Vec<String> = names().map(|value| value.get_name().to_owned()).collect();
        let meant = nearest(text, allowed.iter().map(String::as_str)).map(str::to_owned);
        ValueError::NotAChoice { text: text.to_owned(), allowed: allowed.join(", "), meant }
    })
}

/// What to include: names of parts.
pub(crate) fn include(text: &str) -> Result<Include, ValueError> {
    let mut include = Include::default();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let part = IncludePart::ALL.into_iter().find(|part| part.name() == name.replace('_', "-"));
        let Some(part) = part else {
            let names = IncludePart::ALL.map(IncludePart::name);
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

/// Services, each once, in the order given.
pub(crate) fn services(text: &str) -> Result<Vec<ServiceSid>, ValueError> {
    let mut services: Vec<ServiceSid> = Vec::new();
    for text in text.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let sid = text.parse()?;
        if !services.contains(&sid) {
            services.push(sid);
        }
    }
    if services.is_empty() { Err(ValueError::Empty) } else { Ok(services) }
}

/// `N/T`.
pub(crate) fn share(text: &str) -> Result<Share, ValueError> {
    text.parse().map_err(|InvalidShare { text }| ValueError::NotAShare { text })
}

/// A moment as RFC 3339 writes it.
pub(crate) fn moment(text: &str) -> Result<Timestamp, ValueError> {
    let seconds = Timestamp::from_wire(text).seconds();
    seconds.map(Timestamp::Seconds).ok_or_else(|| ValueError::NotAMoment { text: text.to_owned() })
}

/// A day that has not passed on `today`.
pub(crate) fn day(text: &str, today: Date) -> Result<Date, ValueError> {
    // What else jiff reads as a date, such as one with a time, is not a day as people mean it.
    let day: Option<Date> = text.parse().ok().filter(|day: &Date| day.to_string() == text);
    let day = day.ok_or_else(|| ValueError::NotADay { text: text.to_owned() })?;
    if day < today { Err(ValueError::PastDay { day }) } else { Ok(day) }
}

/// `in-place`, or the SID of a service.
pub(crate) fn target(text: &str) -> Result<MigrationTarget, ValueError> {
    if text == "in-place" {
        return Ok(MigrationTarget::InPlace);
    }
    if let Ok(service) = text.parse() {
        return Ok(MigrationTarget::Service(service));
    }
    let in_place = ["in-place", "inplace"].into_iter().any(|name| nearest(text, [name]).is_some());
    Err(ValueError::NotATarget { text: text.to_owned(), in_place })
}

/// A region or an edge. It becomes part of a host name that gets the credentials, so nothing but a label passes.
pub(crate) fn label(text: &str) -> Result<String, ValueError> {
    let fits = (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if fits { Ok(text.to_owned()) } else { Err(ValueError::NotALabel { text: text.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_lead_to_another_host() {
        assert!(label("ie1").is_ok());
        for text in ["", "evil.example/", "a.b", "-a", "a-", "IE1", "a@b", "ä"] {
            assert!(label(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_near_miss_says_what_was_meant_and_a_bare_number_gets_its_units() {
        for text in ["inplace", "in_place", "in-plcae", "In-Place"] {
            assert_eq!(
                target(text).unwrap_err().hint().as_deref(),
                Some("did you mean `in-place`?"),
                "{text}"
            );
        }
        assert_eq!(target("IS1").unwrap_err().hint(), None);
        assert_eq!(duration("5").unwrap_err().hint().as_deref(), Some("write 5s, 5m or 5h"));
        assert_eq!(duration("soon").unwrap_err().hint().as_deref(), Some("write 5s, 5m or 5h"));
    }
}
