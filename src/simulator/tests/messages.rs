//! Messages that are created: what is refused, where they stand, and which were created again.

use serde_json::{Value, json};

use super::client::{Asked, rows_of, simulate, values};
use crate::simulator::Options;

/// The path of the messages of a new conversation of the target.
async fn messages(asked: &Asked) -> String {
    let service = format!("/v1/Services/{}/Conversations", asked.running.target_service_sid());
    let conversation = asked.post(&service, "UniqueName=team").await.json();
    format!("{service}/{}/Messages", conversation["sid"].as_str().unwrap())
}

fn indices(rows: &[Value]) -> Vec<u64> {
    rows.iter().map(|row| row["index"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn they_are_numbered_from_0_without_gaps_and_are_as_they_were_sent() {
    let asked = simulate(Options::default()).await;
    let path = messages(&asked).await;
    let form = "Author=zo%C3%AB&Body=hello&Attributes=%7B%22a%22%3A1%7D&DateCreated=2019-03-01T10%3A00%3A00Z\
        &DateUpdated=2019-03-02T10%3A00%3A00Z";
    let first = asked.post(&path, form).await.json();
    let sent = ["index", "author", "body", "attributes", "date_created", "date_updated", "media"];
    assert_eq!(
        json!(sent.map(|key| first[key].clone())),
        json!([0, "zoë", "hello", "{\"a\":1}", "2019-03-01T10:00:00Z", "2019-03-02T10:00:00Z", null])
    );
    let plain = asked.post(&path, "Body=x").await.json();
    assert_eq!(
        json!(["index", "author", "attributes", "date_updated"].map(|key| plain[key].clone())),
        json!([1, "system", "{}", null])
    );
    for _ in 0..8 {
        assert_eq!(asked.post(&path, "Body=x").await.status, 201, "equal ones in a row are messages too");
    }
    let ascending = asked.rows(&format!("{path}?PageSize=3")).await;
    assert_eq!(indices(&ascending), (0..10).collect::<Vec<_>>());
    let newest = asked.get(&format!("{path}?PageSize=3&Order=desc")).await.json();
    assert_eq!(indices(rows_of(&newest)), [9, 8, 7]);
    assert_eq!(asked.get(&format!("{path}/{}", first["sid"].as_str().unwrap())).await.json(), first);
    let truth = asked.running.truth_of(asked.running.target_service_sid()).unwrap();
    let conversation = path.rsplit('/').nth(1).unwrap();
    assert_eq!(values(truth.conversation_messages(conversation)), ascending);
    let channel = truth.channels().next().unwrap();
    assert_eq!(channel["messages_count"], 10);
    assert!(
        channel["links"]["last_message"].as_str().unwrap().ends_with(ascending[9]["sid"].as_str().unwrap())
    );
    assert!(asked.running.created_more_than_once().is_empty());
}

#[tokio::test]
async fn they_come_after_those_that_were_there_and_are_unread() {
    let asked = simulate(Options::default()).await;
    let truth = asked.running.truth();
    let user = truth
        .user_sids()
        .find_map(|user| {
            let read = truth
                .user_conversations(&user)
                .into_iter()
                .find(|row| !row["last_read_message_index"].is_null());
            read.map(|row| (user, row))
        })
        .unwrap();
    let conversation = user.1["conversation_sid"].as_str().unwrap();
    let path = asked.in_conversations(&format!("/Conversations/{conversation}/Messages"));
    let before = asked.rows(&path).await;
    let last = before.last().unwrap()["index"].as_u64().unwrap();
    for number in 1..=2 {
        assert_eq!(asked.post(&path, "Body=new").await.json()["index"], last + number);
    }
    let after = asked.rows(&format!("{path}?PageSize=5")).await;
    assert_eq!(&after[..before.len()], before);
    let view = asked.in_conversations(&format!("/Users/{}/Conversations/{conversation}", user.0));
    let unread = asked.get(&view).await.json()["unread_messages_count"].clone();
    assert_eq!(unread.as_u64(), user.1["unread_messages_count"].as_u64().map(|unread| unread + 2));
    asked.post(&view, &format!("LastReadMessageIndex={}", last + 1)).await;
    assert_eq!(asked.get(&view).await.json()["unread_messages_count"], 1);
}

#[tokio::test]
async fn what_is_refused_is_not_there() {
    let asked = simulate(Options::default()).await;
    let path = messages(&asked).await;
    let long = "x".repeat(32 * 1_024);
    assert_eq!(asked.post(&path, &format!("Body={long}")).await.status, 201);
    let conversation = path.trim_end_matches("/Messages").to_owned();
    for (form, status, code) in [
        (format!("Body={long}x"), 400, 50504),
        (format!("Author={}", "x".repeat(257)), 400, 50310),
        (format!("Attributes=%22{}%22", "x".repeat(4 * 1_024)), 400, 50303),
        ("Attributes=%7B".to_owned(), 400, 50304),
        ("DateCreated=yesterday".to_owned(), 400, 20001),
        ("MediaSid=ME1".to_owned(), 400, 20001),
        (format!("MediaSid=ME{}", "0".repeat(32)), 404, 20404),
        ("Index=7".to_owned(), 400, 20001),
    ] {
        let answer = asked.post(&path, &form).await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.text);
    }
    let abroad = "MessagingBinding.Address=%2B15550001&MessagingBinding.ProxyAddress=%2B15550002";
    assert_eq!(asked.post(&format!("{conversation}/Participants"), abroad).await.status, 201);
    assert_eq!(asked.post(&path, &format!("Body={}", "x".repeat(1_601))).await.json()["code"], 50504);
    assert_eq!(asked.post(&conversation, "State=closed").await.status, 200);
    assert_eq!(asked.post(&path, "Body=late").await.json()["code"], 50377);
    assert_eq!(asked.rows(&path).await.len(), 1);
}

#[tokio::test]
async fn one_that_is_sent_again_without_a_look_was_created_more_than_once() {
    let faults = "lost-answer=100%".parse().unwrap();
    let asked = simulate(Options { faults, ..Options::default() }).await;
    let service = format!("/v1/Services/{}/Conversations", asked.running.target_service_sid());
    assert!(asked.try_post(&service, "UniqueName=team").await.is_err());
    let path = format!("{service}/team/Messages");
    let form = "Body=a&DateCreated=2019-03-01T10%3A00%3A00Z";
    assert!(asked.try_post(&path, form).await.is_err());
    assert_eq!(asked.rows(&path).await.len(), 1, "the answer was lost, and the message was not");
    // Whoever has looked means another one.
    assert!(asked.try_post(&path, form).await.is_err());
    assert!(asked.running.created_more_than_once().is_empty());
    assert!(asked.try_post(&path, form).await.is_err());
    let again = asked.running.created_more_than_once();
    assert_eq!((again.len(), again[0].kind, again[0].times), (1, "message", 2));
    assert!(again[0].key.ends_with(" 1"), "{again:?}");
}
