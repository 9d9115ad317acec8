//! The plan as Markdown, for a pull request or a ticket.

use std::io::Write;

use super::ReportError;
use super::plan_report::{Extent, PlanReport};
use crate::plan::PlanFile;
use crate::report::html as page;

const TEMPLATE: &str = include_str!("page.md");

/// What it shows: what people read in a discussion.
const EXTENT: Extent = Extent { findings: 10, listed: 0, operations: 2 };

pub(crate) fn markdown(plan: &PlanFile, out: &mut dyn Write) -> Result<(), ReportError> {
    let report = PlanReport::of(plan, EXTENT)?;
    out.write_all(page::render("plan.md", TEMPLATE, &report)?.as_bytes())?;
    Ok(())
}
