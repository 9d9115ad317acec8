//! The verbs of a rehearsal, with the simulator's environment.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::apply::ApplyFlags;
use crate::cli::plan::PlanFlags;
use crate::cli::setting::declarations::{MAX_AGE, MAX_CHANGE_PERCENT, PLAN, SNAPSHOT, TARGET};
use crate::cli::setting::{FlagGroup, Flags};
use crate::cli::verify::VerifyFlags;
use crate::cli::{ApplyArgs, PlanArgs, VerifyArgs};
use crate::diff::{self, Comparison, DiffOptions, Difference, IgnoredFields, Mark, Terms};
use crate::plan::{CANNOT_BE_UNDONE, Header, Move, OperationState, PlanError, PlanFile};
use crate::report::diff::DiffError;
use crate::report::rehearsal::result::RehearseError;
use crate::report::{ApplyStopped, ApplySummary, count_of};

use super::super::{CommandError, Context, apply, plan, verify};

/// A year: the plan's own warning of an old snapshot is the plan's.
const ANY_AGE: &str = "8784";

fn plan_flag(path: &Path) -> Flags {
    Flags::default().with(&PLAN, path.display().to_string())
}

/// Applies a plan.
pub(super) async fn apply(path: &Path, context: &mut Context) -> Result<ApplySummary, CommandError> {
    let args = ApplyArgs { settings: ApplyFlags::of(plan_flag(path)), yes: true, ..ApplyArgs::default() };
    let applied = apply::perform_simulated(&args, context).await?;
    if applied.stopped == Some(ApplyStopped::Interrupted) {
        return Err(RehearseError::Interrupted.into());
    }
    Ok(applied)
}

/// Verifies what a plan did, and prints each difference.
pub(super) async fn verify(path: &Path, context: &mut Context) -> Result<Comparison, CommandError> {
    let args =
        VerifyArgs { settings: VerifyFlags::of(plan_flag(path)), records: true, ..VerifyArgs::default() };
    verify::verify(&args, context).await
}

/// Makes the same plan again into this file, and gives how many operations it has that are not blocked. What it muted of the source, which the
/// snapshot does not show, is for `verify` to tell.
pub(super) async fn plan_again(
    header: &Header,
    path: &Path,
    context: &mut Context,
) -> Result<u64, CommandError> {
    let target = match header.kind {
        Move::InPlace => "in-place",
        _ => header.target.service_sid.as_str(),
    };
    let flags = plan_flag(path)
        .with(&TARGET, target)
        .with(&SNAPSHOT, &header.snapshot)
        .with(&MAX_AGE, ANY_AGE)
        .with(&MAX_CHANGE_PERCENT, "100");
    let args = PlanArgs {
        settings: PlanFlags::of(flags),
        mapping: Some(header.mapping.clone()),
        allow_incomplete: true,
        messages: header.messages.is_some(),
        media: header.media.is_some(),
        ..PlanArgs::default()
    };
    plan::make(&args, context).await?;
    let operations = PlanFile::open(path)?.totals()?.operations;
    Ok(count_of(&operations, &[OperationState::Pending]))
}

/// Plans into this file to take back what another plan did. Gives the SIDs of what cannot be taken back.
pub(super) async fn plan_undo(
    undone: &Path,
    path: &Path,
    context: &mut Context,
) -> Result<Vec<String>, CommandError> {
    let args = PlanArgs {
        settings: PlanFlags::of(plan_flag(path)),
        undo: Some(undone.to_path_buf()),
        ..PlanArgs::default()
    };
    plan::make(&args, context).await?;
    let mut stays = Vec::new();
    PlanFile::open(path)?.findings(|finding| {
        if finding.check.code == CANNOT_BE_UNDONE.code {
            stays.push(finding.sid.clone());
        }
        Ok::<(), PlanError>(())
    })?;
    Ok(stays)
}

/// How many records of a target are not as they were, of those that nothing one-way was done to.
pub(super) fn not_restored(before: &Path, after: &Path, one_way: &[String]) -> Result<u64, CommandError> {
    let (old, new) = (diff::open(before)?, diff::open(after)?);
    let one_way: BTreeSet<&str> = one_way.iter().map(String::as_str).collect();
    let is_one_way = |difference: &Difference| {
        // Who is on a channel that was made private can be seen in Conversations.
        let channel = difference.record.as_ref().and_then(|record| record.get("channel_sid")?.as_str());
        difference.sid.split('/').chain(channel).any(|sid| one_way.contains(sid))
    };
    // A write changes when a record was last changed, and taking it back does too.
    let ignored = IgnoredFields::parse(["date_updated"])?;
    let options = DiffOptions { ignored, report_same: false };
    let mut count = 0;
    diff::diff_snapshots(&old, &new, Terms::of(&old, &new)?, &options, |difference| {
        if difference.mark != Mark::Same && !is_one_way(difference) {
            tracing::debug!(?difference, "not restored");
            count += 1;
        }
        Ok::<(), DiffError>(())
    })?;
    Ok(count)
}
