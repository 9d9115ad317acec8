//! Tests of the snapshot as a whole: what is stored comes back, in order, and what is wrong is found.

use std::path::PathBuf;

use super::*;
use crate::model::*;

const ALL: [Entity; 7] = [
    Entity::Service,
    Entity::Role,
    Entity::User,
    Entity::Channel,
    Entity::Membership,
    Entity::Member,
    Entity::Invite,
];

fn identity() -> CrawlIdentity {
    CrawlIdentity {
        account_sid: AccountSid::from_digits(0xac),
        services: vec![service_sid()],
        source: "chat".to_owned(),
        include: ALL.to_vec(),
        users: None,
        started: "2026-11-23T00:00:00Z".to_owned(),
    }
}

fn service_sid() -> ServiceSid {
    ServiceSid::from_digits(0x15)
}

#[expect(clippy::unnecessary_wraps, reason = "the model's fields are optional")]
fn account() -> Option<AccountSid> {
    Some(AccountSid::from_digits(0xac))
}

fn page_size(entity: Entity) -> u32 {
    if entity == Entity::Membership { 50 } else { 100 }
}

fn user(digits: u128, joined: i64) -> User {
    User {
        sid: UserSid::from_digits(digits),
        account_sid: account(),
        service_sid: Some(service_sid()),
        attributes: Some("{\"a\": \"\u{0}\"}".to_owned()),
        friendly_name: None,
        role_sid: Some(RoleSid::from_wire("RLnot-a-sid")),
        identity: Some(format!("user {digits}")),
        is_online: None,
        is_notifiable: Some(false),
        date_created: Some(Timestamp::from_wire("2016-03-24T21:05:50Z")),
        date_updated: Some(Timestamp::from_wire("Thu, 24 Mar 2016 21:05:50 +0000")),
        joined_channels_count: Some(joined),
        extra: Some(JsonText("{\"new\":1}".into())),
    }
}

fn channel(digits: u128, members: i64) -> Channel {
    Channel {
        sid: ChannelSid::from_digits(digits),
        account_sid: account(),
        service_sid: None,
        friendly_name: Some(String::new()),
        unique_name: None,
        attributes: None,
        r#type: Some(ChannelType::from_wire("secret")),
        date_created: None,
        date_updated: None,
        created_by: Some("system".to_owned()),
        members_count: Some(members),
        messages_count: None,
        extra: None,
    }
}

fn membership(user: u128, channel: u128, status: &str) -> Membership {
    Membership {
        account_sid: account(),
        service_sid: Some(service_sid()),
        channel_sid: ChannelSid::from_digits(channel),
        user_sid: UserSid::from_digits(user),
        member_sid: (status == "joined").then(|| member_sid(user, channel)),
        status: Some(MembershipStatus::from_wire(status)),
        last_consumed_message_index: user.is_multiple_of(2).then_some(0),
        unread_messages_count: None,
        notification_level: Some(NotificationLevel::from_wire("mentions")),
        extra: None,
    }
}

fn member_sid(user: u128, channel: u128) -> MemberSid {
    MemberSid::from_digits(user << 64 | channel)
}

fn member(user: u128, channel: u128) -> Member {
    Member {
        sid: member_sid(user, channel),
        account_sid: account(),
        channel_sid: ChannelSid::from_digits(channel),
        service_sid: Some(service_sid()),
        identity: Some(format!("user {user}")),
        role_sid: None,
        last_consumed_message_index: None,
        last_consumption_timestamp: None,
        date_created: None,
        date_updated: None,
        attributes: Some("{}".to_owned()),
        extra: None,
    }
}

/// A snapshot that is written unit by unit, as a crawl would.
struct Book {
    writer: SnapshotWriter,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Book {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.db");
        let writer = SnapshotWriter::create(&path, &identity(), page_size).unwrap();
        Self { writer, path, _folder: folder }
    }

    /// The unit that waits for this target.
    fn unit(&mut self, wanted: &str) -> Unit {
        let pending = self.writer.pending(1000, &[]).unwrap();
        let names: Vec<_> = pending.iter().map(|unit| unit.target.to_string()).collect();
        let found = pending.into_iter().find(|unit| unit.target.to_string() == wanted);
        found.unwrap_or_else(|| panic!("{wanted} is not among {names:?}"))
    }

    fn store(&mut self, wanted: &str, records: Records, next: Option<&str>) -> Stored {
        let received = match &records {
            Records::Users(rows) => rows.len(),
            Records::Channels(rows) => rows.len(),
            Records::Memberships(rows) => rows.len(),
            Records::Members(rows) => rows.len(),
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

    /// Two users and two channels, everybody everywhere; `hidden` rows are missing from the users' side.
    fn fill(&mut self, hidden: &[(u128, u128)]) {
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

    fn list_user(&mut self, user: u128, hidden: &[(u128, u128)]) {
        let rows = [20, 10]
            .into_iter()
            .filter(|channel| !hidden.contains(&(user, *channel)))
            .map(|channel| membership(user, channel, "joined"))
            .collect();
        let name = format!("user channels of {}", UserSid::from_digits(user));
        self.store(&name, Records::Memberships(rows), None);
    }

    fn list_members(&mut self, channel: u128) {
        let rows = vec![member(1, channel), member(2, channel)];
        self.store(&format!("members of {}", ChannelSid::from_digits(channel)), Records::Members(rows), None);
    }

    fn fetch_service(&mut self) {
        let unit = self.unit(&format!("service {}", service_sid()));
        let service = Service {
            sid: service_sid(),
            account_sid: account(),
            friendly_name: None,
            date_created: None,
            date_updated: None,
            default_service_role_sid: None,
            default_channel_role_sid: None,
            default_channel_creator_role_sid: None,
            read_status_enabled: Some(true),
            reachability_enabled: None,
            typing_indicator_timeout: Some(5),
            consumption_report_interval: None,
            limits: Some(JsonText("{\"user_channels\":250}".into())),
            pre_webhook_url: None,
            post_webhook_url: None,
            webhook_method: None,
            webhook_filters: None,
            pre_webhook_retry_count: None,
            post_webhook_retry_count: None,
            notifications: None,
            media: None,
            extra: None,
        };
        self.writer.begin().unwrap();
        self.writer.store_detail(&unit, &Detail::Service(Box::new(service)), &[]).unwrap();
        self.writer.commit().unwrap();
    }

    fn outcomes(&self) -> Vec<(String, String)> {
        let info = self.writer.info().unwrap();
        info.disagreements.into_iter().map(|found| (found.kind, found.outcome)).collect()
    }
}

fn walk(path: &std::path::Path, entity: Entity, order: Order) -> Vec<String> {
    let snapshot = Snapshot::open(path).unwrap();
    let with = With { user: Wanted::Yes, channel: true, member: Wanted::Yes, role: true };
    let mut seen = Vec::new();
    snapshot
        .walk::<SnapshotError>(&Walk { entity, order, with }, |step| {
            seen.push(match entity {
                Entity::Membership => {
                    let row = step.membership.as_ref().unwrap();
                    assert_eq!(step.user.as_ref().unwrap().sid, row.user_sid);
                    assert_eq!(step.channel.as_ref().unwrap().sid, row.channel_sid);
                    assert_eq!(step.member.as_ref().map(|member| &member.sid), row.member_sid.as_ref());
                    format!("{}/{}", row.user_sid, row.channel_sid)
                }
                Entity::User => format!("{:?}", step.user.as_ref().unwrap()),
                Entity::Channel => format!("{:?}", step.channel.as_ref().unwrap()),
                Entity::Member => step.member.as_ref().unwrap().sid.to_string(),
                _ => String::new(),
            });
            Ok(())
        })
        .unwrap();
    seen
}

#[test]
fn what_is_stored_comes_back_as_it_was_and_in_order() {
    let mut book = Book::new();
    book.fill(&[]);
    assert_eq!(
        walk(&book.path, Entity::User, Order::ByUser),
        [format!("{:?}", user(1, 2)), format!("{:?}", user(2, 2))]
    );
    assert_eq!(
        walk(&book.path, Entity::Channel, Order::ByUser),
        [format!("{:?}", channel(10, 2)), format!("{:?}", channel(20, 2))]
    );
    let pair = |user, channel| format!("{}/{}", UserSid::from_digits(user), ChannelSid::from_digits(channel));
    assert_eq!(
        walk(&book.path, Entity::Membership, Order::ByUser),
        [pair(1, 10), pair(1, 20), pair(2, 10), pair(2, 20)]
    );
    assert_eq!(
        walk(&book.path, Entity::Membership, Order::ByChannel),
        [pair(1, 10), pair(2, 10), pair(1, 20), pair(2, 20)]
    );
    assert_eq!(walk(&book.path, Entity::Member, Order::ByUser).len(), 4);
}

#[test]
fn a_cursor_moves_with_its_rows_and_a_row_seen_twice_is_one() {
    let mut book = Book::new();
    let users = format!("users of {}", service_sid());
    book.store(&users, Records::Users(vec![user(1, 2)]), Some("/v2/next"));
    assert_eq!(book.unit(&users).cursor.as_deref(), Some("/v2/next"));
    let stored = book.store(&users, Records::Users(vec![user(1, 3), user(2, 0)]), None);
    assert!(stored.complete && stored.more_work);
    assert_eq!(book.writer.info().unwrap().counts.users, 2);
    assert!(walk(&book.path, Entity::User, Order::ByUser)[0].contains("joined_channels_count: Some(3)"));
}

#[test]
fn what_was_begun_and_not_committed_is_not_there() {
    let mut book = Book::new();
    let unit = book.unit(&format!("users of {}", service_sid()));
    let records = Records::Users(vec![user(1, 0)]);
    let page = ListPage { records, received: 1, issues: Vec::new(), next: None, page_size: None };
    book.writer.begin().unwrap();
    book.writer.store_page(&unit, &page).unwrap();
    book.writer.rollback();
    assert_eq!(book.writer.info().unwrap().counts.users, 0);
    assert_eq!(book.unit(&format!("users of {}", service_sid())).cursor, None);
}

#[test]
fn a_list_read_anew_keeps_its_old_rows_until_it_is_complete() {
    let mut book = Book::new();
    book.fill(&[]);
    let user_list = format!("user channels of {}", UserSid::from_digits(1));
    let rows = |path: &std::path::Path| walk(path, Entity::Membership, Order::ByUser).len();
    book.writer
        .sql(|connection| {
            connection.execute("UPDATE unit SET state = 0, pass = pass + 1 WHERE kind = 7 AND parent = 2", [])
        })
        .unwrap();
    book.store(&user_list, Records::Memberships(vec![membership(1, 10, "joined")]), Some("/v2/next"));
    assert_eq!(rows(&book.path), 4, "the former reading still stands");
    book.store(&user_list, Records::Memberships(Vec::new()), None);
    assert_eq!(rows(&book.path), 3, "the channel that the new reading lacks is gone");
}

#[test]
fn everything_that_agrees_is_complete() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[]);
    assert_eq!(book.writer.reconcile(0, false).unwrap(), Reconciled { opened: 0, more_work: false });
    assert_eq!(book.writer.finish("2026-11-23T01:00:00Z").unwrap(), Verdict::Complete);
    let info = book.writer.info().unwrap();
    // One service, one page each of roles, users, channels, and of the lists of two users and two channels.
    assert_eq!(info.requests.minimum, 1 + 3 + 2 + 2 + 2);
    assert_eq!(info.finished.as_deref(), Some("2026-11-23T01:00:00Z"));
}

#[test]
fn a_row_that_stays_hidden_is_a_hole() {
    let mut book = Book::new();
    book.fetch_service();
    let hidden = [(1, 10)];
    book.fill(&hidden);
    let found = book.writer.reconcile(0, false).unwrap();
    assert_eq!(
        found,
        Reconciled { opened: 3, more_work: true },
        "the user's count, the channel's, the Members list"
    );
    reread(&mut book, &hidden);
    assert_eq!(book.writer.reconcile(1, false).unwrap().opened, 0);
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::Incomplete);
    assert!(book.outcomes().iter().all(|(_, outcome)| outcome == "hole"), "{:?}", book.outcomes());
}

#[test]
fn a_row_that_comes_with_the_second_reading_is_drift() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[(1, 10)]);
    book.writer.reconcile(0, false).unwrap();
    reread(&mut book, &[]);
    assert_eq!(book.writer.reconcile(1, false).unwrap().opened, 0);
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::CompleteWithDrift);
    assert!(book.outcomes().iter().all(|(_, outcome)| outcome == "drift"), "{:?}", book.outcomes());
}

#[test]
fn a_counter_that_is_off_alone_is_outweighed_by_two_lists_that_agree() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[]);
    book.writer
        .sql(|connection| {
            connection.execute("UPDATE user_row SET joined_channels_count = 9 WHERE id = 1", [])
        })
        .unwrap();
    assert_eq!(book.writer.reconcile(0, false).unwrap().opened, 1);
    let detail = book.unit(&format!("user {}", UserSid::from_digits(2)));
    book.writer.begin().unwrap();
    book.writer.store_detail(&detail, &Detail::User(Box::new(user(2, 9))), &[]).unwrap();
    book.writer.commit().unwrap();
    book.list_user(2, &[]);
    book.writer.reconcile(1, false).unwrap();
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::CompleteWithDrift);
    assert_eq!(book.outcomes(), [("user_count".to_owned(), "count_only".to_owned())]);
}

/// Reads again whatever waits.
fn reread(book: &mut Book, hidden: &[(u128, u128)]) {
    for unit in book.writer.pending(100, &[]).unwrap() {
        let detail = match &unit.target {
            Target::User(_, sid) => Detail::User(Box::new(User { sid: sid.clone(), ..user(1, 2) })),
            Target::Channel(_, sid) => {
                Detail::Channel(Box::new(Channel { sid: sid.clone(), ..channel(10, 2) }))
            }
            Target::UserChannels(..) => {
                book.list_user(1, hidden);
                continue;
            }
            Target::Members(..) => {
                book.list_members(10);
                continue;
            }
            other => panic!("{other} was not to be read again"),
        };
        book.writer.begin().unwrap();
        book.writer.store_detail(&unit, &detail, &[]).unwrap();
        book.writer.commit().unwrap();
    }
}

#[test]
fn a_file_that_is_no_snapshot_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "These are notes, long enough to be taken for a page of something else.\n".repeat(100),
    )
    .unwrap();
    assert!(matches!(Snapshot::open(&path), Err(SnapshotError::NotASnapshot { .. })));
    assert!(matches!(SnapshotWriter::open(&path, page_size), Err(SnapshotError::NotASnapshot { .. })));
    assert!(matches!(Snapshot::open(&folder.path().join("none")), Err(SnapshotError::Missing { .. })));
    assert!(matches!(Snapshot::open(folder.path()), Err(SnapshotError::NotASnapshot { .. })));
    let other = Book::new();
    other.writer.sql(|connection| connection.execute_batch("PRAGMA user_version = 99")).unwrap();
    assert!(matches!(Snapshot::open(&other.path), Err(SnapshotError::OtherFormat { found: 99, .. })));
}

#[test]
fn the_same_crawl_goes_on_and_another_is_refused() {
    let asked = |change: fn(&mut CrawlIdentity)| {
        let mut other = identity();
        change(&mut other);
        identity().difference(&other)
    };
    assert_eq!(asked(|other| other.started = "later".to_owned()), None);
    assert!(asked(|other| other.account_sid = AccountSid::from_digits(1)).is_some());
    assert!(asked(|other| other.services.clear()).is_some());
    assert!(asked(|other| other.include.truncate(3)).is_some());
    assert!(asked(|other| other.users = Some(vec!["me".to_owned()])).is_some());
    let book = Book::new();
    assert_eq!(*book.writer.identity(), identity());
    drop(book.writer);
    let reopened = SnapshotWriter::open(&book.path, page_size).unwrap();
    assert_eq!(*reopened.identity(), identity(), "read back from the file");
}
