//! What did not agree, could not be read or was odd: both sides of each, and what settled it.

use serde::Serialize;
use serde_json::Value;

use super::Frame;
use crate::browse::answer::PageAnswer;
use crate::browse::error::BrowseError;
use crate::browse::library::Library;
use crate::snapshot::Snapshot;

#[derive(Debug, Serialize)]
struct EvidencePage {
    info: Value,
    hidden: bool,
}

pub(in crate::browse) fn page(library: &Library, snapshot: &Snapshot) -> Result<PageAnswer, BrowseError> {
    let page = EvidencePage { info: library.info(snapshot)?, hidden: library.hide };
    Frame::of(library, snapshot, "Evidence".to_owned(), page)?
        .render("evidence.html", include_str!("evidence.html"))
}
