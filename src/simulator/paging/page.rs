//! Chooses the rows of a page and writes it with its `meta`.

use std::fmt::Write as _;

use super::{PageRequest, PageToken};
use crate::simulator::data::order::first_rank;
use crate::simulator::data::sid;
use crate::simulator::draws::{self, Draws};
use crate::simulator::faults::{EndlessList, Fault, Faults};
use crate::simulator::json::Object;
use crate::simulator::refusal::Refusal;

/// A list: ranks in the order of the list, each with the digits of its SID.
pub(crate) trait PagedList {
    /// The name of the array, which is also `meta.key`.
    fn key(&self) -> &'static str;
    /// The prefix of the SIDs in page tokens.
    fn prefix(&self) -> &'static str;
    /// How many ranks there are, shown or not.
    fn count(&self) -> u32;
    /// The digits of the SID at a rank.
    fn digits(&self, rank: u32) -> u128;
    /// Whether the list shows this rank.
    fn shows(&self, rank: u32) -> bool;
    fn write(&self, rank: u32, out: &mut String);

    /// The first rank not before these digits, and whether it is the one with them.
    fn position(&self, digits: u128) -> Option<(u32, bool)> {
        let rank = first_rank(self.count(), |rank| self.digits(rank) < digits);
        Some((rank, rank < self.count() && self.digits(rank) == digits))
    }
}

/// The faults that a page may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageFaults<'a> {
    pub(crate) draws: Draws,
    pub(crate) faults: &'a Faults,
    pub(crate) endless: Option<EndlessList>,
}

/// What a page consists of.
#[derive(Debug)]
struct ChosenRows {
    ranks: Vec<u32>,
    next: Option<u128>,
    previous: Option<u128>,
}

#[derive(Debug)]
pub(crate) struct WrittenPage {
    pub(crate) body: String,
    /// There is no page after it.
    pub(crate) last: bool,
}

/// Writes the page of the list at `url` that was asked for.
pub(crate) fn write_page(
    listing: &impl PagedList,
    url: &str,
    request: &PageRequest,
    faults: PageFaults<'_>,
) -> Result<WrittenPage, Refusal> {
    let endless = faults.endless.and_then(|kind| Some((kind, endless_token(listing, request, kind)?)));
    let made_up = endless.filter(|(kind, _)| request.token.is_some() && *kind != EndlessList::Loop);
    let mut chosen = if made_up.is_some() {
        choose(listing, &PageRequest { token: None, filters: String::new(), ..*request })?
    } else {
        choose(listing, request)?
    };
    match made_up {
        None => disturb(listing, url, request, faults, &mut chosen),
        Some((EndlessList::EmptyPages, _)) => chosen.ranks.clear(),
        Some(_) => {}
    }
    let renamed = made_up.filter(|(kind, _)| *kind == EndlessList::NewRows).map(|(_, next)| next);
    let mut out = String::with_capacity(1_024 + 1_024 * chosen.ranks.len());
    let mut page = Object::open(&mut out);
    let endless = endless.map(|(_, token)| token);
    write_meta(page.value("meta"), listing, url, request, &chosen, endless);
    let rows = page.value(listing.key());
    rows.push('[');
    for (place, rank) in chosen.ranks.iter().enumerate() {
        if place > 0 {
            rows.push(',');
        }
        match renamed {
            Some(next) => write_renamed(listing, *rank, next, rows),
            None => listing.write(*rank, rows),
        }
    }
    rows.push(']');
    page.close();
    Ok(WrittenPage { body: out, last: chosen.next.is_none() })
}

/// Where an endless list leads from its page: to the same one again, or to a token that was not there before.
fn endless_token(listing: &impl PagedList, request: &PageRequest, kind: EndlessList) -> Option<PageToken> {
    match (kind, request.token) {
        (EndlessList::Loop, Some(token)) => Some(token),
        (_, Some(PageToken::After(digits))) => Some(PageToken::After(digits + 1)),
        (_, Some(PageToken::Before(_))) => None,
        (_, None) => {
            let first = (0..listing.count()).find(|rank| listing.shows(*rank));
            // A list without rows can be endless only with tokens that name nothing.
            let digits = first.map(|rank| listing.digits(rank)).or((kind != EndlessList::Loop).then_some(1));
            digits.map(PageToken::After)
        }
    }
}

/// Writes a row as if it were another's: with another SID of the kind that the list is ordered by.
fn write_renamed(listing: &impl PagedList, rank: u32, next: PageToken, out: &mut String) {
    let mut row = String::new();
    listing.write(rank, &mut row);
    let digits = listing.digits(rank);
    let (PageToken::After(page) | PageToken::Before(page)) = next;
    let page = u64::try_from(page & u128::from(u64::MAX)).unwrap_or(0);
    let high = draws::next(page ^ u64::from(rank) << 32);
    let other = u128::from(high) << 64 | u128::from(draws::next(high));
    out.push_str(&row.replace(&sid::text(listing.prefix(), digits), &sid::text(listing.prefix(), other)));
}

fn choose(listing: &impl PagedList, request: &PageRequest) -> Result<ChosenRows, Refusal> {
    let size = request.size as usize;
    let position = |digits| listing.position(digits).ok_or_else(Refusal::bad_page_token);
    if let Some(PageToken::Before(digits)) = request.token {
        let (end, _) = position(digits)?;
        let mut ranks: Vec<u32> = (0..end).rev().filter(|rank| listing.shows(*rank)).take(size + 1).collect();
        let more = ranks.len() > size;
        ranks.truncate(size);
        ranks.reverse();
        let previous = ranks.first().filter(|_| more).map(|rank| listing.digits(*rank));
        // What comes next is where this page was left from: after its own last row.
        let next = ranks.last().map(|rank| listing.digits(*rank));
        return Ok(ChosenRows { ranks, next, previous });
    }
    let start = match request.token {
        Some(PageToken::After(digits)) => {
            let (rank, _) = position(digits)?;
            // One channel may stand in a user's list again: once removed, and once created again.
            (rank..listing.count()).find(|rank| listing.digits(*rank) != digits).unwrap_or(listing.count())
        }
        _ => 0,
    };
    let mut ranks: Vec<u32> =
        (start..listing.count()).filter(|rank| listing.shows(*rank)).take(size + 1).collect();
    let more = ranks.len() > size;
    ranks.truncate(size);
    let next = ranks.last().filter(|_| more).map(|rank| listing.digits(*rank));
    let previous = ranks.first().filter(|_| start > 0).map(|rank| listing.digits(*rank));
    Ok(ChosenRows { ranks, next, previous })
}

/// Applies the faults of pages. Each keeps the list complete for who follows `next_page_url`.
fn disturb(
    listing: &impl PagedList,
    url: &str,
    request: &PageRequest,
    faults: PageFaults<'_>,
    chosen: &mut ChosenRows,
) {
    let after = match request.token {
        Some(PageToken::After(digits)) => Some(digits),
        Some(PageToken::Before(_)) => return,
        None => None,
    };
    let place = draws::text(url) ^ u64::try_from(after.unwrap_or(0) >> 64).unwrap_or(0);
    let hits = |fault| faults.faults.hits(faults.draws, fault, place);
    if chosen.ranks.len() > 1 && hits(Fault::ShortPage) {
        chosen.ranks.truncate(chosen.ranks.len() / 2);
        chosen.next = chosen.ranks.last().map(|rank| listing.digits(*rank));
    }
    let Some(digits) = after else { return };
    // Only where a real item stands is the page emptied: the next token is that item's plus one, which is no
    // item.
    let Some((rank, true)) = listing.position(digits) else { return };
    if !chosen.ranks.is_empty() && hits(Fault::EmptyPage) {
        chosen.ranks.clear();
        chosen.next = Some(digits + 1);
    } else if request.size > 1 && listing.shows(rank) && hits(Fault::RepeatRow) {
        chosen.ranks.insert(0, rank);
        if chosen.ranks.len() > request.size as usize {
            chosen.ranks.pop();
            chosen.next = chosen.ranks.last().map(|rank| listing.digits(*rank));
        }
    }
}

fn write_meta(
    out: &mut String,
    listing: &impl PagedList,
    url: &str,
    request: &PageRequest,
    chosen: &ChosenRows,
    endless: Option<PageToken>,
) {
    let link = |out: &mut String, page: u32, token: Option<PageToken>| {
        let (size, filters) = (request.size, &request.filters);
        write!(out, "{url}?{filters}PageSize={size}&Page={page}").expect("writing to a text cannot fail");
        if let Some(token) = token {
            let (kind, digits) = match token {
                PageToken::After(digits) => ("PT", digits),
                PageToken::Before(digits) => ("PB", digits),
            };
            out.push_str("&PageToken=");
            out.push_str(kind);
            sid::write(listing.prefix(), digits, out);
        }
    };
    let mut meta = Object::open(out);
    meta.number("page", request.page);
    meta.number("page_size", request.size);
    meta.plain("first_page_url", |out| link(out, 0, None));
    match chosen.previous.filter(|_| request.page > 0) {
        Some(digits) => {
            meta.plain("previous_page_url", |out| {
                link(out, request.page - 1, Some(PageToken::Before(digits)));
            });
        }
        None => meta.null("previous_page_url"),
    }
    meta.plain("url", |out| link(out, request.page, request.token));
    match chosen.next {
        _ if endless.is_some() => meta.plain("next_page_url", |out| link(out, 1, endless)),
        Some(digits) => {
            meta.plain("next_page_url", |out| link(out, request.page + 1, Some(PageToken::After(digits))));
        }
        None => meta.null("next_page_url"),
    }
    meta.text("key", listing.key());
    meta.close();
}
