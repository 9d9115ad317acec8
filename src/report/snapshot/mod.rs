//! A snapshot as a page: what is in it, how complete it is and by what evidence, its largest channels, and who has which role.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::html::{self as page, TemplateError};
use crate::error::{Advise, Failure};
use crate::model::{Channel, Role, Service};
use crate::snapshot::{Info, Snapshot, SnapshotError, Verdict};

const TEMPLATE: &str = include_str!("page.html");

/// Channels of the page.
const CHANNELS: u32 = 25;

/// Why the page of a snapshot could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotPageError {
    #[error("the snapshot cannot be read")]
    Snapshot(#[from] SnapshotError),
    #[error("the report cannot be laid out")]
    Page(#[from] TemplateError),
    #[error("the report cannot be written")]
    Write(#[from] io::Error),
}

impl Advise for SnapshotPageError {
    fn status(&self) -> Failure {
        match self {
            Self::Snapshot(error) => error.status(),
            Self::Page(_) | Self::Write(_) => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Snapshot(error) => error.hint(),
            Self::Page(_) | Self::Write(_) => None,
        }
    }
}

#[derive(Debug, Serialize)]
struct SnapshotPage<'a> {
    title: String,
    headline: &'static str,
    text: &'static str,
    tone: &'static str,
    file: String,
    info: &'a Info,
    services: Vec<Service>,
    largest: Vec<Channel>,
    roles: Vec<CountedRole>,
    tool_version: &'static str,
}

#[derive(Debug, Serialize)]
struct CountedRole {
    role: Role,
    holders: u64,
}

/// The verdict as a headline, in a sentence for a person, and how it is colored.
pub(crate) fn verdict_words(verdict: Verdict) -> (&'static str, &'static str, &'static str) {
    match verdict {
        Verdict::Complete => {
            ("Complete", "Everything that was asked for was read, and the counts of the API agree.", "good")
        }
        Verdict::CompleteWithDrift => (
            "Complete, with drift",
            "Everything was read. Some data changed while it was, and the evidence shows where.",
            "busy",
        ),
        Verdict::Incomplete => ("Incomplete", "Part of what was asked for is not in this snapshot.", "bad"),
    }
}

pub(crate) fn html(snapshot: &Snapshot, info: &Info, out: &mut dyn Write) -> Result<(), SnapshotPageError> {
    let (headline, text, tone) = verdict_words(info.verdict);
    let mut counts = BTreeMap::new();
    snapshot.each_role_holder::<SnapshotError>(|role, _| {
        *counts.entry(role.clone()).or_default() += 1;
        Ok(())
    })?;
    let roles = snapshot
        .role_records()?
        .into_iter()
        .map(|role| CountedRole { holders: counts.get(&role.sid).copied().unwrap_or_default(), role });
    let services = snapshot.service_records()?;
    let name = services.first().and_then(|service| service.friendly_name.clone());
    let report = SnapshotPage {
        title: name.unwrap_or_else(|| info.services.first().map(ToString::to_string).unwrap_or_default()),
        headline,
        text,
        tone,
        file: snapshot.path().display().to_string(),
        info,
        largest: snapshot.largest_channels(CHANNELS)?,
        roles: roles.collect(),
        services,
        tool_version: env!("CARGO_PKG_VERSION"),
    };
    let rendered = page::html("snapshot.html", TEMPLATE, &report)?;
    out.write_all(rendered.before.as_bytes())?;
    Ok(())
}
