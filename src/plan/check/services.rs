//! Checks of the snapshots, the services and the entire plan.

use crate::plan::finding::{PlanCheck, Severity};

pub(crate) static SNAPSHOT_INCOMPLETE: PlanCheck = PlanCheck {
    code: "snapshot_incomplete",
    severity: Severity::Block,
    of_plan: true,
    one: "the snapshot is incomplete",
    many: "{} snapshots are incomplete",
    passes: "the snapshot is complete",
    meaning: "The snapshot lacks records. What it lacks would not be migrated, and no later check would miss it.",
    advice: "run the crawl again until its verdict is complete, or plan with --allow-incomplete",
};

pub(crate) static INCOMPLETE_ALLOWED: PlanCheck = PlanCheck {
    code: "incomplete_allowed",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 incomplete crawl is planned from",
    many: "{} incomplete crawls are planned from",
    passes: "no incomplete crawl is planned from",
    meaning: "The snapshot, or the crawl of the target, lacks records, and --allow-incomplete accepts that. What is missing is not in the plan.",
    advice: "see `chatferry snapshot info` for what is missing, and plan again when it is there",
};

pub(crate) static TARGET_INCOMPLETE: PlanCheck = PlanCheck {
    code: "target_incomplete",
    severity: Severity::Block,
    of_plan: true,
    one: "the target was not read completely",
    many: "{} targets were not read completely",
    passes: "the target was read completely",
    meaning: "Some lists of the target could not be read. What they hold would be created a second time, and Twilio would refuse it.",
    advice: "run the plan again; it resumes where it stopped",
};

pub(crate) static SNAPSHOT_OLD: PlanCheck = PlanCheck {
    code: "snapshot_old",
    severity: Severity::Warn,
    of_plan: false,
    one: "the snapshot is old",
    many: "{} snapshots are old",
    passes: "the snapshot is fresh",
    meaning: "The snapshot is older than the allowed age. It does not have what users have joined, left or read since then.",
    advice: "crawl again shortly before the migration, and plan from that",
};

pub(crate) static SNAPSHOT_OF_SELECTED_USERS: PlanCheck = PlanCheck {
    code: "snapshot_of_selected_users",
    severity: Severity::Warn,
    of_plan: false,
    one: "the snapshot has only some users",
    many: "{} snapshots have only some users",
    passes: "the snapshot has all users",
    meaning: "The crawl was limited to some users. The plan migrates no others, and does not list what only the target has.",
    advice: "crawl without --users for a complete migration",
};

pub(crate) static MEMBERS_NOT_READ: PlanCheck = PlanCheck {
    code: "members_not_read",
    severity: Severity::Warn,
    of_plan: false,
    one: "the snapshot has no members",
    many: "{} snapshots have no members",
    passes: "the snapshot has members",
    meaning: "The crawl did not read members. Roles, attributes, dates and read timestamps of participants are unknown and neither compared nor copied.",
    advice: "crawl with `members` among --include",
};

pub(crate) static TARGET_NOT_EMPTY: PlanCheck = PlanCheck {
    code: "target_not_empty",
    severity: Severity::Warn,
    of_plan: false,
    one: "the target is not empty",
    many: "{} targets are not empty",
    passes: "the target is empty",
    meaning: "The target service already has users or conversations. A record with the same name counts as the same record; everything else stays as it is.",
    advice: "check that it is the right service; the findings of `only_in_target` list what only the target has",
};

pub(crate) static TOO_MANY_CHANGES: PlanCheck = PlanCheck {
    code: "too_many_changes",
    severity: Severity::Block,
    of_plan: true,
    one: "the plan changes more than allowed",
    many: "{} limits of changes are exceeded",
    passes: "the plan changes no more than allowed",
    meaning: "The plan would change or create more of the target than --max-change-percent allows: a sign of a wrong target or mapping.",
    advice: "review the plan's operations, and raise --max-change-percent if they are right",
};

pub(crate) static DEFAULT_TIMERS: PlanCheck = PlanCheck {
    code: "default_timers",
    severity: Severity::Warn,
    of_plan: false,
    one: "the target has default timers",
    many: "{} default timers are set in the target",
    passes: "the target has no default timers",
    meaning: "The target's account sets timers on new conversations. They make a copied conversation inactive or closed, and a closed one accepts no writes.",
    advice: "clear the default timers in the Conversations configuration for the time of the migration",
};

pub(crate) static WEBHOOKS: PlanCheck = PlanCheck {
    code: "webhooks",
    severity: Severity::Warn,
    of_plan: false,
    one: "the target has a webhook",
    many: "the target has {} webhooks",
    passes: "the target has no webhooks",
    meaning: "The target calls webhooks. chatferry writes with webhooks off, unless --webhooks is given; that header does not cover roles and users' own views.",
    advice: "check that the receiver can handle thousands of calls, or remove its address for the time of the migration",
};

pub(crate) static NOT_CHECKED: PlanCheck = PlanCheck {
    code: "not_checked",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 resource of the target could not be checked",
    many: "{} resources of the target could not be checked",
    passes: "every resource of the target was checked",
    meaning: "The target refused to show a part of its configuration, or does not have it. What the plan would find there is unknown.",
    advice: "let the key read Conversations' configuration, or look at that part in the console",
};

pub(crate) static MESSAGES_NOT_COPIED: PlanCheck = PlanCheck {
    code: "messages_not_copied",
    severity: Severity::Warn,
    of_plan: false,
    one: "messages are not copied",
    many: "messages of {} services are not copied",
    passes: "there are no messages to copy",
    meaning: "This copy has the people and not the messages: Twilio creates its conversations empty.",
    advice: "plan with `--messages`, from a snapshot that has them, or migrate in place, where they already are",
};

pub(crate) static HORIZON_WITHOUT_MESSAGES: PlanCheck = PlanCheck {
    code: "horizon_without_messages",
    severity: Severity::Warn,
    of_plan: false,
    one: "read positions are written without messages",
    many: "read positions of {} services are written without messages",
    passes: "no read position is written without messages",
    meaning: "The plan writes read indices to conversations that have no messages yet. Unless you import the messages with the same indices, that many new messages count as read.",
    advice: "import the messages, or set `read_horizon = false` in the mapping's [plan]",
};

pub(crate) static SETTING_MOVED: PlanCheck = PlanCheck {
    code: "setting_moved",
    severity: Severity::Note,
    of_plan: false,
    one: "1 setting of the service moved",
    many: "{} settings of the service moved",
    passes: "no setting of the service moved",
    meaning: "Conversations keeps this setting in another place than Chat.",
    advice: "change it there from now on",
};

pub(crate) static SETTING_WITHOUT_COUNTERPART: PlanCheck = PlanCheck {
    code: "setting_without_counterpart",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 setting of the service does not exist in Conversations",
    many: "{} settings of the service do not exist in Conversations",
    passes: "every setting of the service exists in Conversations",
    meaning: "Conversations does not have this setting.",
    advice: "check whether your application relies on it; Chat's API keeps it for as long as it answers",
};

pub(crate) static SETTING_NOT_COPIED: PlanCheck = PlanCheck {
    code: "setting_not_copied",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 setting of the service is different in the target",
    many: "{} settings of the service are different in the target",
    passes: "the settings of both services are the same",
    meaning: "A setting of the source is different in the target. Plans do not write settings.",
    advice: "set it in the target by hand",
};
