//! The pages: one file for each kind, and the frame that all of them are in.

pub(super) mod channel;
pub(super) mod evidence;
pub(super) mod missing;
pub(super) mod overview;
mod paging;
pub(super) mod role;
pub(super) mod search;
mod sheet;
pub(super) mod user;

use serde::Serialize;

use super::answer::PageAnswer;
use super::error::BrowseError;
use super::library::Library;
use crate::plan::{Entry, PlanError, PlannedRecord};
use crate::report::html;
use crate::report::plan::Example;
use crate::snapshot::Snapshot;

const LAYOUT: &str = include_str!("layout.html");

/// Operations of a record that its page has.
const OPERATIONS: usize = 50;

/// What every page has.
#[derive(Debug, Serialize)]
pub(super) struct Frame<'a, P> {
    base: &'a str,
    title: String,
    /// The file.
    snapshot: String,
    notes: Vec<String>,
    /// What stands in the search box.
    search: String,
    plan: Option<String>,
    other: Option<String>,
    tool_version: &'static str,
    page: P,
}

impl<'a, P> Frame<'a, P> {
    fn of(library: &'a Library, snapshot: &Snapshot, title: String, page: P) -> Result<Self, BrowseError> {
        Ok(Self {
            base: &library.base,
            title,
            snapshot: snapshot.path().display().to_string(),
            notes: library.notes(snapshot)?,
            search: String::new(),
            plan: library.plan.as_ref().map(|plan| plan.path().display().to_string()),
            other: library.other.as_ref().map(|other| other.path().display().to_string()),
            tool_version: env!("CARGO_PKG_VERSION"),
            page,
        })
    }

    fn searching(self, text: &str) -> Self {
        Self { search: text.to_owned(), ..self }
    }
}

impl<P: Serialize> Frame<'_, P> {
    fn render(&self, name: &'static str, template: &'static str) -> Result<PageAnswer, BrowseError> {
        Ok(PageAnswer::page(html::served(name, template, ("layout.html", LAYOUT), self)?))
    }
}

/// What a plan does about a record.
#[derive(Debug, Default, Serialize)]
pub(super) struct PlannedOperations {
    total: u64,
    first: Vec<Example>,
}

/// The operations of the plan about a record; none without a plan.
fn planned(library: &Library, record: &PlannedRecord) -> Result<Option<PlannedOperations>, BrowseError> {
    let Some(plan) = &library.plan else { return Ok(None) };
    let mut planned = PlannedOperations { total: plan.count_about(record)?, first: Vec::new() };
    // Requests have identities and attributes in them.
    if !library.hide {
        plan.operations_about::<PlanError>(record, Some(OPERATIONS), |entry: &Entry| {
            planned.first.push(Example::of(entry));
            Ok(())
        })?;
    }
    Ok(Some(planned))
}
