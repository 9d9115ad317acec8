//! What was odd about a record. Bad data is an issue on a record, never the end of a run.

use serde::Serialize;

use super::table::{bare, records};

/// Whether both APIs give a field: its keys there, or what it always is.
macro_rules! in_both {
    (chat $chat:literal conversations $conversations:tt) => {
        true
    };
    ($($one:tt)*) => {
        false
    };
}

macro_rules! entities {
    ($($(#[$doc:meta])* $Record:ident $record:ident $plural:literal {
        $($(#[$field_doc:meta])* $field:ident: $place:ident $kind:tt, $pii:ident, $sample:literal
            $(, chat $chat:literal)? $(, conversations $conversations:literal)? $(, always $always:ident)?;)*
        $(@beside $api:ident { $($key:ident: $how:ident;)* })*
    })*) => {
        /// The kinds of resource that the model knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Entity {
            $($(#[$doc])* $Record,)*
        }

        impl Entity {
            /// Every entity, in the order of exports and summaries.
            pub const ALL: [Self; [$($plural),*].len()] = [$(Self::$Record),*];

            /// The name of its collection, as in exports, counts and the snapshot's views.
            pub fn plural(self) -> &'static str {
                match self {
                    $(Self::$Record => $plural,)*
                }
            }

            /// The name of one of it, as in mapping files.
            pub(crate) fn singular(self) -> &'static str {
                match self {
                    $(Self::$Record => stringify!($record),)*
                }
            }

            /// The fields that only one of the two APIs gives.
            pub(crate) fn one_sided_fields(self) -> impl Iterator<Item = &'static str> {
                let fields: &'static [(&'static str, bool)] = match self {
                    $(Self::$Record => const { &[$(
                        (
                            bare(stringify!($field)),
                            in_both!($(chat $chat)? $(conversations $conversations)? $(conversations $always)?),
                        )
                    ),*] },)*
                };
                fields.iter().filter(|(_, in_both)| !in_both).map(|(name, _)| *name)
            }
        }
    };
}
records!(entities);

/// What kind of oddity an [`Issue`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueKind {
    /// A key that the published schema does not have. Kept in the record's `extra`.
    UnknownKey,
    /// A value that the published enumeration does not have. Kept in its field.
    UnknownValue,
    /// A value of another type than the published one. Its field is null, the value is in `extra`.
    WrongType,
    /// A text with half of a surrogate pair, which no text can hold. Its field has U+FFFD instead of the half.
    BrokenText,
    /// A SID that does not fit its pattern. Kept in its field.
    MalformedSid,
    /// A parent (account, service, channel, user) other than the one asked for.
    OtherParent,
    /// A row that its list should have had before the one it follows: indices rise. Kept in its field.
    OutOfOrder,
    /// A resource that belongs to the record could not be read. Its fields are null; the value is the answer.
    Unreadable,
    /// A row without its key: it cannot be stored as a record. The entire row is the issue's value.
    Unusable,
}

impl IssueKind {
    /// Its name, as in exports and the snapshot.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown_key",
            Self::UnknownValue => "unknown_value",
            Self::WrongType => "wrong_type",
            Self::BrokenText => "broken_text",
            Self::MalformedSid => "malformed_sid",
            Self::OtherParent => "other_parent",
            Self::OutOfOrder => "out_of_order",
            Self::Unreadable => "unreadable",
            Self::Unusable => "unusable",
        }
    }
}

/// One oddity of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The kind of resource.
    pub entity: Entity,
    /// Its SID; for a membership `US…/CH…`; empty where the row has none.
    pub subject: String,
    /// The key that it is about; empty for the entire row.
    pub field: String,
    /// What is odd.
    pub kind: IssueKind,
    /// The value as sent, as JSON text.
    pub value: String,
}
