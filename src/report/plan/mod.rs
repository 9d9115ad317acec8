//! The report of a plan: as a page for people who review it, as Markdown for a discussion, as JSON for programs, and as the terminal's
//! table. All tell the same report.
//!
//! **Invariant:** the same plan gives the same bytes. No time of making and no file's place is in a report.
//!
//! **Invariant:** memory does not grow with the plan: findings and operations are streamed, and of those shown there is a fixed
//! number for each check and kind.

mod changes;
mod checks;
mod html;
mod json;
mod kinds;
mod markdown;
mod outcome;
mod plan_report;
mod result;
mod terminal;
#[cfg(test)]
mod tests;
mod verdict;

use std::io;
use std::path::PathBuf;

pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use kinds::Example;
pub(crate) use markdown::markdown;
pub(crate) use outcome::ReasonGroup;
pub(crate) use result::{PlanResult, reading_cost, text};
pub(crate) use terminal::table;

use crate::error::{Advise, Failure};
use crate::plan::PlanError;
use crate::report::html::TemplateError;

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    /// The plan could not be read.
    #[error("the plan cannot be read")]
    Plan(#[from] PlanError),
    /// A template and its data do not fit.
    #[error("the report cannot be laid out")]
    Page(#[from] TemplateError),
    /// A value that JSON has no form for.
    #[error("the report cannot be put as JSON")]
    Json(#[from] serde_json::Error),
    /// Where it goes to takes no more.
    #[error("the report cannot be written")]
    Write(#[from] io::Error),
}

/// A report's file could not be written. The plan is made all the same.
#[derive(Debug, thiserror::Error)]
#[error("the report `{}` could not be written; the plan is made", path.display())]
pub(crate) struct UnwrittenReport {
    pub path: PathBuf,
    pub source: ReportError,
}

impl Advise for UnwrittenReport {
    fn status(&self) -> Failure {
        Failure::Failed
    }

    fn hint(&self) -> Option<String> {
        Some(
            "fix that and take it from the plan with `chatferry plan show --format html`, or `md`".to_owned(),
        )
    }
}

impl Advise for ReportError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}
