//! Pages of a list, by keyset: `PageToken=PT<SID>` is what comes after that item, `PB<SID>` what comes before
//! it.
//!
//! `Page` is the client's own count and is only echoed, as the OpenAPI description says.

mod messages;
mod page;
mod rows;

pub(crate) use messages::{MessageList, is_descending};
pub(crate) use page::{PageFaults, PagedList, WrittenPage, write_page};
pub(crate) use rows::RecordList;

use super::data::sid;
use super::query::Parameters;
use super::refusal::Refusal;

/// The page size when none is asked for (OpenAPI: "The default is 50").
const DEFAULT_SIZE: u32 = 50;

/// Where a page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageToken {
    /// After the item with these digits.
    After(u128),
    /// Before the item with these digits.
    Before(u128),
}

/// Which page is asked for.
#[derive(Debug)]
pub(crate) struct PageRequest {
    pub(crate) size: u32,
    pub(crate) page: u32,
    pub(crate) token: Option<PageToken>,
    /// Filters as they stand in a URL, each followed by `&`.
    pub(crate) filters: String,
}

impl PageRequest {
    /// Reads the parameters. A size above the maximum is taken as the maximum.
    pub(crate) fn parse(
        parameters: &Parameters<'_>,
        maximum: u32,
        prefix: &str,
        filters: &[&str],
    ) -> Result<Self, Refusal> {
        let size = match parameters.first("PageSize") {
            None => DEFAULT_SIZE.min(maximum),
            Some(text) => match text.parse::<u32>() {
                Ok(size) if size > 0 => size.min(maximum),
                _ => return Err(Refusal::bad_parameter("PageSize", text)),
            },
        };
        let page = match parameters.first("Page") {
            None => 0,
            Some(text) => {
                text.parse().map_err(|_: std::num::ParseIntError| Refusal::bad_parameter("Page", text))?
            }
        };
        let token = parameters.first("PageToken").map(|token| read_token(token, prefix)).transpose()?;
        Ok(Self { size, page, token, filters: filters.iter().map(|name| parameters.encoded(name)).collect() })
    }
}

fn read_token(text: &str, prefix: &str) -> Result<PageToken, Refusal> {
    let after = text.strip_prefix("PT").and_then(|text| sid::digits(prefix, text)).map(PageToken::After);
    let before = text.strip_prefix("PB").and_then(|text| sid::digits(prefix, text)).map(PageToken::Before);
    after.or(before).ok_or_else(Refusal::bad_page_token)
}
