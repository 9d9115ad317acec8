//! What a search found, and the lists of all users, channels and roles.

use serde::Serialize;
use url::form_urlencoded;

use super::Frame;
use crate::browse::answer::PageAnswer;
use crate::browse::error::BrowseError;
use crate::browse::filter::PageQuery;
use crate::browse::library::{Library, MOST};
use crate::model::Entity;
use crate::snapshot::{NameMatch, NamedRecord, Snapshot};

#[derive(Debug, Serialize)]
struct SearchPage {
    /// What was searched; none on the page of all.
    query: Option<String>,
    found: Vec<NamedRecord>,
    /// Whether there may be more than are shown.
    full: bool,
    /// The address of the next page of a list.
    next: Option<String>,
    hidden: bool,
}

pub(in crate::browse) fn page(
    library: &Library,
    snapshot: &Snapshot,
    query: &PageQuery,
) -> Result<PageAnswer, BrowseError> {
    let found = library.find(snapshot, &query.q)?;
    let title = if query.q.is_empty() { "Search".to_owned() } else { format!("Search: {}", query.q) };
    let page = SearchPage {
        query: Some(query.q.clone()),
        full: found.len() >= MOST,
        found,
        next: None,
        hidden: library.hide,
    };
    let frame = Frame::of(library, snapshot, title, page)?.searching(&query.q);
    frame.render("search.html", include_str!("search.html"))
}

pub(in crate::browse) fn list(
    library: &Library,
    snapshot: &Snapshot,
    entity: Entity,
    query: &PageQuery,
) -> Result<PageAnswer, BrowseError> {
    let (mut found, next) = if let Some(index) = &library.index {
        index.list(entity, query.after.as_ref(), MOST)?
    } else {
        // Of a snapshot that is being written the first are shown: there is no index to go on by.
        let most = u32::try_from(MOST).unwrap_or(u32::MAX);
        let mut found = snapshot.named("", NameMatch::Prefix, most)?;
        found.retain(|record| record.entity == entity);
        (found, None)
    };
    for record in &mut found {
        library.cover(&mut record.name);
        library.cover(&mut record.friendly_name);
    }
    let next = next.map(|place| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("sort", &place.sort).append_pair("id", &place.id.to_string());
        format!("{}/{}?{}", library.base, entity.plural(), query.finish())
    });
    // The place of a page is a name, which would stand in the address.
    let next = next.filter(|_| !library.hide);
    let title = match entity {
        Entity::User => "Users",
        Entity::Channel => "Channels",
        _ => "Roles",
    };
    let page = SearchPage { query: None, full: found.len() >= MOST, found, next, hidden: library.hide };
    Frame::of(library, snapshot, title.to_owned(), page)?.render("search.html", include_str!("search.html"))
}
