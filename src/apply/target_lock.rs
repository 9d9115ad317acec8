//! One copy into a service at a time, on this machine.
//!
//! Two runs of one plan are kept apart by the plan's own lock; two copies of it are not. Users and conversations have names that Twilio
//! takes once only, so that the second run finds them. Roles do not: two runs that look at the same moment both find none, and both
//! create one.
//!
//! **Why not everywhere:** nothing at Twilio can be locked. Runs on several machines, or of several system users without a folder in
//! common, are not kept apart; SECURITY.md says so.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::error::{Advise, Failure};
use crate::plan::Header;
use crate::storage::{FileLock, LockError};

/// Another run copies into the service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetLockError {
    #[error("another chatferry is copying into the service {service}")]
    Busy { service: String, path: PathBuf },
    #[error("cannot use `{}`, the lock of the service {service}", path.display())]
    File { service: String, path: PathBuf, source: std::io::Error },
}

impl Advise for TargetLockError {
    fn status(&self) -> Failure {
        match self {
            Self::Busy { .. } => Failure::Usage,
            Self::File { .. } => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Busy { path, .. } => format!(
                "wait until that run ends: two at once could create roles twice; nothing was written. It holds the lock on `{}`",
                path.display()
            ),
            Self::File { .. } => {
                "check that the folder can be written, or name another one in XDG_RUNTIME_DIR; nothing was written".to_owned()
            }
        })
    }
}

/// Locks the target of a copy, at this origin of the API, for as long as the lock is held. Never waits.
pub(crate) fn lock_target(folder: &Path, origin: &str, header: &Header) -> Result<FileLock, TargetLockError> {
    let service = header.target.service_sid.clone();
    let mut hasher = DefaultHasher::new();
    (origin, &header.target.account_sid, &service).hash(&mut hasher);
    let path = folder.join(format!("chatferry-{:016x}.lock", hasher.finish()));
    FileLock::of_name(&path).map_err(|error| match error {
        LockError::System(source) => TargetLockError::File { service, path, source },
        LockError::Busy | LockError::SeveralNames(_) => TargetLockError::Busy { service, path },
    })
}
