//! Checks of messages. A finding is of a conversation, and says how many of its messages it is about.

use crate::plan::finding::{PlanCheck, Severity};

pub(crate) static MESSAGE_TOO_LONG: PlanCheck = PlanCheck {
    code: "message_too_long",
    severity: Severity::Block,
    of_plan: false,
    one: "messages of 1 conversation are too long",
    many: "messages of {} conversations are too long",
    passes: "every message is short enough",
    meaning: "A body is longer than the 32 KB that Twilio documents for a chat (error 50504). The plan leaves the message out, and copies those after it.",
    advice: "nothing, if it may stay behind; otherwise shorten it in the source",
};

pub(crate) static MESSAGE_LONG: PlanCheck = PlanCheck {
    code: "message_long",
    severity: Severity::Warn,
    of_plan: false,
    one: "messages of 1 conversation are longer than the API describes",
    many: "messages of {} conversations are longer than the API describes",
    passes: "no message is longer than the API describes",
    meaning: "The API's description of `Body` has 1,600 characters, and the page of limits 32 KB for a chat. The plan goes by the latter. A message that Twilio refuses holds up those after it.",
    advice: "apply the plan to one such conversation first",
};

pub(crate) static MESSAGE_WITHOUT_INDEX: PlanCheck = PlanCheck {
    code: "message_without_index",
    severity: Severity::Block,
    of_plan: false,
    one: "messages of 1 conversation have no index of their own",
    many: "messages of {} conversations have no index of their own",
    passes: "every message has an index of its own",
    meaning: "The snapshot has a message without an index, or two with the same. The plan leaves out the message, or the second one.",
    advice: "crawl again",
};

pub(crate) static MESSAGE_OUT_OF_ORDER: PlanCheck = PlanCheck {
    code: "message_out_of_order",
    severity: Severity::Block,
    of_plan: false,
    one: "messages of 1 conversation cannot be put in their order",
    many: "messages of {} conversations cannot be put in their order",
    passes: "every message can be put in its order",
    meaning: "The target has later messages of the conversation, or others than the source. Twilio adds a message at the end, so an earlier one cannot be added any more.",
    advice: "copy into an empty conversation: delete that of the target, and plan again",
};

pub(crate) static MESSAGE_DIFFERS: PlanCheck = PlanCheck {
    code: "message_differs",
    severity: Severity::Warn,
    of_plan: false,
    one: "messages of 1 conversation are different in the target",
    many: "messages of {} conversations are different in the target",
    passes: "every message is the same in the target",
    meaning: "A message has another author, body, date of creation, other attributes or media in the target. The plan leaves it as it is.",
    advice: "nothing, if it was edited there; otherwise delete the conversation of the target, and plan again",
};

pub(crate) static MEDIA_LEFT_BEHIND: PlanCheck = PlanCheck {
    code: "media_left_behind",
    severity: Severity::Block,
    of_plan: false,
    one: "messages of 1 conversation have media that stay behind",
    many: "messages of {} conversations have media that stay behind",
    passes: "no message has media",
    meaning: "The files of a message belong to the source's service, and the plan does not copy them: it was made without `--media`, or a file has no SID. It leaves such messages out, and copies those after them.",
    advice: "plan with `--media`; or to copy them without their files, set `media_left_behind = \"warn\"` in the mapping's [plan.checks]: the attribute `chatferry_media` then says which files they had",
};

pub(crate) static MEDIA_TOO_LARGE: PlanCheck = PlanCheck {
    code: "media_too_large",
    severity: Severity::Block,
    of_plan: false,
    one: "messages of 1 conversation have media that are too large",
    many: "messages of {} conversations have media that are too large",
    passes: "no file of a message is too large",
    meaning: "A file is larger than the 150 MB that Twilio documents between chat users. The plan leaves its message out, and copies those after it.",
    advice: "to copy such messages without their files, set `media_too_large = \"warn\"` in the mapping's [plan.checks]: the attribute `chatferry_media` then says which files they had",
};

pub(crate) static MEDIA_TYPE_REFUSED: PlanCheck = PlanCheck {
    code: "media_type_refused",
    severity: Severity::Block,
    of_plan: false,
    one: "messages of 1 conversation have media without a content type",
    many: "messages of {} conversations have media without a content type",
    passes: "every file of a message has a content type",
    meaning: "A file has no content type, or one that is not a type and a subtype such as `image/png`. Twilio takes no file without one. The plan leaves its message out, and copies those after it.",
    advice: "to copy such messages without their files, set `media_type_refused = \"warn\"` in the mapping's [plan.checks]: the attribute `chatferry_media` then says which files they had",
};

pub(crate) static SEVERAL_MEDIA: PlanCheck = PlanCheck {
    code: "several_media",
    severity: Severity::Block,
    of_plan: false,
    one: "messages of 1 conversation have more than one file",
    many: "messages of {} conversations have more than one file",
    passes: "no message has more than one file",
    meaning: "Twilio creates a message with one file (`MediaSid`), and a message of the source has more. The plan leaves it out, and copies those after it.",
    advice: "to copy such messages with their first file, set `several_media = \"warn\"` in the mapping's [plan.checks]: the attribute `chatferry_media` then says which others they had",
};

pub(crate) static AUTHOR_UNKNOWN: PlanCheck = PlanCheck {
    code: "author_unknown",
    severity: Severity::Warn,
    of_plan: false,
    one: "authors of 1 conversation are not users",
    many: "authors of {} conversations are not users",
    passes: "every author is a user",
    meaning: "A message is of an author who is not a user of the source or the target. Twilio takes any name as the author, and shows the message as of that name.",
    advice: "check that your application can show such authors",
};

pub(crate) static MESSAGE_OF_SYSTEM: PlanCheck = PlanCheck {
    code: "message_of_system",
    severity: Severity::Note,
    of_plan: false,
    one: "messages of 1 conversation are of the system",
    many: "messages of {} conversations are of the system",
    passes: "no message is of the system",
    meaning: "A message is of the author `system`, or of none, which Twilio makes `system`.",
    advice: "nothing",
};

pub(crate) static MESSAGE_INDEX_GAP: PlanCheck = PlanCheck {
    code: "message_index_gap",
    severity: Severity::Note,
    of_plan: false,
    one: "messages of 1 conversation get other indices",
    many: "messages of {} conversations get other indices",
    passes: "every message keeps its index",
    meaning: "Indices of the source have gaps, since messages were deleted or numbers left out, and the target numbers without gaps. The plan translates read positions.",
    advice: "change what your application keeps of message indices",
};
