//! Snapshots of Conversations: no counts, participants without a user, and crawls of a part.

use super::*;
use crate::model::Api;

fn counted_user(digits: u128) -> User {
    User { joined_channels_count: None, ..user(digits, 0) }
}

fn conversation(digits: u128) -> Channel {
    Channel { r#type: None, members_count: None, ..channel(digits, 0) }
}

/// A participant by SMS, who has no user.
fn caller(channel: u128) -> Member {
    Member { identity: None, ..member(99, channel) }
}

fn list_service(book: &mut Book) {
    book.fetch_service();
    book.store(&format!("roles of {}", service_sid()), Records::Roles(Vec::new()), None);
    let users = Records::Users(vec![counted_user(1), counted_user(2)]);
    book.store(&format!("users of {}", service_sid()), users, None);
    let channels = Records::Channels(vec![conversation(10), conversation(20)]);
    book.store(&format!("channels of {}", service_sid()), channels, None);
}

fn list_participants(book: &mut Book, channel: u128) {
    let rows = vec![member(1, channel), caller(channel), member(2, channel)];
    book.store(&format!("members of {}", ChannelSid::from_digits(channel)), Records::Members(rows), None);
}

#[test]
fn a_participant_without_identity_is_no_hole_and_two_lists_are_the_evidence() {
    let mut book = Book::of_conversations(None);
    list_service(&mut book);
    for number in [1, 2] {
        book.list_user(number, &[]);
    }
    for number in [10, 20] {
        list_participants(&mut book, number);
    }
    assert_eq!(book.writer.reconcile(0, false).unwrap(), Reconciled::default());
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::Complete);
    let info = book.writer.info().unwrap();
    assert_eq!((info.source, info.counts.members, info.counts.user_channels), (Api::Conversations, 6, 4));
    // A service's five resources, and one page each of roles, users, conversations and of four lists.
    assert_eq!(info.requests.minimum, 5 + 3 + 4);
}

#[test]
fn a_membership_that_one_side_hides_is_found_without_any_count() {
    for stays in [true, false] {
        let mut book = Book::of_conversations(None);
        list_service(&mut book);
        book.list_user(1, &[(1, 10)]);
        book.list_user(2, &[]);
        for number in [10, 20] {
            list_participants(&mut book, number);
        }
        assert_eq!(book.writer.reconcile(0, false).unwrap().opened, 1);
        for unit in book.writer.pending(100, &[]).unwrap() {
            let detail = match &unit.target {
                Target::User(..) => Detail::User(Box::new(counted_user(1))),
                Target::Channel(..) => Detail::Channel(Box::new(conversation(10))),
                Target::UserChannels(..) => {
                    book.list_user(1, if stays { &[(1, 10)] } else { &[] });
                    continue;
                }
                Target::Members(..) => {
                    list_participants(&mut book, 10);
                    continue;
                }
                other => panic!("{other} was not to be read again: a caller has no user to look for"),
            };
            book.writer.begin().unwrap();
            book.writer.store_detail(&unit, &detail, &[]).unwrap();
            book.writer.commit().unwrap();
        }
        assert_eq!(book.writer.reconcile(1, false).unwrap().opened, 0);
        let (verdict, outcome) =
            if stays { (Verdict::Incomplete, "hole") } else { (Verdict::CompleteWithDrift, "drift") };
        assert_eq!(book.writer.finish("now").unwrap(), verdict);
        assert_eq!(book.outcomes(), [("member_list".to_owned(), outcome.to_owned())]);
    }
}

#[test]
fn of_a_part_only_its_own_lists_are_read_and_compared() {
    let part = [
        Focus::Identity("user 1"),
        Focus::Identity("not a user yet"),
        Focus::Channel("name 10"),
        Focus::Channel("CH000000000000000000000000000000aa"),
    ];
    let mut book = Book::of_conversations(Some(&part));
    list_service(&mut book);
    let waiting: Vec<_> =
        book.writer.pending(100, &[]).unwrap().iter().map(|unit| unit.target.to_string()).collect();
    let (user, channel) = (UserSid::from_digits(1), ChannelSid::from_digits(10));
    assert_eq!(waiting, [format!("user channels of {user}"), format!("members of {channel}")]);
    book.list_user(1, &[]);
    list_participants(&mut book, 10);
    assert_eq!(book.writer.reconcile(0, false).unwrap(), Reconciled::default(), "user 2 was not asked for");
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::Complete);
    assert_eq!(book.writer.info().unwrap().counts.users, 2, "all users are listed all the same");

    drop(book.writer);
    let reopened = SnapshotWriter::open(&book.path, page_size).unwrap();
    assert!(reopened.is_focused());
    let is_of = |part: &[Focus<'_>]| {
        reopened.has_focus::<SnapshotError>(|name| part.iter().try_for_each(|one| name(*one))).unwrap()
    };
    let mut other_order = part;
    other_order.reverse();
    assert!(is_of(&part) && is_of(&other_order));
    assert!(!is_of(&part[1..]) && !is_of(&[]));
}

#[test]
fn a_part_that_cannot_be_named_leaves_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("target.db");
    let made = SnapshotWriter::create_focused(&path, &identity(), page_size, |name| {
        name(Focus::Identity("a"))?;
        Err(StorageError::Missing { kind: &crate::snapshot::format::SNAPSHOT, path: "elsewhere.db".into() }
            .into())
    });
    assert!(matches!(made, Err(SnapshotError::Storage(StorageError::Missing { .. }))));
    assert!(!path.exists());
}
