//! The page.
//!
//! The template has verdict, charts, every check with its first findings, and every kind with its first operations: all that can be
//! read on paper and without a script. The findings follow as data, from which the script lists, searches and filters them.

use std::io::{BufWriter, Write};

use super::ReportError;
use super::plan_report::{Extent, PlanReport};
use crate::plan::PlanFile;
use crate::report::html::{self as page, embedded_data};

const TEMPLATE: &str = include_str!("page.html");

/// What the page shows. A hundred thousand findings are some 15 MB, which a phone can still take.
const EXTENT: Extent = Extent { findings: 25, listed: 100_000, operations: 40 };

/// Writes the plan as one self-contained HTML page.
pub(crate) fn html(plan: &PlanFile, out: &mut dyn Write) -> Result<(), ReportError> {
    write(plan, EXTENT, out)
}

fn write(plan: &PlanFile, extent: Extent, out: &mut dyn Write) -> Result<(), ReportError> {
    let report = PlanReport::of(plan, extent)?;
    let page = page::html("plan.html", TEMPLATE, &report)?;
    let mut out = BufWriter::new(out);
    out.write_all(page.before.as_bytes())?;
    write_findings(plan, &report, &mut out)?;
    out.write_all(page.after.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The findings as the script takes them: the number of the check, the SID, the name, and what is the matter.
fn write_findings(plan: &PlanFile, report: &PlanReport, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut room: Vec<u64> = report.checks.iter().map(|check| check.listed).collect();
    let mut between = "";
    out.write_all(b"[")?;
    plan.findings(|finding| {
        let number = report.checks.iter().position(|check| check.code == finding.check.code);
        if let Some(number) = number.filter(|number| room[*number] > 0) {
            room[number] -= 1;
            let row = embedded_data::json(&(number, &finding.sid, &finding.name, &finding.detail))?;
            write!(out, "{between}{row}")?;
            between = ",\n";
        }
        Ok::<(), ReportError>(())
    })?;
    out.write_all(b"]")?;
    Ok(())
}

/// The page with room for so many findings.
#[cfg(test)]
pub(super) fn with_room(plan: &PlanFile, listed: u64) -> Result<String, ReportError> {
    let mut page = Vec::new();
    write(plan, Extent { listed, ..EXTENT }, &mut page)?;
    Ok(String::from_utf8(page).expect("templates and JSON are UTF-8"))
}
