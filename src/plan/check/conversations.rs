//! Checks of conversations and who is on them.

use crate::plan::finding::{PlanCheck, Severity};

pub(crate) static PUBLIC_ONE_WAY: PlanCheck = PlanCheck {
    code: "public_one_way",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 public channel becomes private for good",
    many: "{} public channels become private for good",
    passes: "no public channel becomes private",
    meaning: "The channel is public and has to become private for Conversations to see it. No request reverses that, and users can no longer join by themselves.",
    advice: "add the users who should be in it, and change your application to add those who want to join",
};

pub(crate) static CONVERSATION_MISSING: PlanCheck = PlanCheck {
    code: "conversation_missing",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 private channel is not in Conversations",
    many: "{} private channels are not in Conversations",
    passes: "every private channel is in Conversations",
    meaning: "Conversations does not list this private channel of the snapshot: it was deleted since, or is hidden.",
    advice: "crawl again; if it is still missing, look it up in the console",
};

pub(crate) static CONVERSATION_DIFFERS: PlanCheck = PlanCheck {
    code: "conversation_differs",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 conversation is different in the target",
    many: "{} conversations are different in the target",
    passes: "every conversation is the same in the target",
    meaning: "A field of the conversation is different in the target. The plan leaves it as it is.",
    advice: "to have it written, name the field under `owns` in the mapping's [plan]",
};

pub(crate) static CONVERSATION_CLOSED: PlanCheck = PlanCheck {
    code: "conversation_closed",
    severity: Severity::Block,
    of_plan: false,
    one: "1 conversation with changes is closed in the target",
    many: "{} conversations with changes are closed in the target",
    passes: "no conversation with changes is closed in the target",
    meaning: "The conversation is closed in the target, and a closed one accepts no writes (error 50377).",
    advice: "reopen it, or delete it there and plan again",
};

pub(crate) static UNIQUE_NAME_TAKEN: PlanCheck = PlanCheck {
    code: "unique_name_taken",
    severity: Severity::Block,
    of_plan: false,
    one: "1 unique name belongs to another conversation",
    many: "{} unique names belong to other conversations",
    passes: "every unique name is free",
    meaning: "A conversation of the target has the unique name and another date of creation: it is another one. The plan writes nothing to it.",
    advice: "give the copy another name in the mapping (`unique_name`), or set `adopt = true` in its [plan] if it is the same",
};

pub(crate) static UNIQUE_NAME_DUPLICATE: PlanCheck = PlanCheck {
    code: "unique_name_duplicate",
    severity: Severity::Block,
    of_plan: false,
    one: "1 unique name is used twice",
    many: "{} unique names are used twice",
    passes: "every unique name is used once",
    meaning: "The mapping gives two channels the same unique name. The plan writes the first one.",
    advice: "check the mapping's `unique_name`",
};

pub(crate) static UNIQUE_NAME_LIKE_SID: PlanCheck = PlanCheck {
    code: "unique_name_like_sid",
    severity: Severity::Block,
    of_plan: false,
    one: "1 unique name looks like a SID",
    many: "{} unique names look like SIDs",
    passes: "no unique name looks like a SID",
    meaning: "The unique name has the form of a conversation's SID, which Twilio refuses (error 50390).",
    advice: "give the copy another name in the mapping (`unique_name`)",
};

pub(crate) static UNIQUE_NAME_TOO_LONG: PlanCheck = PlanCheck {
    code: "unique_name_too_long",
    severity: Severity::Block,
    of_plan: false,
    one: "1 unique name is too long",
    many: "{} unique names are too long",
    passes: "every unique name is short enough",
    meaning: "The unique name is longer than 256 characters.",
    advice: "shorten it in the mapping (`unique_name`)",
};

pub(crate) static PARTICIPANTS_OVER_LIMIT: PlanCheck = PlanCheck {
    code: "participants_over_limit",
    severity: Severity::Block,
    of_plan: false,
    one: "1 conversation is over the participant limit",
    many: "{} conversations are over the participant limit",
    passes: "every conversation is within the participant limit",
    meaning: "The copy would have more participants than the target allows (error 50417).",
    advice: "raise the limit of the target's Chat service (`Limits.ChannelMembers`, maximum 1000), or split the conversation",
};

pub(crate) static CREATED_BY_LOST: PlanCheck = PlanCheck {
    code: "created_by_lost",
    severity: Severity::Note,
    of_plan: false,
    one: "1 conversation loses its creator",
    many: "{} conversations lose their creator",
    passes: "no conversation loses its creator",
    meaning: "Twilio does not accept a creator for a conversation: the copy will have `system`.",
    advice: "keep the creator in the attributes, by the mapping, if your application needs it",
};

pub(crate) static NOT_CARRIED: PlanCheck = PlanCheck {
    code: "not_carried",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 record loses what belongs to the source's account",
    many: "{} records lose what belongs to the source's account",
    passes: "no record loses what belongs to the source's account",
    meaning: "Messaging services, senders of e-mails and projected addresses belong to an account, and the target is in another one. The copy is created without.",
    advice: "set up a messaging service, a sender or an address in the target's account, and add it to the copy",
};

pub(crate) static MEMBERSHIP_WITHOUT_CHANNEL: PlanCheck = PlanCheck {
    code: "membership_without_channel",
    severity: Severity::Block,
    of_plan: false,
    one: "1 channel with members is not in the snapshot",
    many: "{} channels with members are not in the snapshot",
    passes: "every membership has its channel",
    meaning: "Users are members of a channel that the snapshot does not have. The plan leaves it out.",
    advice: "crawl again, with `channels` among --include",
};

pub(crate) static MEMBERSHIP_WITHOUT_USER: PlanCheck = PlanCheck {
    code: "membership_without_user",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 user with memberships is not in the snapshot",
    many: "{} users with memberships are not in the snapshot",
    passes: "every membership has its user",
    meaning: "The user of a membership is not in the snapshot; the member's identity stands for it.",
    advice: "crawl again, if the user was not deleted",
};

pub(crate) static MEMBER_WITHOUT_USER: PlanCheck = PlanCheck {
    code: "member_without_user",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 member is missing from its user's channels",
    many: "{} members are missing from their users' channels",
    passes: "every member is among its user's channels",
    meaning: "The channel lists a member whose own channels do not include it, so its notification level is unknown. The plan leaves it out.",
    advice: "crawl again: Twilio's two sides did not agree",
};

pub(crate) static NON_CHAT_PARTICIPANT: PlanCheck = PlanCheck {
    code: "non_chat_participant",
    severity: Severity::Note,
    of_plan: false,
    one: "1 participant is not a chat user",
    many: "{} participants are not chat users",
    passes: "every participant is a chat user",
    meaning: "A participant by SMS, WhatsApp or the like has no identity. In place it stays; a copy does not have it.",
    advice: "add it to the copy by its address",
};

pub(crate) static PARTICIPANT_MISSING: PlanCheck = PlanCheck {
    code: "participant_missing",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 member is not a participant in Conversations",
    many: "{} members are not participants in Conversations",
    passes: "every member is a participant in Conversations",
    meaning: "Conversations does not list this member of the snapshot: it left since, or is hidden.",
    advice: "crawl again; if it is still missing, look it up in the console",
};

pub(crate) static PARTICIPANT_DIFFERS: PlanCheck = PlanCheck {
    code: "participant_differs",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 participant is different in the target",
    many: "{} participants are different in the target",
    passes: "every participant is the same in the target",
    meaning: "A field of the participant is different in the target. The plan leaves it as it is.",
    advice: "to have it written, name the field under `owns` in the mapping's [plan]",
};

pub(crate) static NOTIFICATION_LEVEL_DIFFERS: PlanCheck = PlanCheck {
    code: "notification_level_differs",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 notification level is different in the target",
    many: "{} notification levels are different in the target",
    passes: "every notification level is the same in the target",
    meaning: "The notification level is different in the target. The plan leaves it as it is.",
    advice: "to have it written, name `user_conversations.notification_level` under `owns` in the mapping's [plan]",
};

pub(crate) static INVITE_LOST: PlanCheck = PlanCheck {
    code: "invite_lost",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 invitation is lost",
    many: "{} invitations are lost",
    passes: "no invitation is lost",
    meaning: "Conversations has no invitations: the invited user is not in the conversation and cannot accept.",
    advice: "set `invites = \"participant\"` in the mapping to make participants of invited users",
};

pub(crate) static ONLY_IN_TARGET: PlanCheck = PlanCheck {
    code: "only_in_target",
    severity: Severity::Note,
    of_plan: false,
    one: "1 record is only in the target",
    many: "{} records are only in the target",
    passes: "every record of the target is in the snapshot",
    meaning: "The record is in the target and not in the snapshot. It stays as it is.",
    advice: "nothing",
};
