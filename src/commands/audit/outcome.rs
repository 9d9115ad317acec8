//! Reports the outcome of an audit: the result in its folder, the metrics file, the hooks.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use crate::audit::{AuditError, AuditFolder};
use crate::report::text::audit as text;
use crate::report::{AuditSummary, metrics};
use crate::settings::{AuditSettings, ServiceChoice};
use crate::storage::{self, Access};

use super::super::Context;
use super::{hook, index};

/// Writes `result.json`.
pub(super) fn write_result(folder: &Path, summary: &AuditSummary) -> Result<(), AuditError> {
    let path = folder.join("result.json");
    let text = serde_json::to_string_pretty(summary).map_err(io::Error::from);
    text.and_then(|text| storage::write(&path, format!("{text}\n").as_bytes(), Access::of_results()))
        .map_err(|source| AuditError::Unwritten { path, source })
}

/// Writes the page of all audits and the metrics file, and runs the hooks. What goes wrong is reported and changes nothing.
pub(super) async fn report(
    settings: &AuditSettings,
    folder: &AuditFolder,
    summary: &mut AuditSummary,
    context: &mut Context,
) {
    if let Err(error) = index::write(folder) {
        tracing::warn!(error = %error.error, "the page of all audits could not be written");
        summary.notes.push(text::no_index(&*error.error));
    }
    if let Some(path) = &settings.metrics_file {
        let services = if settings.crawl.services == ServiceChoice::All {
            "all".to_owned()
        } else {
            services(summary, settings)
        };
        let rendered = metrics::render(summary, &services, last_success(folder, summary));
        // Whoever collects metrics is another user; there is nothing personal in them.
        if let Err(error) = storage::write(path, rendered.as_bytes(), Access::Public) {
            tracing::warn!(file = %path.display(), %error, "the metrics file could not be written");
            summary.notes.push(text::no_metrics(path, &error));
        }
    }
    let complete = summary.verdict.is_complete();
    let hooks = [
        ("on_success", settings.hooks.on_success.as_ref().filter(|_| complete)),
        (
            "on_difference",
            settings.hooks.on_difference.as_ref().filter(|_| complete && summary.has_differences()),
        ),
        ("on_failure", settings.hooks.on_failure.as_ref().filter(|_| !complete)),
    ];
    let secrets = context.settings.variables_of_ours();
    let object = serde_json::to_string_pretty(&*summary).unwrap_or_default();
    for (name, command) in hooks {
        let Some(command) = command else { continue };
        let report = hook::run(name, command, &object, &secrets).await;
        if !report.ok {
            let detail = report.detail.as_deref().unwrap_or_default();
            tracing::warn!(hook = name, detail, "a hook failed; the audit's verdict stands");
        }
        summary.hooks.push(report);
    }
}

fn services(summary: &AuditSummary, settings: &AuditSettings) -> String {
    let read = summary
        .crawl
        .as_ref()
        .map(|crawl| crawl.services.iter().map(ToString::to_string).collect::<Vec<_>>());
    read.unwrap_or_else(|| asked(&settings.crawl.services)).join(",")
}

fn asked(services: &ServiceChoice) -> Vec<String> {
    match services {
        ServiceChoice::Listed(services) => services.iter().map(ToString::to_string).collect(),
        ServiceChoice::All | ServiceChoice::TheOnlyOne => Vec::new(),
    }
}

/// When the last complete audit ended, by its own record.
fn last_success(folder: &AuditFolder, summary: &AuditSummary) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct EndedAudit {
        finished: String,
    }
    if summary.verdict.is_complete() {
        return summary.finished.parse().ok();
    }
    let audits = folder.list().ok()?;
    let last = audits.iter().rev().find(|audit| audit.is_complete)?;
    let text = std::fs::read(folder.path_of(last).join("result.json")).ok()?;
    serde_json::from_slice::<EndedAudit>(&text).ok()?.finished.parse().ok()
}
