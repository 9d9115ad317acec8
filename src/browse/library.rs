//! The files that are browsed.
//!
//! **Why a snapshot that is being written is opened for every request:** a read that stays open keeps SQLite from emptying the
//! log of the crawl that writes, which would grow as long as the browser is open.

use std::ops::Deref;
use std::path::PathBuf;

use serde_json::Value;

use super::error::BrowseError;
use super::facts::HIDDEN;
use super::index::SearchIndex;
use crate::plan::PlanFile;
use crate::snapshot::{ListedMembership, NameMatch, NamedRecord, RoleHolder, Snapshot, Verdict};

/// Records of a list or a search on one page.
pub(super) const MOST: usize = 100;

/// What is browsed.
#[derive(Debug)]
pub(crate) struct LibraryFiles {
    pub(crate) snapshot: Snapshot,
    /// None for a snapshot that is being written.
    pub(crate) index: Option<SearchIndex>,
    pub(crate) plan: Option<PlanFile>,
    /// Another snapshot, to compare with.
    pub(crate) other: Option<Snapshot>,
    /// Whether names and contents are hidden.
    pub(crate) hide: bool,
}

#[derive(Debug)]
pub(crate) struct Library {
    path: PathBuf,
    /// Open as long as the library; none where it is opened for each request.
    kept: Option<Snapshot>,
    pub(super) index: Option<SearchIndex>,
    pub(super) plan: Option<PlanFile>,
    pub(super) other: Option<Snapshot>,
    pub(super) hide: bool,
    /// What stands in front of every address: a slash and the token.
    pub(super) base: String,
}

/// A snapshot that is kept open, or one that was opened for this request.
#[derive(Debug)]
pub(super) enum OpenedSnapshot<'a> {
    Kept(&'a Snapshot),
    New(Snapshot),
}

impl Deref for OpenedSnapshot<'_> {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        match self {
            Self::Kept(snapshot) => snapshot,
            Self::New(snapshot) => snapshot,
        }
    }
}

impl Library {
    pub(crate) fn new(files: LibraryFiles, token: &str) -> Self {
        let LibraryFiles { snapshot, index, plan, other, hide } = files;
        let path = snapshot.path().to_path_buf();
        let kept = index.is_some().then_some(snapshot);
        Self { path, kept, index, plan, other, hide, base: format!("/{token}") }
    }

    /// The snapshot as it is now.
    pub(super) fn snapshot(&self) -> Result<OpenedSnapshot<'_>, BrowseError> {
        Ok(match &self.kept {
            Some(kept) => OpenedSnapshot::Kept(kept),
            None => OpenedSnapshot::New(Snapshot::open(&self.path)?),
        })
    }

    /// What a reader of any page has to know.
    pub(super) fn notes(&self, snapshot: &Snapshot) -> Result<Vec<String>, BrowseError> {
        let mut notes = Vec::new();
        if self.index.is_none() {
            notes.push(
                "This snapshot is being written, or its crawl was broken off: each page shows what was committed by now."
                    .to_owned(),
            );
        } else if snapshot.verdict()? == Verdict::Incomplete {
            notes.push(
                "This snapshot is not complete: what is not in it may be at Twilio all the same.".to_owned(),
            );
        }
        if self.hide {
            notes.push("Names, attributes and contents are hidden (--pii hide).".to_owned());
        }
        Ok(notes)
    }

    /// What a snapshot says about itself, as `snapshot info --json` gives it.
    pub(super) fn info(&self, snapshot: &Snapshot) -> Result<Value, BrowseError> {
        if let Some(index) = &self.index
            && let Some(kept) = index.property("info")?
        {
            return Ok(serde_json::from_str(&kept)?);
        }
        Ok(serde_json::to_value(snapshot.info()?)?)
    }

    /// The records that a text finds. Where names are hidden, a text must be a complete name or SID.
    pub(super) fn find(&self, snapshot: &Snapshot, text: &str) -> Result<Vec<NamedRecord>, BrowseError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let most = u32::try_from(MOST).unwrap_or(u32::MAX);
        let mut found = match (snapshot.record_of_sid(text)?, &self.index) {
            (Some(found), _) => vec![found],
            (None, _) if self.hide => snapshot.named(text, NameMatch::Complete, most)?,
            (None, Some(index)) => index.search(text, MOST)?,
            (None, None) => snapshot.named(text, NameMatch::Prefix, most)?,
        };
        for record in &mut found {
            self.cover(&mut record.name);
            self.cover(&mut record.friendly_name);
        }
        Ok(found)
    }

    /// Hides a text where that was asked for.
    pub(super) fn cover(&self, text: &mut Option<String>) {
        if self.hide && text.is_some() {
            *text = Some(HIDDEN.to_owned());
        }
    }

    pub(super) fn covered(&self, mut row: ListedMembership) -> ListedMembership {
        self.cover(&mut row.unique_name);
        self.cover(&mut row.channel_friendly_name);
        self.cover(&mut row.identity);
        self.cover(&mut row.user_friendly_name);
        row
    }

    pub(super) fn covered_holder(&self, mut holder: RoleHolder) -> RoleHolder {
        self.cover(&mut holder.identity);
        holder
    }
}
