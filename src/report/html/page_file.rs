//! Why a page cannot be written to a file.

use std::io;
use std::path::PathBuf;

use crate::error::{Advise, Failure};

/// A page cannot be written where it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageFileError {
    #[error("`{}` cannot be a page: the name of a page ends in `.html`", path.display())]
    Kind { path: PathBuf },
    #[error("`{}` is read by this command and cannot be written by it", path.display())]
    Taken { path: PathBuf },
    #[error("the folder of `{}` does not exist", path.display())]
    Folder { path: PathBuf },
    #[error("the page `{}` cannot be written", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl Advise for PageFileError {
    fn status(&self) -> Failure {
        match self {
            Self::Kind { .. } | Self::Taken { .. } | Self::Folder { .. } => Failure::Usage,
            Self::Write { .. } => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Taken { .. } => Some("name another file".to_owned()),
            Self::Folder { .. } => Some("make the folder, or name another".to_owned()),
            Self::Kind { .. } | Self::Write { .. } => None,
        }
    }
}
