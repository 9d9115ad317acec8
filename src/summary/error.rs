//! What can go wrong when records of runs are written or looked for.

use std::io;
use std::path::PathBuf;

use crate::error::{Advise, Failure};

/// Records of runs cannot be written or looked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SummaryError {
    #[error("the folder `{}` cannot be read", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("the result file `{}` cannot be written", path.display())]
    Record { path: PathBuf, source: io::Error },
}

impl Advise for SummaryError {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Folder { .. } => "give the folders or buckets that runs write to".to_owned(),
            Self::Record { .. } => "name another file with --result; nothing was started".to_owned(),
        })
    }
}
