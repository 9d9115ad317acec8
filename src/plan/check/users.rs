//! Checks of roles and users, and of what they have in common with conversations.

use crate::plan::finding::{PlanCheck, Severity};

pub(crate) static ROW_FAILED: PlanCheck = PlanCheck {
    code: "row_failed",
    severity: Severity::Block,
    of_plan: false,
    one: "the mapping fails on 1 record",
    many: "the mapping fails on {} records",
    passes: "the mapping works on every record",
    meaning: "An expression of the mapping failed on this record, so its values are unknown. The plan leaves it out.",
    advice: "fix the expression, or the record; `chatferry mapping check` shows the records that fail",
};

pub(crate) static USER_VANISHED: PlanCheck = PlanCheck {
    code: "user_vanished",
    severity: Severity::Note,
    of_plan: false,
    one: "1 user vanished during the crawl",
    many: "{} users vanished during the crawl",
    passes: "no user vanished during the crawl",
    meaning: "The user was in the list of users, and gone when its channels were read. The plan does not migrate it.",
    advice: "nothing, if it was deleted; otherwise crawl again",
};

pub(crate) static CHANNEL_VANISHED: PlanCheck = PlanCheck {
    code: "channel_vanished",
    severity: Severity::Note,
    of_plan: false,
    one: "1 channel vanished during the crawl",
    many: "{} channels vanished during the crawl",
    passes: "no channel vanished during the crawl",
    meaning: "The channel was in the list of channels, and gone when its members were read. The plan does not migrate it.",
    advice: "nothing, if it was deleted; otherwise crawl again",
};

pub(crate) static IDENTITY_MISSING: PlanCheck = PlanCheck {
    code: "identity_missing",
    severity: Severity::Block,
    of_plan: false,
    one: "1 record has no identity",
    many: "{} records have no identity",
    passes: "every user and member has an identity",
    meaning: "Conversations knows users by their identity, and this record has none. It cannot be written.",
    advice: "give it one in the mapping (`identity`), or leave it behind",
};

pub(crate) static IDENTITY_TOO_LONG: PlanCheck = PlanCheck {
    code: "identity_too_long",
    severity: Severity::Block,
    of_plan: false,
    one: "1 identity is too long",
    many: "{} identities are too long",
    passes: "every identity is short enough",
    meaning: "The identity is longer than the 256 characters that Conversations accepts (error 50207).",
    advice: "shorten it in the mapping (`identity`)",
};

pub(crate) static IDENTITY_DUPLICATE: PlanCheck = PlanCheck {
    code: "identity_duplicate",
    severity: Severity::Block,
    of_plan: false,
    one: "1 identity is used twice",
    many: "{} identities are used twice",
    passes: "every identity is used once",
    meaning: "The mapping gives two users or members the same identity, so they would be one in the target. The plan writes the first one.",
    advice: "check the mapping's `identity`",
};

pub(crate) static IDENTITY_CASE: PlanCheck = PlanCheck {
    code: "identity_case",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 pair of identities differs only in case",
    many: "{} pairs of identities differ only in case",
    passes: "no two identities differ only in case",
    meaning: "Two identities differ only in upper and lower case. Twilio has two users for them; people and other systems may not.",
    advice: "check that both are intended",
};

pub(crate) static ROLE_MISSING: PlanCheck = PlanCheck {
    code: "role_missing",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 role is not in Conversations",
    many: "{} roles are not in Conversations",
    passes: "every role is in Conversations",
    meaning: "Conversations does not list this role of Chat.",
    advice: "look at it in the console before users need it",
};

pub(crate) static ROLE_DIFFERS: PlanCheck = PlanCheck {
    code: "role_differs",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 role has other permissions in the target",
    many: "{} roles have other permissions in the target",
    passes: "every role has the same permissions in the target",
    meaning: "The role exists with other permissions than the mapping gives it. Plans do not change existing roles.",
    advice: "change the role by hand, or the mapping's role table",
};

pub(crate) static ROLE_AMBIGUOUS: PlanCheck = PlanCheck {
    code: "role_ambiguous",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 role has the name and type of another one",
    many: "{} roles have the name and type of another one",
    passes: "every role has its own name and type",
    meaning: "Two roles of the source have the same name and type; one role of the target stands for both.",
    advice: "give one another name in the mapping's role table (`overrides`)",
};

pub(crate) static ROLE_WITHOUT_COUNTERPART: PlanCheck = PlanCheck {
    code: "role_without_counterpart",
    severity: Severity::Block,
    of_plan: false,
    one: "1 role has no counterpart",
    many: "{} uses of roles have no counterpart",
    passes: "every role in use has a counterpart",
    meaning: "The role is not among the source's roles, or the plan does not create it. Without it the user or participant would get the default role, which may permit more.",
    advice: "crawl with `roles` among --include, or translate the role in the mapping (`role_sid`)",
};

pub(crate) static PERMISSION_LOST: PlanCheck = PlanCheck {
    code: "permission_lost",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 permission does not exist in Conversations",
    many: "{} permissions do not exist in Conversations",
    passes: "every permission exists in Conversations",
    meaning: "The role has a permission that Conversations does not have.",
    advice: "check whether your application relies on it",
};

pub(crate) static PERMISSION_UNKNOWN: PlanCheck = PlanCheck {
    code: "permission_unknown",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 permission is unknown",
    many: "{} permissions are unknown",
    passes: "every permission is known",
    meaning: "The mapping's role table does not have this permission. The plan passes it on as it is, and Twilio may refuse it.",
    advice: "add it to the role table",
};

pub(crate) static USER_MISSING: PlanCheck = PlanCheck {
    code: "user_missing",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 user is not in Conversations",
    many: "{} users are not in Conversations",
    passes: "every user is in Conversations",
    meaning: "Conversations does not list this user of the snapshot: it was deleted since, or is hidden.",
    advice: "crawl again; if it is still missing, look it up in the console",
};

pub(crate) static USER_DIFFERS: PlanCheck = PlanCheck {
    code: "user_differs",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 user is different in the target",
    many: "{} users are different in the target",
    passes: "every user is the same in the target",
    meaning: "A field of the user is different in the target. The plan leaves it as it is.",
    advice: "to have it written, name the field under `owns` in the mapping's [plan]",
};

pub(crate) static CONVERSATIONS_OVER_LIMIT: PlanCheck = PlanCheck {
    code: "conversations_over_limit",
    severity: Severity::Block,
    of_plan: false,
    one: "1 user is over the conversation limit",
    many: "{} users are over the conversation limit",
    passes: "every user is within the conversation limit",
    meaning: "The user is in more conversations than the target allows for one identity (error 50214).",
    advice: "raise the limit of the target's Chat service (`Limits.UserChannels`, maximum 1000), or remove the user from conversations",
};

pub(crate) static OVER_USUAL_LIMIT: PlanCheck = PlanCheck {
    code: "over_usual_limit",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 record is over the default limits of a service",
    many: "{} records are over the default limits of a service",
    passes: "no record is over the default limits of a service",
    meaning: "A conversation has more participants, or a user more conversations, than a service allows by default. The limits of this target are unknown, because Chat's API did not report them.",
    advice: "check that the target's limits were raised (`Limits.ChannelMembers`, `Limits.UserChannels` of its Chat service)",
};

pub(crate) static FRIENDLY_NAME_TOO_LONG: PlanCheck = PlanCheck {
    code: "friendly_name_too_long",
    severity: Severity::Block,
    of_plan: false,
    one: "1 friendly name is too long",
    many: "{} friendly names are too long",
    passes: "every friendly name is short enough",
    meaning: "The name is longer than Conversations accepts: 256 characters, for a role 64 (error 50003).",
    advice: "shorten it in the mapping (`friendly_name`)",
};

pub(crate) static ATTRIBUTES_TOO_LONG: PlanCheck = PlanCheck {
    code: "attributes_too_long",
    severity: Severity::Block,
    of_plan: false,
    one: "the attributes of 1 record are too long",
    many: "the attributes of {} records are too long",
    passes: "all attributes are short enough",
    meaning: "The attributes are longer than Conversations accepts: 16 KB for a conversation, 4 KB for a participant (error 50303).",
    advice: "shorten them in the mapping (`attributes`)",
};

pub(crate) static ATTRIBUTES_LEFT_OUT: PlanCheck = PlanCheck {
    code: "attributes_left_out",
    severity: Severity::Warn,
    of_plan: false,
    one: "the mapping leaves out the attributes of 1 record",
    many: "the mapping leaves out the attributes of {} records",
    passes: "the mapping leaves out no attributes",
    meaning: "The record has attributes and the mapping gives none: the bundled mapping `copy` does that with attributes that are not JSON, which Conversations refuses.",
    advice: "fix the attributes in the source, or have the mapping give others",
};

pub(crate) static ATTRIBUTES_NOT_JSON: PlanCheck = PlanCheck {
    code: "attributes_not_json",
    severity: Severity::Block,
    of_plan: false,
    one: "the attributes of 1 record are not JSON",
    many: "the attributes of {} records are not JSON",
    passes: "all attributes are JSON",
    meaning: "The attributes are not JSON, and Conversations refuses to write them (error 50304).",
    advice: "use the bundled mapping `copy`, which leaves such attributes out, or fix them in the mapping (`attributes`) or in the source",
};
