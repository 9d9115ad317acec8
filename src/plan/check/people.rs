//! Checks of roles and users, and of what they have in common with conversations.

use crate::plan::finding::{Check, Severity};

pub(crate) static ROW_FAILED: Check = Check {
    code: "row_failed",
    severity: Severity::Block,
    of_plan: false,
    title: "the mapping works on every row",
    meaning: "An expression of the mapping failed on this record, so what it should be is not known. It is not planned.",
    advice: "mend the expression, or the record; `chatferry mapping check` shows rows that fail",
};

pub(crate) static USER_VANISHED: Check = Check {
    code: "user_vanished",
    severity: Severity::Note,
    of_plan: false,
    title: "users that vanished",
    meaning: "The user was listed and gone when its channels were read. It is not migrated.",
    advice: "nothing, if it was deleted; otherwise crawl again",
};

pub(crate) static CHANNEL_VANISHED: Check = Check {
    code: "channel_vanished",
    severity: Severity::Note,
    of_plan: false,
    title: "channels that vanished",
    meaning: "The channel was listed and gone when its members were read. It is not migrated.",
    advice: "nothing, if it was deleted; otherwise crawl again",
};

pub(crate) static IDENTITY_MISSING: Check = Check {
    code: "identity_missing",
    severity: Severity::Block,
    of_plan: false,
    title: "everybody has an identity",
    meaning: "There is no identity, by which Conversations knows users. It cannot be written.",
    advice: "give it one in the mapping (`identity`), or leave it behind",
};

pub(crate) static IDENTITY_TOO_LONG: Check = Check {
    code: "identity_too_long",
    severity: Severity::Block,
    of_plan: false,
    title: "identities are short enough",
    meaning: "The identity is longer than the 256 characters that Conversations takes (error 50207).",
    advice: "shorten it in the mapping (`identity`)",
};

pub(crate) static IDENTITY_DUPLICATE: Check = Check {
    code: "identity_duplicate",
    severity: Severity::Block,
    of_plan: false,
    title: "identities are unique",
    meaning: "Two users or members would be one in the target, because the mapping gives them the same identity. The first one is taken.",
    advice: "see the mapping's `identity`",
};

pub(crate) static IDENTITY_CASE: Check = Check {
    code: "identity_case",
    severity: Severity::Warn,
    of_plan: false,
    title: "identities differ by more than case",
    meaning: "Two identities differ in upper and lower case only. Twilio takes them for two users; people and other systems may not.",
    advice: "see whether both are meant",
};

pub(crate) static ROLE_MISSING: Check = Check {
    code: "role_missing",
    severity: Severity::Warn,
    of_plan: false,
    title: "every role is in Conversations",
    meaning: "A role of Chat is not among those that Conversations shows.",
    advice: "look at it in the console before users need it",
};

pub(crate) static ROLE_DIFFERS: Check = Check {
    code: "role_differs",
    severity: Severity::Warn,
    of_plan: false,
    title: "roles permit the same",
    meaning: "The role is there with other permissions than the mapping translates. Roles that are there are not changed.",
    advice: "change the role by hand, or the mapping's role table",
};

pub(crate) static ROLE_AMBIGUOUS: Check = Check {
    code: "role_ambiguous",
    severity: Severity::Warn,
    of_plan: false,
    title: "roles have names of their own",
    meaning: "Two roles of the source have the same name and type; in the target one stands for both.",
    advice: "give one another name in the mapping's role table (`overrides`)",
};

pub(crate) static ROLE_WITHOUT_COUNTERPART: Check = Check {
    code: "role_without_counterpart",
    severity: Severity::Block,
    of_plan: false,
    title: "every role that is used is known",
    meaning: "The role is not among the source's, or is not created. Without it the user or participant would get the default role, which may permit more.",
    advice: "crawl with `roles` among --include, or translate the role in the mapping (`role_sid`)",
};

pub(crate) static PERMISSION_LOST: Check = Check {
    code: "permission_lost",
    severity: Severity::Warn,
    of_plan: false,
    title: "every permission has a counterpart",
    meaning: "The role permits something that Conversations does not have.",
    advice: "see whether your application relies on it",
};

pub(crate) static PERMISSION_UNKNOWN: Check = Check {
    code: "permission_unknown",
    severity: Severity::Warn,
    of_plan: false,
    title: "every permission is known",
    meaning: "The mapping's role table does not have this permission. It is passed on as it is, and Twilio may refuse it.",
    advice: "add it to the role table",
};

pub(crate) static USER_MISSING: Check = Check {
    code: "user_missing",
    severity: Severity::Warn,
    of_plan: false,
    title: "every user is in Conversations",
    meaning: "A user of the snapshot is not among those that Conversations shows: deleted since, or hidden.",
    advice: "crawl again; if it is still not there, look it up in the console",
};

pub(crate) static USER_DIFFERS: Check = Check {
    code: "user_differs",
    severity: Severity::Warn,
    of_plan: false,
    title: "users are the same",
    meaning: "A field of a user is otherwise in the target. It is left as it is.",
    advice: "to have it written, name the field under `owns` in the mapping's [plan]",
};

pub(crate) static CONVERSATIONS_OVER_LIMIT: Check = Check {
    code: "conversations_over_limit",
    severity: Severity::Block,
    of_plan: false,
    title: "nobody is in too many conversations",
    meaning: "The user is in more conversations than the target allows for one identity (error 50214).",
    advice: "raise the limit of the target's Chat service (`Limits.UserChannels`, at most 1000), or leave conversations",
};

pub(crate) static OVER_USUAL_LIMIT: Check = Check {
    code: "over_usual_limit",
    severity: Severity::Warn,
    of_plan: false,
    title: "nothing is over the limits that a service begins with",
    meaning: "A conversation has more participants, or a user more conversations, than a service allows that was not changed. What this target allows is not known, because Chat's API did not say.",
    advice: "see that the target's limits were raised (`Limits.ChannelMembers`, `Limits.UserChannels` of its Chat service)",
};

pub(crate) static FRIENDLY_NAME_TOO_LONG: Check = Check {
    code: "friendly_name_too_long",
    severity: Severity::Block,
    of_plan: false,
    title: "friendly names are short enough",
    meaning: "The name is longer than Conversations takes: 256 characters, of a role 64 (error 50003).",
    advice: "shorten it in the mapping (`friendly_name`)",
};

pub(crate) static ATTRIBUTES_TOO_LONG: Check = Check {
    code: "attributes_too_long",
    severity: Severity::Block,
    of_plan: false,
    title: "attributes are short enough",
    meaning: "The attributes are longer than Conversations takes: 16 KB of a conversation, 4 KB of a participant (error 50303).",
    advice: "shorten them in the mapping (`attributes`)",
};

pub(crate) static ATTRIBUTES_NOT_JSON: Check = Check {
    code: "attributes_not_json",
    severity: Severity::Block,
    of_plan: false,
    title: "attributes are JSON",
    meaning: "The attributes are not JSON, and Conversations refuses to write them (error 50304).",
    advice: "mend them in the mapping (`attributes`), or in the source",
};
