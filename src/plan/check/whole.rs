//! Checks of the snapshots, the services and the plan as a whole.

use crate::plan::finding::{Check, Severity};

pub(crate) static SNAPSHOT_INCOMPLETE: Check = Check {
    code: "snapshot_incomplete",
    severity: Severity::Block,
    of_plan: true,
    title: "the snapshot is complete",
    meaning: "The snapshot lacks something: what it does not have would not be migrated, and would not be missed.",
    advice: "run the crawl again until its verdict is complete, or plan with --allow-incomplete",
};

pub(crate) static INCOMPLETE_ALLOWED: Check = Check {
    code: "incomplete_allowed",
    severity: Severity::Warn,
    of_plan: false,
    title: "planned from what is not complete",
    meaning: "The snapshot or what was read of the target lacks something, and the plan was made all the same. What is missing is not in it.",
    advice: "see `chatferry snapshot info` for what is missing; plan again when it is there",
};

pub(crate) static TARGET_INCOMPLETE: Check = Check {
    code: "target_incomplete",
    severity: Severity::Block,
    of_plan: true,
    title: "the target was read to its end",
    meaning: "Not all of the target could be read: what is there and was not read would be created again, and refused.",
    advice: "run the plan again; it goes on reading where it stopped",
};

pub(crate) static SNAPSHOT_OLD: Check = Check {
    code: "snapshot_old",
    severity: Severity::Warn,
    of_plan: false,
    title: "the snapshot is fresh",
    meaning: "The snapshot is older than was allowed. Who joined, left or read since then is not in it.",
    advice: "crawl again shortly before the migration, and plan from that",
};

pub(crate) static SNAPSHOT_OF_SELECTED_USERS: Check = Check {
    code: "snapshot_of_selected_users",
    severity: Severity::Warn,
    of_plan: false,
    title: "the snapshot has all users",
    meaning: "The crawl was limited to some users. Nobody else is migrated, and what the target alone has cannot be told.",
    advice: "crawl without --users for a whole migration",
};

pub(crate) static MEMBERS_NOT_READ: Check = Check {
    code: "members_not_read",
    severity: Severity::Warn,
    of_plan: false,
    title: "the snapshot has members",
    meaning: "The crawl did not read members. Roles, attributes, dates and read timestamps of participants are unknown and neither compared nor copied.",
    advice: "crawl with `members` among --include",
};

pub(crate) static TARGET_NOT_EMPTY: Check = Check {
    code: "target_not_empty",
    severity: Severity::Warn,
    of_plan: false,
    title: "the target is empty",
    meaning: "The service that would be copied into has users or conversations already. What has the same names is taken for the same; the rest stays as it is.",
    advice: "see that it is the right service; findings `only_in_target` list what only it has",
};

pub(crate) static TOO_MANY_CHANGES: Check = Check {
    code: "too_many_changes",
    severity: Severity::Block,
    of_plan: true,
    title: "no more is changed than was allowed",
    meaning: "More of the target would be changed or created than --max-change-percent allows: a sign of a wrong target or mapping.",
    advice: "see the plan's operations, and allow more with --max-change-percent if they are right",
};

pub(crate) static DEFAULT_TIMERS: Check = Check {
    code: "default_timers",
    severity: Severity::Warn,
    of_plan: false,
    title: "no timer closes what is copied",
    meaning: "The target's account has default timers for new conversations. A copied conversation becomes inactive or closed by itself, and a closed one takes nothing any more.",
    advice: "clear the default timers in the Conversations configuration for the time of the migration",
};

pub(crate) static WEBHOOKS: Check = Check {
    code: "webhooks",
    severity: Severity::Warn,
    of_plan: false,
    title: "no webhook fires",
    meaning: "The target calls webhooks. What is written is sent with webhooks off, unless --webhooks is given; what Twilio calls for roles and users' own views is not under that header.",
    advice: "see whether the receiver can stand thousands of calls, or take its address out for the time of the migration",
};

pub(crate) static MESSAGES_NOT_COPIED: Check = Check {
    code: "messages_not_copied",
    severity: Severity::Warn,
    of_plan: false,
    title: "messages stay behind",
    meaning: "A copy has the people, not the messages: conversations are created empty.",
    advice: "import messages by other means, or migrate in place, where they are there already",
};

pub(crate) static HORIZON_WITHOUT_MESSAGES: Check = Check {
    code: "horizon_without_messages",
    severity: Severity::Warn,
    of_plan: false,
    title: "read horizons fit the messages",
    meaning: "Read indices are written to conversations that have no messages yet. Unless the messages are imported with the same indices, as many new ones as the index says count as read.",
    advice: "import the messages, or set `read_horizon = false` in the mapping's [plan]",
};

pub(crate) static SETTING_MOVED: Check = Check {
    code: "setting_moved",
    severity: Severity::Note,
    of_plan: false,
    title: "settings of the service that moved",
    meaning: "Conversations keeps this setting elsewhere than Chat.",
    advice: "change it there from now on",
};

pub(crate) static SETTING_WITHOUT_COUNTERPART: Check = Check {
    code: "setting_without_counterpart",
    severity: Severity::Warn,
    of_plan: false,
    title: "settings of the service that are lost",
    meaning: "The service has a setting that Conversations does not know.",
    advice: "see whether your application relies on it; Chat's API keeps it for as long as it answers",
};

pub(crate) static SETTING_NOT_COPIED: Check = Check {
    code: "setting_not_copied",
    severity: Severity::Warn,
    of_plan: false,
    title: "settings of the service are not copied",
    meaning: "A setting of the source differs in the target. Plans do not write settings.",
    advice: "set it in the target by hand",
};
