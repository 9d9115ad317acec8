//! The check of an undo plan.

use crate::plan::finding::{PlanCheck, Severity};

pub(crate) static CANNOT_BE_UNDONE: PlanCheck = PlanCheck {
    code: "cannot_be_undone",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 operation cannot be undone",
    many: "{} operations cannot be undone",
    passes: "every operation can be undone",
    meaning: "Twilio has no request that restores what was there before, so it stays as it is now.",
    advice: "restore it by hand where that matters, or leave it",
};

pub(crate) static UNDO_CHECKS: [&PlanCheck; 1] = [&CANNOT_BE_UNDONE];
