//! The text of `man` that writes its pages to a folder.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Advise, Failure};

/// The pages cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the manual pages cannot be written to {}", folder.display())]
pub(crate) struct ManError {
    pub folder: PathBuf,
    pub source: io::Error,
}

impl Advise for ManError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}

pub(crate) fn written(folder: &Path) -> String {
    format!("the manual pages are in {}", folder.display())
}
