//! Faults as a client meets them.

use std::collections::HashSet;

use serde_json::Value;

use super::client::{rows_of, simulate, values};
use crate::simulator::Options;

fn with(faults: &str) -> Options {
    Options { users: 150, channels: 80, faults: faults.parse().unwrap(), ..Options::default() }
}

#[tokio::test]
async fn lost_and_cut_answers_are_errors_and_then_pass() {
    for faults in ["reset=100%", "truncate=100%"] {
        let asked = simulate(with(faults)).await;
        let path = asked.in_service("/Users");
        for _ in 0..3 {
            assert!(asked.try_get(&path).await.is_err(), "{faults}");
        }
        assert_eq!(asked.get(&path).await.status, 200);
    }
}

#[tokio::test]
async fn statuses_and_pages_that_are_not_json() {
    let asked = simulate(with("503=100%:retry-after=4")).await;
    let answer = asked.get(&asked.in_service("/Users")).await;
    assert_eq!((answer.status, &answer.headers["retry-after"]), (503, &"4".parse().unwrap()));
    assert_eq!(answer.json()["status"], 503);
    let asked = simulate(with("html=100%")).await;
    let answer = asked.get(&asked.in_service("/Users")).await;
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_str::<Value>(&answer.text).is_err());
}

#[tokio::test]
async fn a_lost_answer_was_a_write() {
    let asked = simulate(with("lost-answer=100%")).await;
    let truth = asked.running.truth();
    let user = truth.user_sids().nth(2).unwrap();
    let row = values(truth.user_channels(&user))
        .into_iter()
        .find(|row| row["notification_level"] == "default" && row["status"] == "joined")
        .unwrap();
    let path = asked.in_service(&format!("/Users/{user}/Channels/{}", row["channel_sid"].as_str().unwrap()));
    assert!(asked.try_post(&path, "NotificationLevel=muted").await.is_err());
    assert_eq!(asked.get(&path).await.json()["notification_level"], "muted");
    assert_eq!(asked.running.stats().writes, 1);
}

#[tokio::test]
async fn disturbed_pages_still_hold_every_row() {
    let asked = simulate(with("repeat-row=40%,empty-page=30%,short-page=30%")).await;
    let truth = asked.running.truth();
    let pages = asked.pages(&asked.in_service("/Users?PageSize=7")).await;
    assert!(pages.iter().any(|page| rows_of(page).is_empty()));
    assert!(pages.iter().any(|page| rows_of(page).len() == 3));
    let sid = |row: &Value| row["sid"].as_str().unwrap().to_owned();
    let rows: Vec<Value> = pages.iter().flat_map(|page| rows_of(page).clone()).collect();
    assert!(pages.iter().all(|page| rows_of(page).len() <= 7));
    let mut seen = HashSet::new();
    let once: Vec<Value> = rows.iter().filter(|row| seen.insert(sid(row))).cloned().collect();
    assert!(once.len() < rows.len());
    assert_eq!(once, values(truth.users()));
    let channel = truth.channels().max_by_key(|channel| channel["messages_count"].as_u64()).unwrap();
    let path = asked.in_service(&format!(
        "/Channels/{}/Messages?PageSize=5&Order=desc",
        channel["sid"].as_str().unwrap()
    ));
    let found: HashSet<String> = asked.rows(&path).await.iter().map(sid).collect();
    assert_eq!(found.len() as u64, channel["messages_count"].as_u64().unwrap());
}

#[tokio::test]
async fn singled_out_users_and_channels() {
    let asked = simulate(with("vanish-user=2,vanish-channel=2,loop-user=1,hidden-row=3,changing=2")).await;
    let truth = asked.running.truth();
    let (users, channels) = (truth.vanished_users(), truth.vanished_channels());
    assert_eq!((users.len(), channels.len()), (2, 2));
    let listed = values(truth.users());
    for user in &users {
        assert!(listed.iter().any(|row| row["sid"] == **user));
        assert!(truth.user_channels(user).is_empty());
        assert_eq!(asked.get(&asked.in_service(&format!("/Users/{user}"))).await.status, 404);
        assert_eq!(asked.get(&asked.in_service(&format!("/Users/{user}/Channels"))).await.status, 404);
    }
    let gone =
        |row: &Value| users.iter().any(|user| row["sid"] == **user) && row["joined_channels_count"] != 0;
    assert!(listed.iter().any(gone));
    for channel in &channels {
        assert!(truth.members(channel).is_empty());
        assert_eq!(asked.get(&asked.in_service(&format!("/Channels/{channel}/Members"))).await.status, 404);
    }
    let looping = &truth.looping_users()[0];
    let first = asked.get(&asked.in_service(&format!("/Users/{looping}/Channels"))).await.json();
    let next = asked.path_of(first["meta"]["next_page_url"].as_str().unwrap());
    let second = asked.get(&next).await.json();
    assert_eq!(first["meta"]["next_page_url"], second["meta"]["next_page_url"]);
    assert_eq!(truth.hidden_rows().len(), 3);
    for (user, channel) in truth.hidden_rows() {
        let shown = asked.rows(&asked.in_service(&format!("/Users/{user}/Channels"))).await;
        assert!(shown.iter().all(|row| row["channel_sid"] != *channel));
        let all = truth.user_channels(&user);
        assert!(all.iter().any(|row| row["channel_sid"] == *channel));
        assert!(
            truth
                .members(&channel)
                .iter()
                .any(|member| all.iter().any(|row| row["member_sid"] == member["sid"]))
        );
    }
}

#[tokio::test]
async fn a_changing_user_changes_once_and_everywhere() {
    let asked = simulate(with("changing=4")).await;
    let truth = asked.running.truth();
    let users = truth.changing_users();
    assert_eq!(users.len(), 4);
    let mut differences = HashSet::new();
    for user in users {
        let path = asked.in_service(&format!("/Users/{user}/Channels"));
        let (before, after) = (asked.rows(&path).await, asked.rows(&path).await);
        assert_eq!(asked.rows(&path).await, after);
        assert_eq!(values(truth.user_channels(&user)), after);
        differences.insert(i64::try_from(after.len()).unwrap() - i64::try_from(before.len()).unwrap());
        let fetched = asked.get(&asked.in_service(&format!("/Users/{user}"))).await.json();
        let joined = after.iter().filter(|row| row["status"] == "joined").count();
        assert_eq!(fetched["joined_channels_count"], joined);
    }
    assert_eq!(differences, HashSet::from([-1, 1]));
}

#[tokio::test]
async fn a_change_is_seen_from_whichever_side_is_read_second() {
    let asked = simulate(with("changing=4")).await;
    let truth = asked.running.truth();
    let joined =
        |user: &str| truth.user_channels(user).iter().filter(|row| row["status"] == "joined").count();
    let before: Vec<usize> = truth.changing_users().iter().map(|user| joined(user)).collect();
    for channel in truth.channel_sids() {
        asked.rows(&asked.in_service(&format!("/Channels/{channel}/Members?PageSize=100"))).await;
    }
    let after: Vec<usize> = truth.changing_users().iter().map(|user| joined(user)).collect();
    assert!(before.iter().zip(&after).all(|(before, after)| before.abs_diff(*after) == 1));
}

#[tokio::test]
async fn odd_rows_are_part_of_the_truth() {
    let asked = simulate(with("unknown-enum=20%,unknown-key=20%,wrong-type=20%")).await;
    let truth = asked.running.truth();
    let users = asked.rows(&asked.in_service("/Users")).await;
    assert_eq!(users, values(truth.users()));
    assert!(users.iter().any(|user| user["friendly_name"].is_number()));
    assert!(users.iter().any(|user| user.get("retention_policy").is_some()));
    let rows: Vec<Value> = truth.user_sids().flat_map(|user| values(truth.user_channels(&user))).collect();
    assert!(rows.iter().any(|row| row["status"] == "archived"));
    assert!(rows.iter().any(|row| row["notification_level"] == "mentions"));
    assert!(rows.iter().any(|row| row["last_consumed_message_index"].is_string()));
    for user in &users {
        let rows = values(truth.user_channels(user["sid"].as_str().unwrap()));
        assert_eq!(
            user["joined_channels_count"],
            rows.iter().filter(|row| row["status"] == "joined").count()
        );
    }
}
