//! `audit`: a crawl, its exports and its differences to the last whole audit, in a folder of their own.
//!
//! **Invariant:** everything that the user can have typed wrong is found before the folder is touched or a request is sent.
//!
//! **Invariant:** an audit that began has an end that is told: `result.json`, the metrics file and the hooks have it however it
//! ended, but for a kill. Neither a hook nor the metrics file changes the audit's own verdict.

mod hook;
mod outcome;
mod run;

use std::path::Path;

use serde::Serialize;

use crate::audit::{AuditError, AuditFolder, AuditName, Listed, Retention, compute_removals};
use crate::cli::export::ExportArgs;
use crate::cli::{AuditArgs, CrawlArgs};
use crate::diff::{DiffOptions, IgnoredFields};
use crate::error::ExitStatus;
use crate::model::{InvalidShare, Share};
use crate::settings::{ConnectionSettings, CrawlSettings, Place, Services, SettingsError, ValueError};

use super::{CommandError, Context, Outcome, export};
use run::AuditRun;

/// What was typed, checked.
struct AuditSettings {
    crawl: CrawlSettings,
    connection: ConnectionSettings,
    compare: DiffOptions,
    skip_unchanged: Option<Share>,
    keep: Retention,
}

impl AuditSettings {
    fn of(args: &AuditArgs, context: &mut Context) -> Result<Self, CommandError> {
        let crawl = CrawlArgs {
            services: args.services.clone(),
            all_services: args.all_services,
            // Where it is is known once the audit has its name.
            snapshot: Some("snapshot.db".to_owned()),
            source: args.source,
            include: args.include.clone(),
            connection: args.connection.clone(),
            ..CrawlArgs::default()
        };
        let crawl = context.settings.crawl(&crawl, &mut context.stdin)?;
        let connection = context.settings.connection(&args.connection)?;
        connection.read_credentials()?;
        export::check_args(&export_args(args, Path::new("snapshot.db"), Path::new("export")))?;
        let ignored = IgnoredFields::parse(args.ignore.iter().map(|name| name.trim()))?;
        let skip_unchanged = args.skip_unchanged.as_deref().map(share).transpose()?;
        Ok(Self {
            crawl,
            connection,
            compare: DiffOptions { ignored, report_same: false },
            skip_unchanged,
            keep: Retention { newest: args.keep, days: args.keep_days },
        })
    }
}

/// A share as it was typed.
fn share(text: &str) -> Result<Share, SettingsError> {
    text.parse().map_err(|InvalidShare { text }| SettingsError::Value {
        place: Place::Flag("skip_unchanged"),
        source: ValueError::NotAShare { text },
    })
}

/// The flags of the export.
fn export_args(args: &AuditArgs, snapshot: &Path, folder: &Path) -> ExportArgs {
    ExportArgs {
        mappings: args.mappings.clone(),
        records: args.records.clone(),
        formats: args.formats.clone(),
        compress: args.compress,
        pii: args.pii,
        pii_key_file: args.pii_key_file.clone(),
        ..export::plain_args(snapshot, folder)
    }
}

/// Runs the verb.
pub(super) async fn run(args: &AuditArgs, context: &mut Context) -> Outcome {
    let settings = AuditSettings::of(args, context)?;
    let services = match &settings.crawl.services {
        Services::All => &[][..],
        Services::Listed(services) => services,
    };
    let now = context.settings.now()?;
    if args.plan_only {
        let folder = AuditFolder::look_at(&args.dir, services)?;
        return plan(args, &settings, &folder, now, context);
    }
    let folder = AuditFolder::open(&args.dir, services)?;
    folder.sweep()?;
    let audit = which(args, &folder, now)?;
    let audit = AuditRun { args, settings, folder, audit, now };
    audit.run(context).await
}

/// The audit to begin, or to go on with.
fn which(args: &AuditArgs, folder: &AuditFolder, now: jiff::Timestamp) -> Result<Listed, AuditError> {
    let unfinished = if args.resume { folder.unfinished()? } else { None };
    match unfinished {
        Some(audit) => Ok(audit),
        None => folder.next(AuditName::at(now)),
    }
}

/// What an audit would do.
#[derive(Debug, Serialize)]
struct AuditPlan {
    /// The folder that it would have.
    folder: String,
    /// The audit that it would be compared with.
    base: Option<String>,
    /// The audits that would be removed once it is whole.
    remove: Vec<String>,
    /// The audits that would stay.
    keep: Vec<String>,
}

fn plan(
    args: &AuditArgs,
    settings: &AuditSettings,
    folder: &AuditFolder,
    now: jiff::Timestamp,
    context: &mut Context,
) -> Outcome {
    let audit = which(args, folder, now)?;
    let there = folder.list()?;
    let whole = Listed { whole: true, ..audit };
    let mut after: Vec<Listed> = there.iter().filter(|listed| listed.name != audit.name).copied().collect();
    after.push(whole);
    let removals = compute_removals(&after, settings.keep, now);
    let base = there.iter().rev().find(|listed| listed.whole && listed.name < audit.name);
    let plan = AuditPlan {
        folder: whole.folder(),
        base: base.map(Listed::folder),
        remove: removals.iter().map(Listed::folder).collect(),
        keep: after.iter().filter(|listed| !removals.contains(listed)).map(Listed::folder).collect(),
    };
    if context.output.json {
        context.json(&plan)?;
    } else {
        let or_none = |list: &[String]| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
        let text = format!(
            "would make      {}\ncompared with   {}\nthen remove     {}\nand keep        {}\n",
            plan.folder,
            plan.base.as_deref().unwrap_or("nothing: there is no complete audit yet"),
            or_none(&plan.remove),
            or_none(&plan.keep)
        );
        context.data(text.as_bytes())?;
    }
    Ok(ExitStatus::Done)
}
