//! The types of values that several verbs take.

use std::collections::BTreeSet;

use clap::ValueEnum;

use super::error::ValueError;
use crate::model::ServiceSid;

/// The API to read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SourceChoice {
    /// Programmable Chat v2 and, where it no longer answers, Conversations v1
    Auto,
    /// Programmable Chat v2
    Chat,
    /// Conversations v1: private channels only, no invites, no counts
    Conversations,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressStyle {
    Auto,
    Bar,
    Plain,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// Where a migration goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MigrationTarget {
    /// The source's own service, seen through Conversations.
    InPlace,
    /// Another service.
    Service(ServiceSid),
}

/// A part of a service that a crawl can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IncludePart {
    Roles,
    Users,
    Channels,
    UserChannels,
    Members,
    Invites,
    Messages,
    Bindings,
}

impl IncludePart {
    pub(crate) const ALL: [Self; 8] = [
        Self::Roles,
        Self::Users,
        Self::Channels,
        Self::UserChannels,
        Self::Members,
        Self::Invites,
        Self::Messages,
        Self::Bindings,
    ];

    /// Its name in `--include`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Users => "users",
            Self::Channels => "channels",
            Self::UserChannels => "user-channels",
            Self::Members => "members",
            Self::Invites => "invites",
            Self::Messages => "messages",
            Self::Bindings => "bindings",
        }
    }

    /// The part through which it is read.
    const fn through(self) -> Option<Self> {
        match self {
            Self::Roles | Self::Users | Self::Channels | Self::Bindings => None,
            Self::UserChannels => Some(Self::Users),
            Self::Members | Self::Invites | Self::Messages => Some(Self::Channels),
        }
    }
}

/// The parts to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Include(BTreeSet<IncludePart>);

impl Include {
    pub(crate) fn has(&self, part: IncludePart) -> bool {
        self.0.contains(&part)
    }

    /// The parts, in the order of [`IncludePart::ALL`].
    pub(crate) fn parts(&self) -> impl Iterator<Item = IncludePart> {
        self.0.iter().copied()
    }

    pub(super) fn insert(&mut self, part: IncludePart) {
        self.0.insert(part);
    }

    /// Nothing can be read without what it is read through.
    pub(super) fn check(&self) -> Result<(), ValueError> {
        if self.0.is_empty() {
            return Err(ValueError::Empty);
        }
        for part in self.parts() {
            if let Some(through) = part.through().filter(|through| !self.has(*through)) {
                return Err(ValueError::PartNeeds { part: part.name(), through: through.name() });
            }
        }
        Ok(())
    }
}
