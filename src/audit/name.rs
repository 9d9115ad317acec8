//! The name of an audit: the second at which it was begun, in UTC, in a form that sorts and that every file system takes.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// `20261123T020000Z`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AuditName(Timestamp);

const FORM: &str = "%Y%m%dT%H%M%S";

impl AuditName {
    /// The name of an audit that is begun now.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(Timestamp::from_second(now.as_second()).unwrap_or(now))
    }

    /// Reads a name; none for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let civil = DateTime::strptime(FORM, text.strip_suffix('Z')?).ok()?;
        let name = Self(TimeZone::UTC.to_timestamp(civil).ok()?);
        // Only what writing it gives back: one night has one name.
        (name.to_string() == text).then_some(name)
    }

    /// When it was begun.
    pub(crate) fn time(self) -> Timestamp {
        self.0
    }
}

impl fmt::Display for AuditName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}Z", self.0.strftime(FORM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_time_and_nothing_else_is_a_name() {
        let name = AuditName::at("2026-11-23T02:00:00.75Z".parse().unwrap());
        assert_eq!(name.to_string(), "20261123T020000Z");
        assert_eq!(AuditName::parse("20261123T020000Z"), Some(name));
        for text in [
            "20261123T020000",
            "20261323T020000Z",
            "2026112T020000Z",
            "latest",
            "20261123T020000Z.incomplete",
            "",
        ] {
            assert_eq!(AuditName::parse(text), None, "{text}");
        }
    }
}
