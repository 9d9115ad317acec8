//! Whether a plan may be performed: it fits the files that it was made from, the credentials and the target as it is now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::apply::Clients;
use crate::error::{Advise, Failure};
use crate::event::Events;
use crate::mapping;
use crate::model::ServiceSid;
use crate::plan::{self, Check, Endpoint, Journal, Kind, Move, Severity, State, Totals, Verdict};
use crate::report::CountedFinding;
use crate::settings::{ConnectionSettings, Loader};
use crate::snapshot::Snapshot;
use crate::source::{ConversationsSource, SourceError};
use crate::twilio::RequestError;

use super::super::CommandError;
use super::super::connect;

/// A plan is not performed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// A check blocks the plan as a whole.
    #[error("the plan `{}` is blocked as a whole: {checks}", plan.display())]
    Blocked { plan: PathBuf, checks: String },
    /// The snapshot is another one than the plan was made from.
    #[error("the snapshot `{}` is not as it was when the plan was made", path.display())]
    OtherSnapshot { path: PathBuf },
    /// The mapping is another one.
    #[error("the mapping `{name}` is not as it was when the plan was made")]
    OtherMapping { name: String },
    /// The credentials are of another account.
    #[error("the plan {does} the account {planned}, and the credentials are of {given}")]
    OtherAccount { does: &'static str, planned: String, given: String },
    /// The target's record has changed.
    #[error("the target {service} was changed since the plan was made: its settings are not as they were")]
    TargetChanged { service: String },
    /// The target is not there.
    #[error("there is no service {service} in the account {account}")]
    NoTarget {
        service: String,
        account: String,
        #[source]
        source: Box<RequestError>,
    },
    /// The target's own record cannot be compared.
    #[error("the target's own record cannot be put as JSON")]
    Record(#[source] serde_json::Error),
}

impl Advise for Refused {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Blocked { .. } => {
                "see the findings with `chatferry plan show`, mend what they name, and plan again; nothing was written"
                    .to_owned()
            }
            Self::OtherSnapshot { .. } => {
                "plan again from the new one, or put the old one back (or away: without the file there is nothing to compare); \
                 nothing was written"
                    .to_owned()
            }
            Self::OtherMapping { .. } => {
                "plan again with the new one, or put the old one back; nothing was written".to_owned()
            }
            Self::OtherAccount { does: WRITES_TO, .. } => {
                "set TWILIO_ACCOUNT_SID and its secret, or CHATFERRY_TARGET_ACCOUNT_SID and its secret where the target is of \
                 another account than the source; nothing was written"
                    .to_owned()
            }
            Self::OtherAccount { .. } => {
                "set TWILIO_ACCOUNT_SID and its secret to the source's account; nothing was written".to_owned()
            }
            Self::TargetChanged { .. } => "plan again, and review what is different; nothing was written".to_owned(),
            Self::NoTarget { .. } => "check the credentials, or plan again; nothing was written".to_owned(),
            Self::Record(_) => return None,
        })
    }
}

const WRITES_TO: &str = "writes to";
const WRITES_TO_SOURCE: &str = "mutes or converts in";

/// Checks a plan against its own verdict and the files that it was made from, as far as they are there.
pub(super) fn check_files(journal: &Journal, totals: &Totals) -> Result<(), CommandError> {
    if totals.verdict == Verdict::Blocked {
        let made = journal.checks()?;
        let blocks = |(code, count): (&String, &u64)| {
            let check =
                made.iter().find(|check| check.code == code).filter(|check| *count > 0 && check.of_plan);
            check.filter(|check| check.severity == Severity::Block).map(|check| check.code)
        };
        let checks: Vec<&str> = totals.findings.iter().filter_map(blocks).collect();
        let plan = journal.path().to_path_buf();
        return Err(Refused::Blocked { plan, checks: checks.join(", ") }.into());
    }
    let header = journal.header();
    if header.kind == Move::Undo {
        return Ok(()); // it is made of a journal alone
    }
    let path = Path::new(&header.snapshot);
    if path.exists() && Snapshot::open(path)?.content_digest()? != header.snapshot_digest {
        return Err(Refused::OtherSnapshot { path: path.to_path_buf() }.into());
    }
    // A mapping whose file is gone cannot have been changed into another one.
    if let Ok(mapping) = mapping::load(&header.mapping)
        && mapping.sha256 != header.mapping_digest
    {
        return Err(Refused::OtherMapping { name: header.mapping.clone() }.into());
    }
    Ok(())
}

/// The connections with which a plan may be performed.
#[derive(Debug)]
pub(super) struct Admitted {
    source: ConnectionSettings,
    target: ConnectionSettings,
    /// Whether both are of one account, which then has one client.
    one_account: bool,
}

impl Admitted {
    /// Checks that the credentials are of the accounts that the plan writes to.
    pub(super) fn of(
        journal: &Journal,
        totals: &Totals,
        connection: &ConnectionSettings,
        loader: &Loader,
    ) -> Result<Self, CommandError> {
        let header = journal.header();
        let source_account = connection.read_credentials()?.account_sid.to_string();
        let one_account = source_account == header.target.account_sid;
        let target = if one_account { connection.clone() } else { loader.target_connection(connection)? };
        let given = target.read_credentials()?.account_sid.to_string();
        if given != header.target.account_sid {
            let planned = header.target.account_sid.clone();
            return Err(Refused::OtherAccount { does: WRITES_TO, planned, given }.into());
        }
        let of_source = |kind: &Kind| kind.endpoint() == Endpoint::SourceChat;
        let to_source = totals.operations.iter().any(|(kind, states)| {
            of_source(kind) && states.iter().any(|(state, count)| *state != State::Blocked && *count > 0)
        });
        if to_source && source_account != header.source.account_sid {
            let (planned, given) = (header.source.account_sid.clone(), source_account);
            return Err(Refused::OtherAccount { does: WRITES_TO_SOURCE, planned, given }.into());
        }
        Ok(Self { source: connection.clone(), target, one_account })
    }

    /// Reads the target's own record and configuration again. Of a plan that was begun a change is told and no more: the way to
    /// mend some failures is to change the target's settings.
    pub(super) async fn check_target(
        &self,
        journal: &Journal,
        stop: &CancellationToken,
    ) -> Result<(), CommandError> {
        let header = journal.header();
        if header.kind == Move::Undo {
            return Ok(()); // each of its operations looks at what it writes to
        }
        let service = &header.target.service_sid;
        let client = connect::client(&self.target, &Events::none(), stop)?;
        let sid = ServiceSid::from_wire(service);
        let read = ConversationsSource::new(client).service(&sid).await;
        let record = match read {
            Ok(fetched) => fetched.record,
            Err(SourceError::Request(error)) if error.is_not_found() => {
                let (service, account) = (service.clone(), header.target.account_sid.clone());
                return Err(Refused::NoTarget { service, account, source: error.into() }.into());
            }
            Err(error) => return Err(error.into()),
        };
        if plan::service_digest(&record).map_err(Refused::Record)? == header.target_service_digest {
            return Ok(());
        }
        if !journal.is_begun()? {
            return Err(Refused::TargetChanged { service: service.clone() }.into());
        }
        tracing::warn!(%service, "the target's settings were changed since the plan was made");
        Ok(())
    }

    /// The clients to perform it with.
    pub(super) fn clients(&self, events: &Events, stop: &CancellationToken) -> Result<Clients, CommandError> {
        let target = connect::client(&self.target, events, stop)?;
        let source = if self.one_account {
            std::sync::Arc::clone(&target)
        } else {
            connect::client(&self.source, events, stop)?
        };
        Ok(Clients { source, target })
    }
}

/// The findings with their severities.
pub(super) fn findings(
    counts: BTreeMap<String, u64>,
    checks: &[&'static Check],
) -> BTreeMap<String, CountedFinding> {
    let counted = |(code, count): (String, u64)| {
        let severity =
            checks.iter().find(|check| check.code == code).map_or(Severity::Note, |check| check.severity);
        let severity = if count == 0 { Severity::Pass } else { severity };
        (code, CountedFinding { severity, count })
    };
    counts.into_iter().map(counted).collect()
}
