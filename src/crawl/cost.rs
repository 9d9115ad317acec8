//! What a crawl costs, before it is begun: its requests, counted by reading the lists of users and channels, and those of
//! roles and bindings where these are asked for, which nothing counts.
//!
//! A user's channels take a page for each 50 of `joined_channels_count`, a channel's members one for each 100 of
//! `members_count`, its messages one for each 100 of `messages_count`, and at least one each. A user may have invitations
//! besides, which no counter tells; where those fill another page, the crawl takes one more. Messages are sent and deleted
//! meanwhile, and their counter is an estimate. Conversations has no such counts: there one page each is the least.

use std::collections::BTreeMap;

use crate::model::{Entity, Records, Service, ServiceSid};
use crate::source::{List, Source, SourceError, largest_page, uncounted_size};

/// A service and what reading it takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceCost {
    /// The service's own record.
    pub service: Service,
    /// How many users it has; `None` where they were not asked for.
    pub users: Option<u64>,
    /// How many channels.
    pub channels: Option<u64>,
    /// Requests of a crawl, by what they read.
    pub requests: BTreeMap<Entity, u64>,
    /// Pages of every user's channels: all memberships by user. `None` where users were not listed.
    pub by_user: Option<u64>,
    /// Pages of every channel's members: all memberships by channel. `None` where channels were not listed.
    pub by_channel: Option<u64>,
    /// Channels by their number of members. `None` where no count says it.
    pub by_size: Option<BTreeMap<u64, u64>>,
}

/// The account's services.
pub(crate) async fn services(source: &Source) -> Result<Vec<ServiceSid>, SourceError> {
    let mut found = Vec::new();
    each_page(source, &List::Services, |records| {
        if let Records::Services(services) = records {
            found.extend(services.into_iter().map(|service| service.sid));
        }
    })
    .await?;
    Ok(found)
}

/// Counts what a crawl of a service takes, with these entities included.
pub(crate) async fn service(
    source: &Source,
    sid: &ServiceSid,
    include: &[Entity],
) -> Result<ServiceCost, SourceError> {
    let service = source.service(sid).await?.record;
    let (mut by_user, mut by_channel) = (None, None);
    let wanted = |entity| include.contains(&entity);
    let page = largest_page(source.api());
    let mut requests = BTreeMap::from([(Entity::Service, source.api().requests_of_service())]);
    if wanted(Entity::Role) {
        let pages = each_page(source, &List::Roles(sid.clone()), |_| {}).await?;
        requests.insert(Entity::Role, pages);
    }
    if wanted(Entity::Binding) {
        let pages = each_page(source, &List::Bindings(sid.clone(), None), |_| {}).await?;
        requests.insert(Entity::Binding, pages);
    }
    let mut users = None;
    if wanted(Entity::User) || wanted(Entity::Membership) {
        let (mut count, mut pages) = (0, 0);
        let listed = each_page(source, &List::Users(sid.clone()), |records| {
            if let Records::Users(users) = records {
                count += users.len() as u64;
                pages += users
                    .iter()
                    .map(|user| pages_of(user.joined_channels_count, page(Entity::Membership)))
                    .sum::<u64>();
            }
        })
        .await?;
        requests.insert(Entity::User, listed);
        if wanted(Entity::Membership) {
            requests.insert(Entity::Membership, pages);
        }
        users = Some(count);
        by_user = Some(pages);
    }
    let mut channels = None;
    let mut by_size = None;
    if [Entity::Channel, Entity::Member, Entity::Invite, Entity::Message].into_iter().any(wanted) {
        let (mut count, mut pages, mut of_messages) = (0, 0, 0);
        let mut sizes = BTreeMap::new();
        let listed = each_page(source, &List::Channels(sid.clone()), |records| {
            if let Records::Channels(channels) = records {
                count += channels.len() as u64;
                for channel in &channels {
                    let members = channel.members_count.unwrap_or(0).max(0).cast_unsigned();
                    *sizes.entry(members).or_default() += 1;
                }
                pages += channels
                    .iter()
                    .map(|channel| pages_of(channel.members_count, page(Entity::Member)))
                    .sum::<u64>();
                of_messages += channels
                    .iter()
                    .map(|channel| pages_of(channel.messages_count, page(Entity::Message)))
                    .sum::<u64>();
            }
        })
        .await?;
        requests.insert(Entity::Channel, listed);
        if wanted(Entity::Member) {
            requests.insert(Entity::Member, pages);
        }
        if wanted(Entity::Invite) {
            requests.insert(Entity::Invite, count);
        }
        if wanted(Entity::Message) {
            requests.insert(Entity::Message, of_messages);
        }
        channels = Some(count);
        by_channel = Some(pages);
        by_size = source.api().has_counters().then_some(sizes);
    }
    Ok(ServiceCost { service, users, channels, requests, by_user, by_channel, by_size })
}

/// Pages that a list of so many rows takes: at least the one that says it is empty.
fn pages_of(rows: Option<i64>, page: u32) -> u64 {
    rows.unwrap_or(0).max(0).cast_unsigned().div_ceil(u64::from(page)).max(1)
}

/// Reads a list page by page; gives the number of pages.
async fn each_page(source: &Source, list: &List, mut take: impl FnMut(Records)) -> Result<u64, SourceError> {
    let page = largest_page(source.api())(list.entity());
    let mut guard = source.client().list_guard(list.entity().plural(), uncounted_size(list), page);
    let mut cursor = None;
    let mut pages = 0;
    loop {
        let page = source.page(list, cursor.as_deref(), None).await?;
        pages += 1;
        guard.page(page.row_hashes(), page.next.as_deref())?;
        take(page.records);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(pages);
        }
    }
}
