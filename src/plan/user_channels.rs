//! The plan that updates user channels: one operation for each of them, made of what a person asked for.
//!
//! It has no snapshot and no mapping. Each operation looks at what it writes to before it writes, as those of an undo plan do, and an
//! undo plan restores what was there.

use std::collections::{BTreeMap, BTreeSet};

use super::check::ROW_FITS_NOTHING;
use super::error::PlanError;
use super::file::PlanDraft;
use super::finding::PlanFinding;
use super::operation::{JsonFields, Operation, OperationKind, OperationState, Subject};
use super::overview::{Batches, Header, MediaTotals, Move, PlanVerdict, Side, Totals};
use super::pace::{KindWork, RequestPace};
use crate::model::{Api, ChannelSid, Entity, ServiceSid, UserSid};

/// A user channel and what is to be set in it, by the API's own keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserChannelUpdate {
    pub user_sid: UserSid,
    pub channel_sid: ChannelSid,
    pub identity: Option<String>,
    pub before: JsonFields,
    pub after: JsonFields,
}

pub(crate) fn header(api: Api, side: Side) -> Header {
    Header {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: Move::UserChannels,
        source: side.clone(),
        target: side,
        snapshot: String::new(),
        snapshot_digest: String::new(),
        snapshot_source: api,
        snapshot_verdict: String::new(),
        snapshot_window: (String::new(), None),
        mapping: String::new(),
        mapping_digest: String::new(),
        target_digest: String::new(),
        target_service_digest: String::new(),
        mute_source: false,
        undoes: None,
        messages: None,
        media: None,
    }
}

impl UserChannelUpdate {
    fn operation(&self, api: Api, service: &ServiceSid) -> Operation {
        let is_conversation = api == Api::Conversations;
        let subject = Subject {
            service_sid: Some(service.clone()),
            user_sid: Some(self.user_sid.clone()),
            channel_sid: Some(self.channel_sid.clone()),
            identity: self.identity.clone(),
            target_user_sid: is_conversation.then(|| self.user_sid.to_string()),
            conversation_sid: is_conversation.then(|| self.channel_sid.to_string()),
            ..Subject::default()
        };
        let kind = if is_conversation {
            OperationKind::UpdateUserConversation
        } else {
            OperationKind::UpdateUserChannel
        };
        Operation { kind, subject, before: self.before.clone(), after: self.after.clone() }
    }
}

/// Collects a plan.
#[derive(Debug)]
pub(crate) struct UserChannelPlan {
    draft: PlanDraft,
    api: Api,
    service: ServiceSid,
    updates: u64,
    same: u64,
    findings: u64,
}

impl UserChannelPlan {
    pub(crate) fn new(draft: PlanDraft, api: Api, service: ServiceSid) -> Self {
        Self { draft, api, service, updates: 0, same: 0, findings: 0 }
    }

    pub(crate) fn update(&mut self, update: &UserChannelUpdate) -> Result<(), PlanError> {
        self.updates += 1;
        self.draft.operation(&update.operation(self.api, &self.service), None)
    }

    /// A user channel that is as it was asked for.
    pub(crate) fn same(&mut self) {
        self.same += 1;
    }

    /// A row that fits nothing.
    pub(crate) fn misfit(&mut self, row: &str, detail: String) -> Result<(), PlanError> {
        self.findings += 1;
        let (check, entity) = (&ROW_FITS_NOTHING, Entity::Membership);
        self.draft.finding(&PlanFinding { check, entity, sid: row.to_owned(), name: None, detail })
    }

    /// The draft and what it comes to. `pace` is for the estimate of time.
    pub(crate) fn finish(self, pace: RequestPace) -> (PlanDraft, Totals) {
        let kind = match self.api {
            Api::Chat => OperationKind::UpdateUserChannel,
            Api::Conversations => OperationKind::UpdateUserConversation,
        };
        // Each is looked at before it is written to.
        let work = KindWork { kind, requests: self.updates * 2, limited_writes: 1, answers: 2 };
        let step = work.step(pace);
        let pending = (self.updates > 0)
            .then(|| (kind, BTreeMap::from([(OperationState::Pending, self.updates)])))
            .into_iter()
            .collect();
        let totals = Totals {
            verdict: if self.updates == 0 { PlanVerdict::NothingToDo } else { PlanVerdict::Ready },
            operations: pending,
            noop: BTreeMap::from([(Entity::Membership.plural().to_owned(), self.same)]),
            findings: BTreeMap::from([(ROW_FITS_NOTHING.code.to_owned(), self.findings)]),
            requests: step.requests,
            estimated_seconds: step.seconds,
            steps: vec![step],
            sizes: Vec::new(),
            participants_limit: 0,
            batches: Batches::default(),
            media: MediaTotals::default(),
            not_checked: BTreeSet::new(),
            blocked_by: BTreeMap::new(),
        };
        (self.draft, totals)
    }
}
