//! Chooses the rows of a page and writes it with its `meta`.

use std::fmt::Write as _;

use super::{PageRequest, Token};
use crate::simulator::data::hash::{self, Draws};
use crate::simulator::data::sid;
use crate::simulator::failure::Failure;
use crate::simulator::faults::{Fault, Faults};
use crate::simulator::json::Object;

/// A list: ranks in the order of the list, each with the digits of its SID.
pub(crate) trait Listing {
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
    /// Writes the row.
    fn write(&self, rank: u32, out: &mut String);

    /// The first rank not before these digits, and whether it is the one with them.
    fn position(&self, digits: u128) -> Option<(u32, bool)> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.digits(middle) < digits {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some((low, low < self.count() && self.digits(low) == digits))
    }
}

/// The faults that a page may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageFaults<'a> {
    pub(crate) draws: Draws,
    pub(crate) faults: &'a Faults,
    /// The list never ends.
    pub(crate) endless: bool,
}

/// What a page consists of.
#[derive(Debug)]
struct Chosen {
    ranks: Vec<u32>,
    next: Option<u128>,
    previous: Option<u128>,
}

/// A written page.
#[derive(Debug)]
pub(crate) struct Page {
    /// The JSON.
    pub(crate) body: String,
    /// There is no page after it.
    pub(crate) last: bool,
}

/// Writes the page of the list at `url` that was asked for.
pub(crate) fn write_page(
    listing: &impl Listing,
    url: &str,
    request: &PageRequest,
    faults: PageFaults<'_>,
) -> Result<Page, Failure> {
    let mut chosen = choose(listing, request)?;
    disturb(listing, url, request, faults, &mut chosen);
    let mut out = String::with_capacity(1_024 + 1_024 * chosen.ranks.len());
    let mut page = Object::open(&mut out);
    // An endless list leads from its first page to a page that leads to itself.
    let endless = match request.token {
        _ if !faults.endless => None,
        Some(token) => Some(token),
        None => chosen.ranks.first().map(|rank| Token::After(listing.digits(*rank))),
    };
    write_meta(page.value("meta"), listing, url, request, &chosen, endless);
    let rows = page.value(listing.key());
    rows.push('[');
    for (place, rank) in chosen.ranks.iter().enumerate() {
        if place > 0 {
            rows.push(',');
        }
        listing.write(*rank, rows);
    }
    rows.push(']');
    page.close();
    Ok(Page { body: out, last: chosen.next.is_none() })
}

fn choose(listing: &impl Listing, request: &PageRequest) -> Result<Chosen, Failure> {
    let size = request.size as usize;
    let position = |digits| listing.position(digits).ok_or_else(Failure::bad_page_token);
    if let Some(Token::Before(digits)) = request.token {
        let (end, _) = position(digits)?;
        let mut ranks: Vec<u32> = (0..end).rev().filter(|rank| listing.shows(*rank)).take(size + 1).collect();
        let more = ranks.len() > size;
        ranks.truncate(size);
        ranks.reverse();
        let previous = ranks.first().filter(|_| more).map(|rank| listing.digits(*rank));
        // What comes next is where this page was left from: after its own last row.
        let next = ranks.last().map(|rank| listing.digits(*rank));
        return Ok(Chosen { ranks, next, previous });
    }
    let start = match request.token {
        Some(Token::After(digits)) => {
            let (rank, _) = position(digits)?;
            // One channel may stand in a user's list again: once gone, and once created anew.
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
    Ok(Chosen { ranks, next, previous })
}

/// Applies the faults of pages. Each keeps the list complete for who follows `next_page_url`.
fn disturb(
    listing: &impl Listing,
    url: &str,
    request: &PageRequest,
    faults: PageFaults<'_>,
    chosen: &mut Chosen,
) {
    let after = match request.token {
        Some(Token::After(digits)) => Some(digits),
        Some(Token::Before(_)) => return,
        None => None,
    };
    let place = hash::text(url) ^ u64::try_from(after.unwrap_or(0) >> 64).unwrap_or(0);
    let strikes = |fault| faults.faults.strikes(faults.draws, fault, place);
    if chosen.ranks.len() > 1 && strikes(Fault::ShortPage) {
        chosen.ranks.truncate(chosen.ranks.len() / 2);
        chosen.next = chosen.ranks.last().map(|rank| listing.digits(*rank));
    }
    let Some(digits) = after else { return };
    // Only where a real item stands is the page emptied: the next token is that item's plus one, which is no
    // item.
    let Some((rank, true)) = listing.position(digits) else { return };
    if !chosen.ranks.is_empty() && strikes(Fault::EmptyPage) {
        chosen.ranks.clear();
        chosen.next = Some(digits + 1);
    } else if request.size > 1 && listing.shows(rank) && strikes(Fault::RepeatRow) {
        chosen.ranks.insert(0, rank);
        if chosen.ranks.len() > request.size as usize {
            chosen.ranks.pop();
            chosen.next = chosen.ranks.last().map(|rank| listing.digits(*rank));
        }
    }
}

fn write_meta(
    out: &mut String,
    listing: &impl Listing,
    url: &str,
    request: &PageRequest,
    chosen: &Chosen,
    endless: Option<Token>,
) {
    let link = |out: &mut String, page: u32, token: Option<Token>| {
        let (size, filters) = (request.size, &request.filters);
        write!(out, "{url}?{filters}PageSize={size}&Page={page}").expect("writing to a text cannot fail");
        if let Some(token) = token {
            let (kind, digits) = match token {
                Token::After(digits) => ("PT", digits),
                Token::Before(digits) => ("PB", digits),
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
            meta.plain("previous_page_url", |out| link(out, request.page - 1, Some(Token::Before(digits))));
        }
        None => meta.null("previous_page_url"),
    }
    meta.plain("url", |out| link(out, request.page, request.token));
    match chosen.next {
        _ if endless.is_some() => meta.plain("next_page_url", |out| link(out, 1, endless)),
        Some(digits) => {
            meta.plain("next_page_url", |out| link(out, request.page + 1, Some(Token::After(digits))));
        }
        None => meta.null("next_page_url"),
    }
    meta.text("key", listing.key());
    meta.close();
}
