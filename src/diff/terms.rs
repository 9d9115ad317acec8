//! What of two snapshots can be compared, and what a reader has to know about it.

use serde::Serialize;

use super::error::TermsError;
use crate::model::{AccountSid, Api, Entity, ServiceSid};
use crate::snapshot::{CrawlIdentity, FieldMask, Snapshot, Verdict, columns};

/// One of the two, in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ComparedSide {
    /// Its file, or its audit.
    pub snapshot: String,
    /// When its crawl was begun, RFC 3339.
    pub started: String,
    /// The account whose credentials read it.
    pub account_sid: AccountSid,
    pub services: Vec<ServiceSid>,
    /// The API that was read.
    pub source: Api,
    /// Its own judgement of its completeness.
    pub verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Terms {
    /// The two.
    pub sides: [ComparedSide; 2],
    /// What is compared, in the order of reports.
    pub entities: Vec<Entity>,
    /// Whether only users and channels that both have are looked at.
    pub common_only: bool,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Whether the two were read from different APIs.
    other_source: bool,
}

/// What only one of Chat and Conversations gives, or each in terms of its own: not compared with what Chat gives.
fn not_in_conversations(entity: Entity) -> impl Iterator<Item = &'static str> {
    let in_terms_of_its_own: &[&str] = match entity {
        Entity::Role => &["type", "permissions"],
        Entity::Message => &["media"],
        Entity::Binding => &["message_types"],
        _ => &[],
    };
    in_terms_of_its_own.iter().copied().chain(entity.one_sided_fields())
}

impl Terms {
    /// Looks at both and says what can be compared.
    pub(crate) fn of(old: &Snapshot, new: &Snapshot) -> Result<Self, TermsError> {
        let names = [old, new].map(|snapshot| snapshot.path().display().to_string());
        Self::named(old, new, names)
    }

    /// The same, calling them by other names than their files'.
    pub(crate) fn named(old: &Snapshot, new: &Snapshot, names: [String; 2]) -> Result<Self, TermsError> {
        let identities = [old.identity()?, new.identity()?];
        let [old_name, new_name] = names;
        let sides = [side(old, &identities[0], old_name)?, side(new, &identities[1], new_name)?];
        if !sides[0].services.iter().any(|service| sides[1].services.contains(service)) {
            let [old, new] = sides.map(|side| list(&side.services));
            return Err(TermsError::OtherService { old, new });
        }
        let other_source = identities[0].source != identities[1].source;
        let common_only = identities[0].users != identities[1].users;
        let mut terms = Self { entities: Vec::new(), common_only, notes: Vec::new(), other_source, sides };
        terms.choose_entities(&identities)?;
        terms.note(&identities);
        terms.note_carried([old, new])?;
        Ok(terms)
    }

    fn choose_entities(&mut self, identities: &[CrawlIdentity; 2]) -> Result<(), TermsError> {
        let has = |at: usize, entity| {
            let includes = |at: usize| identities[at].include.contains(&entity);
            // Conversations has no invitations: what Chat has of them is reported as missing there.
            let has_none =
                self.other_source && entity == Entity::Invite && !identities[at].source.has(entity);
            includes(at) || (has_none && includes(1 - at))
        };
        let mut entities = Vec::new();
        let mut notes = Vec::new();
        for entity in Entity::ALL {
            match (has(0, entity), has(1, entity)) {
                (true, true) => entities.push(entity),
                (true, false) => notes.push((entity, &self.sides[0].snapshot)),
                (false, true) => notes.push((entity, &self.sides[1].snapshot)),
                (false, false) => {}
            }
        }
        let notes: Vec<String> = notes
            .into_iter()
            .map(|(entity, side)| format!("{} are not compared: only {side} has them", entity.plural()))
            .collect();
        if entities.iter().all(|entity| *entity == Entity::Service) {
            let [old, new] = identities;
            let include = |identity: &CrawlIdentity| {
                let read = identity.include.iter().filter(|entity| **entity != Entity::Service);
                read.map(|entity| entity.plural()).collect::<Vec<_>>().join(", ")
            };
            return Err(TermsError::NothingInCommon { old: include(old), new: include(new) });
        }
        self.entities = entities;
        self.notes.extend(notes);
        Ok(())
    }

    fn note(&mut self, identities: &[CrawlIdentity; 2]) {
        let [old, new] = &self.sides;
        let mut notes = Vec::new();
        for (side, other) in [(old, new), (new, old)] {
            if side.verdict == Verdict::Incomplete {
                notes.push(format!(
                    "{} is incomplete: what it lacks for that reason is unreadable (!), not missing or added",
                    side.snapshot
                ));
            }
            let only: Vec<_> =
                side.services.iter().filter(|service| !other.services.contains(service)).cloned().collect();
            if !only.is_empty() && asked_for_other(identities, &only) {
                notes.push(format!("only {} is of {}, which is not compared", side.snapshot, list(&only)));
            }
        }
        if old.account_sid != new.account_sid {
            notes.push(format!(
                "{} was read with the credentials of {}, {} with those of {}",
                old.snapshot, old.account_sid, new.snapshot, new.account_sid
            ));
        }
        if old.started > new.started {
            notes.push(format!(
                "{} was begun at {}, after {} at {}: are they the wrong way round?",
                old.snapshot, old.started, new.snapshot, new.started
            ));
        }
        if self.common_only {
            notes.push(
                "the two were crawled for other users: only users and channels that both have are compared"
                    .to_owned(),
            );
        }
        if self.other_source {
            notes.push(format!(
                "{} was read from {}, {} from {}: public channels, invitations and memberships that are not joined do not \
                 exist in Conversations, and these fields are not compared: {}",
                old.snapshot,
                old.source,
                new.snapshot,
                new.source,
                self.not_comparable().join(", ")
            ));
        }
        self.notes.extend(notes);
    }

    /// What a crawl did not read itself is the same as where it is from, and that proves nothing.
    fn note_carried(&mut self, snapshots: [&Snapshot; 2]) -> Result<(), TermsError> {
        if !self.entities.contains(&Entity::Membership) {
            return Ok(());
        }
        for (side, snapshot) in self.sides.iter().zip(snapshots) {
            let Some(carried) = snapshot.carried()? else { continue };
            self.notes.push(format!(
                "in {} the {} user channels of {} users were not read but carried over from the crawl begun at {}, since the users' \
                 counts had not changed; part {} of the users was read anyway. That is a heuristic: read positions and unread \
                 counts move without a trace",
                side.snapshot, carried.user_channels, carried.users, carried.from, carried.read_anyway
            ));
        }
        Ok(())
    }

    /// The fields of an entity that both APIs give.
    pub(super) fn comparable(&self, entity: Entity) -> FieldMask {
        let mut fields = FieldMask::ALL;
        if self.other_source {
            for (number, column) in columns(entity).iter().enumerate() {
                if not_in_conversations(entity).any(|field| field == column.name) {
                    fields = fields.without(number);
                }
            }
        }
        fields
    }

    fn not_comparable(&self) -> Vec<String> {
        let names = |entity: &Entity| {
            let plural = entity.plural();
            not_in_conversations(*entity).map(move |field| format!("{plural}.{field}"))
        };
        self.entities.iter().flat_map(names).collect()
    }
}

/// Whether one of the crawls was asked for some services only, and these are not among them.
fn asked_for_other(identities: &[CrawlIdentity; 2], services: &[ServiceSid]) -> bool {
    identities.iter().any(|identity| {
        !identity.services.is_empty() && services.iter().any(|service| !identity.services.contains(service))
    })
}

fn side(snapshot: &Snapshot, identity: &CrawlIdentity, name: String) -> Result<ComparedSide, TermsError> {
    Ok(ComparedSide {
        snapshot: name,
        started: identity.started.clone(),
        account_sid: identity.account_sid.clone(),
        services: snapshot.services_in()?,
        source: identity.source,
        verdict: snapshot.verdict()?,
    })
}

fn list(services: &[ServiceSid]) -> String {
    match services {
        [] => "no service".to_owned(),
        many => many.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
