//! Authentication, errors, limits, headers, writes and statistics.

use std::io::Read as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{simulate, values};
use crate::simulator::Options;

#[tokio::test]
async fn both_kinds_of_credentials_and_no_others() {
    let asked = simulate(Options::default()).await;
    let running = &asked.running;
    let path = asked.in_service("");
    assert_eq!(asked.get_as(&path, running.account_sid(), running.auth_token()).await.status, 200);
    assert_eq!(asked.get_as(&path, running.api_key(), running.api_secret()).await.status, 200);
    let refused = asked.get_as(&path, running.account_sid(), running.api_secret()).await;
    assert_eq!(refused.status, 401);
    let more_info = "https://www.twilio.com/docs/errors/20003";
    let expected = json!({"code": 20003, "message": "Authenticate", "more_info": more_info, "status": 401});
    assert_eq!(refused.json(), expected);
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_the_api_does() {
    let asked = simulate(Options::default()).await;
    let user = asked.running.truth().user_sids().next().unwrap();
    let cases = [
        ("/v2/Services/ISffffffffffffffffffffffffffffffff/Users".to_owned(), 404, 50050),
        (asked.in_service("/Users/USffffffffffffffffffffffffffffffff"), 404, 50200),
        (asked.in_service("/Users/unknown/Channels"), 404, 50200),
        (asked.in_service("/Channels/CHffffffffffffffffffffffffffffffff/Members"), 404, 50300),
        (asked.in_service(&format!("/Users/{user}/Channels/CHffffffffffffffffffffffffffffffff")), 404, 50300),
        (asked.in_service("/Roles/RLffffffffffffffffffffffffffffffff"), 404, 20404),
        (asked.in_service("/Users?PageToken=PTCH00"), 400, 21481),
        (asked.in_service("/Users?PageToken=PTCHffffffffffffffffffffffffffffffff"), 400, 21481),
        ("/v2/Nothing".to_owned(), 404, 20404),
        ("/v3/Services".to_owned(), 404, 20404),
    ];
    for (path, status, code) in cases {
        let answer = asked.get(&path).await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{path}");
        assert_eq!(answer.json()["status"], status);
    }
    assert_eq!(asked.try_post(&asked.in_service("/Users"), "").await.unwrap().status, 405);
}

#[tokio::test]
async fn a_write_shows_on_both_sides() {
    let asked = simulate(Options::default()).await;
    let truth = asked.running.truth();
    let user = truth.user_sids().nth(2).unwrap();
    let row = values(truth.user_channels(&user)).into_iter().find(|row| row["status"] == "joined").unwrap();
    let text = |key: &str| row[key].as_str().unwrap().to_owned();
    let path = asked.in_service(&format!("/Users/{user}/Channels/{}", text("channel_sid")));
    let form = "NotificationLevel=muted&LastConsumedMessageIndex=0&LastConsumptionTimestamp=2026-02-03T04%3A05%3A06Z";
    let answer = asked.try_post(&path, form).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["notification_level"], "muted");
    assert_eq!(answer.json()["last_consumed_message_index"], 0);
    assert!(answer.json()["unread_messages_count"].is_u64());
    assert_eq!(asked.get(&path).await.json(), answer.json());
    assert!(values(truth.user_channels(&user)).contains(&answer.json()));
    let member =
        asked.in_service(&format!("/Channels/{}/Members/{}", text("channel_sid"), text("member_sid")));
    let member = asked.get(&member).await.json();
    assert_eq!(member["last_consumed_message_index"], 0);
    assert_eq!(member["last_consumption_timestamp"], "2026-02-03T04:05:06Z");
    assert_eq!(asked.try_post(&path, "NotificationLevel=loud").await.unwrap().status, 400);
    assert_eq!(asked.running.stats().writes, 1);
}

#[tokio::test]
async fn above_the_rate_is_429() {
    let asked = simulate(Options { rate: Some(5), retry_after: Some(2), ..Options::default() }).await;
    let path = asked.in_service("");
    let mut answers = Vec::new();
    let start = Instant::now();
    for _ in 0..12 {
        answers.push(asked.get(&path).await);
    }
    // On a machine so slow that this took a second, more than five were right to pass.
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(passed == 5 || start.elapsed() >= Duration::from_secs(1), "{passed}");
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.json()["code"], 20429);
    assert_eq!(refused.headers["retry-after"], "2");
    assert_eq!(asked.running.stats().throttled, 12 - passed as u64);
}

#[tokio::test]
async fn above_the_concurrency_is_429_and_the_header_tells_the_load() {
    let options = Options {
        max_concurrent: Some(3),
        background_load: 40,
        latency: Duration::from_millis(200),
        ..Options::default()
    };
    let asked = simulate(options).await;
    let path = asked.in_service("");
    let answers = futures_util::future::join_all((0..8).map(|_| asked.get(&path))).await;
    let passed: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(passed.len(), 3);
    let load = |answer: &super::client::Answer| -> u32 {
        answer.headers["twilio-concurrent-requests"].to_str().unwrap().parse().unwrap()
    };
    let mut loads: Vec<u32> = passed.iter().map(|answer| load(answer)).collect();
    loads.sort_unstable();
    assert_eq!(loads, [41, 42, 43]);
    assert!(passed.iter().all(|answer| {
        answer.headers["twilio-request-id"].to_str().unwrap().starts_with("RQ")
            && answer.headers["x-home-region"] == "us1"
    }));
    assert_eq!(asked.running.stats().throttled, 5);
}

#[tokio::test]
async fn large_answers_are_compressed_for_who_accepts_it() {
    let asked = simulate(Options::default()).await;
    let get = async |encoding: &str| {
        let url = format!("{}{}", asked.running.url(), asked.in_service("/Users"));
        let request = reqwest::Client::builder().no_gzip().no_proxy().build().unwrap().get(url);
        let request = request.basic_auth(asked.running.api_key(), Some(asked.running.api_secret()));
        let response = request.header("accept-encoding", encoding).send().await.unwrap();
        (response.headers().contains_key("content-encoding"), response.bytes().await.unwrap())
    };
    let (compressed, bytes) = get("deflate, gzip;q=0.9").await;
    let (plain_compressed, plain) = get("identity").await;
    assert!(compressed && !plain_compressed && bytes.len() * 4 < plain.len());
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain);
}

#[tokio::test]
async fn statistics_are_served_and_reset() {
    let asked = simulate(Options::default()).await;
    asked.get(&asked.in_service("/Users")).await;
    asked.get(&asked.in_service("/Users")).await;
    asked.get("/nothing").await;
    let stats = asked.get("/simulator/stats").await.json();
    assert_eq!(stats["requests"], 3);
    assert_eq!(stats["by_route"], json!({"v2 ListUser": 2, "other": 1}));
    assert_eq!(stats["by_status"], json!({"200": 2, "404": 1}));
    assert_eq!((&stats["max_per_second"], &stats["max_in_flight"]), (&json!(3), &json!(1)));
    asked.try_post("/simulator/stats/reset", "").await.unwrap();
    assert_eq!(asked.running.stats().requests, 0);
}

#[tokio::test]
async fn own_urls_when_asked_for() {
    let asked = simulate(Options { production_urls: false, ..Options::default() }).await;
    let page = asked.get(&asked.in_service("/Users")).await.json();
    assert!(page["meta"]["next_page_url"].as_str().unwrap().starts_with(&asked.running.url()));
    let asked = simulate(Options::default()).await;
    let page = asked.get(&asked.in_service("/Users")).await.json();
    assert!(
        page["meta"]["next_page_url"].as_str().unwrap().starts_with("https://chat.twilio.com/v2/Services/IS")
    );
}

#[tokio::test]
async fn presence_is_told_to_a_fetch_only() {
    let asked = simulate(Options::default()).await;
    let users = values(asked.running.truth().users());
    assert!(
        users.iter().all(|user| user["is_online"] == Value::Null && user["is_notifiable"] == Value::Null)
    );
    let mut online = Vec::new();
    for user in users.iter().take(40) {
        let path = asked.in_service(&format!("/Users/{}", user["sid"].as_str().unwrap()));
        online.push(asked.get(&path).await.json()["is_online"].clone());
    }
    assert!([json!(true), json!(false), json!(null)].iter().all(|value| online.contains(value)));
}

#[tokio::test]
async fn shutdown_ends_hanging_requests() {
    let options = Options { faults: "timeout=100%".parse().unwrap(), ..Options::default() };
    let asked = simulate(options).await;
    let path = asked.in_service("");
    let hanging = asked.try_get(&path);
    tokio::select! {
        answer = hanging => panic!("answered {answer:?}"),
        () = async { while asked.running.stats().requests == 0 { tokio::task::yield_now().await } } => {}
    }
    asked.running.shutdown().await;
}
