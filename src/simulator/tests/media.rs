//! Media: uploaded, described, given out at another address for a while, and named by messages.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::client::{Asked, simulate};
use crate::simulator::Options;

fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap());
    bytes.iter().flat_map(digits).collect()
}

/// A few channels whose messages have some media.
fn small(faults: &str) -> Options {
    Options { faults: faults.parse().unwrap(), users: 20, channels: 12, ..Options::default() }
}

/// The media of the first messages of the source that have one.
fn media_of_messages(asked: &Asked) -> Vec<Value> {
    let truth = asked.running.truth();
    let messages = truth.channel_sids().flat_map(|channel| truth.messages(&channel)).collect::<Vec<_>>();
    let with_media = messages.into_iter().filter(|message| message["media"].is_object());
    with_media.map(|message| message["media"].clone()).collect()
}

async fn record(asked: &Asked, media: &Value) -> Value {
    asked.get(&asked.in_conversations(&format!("/Media/{}", media["sid"].as_str().unwrap()))).await.json()
}

fn link(record: &Value) -> String {
    record["links"]["content_direct_temporary"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_media_of_messages_are_there_with_as_many_bytes_as_they_say() {
    let asked = simulate(small("")).await;
    let all = media_of_messages(&asked);
    assert!(all.len() > 3, "{}", all.len());
    for media in &all {
        let described = record(&asked, media).await;
        for key in ["sid", "size", "content_type", "filename"] {
            assert_eq!(described[key], media[key]);
        }
        assert!(described["message_sid"].as_str().unwrap().starts_with("IM"), "{described}");
        let link = link(&described);
        assert!(!link.starts_with(&asked.running.url()), "the bytes are elsewhere");
        let (status, bytes) = asked.bytes(&link, false).await;
        assert_eq!((status, bytes.len() as u64), (200, media["size"].as_u64().unwrap()));
        let known = asked.running.media(asked.running.service_sid(), media["sid"].as_str().unwrap()).unwrap();
        assert_eq!(known.sha256, hex(&Sha256::digest(&bytes)));
    }
}

#[tokio::test]
async fn what_is_uploaded_is_there_and_a_message_of_its_service_may_have_it() {
    let asked = simulate(small("")).await;
    let target = format!("/v1/Services/{}", asked.running.target_service_sid());
    let bytes = (0..100_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>();
    let made = asked.upload(&format!("{target}/Media?Filename=a%20b.bin"), "image/png", bytes.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let sid = made["sid"].as_str().unwrap();
    assert_eq!(
        json!(["size", "content_type", "filename", "message_sid"].map(|key| made[key].clone())),
        json!([bytes.len(), "image/png", "a b.bin", null])
    );
    assert!(asked.bytes(&link(&made), false).await.1 == bytes);
    // Of another service it is none, in a path and in a message.
    assert_eq!(asked.get(&asked.in_conversations(&format!("/Media/{sid}"))).await.status, 404);
    let source = asked.running.truth().conversation_sids().next().unwrap();
    let elsewhere = asked.in_conversations(&format!("/Conversations/{source}/Messages"));
    assert_eq!(asked.post(&elsewhere, &format!("MediaSid={sid}")).await.status, 404);
    let conversation = asked.post(&format!("{target}/Conversations"), "UniqueName=team").await.json();
    let messages = format!("{target}/Conversations/{}/Messages", conversation["sid"].as_str().unwrap());
    let message = asked.post(&messages, &format!("Body=see&MediaSid={sid}")).await.json();
    let media =
        json!([{ "sid": sid, "size": bytes.len(), "content_type": "image/png", "filename": "a b.bin" }]);
    assert_eq!(message["media"], media);
    let record = asked.get(&format!("{target}/Media/{sid}")).await.json();
    assert_eq!(record["message_sid"], message["sid"]);
    assert_eq!(record["channel_sid"], conversation["sid"]);
    assert_eq!(asked.running.uploads(asked.running.target_service_sid()).len(), 1);
}

#[tokio::test]
async fn the_bytes_take_no_credentials_and_an_address_is_good_for_a_while() {
    let asked = simulate(Options { media_lifetime: Duration::ZERO, ..small("") }).await;
    let media = media_of_messages(&asked).remove(0);
    let address = link(&record(&asked, &media).await);
    assert_eq!(asked.bytes(&address, true).await.0, 400, "credentials are refused there");
    assert_eq!(asked.bytes(&address.replace("Signature=", "Signature=0"), false).await.0, 403);
    assert_eq!(asked.bytes(&address.replace("Expires=", "Expires=9"), false).await.0, 403);
    let sid = media["sid"].as_str().unwrap();
    let bare = asked.in_conversations(&format!("/Media/{sid}"));
    assert_eq!(asked.get_as(&bare, "someone", "secret").await.status, 401);
    let other = asked.running.other_account();
    assert_eq!(asked.get_as(&bare, other.account_sid, other.auth_token).await.status, 404);
}

#[tokio::test]
async fn what_mcs_does_not_take_is_refused() {
    let asked = simulate(small("")).await;
    let path = format!("/v1/Services/{}/Media", asked.running.target_service_sid());
    for (query, kind, bytes, status) in [
        ("", "", b"x".to_vec(), 415),
        ("", "pdf", b"x".to_vec(), 415),
        ("", "image/png", Vec::new(), 400),
        (&*format!("?Filename={}", "x".repeat(256)), "image/png", b"x".to_vec(), 400),
    ] {
        let answer = asked.upload(&format!("{path}{query}"), kind, bytes).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    assert!(asked.running.uploads(asked.running.target_service_sid()).is_empty());
}

#[tokio::test]
async fn faults_of_media_are_of_the_same_ones_each_time() {
    let asked = simulate(small("media-gone=100%")).await;
    let media = media_of_messages(&asked).remove(0);
    assert_eq!(record(&asked, &media).await["status"], 404);
    let asked = simulate(small("media-resized=100%")).await;
    let described = record(&asked, &media).await;
    assert_eq!(described["size"], media["size"]);
    let (_, bytes) = asked.bytes(&link(&described), false).await;
    assert_eq!(bytes.len() as u64, media["size"].as_u64().unwrap() + 7);
    let asked = simulate(small("media-private=100%")).await;
    assert!(link(&record(&asked, &media).await).starts_with("https://10.11.12.13/"));
    let asked = simulate(small("media-redirect=100%")).await;
    let address = link(&record(&asked, &media).await);
    assert_eq!(asked.bytes(&address, false).await.0, 307);
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_there() {
    let asked = simulate(small("lost-answer=100%")).await;
    let path = format!("/v1/Services/{}/Media", asked.running.target_service_sid());
    assert!(asked.try_upload(&path, "image/png", b"x".to_vec()).await.is_err());
    assert_eq!(asked.running.uploads(asked.running.target_service_sid()).len(), 1);
}
