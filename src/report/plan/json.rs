//! The plan as one JSON object: header, totals, checks, and every finding. The operations are in `plan show --format ndjson`.

use std::io::{BufWriter, Write};

use serde::Serialize;

use super::ReportError;
use super::checks::CheckRow;
use super::plan_report::{Extent, PlanReport};
use crate::plan::{Header, PlanFile, Severity, Totals};
use crate::printable::json;

#[derive(Serialize)]
struct PlanHead<'a> {
    digest: &'a str,
    #[serde(flatten)]
    header: &'a Header,
}

#[derive(Serialize)]
struct CheckObject<'a> {
    code: &'a str,
    severity: Severity,
    of_plan: bool,
    title: &'a str,
    meaning: &'a str,
    advice: &'a str,
    count: u64,
    is_checked: bool,
}

impl<'a> CheckObject<'a> {
    fn of(check: &'a CheckRow) -> Self {
        let CheckRow { code, severity, of_plan, title, meaning, advice, count, is_checked, .. } = check;
        Self {
            code,
            severity: *severity,
            of_plan: *of_plan,
            title,
            meaning,
            advice,
            count: *count,
            is_checked: *is_checked,
        }
    }
}

#[derive(Serialize)]
struct FindingObject<'a> {
    code: &'static str,
    severity: Severity,
    entity: &'static str,
    sid: &'a str,
    name: Option<&'a str>,
    detail: &'a str,
}

/// Writes the plan as one JSON object, a finding a line.
pub(crate) fn json(plan: &PlanFile, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut out = BufWriter::new(out);
    let report = PlanReport::of(plan, Extent::default())?;
    let head = PlanHead { digest: &report.digest, header: &report.header };
    let totals: &Totals = &report.totals;
    let checks: Vec<_> = report.checks.iter().map(CheckObject::of).collect();
    writeln!(out, "{{\"header\":{},", json::to_string(&head)?)?;
    writeln!(out, "\"totals\":{},", json::to_string(totals)?)?;
    writeln!(out, "\"checks\":{},", json::to_string(&checks)?)?;
    write!(out, "\"findings\":[")?;
    let mut between = "\n";
    plan.findings(|finding| {
        let found = FindingObject {
            code: finding.check.code,
            severity: finding.check.severity,
            entity: finding.entity.plural(),
            sid: &finding.sid,
            name: finding.name.as_deref(),
            detail: &finding.detail,
        };
        write!(out, "{between}{}", json::to_string(&found)?)?;
        between = ",\n";
        Ok::<(), ReportError>(())
    })?;
    out.write_all(b"\n]}\n")?;
    out.flush()?;
    Ok(())
}
