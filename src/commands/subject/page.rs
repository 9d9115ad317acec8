//! Gathers what the page of a person shows, from the same rows as the files.

use std::path::Path;

use crate::export::{ExportError, RowSource as _, SubjectSource};
use crate::model::{Channel, Entity, RowRecords};
use crate::report::subject::{
    MESSAGES, PageChannel, SubjectInvite, SubjectMessage, SubjectPlace, SubjectReport, SubjectTalk,
};
use crate::report::text::subject::SubjectPerson;
use crate::snapshot::{MissingOfPerson, Verdict};

/// What is said beside the rows.
pub(super) struct About<'a> {
    pub(super) person: SubjectPerson,
    pub(super) snapshot: Option<&'a Path>,
    pub(super) verdict: Verdict,
    pub(super) missing: Vec<MissingOfPerson>,
    pub(super) notes: Vec<&'static str>,
    pub(super) context: bool,
}

pub(super) fn report(source: &SubjectSource<'_>, about: About<'_>) -> Result<SubjectReport, ExportError> {
    let mut report = SubjectReport {
        person: about.person,
        service_name: None,
        context: about.context,
        user: None,
        places: Vec::new(),
        invites: Vec::new(),
        bindings: Vec::new(),
        roles: Vec::new(),
        talks: Vec::new(),
        written: 0,
        others: 0,
        missing: about.missing,
        notes: about.notes,
        info: source.info()?,
        snapshot: about.snapshot.map(|path| path.display().to_string()),
        verdict: about.verdict,
    };
    let walked = [
        Entity::Service,
        Entity::User,
        Entity::Role,
        Entity::Membership,
        Entity::Invite,
        Entity::Binding,
        Entity::Message,
    ];
    for entity in walked {
        source.each(entity, &mut |records| {
            add(&mut report, entity, records, source);
            Ok(())
        })?;
    }
    Ok(report)
}

fn add(report: &mut SubjectReport, entity: Entity, records: &RowRecords<'_>, source: &SubjectSource<'_>) {
    match entity {
        Entity::Service => report.service_name.clone_from(&records.service.friendly_name),
        Entity::User => report.user = records.user.cloned(),
        Entity::Role => report.roles.extend(records.role.cloned()),
        Entity::Binding => report.bindings.extend(records.binding.cloned()),
        Entity::Membership => report.places.push(place(records)),
        Entity::Invite => report.invites.extend(records.invite.map(|invite| SubjectInvite {
            channel: channel(&invite.channel_sid.to_string(), records.channel),
            sid: invite.sid.to_string(),
            date: invite.date_created.as_ref().map(ToString::to_string),
            created_by: invite.created_by.clone(),
        })),
        Entity::Message => {
            if let Some(message) = records.message {
                let own = source.wrote(message);
                *(if own { &mut report.written } else { &mut report.others }) += 1;
                if report.written + report.others > MESSAGES {
                    return;
                }
                let channel = channel(&message.channel_sid.to_string(), records.channel);
                if report.talks.last().is_none_or(|talk| talk.channel != channel) {
                    report.talks.push(SubjectTalk { channel, messages: Vec::new() });
                }
                let shown = SubjectMessage {
                    own,
                    sid: message.sid.to_string(),
                    index: message.index,
                    from: message.from.clone(),
                    date: message.date_created.as_ref().map(ToString::to_string),
                    body: message.body.clone(),
                    media: message.media.as_ref().map(|media| media.0.to_string()),
                };
                report.talks.last_mut().expect("one was pushed").messages.push(shown);
            }
        }
        Entity::Channel | Entity::Member => {}
    }
}

fn place(records: &RowRecords<'_>) -> SubjectPlace {
    let (membership, member) = (records.membership, records.member);
    let sid = membership
        .map(|membership| membership.channel_sid.to_string())
        .or_else(|| member.map(|member| member.channel_sid.to_string()));
    let read_to = member.and_then(|member| member.last_consumed_message_index);
    SubjectPlace {
        channel: channel(&sid.unwrap_or_default(), records.channel),
        status: membership
            .and_then(|membership| membership.status.as_ref())
            .map(|status| status.as_str().to_owned()),
        role: records.role.and_then(|role| role.friendly_name.clone()),
        since: member.and_then(|member| member.date_created.as_ref()).map(ToString::to_string),
        last_consumed_message_index: membership
            .and_then(|membership| membership.last_consumed_message_index)
            .or(read_to),
        last_read: member
            .and_then(|member| member.last_consumption_timestamp.as_ref())
            .map(ToString::to_string),
        unread_messages_count: membership.and_then(|membership| membership.unread_messages_count),
        notification_level: membership
            .and_then(|membership| membership.notification_level.as_ref())
            .map(|level| level.as_str().to_owned()),
    }
}

fn channel(sid: &str, channel: Option<&Channel>) -> PageChannel {
    let name =
        channel.and_then(|channel| channel.friendly_name.clone().or_else(|| channel.unique_name.clone()));
    PageChannel { sid: sid.to_owned(), name }
}
