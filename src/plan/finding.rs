//! The assessment: named checks, each with its severity, what it means and what to do, and what they found.
//!
//! **Invariant:** every check has a code, a paragraph in `docs/checks.md` and a test.

use serde::Serialize;

use crate::model::Entity;

/// How bad a check's findings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing was found.
    Pass,
    /// To be known, and nothing has to be done.
    Note,
    /// The plan goes on, but someone should look.
    Warn,
    /// The plan leaves out the items that were found, or, where the check is of the plan as a whole, everything.
    Block,
}

/// A named check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Lower case and underscores.
    pub code: &'static str,
    /// The severity of what it finds.
    pub severity: Severity,
    /// Whether a finding blocks the plan as a whole, and not only its item.
    pub of_plan: bool,
    /// What one finding says.
    pub one: &'static str,
    /// What several findings say, with `{}` for their number.
    pub many: &'static str,
    /// What it means that nothing was found.
    pub passes: &'static str,
    /// What a finding means.
    pub meaning: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

impl Check {
    /// What the check found, with the number in it as `shown` writes it; of none, what passing means.
    pub fn title(&self, count: u64, shown: impl Fn(u64) -> String) -> String {
        match count {
            0 => self.passes.to_owned(),
            1 => self.one.to_owned(),
            count => self.many.replace("{}", &shown(count)),
        }
    }
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub check: &'static Check,
    pub entity: Entity,
    /// Its SID in the source (or the target, where the source has none); for a membership `US…/CH…`.
    pub sid: String,
    /// Its name for people: identity, unique name or friendly name.
    pub name: Option<String>,
    /// What the check saw, in one line, with the values concerned.
    pub detail: String,
}
