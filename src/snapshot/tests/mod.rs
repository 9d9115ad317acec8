//! Tests of the snapshot from page to walk: what is stored comes back, in order, and what is wrong is found.

mod book;
mod carry;
mod conversations;
mod messages;

use self::book::*;
use super::*;
use crate::error::Advise;
use crate::model::*;
use crate::storage::{StorageError, with_suffix};

fn walk(path: &std::path::Path, entity: Entity, order: WalkOrder) -> Vec<String> {
    let snapshot = Snapshot::open(path).unwrap();
    let with =
        With { user: Lookup::Yes, channel: true, member: Lookup::Yes, role: true, other_members: false };
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
        walk(&book.path, Entity::User, WalkOrder::ByUser),
        [format!("{:?}", user(1, 2)), format!("{:?}", user(2, 2))]
    );
    assert_eq!(
        walk(&book.path, Entity::Channel, WalkOrder::ByUser),
        [format!("{:?}", channel(10, 2)), format!("{:?}", channel(20, 2))]
    );
    let pair = |user, channel| format!("{}/{}", UserSid::from_digits(user), ChannelSid::from_digits(channel));
    assert_eq!(
        walk(&book.path, Entity::Membership, WalkOrder::ByUser),
        [pair(1, 10), pair(1, 20), pair(2, 10), pair(2, 20)]
    );
    assert_eq!(
        walk(&book.path, Entity::Membership, WalkOrder::ByChannel),
        [pair(1, 10), pair(2, 10), pair(1, 20), pair(2, 20)]
    );
    assert_eq!(walk(&book.path, Entity::Member, WalkOrder::ByUser).len(), 4);
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
    assert!(walk(&book.path, Entity::User, WalkOrder::ByUser)[0].contains("joined_channels_count: Some(3)"));
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
    let rows = |path: &std::path::Path| walk(path, Entity::Membership, WalkOrder::ByUser).len();
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
    assert!(matches!(Snapshot::open(&path), Err(SnapshotError::Storage(StorageError::OtherKind { .. }))));
    assert!(matches!(
        SnapshotWriter::open(&path, page_size),
        Err(SnapshotError::Storage(StorageError::OtherKind { .. }))
    ));
    assert!(matches!(
        Snapshot::open(&folder.path().join("none")),
        Err(SnapshotError::Storage(StorageError::Missing { .. }))
    ));
    assert!(matches!(
        Snapshot::open(folder.path()),
        Err(SnapshotError::Storage(StorageError::OtherKind { .. }))
    ));
    for (version, found) in [("99", 99), ("1", 1)] {
        let other = Book::new();
        let sql = format!("PRAGMA user_version = {version}");
        other.writer.sql(|connection| connection.execute_batch(&sql)).unwrap();
        let error = Snapshot::open(&other.path).unwrap_err();
        assert!(
            matches!(error, SnapshotError::Storage(StorageError::OtherFormat { found: other, .. }) if other == found),
            "{error}"
        );
        assert!(
            error.to_string().ends_with(&format!("of format {found}; this chatferry reads format 2 to 3"))
        );
        assert!(error.hint().unwrap().starts_with("use the chatferry that wrote it, or crawl again"));
    }
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

#[test]
fn what_could_not_be_read_again_is_not_taken_to_agree() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[(1, 10)]);
    book.writer.reconcile(0, false).unwrap();
    let failing = book.unit(&format!("user channels of {}", UserSid::from_digits(1)));
    book.writer.fail_unit(failing.id, "500").unwrap();
    reread(&mut book, &[]);
    book.writer.reconcile(1, false).unwrap();
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::Incomplete);
    assert!(book.outcomes().iter().all(|(_, outcome)| outcome == "open"), "{:?}", book.outcomes());
    // The next run reads it, finds the same, and looks again.
    book.writer.resume().unwrap();
    book.list_user(1, &[(1, 10)]);
    assert_eq!(book.writer.reconcile(0, false).unwrap().opened, 3);
}

#[test]
fn a_user_who_vanished_elsewhere_excuses_nothing() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[]);
    // A third user vanishes; and channel 10's Members list hides a member, again and again.
    book.writer
        .sql(|connection| {
            connection.execute_batch(
                "INSERT INTO user_row (service, sid, pass, identity) VALUES (1, x'03', 0, 'gone');
                 INSERT INTO unit (service, kind, parent, expected_pages, state)
                   SELECT 1, 7, id, 1, 3 FROM user_row WHERE identity = 'gone';
                 INSERT INTO vanished (entity, sid, evidence) VALUES ('user', 'US03', '404');
                 DELETE FROM member_row WHERE identity = 'user 1'
                   AND channel = (SELECT id FROM channel_row WHERE sid = x'0000000000000000000000000000000a');",
            )
        })
        .unwrap();
    assert!(book.writer.reconcile(0, false).unwrap().opened > 0);
    book.writer
        .sql(|connection| connection.execute("UPDATE unit SET state = 1 WHERE state = 0", []))
        .unwrap();
    book.writer.reconcile(1, false).unwrap();
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::Incomplete);
}

#[test]
fn a_user_who_vanished_and_is_still_a_member_leaves_the_crawl_incomplete() {
    let mut book = Book::new();
    book.fetch_service();
    let users = format!("users of {}", service_sid());
    book.store(&users, Records::Users(vec![user(1, 2), user(2, 2)]), None);
    let channels = format!("channels of {}", service_sid());
    book.store(&channels, Records::Channels(vec![channel(10, 2), channel(20, 2)]), None);
    book.store(&format!("roles of {}", service_sid()), Records::Roles(Vec::new()), None);
    let vanish = |book: &mut Book| {
        for name in ["user", "user channels of"] {
            let wanted = format!("{name} {}", UserSid::from_digits(2));
            let pending = book.writer.pending(1000, &[]).unwrap();
            if let Some(unit) = pending.into_iter().find(|unit| unit.target.to_string() == wanted) {
                book.writer.vanish_unit(&unit, "404").unwrap();
            }
        }
    };
    vanish(&mut book);
    book.list_user(1, &[]);
    for channel in [10, 20] {
        book.list_members(channel);
        book.store(
            &format!("invites of {}", ChannelSid::from_digits(channel)),
            Records::Invites(Vec::new()),
            None,
        );
    }
    assert!(book.writer.reconcile(0, false).unwrap().opened > 0);
    vanish(&mut book);
    for channel in [10, 20] {
        book.list_members(channel);
    }
    book.writer
        .sql(|connection| connection.execute("UPDATE unit SET state = 1 WHERE state = 0", []))
        .unwrap();
    book.writer.reconcile(1, false).unwrap();
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::Incomplete);
    let info = book.writer.info().unwrap();
    assert_eq!(info.missing_memberships_count, 2);
    let named: Vec<_> = info
        .missing_memberships
        .iter()
        .map(|one| {
            (one.user_sid.clone().unwrap(), one.channel_sid.clone().unwrap(), one.missing_from.as_str())
        })
        .collect();
    let of = |channel| {
        (UserSid::from_digits(2).to_string(), ChannelSid::from_digits(channel).to_string(), "user_channels")
    };
    assert_eq!(named, [of(10), of(20)]);
}

#[test]
fn a_user_that_vanishes_leaves_no_part_of_its_list() {
    let mut book = Book::new();
    let users = format!("users of {}", service_sid());
    book.store(&users, Records::Users(vec![user(1, 9)]), None);
    let list = format!("user channels of {}", UserSid::from_digits(1));
    book.store(&list, Records::Memberships(vec![membership(1, 10, "joined")]), Some("/v2/next"));
    let unit = book.unit(&list);
    book.writer.vanish_unit(&unit, "404").unwrap();
    assert_eq!(book.writer.info().unwrap().counts.user_channels, 0);
}

#[test]
fn every_disagreement_is_read_again_however_many_there_are() {
    const USERS: u32 = 2_500;
    let mut book = Book::new();
    let users = (1..=USERS).map(|number| user(u128::from(number), 1)).collect();
    book.store(&format!("users of {}", service_sid()), Records::Users(users), None);
    book.writer
        .sql(|connection| connection.execute("UPDATE unit SET state = 1 WHERE state = 0", []))
        .unwrap();
    assert_eq!(book.writer.reconcile(0, false).unwrap().opened, u64::from(USERS));
    // The user's own record and its list, for each.
    assert_eq!(book.writer.pending(10_000, &[]).unwrap().len(), 2 * USERS as usize);
}

#[test]
fn a_crawl_that_cannot_read_back_what_it_wrote_has_no_verdict() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[]);
    book.writer.reconcile(0, false).unwrap();
    book.writer
        .sql(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
        .unwrap();
    let mut bytes = std::fs::read(&book.path).unwrap();
    // The second page on: the schema stays, what is in its tables does not.
    bytes[3 * 8192..].fill(0xff);
    std::fs::write(&book.path, bytes).unwrap();
    let ended = book.writer.finish("now");
    assert!(matches!(ended, Err(SnapshotError::Storage(StorageError::Damaged { .. }))), "{ended:?}");
    assert_eq!(book.writer.finished().unwrap(), None);
}

#[test]
fn a_finished_snapshot_is_sealed_until_it_is_resumed() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[]);
    book.writer.reconcile(0, false).unwrap();
    book.writer.finish("now").unwrap();
    book.writer.close_if_free().unwrap();
    Snapshot::check_file(&book.path).unwrap();
    let good = std::fs::read(&book.path).unwrap();
    for at in (100..good.len() - 60).step_by(good.len() / 60) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        std::fs::write(&book.path, bytes).unwrap();
        let found = Snapshot::check_file(&book.path);
        assert!(matches!(found, Err(SnapshotError::Storage(StorageError::Altered { .. }))), "byte {at}");
    }
    std::fs::write(&book.path, &good).unwrap();
    let mut writer = SnapshotWriter::open(&book.path, page_size).unwrap();
    writer.resume().unwrap();
    drop(writer);
    Snapshot::check_file(&book.path).unwrap();
    assert!(Snapshot::open(&book.path).is_ok());
}

/// SQLite notices what breaks its structure. A name that is another name is noticed because its page is not the one that was written.
#[test]
fn a_value_that_changes_while_a_crawl_writes_is_never_complete() {
    let find = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).rposition(|window| window == text);
    for of_log in [false, true] {
        let mut book = Book::new();
        book.fetch_service();
        book.fill(&[(1, 10), (2, 20)]);
        if !of_log {
            assert!(book.writer.move_log().unwrap(), "the rows are in the file");
        }
        let file = if of_log { with_suffix(&book.path, "-wal") } else { book.path.clone() };
        let mut bytes = std::fs::read(&file).unwrap();
        let at = find(&bytes, b"user 2").expect("the identity is in there") + 5;
        bytes[at] = b'3';
        std::fs::write(&file, bytes).unwrap();
        let ended = book.writer.reconcile(0, false).and_then(|_| book.writer.finish("now"));
        let changed = |error: &SnapshotError| {
            matches!(error, SnapshotError::Storage(StorageError::ChangedMeanwhile { .. }))
        };
        assert!(ended.as_ref().is_err_and(changed), "in the log: {of_log}: {ended:?}");
        assert_eq!(book.writer.finished().unwrap(), None);
        let path = book.path.clone();
        drop(book.writer);
        let mut again = SnapshotWriter::open(&path, page_size).unwrap();
        let resumed = again.resume();
        assert!(resumed.as_ref().is_err_and(changed), "no later run completes it: {resumed:?}");
    }
}

#[test]
fn a_walk_by_channel_has_members_without_a_membership_in_their_order() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[(1, 10), (2, 20)]);
    let seen = |path: &std::path::Path| {
        let with = With { channel: true, member: Lookup::Yes, other_members: true, ..With::default() };
        let walk = Walk { entity: Entity::Membership, order: WalkOrder::ByChannel, with };
        let mut seen = Vec::new();
        let visit = |records: &RowRecords<'_>| {
            let member = records.member.unwrap();
            assert_eq!(records.channel.unwrap().sid, member.channel_sid);
            seen.push((member.sid.clone(), records.membership.is_some()));
            Ok::<_, SnapshotError>(())
        };
        Snapshot::open(path).unwrap().walk(&walk, visit).unwrap();
        seen
    };
    let expected = [
        (member_sid(1, 10), false),
        (member_sid(2, 10), true),
        (member_sid(1, 20), true),
        (member_sid(2, 20), false),
    ];
    assert_eq!(seen(&book.path), expected, "without the index by channel");
    book.writer.reconcile(0, false).unwrap();
    assert_eq!(seen(&book.path), expected, "with the index");
}

#[test]
fn there_are_as_many_records_as_a_walk_has() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[(1, 10), (2, 20)]);
    let snapshot = Snapshot::open(&book.path).unwrap();
    for entity in Entity::ALL {
        let walk = Walk { entity, order: WalkOrder::ByUser, with: With::default() };
        let mut rows = 0;
        let visit = |_: &RowRecords<'_>| {
            rows += 1;
            Ok::<_, SnapshotError>(())
        };
        snapshot.walk(&walk, visit).unwrap();
        assert_eq!(snapshot.count(entity).unwrap(), rows, "{entity:?}");
    }
}

#[test]
fn a_name_finds_the_same_before_and_after_a_crawl_has_made_its_indexes() {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[]);
    let found = |path: &std::path::Path| {
        let snapshot = Snapshot::open(path).unwrap();
        let service = snapshot.service(&service_sid()).unwrap().unwrap();
        let users = ["user 1", "user 2", "USER 1", "user 9"];
        let channels = ["name 20", "name 10", "name 9"];
        let users = users.map(|identity| service.user_of_identity(identity).unwrap().map(|user| user.sid));
        let channels =
            channels.map(|name| service.channel_of_unique_name(name).unwrap().map(|channel| channel.sid));
        (users, channels)
    };
    let user = |digits| Some(UserSid::from_digits(digits));
    let channel = |digits| Some(ChannelSid::from_digits(digits));
    let expected = ([user(1), user(2), None, None], [channel(20), channel(10), None]);
    assert_eq!(found(&book.path), expected, "without indexes by name");
    book.writer.reconcile(0, false).unwrap();
    assert_eq!(found(&book.path), expected, "with them");
}
