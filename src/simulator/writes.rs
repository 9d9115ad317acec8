//! The log of writes, and how often each thing was created.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::data::Account;

/// A write as it arrived, and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    pub form: Vec<(String, String)>,
    pub webhook_enabled: Option<String>,
    /// The status that was answered, or was to be when the answer was lost; 0 if there was to be none.
    pub status: u16,
    /// Whether an answer was sent.
    pub answered: bool,
    pub accepted: bool,
}

impl Write {
    pub fn to_json(&self) -> Value {
        json!({
            "method": self.method,
            "path": self.path,
            "form": self.form,
            "webhook_enabled": self.webhook_enabled,
            "status": self.status,
            "answered": self.answered,
            "accepted": self.accepted,
        })
    }
}

/// How often a thing was created in a service. More than once is right only if it was deleted in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    pub service_sid: String,
    /// `role`, `user`, `conversation`, `participant` or `message`.
    pub kind: &'static str,
    /// A role's friendly name and type, a user's identity, a conversation's unique name (its SID if it has none), a participant's
    /// conversation SID and identity, or a message's conversation SID and index.
    pub key: String,
    pub times: u32,
}

/// The log of writes, in the order they were answered.
#[derive(Debug)]
pub(crate) struct WriteLog {
    records: bool,
    writes: Mutex<Vec<Write>>,
}

impl WriteLog {
    pub(crate) fn new(records: bool) -> Self {
        Self { records, writes: Mutex::default() }
    }

    pub(crate) fn add(&self, write: impl FnOnce() -> Write) {
        if self.records {
            self.writes.lock().unwrap_or_else(PoisonError::into_inner).push(write());
        }
    }

    pub(crate) fn all(&self) -> Vec<Write> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One JSON object a line.
    pub(crate) fn to_ndjson(&self) -> String {
        let lines: Vec<String> = self.all().iter().map(|write| write.to_json().to_string() + "\n").collect();
        lines.concat()
    }
}

/// What was created in all services.
pub(crate) fn created(accounts: &[Account]) -> Vec<Created> {
    let worlds = accounts.iter().flat_map(|account| &account.services);
    let mut all = Vec::new();
    for world in worlds {
        let view = world.view();
        all.extend(view.changes.created.iter().flatten().map(|((kind, key), times)| Created {
            service_sid: world.account.service_sid.clone(),
            kind: kind.name(),
            key: key.clone(),
            times: *times,
        }));
    }
    all
}

/// The same for the statistics: how many of each kind, and which ones more than once.
pub(crate) fn summary(created: &[Created]) -> Value {
    let mut counts = Map::new();
    for kind in ["role", "user", "conversation", "participant", "message"] {
        let times: u32 = created.iter().filter(|one| one.kind == kind).map(|one| one.times).sum();
        counts.insert(kind.to_owned(), json!(times));
    }
    let again = created.iter().filter(|one| one.times > 1);
    let again: Vec<Value> = again
        .map(|one| json!({"service": one.service_sid, "kind": one.kind, "key": one.key, "times": one.times}))
        .collect();
    json!({ "created": counts, "created_more_than_once": again })
}
