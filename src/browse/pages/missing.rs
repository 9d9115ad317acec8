//! Where an address leads nowhere.

use serde::Serialize;

use super::Frame;
use crate::browse::answer::PageAnswer;
use crate::browse::error::BrowseError;
use crate::browse::library::Library;
use crate::snapshot::Snapshot;

#[derive(Debug, Serialize)]
struct MissingPage<'a> {
    text: &'a str,
}

pub(in crate::browse) fn page(
    library: &Library,
    snapshot: &Snapshot,
    text: &str,
) -> Result<PageAnswer, BrowseError> {
    let frame = Frame::of(library, snapshot, "Not found".to_owned(), MissingPage { text })?;
    Ok(frame.render("missing.html", include_str!("missing.html"))?.with_status(404))
}
