//! Who is on a conversation: participants, each with the user's own view of the conversation, and invitations.
//!
//! **Invariant:** at most [`HELD`] participants of the target are in memory. A conversation with more, which Twilio does not allow,
//! is taken in parts by a hash of the identity, and its source read once for each.

use std::collections::HashSet;

use super::compare;
use super::context::{AlignContext, Visit, fingerprint, plain};
use super::fields::KEY;
use super::held_participants::{HELD, HeldParticipant, HeldParticipants};
use super::item::{Actual, Conversation, FieldPair, Item, Standing};
use super::records::{AlignedRows, Evaluated};
use crate::mapping::{InvitePolicy, Value};
use crate::model::{Channel, Entity, Invite, MembershipStatus, RowRecords};
use crate::snapshot::{JoinedCount, Lookup, Participation, ParticipationWith, SnapshotError};

/// One conversation while who is on it is aligned.
struct AlignedConversation<'v> {
    conversation: &'v Conversation,
    channel: &'v Channel,
    invites: Vec<Invite>,
    held: HeldParticipants,
    /// Fingerprints of the identities that the source has had.
    met: HashSet<u128>,
}

/// Aligns who is on conversations, one conversation after another.
pub(super) struct ParticipantAligner<'c> {
    context: &'c AlignContext<'c>,
    participants: AlignedRows<'c>,
    views: AlignedRows<'c>,
    with: ParticipationWith,
}

impl<'c> ParticipantAligner<'c> {
    pub(super) fn new(context: &'c AlignContext<'c>) -> Self {
        let participants = AlignedRows::new(&context.records.participants);
        let views = AlignedRows::new(&context.records.user_conversations);
        let records = [&participants.source.record, &views.source.record];
        let user = if records.iter().all(|record| !record.reads(Entity::User)) {
            Lookup::No
        } else if records
            .iter()
            .all(|record| !record.reads(Entity::User) || record.reads_as_second_identity(Entity::User))
        {
            Lookup::ForIdentity
        } else {
            Lookup::Yes
        };
        let role = records.iter().any(|record| record.reads(Entity::Role));
        Self { context, participants, views, with: ParticipationWith { user, role } }
    }

    /// What the target has of a conversation, or the first part of it.
    pub(super) fn hold<E: From<SnapshotError>>(
        &self,
        conversation: &Conversation,
    ) -> Result<HeldParticipants, E> {
        let held = self.hold_part(conversation, 0, 1)?;
        let parts = held.total.div_ceil(HELD).max(1);
        if parts == 1 { Ok(held) } else { self.hold_part(conversation, 0, parts) }
    }

    fn hold_part<E: From<SnapshotError>>(
        &self,
        conversation: &Conversation,
        part: usize,
        parts: usize,
    ) -> Result<HeldParticipants, E> {
        let mut held = HeldParticipants { part, parts, ..HeldParticipants::default() };
        let Some(target) = &conversation.target_sid else { return Ok(held) };
        let with = ParticipationWith { user: Lookup::ForIdentity, role: false };
        self.context.pair.target.participations::<E>(target, with, &mut |participation| {
            held.total += 1;
            let of_member = participation.member.as_ref().and_then(|member| member.identity.clone());
            let identity =
                of_member.or_else(|| participation.user.as_ref().and_then(|user| user.identity.clone()));
            let sid = participation.member.as_ref().map(|member| &member.sid);
            if held.participants.len() >= HELD * 2 || !held.has(identity.as_deref(), sid) {
                return Ok(());
            }
            let position = held.participants.len();
            if let Some(sid) = sid.filter(|_| !self.context.is_copy()) {
                held.by_sid.insert(sid.clone(), position);
            }
            if let Some(identity) = &identity {
                held.by_identity.entry(identity.clone()).or_insert(position);
            }
            let (member, membership) = (participation.member.clone(), participation.membership.clone());
            held.participants.push(HeldParticipant { member, membership, is_matched: false });
            Ok(())
        })?;
        Ok(held)
    }

    /// How many participants the conversation should have. Near the limit they are counted as the mapping wants them, together
    /// with those whom a copy finds there.
    pub(super) fn count<E: From<SnapshotError>>(
        &mut self,
        held: &HeldParticipants,
        conversation: &Conversation,
        channel: &Channel,
        counted: JoinedCount,
    ) -> Result<u64, E> {
        let is_copy = self.context.is_copy();
        let mut most = counted.joined;
        let mut invites = Vec::new();
        if self.makes_participants_of_invites() {
            invites = self.invites(channel)?;
            most += counted.invited + invites.len() as u64;
        }
        let there = if is_copy { held.total as u64 } else { 0 };
        if most + there <= self.context.options.exact_above || held.parts > 1 {
            return Ok(most.max(there));
        }
        let mut wanted: HashSet<String> = HashSet::new();
        let mut nameless = 0;
        let (participants, source) = (&mut self.participants, &self.context.pair.source);
        source.participations::<E>(&conversation.sid, self.with, &mut |participation| {
            let subject = row_records(source.record(), channel, participation);
            if participation.membership.is_none() || !matches!(participants.take(&subject), Evaluated::Wanted)
            {
                return Ok(());
            }
            match participants.desired(&subject)[KEY].and_then(Value::to_text) {
                Some(identity) => drop(wanted.insert(identity.into_owned())),
                None => nameless += 1,
            }
            Ok(())
        })?;
        wanted.extend(invites.into_iter().filter_map(|invite| invite.identity));
        let new = wanted.iter().filter(|identity| !held.by_identity.contains_key(*identity)).count() as u64;
        Ok(if is_copy { there + new } else { wanted.len() as u64 } + nameless)
    }

    fn makes_participants_of_invites(&self) -> bool {
        self.context.records.mapping.invites == InvitePolicy::Participant
    }

    fn invites<E: From<SnapshotError>>(&self, channel: &Channel) -> Result<Vec<Invite>, E> {
        let mut invites = Vec::new();
        self.context.pair.source.invites::<E>(&channel.sid, &mut |invite| {
            invites.push(invite.clone());
            Ok(())
        })?;
        Ok(invites)
    }

    /// Visits everyone who is or should be on a conversation.
    pub(super) fn align<E: From<SnapshotError>>(
        &mut self,
        held: HeldParticipants,
        conversation: &Conversation,
        channel: &Channel,
        visit: Visit<'_, E>,
    ) -> Result<(), E> {
        let parts = held.parts;
        let invites = self.invites(channel)?;
        let mut aligned = AlignedConversation { conversation, channel, invites, held, met: HashSet::new() };
        for part in 0..parts {
            if part > 0 {
                aligned.held = self.hold_part(conversation, part, parts)?;
            }
            self.align_part(&mut aligned, visit)?;
        }
        Ok(())
    }

    fn align_part<E: From<SnapshotError>>(
        &mut self,
        aligned: &mut AlignedConversation<'_>,
        visit: Visit<'_, E>,
    ) -> Result<(), E> {
        let (with, context, conversation) = (self.with, self.context, aligned.conversation);
        context.pair.source.participations::<E>(&conversation.sid, with, &mut |participation| {
            self.participation(aligned, participation, visit)
        })?;
        let AlignedConversation { invites, held, met, .. } = aligned;
        for invite in invites.iter() {
            self.invite(held, conversation, invite, met, visit)?;
        }
        if !context.options.extras {
            return Ok(());
        }
        for participation in held.participants.iter().filter(|participation| !participation.is_matched) {
            let actual = Some(participation.actual());
            let item = plain(Entity::Member, Standing::Extra);
            visit(&Item { actual, conversation: Some(conversation), ..item })?;
        }
        Ok(())
    }

    fn participation<E: From<SnapshotError>>(
        &mut self,
        aligned: &mut AlignedConversation<'_>,
        participation: &Participation,
        visit: Visit<'_, E>,
    ) -> Result<(), E> {
        let (conversation, channel) = (aligned.conversation, aligned.channel);
        let AlignedConversation { invites, held, met, .. } = aligned;
        let source = row_records(self.context.pair.source.record(), channel, participation);
        let sid = participation.member.as_ref().map(|member| &member.sid);
        let sid = sid.or_else(|| participation.membership.as_ref()?.member_sid.as_ref());
        let known = source.member.and_then(|member| member.identity.as_deref());
        let known = known.or_else(|| source.user?.identity.as_deref());
        let item = |standing| Item {
            source: Some(source),
            conversation: Some(conversation),
            ..plain(Entity::Member, standing)
        };
        let Some(membership) = &participation.membership else {
            if held.has(known, sid) {
                held.mark(sid, known);
                return visit(&item(Standing::OneSided));
            }
            return Ok(());
        };
        match self.participants.take(&source) {
            Evaluated::Wanted => {}
            Evaluated::Filtered if !held.has(known, sid) => return Ok(()),
            Evaluated::Filtered if membership.status == Some(MembershipStatus::Invited) => {
                let identity = self.identity_of(&source)?;
                let identity = known.map(str::to_owned).or(identity);
                let invite = invite_to(invites, identity.as_deref());
                // Who is there has accepted since.
                let is_there = held.mark(None, identity.as_deref()).is_some();
                let is_new = identity.as_deref().is_none_or(|identity| met.insert(fingerprint(identity)));
                if is_there || !is_new {
                    return Ok(());
                }
                return visit(&Item { entity: Entity::Invite, invite, ..item(Standing::Missing) });
            }
            Evaluated::Filtered => {
                if membership.is_joined() {
                    held.mark(sid, known);
                }
                return Ok(());
            }
            Evaluated::Failed(error) if held.has(known, sid) => {
                held.mark(sid, known);
                return visit(&item(Standing::Failed(&error)));
            }
            Evaluated::Failed(_) => return Ok(()),
        }
        let mut desired = self.participants.desired(&source);
        self.context.keep_possible(self.participants.source.fields, &mut desired);
        if let Some(messages) = &conversation.messages {
            messages.translate(&mut desired);
        }
        let identity = desired[KEY].and_then(Value::to_text);
        let identity = identity.as_deref();
        if !held.has(identity, sid) {
            return Ok(());
        }
        let is_new = identity.is_none_or(|identity| met.insert(fingerprint(identity)));
        let found = held.mark(sid.filter(|_| !self.context.is_copy()), identity);
        let actual = found.map(|position| held.participants[position].actual());
        let fields = compare::pair(
            self.participants.source.fields,
            desired,
            actual.as_ref(),
            self.context.counterparts(),
            &self.context.defaults.participant,
        );
        let fields = self.without_sid(fields);
        let standing = if is_new { compare::standing(&fields, actual.as_ref()) } else { Standing::Duplicate };
        let invite = match membership.status {
            Some(MembershipStatus::Invited) => invite_to(invites, identity),
            _ => None,
        };
        visit(&Item { fields, actual, invite, ..item(standing) })?;
        if !is_new {
            return Ok(());
        }
        self.view(&source, actual, conversation, visit)
    }

    /// The user's own view of a conversation.
    fn view<E>(
        &mut self,
        source: &RowRecords<'_>,
        actual: Option<Actual<'_>>,
        conversation: &Conversation,
        visit: Visit<'_, E>,
    ) -> Result<(), E> {
        // A participant whose view was not read has one all the same.
        if matches!(actual, Some(Actual::Participant { membership: None, .. })) {
            return Ok(());
        }
        let item = |standing| Item {
            source: Some(*source),
            conversation: Some(conversation),
            ..plain(Entity::Membership, standing)
        };
        match self.views.take(source) {
            Evaluated::Wanted => {}
            Evaluated::Filtered => return Ok(()),
            Evaluated::Failed(error) => return visit(&item(Standing::Failed(&error))),
        }
        let desired = self.views.desired(source);
        let fields = compare::pair(self.views.source.fields, desired, actual.as_ref(), None, &[]);
        let standing = compare::standing(&fields, actual.as_ref());
        visit(&Item { fields, actual, ..item(standing) })
    }

    /// An invitation that no membership shows.
    fn invite<E: From<SnapshotError>>(
        &mut self,
        held: &mut HeldParticipants,
        conversation: &Conversation,
        invite: &Invite,
        met: &mut HashSet<u128>,
        visit: Visit<'_, E>,
    ) -> Result<(), E> {
        let identity = invite.identity.as_deref();
        if !held.has(identity, None) || identity.is_some_and(|identity| !met.insert(fingerprint(identity))) {
            return Ok(());
        }
        let source =
            RowRecords { invite: Some(invite), ..RowRecords::of_service(self.context.pair.source.record()) };
        let item = Item {
            source: Some(source),
            conversation: Some(conversation),
            invite: Some(invite),
            ..plain(Entity::Invite, Standing::Missing)
        };
        let found = held.mark(None, identity);
        if !self.makes_participants_of_invites() {
            return if found.is_none() { visit(&item) } else { Ok(()) };
        }
        let actual = found.map(|position| held.participants[position].actual());
        let desired = self.participants.source.fields.iter().map(|field| match *field {
            "identity" => Some(identity.map_or(Value::Null, Value::Text)),
            // Who is there already keeps the role that is there.
            "role_sid" if actual.is_none() => {
                invite.role_sid.as_ref().map(|sid| super::actual::sid(Some(sid)))
            }
            _ => None,
        });
        let fields = compare::pair(
            self.participants.source.fields,
            desired.collect(),
            actual.as_ref(),
            self.context.counterparts(),
            &self.context.defaults.participant,
        );
        let standing = compare::standing(&fields, actual.as_ref());
        visit(&Item { entity: Entity::Member, standing, fields: self.without_sid(fields), actual, ..item })
    }

    /// In a copy, SIDs are the target's own.
    fn without_sid<'a>(&self, mut fields: Vec<FieldPair<'a>>) -> Vec<FieldPair<'a>> {
        if self.context.is_copy() {
            fields.retain(|field| field.name != "sid");
        }
        fields
    }

    /// The identity of an invited user, which no member has.
    fn identity_of<E: From<SnapshotError>>(&self, source: &RowRecords<'_>) -> Result<Option<String>, E> {
        let Some(membership) = source.membership else { return Ok(None) };
        let user = self.context.pair.source.user(&membership.user_sid)?;
        Ok(user.and_then(|user| user.identity))
    }
}

fn invite_to<'i>(invites: &'i [Invite], identity: Option<&str>) -> Option<&'i Invite> {
    invites.iter().find(|invite| identity.is_some() && invite.identity.as_deref() == identity)
}

/// A row of a channel, as mappings see it.
fn row_records<'a>(
    service: &'a crate::model::Service,
    channel: &'a Channel,
    participation: &'a Participation,
) -> RowRecords<'a> {
    RowRecords {
        membership: participation.membership.as_ref(),
        user: participation.user.as_deref(),
        channel: Some(channel),
        member: participation.member.as_ref(),
        role: participation.role.as_deref(),
        ..RowRecords::of_service(service)
    }
}
