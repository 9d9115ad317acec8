//! The check of a plan of user channels.

use crate::plan::finding::{PlanCheck, Severity};

pub(crate) static ROW_FITS_NOTHING: PlanCheck = PlanCheck {
    code: "row_fits_nothing",
    severity: Severity::Warn,
    of_plan: false,
    one: "1 row of the list fits no user channel",
    many: "{} rows of the list fit no user channel",
    passes: "every row of the list fits a user channel",
    meaning: "Its user or its channel is not in the service, or the user has not joined the channel, so the row is left out. A user who \
              is only invited can be read and not updated.",
    advice: "correct the row, or leave it out; the rest of the plan does not depend on it",
};

pub(super) static USER_CHANNEL_CHECKS: [&PlanCheck; 1] = [&ROW_FITS_NOTHING];
