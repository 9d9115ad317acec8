//! The words of bindings that differ between Chat and Conversations.

/// The kind of binding that a browser has, which Chat does not know.
pub(crate) const TWILSOCK: &str = "twilsock";

/// The message types in the words of Chat and of Conversations, which has no invitations.
const MESSAGE_TYPES: [(&str, Option<&str>); 4] = [
    ("new_message", Some("new_message")),
    ("added_to_channel", Some("added_to_conversation")),
    ("removed_from_channel", Some("removed_from_conversation")),
    ("invited_to_channel", None),
];

/// Every message type, as Chat has it.
pub(crate) fn of_chat() -> impl Iterator<Item = &'static str> {
    MESSAGE_TYPES.iter().map(|(name, _)| *name)
}

/// Conversations' name of a message type, if it has it.
pub(crate) fn from_chat(name: &str) -> Option<&str> {
    MESSAGE_TYPES.iter().find(|(chat, _)| *chat == name).map_or(Some(name), |(_, name)| *name)
}

/// Chat's name of a message type.
pub(crate) fn to_chat(name: String) -> String {
    let found = MESSAGE_TYPES.iter().find(|(_, other)| *other == Some(name.as_str()));
    found.map_or(name, |(chat, _)| (*chat).to_owned())
}
