//! The fields that are aligned, by Conversations' own key names, and how alike two values have to be.

/// When two values are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// When they are equal.
    Plain,
    /// When they are the same JSON; nothing is `{}`, as the API gives attributes that are not set.
    Json,
    /// When they are the same instant.
    Instant,
    /// When they have the same texts, in whatever order.
    Set,
    /// When they are the same role, by the counterparts of roles.
    Role,
    /// When they are equal; nothing is this value.
    Or(&'static str),
    /// Always: it is only written when something is created.
    Ignored,
}

/// A field of an aligned record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// Its name, which is that of the mapping's column.
    pub(super) name: &'static str,
    /// When two values are the same.
    pub(super) likeness: Likeness,
}

const fn field(name: &'static str, likeness: Likeness) -> Field {
    Field { name, likeness }
}

/// Where the tables have the name by which an item is matched.
pub(super) const KEY: usize = 0;
/// Where [`ROLE`] has the type.
pub(super) const ROLE_TYPE: usize = 1;
/// Where [`CONVERSATION`] has the date of creation.
pub(super) const CREATED: usize = 4;

pub(super) const ROLE: [Field; 3] = [
    field("friendly_name", Likeness::Plain),
    field("type", Likeness::Plain),
    field("permissions", Likeness::Set),
];

pub(super) const USER: [Field; 4] = [
    field("identity", Likeness::Plain),
    field("friendly_name", Likeness::Plain),
    field("attributes", Likeness::Json),
    field("role_sid", Likeness::Role),
];

pub(super) const CONVERSATION: [Field; 6] = [
    field("unique_name", Likeness::Plain),
    field("friendly_name", Likeness::Plain),
    field("attributes", Likeness::Json),
    field("state", Likeness::Or("active")),
    field("date_created", Likeness::Instant),
    field("date_updated", Likeness::Ignored),
];

pub(super) const PARTICIPANT: [Field; 8] = [
    field("identity", Likeness::Plain),
    field("sid", Likeness::Plain),
    field("role_sid", Likeness::Role),
    field("attributes", Likeness::Json),
    field("date_created", Likeness::Instant),
    // Writing a read index changes it.
    field("date_updated", Likeness::Ignored),
    field("last_read_message_index", Likeness::Plain),
    field("last_read_timestamp", Likeness::Instant),
];

pub(super) const USER_CONVERSATION: [Field; 1] = [field("notification_level", Likeness::Or("default"))];
