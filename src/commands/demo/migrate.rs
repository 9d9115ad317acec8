//! The demo's second half: a plan in place, then a copy that is planned, applied and verified.
//!
//! **Why a mapping of its own:** the made-up service has what real ones have and a copy cannot take: attributes that are no JSON, a
//! role whose permissions all have no counterpart, users without a role. The bundled mapping blocks the first two and the copy's
//! mapping mends all three, as its user would.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::cli::apply::ApplyFlags;
use crate::cli::plan::PlanFlags;
use crate::cli::setting::declarations::{CONVERSATION_RATE, PLAN, SERVICE_RATE, SNAPSHOT, TARGET};
use crate::cli::setting::{FlagGroup, Flags};
use crate::cli::verify::VerifyFlags;
use crate::cli::{ApplyArgs, PlanArgs, VerifyArgs};
use crate::diff::Comparison;
use crate::error::ExitStatus;
use crate::mapping;
use crate::report::text::demo as text;
use crate::report::{ApplySummary, diff};

use super::super::plan::{self, Made};
use super::super::{CommandError, Context, apply, verify};
use super::DemoError;
use super::folder::Folder;

/// Writes a second: the made-up Twilio sets no limit.
const WRITES: &str = "300";

/// What the copy's mapping says otherwise than the bundled one.
const MENDED: [(&str, &str); 5] = [
    (
        r#"name = "attributes", path = "member.attributes""#,
        r#"name = "attributes", value = "member.attributes if [member.attributes|fromjson] else none", on_error = "null""#,
    ),
    (
        r#"name = "attributes", path = "channel.attributes""#,
        r#"name = "attributes", value = "channel.attributes if [channel.attributes|fromjson] else none", on_error = "null""#,
    ),
    (
        r#"name = "attributes", path = "user.attributes""#,
        r#"name = "attributes", value = "user.attributes if [user.attributes|fromjson] else none", on_error = "null""#,
    ),
    (
        r#"value = "(role|role_map).permissions""#,
        r#"value = "(role|role_map).permissions or ['editOwnUserInfo']""#,
    ),
    (r#"path = "user.role_sid""#, r#"value = "user.role_sid or service.default_service_role_sid""#),
];

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct Migrated {
    /// The plan in place.
    plan: crate::report::text::plan::PlanResult,
    /// The plan of the copy, before it was applied.
    copy: crate::report::text::plan::PlanResult,
    /// How it was applied.
    apply: ApplySummary,
    /// What verifying it said.
    verify: Comparison,
}

impl Migrated {
    /// The exit statuses of the steps whose results are not told by an error.
    pub(super) fn exit_statuses(&self) -> Vec<ExitStatus> {
        vec![apply::exit_status(&self.apply), verify::exit_status(&self.verify)]
    }
}

/// Plans in place; then plans a copy into the empty service, applies it and verifies it.
pub(super) async fn run(
    service: &str,
    folder: &Folder,
    context: &mut Context,
) -> Result<Migrated, CommandError> {
    let (snapshot, copy) = (folder.snapshot.display(), folder.copy.display());
    let (plan, page) = (folder.plan.display(), folder.plan_page.display());
    context.say(text::step(
        3,
        &format!("plan --target in-place --snapshot {snapshot} --plan {plan} --report {page}"),
    ));
    let in_place = plan_args("in-place", &folder.snapshot, &folder.plan, &folder.plan_page);
    let in_place = told(plan::make(&in_place, context).await?, context);

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
    let into_other = told(plan::make(&into_other, context).await?, context);

    context.say(text::step(
        6,
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

    context.say(text::step(7, &format!("verify --plan {copy} --all > {}", folder.verified.display())));
    let plan = VerifyFlags::of(Flags::default().with(&PLAN, folder.copy.display().to_string()));
    let args = VerifyArgs { settings: plan, all: true, ..VerifyArgs::default() };
    let verified = verify::verify(&args, context).await?;
    context.say(text::result(diff::summary(&verified)));
    Ok(Migrated { plan: in_place, copy: into_other, apply: applied, verify: verified })
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

fn told(made: Made, context: &Context) -> crate::report::text::plan::PlanResult {
    context.say(text::result(made.text));
    made.summary
}

fn write_mapping(path: &Path) -> Result<(), DemoError> {
    fs::write(path, mended()).map_err(|source| DemoError::File { path: path.to_path_buf(), source })
}

/// The copy's mapping.
fn mended() -> String {
    let bundled = mapping::bundled_text("conversations").expect("it is bundled").to_owned();
    MENDED.iter().fold(bundled, |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mended_mapping_is_one_and_has_all_that_is_mended() {
        let bundled = mapping::bundled_text("conversations").unwrap();
        let mended = mended();
        for (from, to) in MENDED {
            assert!(bundled.contains(from), "{from}");
            assert!(mended.contains(to) && !mended.contains(from), "{to}");
        }
        mapping::parse(&mended, "copy.toml", None).unwrap();
    }
}
