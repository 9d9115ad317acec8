//! What a probe found: the object of `probe --json` and its text for people.

use std::collections::BTreeMap;
use std::error::Error;

use serde::Serialize;

use crate::model::{AccountSid, Api, Entity, ServiceSid};
use crate::plan::CopyCost;

use super::crawl::by_plural;
use super::format;
use crate::printable::{Printable, PrintableLine, Tone};

/// What to check where an API answers that it does not have the service.
pub(crate) const CHECK_SERVICE: &str = "check the SID, and that the credentials are of the account that has the service; \
     without --service every service of the account is read";

/// What to check where an API does not answer.
pub(crate) const CHECK_NETWORK: &str = "check the network, --chat-url and --conversations-url";

/// How an API refused a request that any full key may send.
pub(crate) fn refused(error: &dyn Error) -> String {
    format!("{error} (a restricted key may lack the permission)")
}

/// What a probe found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProbeSummary {
    pub account_sid: AccountSid,
    /// `auth token` or `API key`.
    pub credentials: &'static str,
    pub chat: Answer,
    pub conversations: Answer,
    /// The API that a crawl reads and that was priced: `chat` or `conversations`.
    pub source: Api,
    /// What reading every membership takes, by either route.
    pub routes: Routes,
    /// The services that were read.
    pub services: Vec<ProbedService>,
    /// How many requests a crawl takes, by what they read.
    #[serde(serialize_with = "by_plural")]
    pub requests_by_resource: BTreeMap<Entity, u64>,
    /// How many requests a crawl takes in all.
    pub requests: u64,
    /// Whether the number of requests is exact, or the least there can be.
    pub requests_exact: bool,
    /// The most requests per second that are allowed; null for no limit.
    pub requests_per_second: Option<u32>,
    /// How long a crawl takes at the allowed rate; null where there is no limit.
    pub estimated_seconds: Option<f64>,
    /// How long the probe took.
    pub elapsed_seconds: f64,
    /// What to check, where something is wrong.
    pub hint: Option<String>,
}

/// Requests that reading every membership takes: by user, through User Channels, or by channel, through members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Routes {
    /// By user; null where users were not counted. Only this route has unread counts and notification levels.
    pub by_user: Option<u64>,
    /// By channel; null where channels were not counted. Only this route has roles and attributes.
    pub by_channel: Option<u64>,
    /// Rows on a page by user.
    pub user_page: u32,
    /// Rows on a page by channel.
    pub channel_page: u32,
}

impl Routes {
    fn text(&self) -> Option<String> {
        let (by_user, by_channel) = (self.by_user?, self.by_channel?);
        Some(format!(
            "{} by user ({} a page, with unread counts and notification levels), {} by channel ({} a page, with roles and \
             attributes)",
            format::count(by_user),
            self.user_page,
            format::count(by_channel),
            self.channel_page
        ))
    }
}

/// Whether an API answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    /// It answered with data.
    pub answers: bool,
    pub outcome: ProbeOutcome,
    /// The address that was asked.
    pub origin: String,
    /// Why not, in one line.
    pub problem: Option<String>,
}

/// How an API took the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProbeOutcome {
    /// With data, or with the word that there is no such service.
    Answered,
    /// It does not accept the credentials: 401 or 403.
    Refused,
    /// It no longer exists for the account: 404 or 410.
    Ended,
    /// No answer came.
    Unreachable,
    /// Any other status.
    Failed,
}

impl ProbeOutcome {
    /// What follows the name of the API.
    fn words(self) -> &'static str {
        match self {
            Self::Answered => "answers",
            Self::Refused => "refused the credentials",
            Self::Ended => "has ended for this account",
            Self::Unreachable => "is unreachable",
            Self::Failed => "failed",
        }
    }
}

/// A service that was read.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProbedService {
    /// `IS…`
    pub sid: ServiceSid,
    /// Its name for people.
    pub friendly_name: Option<String>,
    /// The most members of a channel.
    pub channel_members_limit: Option<i64>,
    /// The most channels of a user.
    pub user_channels_limit: Option<i64>,
    /// How many users it has.
    pub users: Option<u64>,
    /// How many channels it has.
    pub channels: Option<u64>,
    /// What a copy of it takes; null where nothing counts its members.
    pub copy: Option<CopyCost>,
}

impl ProbeSummary {
    /// The summary for people, the cost of a crawl last.
    pub(crate) fn text(&self) -> Printable {
        let mut lines = vec![
            format!("  account        {} (with {})", self.account_sid, self.credentials),
            format!("  Chat           {}", answer(&self.chat)),
            format!("  Conversations  {}", answer(&self.conversations)),
        ];
        for probed in &self.services {
            lines.push(service(probed));
            lines.extend(probed.copy.as_ref().map(copy));
        }
        let parts: Vec<String> = self
            .requests_by_resource
            .iter()
            .map(|(entity, number)| {
                format!("{} for {}", format::count(*number), entity.plural().replace('_', " "))
            })
            .collect();
        if !parts.is_empty() {
            lines.push(format!("  requests       {}", parts.join(", ")));
        }
        lines.extend(self.routes.text().map(|routes| format!("  memberships    {routes}")));
        if self.source == Api::Conversations {
            let why =
                if self.chat.problem.is_none() { "as asked for" } else { "because Chat does not serve it" };
            lines.push(format!(
                "  read from      Conversations, {why}: private channels only, no invites, no counts"
            ));
        }
        let mut text: Printable = lines.into_iter().collect();
        let tone = if self.is_priced() { Tone::Good } else { Tone::Bad };
        text.push(PrintableLine::verdict(tone, &self.verdict_line()));
        if let Some(hint) = &self.hint {
            text.push(PrintableLine::toned(Tone::Hint, "hint:").and(" ").and(hint));
        }
        text
    }

    /// The crawl that was priced.
    pub(crate) fn next_steps(&self) -> Printable {
        if !self.is_priced() {
            return Printable::new();
        }
        let services = self.services.iter().map(|service| format!(" --service {}", service.sid));
        let services: String = if self.services.len() > 3 { String::new() } else { services.collect() };
        format::next_steps([format!("chatferry crawl{services}")])
    }

    /// Whether the cost of a crawl is known.
    fn is_priced(&self) -> bool {
        let read = if self.source == Api::Conversations { &self.conversations } else { &self.chat };
        read.answers && read.problem.is_none()
    }

    /// The cost of a crawl in one plain line.
    pub(crate) fn verdict_line(&self) -> String {
        let name = self.source.title();
        let read = match self.source {
            Api::Chat => &self.chat,
            Api::Conversations => &self.conversations,
        };
        if !read.answers {
            return format!("{name} {}: nothing can be crawled", read.outcome.words());
        }
        if read.problem.is_some() {
            return "not every service could be read: the cost of a crawl is not known".to_owned();
        }
        let bound = if self.requests_exact { "" } else { "at least " };
        let requests = format::counted(self.requests, "request");
        match (self.estimated_seconds, self.requests_per_second) {
            (Some(seconds), Some(rate)) => format!(
                "a crawl takes {bound}{requests}: {bound}{} at {} requests a second",
                format::seconds(seconds),
                format::count(u64::from(rate))
            ),
            _ => format!("a crawl takes {bound}{requests}"),
        }
    }
}

fn answer(answer: &Answer) -> String {
    let words = match answer.outcome {
        ProbeOutcome::Answered => "answers",
        ProbeOutcome::Refused => "refused the credentials",
        ProbeOutcome::Ended => "has ended",
        ProbeOutcome::Unreachable => "unreachable",
        ProbeOutcome::Failed => "failed",
    };
    match &answer.problem {
        Some(problem) => format!("{words} at {}: {problem}", answer.origin),
        None => format!("{words} at {}", answer.origin),
    }
}

/// What a copy takes, in one line.
fn copy(cost: &CopyCost) -> String {
    let range = |least, most| format!("{} to {}", format::count(least), format::count(most));
    format!(
        "  a copy of it   {} requests, by how many have read or muted; {} with one for each participant",
        range(cost.least, cost.most),
        range(cost.least_without_batches, cost.most_without_batches)
    )
}

fn service(service: &ProbedService) -> String {
    let mut parts = Vec::new();
    for (number, what) in [(service.users, "user"), (service.channels, "channel")] {
        parts.extend(number.map(|number| format::counted(number, what)));
    }
    for (limit, what) in [
        (service.user_channels_limit, "channels a user"),
        (service.channel_members_limit, "members a channel"),
    ] {
        let limit = limit.and_then(|limit| u64::try_from(limit).ok());
        parts.extend(limit.map(|limit| format!("at most {} {what}", format::count(limit))));
    }
    let name = service.friendly_name.as_deref().unwrap_or("(no name)");
    format!("  service        {} {name}: {}", service.sid, parts.join(", "))
}

#[cfg(test)]
mod tests;
