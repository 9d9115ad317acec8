//! What was typed, by key, as text: the first of the layers.

use std::collections::BTreeMap;

use crate::cli::{ApplyArgs, ConnectionArgs, CrawlArgs, GlobalArgs, PlanArgs, ProbeArgs};

use super::keys::{self, Key};
use super::parse::choice_name;

/// The flags that were given, by key.
#[derive(Debug, Default)]
pub(super) struct Flags(BTreeMap<&'static str, Vec<String>>);

impl Flags {
    pub(super) fn get(&self, key: &Key) -> Option<&[String]> {
        self.0.get(key.name).map(Vec::as_slice)
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn with(mut self, key: &'static Key, value: Option<impl Into<String>>) -> Self {
        if let Some(value) = value {
            self.0.insert(key.name, vec![value.into()]);
        }
        self
    }

    fn with_list(mut self, key: &'static Key, values: &[String]) -> Self {
        if !values.is_empty() {
            self.0.insert(key.name, values.to_vec());
        }
        self
    }
}

fn given(switch: bool) -> Option<&'static str> {
    switch.then_some("true")
}

impl From<&GlobalArgs> for Flags {
    fn from(args: &GlobalArgs) -> Self {
        Self::default()
            .with(&keys::LOG_FORMAT, args.log_format.as_ref().map(choice_name))
            .with(&keys::PROGRESS, args.progress.as_ref().map(choice_name))
            .with(&keys::COLOR, args.color.as_ref().map(choice_name))
    }
}

impl From<&ConnectionArgs> for Flags {
    fn from(args: &ConnectionArgs) -> Self {
        Self::default()
            .with(&keys::CONCURRENCY, args.concurrency.clone())
            .with(&keys::RPS, args.rps.clone())
            .with(&keys::ACCOUNT_CONCURRENCY, args.account_concurrency.clone())
            .with(&keys::MAX_DURATION, args.max_duration.clone())
            .with(&keys::CHAT_URL, args.chat_url.clone())
            .with(&keys::CONVERSATIONS_URL, args.conversations_url.clone())
            .with(&keys::ALLOW_HTTP, given(args.allow_http))
            .with(&keys::SECRET_FILE, args.secret_file.clone())
            .with(&keys::SECRET_COMMAND, args.secret_command.clone())
    }
}

impl From<&CrawlArgs> for Flags {
    fn from(args: &CrawlArgs) -> Self {
        Self::default()
            .with_list(&keys::SERVICE, &args.services)
            .with(&keys::ALL_SERVICES, given(args.all_services))
            .with(&keys::SNAPSHOT, args.snapshot.clone())
            .with(&keys::SOURCE, args.source.as_ref().map(choice_name))
            .with(&keys::INCLUDE, args.include.clone())
            .with(&keys::USERS, args.users.clone())
            .with(&keys::CROSS_CHECK, args.cross_check.clone())
    }
}

impl From<&ProbeArgs> for Flags {
    fn from(args: &ProbeArgs) -> Self {
        Self::default()
            .with_list(&keys::SERVICE, &args.services)
            .with(&keys::SOURCE, args.source.as_ref().map(choice_name))
            .with(&keys::INCLUDE, args.include.clone())
    }
}

impl From<&ApplyArgs> for Flags {
    fn from(args: &ApplyArgs) -> Self {
        Self::default()
            .with(&keys::CONVERSATION_RATE, args.conversation_rate.clone())
            .with(&keys::SERVICE_RATE, args.service_rate.clone())
    }
}

impl From<&PlanArgs> for Flags {
    fn from(args: &PlanArgs) -> Self {
        let shown = |path: &std::path::PathBuf| path.display().to_string();
        Self::default()
            .with(&keys::TARGET, args.target.clone())
            .with(&keys::SNAPSHOT, args.snapshot.as_ref().map(shown))
            .with(&keys::PLAN, args.plan.clone())
            .with(&keys::MAX_AGE, args.max_age.clone())
            .with(&keys::MAX_CHANGE_PERCENT, args.max_change_percent.clone())
    }
}
