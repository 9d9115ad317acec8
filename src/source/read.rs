//! Reading one page or one resource, whatever the API: the request, the next page's path, the rows of the page.

use super::convert::FromRow;
use super::notes::{self, Asked};
use super::{Fetched, SourceError};
use crate::model::{Api, Entity, Issue, ListPage, Records};
use crate::twilio::page::{is_same_page, next_path};
use crate::twilio::wire::{Oddities, Page, Wire, decode_page};
use crate::twilio::{ApiRequest, BodyError, Client, PageError};

/// Reads one page: the first, by the request for it, or the one that the page before it named.
pub(super) async fn page(
    client: &Client,
    first: ApiRequest,
    cursor: Option<&str>,
    read: impl Fn(&[u8]) -> Result<(ListPage, Option<String>), BodyError>,
) -> Result<ListPage, SourceError> {
    let api = first.api();
    let request = match cursor {
        None => first,
        Some(cursor) => ApiRequest::get_verbatim(api, cursor)
            .ok_or_else(|| PageError::NotAPath { list: first.path().to_owned() })?,
    };
    let (mut page, next_page_url) = client.send_parsed(&request, |body| read(body)).await?.body;
    if let Some(url) = next_page_url {
        let next = next_path(api, client.origin(api), request.path(), &url)?;
        if is_same_page(&request.path_and_query(), &next) {
            return Err(PageError::Repeated { list: request.path().to_owned() }.into());
        }
        page.next = Some(next);
    }
    Ok(page)
}

/// Fetches one resource.
pub(super) async fn one<M>(
    client: &Client,
    request: &ApiRequest,
    read: impl Fn(&[u8], &mut Vec<Issue>) -> Result<Option<M>, BodyError>,
) -> Result<Fetched<M>, SourceError> {
    let reply = client.send_parsed(request, |body| {
        let mut issues = Vec::new();
        let record = read(body, &mut issues)?;
        let record = record.ok_or(BodyError::Unexpected { expected: "the resource asked for" })?;
        Ok(Fetched { record, issues })
    });
    Ok(reply.await?.body)
}

/// A page while it is read.
pub(super) struct Reading<'a> {
    body: &'a [u8],
    entity: Entity,
    key: &'static str,
    issues: Vec<Issue>,
    received: usize,
    page_size: Option<u32>,
    next_page_url: Option<String>,
}

impl<'a> Reading<'a> {
    /// Begins to read a page that holds this entity under this key.
    pub(super) fn of(body: &'a [u8], entity: Entity, key: &'static str) -> Self {
        Self { body, entity, key, issues: Vec::new(), received: 0, page_size: None, next_page_url: None }
    }

    pub(super) fn records<M: FromRow>(&mut self, asked: Asked<'_>) -> Result<Vec<M>, BodyError> {
        match asked.api {
            Api::Chat => self.rows(|row, odd, issues| M::from_chat(row, odd, asked, issues)),
            Api::Conversations => {
                self.rows(|row, odd, issues| M::from_conversations(row, odd, asked, issues))
            }
        }
    }

    fn rows<W: Wire<'a>, M>(
        &mut self,
        convert: impl Fn(W, Oddities, &mut Vec<Issue>) -> Option<M>,
    ) -> Result<Vec<M>, BodyError> {
        let Page { rows, next_page_url, size } = decode_page(self.body, self.key)?;
        self.received = rows.len();
        self.page_size = size;
        self.next_page_url = next_page_url.map(|url| url.0.into_owned());
        Ok(notes::rows(rows, self.entity, &mut self.issues, convert))
    }

    /// The page with these records, and what it says of the next one.
    pub(super) fn end(self, records: Records) -> (ListPage, Option<String>) {
        let Self { issues, received, page_size, next_page_url, .. } = self;
        (ListPage { records, received, issues, next: None, page_size }, next_page_url)
    }
}
