//! A plan in the making: what is known so far, and how operations and findings are added to it.

use std::collections::{BTreeMap, HashSet};

use super::batch::{FinishedConversation, HeldConversation};
use super::blocked_users::BlockedUsers;
use super::current::CurrentConversation;
use super::options::{ConversationLimits, PlanOptions};
use super::tally::PlanTally;

use crate::mapping::{FieldRules, LoweredSeverity};
use crate::model::{Api, Entity, RoleSid, ServiceSid};
use crate::plan::align::{Item, Pair, PlanRecords, fingerprint, is_other_account};
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::finding::{PlanCheck, PlanFinding, Severity};
use crate::plan::operation::{Operation, OperationKind, Subject};
use crate::plan::overview::{Header, Move};
use crate::snapshot::{Info, Snapshot};
use crate::storage::NumberSet;

/// Who keeps what is planned.
pub(crate) trait Sink {
    /// Takes an operation; with the code of a check it is blocked.
    fn operation(&mut self, operation: Operation, blocked: Option<&'static str>) -> Result<(), PlanError>;
    /// Takes what the target has for a record of the source: the SIDs of the two.
    fn counterpart(&mut self, entity: Entity, source: String, target: String) -> Result<(), PlanError>;
    /// Takes a finding.
    fn finding(&mut self, finding: PlanFinding) -> Result<(), PlanError>;
}

/// What a plan is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    pub source: &'a Snapshot,
    /// The target as it is: a snapshot that was read from Conversations.
    pub target: &'a Snapshot,
    /// The mapping's records.
    pub records: &'a PlanRecords<'a>,
    /// Which services, in place or copy, and whether the source is muted.
    pub header: &'a Header,
}

/// A plan in the making.
pub(super) struct Planner<'p> {
    pub(super) inputs: &'p Inputs<'p>,
    pub(super) options: &'p PlanOptions,
    pub(super) pair: &'p Pair<'p>,
    /// What the snapshots say about themselves: the source's, then the target's.
    pub(super) infos: &'p (Info, Info),
    /// What is blocked beyond.
    pub(super) limits: ConversationLimits,
    /// What is warned of beyond, where the target's own limits are not known.
    pub(super) usual_limits: ConversationLimits,
    pub(super) is_copy: bool,
    pub(super) target_service: ServiceSid,
    pub(super) source_service: ServiceSid,
    /// Users of the source's service.
    pub(super) source_users: u64,
    /// Users and conversations that the target's service has.
    pub(super) there: (u64, u64),
    pub(super) tally: PlanTally,
    /// The conversation that is being planned.
    pub(super) current: Option<CurrentConversation>,
    /// Its create, while it is not known whom it brings.
    pub(super) held: Option<HeldConversation>,
    pub(super) blocked_users: BlockedUsers,
    /// Users and channels that were listed and are gone, by fingerprints of their SIDs.
    vanished: NumberSet,
    /// Roles that are not created.
    pub(super) blocked_roles: HashSet<RoleSid>,
    /// Items that should be there, and those of them that are changed or created.
    pub(super) items: u64,
    pub(super) changed: u64,
    /// Messages that a copy leaves behind, and the conversations that have them.
    pub(super) messages: (u64, u64),
    /// Read indices that are written.
    pub(super) horizons: u64,
    /// Checks that do not block because the mapping says so.
    lowered: Vec<&'static PlanCheck>,
    sink: &'p mut dyn Sink,
}

impl<'p> Planner<'p> {
    pub(super) fn new(
        inputs: &'p Inputs<'p>,
        options: &'p PlanOptions,
        pair: &'p Pair<'p>,
        infos: &'p (Info, Info),
        sink: &'p mut dyn Sink,
    ) -> Result<Self, PlanError> {
        let is_copy = inputs.header.kind != Move::InPlace;
        let of_source =
            pair.source.record().limits.as_ref().and_then(|limits| ConversationLimits::of_json(&limits.0));
        let known = if is_copy { options.target_limits } else { of_source };
        // In place everyone is there already, so that a limit that is not known was not met.
        let usual_limits =
            known.unwrap_or(if is_copy { ConversationLimits::DEFAULT } else { ConversationLimits::MOST });
        let limits = known.unwrap_or(ConversationLimits::MOST);
        Ok(Self {
            inputs,
            options,
            pair,
            infos,
            limits,
            usual_limits,
            is_copy,
            target_service: pair.target.record().sid.clone(),
            source_service: pair.source.record().sid.clone(),
            source_users: pair.source.users_and_channels()?.0,
            there: pair.target.users_and_channels()?,
            tally: PlanTally::default(),
            current: None,
            held: None,
            blocked_users: BlockedUsers::default(),
            vanished: NumberSet::default(),
            blocked_roles: HashSet::new(),
            items: 0,
            changed: 0,
            messages: (0, 0),
            horizons: 0,
            lowered: lowered(&inputs.records.mapping.plan.checks),
            sink,
        })
    }

    /// Notes that a user or channel was listed and is gone.
    pub(super) fn add_vanished(&mut self, sid: &str) -> Result<(), PlanError> {
        self.vanished.insert(fingerprint(sid))?;
        Ok(())
    }

    pub(super) fn has_vanished(&self, sid: &impl ToString) -> Result<bool, PlanError> {
        Ok(self.vanished.contains(fingerprint(&sid.to_string()))?)
    }

    /// Which fields of what is there are written.
    pub(super) fn rules(&self) -> &'p FieldRules {
        let rules = &self.inputs.records.mapping.plan;
        if self.is_copy { &rules.copy } else { &rules.in_place }
    }

    pub(super) fn is_other_account(&self) -> bool {
        is_other_account(&self.pair.source, &self.pair.target)
    }

    pub(super) fn reads_chat(&self) -> bool {
        self.inputs.header.snapshot_source == Api::Chat
    }

    /// Adds an operation; blocked where a check says so.
    pub(super) fn operation(
        &mut self,
        operation: Operation,
        blocked: Option<&'static str>,
    ) -> Result<(), PlanError> {
        if operation.kind == OperationKind::MuteSource && blocked.is_some() {
            return Ok(()); // whoever is not copied is not muted
        }
        self.tally.operation(&operation, blocked);
        match self.hold(operation, blocked)? {
            Some(operation) => self.sink.operation(operation, blocked),
            None => Ok(()),
        }
    }

    /// Holds an operation back, where it belongs to a batch that is being planned; any other is given back.
    fn hold(
        &mut self,
        operation: Operation,
        blocked: Option<&'static str>,
    ) -> Result<Option<Operation>, PlanError> {
        if self.options.batches && operation.kind == OperationKind::CreateConversation && blocked.is_none() {
            self.write_held()?;
            self.held = Some(HeldConversation::new(operation));
            return Ok(None);
        }
        let given_back = match &mut self.held {
            Some(held) => held.hold(operation, blocked),
            None => Some(operation),
        };
        if given_back.is_some() {
            self.write_held()?;
        }
        Ok(given_back)
    }

    /// Writes the conversation that is held back, with the participants that it brings, and what follows it.
    pub(super) fn write_held(&mut self) -> Result<(), PlanError> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let FinishedConversation { create, followed_by, batch } = held.finish();
        if let Some((participants, is_covered)) = batch {
            self.tally.batch(participants, is_covered);
        }
        self.sink.operation(create, None)?;
        followed_by.into_iter().try_for_each(|(operation, blocked)| self.sink.operation(operation, blocked))
    }

    /// Adds what a check found about an item.
    pub(super) fn find(
        &mut self,
        check: &'static PlanCheck,
        item: &Item<'_>,
        detail: String,
    ) -> Result<(), PlanError> {
        self.found(&PlanFinding { check, entity: item.entity, sid: item.sid(), name: item.name(), detail })
    }

    /// Adds what a check found about a service.
    pub(super) fn find_of_service(
        &mut self,
        check: &'static PlanCheck,
        of_target: bool,
        detail: String,
    ) -> Result<(), PlanError> {
        let view = if of_target { &self.pair.target } else { &self.pair.source };
        let (sid, name) = (view.record().sid.to_string(), view.record().friendly_name.clone());
        self.found(&PlanFinding { check, entity: Entity::Service, sid, name, detail })
    }

    /// Adds a finding about a user that is known only by its SID.
    pub(super) fn find_of_user(
        &mut self,
        check: &'static PlanCheck,
        sid: String,
        name: Option<String>,
        detail: String,
    ) -> Result<(), PlanError> {
        self.found(&PlanFinding { check, entity: Entity::User, sid, name, detail })
    }

    pub(super) fn found(&mut self, finding: &PlanFinding) -> Result<(), PlanError> {
        let finding = PlanFinding { check: self.effective(finding.check), ..finding.clone() };
        self.tally.finding(finding.check);
        self.sink.finding(finding)
    }

    /// A check with the severity that the mapping gives it.
    pub(super) fn effective(&self, check: &'static PlanCheck) -> &'static PlanCheck {
        self.lowered.iter().copied().find(|lowered| lowered.code == check.code).unwrap_or(check)
    }

    /// Adds what a blocking check found about an item. The check blocks the item, unless the mapping lowers it.
    pub(super) fn block(
        &mut self,
        check: &'static PlanCheck,
        item: &Item<'_>,
        detail: String,
    ) -> Result<Option<&'static PlanCheck>, PlanError> {
        self.find(check, item, detail)?;
        Ok(Some(check).filter(|check| self.effective(check).severity == Severity::Block))
    }

    /// Notes what the target has for an item. In place that is the item itself.
    pub(super) fn counterpart(&mut self, item: &Item<'_>) -> Result<(), PlanError> {
        let Some(target) = item.target_sid().filter(|_| self.is_copy) else { return Ok(()) };
        let source = item.source.as_ref().and_then(|source| match item.entity {
            Entity::Role => source.role.map(|role| role.sid.to_string()),
            Entity::User => source.user.map(|user| user.sid.to_string()),
            Entity::Channel => source.channel.map(|channel| channel.sid.to_string()),
            Entity::Member => {
                let member = source.member.map(|member| &member.sid);
                let member = member.or_else(|| source.membership?.member_sid.as_ref());
                member.map(ToString::to_string)
            }
            _ => None,
        });
        match source {
            Some(source) => self.sink.counterpart(item.entity, source, target),
            None => Ok(()),
        }
    }

    /// A subject of the service that is written to.
    pub(super) fn of_target(&self) -> Subject {
        Subject { service_sid: Some(self.target_service.clone()), ..Subject::default() }
    }
}

fn lowered(checks: &BTreeMap<String, LoweredSeverity>) -> Vec<&'static PlanCheck> {
    let lower = |(code, severity): (&String, &LoweredSeverity)| {
        let severity = match severity {
            LoweredSeverity::Note => Severity::Note,
            LoweredSeverity::Warn => Severity::Warn,
        };
        check::CHECKS.iter().find(|check| check.code == code).map(|check| check.with_severity(severity))
    };
    checks.iter().filter_map(lower).collect()
}
