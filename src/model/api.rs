//! The two APIs that serve the same account data, and what is different about them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::issue::Entity;

/// An API of Twilio. Stored and printed as `chat` or `conversations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// Programmable Chat, `chat.twilio.com`.
    Chat,
    /// Conversations (classic), `conversations.twilio.com`.
    Conversations,
}

impl Api {
    /// The name in snapshots, plans, settings and `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Conversations => "conversations",
        }
    }

    /// The API of a [`name`](Self::name).
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Chat, Self::Conversations].into_iter().find(|api| api.name() == name)
    }

    /// The name in sentences.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Chat => "Chat",
            Self::Conversations => "Conversations",
        }
    }

    /// Whether the API has lists of this entity. Conversations has no invites.
    pub(crate) fn has(self, entity: Entity) -> bool {
        self == Self::Chat || entity != Entity::Invite
    }

    /// Whether users and channels say how many memberships, members and messages they have.
    pub(crate) fn has_counters(self) -> bool {
        self == Self::Chat
    }

    /// Requests that a service's record takes. In Conversations its settings are four resources of their own.
    pub(crate) fn requests_of_service(self) -> u64 {
        match self {
            Self::Chat => 1,
            Self::Conversations => 5,
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
