//! Small values that the API sends as text and that are mostly of a known form: dates, statuses, levels.
//!
//! **Invariant:** unknown is kept. Each type gives back exactly the text it was made from.

use std::fmt;

use serde::{Serialize, Serializer};

use super::api::Api;

/// A point in time as the API wrote it. The usual form, `2016-03-24T21:05:50Z`, is held as seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z, written as RFC 3339 with `Z`.
    Seconds(i64),
    /// Any other text, verbatim: Chat v1 pages and older v2 texts use RFC 2822.
    Verbatim(Box<str>),
}

impl Timestamp {
    /// Takes what the API sent.
    pub fn from_wire(text: &str) -> Self {
        match usual_form(text) {
            Some(seconds) => Self::Seconds(seconds),
            None => Self::Verbatim(text.into()),
        }
    }

    /// The instant in seconds since 1970, from RFC 3339 or RFC 2822; none where the text is neither.
    pub fn seconds(&self) -> Option<i64> {
        match self {
            Self::Seconds(seconds) => Some(*seconds),
            Self::Verbatim(text) => {
                let parsed = text.parse::<jiff::Timestamp>().ok();
                let parsed =
                    parsed.or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()));
                parsed.map(jiff::Timestamp::as_second)
            }
        }
    }
}

/// The seconds of `2016-03-24T21:05:50Z`; `None` for any text that writing the seconds would not give back. Two of these are
/// read for nearly every row, which is why they do not go through a parser of every form and back.
fn usual_form(text: &str) -> Option<i64> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0_i16, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0'))
        })
    };
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
    if signs.iter().any(|(position, sign)| bytes[*position] != *sign) {
        return None;
    }
    let small = |from, to| number(from, to).and_then(|number| i8::try_from(number).ok());
    let date = jiff::civil::Date::new(number(0, 4)?, small(5, 7)?, small(8, 10)?).ok()?;
    let (hour, minute, second) = (small(11, 13)?, small(14, 16)?, small(17, 19)?);
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    let instant = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    Some(instant.as_second())
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => match jiff::Timestamp::from_second(*seconds) {
                Ok(instant) => fmt::Display::fmt(&instant, formatter),
                Err(_) => write!(formatter, "{seconds}"), // beyond year 9999: never made from a text
            },
            Self::Verbatim(text) => formatter.write_str(text),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An enumeration of the API that may grow.
pub(crate) trait OpenEnum: Sized {
    /// The published values, in their order of declaration. Snapshots store a value's place among them, from 1: new values go last.
    const NAMES: &'static [&'static str];

    /// Takes what the API sent.
    fn from_wire(text: &str) -> Self;

    /// Whether this API's published enumeration has the value.
    fn is_known(&self, api: Api) -> bool;

    /// The place among [`NAMES`](Self::NAMES), from 1; none for a value that is not published.
    fn number(&self) -> Option<i64>;

    /// The value of a [`number`](Self::number).
    fn from_number(number: i64) -> Option<Self>;
}

macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal $(of $api:ident)?,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A value that the published enumeration does not have, verbatim.
            Other(Box<str>),
        }

        impl $name {
            /// Takes what the API sent.
            pub fn from_wire(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Other(text.into()),
                }
            }

            /// The text as the API sent it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }

        }

        impl OpenEnum for $name {
            const NAMES: &'static [&'static str] = &[$($text),*];

            fn from_wire(text: &str) -> Self {
                Self::from_wire(text)
            }

            fn number(&self) -> Option<i64> {
                let mut number = 0;
                $(
                    number += 1;
                    if matches!(self, Self::$variant) {
                        return Some(number);
                    }
                )*
                None
            }

            fn from_number(wanted: i64) -> Option<Self> {
                let mut number = 0;
                $(
                    number += 1;
                    if number == wanted {
                        return Some(Self::$variant);
                    }
                )*
                None
            }

            #[allow(unused_variables, reason = "most enumerations are the same in both APIs")]
            fn is_known(&self, api: Api) -> bool {
                match self {
                    $(Self::$variant => true $(&& api == Api::$api)?,)*
                    Self::Other(_) => false,
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

open_enum! {
    /// A user's status on a channel (OpenAPI `user_channel_enum_channel_status`).
    MembershipStatus {
        /// The user is a member.
        Joined = "joined",
        /// The user was invited and has not answered.
        Invited = "invited",
        /// The user is neither; the spelling of the specification since 2025-10-28.
        NotParticipating = "notParticipating",
        /// The same status in the spelling of every earlier release.
        NotParticipatingSnakeCase = "not_participating",
    }
}

open_enum! {
    /// The push notification level of a membership (OpenAPI `user_channel_enum_notification_level`).
    NotificationLevel {
        /// Push notifications as the service has them.
        Default = "default",
        /// No push notifications.
        Muted = "muted",
    }
}

open_enum! {
    /// The visibility of a channel (OpenAPI `channel_enum_channel_type`).
    ChannelType {
        /// Anyone may see and join it. Not visible to Conversations.
        Public = "public",
        /// Members only.
        Private = "private",
    }
}

open_enum! {
    /// What a role is for (OpenAPI `role_enum_role_type`; in Conversations `service_role_enum_role_type`).
    RoleType {
        /// Chat: a role within a channel.
        Channel = "channel" of Chat,
        /// Chat: a role within the entire service.
        Deployment = "deployment" of Chat,
        /// Conversations: a role within a conversation.
        Conversation = "conversation" of Conversations,
        /// Conversations: a role within the entire service.
        Service = "service" of Conversations,
    }
}

open_enum! {
    /// What may happen in a conversation (OpenAPI `service_conversation_enum_state`). Chat has no states.
    ConversationState {
        /// Messages can be sent.
        Active = "active",
        /// No message for as long as its timer says; one makes it active again.
        Inactive = "inactive",
        /// Nothing can be sent or changed any more.
        Closed = "closed",
        /// It is being made together with its participants.
        Initializing = "initializing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_give_back_their_text() {
        for text in [
            "2016-03-24T21:05:50Z",
            "1969-12-31T23:59:59Z",
            "2016-03-24T21:05:50.5Z",
            "2016-03-24T21:05:50+00:00",
        ] {
            assert_eq!(Timestamp::from_wire(text).to_string(), text);
        }
        let rfc_2822 = Timestamp::from_wire("Thu, 24 Mar 2016 21:05:50 +0000");
        assert_eq!(rfc_2822.to_string(), "Thu, 24 Mar 2016 21:05:50 +0000");
        assert_eq!(rfc_2822.seconds(), Timestamp::from_wire("2016-03-24T21:05:50Z").seconds());
        assert_eq!(Timestamp::from_wire("soon").seconds(), None);
    }

    #[test]
    fn the_usual_form_is_exactly_what_is_written() {
        let known = [
            ("1970-01-01T00:00:00Z", 0),
            ("2016-03-24T21:05:50Z", 1_458_853_550),
            ("2000-02-29T23:59:59Z", 951_868_799),
        ];
        for (text, seconds) in known {
            assert_eq!(Timestamp::from_wire(text), Timestamp::Seconds(seconds));
            assert_eq!(Timestamp::Seconds(seconds).to_string(), text);
        }
        for text in [
            "2015-02-29T00:00:00Z",
            "2016-13-01T00:00:00Z",
            "2016-01-01T24:00:00Z",
            "2016-01-01T00:00:60Z",
            "2016-01-01t00:00:00z",
            "2016-01-01 00:00:00Z",
            "+016-01-01T00:00:00Z",
            "2016-01-01T00:00:0éZ",
            "",
        ] {
            assert_eq!(Timestamp::from_wire(text), Timestamp::Verbatim(text.into()), "{text}");
        }
        for text in ["0000-01-01T00:00:00Z", "9999-12-30T21:59:59Z"] {
            assert_eq!(Timestamp::from_wire(text).to_string(), text);
        }
    }

    #[test]
    fn unknown_enum_values_are_kept() {
        assert_eq!(MembershipStatus::from_wire("notParticipating").as_str(), "notParticipating");
        assert_eq!(MembershipStatus::from_wire("not_participating").as_str(), "not_participating");
        let unknown = MembershipStatus::from_wire("banned");
        assert!(!unknown.is_known(Api::Chat));
        assert!(RoleType::Service.is_known(Api::Conversations) && !RoleType::Service.is_known(Api::Chat));
        assert_eq!(unknown.as_str(), "banned");
    }
}
