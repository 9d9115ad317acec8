//! The service's roles: the four that every service starts with, and two of its own.
//!
//! The service roles' permissions are Twilio's documented defaults; those of the channel roles are likely
//! ones of the documented names. The fifth role holds `inviteMember`, which Conversations has not, and a
//! permission that nothing documents.

/// Positions in [`ROLES`].
pub(crate) const SERVICE_ADMIN: usize = 0;
pub(crate) const SERVICE_USER: usize = 1;
pub(crate) const CHANNEL_ADMIN: usize = 2;
pub(crate) const CHANNEL_USER: usize = 3;
pub(crate) const AGENT: usize = 4;

/// Name, kind and permissions.
pub(crate) const ROLES: [(&str, &str, &[&str]); 6] = [
    (
        "service admin",
        "deployment",
        &[
            "createChannel",
            "joinChannel",
            "destroyChannel",
            "editChannelAttributes",
            "editChannelName",
            "addMember",
            "inviteMember",
            "removeMember",
            "editAnyMemberAttributes",
            "editAnyMessage",
            "deleteAnyMessage",
            "editAnyMessageAttributes",
            "editAnyUserInfo",
        ],
    ),
    ("service user", "deployment", &["createChannel", "editOwnUserInfo", "joinChannel"]),
    (
        "channel admin",
        "channel",
        &[
            "sendMessage",
            "sendMediaMessage",
            "leaveChannel",
            "editChannelName",
            "editChannelAttributes",
            "addMember",
            "removeMember",
            "inviteMember",
            "destroyChannel",
            "editOwnMessage",
            "editAnyMessage",
            "deleteOwnMessage",
            "deleteAnyMessage",
            "editNotificationLevel",
        ],
    ),
    (
        "channel user",
        "channel",
        &[
            "sendMessage",
            "sendMediaMessage",
            "leaveChannel",
            "editOwnMessage",
            "deleteOwnMessage",
            "editNotificationLevel",
        ],
    ),
    (
        "Support – Agent (EU)",
        "channel",
        &["sendMessage", "inviteMember", "superviseChannel", "editOwnMemberAttributes"],
    ),
    ("guest", "deployment", &[]),
];

/// How many of [`ROLES`] a new service has.
pub(crate) const DEFAULT_ROLES: usize = 4;

/// Chat's permission and Conversations', where the names differ.
const PERMISSIONS: [(&str, &str); 10] = [
    ("createChannel", "createConversation"),
    ("joinChannel", "joinConversation"),
    ("destroyChannel", "deleteConversation"),
    ("addMember", "addParticipant"),
    ("removeMember", "removeParticipant"),
    ("editChannelName", "editConversationName"),
    ("editChannelAttributes", "editConversationAttributes"),
    ("editAnyMemberAttributes", "editAnyParticipantAttributes"),
    ("editOwnMemberAttributes", "editOwnParticipantAttributes"),
    ("leaveChannel", "leaveConversation"),
];

/// Conversations' name of a permission.
pub(crate) fn from_chat(permission: &str) -> &str {
    PERMISSIONS.iter().find(|(chat, _)| *chat == permission).map_or(permission, |(_, name)| name)
}

/// Chat's name of a permission.
pub(crate) fn to_chat(permission: &str) -> String {
    PERMISSIONS.iter().find(|(_, name)| *name == permission).map_or(permission, |(chat, _)| chat).to_owned()
}
