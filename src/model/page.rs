//! One page of a list, in the model's terms: what a source gives and a snapshot stores.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::issue::{Issue, IssueKind};
use super::records::{Binding, Channel, Invite, JsonText, Member, Membership, Message, Role, Service, User};

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
    Bindings(Vec<Binding>),
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
    /// What tells each row of the list from the others, as hashes. Of unusable rows it is all they have.
    pub(crate) fn row_hashes(&self) -> Vec<u64> {
        let unusable = self.issues.iter().filter(|issue| issue.kind == IssueKind::Unusable);
        let unusable = unusable.map(|issue| hash(&issue.value));
        match &self.records {
            Records::Services(rows) => rows.iter().map(|row| hash(&row.sid)).chain(unusable).collect(),
            Records::Roles(rows) => rows.iter().map(|row| hash(&row.sid)).chain(unusable).collect(),
            Records::Users(rows) => rows.iter().map(|row| hash(&row.sid)).chain(unusable).collect(),
            Records::Channels(rows) => rows.iter().map(|row| hash(&row.sid)).chain(unusable).collect(),
            Records::Memberships(rows) => {
                rows.iter().map(|row| hash(&row.channel_sid)).chain(unusable).collect()
            }
            Records::Members(rows) => rows.iter().map(|row| hash(&row.sid)).chain(unusable).collect(),
            Records::Invites(rows) => rows.iter().map(|row| hash(&row.sid)).chain(unusable).collect(),
            Records::Messages(rows) => rows.iter().map(|row| hash(&row.sid)).chain(unusable).collect(),
            Records::Bindings(rows) => rows.iter().map(|row| hash(&row.sid)).chain(unusable).collect(),
        }
    }

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
            Records::Bindings(rows) => {
                rows.iter().map(|row| text(&row.endpoint) + json(&row.message_types) + json(&row.extra)).sum()
            }
        };
        rows + self.issues.iter().map(|issue| issue.value.len()).sum::<usize>()
    }
}

fn hash(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
