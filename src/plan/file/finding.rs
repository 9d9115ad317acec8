//! Checks and findings as rows of the file.
//!
//! A check's words are kept with the plan, so that a plan can be read as it was made by a version whose checks say it otherwise.

use rusqlite::{Connection, Result, Row};

use super::digest::PlanDigest;
use crate::model::Entity;
use crate::plan::finding::{PlanCheck, PlanFinding, Severity};

const SEVERITIES: [(Severity, &str); 4] = [
    (Severity::Pass, "pass"),
    (Severity::Note, "note"),
    (Severity::Warn, "warn"),
    (Severity::Block, "block"),
];

/// Writes a check, and gives the columns to the digest.
pub(super) fn insert_check(
    connection: &Connection,
    digest: &mut PlanDigest,
    number: u32,
    check: &PlanCheck,
) -> Result<()> {
    let severity =
        SEVERITIES.iter().find(|(severity, _)| *severity == check.severity).map_or("", |(_, name)| name);
    connection
        .prepare_cached(
            "INSERT INTO checks (number, code, severity, of_plan, one, many, passes, meaning, advice)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(rusqlite::params![
            number,
            check.code,
            severity,
            check.of_plan,
            check.one,
            check.many,
            check.passes,
            check.meaning,
            check.advice
        ])?;
    digest_check(digest, check, severity);
    Ok(())
}

fn digest_check(digest: &mut PlanDigest, check: &PlanCheck, severity: &str) {
    let of_plan = if check.of_plan { "1" } else { "0" };
    let PlanCheck { code, one, many, passes, meaning, advice, .. } = *check;
    digest.finding(&[code, severity, of_plan, one, many, passes, meaning, advice].map(Some));
}

/// Writes a finding of the check of this number.
pub(super) fn insert(
    connection: &Connection,
    digest: &mut PlanDigest,
    number: u32,
    finding: &PlanFinding,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO finding (check_number, entity, sid, name, detail) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute((number, finding.entity.plural(), &finding.sid, &finding.name, &finding.detail))?;
    digest_finding(digest, finding);
    Ok(())
}

fn digest_finding(digest: &mut PlanDigest, finding: &PlanFinding) {
    digest.finding(&[
        Some(finding.check.code),
        Some(finding.entity.plural()),
        Some(&finding.sid),
        finding.name.as_deref(),
        Some(&finding.detail),
    ]);
}

/// The checks of a file by their number, which is their place.
pub(super) fn checks(connection: &Connection) -> Result<Vec<&'static PlanCheck>> {
    let mut statement = connection.prepare(
        "SELECT code, severity, of_plan, one, many, passes, meaning, advice FROM checks ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let mut checks = Vec::new();
    while let Some(row) = rows.next()? {
        checks.push(check(row)?);
    }
    Ok(checks)
}

fn check(row: &Row<'_>) -> Result<&'static PlanCheck> {
    let text = |column| row.get::<_, String>(column);
    let (code, severity, of_plan) = (text(0)?, text(1)?, row.get(2)?);
    let (one, many, passes) = (text(3)?, text(4)?, text(5)?);
    let (meaning, advice) = (text(6)?, text(7)?);
    let severity = SEVERITIES
        .iter()
        .find(|(_, name)| *name == severity)
        .map(|(severity, _)| *severity)
        .ok_or_else(|| super::row::wrong(1, rusqlite::types::FromSqlError::InvalidType))?;
    let texts = [&code, &one, &many, &passes, &meaning, &advice].map(String::as_str);
    Ok(PlanCheck::kept(severity, of_plan, texts))
}

/// Reads the finding of a row of `check_number, entity, sid, name, detail`.
pub(super) fn read(row: &Row<'_>, checks: &[&'static PlanCheck]) -> Result<PlanFinding> {
    let wrong = |column| super::row::wrong(column, rusqlite::types::FromSqlError::InvalidType);
    let check = *checks.get(row.get::<_, u32>(0)? as usize).ok_or_else(|| wrong(0))?;
    let name: String = row.get(1)?;
    let entity = Entity::ALL.into_iter().find(|entity| entity.plural() == name).ok_or_else(|| wrong(1))?;
    Ok(PlanFinding { check, entity, sid: row.get(2)?, name: row.get(3)?, detail: row.get(4)? })
}

/// Gives the digest what was given to it when the file was made: each check where its first finding comes.
pub(super) fn digest(connection: &Connection, digest: &mut PlanDigest) -> Result<()> {
    let checks = checks(connection)?;
    let mut statement =
        connection.prepare("SELECT check_number, entity, sid, name, detail FROM finding ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        let finding = read(row, &checks)?;
        let number: u32 = row.get(0)?;
        if number == seen {
            let severity = SEVERITIES.iter().find(|(severity, _)| *severity == finding.check.severity);
            digest_check(digest, finding.check, severity.map_or("", |(_, name)| name));
            seen += 1;
        }
        digest_finding(digest, &finding);
    }
    Ok(())
}
