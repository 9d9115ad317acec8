//! What can be wrong with the text of a value. Which layer gave it is added by `settings`.

use crate::model::InvalidSid;
use crate::secret::OriginError;

/// A value is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    #[error("`{text}` is not a whole number from {least} to {most}")]
    NotANumber { text: String, least: u32, most: u32 },
    #[error("`{text}` is not a time such as `2026-12-01T09:30:00Z`")]
    NotAMoment { text: String },
    #[error("`{text}` is not a day such as `2027-01-31`")]
    NotADay { text: String },
    #[error("{day} has passed: what is written now would have to be deleted at once")]
    PastDay { day: jiff::civil::Date },
    #[error("`{text}` is not one of so many parts, such as `1/7`")]
    NotAShare { text: String },
    #[error("`{text}` is neither true nor false")]
    NotASwitch { text: String },
    #[error("`{text}` is not a span of time such as `2h` or `1h 30m`")]
    NotADuration { text: String, source: jiff::Error },
    /// Zero, negative or longer than a year.
    #[error("`{text}` is not between one second and a year")]
    AbsurdDuration { text: String },
    /// Not one of a few.
    #[error("`{text}` is none of {allowed}")]
    NotAChoice {
        text: String,
        allowed: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A part without the part through which it is read.
    #[error("`{part}` is read through `{through}`, which is not in the list")]
    PartNeeds { part: &'static str, through: &'static str },
    #[error("nothing is named")]
    Empty,
    #[error("`{text}` is neither `in-place` nor a Service SID (`IS` and 32 hexadecimal digits)")]
    NotATarget {
        text: String,
        /// Whether `in-place` was probably meant.
        in_place: bool,
    },
    #[error(transparent)]
    Sid(#[from] InvalidSid),
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// Not a part of a host name.
    #[error("`{text}` is not a region or edge such as `ie1` or `dublin`")]
    NotALabel { text: String },
    #[error("the region `{region}` needs an edge: Twilio serves a host without one from us1, or not at all")]
    RegionWithoutEdge { region: String },
}

impl ValueError {
    /// What to write instead, where the message does not say it already.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NotAChoice { meant: Some(meant), .. } => Some(format!("did you mean `{meant}`?")),
            Self::NotATarget { in_place: true, .. } => Some("did you mean `in-place`?".to_owned()),
            Self::PartNeeds { through, .. } => Some(format!("add `{through}` to the list")),
            Self::NotADuration { text, .. } => Some(match text.trim().parse::<u32>() {
                Ok(number) => format!("write {number}s, {number}m or {number}h"),
                Err(_not_a_number) => "write 5s, 5m or 5h".to_owned(),
            }),
            _ => None,
        }
    }
}
