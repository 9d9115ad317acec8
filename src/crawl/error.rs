//! What ends an entire crawl.

use crate::error::{Advise, Failure};
use crate::model::{Api, Entity, ServiceSid};
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
        service: ServiceSid,
        #[source]
        source: Box<SourceError>,
    },
    /// The credentials may read the service, and none of the lists of one kind in it (403).
    #[error("Twilio does not permit these credentials to read any list of {}", entity.plural().replace('_', " "))]
    ForbiddenLists {
        entity: Entity,
        /// What Twilio said of the first.
        #[source]
        source: Box<SourceError>,
    },
    /// The credentials may not read some of the services (403 or 401). The others were read.
    #[error("Twilio does not permit these credentials to read {services}; the other services were read")]
    ForbiddenServices {
        services: String,
        /// What ended the first.
        #[source]
        source: Box<Self>,
    },
    /// The credentials are of another account than the one that was named.
    #[error("the credentials do not belong to the account that was named")]
    OtherAccount(#[source] Box<SourceError>),
    /// The service is not there for this account.
    #[error("{} has no service {service} in this account", api.title())]
    NoSuchService {
        api: Api,
        service: ServiceSid,
        #[source]
        source: Box<SourceError>,
    },
    /// The API does not answer for the account (410).
    #[error("{} no longer answers for this account", api.title())]
    Gone {
        api: Api,
        #[source]
        source: Box<SourceError>,
    },
    /// Chat does not answer, and Conversations lacks what was asked for.
    #[error("Chat does not answer, and Conversations has no invites to read: {answer}")]
    NoInvites {
        /// What Chat answered.
        answer: String,
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
    /// The committer has stopped; its own error says why.
    #[error("the crawl's writer has stopped")]
    CommitterStopped,
}

impl CrawlError {
    /// What the API answered, where that is what ended the crawl.
    pub(crate) fn answer(&self) -> Option<&SourceError> {
        match self {
            Self::Unauthorized(source)
            | Self::Forbidden { source, .. }
            | Self::NoSuchService { source, .. }
            | Self::Gone { source, .. }
            | Self::OtherAccount(source)
            | Self::ForbiddenLists { source, .. }
            | Self::Unreadable { source, .. } => Some(source),
            Self::ForbiddenServices { .. }
            | Self::NoInvites { .. }
            | Self::Snapshot(_)
            | Self::Stopped(_)
            | Self::CommitterStopped => None,
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
            Self::Unauthorized(_)
            | Self::Forbidden { .. }
            | Self::ForbiddenLists { .. }
            | Self::ForbiddenServices { .. }
            | Self::OtherAccount(_) => Failure::Refused,
            Self::Snapshot(error) => error.status(),
            _ => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unauthorized(source) | Self::Forbidden { source, .. } => {
                let refused = source.hint().unwrap_or_else(|| REFUSED_HINT.to_owned());
                format!("{refused}; what was read is kept, and the same command resumes")
            }
            Self::ForbiddenLists { entity, source } => {
                let path = source.request().map_or_else(String::new, |request| permission(&request.path));
                format!(
                    "the key needs permission to read {path}: a standard API key and the auth token have it, a restricted key \
                     must be given it. Without it, leave `{}` out of --include; what was read is kept",
                    entity.plural().replace('_', "-")
                )
            }
            Self::ForbiddenServices { .. } => "what was read of the other services is kept and can be exported; name those \
                 with --service for a snapshot without the refused ones, or use credentials that may read all"
                .to_owned(),
            Self::OtherAccount(_) => "nothing was stored: give the account SID that the credentials belong to; a subaccount has an \
                 auth token and API keys of its own"
                .to_owned(),
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
            Self::NoInvites { .. } => {
                "leave `invites` out of --include to read the rest from Conversations".to_owned()
            }
            Self::Unreadable { source, .. } if source.hint().is_some() => return source.hint(),
            Self::Unreadable { .. } => {
                "check the network, --chat-url and --conversations-url; nothing was lost, run the same command again".to_owned()
            }
            Self::Snapshot(error) => return error.hint(),
            Self::Stopped(_) | Self::CommitterStopped => {
                "what was committed is kept; run the same command again".to_owned()
            }
        })
    }
}

/// A path with `*` for every SID.
fn permission(path: &str) -> String {
    let is_sid = |part: &str| part.len() == 34 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    path.split('/').map(|part| if is_sid(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}
