//! Checks of conversations and who is on them.

use crate::plan::finding::{Check, Severity};

pub(crate) static PUBLIC_ONE_WAY: Check = Check {
    code: "public_one_way",
    severity: Severity::Warn,
    of_plan: false,
    title: "public channels become private",
    meaning: "The channel is public and has to be made private for Conversations to see it. There is no way back, and nobody can join by themselves any more.",
    advice: "add those who should be in it, and change your application to add people who want to join",
};

pub(crate) static CONVERSATION_MISSING: Check = Check {
    code: "conversation_missing",
    severity: Severity::Warn,
    of_plan: false,
    title: "every private channel is in Conversations",
    meaning: "A private channel of the snapshot is not among those that Conversations shows: deleted since, or hidden.",
    advice: "crawl again; if it is still not there, look it up in the console",
};

pub(crate) static CONVERSATION_DIFFERS: Check = Check {
    code: "conversation_differs",
    severity: Severity::Warn,
    of_plan: false,
    title: "conversations are the same",
    meaning: "A field of a conversation is otherwise in the target. It is left as it is.",
    advice: "to have it written, name the field under `owns` in the mapping's [plan]",
};

pub(crate) static CONVERSATION_CLOSED: Check = Check {
    code: "conversation_closed",
    severity: Severity::Block,
    of_plan: false,
    title: "conversations can be written to",
    meaning: "The conversation is closed in the target, and a closed one takes nothing any more (error 50377).",
    advice: "open it again, or delete it there and plan again",
};

pub(crate) static UNIQUE_NAME_TAKEN: Check = Check {
    code: "unique_name_taken",
    severity: Severity::Block,
    of_plan: false,
    title: "unique names are free",
    meaning: "A conversation of the target has the unique name and was created at another time: it is another one. Nothing is written to it.",
    advice: "give the copy another name in the mapping (`unique_name`), or say `adopt = true` in its [plan] if it is the same",
};

pub(crate) static UNIQUE_NAME_DUPLICATE: Check = Check {
    code: "unique_name_duplicate",
    severity: Severity::Block,
    of_plan: false,
    title: "unique names are unique",
    meaning: "Two channels would have the same unique name, because the mapping gives it to both. The first one is taken.",
    advice: "see the mapping's `unique_name`",
};

pub(crate) static UNIQUE_NAME_LIKE_SID: Check = Check {
    code: "unique_name_like_sid",
    severity: Severity::Block,
    of_plan: false,
    title: "unique names do not look like SIDs",
    meaning: "The unique name has the form of a conversation's SID, which Twilio refuses (error 50390).",
    advice: "give the copy another name in the mapping (`unique_name`)",
};

pub(crate) static UNIQUE_NAME_TOO_LONG: Check = Check {
    code: "unique_name_too_long",
    severity: Severity::Block,
    of_plan: false,
    title: "unique names are short enough",
    meaning: "The unique name is longer than 256 characters.",
    advice: "shorten it in the mapping (`unique_name`)",
};

pub(crate) static PARTICIPANTS_OVER_LIMIT: Check = Check {
    code: "participants_over_limit",
    severity: Severity::Block,
    of_plan: false,
    title: "no conversation is too large",
    meaning: "The conversation would have more participants than the target allows (error 50417).",
    advice: "raise the limit of the target's Chat service (`Limits.ChannelMembers`, at most 1000), or split the conversation",
};

pub(crate) static CREATED_BY_LOST: Check = Check {
    code: "created_by_lost",
    severity: Severity::Note,
    of_plan: false,
    title: "who created conversations",
    meaning: "Twilio does not take the creator of a conversation: the copy will have `system`.",
    advice: "keep the creator in the attributes, by the mapping, if your application needs it",
};

pub(crate) static MEMBERSHIP_WITHOUT_CHANNEL: Check = Check {
    code: "membership_without_channel",
    severity: Severity::Block,
    of_plan: false,
    title: "every membership has its channel",
    meaning: "Users are on a channel that the snapshot does not have. Nothing of it is planned.",
    advice: "crawl again, with `channels` among --include",
};

pub(crate) static MEMBERSHIP_WITHOUT_USER: Check = Check {
    code: "membership_without_user",
    severity: Severity::Warn,
    of_plan: false,
    title: "every membership has its user",
    meaning: "The user of a membership is not in the snapshot; the member's identity stands for it.",
    advice: "crawl again, if the user was not deleted",
};

pub(crate) static MEMBER_WITHOUT_USER: Check = Check {
    code: "member_without_user",
    severity: Severity::Warn,
    of_plan: false,
    title: "every member is on the users' side",
    meaning: "The channel lists a member whose own channels do not have it, so its notification level is unknown. It is not planned.",
    advice: "crawl again: Twilio's two sides did not agree",
};

pub(crate) static NON_CHAT_PARTICIPANT: Check = Check {
    code: "non_chat_participant",
    severity: Severity::Note,
    of_plan: false,
    title: "participants who are no chat users",
    meaning: "A participant by SMS, WhatsApp or the like has no identity. In place it stays; it is not copied.",
    advice: "add it to the copy by its address",
};

pub(crate) static PARTICIPANT_MISSING: Check = Check {
    code: "participant_missing",
    severity: Severity::Warn,
    of_plan: false,
    title: "every member is a participant",
    meaning: "A member of the snapshot is not among the participants that Conversations shows: left since, or hidden.",
    advice: "crawl again; if it is still not there, look it up in the console",
};

pub(crate) static PARTICIPANT_DIFFERS: Check = Check {
    code: "participant_differs",
    severity: Severity::Warn,
    of_plan: false,
    title: "participants are the same",
    meaning: "A field of a participant is otherwise in the target. It is left as it is.",
    advice: "to have it written, name the field under `owns` in the mapping's [plan]",
};

pub(crate) static NOTIFICATION_LEVEL_DIFFERS: Check = Check {
    code: "notification_level_differs",
    severity: Severity::Warn,
    of_plan: false,
    title: "notification levels are the same",
    meaning: "The notification level is another one in the target. It is left as it is.",
    advice: "to have it written, name `user_conversations.notification_level` under `owns` in the mapping's [plan]",
};

pub(crate) static INVITE_LOST: Check = Check {
    code: "invite_lost",
    severity: Severity::Warn,
    of_plan: false,
    title: "nobody is invited",
    meaning: "Conversations has no invitations: the invited user is not in the conversation and cannot accept.",
    advice: "say `invites = \"participant\"` in the mapping to make participants of invited users",
};

pub(crate) static ONLY_IN_TARGET: Check = Check {
    code: "only_in_target",
    severity: Severity::Note,
    of_plan: false,
    title: "what only the target has",
    meaning: "It is in the target and not in the snapshot. It stays as it is.",
    advice: "nothing",
};
