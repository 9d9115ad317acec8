//! The fields that are aligned, by Conversations' own key names, which are the names of the mapping's columns.

/// Where the tables have the name by which an item is matched.
pub(super) const KEY: usize = 0;
/// Where [`ROLE`] has the type.
pub(super) const ROLE_TYPE: usize = 1;
/// Where [`CONVERSATION`] has the date of creation.
pub(super) const CREATED: usize = 4;

pub(super) const ROLE: [&str; 3] = ["friendly_name", "type", "permissions"];

pub(super) const USER: [&str; 4] = ["identity", "friendly_name", "attributes", "role_sid"];

/// The messaging service of a conversation, the sender of its e-mails, and a participant's address in a group text message: they
/// belong to the account.
pub(super) const MESSAGING_SERVICE: &str = "messaging_service_sid";
pub(super) const EMAIL: &str = "bindings.email";
pub(super) const PROJECTED_ADDRESS: &str = "messaging_binding.projected_address";

pub(super) const CONVERSATION: [&str; 8] = [
    "unique_name",
    "friendly_name",
    "attributes",
    "state",
    "date_created",
    "date_updated",
    MESSAGING_SERVICE,
    EMAIL,
];

/// Where [`PARTICIPANT`] has how far it has read.
pub(super) const READ_INDEX: usize = 6;
pub(super) const READ_TIME: usize = 7;

pub(super) const PARTICIPANT: [&str; 9] = [
    "identity",
    "sid",
    "role_sid",
    "attributes",
    "date_created",
    "date_updated",
    "last_read_message_index",
    "last_read_timestamp",
    PROJECTED_ADDRESS,
];

pub(super) const USER_CONVERSATION: [&str; 1] = ["notification_level"];

pub(super) const MESSAGE: [&str; 6] =
    ["author", "body", "attributes", "date_created", "date_updated", "media"];
