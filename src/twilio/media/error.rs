//! Why a file could not be read or written.

use std::io;

use super::address::BadAddress;
use crate::error::{Advise, Failure};
use crate::twilio::error::{ClientError, REFUSED_HINT, RequestError};

/// A file cannot be had as things are. Another one may.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfetched {
    #[error("Twilio has no such file")]
    Gone,
    #[error("Twilio refuses it: {0}")]
    Refused(Box<RequestError>),
    #[error("it has {found} bytes, not {expected}")]
    OtherSize { expected: u64, found: u64 },
    #[error("it has more than {most} bytes")]
    TooLarge { most: u64 },
    #[error(transparent)]
    Address(BadAddress),
    #[error("its temporary address answers {status}")]
    Status { status: u16 },
    #[error("its temporary address leads on to another one")]
    Redirect,
    #[error("its host is not trusted: {0}")]
    Untrusted(String),
    #[error("Twilio keeps it as another file: {0}")]
    OtherFile(String),
}

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MediaError {
    /// For a reason of its own.
    #[error(transparent)]
    Unfetched(#[from] Unfetched),
    /// A request to MCS failed for a reason that is not the file's.
    #[error(transparent)]
    Request(Box<RequestError>),
    /// Its bytes did not come, however often they were asked for.
    #[error("the bytes of the file did not come: {why}")]
    NotReceived { why: String },
    /// The credentials are not permitted to use MCS.
    #[error("the credentials of {account} may not use the media of service {service}")]
    Forbidden {
        account: String,
        service: String,
        #[source]
        source: Box<RequestError>,
    },
    #[error("the temporary file in `{folder}` cannot be written")]
    Spool {
        folder: String,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Client(ClientError),
    /// The run is ending.
    #[error("interrupted")]
    Interrupted,
}

impl Advise for MediaError {
    fn status(&self) -> Failure {
        match self {
            Self::Forbidden { .. } => Failure::Refused,
            Self::Request(error) => error.status(),
            Self::Interrupted => Failure::Interrupted,
            Self::Unfetched(_) | Self::NotReceived { .. } | Self::Spool { .. } | Self::Client(_) => {
                Failure::Failed
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Forbidden { .. } => Some(format!(
                "{REFUSED_HINT}; media are at the Media Content Service (CHATFERRY_MEDIA_URL), which a restricted key has to be permitted too, or \
                 leave out --media"
            )),
            Self::Spool { .. } => Some(
                "free some space there, or name another folder in TMPDIR; a file takes up to 150 MB, and four are in flight at a time"
                    .to_owned(),
            ),
            Self::Request(error) => error.hint(),
            _ => None,
        }
    }
}
