//! Everything about one person as a page: who it is, what is missing, channels, invitations, devices, roles, messages.

use serde::Serialize;

use super::html::{self as page, TemplateError};
use super::text::format;
use super::text::subject::SubjectPerson;
use crate::error::{Advise, Failure};
use crate::model::{Binding, Role, User};
use crate::snapshot::{Info, MissingOfPerson, Verdict};

const TEMPLATE: &str = include_str!("page.html");

/// Messages that stand on the page. All are in the files beside it.
pub(crate) const MESSAGES: u64 = 500;

/// The person's place on a channel.
#[derive(Debug, Serialize)]
pub(crate) struct SubjectPlace {
    pub channel: PageChannel,
    pub status: Option<String>,
    pub role: Option<String>,
    pub since: Option<String>,
    pub last_consumed_message_index: Option<i64>,
    pub last_read: Option<String>,
    pub unread_messages_count: Option<i64>,
    pub notification_level: Option<String>,
}

/// A channel as it is named on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PageChannel {
    pub sid: String,
    pub name: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SubjectInvite {
    pub channel: PageChannel,
    pub sid: String,
    pub date: Option<String>,
    pub created_by: Option<String>,
}

/// Messages of one channel, in its order.
#[derive(Debug, Serialize)]
pub(crate) struct SubjectTalk {
    pub channel: PageChannel,
    pub messages: Vec<SubjectMessage>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SubjectMessage {
    /// Whether the person wrote it.
    pub own: bool,
    pub sid: String,
    pub index: Option<i64>,
    pub from: Option<String>,
    pub date: Option<String>,
    pub body: Option<String>,
    pub media: Option<String>,
}

/// What the page shows.
#[derive(Debug, Serialize)]
pub(crate) struct SubjectReport {
    pub person: SubjectPerson,
    pub service_name: Option<String>,
    pub context: bool,
    pub user: Option<User>,
    pub places: Vec<SubjectPlace>,
    pub invites: Vec<SubjectInvite>,
    pub bindings: Vec<Binding>,
    pub roles: Vec<Role>,
    /// Channels with the person's messages, and with --context those of others: the first [`MESSAGES`].
    pub talks: Vec<SubjectTalk>,
    /// How many messages the person wrote, and how many are of others.
    pub written: u64,
    pub others: u64,
    pub missing: Vec<MissingOfPerson>,
    pub notes: Vec<&'static str>,
    pub info: Info,
    /// The snapshot that it was taken from; none for Twilio.
    pub snapshot: Option<String>,
    pub verdict: Verdict,
}

#[derive(Debug, Serialize)]
struct SubjectPage<'a> {
    name: String,
    headline: String,
    text: &'static str,
    tone: &'static str,
    shown: u64,
    subject: &'a SubjectReport,
    tool_version: &'static str,
}

impl Advise for TemplateError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}

/// The page.
pub(crate) fn html(subject: &SubjectReport) -> Result<String, TemplateError> {
    let (headline, text, tone) = match subject.verdict {
        Verdict::Incomplete => (
            format!("Incomplete: {} missing", format::counted(subject.missing.len() as u64, "part")),
            "What is missing is named below. The rest is here.",
            "bad",
        ),
        Verdict::CompleteWithDrift => (
            "Complete, with drift".to_owned(),
            "Everything was read. Some of it changed while it was.",
            "busy",
        ),
        Verdict::Complete if subject.snapshot.is_none() => (
            "Complete, as far as Twilio lists it".to_owned(),
            "Everything that Twilio lists about a person was read.",
            "good",
        ),
        Verdict::Complete => ("Complete".to_owned(), "Nothing that was asked for is missing.", "good"),
    };
    let page = SubjectPage {
        name: subject.person.name(),
        headline,
        text,
        tone,
        shown: subject.talks.iter().map(|talk| talk.messages.len() as u64).sum(),
        subject,
        tool_version: env!("CARGO_PKG_VERSION"),
    };
    let rendered = page::html("subject.html", TEMPLATE, &page)?;
    Ok(rendered.before + &rendered.after)
}
