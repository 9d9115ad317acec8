//! A small service, and a snapshot of it that is written unit by unit.

use std::path::PathBuf;

use crate::model::Api;
use crate::model::*;
use crate::snapshot::*;
use crate::testkit;
pub(super) use crate::testkit::service_sid;

pub(super) const ALL: [Entity; 7] = [
    Entity::Service,
    Entity::Role,
    Entity::User,
    Entity::Channel,
    Entity::Membership,
    Entity::Member,
    Entity::Invite,
];

pub(super) fn identity() -> CrawlIdentity {
    CrawlIdentity {
        account_sid: AccountSid::from_digits(0xac),
        services: vec![service_sid()],
        source: Api::Chat,
        include: ALL.to_vec(),
        users: None,
        started: "2026-11-23T00:00:00Z".to_owned(),
    }
}

pub(super) fn page_size(entity: Entity) -> u32 {
    if entity == Entity::Membership { 50 } else { 100 }
}

pub(super) fn user(digits: u128, joined: i64) -> User {
    User {
        attributes: Some("{\"a\": \"\u{0}\"}".to_owned()),
        role_sid: Some(RoleSid::from_wire("RLnot-a-sid")),
        identity: Some(format!("user {digits}")),
        is_notifiable: Some(false),
        date_created: Some(Timestamp::from_wire("2016-03-24T21:05:50Z")),
        date_updated: Some(Timestamp::from_wire("Thu, 24 Mar 2016 21:05:50 +0000")),
        joined_channels_count: Some(joined),
        extra: Some(JsonText("{\"new\":1}".into())),
        ..testkit::user(digits)
    }
}

pub(super) fn channel(digits: u128, members: i64) -> Channel {
    Channel {
        service_sid: None,
        friendly_name: Some(String::new()),
        unique_name: Some(format!("name {digits}")),
        r#type: Some(ChannelType::from_wire("secret")),
        created_by: Some("system".to_owned()),
        members_count: Some(members),
        state: Some(ConversationState::from_wire("frozen")),
        timers: Some(JsonText("{}".into())),
        messaging_service_sid: Some(MessagingServiceSid::from_digits(1)),
        ..testkit::channel(digits)
    }
}

pub(super) fn membership(user: u128, channel: u128, status: &str) -> Membership {
    Membership {
        member_sid: (status == "joined").then(|| member_sid(user, channel)),
        status: Some(MembershipStatus::from_wire(status)),
        last_consumed_message_index: user.is_multiple_of(2).then_some(0),
        notification_level: Some(NotificationLevel::from_wire("mentions")),
        ..testkit::membership(UserSid::from_digits(user), ChannelSid::from_digits(channel))
    }
}

pub(super) fn member_sid(user: u128, channel: u128) -> MemberSid {
    MemberSid::from_digits(user << 64 | channel)
}

pub(super) fn member(user: u128, channel: u128) -> Member {
    Member {
        identity: Some(format!("user {user}")),
        attributes: Some("{}".to_owned()),
        ..testkit::member(member_sid(user, channel), ChannelSid::from_digits(channel))
    }
}

/// A snapshot that is written unit by unit, as a crawl would.
pub(super) struct Book {
    pub(super) writer: SnapshotWriter,
    pub(super) path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Book {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.db");
        let writer = SnapshotWriter::create(&path, &identity(), page_size).unwrap();
        Self { writer, path, _folder: folder }
    }

    /// A snapshot of these parts.
    pub(super) fn with(include: &[Entity]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.db");
        let identity = CrawlIdentity { include: include.to_vec(), ..identity() };
        let writer = SnapshotWriter::create(&path, &identity, page_size).unwrap();
        Self { writer, path, _folder: folder }
    }

    /// A snapshot of Conversations, of all of it or of a part.
    pub(super) fn of_conversations(part: Option<&[Focus<'_>]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.db");
        let include = ALL.into_iter().filter(|entity| *entity != Entity::Invite).collect();
        let identity = CrawlIdentity { source: Api::Conversations, include, ..identity() };
        let writer = match part {
            None => SnapshotWriter::create(&path, &identity, page_size),
            Some(part) => SnapshotWriter::create_focused(&path, &identity, page_size, |name| {
                part.iter().try_for_each(|one| name(*one))
            }),
        };
        Self { writer: writer.unwrap(), path, _folder: folder }
    }

    /// The unit that waits for this target.
    pub(super) fn unit(&mut self, wanted: &str) -> Unit {
        let pending = self.writer.pending(1000, &[]).unwrap();
        let names: Vec<_> = pending.iter().map(|unit| unit.target.to_string()).collect();
        let found = pending.into_iter().find(|unit| unit.target.to_string() == wanted);
        found.unwrap_or_else(|| panic!("{wanted} is not among {names:?}"))
    }

    pub(super) fn store(&mut self, wanted: &str, records: Records, next: Option<&str>) -> StoredPage {
        let received = match &records {
            Records::Users(rows) => rows.len(),
            Records::Channels(rows) => rows.len(),
            Records::Memberships(rows) => rows.len(),
            Records::Members(rows) => rows.len(),
            Records::Messages(rows) => rows.len(),
            _ => 0,
        };
        let unit = self.unit(wanted);
        let page = ListPage {
            records,
            received,
            issues: Vec::new(),
            next: next.map(str::to_owned),
            page_size: None,
        };
        self.writer.begin().unwrap();
        let stored = self.writer.store_page(&unit, &page).unwrap();
        self.writer.commit().unwrap();
        stored
    }

    /// Two users and two channels, everyone everywhere; `hidden` rows are missing from the users' side.
    pub(super) fn fill(&mut self, hidden: &[(u128, u128)]) {
        self.store(
            &format!("users of {}", service_sid()),
            Records::Users(vec![user(2, 2), user(1, 2)]),
            None,
        );
        self.store(
            &format!("channels of {}", service_sid()),
            Records::Channels(vec![channel(20, 2), channel(10, 2)]),
            None,
        );
        self.store(&format!("roles of {}", service_sid()), Records::Roles(Vec::new()), None);
        for user in [1, 2] {
            self.list_user(user, hidden);
        }
        for channel in [10, 20] {
            self.list_members(channel);
            let name = format!("invites of {}", ChannelSid::from_digits(channel));
            self.store(&name, Records::Invites(Vec::new()), None);
        }
    }

    pub(super) fn list_user(&mut self, user: u128, hidden: &[(u128, u128)]) {
        let rows = [20, 10]
            .into_iter()
            .filter(|channel| !hidden.contains(&(user, *channel)))
            .map(|channel| membership(user, channel, "joined"))
            .collect();
        let name = format!("user channels of {}", UserSid::from_digits(user));
        self.store(&name, Records::Memberships(rows), None);
    }

    pub(super) fn list_members(&mut self, channel: u128) {
        let rows = vec![member(1, channel), member(2, channel)];
        self.store(&format!("members of {}", ChannelSid::from_digits(channel)), Records::Members(rows), None);
    }

    pub(super) fn fetch_service(&mut self) {
        let unit = self.unit(&format!("service {}", service_sid()));
        let service = Service {
            read_status_enabled: Some(true),
            typing_indicator_timeout: Some(5),
            limits: Some(JsonText("{\"user_channels\":250}".into())),
            ..testkit::service()
        };
        self.writer.begin().unwrap();
        self.writer.store_detail(&unit, &Detail::Service(Box::new(service)), &[]).unwrap();
        self.writer.commit().unwrap();
    }

    pub(super) fn outcomes(&self) -> Vec<(String, String)> {
        let info = self.writer.info().unwrap();
        info.disagreements.into_iter().map(|found| (found.kind, found.outcome)).collect()
    }
}
