//! The two APIs that are served, and what differs between them everywhere: addresses and owners.

use super::data::ServiceWorld;
use super::json::Object;

/// One of the two APIs that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServedApi {
    Chat,
    Conversations,
}

impl ServedApi {
    /// Chooses by API.
    pub(crate) fn pick<T>(self, chat: T, conversations: T) -> T {
        match self {
            Self::Chat => chat,
            Self::Conversations => conversations,
        }
    }

    /// The service's URL in this API.
    pub(crate) fn service_url(self, world: &ServiceWorld) -> &str {
        self.pick(&world.service_url, &world.conversations_url)
    }

    /// The segment of channels and conversations.
    pub(crate) fn channels(self) -> &'static str {
        self.pick("/Channels/", "/Conversations/")
    }

    /// Writes whose a resource is.
    pub(crate) fn write_owners(self, object: &mut Object<'_>, world: &ServiceWorld) {
        object.text("account_sid", &world.account.account_sid);
        object.text(self.pick("service_sid", "chat_service_sid"), &world.account.service_sid);
    }
}
