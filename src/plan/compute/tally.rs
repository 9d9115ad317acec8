//! Counting: what a plan comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::options::PlanOptions;
use crate::model::Entity;
use crate::plan::check::CHECKS;
use crate::plan::finding::PlanCheck;
use crate::plan::operation::{Operation, OperationKind, OperationState, WriteLimit};
use crate::plan::overview::{Batches, Bucket, MediaTotals, PlanVerdict, Step, Totals};
use crate::plan::pace::{self, KindWork};

/// The largest number of participants of each bucket but the last.
const SIZES: [u64; 9] = [0, 1, 2, 10, 50, 100, 250, 500, 1_000];

/// What one kind of operation takes.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    writes: u64,
    requests: u64,
    /// Writes to the conversation that is being planned.
    of_conversation: u64,
    most_of_a_conversation: u64,
    /// Requests of one operation, of those that take most.
    answers: u64,
}

/// What a plan has come to so far.
#[derive(Debug, Default)]
pub(super) struct PlanTally {
    operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    noop: BTreeMap<String, u64>,
    findings: BTreeMap<&'static str, u64>,
    blocks: bool,
    blocked_by: BTreeMap<String, u64>,
    not_checked: BTreeSet<String>,
    work: BTreeMap<OperationKind, Work>,
    sizes: [u64; SIZES.len() + 1],
    /// Conversations that bring participants, these participants, and the lists of them that are read.
    batches: (u64, u64, u64),
    media: MediaTotals,
    /// Operations that will be performed.
    pub(super) pending: u64,
}

impl PlanTally {
    pub(super) fn operation(&mut self, operation: &Operation, blocked: Option<&str>) {
        let state = if blocked.is_some() { OperationState::Blocked } else { OperationState::Pending };
        *self.operations.entry(operation.kind).or_default().entry(state).or_default() += 1;
        if let Some(code) = blocked {
            *self.blocked_by.entry(code.to_owned()).or_default() += 1;
            return;
        }
        self.pending += 1;
        let work = self.work.entry(operation.kind).or_default();
        // What is there is looked up before it is written over, and so is a role that is created: its name may be taken twice.
        let is_looked_up = !operation.before.is_empty() || operation.kind == OperationKind::CreateRole;
        let requests = if is_looked_up { 2 } else { 1 };
        work.requests += requests;
        work.answers = work.answers.max(requests);
        work.writes += 1;
        work.of_conversation += 1;
    }

    /// The conversation that is being planned brings so many of its participants; their list is read unless their views give their SIDs.
    pub(super) fn batch(&mut self, participants: u64, is_covered: bool) {
        let lists = u64::from(!is_covered);
        let Self { batches, work, .. } = self;
        *batches = (batches.0 + 1, batches.1 + participants, batches.2 + lists);
        let create = work.entry(OperationKind::CreateConversation).or_default();
        create.requests += lists;
        create.answers = create.answers.max(1 + lists);
        let work = work.entry(OperationKind::CreateParticipant).or_default();
        for count in [&mut work.requests, &mut work.writes, &mut work.of_conversation] {
            *count = count.saturating_sub(participants);
        }
    }

    /// A message is copied with a file of so many bytes, if with one: it is looked up, fetched and uploaded.
    pub(super) fn media(&mut self, bytes: Option<u64>) {
        let Some(bytes) = bytes else { return };
        self.media.files += 1;
        self.media.bytes += bytes;
        let create = self.work.entry(OperationKind::CreateMessage).or_default();
        create.requests += 3;
        create.answers = 4;
    }

    pub(super) fn conversation_ends(&mut self) {
        for work in self.work.values_mut() {
            work.most_of_a_conversation = work.most_of_a_conversation.max(work.of_conversation);
            work.of_conversation = 0;
        }
    }

    pub(super) fn noop(&mut self, entity: Entity) {
        *self.noop.entry(entity.plural().to_owned()).or_default() += 1;
    }

    pub(super) fn finding(&mut self, check: &'static PlanCheck) {
        *self.findings.entry(check.code).or_default() += 1;
        self.blocks |= check.of_plan;
    }

    /// Notes checks that could not look at all they look at.
    pub(super) fn not_checked(&mut self, codes: &[&str]) {
        self.not_checked.extend(codes.iter().map(|&code| code.to_owned()));
    }

    pub(super) fn size(&mut self, participants: u64) {
        let bucket = SIZES.iter().position(|&most| participants <= most).unwrap_or(SIZES.len());
        self.sizes[bucket] += 1;
    }

    pub(super) fn totals(mut self, options: &PlanOptions, participants_limit: u64) -> Totals {
        self.conversation_ends();
        let steps: Vec<Step> = OperationKind::ALL
            .into_iter()
            .filter_map(|kind| Some((kind, self.work.get(&kind)?)))
            .map(|(kind, work)| {
                let limited_writes = match kind.write_limit() {
                    WriteLimit::Service => work.writes,
                    WriteLimit::Conversation => work.most_of_a_conversation,
                };
                let Work { requests, answers, .. } = *work;
                KindWork { kind, requests, limited_writes, answers }.step(options.pace)
            })
            .collect();
        let verdict = if self.blocks {
            PlanVerdict::Blocked
        } else if self.operations.is_empty() {
            PlanVerdict::NothingToDo
        } else if self.blocked_by.is_empty() {
            PlanVerdict::Ready
        } else {
            PlanVerdict::ReadyExceptBlocked
        };
        let found = |check: &&'static PlanCheck| self.findings.get(check.code).copied().unwrap_or(0);
        let requests: u64 = steps.iter().map(|step| step.requests).sum();
        let (conversations, participants, lists) = self.batches;
        let batches = match conversations {
            0 => Batches::default(),
            _ => Batches { conversations, participants, requests_without: requests + participants - lists },
        };
        Totals {
            verdict,
            noop: self.noop,
            findings: CHECKS.iter().map(|check| (check.code.to_owned(), found(check))).collect(),
            requests,
            batches,
            media: self.media,
            estimated_seconds: pace::seconds_with_check(&steps),
            steps,
            sizes: buckets(&self.sizes),
            participants_limit,
            blocked_by: self.blocked_by,
            not_checked: self.not_checked,
            operations: self.operations,
        }
    }
}

fn buckets(counts: &[u64]) -> Vec<Bucket> {
    let from = |position: usize| position.checked_sub(1).map_or(0, |before| SIZES[before] + 1);
    let bucket = |(position, &conversations): (usize, &u64)| Bucket {
        from: from(position),
        to: SIZES.get(position).copied(),
        conversations,
    };
    counts.iter().enumerate().map(bucket).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::operation::{JsonFields, Subject};
    use crate::plan::pace::RequestPace;

    fn operation(kind: OperationKind, exists: bool) -> Operation {
        let mut before = JsonFields::new();
        if exists {
            before.insert("role_sid".to_owned(), "RL".into());
        }
        Operation { kind, subject: Subject::default(), before, after: JsonFields::new() }
    }

    #[test]
    fn time_is_that_of_the_tightest_limit() {
        let mut tally = PlanTally::default();
        for _ in 0..300 {
            tally.operation(&operation(OperationKind::CreateUser, false), None);
        }
        for _ in 0..2 {
            for _ in 0..600 {
                tally.operation(&operation(OperationKind::CreateParticipant, false), None);
            }
            tally.conversation_ends();
        }
        tally.operation(&operation(OperationKind::UpdateParticipant, true), None);
        tally.operation(&operation(OperationKind::UpdateParticipant, true), Some("row_failed"));
        let pace = RequestPace { requests_per_second: 0, concurrency: 150 };
        let options = PlanOptions { pace, ..PlanOptions::default() };
        let totals = tally.totals(&options, 100);
        let of = |kind| totals.steps.iter().find(|step| step.kind == kind).copied().unwrap();
        let is_near = |kind, seconds: f64| (of(kind).seconds - seconds).abs() < 0.2;
        assert!(is_near(OperationKind::CreateUser, 10.0), "30 a second to the service");
        assert!(is_near(OperationKind::CreateParticipant, 20.0), "30 a second to each conversation");
        assert_eq!(
            of(OperationKind::UpdateParticipant).requests,
            2,
            "looked up, then written; blocked ones cost nothing"
        );
        assert_eq!(totals.requests, 300 + 1200 + 2);
        assert_eq!(totals.operations[&OperationKind::UpdateParticipant][&OperationState::Blocked], 1);
        assert_eq!(totals.verdict, PlanVerdict::ReadyExceptBlocked);
        assert_eq!(totals.blocked_by, BTreeMap::from([("row_failed".to_owned(), 1)]));
    }

    #[test]
    fn the_chosen_rate_counts_where_it_is_lower() {
        let mut tally = PlanTally::default();
        for _ in 0..100 {
            tally.operation(&operation(OperationKind::CreateParticipant, false), None);
            tally.conversation_ends();
        }
        let pace = RequestPace { requests_per_second: 10, ..RequestPace::default() };
        let options = PlanOptions { pace, ..PlanOptions::default() };
        assert!((tally.totals(&options, 100).estimated_seconds - 10.8).abs() < 0.01);
    }

    #[test]
    fn sizes_fall_into_buckets_and_every_check_is_named() {
        let mut tally = PlanTally::default();
        for size in [0, 1, 2, 3, 10, 11, 1_000, 1_001] {
            tally.size(size);
        }
        let totals = tally.totals(&PlanOptions::default(), 100);
        let counts: Vec<u64> = totals.sizes.iter().map(|bucket| bucket.conversations).collect();
        assert_eq!(counts, [1, 1, 1, 2, 1, 0, 0, 0, 1, 1]);
        assert_eq!((totals.sizes[3].from, totals.sizes[3].to), (3, Some(10)));
        assert_eq!(totals.sizes.last().unwrap().to, None);
        assert_eq!(totals.findings.len(), CHECKS.len());
        assert_eq!(totals.verdict, PlanVerdict::NothingToDo);
    }
}
