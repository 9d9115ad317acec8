//! One night: crawl, digests, export, differences, its place, and what goes.

use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;

use crate::audit::{AuditError, AuditFolder, Listed, Removals, compute_removals};
use crate::diff::{Comparison, Terms, TermsError};
use crate::error::ExitStatus;
use crate::model::AccountSid;
use crate::report::diff::{DiffError, DiffOutput};
use crate::report::text::audit as text;
use crate::report::{AuditSummary, AuditVerdict, Exported, Stopped};
use crate::settings::{AuditSettings, check_files};
use crate::snapshot::{Snapshot, SnapshotWriter, Verdict};

use super::super::page::WantedPage;
use super::super::{CommandError, Context, Outcome, crawl, diff, export};
use super::outcome;

pub(super) struct AuditRun {
    pub(super) settings: AuditSettings,
    pub(super) folder: AuditFolder,
    pub(super) audit: Listed,
    pub(super) account_sid: AccountSid,
    /// Where the page of the differences goes besides the folder of the audit.
    pub(super) page: Option<WantedPage>,
    pub(super) now: Timestamp,
}

/// The last complete audit whose snapshot can be read.
struct BaseAudit {
    audit: Listed,
    snapshot: PathBuf,
}

impl AuditRun {
    /// Runs it to its end and tells how it ended.
    pub(super) async fn run(mut self, context: &mut Context) -> Outcome {
        let began = Instant::now();
        let mut summary = self.begin();
        let path = self.folder.begin(&self.audit)?;
        let mut ended = self.work(&path, &mut summary, context).await;
        summary.finished = context.settings.now()?.to_string();
        summary.elapsed_seconds = began.elapsed().as_secs_f64();
        note_end(&mut summary, &ended);
        if let Err(error) = self.put_in_place(&path, &mut summary) {
            ended = Err(error);
            note_end(&mut summary, &ended);
            self.take_back(&path, &mut summary);
        }
        self.remove(&mut summary);
        outcome::report(&self.settings, &self.folder, &mut summary, context).await;
        match ended {
            Ok(status) => {
                context.conclude(&summary, summary.text())?;
                let audits = path.parent().unwrap_or(&path).display().to_string();
                context.suggest(summary.next_steps(&audits));
                Ok(status)
            }
            // The error is printed by whoever runs verbs; with --json it is in the one object.
            Err(error) if context.output.json => {
                context.json(&summary)?;
                Err(error.with_object())
            }
            Err(error) => Err(error),
        }
    }

    fn begin(&self) -> AuditSummary {
        let name = self.audit.name;
        let account = self.account_sid.clone();
        AuditSummary::of_begun(name.to_string(), self.audit.folder(), account, name.time().to_string())
    }

    /// Reads, exports and compares. What was done so far stands in the summary, also where it fails.
    async fn work(
        &mut self,
        path: &Path,
        summary: &mut AuditSummary,
        context: &mut Context,
    ) -> Result<ExitStatus, CommandError> {
        let base = self.base(check_files(&context.settings)?, summary)?;
        let snapshot = path.join("snapshot.db");
        self.settings.crawl.snapshot.clone_from(&snapshot);
        match (self.settings.skip_unchanged, &base) {
            (Some(share), Some(base)) => {
                self.settings.crawl.carry_over = Some((base.snapshot.clone(), share));
            }
            (Some(_), None) => {
                summary.notes.push(text::NOTHING_TO_CARRY_OVER.to_owned());
            }
            (None, _) => {}
        }
        let progress = context.progress();
        let stop = context.interrupt.token();
        let crawled =
            crawl::crawl(&self.settings.crawl, &self.settings.connection, &progress.events(), &stop).await;
        progress.finish();
        let mut crawled = crawled.map_err(with_resume)?;
        // Its folder is about to have another name.
        "snapshot.db".clone_into(&mut crawled.snapshot);
        summary.verdict = crawled.verdict.into();
        summary.stopped = crawled.stopped;
        let verdict = summary.verdict;
        let stopped = crawled.stopped;
        summary.crawl = Some(crawled);
        if !verdict.is_complete() {
            return Ok(match stopped {
                Some(Stopped::Interrupted) => ExitStatus::Interrupted,
                _ => ExitStatus::Incomplete,
            });
        }
        let mut writer = SnapshotWriter::open(&snapshot, |_| 1)?;
        writer.write_list_digests()?;
        writer.close_if_free()?;
        let options = &self.settings.export.options;
        let report = export::to_folder(options, &snapshot, &path.join("export"), context)?;
        let files = || report.records.iter().flat_map(|record| &record.files);
        summary.exported = Some(Exported {
            files: files().count() as u64,
            rows: report.records.iter().map(|record| record.passed.rows * record.files.len() as u64).sum(),
            bytes: files().map(|file| file.bytes).sum(),
        });
        if let Some(base) = base {
            match self.compare(Some(&base), &snapshot, path) {
                Ok(comparison) => {
                    summary.base = Some(base.audit.folder());
                    summary.differences = Some(comparison);
                }
                // Such as after another --include. This audit is complete all the same, and the next one is compared with it.
                Err(DiffError::Compare(error)) if has_no_common_terms(&error) => {
                    let folder = base.audit.folder();
                    summary.notes.push(text::not_comparable(&folder, &error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        } else {
            self.compare(None, &snapshot, path)?;
        }
        let drifted = summary.verdict == AuditVerdict::CompleteWithDrift;
        Ok(if drifted || summary.has_differences() { ExitStatus::Findings } else { ExitStatus::Done })
    }

    /// The last complete audit before this one that can be compared with. One that cannot is said and passed over.
    fn base(&self, is_checked: bool, summary: &mut AuditSummary) -> Result<Option<BaseAudit>, CommandError> {
        for audit in self.folder.list()?.into_iter().rev() {
            if !audit.is_complete || audit.name >= self.audit.name {
                continue;
            }
            let snapshot = self.folder.path_of(&audit).join("snapshot.db");
            let checked = if is_checked { Snapshot::check_file(&snapshot) } else { Ok(()) };
            let opened = checked.and_then(|()| Snapshot::open(&snapshot));
            let why = match opened.and_then(|snapshot| snapshot.verdict()) {
                // Whatever its folder is called by now.
                Ok(Verdict::Incomplete) => text::INCOMPLETE_SNAPSHOT.to_owned(),
                Ok(_) => return Ok(Some(BaseAudit { audit, snapshot })),
                Err(error) => error.to_string(),
            };
            summary.notes.push(text::not_comparable(&audit.folder(), &why));
        }
        Ok(None)
    }

    /// Compares with an earlier audit, and writes the reports. The first one is compared with itself, so that its reports say how
    /// much there is.
    fn compare(
        &self,
        base: Option<&BaseAudit>,
        snapshot: &Path,
        path: &Path,
    ) -> Result<Comparison, DiffError> {
        let old = Snapshot::open(base.map_or(snapshot, |base| &base.snapshot))?;
        let new = Snapshot::open(snapshot)?;
        let name = base.map_or(self.audit.name, |base| base.audit.name);
        let mut terms = Terms::named(&old, &new, [name.to_string(), self.audit.name.to_string()])?;
        if base.is_none() {
            terms.notes.push(text::FIRST_AUDIT.to_owned());
        }
        let [ndjson, markdown, html] =
            ["diff.ndjson", "report.md", "report.html"].map(|name| path.join(name));
        let mut files: Vec<(DiffOutput, &Path)> =
            vec![(DiffOutput::Ndjson, &ndjson), (DiffOutput::Markdown, &markdown), (DiffOutput::Html, &html)];
        files.extend(self.page.as_ref().map(|page| (DiffOutput::Html, page.path.as_path())));
        let comparison = diff::to_files(&old, &new, terms, &self.settings.compare, &files)?;
        if let Some(page) = &self.page {
            page.show();
        }
        Ok(comparison)
    }

    /// Writes the result, and gives a complete audit its name.
    fn put_in_place(&self, path: &Path, summary: &mut AuditSummary) -> Result<(), CommandError> {
        let ended = Listed { is_complete: summary.verdict.is_complete(), ..self.audit };
        let after = self.after(&ended)?;
        let Removals { removed: removals, jump } = compute_removals(&after, self.settings.keep, self.now);
        if let Some((before, days)) = jump {
            summary.notes.push(text::kept_for_the_clock(&before.to_string(), days));
        }
        summary.last_complete = after.iter().rev().find(|audit| audit.is_complete).map(Listed::folder);
        summary.folder = ended.folder();
        let report = self.folder.path_of(&ended).join("report.html");
        summary.report = path.join("report.html").exists().then(|| report.display().to_string());
        summary.removed = removals.iter().map(Listed::folder).collect();
        outcome::write_result(path, summary)?;
        if ended.is_complete {
            self.folder.publish(&self.audit)?;
        }
        Ok(())
    }

    /// Takes back what was said of an audit that could not be put in its place. The removals were planned with it as the newest
    /// complete one, so nothing is removed.
    fn take_back(&self, path: &Path, summary: &mut AuditSummary) {
        summary.removed.clear();
        let there = self.folder.list().unwrap_or_default();
        summary.last_complete = there.iter().rev().find(|audit| audit.is_complete).map(Listed::folder);
        if !path.exists() {
            return; // it has its name, and `latest` alone could not be moved
        }
        summary.folder = self.audit.folder();
        if let Err(error) = outcome::write_result(path, summary) {
            tracing::warn!(%error, "the result of the audit could not be written");
        }
    }

    /// The audits that there are once this one has ended so, oldest first.
    fn after(&self, ended: &Listed) -> Result<Vec<Listed>, AuditError> {
        let mut after = self.folder.list()?;
        after.retain(|audit| audit.name != ended.name);
        after.push(*ended);
        Ok(after)
    }

    /// Removes what was planned to go. What cannot be removed is said and tried again the next night.
    fn remove(&self, summary: &mut AuditSummary) {
        let planned = std::mem::take(&mut summary.removed);
        let Ok(there) = self.folder.list() else { return };
        for audit in there.iter().filter(|audit| planned.contains(&audit.folder())) {
            match self.folder.remove(audit) {
                Ok(()) => summary.removed.push(audit.folder()),
                Err(error) => {
                    tracing::warn!(audit = audit.folder(), %error, "an old audit could not be removed");
                    summary.notes.push(text::not_removed(&audit.folder(), &error.to_string()));
                }
            }
        }
    }
}

/// Whether two snapshots have nothing that could be compared, though either is as it should be.
fn has_no_common_terms(error: &TermsError) -> bool {
    matches!(error, TermsError::OtherService { .. } | TermsError::NothingInCommon { .. })
}

/// The advice of a crawl, for an audit: the same command alone would start over.
fn with_resume(error: CommandError) -> CommandError {
    match error.hint.clone() {
        Some(hint) => error.with_hint(hint.replace("the same command", "the same command with --resume")),
        None => error,
    }
}

/// Writes into the summary how the work ended.
fn note_end(summary: &mut AuditSummary, ended: &Result<ExitStatus, CommandError>) {
    let status = match ended {
        Ok(status) => *status,
        Err(error) => {
            summary.verdict = AuditVerdict::Failed;
            summary.error = Some(error.problem());
            error.status
        }
    };
    summary.exit_code = status.code();
}
