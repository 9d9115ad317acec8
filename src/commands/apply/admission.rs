//! Whether a plan may be performed: it fits the files that it was made from, the credentials and the target as it is now.

use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::apply::{Clients, MediaCopier, PlanRefused};
use crate::event::Events;
use crate::mapping;
use crate::model::{Api, ServiceSid};
use crate::plan::binding::{AccountUse, PlanBinding, PlanMismatch};
use crate::plan::{
    Endpoint, Header, Journal, Move, OperationKind, OperationState, PlanVerdict, Severity, Side, Totals,
};
use crate::settings::{ConnectionSettings, Loader};
use crate::snapshot::Snapshot;
use crate::source::{Source, SourceError};
use crate::twilio::Client;
use crate::twilio::media::{MediaClient, MediaError};

use super::super::CommandError;
use super::super::connect;

/// Checks a plan against its own verdict and the files that it was made from, as far as they are there.
pub(super) fn check_files(journal: &Journal, totals: &Totals) -> Result<(), CommandError> {
    if totals.verdict == PlanVerdict::Blocked {
        let made = journal.checks()?;
        let blocks = |(code, count): (&String, &u64)| {
            let check =
                made.iter().find(|check| check.code == code).filter(|check| *count > 0 && check.of_plan);
            check.filter(|check| check.severity == Severity::Block).map(|check| check.code)
        };
        let checks: Vec<&str> = totals.findings.iter().filter_map(blocks).collect();
        let plan = journal.path().to_path_buf();
        return Err(PlanRefused::Blocked { plan, checks: checks.join(", ") }.into());
    }
    let header = journal.header();
    if matches!(header.kind, Move::Undo | Move::UserChannels) {
        return Ok(()); // it is made of no snapshot and no mapping
    }
    let binding = PlanBinding { plan: journal.path(), header };
    let path = Path::new(&header.snapshot);
    if path.exists() {
        let snapshot = Snapshot::open(path)?;
        binding.check_snapshot(&snapshot)?;
        binding.check_messages(&snapshot)?;
    } else if header.messages.is_some() {
        let (plan, snapshot) = (journal.path().to_path_buf(), path.to_path_buf());
        return Err(PlanMismatch::NoSnapshot { plan, snapshot }.into());
    }
    // A mapping whose file is gone cannot have been changed into another one.
    if let Ok(mapping) = mapping::load(&header.mapping) {
        binding.check_mapping(&mapping)?;
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
        let target = if one_account { connection.clone() } else { connection.of_target(loader)? };
        let binding = PlanBinding { plan: journal.path(), header };
        binding.check_account(AccountUse::Target, &target.read_credentials()?.account_sid.to_string())?;
        let of_source = |kind: &OperationKind| kind.endpoint() == Endpoint::SourceChat;
        let to_source = totals.operations.iter().any(|(kind, states)| {
            of_source(kind)
                && states.iter().any(|(state, count)| *state != OperationState::Blocked && *count > 0)
        });
        if to_source || header.media.is_some() {
            binding.check_account(AccountUse::Source, &source_account)?;
        }
        Ok(Self { source: connection.clone(), target, one_account })
    }

    /// Reads the target's own record and configuration again. Of a plan that was begun a change is only reported: the way to
    /// fix some failures is to change the target's settings.
    pub(super) async fn check_target(
        &self,
        journal: &Journal,
        stop: &CancellationToken,
    ) -> Result<(), CommandError> {
        let header = journal.header();
        if matches!(header.kind, Move::Undo | Move::UserChannels) {
            return Ok(()); // each of its operations looks at what it writes to
        }
        let service = &header.target.service_sid;
        let client = connect::client(&self.target, &Events::none(), stop)?;
        let sid = ServiceSid::from_wire(service);
        let read = Source::new(Api::Conversations, client).service(&sid).await;
        let record = match read {
            Ok(fetched) => fetched.record,
            Err(SourceError::Request(error)) if error.is_not_found() => {
                let (service, account) = (service.clone(), header.target.account_sid.clone());
                return Err(PlanRefused::NoTarget { service, account, source: error }.into());
            }
            Err(error) => return Err(error.into()),
        };
        match (PlanBinding { plan: journal.path(), header }).check_target(&record) {
            Err(PlanMismatch::TargetChanged { .. }) if journal.is_begun()? => {
                tracing::warn!(%service, "the target's settings were changed since the plan was made");
                Ok(())
            }
            checked => Ok(checked?),
        }
    }

    /// The clients to perform it with.
    pub(super) fn clients(
        &self,
        header: &Header,
        events: &Events,
        stop: &CancellationToken,
    ) -> Result<Clients, CommandError> {
        let target = connect::client(&self.target, events, stop)?;
        let source =
            if self.one_account { Arc::clone(&target) } else { connect::client(&self.source, events, stop)? };
        let media_of = |client: &Arc<Client>, side: &Side| {
            Ok::<_, MediaError>((MediaClient::new(Arc::clone(client))?, side.service_sid.clone()))
        };
        let media = match header.media {
            Some(unavailable) => {
                let between = (media_of(&source, &header.source)?, media_of(&target, &header.target)?);
                Some(MediaCopier::new(between.0, between.1, unavailable))
            }
            None => None,
        };
        Ok(Clients { source, target, media })
    }
}
