//! What a snapshot does not have, and how it is answered.

use std::fmt;
use std::path::PathBuf;

/// Something that a snapshot does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    pub snapshot: PathBuf,
    pub(super) what: MissingPart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MissingPart {
    /// It was read from Chat.
    Conversations,
    /// It was read from Conversations.
    Chat,
    Roles,
    /// Channels that have messages by their counts.
    Messages {
        channels: i64,
    },
    MembersLists,
    UsersLists,
    /// Records whose SID is none.
    Sids {
        records: i64,
    },
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.snapshot.display())?;
        match self.what {
            MissingPart::Conversations => formatter.write_str(
                "was read from Chat, which has no states, timers, e-mail bindings, messaging services and participants of other \
                 networks: every conversation is active and has none of them",
            ),
            MissingPart::Chat => formatter.write_str(
                "was read from Conversations, which has no public channels, invitations, creators and limits: there are none, and up \
                 to 1,000 members of a channel and channels of a user are accepted",
            ),
            MissingPart::Roles => formatter.write_str("has no roles: the lists of roles are empty"),
            MissingPart::Messages { channels: 1 } => {
                formatter.write_str("has no messages: the list of a channel that has some by its count is empty")
            }
            MissingPart::Messages { channels } => write!(
                formatter,
                "has no messages: the lists of {channels} channels that have some by their counts are empty"
            ),
            MissingPart::MembersLists => formatter.write_str(
                "has no lists of members: they are made of the users' channels, without roles and attributes",
            ),
            MissingPart::UsersLists => formatter.write_str(
                "has no lists of users' channels: they are made of the members, without unread counts and with the level `default`",
            ),
            MissingPart::Sids { records } => {
                let records = if records == 1 { "1 record".to_owned() } else { format!("{records} records") };
                write!(formatter, "has {records} whose SID is not one: no path can name that, and it is left out")
            }
        }
    }
}
