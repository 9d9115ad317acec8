//! A list of messages: by index, ascending unless `Order=desc`.

use super::PagedList;
use crate::simulator::data::message_order::MessageOrder;
use crate::simulator::query::Parameters;
use crate::simulator::refusal::Refusal;

/// The messages of a channel.
#[derive(Debug)]
pub(crate) struct MessageList<'a, W> {
    pub(crate) order: MessageOrder<'a>,
    pub(crate) descending: bool,
    /// Writes the message at a position of the channel.
    pub(crate) write: W,
}

impl<W> MessageList<'_, W> {
    /// Rank in the list ↔ position in the channel; its own inverse.
    fn turned(&self, rank: u32) -> u32 {
        if self.descending { self.order.count() - 1 - rank } else { rank }
    }
}

impl<W: Fn(u32, &mut String)> PagedList for MessageList<'_, W> {
    fn key(&self) -> &'static str {
        "messages"
    }

    fn prefix(&self) -> &'static str {
        "IM"
    }

    fn count(&self) -> u32 {
        self.order.count()
    }

    fn digits(&self, rank: u32) -> u128 {
        self.order.digits(self.turned(rank))
    }

    fn shows(&self, _rank: u32) -> bool {
        true
    }

    fn write(&self, rank: u32, out: &mut String) {
        (self.write)(self.turned(rank), out);
    }

    /// Messages are not in SID order: the token must name one, or be the number after one (see the empty-page
    /// fault).
    fn position(&self, digits: u128) -> Option<(u32, bool)> {
        let exact = self.order.position(digits).map(|position| (self.turned(position), true));
        let after =
            || self.order.position(digits.checked_sub(1)?).map(|position| (self.turned(position) + 1, false));
        exact.or_else(after)
    }
}

pub(crate) fn is_descending(query: &Parameters<'_>) -> Result<bool, Refusal> {
    match query.first("Order") {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(other) => Err(Refusal::bad_parameter("Order", other)),
    }
}
