//! Conversations that are created together with participants: when they are sent so, and with what outcome.
//!
//! Twilio documents the request, and not whether it honors a participant's role, attributes and dates, nor that every credential may
//! use it. So the first batch of a run goes alone and is read back: its participants are compared with the plan. What it shows decides
//! how the others are sent. A batch that is refused, or that Twilio closes, is the last one of the run.
//!
//! **Invariant:** nothing is taken for honored that was not seen: a value of a kind that no batch has shown yet is read back too. A role
//! may be the one that the target gives by default, so roles count as honored once two different ones were.
//!
//! **Invariant:** a participant is created with its conversation, or by its own operation, or is looked up; never twice.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::mismatch::differences;
use crate::plan::{JsonFields, equality};

/// What of a participant a batch may drop.
const MAY_BE_DROPPED: [&str; 3] = ["role_sid", "attributes", "date_created"];

/// The participants that a conversation is created with, every role filled in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    pub(super) participants: Vec<JsonFields>,
    /// The view of each of them is written, and the answer gives the participant's SID.
    pub(super) is_covered: bool,
}

/// A participant that came with its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BroughtParticipant {
    pub(super) identity: String,
    pub(super) outcome: BroughtOutcome,
}

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BroughtOutcome {
    /// It is as planned; with its SID, where it was read.
    AsPlanned(Option<String>),
    /// It is there under this SID, and something of it was dropped: an update sets that.
    Dropped(String),
    /// The list does not have it: it is looked up before it is created.
    NotSeen,
}

/// What this run knows of batches; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct BatchPolicy(Arc<Mutex<ObservedBatches>>);

#[derive(Debug, Default)]
struct ObservedBatches {
    /// The first batch is in flight.
    is_tried: bool,
    /// One was read back.
    is_seen: bool,
    refused: Option<String>,
    dropped: BTreeSet<&'static str>,
    honored: BTreeSet<&'static str>,
    /// Roles that were honored.
    roles: BTreeSet<String>,
    conversations: u64,
    participants: u64,
}

/// How a run created conversations with participants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BatchOutcome {
    /// Conversations that were created with participants.
    pub conversations: u64,
    pub participants: u64,
    /// What of participants Twilio dropped.
    pub dropped: Vec<String>,
    /// Why no more were sent.
    pub refused: Option<String>,
}

impl BatchPolicy {
    fn known(&self) -> MutexGuard<'_, ObservedBatches> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the first batch is in flight: nothing else is sent until its outcome is known.
    pub(super) fn is_trying(&self) -> bool {
        self.known().is_tried
    }

    /// Takes note that an operation is about to be sent: the first batch goes alone.
    pub(super) fn sends(&self, batch: Option<&Batch>) {
        let mut known = self.known();
        known.is_tried |= batch.is_some() && !known.is_seen && known.refused.is_none();
    }

    /// Takes note that it was.
    pub(super) fn was_sent(&self) {
        self.known().is_tried = false;
    }

    /// Whether a conversation is sent together with its participants: where it was not refused, and where repairing what is dropped
    /// takes fewer requests than creating them one by one.
    pub(super) fn sends_together(&self, batch: &Batch) -> bool {
        let known = self.known();
        if known.refused.is_some() {
            return false;
        }
        let is_dropped = |fields: &&JsonFields| known.dropped.iter().any(|key| says_something(fields, key));
        let repairs = batch.participants.iter().filter(is_dropped).count();
        repairs == 0 || repairs + 1 < batch.participants.len()
    }

    /// Whether the participants are to be read back.
    pub(super) fn reads_back(&self, batch: &Batch) -> bool {
        let known = self.known();
        !known.is_seen
            || !batch.is_covered
            || batch.participants.iter().any(|fields| known.is_unproven(fields))
    }

    /// The outcome of the participants of a batch that was not read back.
    pub(super) fn trusted(batch: &Batch) -> Vec<BroughtParticipant> {
        Self::each(batch, |_| BroughtOutcome::AsPlanned(None))
    }

    /// Their outcome where their list cannot be read.
    pub(super) fn not_seen(batch: &Batch) -> Vec<BroughtParticipant> {
        Self::each(batch, |_| BroughtOutcome::NotSeen)
    }

    fn each(batch: &Batch, outcome: impl Fn(&JsonFields) -> BroughtOutcome) -> Vec<BroughtParticipant> {
        let participants = batch.participants.iter();
        participants
            .filter_map(|fields| {
                let identity = fields.get("identity")?.as_str()?.to_owned();
                Some(BroughtParticipant { identity, outcome: outcome(fields) })
            })
            .collect()
    }

    /// Compares the participants of a conversation with those that were sent with it, and learns from that what is honored.
    pub(super) fn read_back(&self, batch: &Batch, there: &[JsonFields]) -> Vec<BroughtParticipant> {
        let mut known = self.known();
        let mut found = Vec::with_capacity(batch.participants.len());
        for fields in &batch.participants {
            let Some(identity) = fields.get("identity").and_then(Value::as_str) else { continue };
            let row = there.iter().find(|row| row.get("identity").and_then(Value::as_str) == Some(identity));
            let sid = row.and_then(|row| row.get("sid")?.as_str());
            let outcome = match (row, sid) {
                (Some(row), Some(sid)) => {
                    known.learn(fields, row);
                    known.is_seen = true;
                    if differences(fields, row).is_empty() {
                        BroughtOutcome::AsPlanned(Some(sid.to_owned()))
                    } else {
                        BroughtOutcome::Dropped(sid.to_owned())
                    }
                }
                _ => BroughtOutcome::NotSeen,
            };
            found.push(BroughtParticipant { identity: identity.to_owned(), outcome });
        }
        found
    }

    /// A conversation was created with so many participants.
    pub(super) fn created(&self, participants: usize) {
        let mut known = self.known();
        known.conversations += 1;
        known.participants += participants as u64;
    }

    /// No more are sent in this run.
    pub(super) fn refused(&self, why: String) {
        self.known().refused.get_or_insert(why);
    }

    /// What this run has done.
    pub(super) fn outcome(&self) -> BatchOutcome {
        let known = self.known();
        BatchOutcome {
            conversations: known.conversations,
            participants: known.participants,
            dropped: known.dropped.iter().map(|&key| key.to_owned()).collect(),
            refused: known.refused.clone(),
        }
    }
}

impl ObservedBatches {
    fn learn(&mut self, sent: &JsonFields, row: &JsonFields) {
        for key in MAY_BE_DROPPED.into_iter().filter(|key| says_something(sent, key)) {
            let found = row.get(key).unwrap_or(&Value::Null);
            if !equality::same_values(key, &sent[key], found) {
                self.dropped.insert(key);
                continue;
            }
            self.honored.insert(key);
            if let (true, Some(role)) = (key == "role_sid", found.as_str()) {
                self.roles.insert(role.to_owned());
            }
        }
    }

    /// Whether a participant has something of which no batch has shown yet that it is honored.
    fn is_unproven(&self, fields: &JsonFields) -> bool {
        let is_proven = |key: &str| match key {
            "role_sid" => {
                self.roles.len() > 1 || fields[key].as_str().is_some_and(|role| self.roles.contains(role))
            }
            key => self.honored.contains(key),
        };
        let mut keys = MAY_BE_DROPPED.into_iter().filter(|key| says_something(fields, key));
        keys.any(|key| self.dropped.contains(key) || !is_proven(key))
    }
}

/// Whether a participant has a value that it would not have by itself.
fn says_something(fields: &JsonFields, key: &str) -> bool {
    fields.get(key).is_some_and(|value| match key {
        "attributes" => !equality::same_values(key, value, &Value::Null),
        _ => !value.is_null(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testkit::plan::fields;

    fn participant(identity: &str, role: &str, attributes: &str) -> JsonFields {
        fields(json!({
            "identity": identity, "role_sid": role, "attributes": attributes, "date_created": "2020-01-02T03:04:05Z",
        }))
    }

    fn batch(participants: &[JsonFields]) -> Batch {
        Batch { participants: participants.to_vec(), is_covered: true }
    }

    /// The row that Twilio has of it, with other values of these keys.
    fn row(sent: &JsonFields, others: Value) -> JsonFields {
        let mut row = sent.clone();
        row.insert("sid".to_owned(), json!(format!("MB-{}", sent["identity"].as_str().unwrap())));
        row.extend(fields(others));
        row
    }

    #[test]
    fn nothing_is_trusted_that_was_not_seen() {
        let batches = BatchPolicy::default();
        let (plain, rich) = (participant("ada", "RL1", "{}"), participant("bob", "RL2", "{\"a\":1}"));
        let first = batch(std::slice::from_ref(&plain));
        assert!(batches.sends_together(&first) && batches.reads_back(&first), "the first one is read back");
        let brought = batches.read_back(&first, &[row(&plain, json!({}))]);
        assert_eq!(brought[0].outcome, BroughtOutcome::AsPlanned(Some("MB-ada".to_owned())));
        assert!(!batches.reads_back(&first));
        assert!(!batches.reads_back(&batch(&[plain.clone(), plain.clone()])));
        let uncovered = Batch { is_covered: false, ..first.clone() };
        assert!(batches.reads_back(&uncovered), "no other answer gives their SIDs");
        let other = batch(std::slice::from_ref(&rich));
        assert!(batches.reads_back(&other), "neither its attributes nor another role than one was seen");
        batches.read_back(&other, &[row(&rich, json!({}))]);
        assert!(!batches.reads_back(&other));
        assert!(
            !batches.reads_back(&batch(&[participant("cyd", "RL3", "{\"b\":2}")])),
            "two roles were honored"
        );
    }

    #[test]
    fn what_is_dropped_is_repaired_where_that_is_cheaper() {
        let batches = BatchPolicy::default();
        let sent: Vec<JsonFields> =
            ["a", "b", "c"].iter().map(|identity| participant(identity, "RL1", "{}")).collect();
        let mut with = sent.clone();
        with[0] = participant("a", "RL1", "{\"a\":1}");
        let there = [row(&with[0], json!({"attributes": "{}"})), row(&with[1], json!({}))];
        let brought = batches.read_back(&batch(&with), &there);
        let outcomes: Vec<&BroughtOutcome> = brought.iter().map(|brought| &brought.outcome).collect();
        let [dropped, as_planned, not_seen] = &outcomes[..] else { panic!() };
        assert_eq!(**dropped, BroughtOutcome::Dropped("MB-a".to_owned()));
        assert_eq!(**as_planned, BroughtOutcome::AsPlanned(Some("MB-b".to_owned())));
        assert_eq!(**not_seen, BroughtOutcome::NotSeen);
        assert!(batches.sends_together(&batch(&with)), "a list and one repair are less than three creates");
        assert!(batches.reads_back(&batch(&with)) && !batches.reads_back(&batch(&sent)));
        with[1] = participant("b", "RL1", "{\"a\":1}");
        assert!(!batches.sends_together(&batch(&with)), "a list and two repairs are not");
        assert_eq!(batches.outcome().dropped, ["attributes"]);
        batches.refused("no".to_owned());
        assert!(!batches.sends_together(&batch(&sent)));
    }
}
