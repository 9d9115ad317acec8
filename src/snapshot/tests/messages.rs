//! Messages in a snapshot: order, odd values, and what their counter can tell.

use super::*;

fn book() -> Book {
    let mut book = Book::with(&[Entity::Service, Entity::Channel, Entity::Message]);
    book.fetch_service();
    book
}

fn message(channel: u128, sid: u128, index: Option<i64>) -> Message {
    Message {
        attributes: Some("{}".to_owned()),
        date_created: Some(Timestamp::from_wire("2016-03-24T21:05:50Z")),
        date_updated: Some(Timestamp::from_wire("yesterday")),
        from: Some(String::new()),
        body: Some("nul \0 byte".to_owned()),
        index,
        r#type: Some("text".to_owned()),
        ..crate::testkit::message(sid, ChannelSid::from_digits(channel))
    }
}

fn list(channel: u128) -> String {
    format!("messages of {}", ChannelSid::from_digits(channel))
}

/// Two channels that say how many messages they have.
fn channels(book: &mut Book, counts: [(u128, Option<i64>); 2]) {
    let rows = counts.map(|(digits, messages_count)| Channel { messages_count, ..channel(digits, 0) });
    book.store(&format!("channels of {}", service_sid()), Records::Channels(rows.into()), None);
}

fn walked(book: &Book) -> Vec<Message> {
    let mut seen = Vec::new();
    let walk = Walk { entity: Entity::Message, order: WalkOrder::ByUser, with: With::default() };
    let visit = |step: &RowRecords<'_>| {
        seen.extend(step.message.cloned());
        Ok::<_, SnapshotError>(())
    };
    Snapshot::open(&book.path).unwrap().walk(&walk, visit).unwrap();
    seen
}

#[test]
fn messages_come_back_as_they_were_by_channel_and_index() {
    let mut book = book();
    channels(&mut book, [(20, None), (10, None)]);
    let odd = Message {
        sid: MessageSid::from_wire("IMnot-a-sid"),
        r#type: Some("hologram".to_owned()),
        media: Some(JsonText(r#"[{"sid":"ME1"}]"#.into())),
        was_edited: Some(true),
        last_updated_by: Some("ada".to_owned()),
        attributes: None,
        body: None,
        from: None,
        participant_sid: Some(MemberSid::from_digits(3)),
        delivery: Some(JsonText("{}".into())),
        content_sid: Some(ContentSid::from_digits(4)),
        extra: Some(JsonText(r#"{"new":1}"#.into())),
        ..message(10, 0, Some(-1))
    };
    let media = Message { r#type: Some("media".to_owned()), ..message(10, 9, Some(7)) };
    let untyped = Message { r#type: None, ..message(10, 3, None) };
    book.store(&list(20), Records::Messages(vec![message(20, 5, Some(0))]), None);
    let first = vec![message(10, 2, Some(1_000_000_000_000)), untyped.clone(), media.clone()];
    book.store(&list(10), Records::Messages(first), Some("/v2/next"));
    book.store(&list(10), Records::Messages(vec![media.clone(), odd.clone(), message(10, 1, Some(7))]), None);
    let expected = [
        odd,
        message(10, 1, Some(7)),
        media,
        message(10, 2, Some(1_000_000_000_000)),
        untyped,
        message(20, 5, Some(0)),
    ];
    assert_eq!(walked(&book), expected);
    assert_eq!(book.writer.info().unwrap().counts.messages, 6);
    let checks = Snapshot::open(&book.path).unwrap().check(Ok(())).unwrap().checks;
    let shared = checks.iter().find(|check| check.name.contains("share their index")).unwrap();
    assert_eq!(
        (shared.found, shared.examples[0].as_str()),
        (1, format!("{} index 7", ChannelSid::from_digits(10)).as_str())
    );
}

#[test]
fn a_list_read_anew_drops_what_was_deleted_meanwhile() {
    let mut book = book();
    channels(&mut book, [(10, Some(2)), (20, Some(0))]);
    book.store(&list(10), Records::Messages(vec![message(10, 1, Some(0))]), Some("/v2/next"));
    let unit = book.unit(&list(10));
    book.writer.restart_unit(unit.id).unwrap();
    book.store(&list(10), Records::Messages(vec![message(10, 2, Some(1))]), Some("/v2/next"));
    assert_eq!(walked(&book).len(), 2, "the former reading still stands");
    book.store(&list(10), Records::Messages(vec![message(10, 4, Some(3))]), None);
    assert_eq!(walked(&book), [message(10, 2, Some(1)), message(10, 4, Some(3))]);
}

#[test]
fn messages_of_a_channel_that_vanished_are_a_part_of_nothing() {
    let mut book = book();
    channels(&mut book, [(10, Some(2)), (20, Some(0))]);
    book.store(&list(10), Records::Messages(vec![message(10, 1, Some(0))]), Some("/v2/next"));
    book.store(&list(20), Records::Messages(Vec::new()), None);
    let unit = book.unit(&list(10));
    book.writer.vanish_unit(&unit, "404").unwrap();
    assert_eq!(walked(&book), []);
    book.writer.reconcile(0, false).unwrap();
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::CompleteWithDrift);
}

/// Reads the two channels' messages, has the counter of the first rechecked, and gives the verdict.
fn judged(first: i64, again: i64) -> (Verdict, Vec<(String, String)>) {
    let mut book = book();
    channels(&mut book, [(10, Some(first)), (20, Some(1))]);
    book.store(&list(10), Records::Messages(vec![message(10, 1, Some(0)), message(10, 2, Some(5))]), None);
    // A page that repeats a row is no disagreement.
    let repeated = message(20, 3, Some(0));
    book.store(&list(20), Records::Messages(vec![repeated.clone(), repeated]), None);
    let found = book.writer.reconcile(0, false).unwrap();
    if found.more_work {
        let units = book.writer.pending(100, &[]).unwrap();
        let names: Vec<_> = units.iter().map(|unit| unit.target.to_string()).collect();
        let channel_sid = ChannelSid::from_digits(10);
        assert_eq!(names, [format!("channel {channel_sid}")], "never the list itself");
        let detail = Channel { messages_count: Some(again), ..channel(10, 0) };
        book.writer.begin().unwrap();
        book.writer.store_detail(&units[0], &Detail::Channel(Box::new(detail)), &[]).unwrap();
        book.writer.commit().unwrap();
        assert_eq!(book.writer.reconcile(1, false).unwrap().opened, 0);
    }
    let verdict = book.writer.finish("now").unwrap();
    let info = book.writer.info().unwrap();
    assert_eq!((info.counts.messages, info.requests.minimum), (3, 1 + 1 + 2));
    (verdict, book.outcomes())
}

#[test]
fn a_count_of_messages_is_drift_or_itself_off_and_never_a_hole() {
    assert_eq!(judged(2, 2), (Verdict::Complete, vec![]));
    let outcome = |name: &str| vec![("message_count".to_owned(), name.to_owned())];
    assert_eq!(judged(1, 2), (Verdict::CompleteWithDrift, outcome("drift")), "one was sent meanwhile");
    assert_eq!(
        judged(1, 4),
        (Verdict::CompleteWithDrift, outcome("drift")),
        "and two more after it was read"
    );
    assert_eq!(judged(3, 3), (Verdict::CompleteWithDrift, outcome("count_only")));
}

/// What moves at the last look is messages being sent, and no reason for another run.
#[test]
fn a_count_that_moves_last_is_drift() {
    let mut book = book();
    channels(&mut book, [(10, Some(1)), (20, None)]);
    book.store(&list(10), Records::Messages(vec![message(10, 1, Some(0))]), None);
    book.store(&list(20), Records::Messages(vec![message(20, 2, Some(0))]), None);
    assert_eq!(book.writer.reconcile(0, false).unwrap(), Reconciled::default());
    book.writer
        .sql(|connection| connection.execute("UPDATE channel_row SET messages_count = 9", []))
        .unwrap();
    assert!(!book.writer.reconcile(3, true).unwrap().more_work);
    assert_eq!(book.writer.finish("now").unwrap(), Verdict::CompleteWithDrift);
    assert!(book.outcomes().iter().all(|(kind, outcome)| kind == "message_count" && outcome == "drift"));
}

/// A hundred million of them must fit on a disk: what a row takes besides its texts, pages half full included.
#[test]
fn a_message_takes_little_more_than_its_texts() {
    let mut book = book();
    let rows = (1..=40).map(|digits| Channel { messages_count: Some(500), ..channel(digits, 0) }).collect();
    book.store(&format!("channels of {}", service_sid()), Records::Channels(rows), None);
    let bytes = |book: &Book| {
        let sql = "SELECT (page_count - freelist_count) * page_size
                   FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
        book.writer.sql(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0))).unwrap()
    };
    let before = bytes(&book);
    // The pages of all channels come in turns, as in a crawl.
    for page in 0..5 {
        for channel in 1..=40 {
            let messages = (page * 100..(page + 1) * 100).map(|index| Message {
                from: Some("twelve bytes".to_owned()),
                body: Some("forty bytes of something that was said. ".to_owned()),
                was_edited: Some(false),
                date_updated: Some(Timestamp::from_wire("2016-03-24T21:05:50Z")),
                ..message(channel, (channel << 96) | index, Some(i64::try_from(index).unwrap()))
            });
            let next = (page < 4).then_some("/v2/next");
            book.store(&list(channel), Records::Messages(messages.collect()), next);
        }
    }
    let each = (bytes(&book) - before) / 20_000;
    assert!(each < 12 + 40 + 75, "{each} bytes a message");
}
