//! The record of a run that `--result` asks for: whose run it was, when, its result and how it ended.
//!
//! **Invariant:** a run that was killed has a record that says so: one without an end is written before the verb begins.

use std::io;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::clock;
use crate::error::{Advise, ExitStatus, Failure};
use crate::model::{AccountSid, ServiceSid};
use crate::report::text::problem::Problem;
use crate::settings::ResultSettings;
use crate::storage::{self, Access};
use crate::summary::RECORD_FORMAT;

use super::Outcome;
use super::context::KeptResult;

/// The record cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the result file {} cannot be written", path.display())]
pub(super) struct RecordError {
    path: PathBuf,
    source: io::Error,
}

impl Advise for RecordError {
    fn status(&self) -> Failure {
        Failure::Usage
    }
}

/// The record of a run, as it is written.
#[derive(Debug, Serialize)]
pub(super) struct RunRecord {
    #[serde(skip)]
    path: PathBuf,
    chatferry_result: u64,
    tool_version: &'static str,
    verb: String,
    account: Option<String>,
    account_sid: Option<AccountSid>,
    services: Vec<ServiceSid>,
    started: String,
    /// Null while it runs, and for good where it was killed.
    finished: Option<String>,
    exit_code: Option<u8>,
    result: Option<Value>,
    error: Option<Problem>,
}

impl RunRecord {
    /// Writes the record of a run that begins.
    pub(super) fn begin(settings: ResultSettings, verb: &str) -> Result<Self, RecordError> {
        let record = Self {
            path: settings.path,
            chatferry_result: RECORD_FORMAT,
            tool_version: env!("CARGO_PKG_VERSION"),
            verb: verb.to_owned(),
            account: settings.account,
            account_sid: settings.account_sid,
            services: settings.services,
            started: clock::now().to_string(),
            finished: None,
            exit_code: None,
            result: None,
            error: None,
        };
        if let Some(folder) = record.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            storage::create_folder(folder, Access::of_results())
                .map_err(|source| RecordError { path: record.path.clone(), source })?;
        }
        record.write()?;
        Ok(record)
    }

    /// Writes it again with the end of the run.
    pub(super) fn end(mut self, outcome: &Outcome, kept: KeptResult) -> Result<(), RecordError> {
        let status = match outcome {
            Ok(status) => *status,
            Err(error) if error.is_broken_pipe() => ExitStatus::Done,
            Err(error) => {
                self.error = Some(error.problem());
                error.status
            }
        };
        self.exit_code = Some(status.code());
        self.finished = Some(clock::now().to_string());
        if let KeptResult::There(result) = kept {
            self.result = Some(result);
        }
        self.write()
    }

    fn write(&self) -> Result<(), RecordError> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::from);
        text.and_then(|text| storage::write(&self.path, format!("{text}\n").as_bytes(), Access::of_results()))
            .map_err(|source| RecordError { path: self.path.clone(), source })
    }
}
