//! What can go wrong when results are looked for.

use std::io;
use std::path::PathBuf;

use crate::error::{Advise, Failure};

/// Results cannot be looked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SummaryError {
    #[error("the folder `{}` cannot be read", path.display())]
    Folder { path: PathBuf, source: io::Error },
}

impl Advise for SummaryError {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("give the folders or buckets that runs write to".to_owned())
    }
}
