//! One page of a list, in the model's terms: what a source gives and a snapshot stores.

use super::issue::Issue;
use super::records::{Channel, Invite, JsonText, Member, Membership, Message, Role, Service, User};

/// The records of one page, in the API's order.
#[derive(Debug, Clone, PartialEq)]
pub enum Records {
    Services(Vec<Service>),
    Roles(Vec<Role>),
    Users(Vec<User>),
    Channels(Vec<Channel>),
    Memberships(Vec<Membership>),
    Members(Vec<Member>),
    Invites(Vec<Invite>),
    Messages(Vec<Message>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// The usable rows.
    pub records: Records,
    /// How many rows the page had, unusable ones included.
    pub received: usize,
    /// What was odd about them.
    pub issues: Vec<Issue>,
    /// Path and query of the next page, verbatim from `next_page_url`; `None` on the last page.
    pub next: Option<String>,
    /// The page size that the server says it used.
    pub page_size: Option<u32>,
}

impl ListPage {
    /// Bytes of the texts that may be long: attributes, bodies, and what was odd.
    pub fn text_bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let json = |json: &Option<JsonText>| json.as_ref().map_or(0, |json| json.0.len());
        let rows: usize = match &self.records {
            Records::Services(_) | Records::Roles(_) | Records::Memberships(_) | Records::Invites(_) => 0,
            Records::Users(rows) => rows.iter().map(|row| text(&row.attributes) + json(&row.extra)).sum(),
            Records::Channels(rows) => rows.iter().map(|row| text(&row.attributes) + json(&row.extra)).sum(),
            Records::Members(rows) => rows.iter().map(|row| text(&row.attributes) + json(&row.extra)).sum(),
            Records::Messages(rows) => {
                rows.iter().map(|row| text(&row.attributes) + text(&row.body) + json(&row.extra)).sum()
            }
        };
        rows + self.issues.iter().map(|issue| issue.value.len()).sum::<usize>()
    }
}
