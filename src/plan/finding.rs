//! The assessment: named checks, each with its severity, what it means and what to do, and what they found.
//!
//! **Invariant:** every check has a code, a paragraph in `docs/checks.md` and a test.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::model::Entity;

/// Checks that differ from those of the program, by a plan's file or by a mapping's severity. They are kept for as long as the
/// program runs, each once.
static KEPT: Mutex<Vec<&'static PlanCheck>> = Mutex::new(Vec::new());

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
    /// The plan leaves out the items that were found, or, where the check is of the entire plan, everything.
    Block,
}

/// A named check.
#[derive(Debug, PartialEq, Eq)]
pub struct PlanCheck {
    /// Lower case and underscores.
    pub code: &'static str,
    /// The severity of what it finds.
    pub severity: Severity,
    /// Whether a finding blocks the entire plan, and not only its item.
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

impl PlanCheck {
    /// What the check found, with the number in it as `shown` writes it; of none, what passing means.
    pub fn title(&self, count: u64, shown: impl Fn(u64) -> String) -> String {
        match count {
            0 => self.passes.to_owned(),
            1 => self.one.to_owned(),
            count => self.many.replace("{}", &shown(count)),
        }
    }

    fn texts(&self) -> [&'static str; 6] {
        [self.code, self.one, self.many, self.passes, self.meaning, self.advice]
    }

    /// A check with these texts: code, one, many, passes, meaning and advice.
    pub(crate) fn kept(severity: Severity, of_plan: bool, texts: [&str; 6]) -> &'static Self {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |check: &&Self| check.severity == severity && check.of_plan == of_plan && check.texts() == texts;
        if let Some(found) = kept.iter().copied().find(is_it) {
            return found;
        }
        let leak = |text: &str| -> &'static str { text.to_owned().leak() };
        let [code, one, many, passes, meaning, advice] = texts.map(leak);
        let check = Self { code, severity, of_plan, one, many, passes, meaning, advice };
        let check: &'static Self = Box::leak(Box::new(check));
        kept.push(check);
        check
    }

    /// The same check with the severity that a mapping gives it.
    pub(crate) fn with_severity(&self, severity: Severity) -> &'static Self {
        Self::kept(severity, self.of_plan && severity == Severity::Block, self.texts())
    }
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFinding {
    pub check: &'static PlanCheck,
    pub entity: Entity,
    /// Its SID in the source (or the target, where the source has none); for a membership `US…/CH…`.
    pub sid: String,
    /// Its name for people: identity, unique name or friendly name.
    pub name: Option<String>,
    /// What the check saw, in one line, with the values concerned.
    pub detail: String,
}
