//! `audit`: a crawl, its exports and its differences to the last complete audit, in a folder of their own.
//!
//! **Invariant:** everything that the user can have typed wrong is found before the folder is touched or a request is sent.
//!
//! **Invariant:** an audit that began has an outcome that is reported: `result.json`, the metrics file and the hooks have it however it
//! ended, but for a kill. Neither a hook nor the metrics file changes the audit's own verdict.

mod hook;
mod index;
mod outcome;
mod run;

use crate::audit::{AuditError, AuditFolder, AuditName, Listed, Removals, compute_removals};
use crate::cli::AuditArgs;
use crate::error::ExitStatus;
use crate::report::text::audit::{self as text, AuditPlan};
use crate::settings::{AuditSettings, ServiceChoice};

use super::page::WantedPage;
use super::{Context, Outcome, source};
use run::AuditRun;

pub(super) async fn run(args: &AuditArgs, context: &mut Context) -> Outcome {
    let mut settings = AuditSettings::load(&context.settings, args, &mut context.stdin)?;
    let account_sid = settings.connection.read_credentials()?.account_sid;
    source::take_the_only_service(&mut settings.crawl, &settings.connection, context).await?;
    let services = match &settings.crawl.services {
        ServiceChoice::All | ServiceChoice::TheOnlyOne => &[][..],
        ServiceChoice::Listed(services) => services,
    };
    let now = context.settings.now()?;
    if settings.plan_only {
        let folder = AuditFolder::look_at(&settings.dir, services)?;
        return plan(&settings, &folder, now, context);
    }
    let page = WantedPage::of(&args.page, &[])?;
    let folder = AuditFolder::open(&settings.dir, services)?;
    folder.sweep()?;
    let audit = which(settings.resume, &folder, now)?;
    let audit = AuditRun { settings, folder, audit, account_sid, page, now };
    audit.run(context).await
}

/// The audit to start, or to resume.
fn which(resume: bool, folder: &AuditFolder, now: jiff::Timestamp) -> Result<Listed, AuditError> {
    let unfinished = if resume { folder.unfinished()? } else { None };
    match unfinished {
        Some(audit) => Ok(audit),
        None => folder.next(AuditName::at(now)),
    }
}

fn plan(
    settings: &AuditSettings,
    folder: &AuditFolder,
    now: jiff::Timestamp,
    context: &mut Context,
) -> Outcome {
    let audit = which(settings.resume, folder, now)?;
    let there = folder.list()?;
    let complete = Listed { is_complete: true, ..audit };
    let mut after: Vec<Listed> = there.iter().filter(|listed| listed.name != audit.name).copied().collect();
    after.push(complete);
    let Removals { removed: removals, jump } = compute_removals(&after, settings.keep, now);
    let base = there.iter().rev().find(|listed| listed.is_complete && listed.name < audit.name);
    let plan = AuditPlan {
        folder: complete.folder(),
        base: base.map(Listed::folder),
        remove: removals.iter().map(Listed::folder).collect(),
        keep: after.iter().filter(|listed| !removals.contains(listed)).map(Listed::folder).collect(),
        notes: jump
            .iter()
            .map(|(before, days)| text::kept_for_the_clock(&before.to_string(), *days))
            .collect(),
    };
    if context.output.json {
        context.json(&plan)?;
    } else {
        context.data(plan.text().as_bytes())?;
    }
    Ok(ExitStatus::Done)
}
