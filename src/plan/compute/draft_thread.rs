//! A plan that is written by a thread of its own, while what comes next is computed.
//!
//! **Invariant:** everything is written in the order in which it was planned, as without the thread.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::options::PlanOptions;
use super::planner::{Inputs, Sink};
use super::run::compute;
use crate::model::Entity;
use crate::plan::error::PlanError;
use crate::plan::file::PlanDraft;
use crate::plan::finding::PlanFinding;
use crate::plan::operation::Operation;
use crate::plan::overview::Totals;

/// Additions that are handed over at a time, and how many times as many may wait: about 2 MB.
const BATCH: usize = 256;
const WAITING: usize = 4;

/// What is added to a plan.
#[expect(clippy::large_enum_variant, reason = "nearly all of them are operations")]
enum Addition {
    Operation(Operation, Option<&'static str>),
    Counterpart(Entity, String, String),
    Finding(PlanFinding),
}

/// Computes a plan into a draft. It calls `progress` now and then with the number of items so far.
pub fn compute_into(
    draft: PlanDraft,
    inputs: &Inputs<'_>,
    options: &PlanOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<(PlanDraft, Totals), PlanError> {
    write_beside(draft, |sink| compute(inputs, options, sink, progress))
}

/// Writes what `compute` plans while it goes on.
fn write_beside<T>(
    draft: PlanDraft,
    compute: impl FnOnce(&mut dyn Sink) -> Result<T, PlanError>,
) -> Result<(PlanDraft, T), PlanError> {
    let (batches, received) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || write(draft, &received));
        let mut sender = BatchSender { batches, batch: Vec::with_capacity(BATCH) };
        let computed = compute(&mut sender).and_then(|computed| sender.send().map(|()| computed));
        drop(sender);
        // Where the writer failed, that is why the computing ended.
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((written, computed?))
    })
}

fn write(mut draft: PlanDraft, batches: &Receiver<Vec<Addition>>) -> Result<PlanDraft, PlanError> {
    for addition in batches.iter().flatten() {
        match addition {
            Addition::Operation(operation, blocked) => draft.operation(&operation, blocked)?,
            Addition::Counterpart(entity, source, target) => draft.counterpart(entity, &source, &target)?,
            Addition::Finding(finding) => draft.finding(&finding)?,
        }
    }
    Ok(draft)
}

/// Hands additions over to the thread that writes them.
struct BatchSender {
    batches: SyncSender<Vec<Addition>>,
    batch: Vec<Addition>,
}

impl BatchSender {
    fn add(&mut self, addition: Addition) -> Result<(), PlanError> {
        self.batch.push(addition);
        if self.batch.len() < BATCH { Ok(()) } else { self.send() }
    }

    fn send(&mut self) -> Result<(), PlanError> {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.batches.send(batch).map_err(|_| PlanError::WriterEnded)
    }
}

impl Sink for BatchSender {
    fn operation(&mut self, operation: Operation, blocked: Option<&'static str>) -> Result<(), PlanError> {
        self.add(Addition::Operation(operation, blocked))
    }

    fn counterpart(&mut self, entity: Entity, source: String, target: String) -> Result<(), PlanError> {
        self.add(Addition::Counterpart(entity, source, target))
    }

    fn finding(&mut self, finding: PlanFinding) -> Result<(), PlanError> {
        self.add(Addition::Finding(finding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::WantedOperations;
    use crate::plan::operation::{JsonFields, OperationKind, Subject};
    use crate::testkit;

    fn operation(number: usize) -> Operation {
        let identity = Some(number.to_string());
        let subject = Subject { identity, ..Subject::default() };
        Operation {
            kind: OperationKind::CreateUser,
            subject,
            before: JsonFields::new(),
            after: JsonFields::new(),
        }
    }

    fn draft(folder: &tempfile::TempDir) -> PlanDraft {
        PlanDraft::create(&folder.path().join("plan.db"), &testkit::plan::header()).unwrap()
    }

    #[test]
    fn everything_is_written_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let count = BATCH * (WAITING + 2) + 1;
        let all = |sink: &mut dyn Sink| {
            (0..count)
                .try_for_each(|number| sink.operation(operation(number), None))
                .map(|()| testkit::plan::totals())
        };
        let (draft, totals) = write_beside(draft(&folder), all).unwrap();
        let plan = draft.finish(&totals).unwrap();
        let mut read = Vec::new();
        plan.operations::<PlanError>(&WantedOperations::default(), |entry| {
            read.push(entry.operation.subject.identity.clone());
            Ok(())
        })
        .unwrap();
        assert!(read.into_iter().eq((0..count).map(|number| Some(number.to_string()))));
    }

    #[test]
    fn why_the_writer_failed_is_why_the_plan_did() {
        let folder = tempfile::tempdir().unwrap();
        let spoiled = draft(&folder).spoiled();
        let endless = |sink: &mut dyn Sink| loop {
            sink.operation(operation(0), None)?;
        };
        let error = write_beside::<()>(spoiled, endless).unwrap_err();
        assert!(matches!(error, PlanError::Storage(_)), "{error:?}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "an unfinished draft leaves nothing");
    }
}
