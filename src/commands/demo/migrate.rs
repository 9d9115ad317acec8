//! The demo's second half: a plan in place, then a copy that is planned, rehearsed, applied and verified.
//!
//! The copy's mapping is the bundled `copy`, written into the folder to be read: the made-up service has what real ones have and
//! Twilio refuses to create.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::cli::apply::ApplyFlags;
use crate::cli::plan::PlanFlags;
use crate::cli::rehearse::RehearseFlags;
use crate::cli::setting::declarations::{CONVERSATION_RATE, PLAN, SERVICE_RATE, SNAPSHOT, TARGET};
use crate::cli::setting::{FlagGroup, Flags};
use crate::cli::verify::VerifyFlags;
use crate::cli::{ApplyArgs, PlanArgs, RehearseArgs, VerifyArgs};
use crate::diff::Comparison;
use crate::error::ExitStatus;
use crate::mapping;
use crate::report::ApplySummary;
use crate::report::plan::PlanResult;
use crate::report::rehearsal::result::Rehearsal;
use crate::report::text::demo::{self as text, DemoFileError};
use crate::report::text::diff::summary;

use super::super::plan::{self, Made};
use super::super::{CommandError, Context, apply, rehearse, verify};
use super::folder::DemoFolder;

/// Writes a second: the simulator sets no limit.
const WRITES: &str = "300";

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Migrated {
    /// The plan in place.
    plan: PlanResult,
    /// The plan of the copy, before it was applied.
    copy: PlanResult,
    /// How it would go, as it was rehearsed.
    rehearsal: Rehearsal,
    /// How it was applied.
    apply: ApplySummary,
    verify: Comparison,
}

impl Migrated {
    /// The exit statuses of the steps that end without an error.
    pub(super) fn exit_statuses(&self) -> Vec<ExitStatus> {
        vec![
            rehearse::exit_status(&self.rehearsal),
            apply::exit_status(&self.apply),
            verify::exit_status(&self.verify),
        ]
    }
}

/// Plans in place; then plans a copy into the empty service, rehearses it, applies it and verifies it.
pub(super) async fn run(
    service: &str,
    folder: &DemoFolder,
    context: &mut Context,
) -> Result<Migrated, CommandError> {
    let (snapshot, copy) = (folder.snapshot.display(), folder.copy.display());
    let (plan, page) = (folder.plan.display(), folder.plan_page.display());
    context.say(text::step(
        3,
        &format!("plan --target in-place --snapshot {snapshot} --plan {plan} --report {page}"),
    ));
    let in_place = plan_args("in-place", &folder.snapshot, &folder.plan, &folder.plan_page);
    let in_place = printed(plan::make(&in_place, context).await?, context);

    let mapping = folder.mapping.display();
    context.say(text::copy_mapping(4, &folder.mapping));
    write_mapping(&folder.mapping)?;

    let page = folder.copy_page.display();
    context.say(text::step(
        5,
        &format!(
            "plan --target {service} --snapshot {snapshot} --mapping {mapping} --plan {copy} --report {page}"
        ),
    ));
    let into_other = PlanArgs {
        mapping: Some(mapping.to_string()),
        ..plan_args(service, &folder.snapshot, &folder.copy, &folder.copy_page)
    };
    let into_other = printed(plan::make(&into_other, context).await?, context);

    context.say(text::step(6, &format!("rehearse --plan {copy}")));
    let plan = RehearseFlags::of(Flags::default().with(&PLAN, copy.to_string()));
    let rehearsed = rehearse::rehearse(&RehearseArgs { settings: plan, ..RehearseArgs::default() }, context)?;
    context.say(text::result(rehearsed.text()));

    context.say(text::step(
        7,
        &format!("apply --plan {copy} --yes --conversation-rate {WRITES} --service-rate {WRITES}"),
    ));
    let args = ApplyArgs {
        settings: ApplyFlags::of(
            Flags::default()
                .with(&PLAN, folder.copy.display().to_string())
                .with(&CONVERSATION_RATE, WRITES)
                .with(&SERVICE_RATE, WRITES),
        ),
        yes: true,
        ..ApplyArgs::default()
    };
    let applied = apply::perform(&args, context).await?;
    context.say(text::result(applied.text()));

    context.say(text::step(8, &format!("verify --plan {copy} --all > {}", folder.verified.display())));
    let plan = VerifyFlags::of(Flags::default().with(&PLAN, folder.copy.display().to_string()));
    let args = VerifyArgs { settings: plan, all: true, ..VerifyArgs::default() };
    let verified = verify::verify(&args, context).await?;
    context.say(text::result(summary(&verified)));
    Ok(Migrated { plan: in_place, copy: into_other, rehearsal: rehearsed, apply: applied, verify: verified })
}

fn plan_args(target: &str, snapshot: &Path, plan: &Path, page: &Path) -> PlanArgs {
    PlanArgs {
        settings: PlanFlags::of(
            Flags::default()
                .with(&TARGET, target)
                .with(&SNAPSHOT, snapshot.display().to_string())
                .with(&PLAN, plan.display().to_string()),
        ),
        reports: vec![page.to_path_buf()],
        ..PlanArgs::default()
    }
}

fn printed(made: Made, context: &Context) -> PlanResult {
    context.say(text::result(made.text));
    made.summary
}

fn write_mapping(path: &Path) -> Result<(), DemoFileError> {
    let text = mapping::bundled_text("copy").expect("it is bundled");
    fs::write(path, text).map_err(|source| DemoFileError { path: path.to_path_buf(), source })
}
