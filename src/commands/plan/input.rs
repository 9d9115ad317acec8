//! What a plan is made from, checked before the first request.

use std::path::PathBuf;

use crate::cli::plan::BatchChoice;
use crate::mapping::{self, Mapping};
use crate::model::{AccountSid, Api, Entity, Service, ServiceSid, Timestamp};
use crate::plan::binding::{self, AccountUse, PlanMismatch};
use crate::plan::{
    self, ConversationLimits, Header, Inputs, Move, Name, PlanDraft, PlanError, PlanFile, PlanOptions,
    PlanRecords, Side, UnavailableMedia, source_snapshot,
};
use crate::settings::{ConnectionSettings, Loader, MigrationTarget, PlanSettings, Planned, check_files};
use crate::snapshot::{Focus, Info, Snapshot, SnapshotError};
use crate::source::largest_page;

use super::super::read_target::{Selection, TargetEstimate};
use super::super::{CommandError, connect};

/// What was asked for.
#[derive(Debug)]
pub(super) enum PlanTask {
    /// A migration.
    Move(Box<PlanInput>),
    /// Taking back what this plan did.
    Undo(PathBuf),
}

/// What a plan is made from.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct PlanInput {
    /// The snapshot's file, as it was given.
    pub(super) file: PathBuf,
    pub(super) snapshot: Snapshot,
    /// What it says about itself.
    pub(super) info: Info,
    pub(super) record: Service,
    /// What the mapping was named.
    pub(super) mapping_name: String,
    pub(super) mapping: Mapping,
    /// Whether source and target are the same service.
    pub(super) in_place: bool,
    /// The target's service.
    pub(super) service: ServiceSid,
    /// The target's account.
    pub(super) account: AccountSid,
    /// How to talk to that account.
    pub(super) connection: ConnectionSettings,
    /// A snapshot that is older is warned of.
    pub(super) max_age_hours: u32,
    /// Whether an incomplete snapshot is taken.
    pub(super) allow_incomplete: bool,
    /// Whether the source's User Channels are muted.
    pub(super) mute_source: bool,
    /// Whether messages are copied too.
    pub(super) messages: bool,
    /// Whether messages are copied with their media.
    pub(super) media: bool,
    /// How to talk to the source's account.
    pub(super) source_connection: ConnectionSettings,
    /// When a copy creates conversations together with participants.
    pub(super) batch: BatchChoice,
}

impl PlanInput {
    /// Checks everything that can be checked without a request.
    pub(super) fn of(
        planned: &Planned,
        connection: &ConnectionSettings,
        loader: &Loader,
    ) -> Result<PlanTask, CommandError> {
        let (target, snapshot, mapping, allow_incomplete, max_age_hours, mute_source, messages, media, batch) =
            match planned {
                Planned::Move {
                    target,
                    snapshot,
                    mapping,
                    allow_incomplete,
                    max_age_hours,
                    mute_source,
                    messages,
                    media,
                    batch,
                } => (
                    target,
                    snapshot,
                    mapping,
                    allow_incomplete,
                    max_age_hours,
                    mute_source,
                    messages,
                    media,
                    batch,
                ),
                Planned::Undo(undone) => return Ok(PlanTask::Undo(undone.clone())),
            };
        let file = snapshot.clone();
        let compiled = mapping::load(mapping)?;
        PlanRecords::of(&compiled).map_err(PlanError::from)?;
        if check_files(loader)? {
            Snapshot::check_file(&file)?;
        }
        let snapshot = Snapshot::open(&file)?;
        let info = snapshot.info()?;
        let of_snapshot = source_snapshot::check(&file, &info, *allow_incomplete)?;
        if *messages {
            source_snapshot::check_messages(&file, &info)?;
        }
        let in_place = *target == MigrationTarget::InPlace;
        let source_connection = connection.clone();
        let (service, connection) = match target {
            MigrationTarget::InPlace => (of_snapshot.clone(), connection.clone()),
            MigrationTarget::Service(service) => {
                binding::check_is_other(service, &of_snapshot)?;
                (service.clone(), connection.of_target(loader)?)
            }
        };
        let account = connection.read_credentials()?.account_sid;
        if *media {
            let owner = info.account_sid.to_string();
            let given = source_connection.read_credentials()?.account_sid.to_string();
            binding::check_account(&file, &owner, AccountUse::Source, &given)?;
        }
        if in_place {
            let owner = info.account_sid.to_string();
            binding::check_account(&file, &owner, AccountUse::InPlace, &account.to_string())?;
        }
        let record = source_snapshot::service_record(&snapshot)?;
        Ok(PlanTask::Move(Box::new(Self {
            file,
            snapshot,
            info,
            record,
            mapping_name: mapping.clone(),
            mapping: compiled,
            in_place,
            service,
            account,
            connection,
            max_age_hours: *max_age_hours,
            allow_incomplete: *allow_incomplete,
            mute_source: *mute_source,
            messages: *messages,
            media: *media,
            source_connection,
            batch: *batch,
        })))
    }

    /// What the plan says of itself.
    fn header(&self, target: &Snapshot, record: &Service) -> Result<Header, CommandError> {
        let side = |account: &AccountSid, service: &Service| Side {
            account_sid: account.to_string(),
            service_sid: service.sid.to_string(),
            friendly_name: service.friendly_name.clone(),
        };
        Ok(Header {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            kind: if self.in_place { Move::InPlace } else { Move::Copy },
            source: side(&self.info.account_sid, &self.record),
            target: side(&self.account, record),
            snapshot: self.file.display().to_string(),
            snapshot_digest: self.snapshot.content_digest()?,
            snapshot_source: self.info.source,
            snapshot_verdict: self.info.verdict.as_str().to_owned(),
            snapshot_window: (self.info.started.clone(), self.info.finished.clone()),
            mapping: self.mapping_name.clone(),
            mapping_digest: self.mapping.sha256.clone(),
            target_digest: target.content_digest()?,
            target_service_digest: plan::service_digest(record).map_err(PlanMismatch::Record)?,
            mute_source: self.mute_source,
            undoes: None,
            messages: self.messages.then(|| self.snapshot.message_digest()).transpose()?,
            media: self.media.then(|| UnavailableMedia::of(&self.mapping.plan)),
        })
    }

    /// Compares the snapshot with the target, and writes the plan.
    pub(super) fn compute(
        &self,
        target: &Snapshot,
        record: &Service,
        limits: Option<ConversationLimits>,
        settings: &PlanSettings,
    ) -> Result<PlanFile, CommandError> {
        let header = self.header(target, record)?;
        let records = PlanRecords::of(&self.mapping).map_err(PlanError::from)?;
        let inputs = Inputs { source: &self.snapshot, target, records: &records, header: &header };
        let options = PlanOptions {
            allow_incomplete: self.allow_incomplete,
            max_age_hours: Some(self.max_age_hours),
            now: Some(Timestamp::Seconds(crate::clock::now().as_second())),
            max_change_percent: Some(settings.max_change_percent),
            batches: self.batch == BatchChoice::Auto && !self.in_place,
            target_limits: limits,
            pace: connect::pace(&self.connection),
        };
        let draft = PlanDraft::create(&settings.plan, &header)?;
        let (draft, totals) = plan::compute_into(draft, &inputs, &options, &mut |_items| {})?;
        Ok(draft.finish(&totals)?)
    }

    /// Requests that reading the target takes: the fewest, and those where it holds all that the source has.
    pub(super) fn cost(&self) -> (u64, u64) {
        let counts = &self.info.counts;
        if !self.in_place {
            let estimate = TargetEstimate::of(counts.of(Entity::User), counts.of(Entity::Channel));
            return (estimate.least, estimate.all);
        }
        let pages =
            |entity| counts.of(entity).div_ceil(u64::from(largest_page(Api::Conversations)(entity))).max(1);
        let lists = pages(Entity::Role) + pages(Entity::User) + pages(Entity::Channel);
        let of_users = pages(Entity::Membership).max(counts.of(Entity::User));
        let of_channels = pages(Entity::Member).max(counts.of(Entity::Channel));
        let all = Api::Conversations.requests_of_service() + lists + of_users + of_channels;
        (all, all)
    }

    /// What of the target is read beyond its lists of roles, users and conversations: in place everything, for a copy what has a name
    /// that the copy gives.
    pub(super) fn selection(&self) -> Option<&dyn Selection> {
        (!self.in_place).then_some(self as &dyn Selection)
    }
}

impl Selection for PlanInput {
    fn each(&self, take: &mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>) -> Result<(), CommandError> {
        let records = PlanRecords::of(&self.mapping).map_err(PlanError::from)?;
        let Some(source) = self.snapshot.service(&self.record.sid)? else { return Ok(()) };
        plan::names::<SnapshotError>(&source, &records, &mut |name| {
            take(match name {
                Name::Identity(identity) => Focus::Identity(identity),
                Name::Conversation(name, _) => Focus::Channel(name),
            })
        })?;
        Ok(())
    }
}
