//! Everything about one person: the object of `subject --json` and its text, and why there is none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::crawl::Stopped;
use super::format;
use crate::error::{Advise, Failure};
use crate::model::{Api, ServiceSid};
use crate::printable::{Printable, PrintableLine, Tone};
use crate::snapshot::{MissingOfPerson, Verdict};

/// What `subject` is about is not one person, or there is no place for it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubjectError {
    #[error("`{who}` is no one in the snapshot `{}`", snapshot.display())]
    NotInSnapshot {
        who: String,
        snapshot: PathBuf,
        /// Identities like it.
        near: Vec<String>,
    },
    #[error("there is no user `{who}` in {service}")]
    NotAtTwilio { who: String, service: String },
    #[error("`{who}` is someone in several services: {}", list(services))]
    Several { who: String, services: Vec<ServiceSid> },
    #[error("the folder `{}` is not empty", path.display())]
    NotEmpty { path: PathBuf },
    #[error("`{}` is not a folder", path.display())]
    NotAFolder { path: PathBuf },
}

/// What to do about the file that an earlier run for another person, or with other settings, left.
pub(crate) fn unfinished_other(left: &Path) -> String {
    format!(
        "`{}` is what an unfinished run for this folder has read: give that person and those settings again, name another folder, or remove it",
        left.display()
    )
}

fn list(services: &[ServiceSid]) -> String {
    services.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Advise for SubjectError {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotInSnapshot { near, .. } if !near.is_empty() => {
                let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                format!("did you mean {}? Capitals count", near.join(" or "))
            }
            Self::NotInSnapshot { .. } => {
                "give the user's SID (US…) or its identity, where capitals count; `chatferry show` finds users by other names"
                    .to_owned()
            }
            Self::NotAtTwilio { .. } => {
                "give the user's SID (US…) or its identity, and check --service; who is deleted may be in a snapshot: --snapshot"
                    .to_owned()
            }
            Self::Several { .. } => "choose one with --service".to_owned(),
            Self::NotEmpty { .. } | Self::NotAFolder { .. } => "name a new folder with --out".to_owned(),
        })
    }
}

/// Who it is about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SubjectPerson {
    pub service_sid: ServiceSid,
    /// Null for one who is no user any more.
    pub user_sid: Option<String>,
    pub identity: Option<String>,
}

impl SubjectPerson {
    pub(crate) fn name(&self) -> String {
        self.identity.clone().or_else(|| self.user_sid.clone()).unwrap_or_default()
    }
}

/// What was written.
#[derive(Debug, Serialize)]
pub(crate) struct SubjectSummary {
    /// `incomplete` where something is missing.
    pub verdict: Verdict,
    /// Why it stopped before anything was written, if it did.
    pub stopped: Option<Stopped>,
    /// Null where it stopped before it was known.
    pub subject: Option<SubjectPerson>,
    /// The folder; null where nothing was written.
    pub out: Option<String>,
    /// The snapshot that it was taken from; null for Twilio.
    pub snapshot: Option<String>,
    pub source: Api,
    /// Whether it says when others wrote.
    pub context: bool,
    /// Rows by record.
    pub records: BTreeMap<String, u64>,
    pub missing: Vec<MissingOfPerson>,
    /// What else is to be known.
    pub notes: Vec<&'static str>,
    /// Requests to Twilio, those sent again included.
    pub requests: u64,
}

impl SubjectSummary {
    /// `kept` is the file that another run goes on from.
    pub(crate) fn text(&self, kept: &Path) -> Printable {
        let mut text = Printable::new();
        for (record, rows) in &self.records {
            text.push(format!("{:>12} rows  {record}", format::count(*rows)));
        }
        for part in &self.missing {
            text.push(
                PrintableLine::toned(Tone::Bad, "missing").and(&format!(": {}: {}", part.what, part.why)),
            );
        }
        for note in &self.notes {
            text.push(format!("note: {note}"));
        }
        let again = format!("run the same command again; what was read is kept in {}", kept.display());
        let (tone, line) = match (&self.out, self.stopped) {
            (None, Some(Stopped::Interrupted)) => (Tone::Bad, format!("incomplete: interrupted; {again}")),
            (None, Some(Stopped::TimeUp)) => (Tone::Bad, format!("incomplete: the time was up; {again}")),
            (None, _) => (Tone::Bad, format!("incomplete: every request failed; {again}")),
            (Some(out), _) => {
                let out = Path::new(out).join("index.html");
                let whom = self.subject.as_ref().map(SubjectPerson::name).unwrap_or_default();
                match self.verdict {
                    Verdict::Complete => {
                        // Twilio cannot be asked for everything; the notes name what.
                        let what =
                            if self.snapshot.is_some() { "everything" } else { "all that Twilio lists" };
                        (Tone::Good, format!("complete: {what} about {whom} is in {}", out.display()))
                    }
                    Verdict::CompleteWithDrift => (
                        Tone::Caution,
                        format!(
                            "complete with drift: data changed meanwhile; {whom} is in {}",
                            out.display()
                        ),
                    ),
                    Verdict::Incomplete => (
                        Tone::Bad,
                        format!(
                            "incomplete: what there is about {whom} is in {}, which names what is missing",
                            out.display()
                        ),
                    ),
                }
            }
        };
        text.push(PrintableLine::verdict(tone, &line));
        text
    }
}
