//! The digest of a plan: SHA-256 over all that was planned, in the order in which it is stored.
//!
//! **Invariant:** draft and reader feed it by the same functions, so that the two agree or the file was changed.
//!
//! Every part has its length in front, so that no two plans give the same stream.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::row::StoredOperation;
use crate::plan::operation::{Operation, PlannedMessage};
use crate::storage::hex;

/// The digest in the making. Operations and findings come in any mixture, counterparts at the end.
#[derive(Debug)]
pub(super) struct PlanDigest {
    operations: Sha256,
    findings: Sha256,
    line: Vec<u8>,
}

impl PlanDigest {
    pub(super) fn new() -> Self {
        Self { operations: Sha256::new(), findings: Sha256::new(), line: Vec::with_capacity(2048) }
    }

    /// Adds an operation as it is planned: what it is about, the values, the request, and why it is blocked.
    pub(super) fn operation(&mut self, operation: &Operation, stored: &StoredOperation<'_>) {
        let subject = &operation.subject;
        let line = &mut self.line;
        line.clear();
        part(line, Some(operation.kind.name()));
        sid(line, subject.service_sid.as_ref());
        sid(line, subject.role_sid.as_ref());
        sid(line, subject.user_sid.as_ref());
        sid(line, subject.channel_sid.as_ref());
        sid(line, subject.member_sid.as_ref());
        sid(line, subject.invite_sid.as_ref());
        part(line, subject.identity.as_deref());
        part(line, subject.unique_name.as_deref());
        part(line, subject.target_sid.as_deref());
        part(line, subject.conversation_sid.as_deref());
        part(line, subject.target_user_sid.as_deref());
        part(line, Some(stored.before.unwrap_or("{}")));
        part(line, Some(stored.after.unwrap_or("{}")));
        part(line, stored.blocked);
        if let Some(PlannedMessage { index, position }) = subject.message {
            part(line, Some(&index.to_string()));
            part(line, Some(&position.to_string()));
        }
        operation.request().write_to(line);
        self.operations.update((line.len() as u64).to_le_bytes());
        self.operations.update(line);
    }

    /// Adds a check or a finding, column by column.
    pub(super) fn finding(&mut self, columns: &[Option<&str>]) {
        self.line.clear();
        for column in columns {
            part(&mut self.line, *column);
        }
        self.findings.update((self.line.len() as u64).to_le_bytes());
        self.findings.update(&self.line);
    }

    /// The digest, as hexadecimal digits.
    pub(super) fn finish(
        self,
        connection: &Connection,
        header: &str,
        totals: &str,
    ) -> rusqlite::Result<String> {
        let mut plan = Sha256::new();
        let mut line = Vec::new();
        part(&mut line, Some(header));
        part(&mut line, Some(totals));
        plan.update(&line);
        plan.update(self.operations.finalize());
        plan.update(self.findings.finalize());
        let mut statement = connection.prepare(
            "SELECT entity, source, target FROM counterpart WHERE planned = 1 ORDER BY entity, source",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            line.clear();
            for column in 0..3 {
                part(&mut line, row.get_ref(column)?.as_str_or_null()?);
            }
            plan.update(&line);
        }
        Ok(hex(&plan.finalize()))
    }
}

fn part(line: &mut Vec<u8>, text: Option<&str>) {
    let length = text.map_or(u64::MAX, |text| text.len() as u64);
    line.extend_from_slice(&length.to_le_bytes());
    line.extend_from_slice(text.unwrap_or_default().as_bytes());
}

fn sid<K: crate::model::SidKind>(line: &mut Vec<u8>, sid: Option<&crate::model::Sid<K>>) {
    let at = line.len();
    line.extend_from_slice(&u64::MAX.to_le_bytes());
    if let Some(sid) = sid {
        sid.push_to(line);
        let length = (line.len() - at - 8) as u64;
        if let Some(place) = line.get_mut(at..at + 8) {
            place.copy_from_slice(&length.to_le_bytes());
        }
    }
}
