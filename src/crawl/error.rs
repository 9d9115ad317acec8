//! What ends a crawl as a whole.

use crate::error::{Advise, Failure};
use crate::model::{Api, ServiceSid};
use crate::snapshot::SnapshotError;
use crate::source::SourceError;
use crate::twilio::REFUSED_HINT;

/// A crawl could not go on. What was committed is kept. Sources are boxed: a request's error is large, and rare.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CrawlError {
    /// The credentials were refused (401).
    #[error("Twilio refused the credentials")]
    Unauthorized(#[source] Box<SourceError>),
    /// The credentials may not read the service (403).
    #[error("Twilio does not permit these credentials to read {service}")]
    Forbidden {
        /// The service.
        service: ServiceSid,
        /// What Twilio said.
        #[source]
        source: Box<SourceError>,
    },
    /// The service is not there for this account.
    #[error("{} has no service {service} in this account", api.title())]
    NoSuchService {
        api: Api,
        /// The service.
        service: ServiceSid,
        /// What Twilio said.
        #[source]
        source: Box<SourceError>,
    },
    /// The API does not answer for the account (410).
    #[error("{} no longer answers for this account", api.title())]
    Gone {
        api: Api,
        /// What Twilio said.
        #[source]
        source: Box<SourceError>,
    },
    /// Nothing could be read at all.
    #[error("cannot read {subject}")]
    Unreadable {
        /// What was asked for first.
        subject: String,
        /// Why it could not be read.
        #[source]
        source: Box<SourceError>,
    },
    /// The snapshot could not be written.
    #[error("cannot store what was read")]
    Snapshot(#[from] SnapshotError),
    /// A part of the program failed. What was committed is kept.
    #[error("a part of the crawl stopped unexpectedly")]
    Stopped(#[source] tokio::task::JoinError),
    /// The clerk has gone; its own error says why.
    #[error("the crawl's writer has stopped")]
    ClerkGone,
}

impl CrawlError {
    /// What the API answered, where that is what ended the crawl.
    pub(crate) fn answer(&self) -> Option<&SourceError> {
        match self {
            Self::Unauthorized(source)
            | Self::Forbidden { source, .. }
            | Self::NoSuchService { source, .. }
            | Self::Gone { source, .. }
            | Self::Unreadable { source, .. } => Some(source),
            Self::Snapshot(_) | Self::Stopped(_) | Self::ClerkGone => None,
        }
    }

    /// The service that the answer was about, where it was about one.
    pub(crate) fn service(&self) -> Option<&ServiceSid> {
        match self {
            Self::Forbidden { service, .. } | Self::NoSuchService { service, .. } => Some(service),
            _ => None,
        }
    }
}

impl Advise for CrawlError {
    fn status(&self) -> Failure {
        match self {
            Self::Unauthorized(_) | Self::Forbidden { .. } => Failure::Refused,
            Self::Snapshot(error) => error.status(),
            _ => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unauthorized(_) | Self::Forbidden { .. } => {
                format!("{REFUSED_HINT}; what was read is kept, and the same command goes on from there")
            }
            Self::NoSuchService { .. } => {
                "check the SID, and that the credentials are of the account that has the \
                 service; `chatferry probe` lists the services it has"
                    .to_owned()
            }
            Self::Gone { api: Api::Chat, .. } => {
                "Programmable Chat has ended for this account; Conversations still has what was private: read it into \
                 another file with --source conversations"
                    .to_owned()
            }
            Self::Gone { .. } => "check that the account is still active".to_owned(),
            Self::Unreadable { .. } => {
                "check the network, --chat-url and --conversations-url; nothing was lost, run the same command again".to_owned()
            }
            Self::Snapshot(error) => return error.hint(),
            Self::Stopped(_) | Self::ClerkGone => {
                "what was committed is kept; run the same command again".to_owned()
            }
        })
    }
}
