//! Users that are carried over from an older snapshot.

use super::*;

/// A finished snapshot of everything.
fn base() -> Book {
    let mut book = Book::new();
    book.fetch_service();
    book.fill(&[]);
    assert_eq!(book.writer.reconcile(0, false).unwrap(), Reconciled::default());
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::Complete);
    book
}

fn waiting(book: &mut Book) -> Vec<String> {
    let pending = book.writer.pending(100, &[]).unwrap();
    let names = pending.iter().map(|unit| unit.target.to_string());
    names.filter(|name| name.starts_with("user channels")).collect()
}

#[test]
fn a_user_who_changes_while_users_are_listed_is_read_after_all() {
    let base = base();
    let mut book = Book::new();
    // Part 1 of a great many: neither of the two is read anyway.
    book.writer.carry_over_from(&base.path, Share { part: 1, of: 1 << 60 }).unwrap();
    let list = format!("users of {}", service_sid());
    book.store(&list, Records::Users(vec![user(1, 2), user(2, 2)]), Some("/next"));
    assert_eq!(waiting(&mut book), Vec::<String>::new());
    assert_eq!(book.writer.info().unwrap().carried.map(|carried| carried.users), Some(2));

    // Its page token expires, and when the list is read again one of them has moved.
    let unit = book.unit(&list);
    book.writer.restart_unit(unit.id).unwrap();
    let moved = User { date_updated: Some(Timestamp::from_wire("2026-11-23T00:00:00Z")), ..user(1, 2) };
    assert!(book.store(&list, Records::Users(vec![moved, user(2, 2)]), None).more_work);
    let name = format!("user channels of {}", UserSid::from_digits(1));
    assert_eq!(waiting(&mut book), [name.as_str()]);
    book.store(&name, Records::Memberships(vec![membership(1, 10, "joined")]), None);
    let info = book.writer.info().unwrap();
    assert_eq!(info.counts.user_channels, 1 + 2, "what was carried over of the one is gone");
    assert_eq!(info.carried.map(|carried| carried.users), Some(1));
}
