//! The record of a run that `--result` asks for: whose run it was, when, its result and how it ended.
//!
//! **Invariant:** a run that was killed has a record that says so: one without an end is written before the verb begins.

use std::io;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::error::SummaryError;
use crate::clock;
use crate::error::ExitStatus;
use crate::model::{AccountSid, ServiceSid};
use crate::storage::{self, Access};

/// The format of records of runs.
pub(super) const RECORD_FORMAT: u64 = 1;

/// Whose run it is.
#[derive(Debug, Serialize)]
pub(crate) struct WhoseRun {
    pub verb: String,
    /// The name in the accounts file.
    pub account: Option<String>,
    pub account_sid: Option<AccountSid>,
    /// The services that the settings name.
    pub services: Vec<ServiceSid>,
}

/// The record of a run, as it is written.
#[derive(Debug, Serialize)]
pub(crate) struct RunRecord {
    #[serde(skip)]
    path: PathBuf,
    chatferry_result: u64,
    tool_version: &'static str,
    #[serde(flatten)]
    whose: WhoseRun,
    started: String,
    /// Null while it runs, and for good where it was killed.
    finished: Option<String>,
    exit_code: Option<u8>,
    result: Option<Value>,
    error: Option<Value>,
}

impl RunRecord {
    /// Writes the record of a run that begins.
    pub(crate) fn begin(path: PathBuf, whose: WhoseRun) -> Result<Self, SummaryError> {
        let record = Self {
            path,
            chatferry_result: RECORD_FORMAT,
            tool_version: env!("CARGO_PKG_VERSION"),
            whose,
            started: clock::now().to_string(),
            finished: None,
            exit_code: None,
            result: None,
            error: None,
        };
        if let Some(folder) = record.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            storage::create_folder(folder, Access::of_results()).map_err(|source| record.failed(source))?;
        }
        record.write()?;
        Ok(record)
    }

    /// Writes it again with the end of the run.
    pub(crate) fn end(
        mut self,
        status: ExitStatus,
        result: Option<Value>,
        error: Option<Value>,
    ) -> Result<(), SummaryError> {
        (self.exit_code, self.finished) = (Some(status.code()), Some(clock::now().to_string()));
        (self.result, self.error) = (result, error);
        self.write()
    }

    fn write(&self) -> Result<(), SummaryError> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::from);
        text.and_then(|text| storage::write(&self.path, format!("{text}\n").as_bytes(), Access::of_results()))
            .map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> SummaryError {
        SummaryError::Record { path: self.path.clone(), source }
    }
}
