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
    /// To be known, and nothing to be done.
    Note,
    /// Goes on, but someone should look.
    Warn,
    /// The items found are not performed, or, where the check is of the plan as a whole, nothing is.
    Block,
}

/// A named check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name: lower case and underscores.
    pub code: &'static str,
    /// The severity of what it finds.
    pub severity: Severity,
    /// Whether a finding blocks the plan as a whole, not its item alone.
    pub of_plan: bool,
    /// What is checked, in a few words.
    pub title: &'static str,
    /// What a finding means.
    pub meaning: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The check.
    pub check: &'static Check,
    /// What kind of thing it is about.
    pub entity: Entity,
    /// Its SID in the source (or the target, where the source has none); for a membership `US…/CH…`.
    pub sid: String,
    /// Its name for people: identity, unique name or friendly name.
    pub name: Option<String>,
    /// What is the matter, in one line, with the values concerned.
    pub detail: String,
}
