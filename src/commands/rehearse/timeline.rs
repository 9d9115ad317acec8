//! When the operations of each kind were started, as the journal of the copy has it.

use jiff::Timestamp;

use crate::plan::file::starts;
use crate::plan::{PlanError, PlanFile};
use crate::report::rehearsal::result::{KindOverTime, RehearsalTimeline};

/// The parts that a timeline has at most.
const PARTS: u64 = 90;

/// The timeline of an apply that began then and took so many seconds.
pub(super) fn timeline(
    plan: &PlanFile,
    began: Timestamp,
    seconds: u64,
) -> Result<RehearsalTimeline, PlanError> {
    let part_seconds = (seconds + 1).div_ceil(PARTS);
    let parts = usize::try_from((seconds + 1).div_ceil(part_seconds)).unwrap_or(usize::MAX);
    let mut kinds: Vec<KindOverTime> = Vec::new();
    starts(plan, |kind, started, operations| {
        let Ok(started) = started.parse::<Timestamp>() else { return Ok(()) };
        let at = u64::try_from(started.as_second() - began.as_second()).unwrap_or_default().min(seconds);
        if kinds.last().is_none_or(|last| last.kind != kind) {
            let parts = vec![0; parts];
            kinds.push(KindOverTime { kind, from: at, to: at, operations: 0, parts, most_a_second: 0 });
        }
        let row = kinds.last_mut().expect("it is there by now");
        row.to = at;
        row.operations += operations;
        row.most_a_second = row.most_a_second.max(operations);
        if let Some(part) = usize::try_from(at / part_seconds).ok().and_then(|part| row.parts.get_mut(part)) {
            *part += operations;
        }
        Ok::<(), PlanError>(())
    })?;
    kinds.sort_by_key(|row| row.from);
    Ok(RehearsalTimeline { part_seconds, kinds })
}
