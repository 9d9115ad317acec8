//! Why a snapshot cannot be browsed.

use std::io;

use crate::error::{Advise, Failure};
use crate::plan::PlanError;
use crate::report::html::TemplateError;
use crate::snapshot::SnapshotError;
use crate::storage::StorageError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum BrowseError {
    #[error("the snapshot cannot be read")]
    Snapshot(#[from] SnapshotError),
    #[error("the plan cannot be read")]
    Plan(#[from] PlanError),
    #[error("the search index cannot be made or read")]
    Index(#[from] StorageError),
    #[error("no folder can be made for the search index")]
    IndexFolder(#[source] io::Error),
    #[error("the page cannot be laid out")]
    Page(#[from] TemplateError),
    #[error("a record cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("a list cannot be written as CSV")]
    Csv(#[from] csv::Error),
    #[error("cannot listen on 127.0.0.1:{port}")]
    Bind { port: u16, source: io::Error },
    #[error("this system gives no random numbers for the token")]
    Token(#[source] getrandom::Error),
    #[error("pages cannot be served")]
    Serve(#[source] io::Error),
}

impl Advise for BrowseError {
    fn status(&self) -> Failure {
        match self {
            Self::Snapshot(error) => error.status(),
            Self::Plan(error) => error.status(),
            Self::Index(error) => error.status(),
            Self::Bind { .. } => Failure::Usage,
            _ => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Snapshot(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Index(error) => error.hint(),
            Self::Bind { .. } => {
                Some("another process has this port: leave --port out, and a free one is taken".to_owned())
            }
            _ => None,
        }
    }
}
