//! Compares the source with what was read of the target, and reports each difference.

use std::io::Write;

use crate::diff::{
    ComparedSide, Comparison, DiffTotals, Difference, FieldChange, Mark, TargetDiffOptions, Uncounted,
    diff_target,
};
use crate::model::{Membership, NotificationLevel};
use crate::plan::align::Pair;
use crate::plan::{PlanError, PlanRecords};
use crate::report::text::verify as text;
use crate::snapshot::{Info, Snapshot, Verdict};

use super::super::CommandError;
use super::super::difference_reports::DifferenceReports;
use super::super::failure::StdoutError;
use super::read::{TargetRead, plain, unread};
use super::{VerifyRun, service_of};

impl VerifyRun<'_> {
    /// Writes the differences as they come.
    pub(super) async fn compare<W: Write>(
        &self,
        read: TargetRead,
        mut report: DifferenceReports<W>,
    ) -> Result<Comparison, CommandError> {
        let input = self.input;
        let (mut totals, uncounted) = self.align(&mut report)?;
        let mut tell = |difference: &Difference| {
            totals.add(difference.entity, difference.mark, 1);
            if difference.mark != Mark::Same || self.report_same {
                report.add(difference).map_err(StdoutError)?;
            }
            Ok::<_, CommandError>(())
        };
        for difference in &read.lacking {
            tell(difference)?;
        }
        self.read_muted(|read| {
            for membership in &read.memberships {
                tell(&muted(membership))?;
            }
            unread(&read, text::MUTED_IS_GONE).try_for_each(|difference| tell(&difference))
        })
        .await?;
        let comparison = Comparison {
            totals,
            old: side(&input.file.display().to_string(), &input.info),
            new: side(&format!("{} in Conversations", input.target), &read.info),
            ignored: Vec::new(),
            notes: text::notes(text::VerifyNotes {
                source_is_incomplete: input.info.verdict == Verdict::Incomplete,
                target_is_incomplete: read.info.verdict == Verdict::Incomplete,
                share: input.share,
                uncounted,
            }),
        };
        report.finish(&comparison)?;
        Ok(comparison)
    }

    fn align<W: Write>(
        &self,
        report: &mut DifferenceReports<W>,
    ) -> Result<(DiffTotals, Uncounted), CommandError> {
        let input = self.input;
        let target = Snapshot::open(&input.scratch)?;
        let pair = Pair {
            source: service_of(&input.snapshot, &input.source)?,
            target: service_of(&target, &input.target)?,
        };
        let records = PlanRecords::of(&input.mapping).map_err(PlanError::from)?;
        let options = TargetDiffOptions {
            kind: input.kind,
            share: input.share,
            messages: input.messages,
            media: input.media,
            report_same: self.report_same,
        };
        diff_target(&pair, &records, options, |difference| Ok(report.add(difference).map_err(StdoutError)?))
    }
}

/// What is said of a source's membership that should be muted.
fn muted(membership: &Membership) -> Difference {
    let level = membership.notification_level.as_ref();
    let is_muted = level == Some(&NotificationLevel::Muted);
    let new = level.map_or(serde_json::Value::Null, |level| level.as_str().into());
    let change = FieldChange { field: "notification_level", old: "muted".into(), new };
    Difference {
        mark: if is_muted { Mark::Same } else { Mark::Different },
        changes: if is_muted { Vec::new() } else { vec![change] },
        reason: Some(text::MUTED.to_owned()),
        ..plain(format!("{}/{}", membership.user_sid, membership.channel_sid))
    }
}

fn side(name: &str, info: &Info) -> ComparedSide {
    ComparedSide {
        snapshot: name.to_owned(),
        started: info.started.clone(),
        account_sid: info.account_sid.clone(),
        services: info.services.clone(),
        source: info.source,
        verdict: info.verdict,
    }
}
