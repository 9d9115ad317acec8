//! Finds the person in a snapshot: a user, or an identity that is no user any more and has left records.

use crate::export::{Person, SubjectSource};
use crate::model::{Entity, ServiceSid, UserSid};
use crate::report::text::subject::SubjectError;
use crate::settings::SubjectSettings;
use crate::snapshot::{NameMatch, NamedRecord, Snapshot, SnapshotError};
use crate::storage::nearest;

use super::super::CommandError;

/// Users that have a name or one like it: more than a hint can use.
const MOST: u32 = 1_000;

pub(super) fn find(snapshot: &Snapshot, settings: &SubjectSettings) -> Result<Person, CommandError> {
    let who = &settings.who.text;
    let mut found: Vec<Person> =
        users(snapshot, settings)?.into_iter().map(|user| subject_of(&user)).collect();
    if found.is_empty() && !settings.who.is_sid {
        for service in snapshot.info()?.services {
            let subject = Person { service, user: None, identity: Some(who.clone()) };
            if is_wanted(settings, &subject.service)
                && SubjectSource::of(snapshot, subject.clone(), false)?.is_known()
            {
                found.push(subject);
            }
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(SubjectError::NotInSnapshot {
            who: who.clone(),
            snapshot: snapshot.path().to_owned(),
            near: near(snapshot, who)?,
        }
        .into()),
        _ => {
            let services = found.into_iter().map(|subject| subject.service).collect();
            Err(SubjectError::Several { who: who.clone(), services }.into())
        }
    }
}

fn is_wanted(settings: &SubjectSettings, service: &ServiceSid) -> bool {
    settings.service.as_ref().is_none_or(|wanted| wanted == service)
}

fn users(snapshot: &Snapshot, settings: &SubjectSettings) -> Result<Vec<NamedRecord>, SnapshotError> {
    let who = &settings.who.text;
    let mut found = if settings.who.is_sid {
        snapshot.record_of_sid(who)?.into_iter().collect()
    } else {
        snapshot.named(who, NameMatch::Complete, MOST)?
    };
    found.retain(|record| {
        record.entity == Entity::User
            && is_wanted(settings, &record.service_sid)
            && (settings.who.is_sid || record.name.as_ref() == Some(who))
    });
    Ok(found)
}

fn subject_of(user: &NamedRecord) -> Person {
    Person {
        service: user.service_sid.clone(),
        user: Some(UserSid::from_wire(&user.sid)),
        identity: user.name.clone(),
    }
}

/// Identities of users that have this name, in other capitals or for people, or one like it.
fn near(snapshot: &Snapshot, who: &str) -> Result<Vec<String>, SnapshotError> {
    let identities = |records: Vec<NamedRecord>| -> Vec<String> {
        records
            .into_iter()
            .filter(|record| record.entity == Entity::User)
            .filter_map(|record| record.name)
            .collect()
    };
    let mut named = identities(snapshot.named(who, NameMatch::Complete, MOST)?);
    named.truncate(5);
    if !named.is_empty() {
        return Ok(named);
    }
    let first = who.chars().next().map(String::from).unwrap_or_default();
    let candidates = identities(snapshot.named(&first, NameMatch::Prefix, MOST)?);
    Ok(nearest(who, candidates.iter().map(String::as_str)).map(str::to_owned).into_iter().collect())
}
