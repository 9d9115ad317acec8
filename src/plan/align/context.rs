//! What the parts of an alignment share: the two services, how they are aligned, the target's roles, and keys of what was met.

use sha2::{Digest as _, Sha256};

use super::fields::{EMAIL, MESSAGING_SERVICE, PROJECTED_ADDRESS};
use super::item::{Item, Standing};
use super::records::PlanRecords;
use super::role_map::RoleMap;
use crate::mapping::Value;
use crate::model::{Entity, RoleSid, Service, Share, Sid, SidKind, StoredSid};
use crate::plan::overview::Move;
use crate::snapshot::{ServiceView, Walk, WalkOrder, With};

/// The two services that are aligned.
#[derive(Debug)]
pub(crate) struct Pair<'s> {
    /// Where it comes from.
    pub source: ServiceView<'s>,
    /// Where it should be, as Conversations has it.
    pub target: ServiceView<'s>,
}

#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct AlignOptions {
    /// In place, where SIDs are the same, or to another service, where names are.
    pub kind: Move,
    /// Above this number a conversation's participants are counted one by one, as the mapping wants them.
    pub exact_above: u64,
    /// Which conversations; none for all.
    pub share: Option<Share>,
    /// Whether what the target alone has is visited.
    pub extras: bool,
    /// Whether messages are aligned, and read positions are those of the target.
    pub messages: bool,
    /// Whether messages have their media in the target.
    pub media: bool,
    /// Whether messages of a conversation are visited one by one only where the two sides have other digests.
    pub digests: bool,
}

/// Takes an aligned item.
pub(super) type Visit<'v, E> = &'v mut dyn FnMut(&Item<'_>) -> Result<(), E>;

/// What all parts of the walk share.
pub(super) struct AlignContext<'c> {
    pub(super) pair: &'c Pair<'c>,
    pub(super) records: &'c PlanRecords<'c>,
    pub(super) options: AlignOptions,
    pub(super) roles: RoleMap,
    pub(super) defaults: DefaultRoles,
    /// Whether the target is in another account than the source.
    pub(super) is_other_account: bool,
}

/// The roles that the target gives to what is written without one; empty where its configuration was not read.
pub(super) struct DefaultRoles {
    pub(super) user: Vec<RoleSid>,
    pub(super) participant: Vec<RoleSid>,
}

impl DefaultRoles {
    pub(super) fn of(target: &Service) -> Self {
        let participant = [&target.default_channel_role_sid, &target.default_channel_creator_role_sid];
        Self {
            user: target.default_service_role_sid.iter().cloned().collect(),
            participant: participant.into_iter().flatten().cloned().collect(),
        }
    }
}

impl AlignContext<'_> {
    pub(super) fn is_copy(&self) -> bool {
        self.options.kind != Move::InPlace
    }

    /// Leaves out what another account cannot have.
    pub(super) fn keep_possible(&self, fields: &[&str], desired: &mut [Option<Value<'_>>]) {
        let of_account = |field: &str| matches!(field, MESSAGING_SERVICE | EMAIL | PROJECTED_ADDRESS);
        for (_, value) in
            fields.iter().zip(desired).filter(|(field, _)| self.is_other_account && of_account(field))
        {
            *value = None;
        }
    }

    /// The roles' counterparts, in a copy.
    pub(super) fn counterparts(&self) -> Option<&RoleMap> {
        self.is_copy().then_some(&self.roles)
    }
}

/// Whether two services are of different accounts.
pub(in crate::plan) fn is_other_account(source: &ServiceView<'_>, target: &ServiceView<'_>) -> bool {
    source.account() != target.account()
}

/// An item of its own, without a conversation.
pub(super) fn plain(entity: Entity, standing: Standing<'_>) -> Item<'_> {
    Item {
        entity,
        standing,
        fields: Vec::new(),
        source: None,
        actual: None,
        conversation: None,
        invite: None,
        message: None,
        same_messages: None,
    }
}

/// A SID as a number, to remember that it was met.
pub(in crate::plan) fn number<K: SidKind>(sid: &Sid<K>) -> u128 {
    match sid.stored() {
        StoredSid::Digits(digits) => u128::from_be_bytes(digits),
        StoredSid::Verbatim(text) => fingerprint(text),
    }
}

/// A text as a number: a hash that no two texts share.
pub(in crate::plan) fn fingerprint(text: &str) -> u128 {
    let digest = Sha256::digest(text);
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// A walk over one kind of record.
pub(super) fn walk_over(entity: Entity, role: bool) -> Walk {
    Walk { entity, order: WalkOrder::ByUser, with: With { role, ..With::default() } }
}
