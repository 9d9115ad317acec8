//! Faults as a client meets them.

use std::collections::HashSet;

use serde_json::Value;

use super::client::{rows_of, simulate, values};
use crate::simulator::{Faults, Options};

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

#[tokio::test]
async fn single_endpoints_can_be_forbidden() {
    let asked = simulate(with("forbid=/Configuration,forbid=/Users/*/Channels")).await;
    let user = asked.running.truth().user_sids().next().unwrap();
    let forbidden =
        [asked.in_conversations("/Configuration"), asked.in_service(&format!("/Users/{user}/Channels"))];
    for path in forbidden {
        let answer = asked.get(&path).await;
        assert_eq!((answer.status, &answer.json()["code"]), (403, &Value::from(20403)), "{path}");
    }
    assert_eq!(asked.get(&asked.in_conversations("/Configuration/Webhooks")).await.status, 200);
    let truth = asked.running.truth();
    let conversations = values(truth.user_conversations(&user));
    let list = asked.in_conversations(&format!("/Users/{user}/Conversations"));
    assert_eq!(asked.rows(&list).await, conversations);
}

#[tokio::test]
async fn a_gateway_answers_in_its_own_name() {
    let asked = simulate(with("gateway-403=1")).await;
    let path = asked.in_service("/Users");
    assert_eq!(asked.get(&path).await.status, 200);
    let answer = asked.get(&path).await;
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (403, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(answer.headers.contains_key("via") && !answer.headers.contains_key("twilio-request-id"));
}

#[tokio::test]
async fn a_create_that_is_not_found_took_effect_and_stays_so() {
    let asked = simulate(with("create-404=100%")).await;
    let path = format!("/v1/Services/{}/Users", asked.running.target_service_sid());
    for _ in 0..5 {
        assert_eq!(asked.post(&path, "Identity=b").await.status, 404);
    }
    assert_eq!(asked.get(&format!("{path}/b")).await.json()["identity"], "b");
    assert_eq!(asked.post(&format!("{path}/b"), "FriendlyName=B").await.status, 200, "only creates");
    assert_eq!(asked.running.created_more_than_once(), []);
}

#[tokio::test]
async fn an_ignored_field_keeps_its_value_and_a_channel_stays_public() {
    let asked = simulate(with("ignore=FriendlyName,stays-public=100%")).await;
    let path = format!("/v1/Services/{}/Users", asked.running.target_service_sid());
    asked.post(&path, "Identity=b&FriendlyName=B").await;
    let answer = asked.post(&format!("{path}/b"), "FriendlyName=B&Attributes=%5B1%5D").await;
    assert_eq!((answer.status, &answer.json()["friendly_name"]), (200, &Value::Null));
    assert_eq!(answer.json()["attributes"], "[1]");
    let public =
        values(asked.running.truth().channels()).into_iter().find(|row| row["type"] == "public").unwrap();
    let sid = public["sid"].as_str().unwrap();
    let path = asked.in_service(&format!("/Channels/{sid}")).replace("/v2/", "/v3/");
    let answer = asked.post(&path, "Type=private").await;
    assert_eq!((answer.status, &answer.json()["type"]), (200, &Value::from("public")));
    assert_eq!(asked.get(&asked.in_conversations(&format!("/Conversations/{sid}"))).await.status, 404);
}

#[tokio::test]
async fn bodies_can_be_too_large() {
    let asked = simulate(Options { users: 5, ..with("big-body=100%") }).await;
    assert_eq!(asked.length(&asked.in_service("/Users")).await, 16 + (256 << 20));
    let asked = simulate(Options { users: 5, ..with("gzip-bomb=100%") }).await;
    assert_eq!(asked.length(&asked.in_service("/Users")).await, 256 << 20, "as the client decompresses it");
}

#[tokio::test]
async fn lists_that_never_end_have_new_tokens() {
    let asked = simulate(with("endless-list=3")).await;
    let world = asked.running.truth();
    let users = world.endless_users();
    assert_eq!(users.len(), 3);
    for user in users {
        let expected = values(world.user_channels(&user));
        let (mut next, mut tokens) =
            (asked.in_service(&format!("/Users/{user}/Channels?PageSize=50")), HashSet::new());
        for _ in 0..20 {
            let page = asked.get(&next).await.json();
            next = asked.path_of(page["meta"]["next_page_url"].as_str().unwrap());
            assert!(tokens.insert(next.clone()), "{next}");
            assert!(rows_of(&page).len() <= expected.len().min(50));
        }
    }
}

#[tokio::test]
async fn names_can_hold_terminal_escapes() {
    let asked = simulate(with("escapes=100%")).await;
    let rows = asked.rows(&asked.in_service("/Channels?Type=private&Type=public")).await;
    let names: Vec<&str> = rows.iter().filter_map(|row| row["friendly_name"].as_str()).collect();
    assert!(
        !names.is_empty()
            && names.iter().all(|name| name.contains("\u{1b}]52;") && name.contains('\u{202e}'))
    );
    assert_eq!(rows, values(asked.running.truth().channels()));
}

#[tokio::test]
async fn any_list_can_be_endless() {
    for (kind, rows) in [("same-rows", 10), ("empty-pages", 0), ("new-rows", 10)] {
        let asked = simulate(with(&format!("endless={kind}:/Users,endless={kind}:/Messages"))).await;
        let world = asked.running.truth();
        let channel = world.channel_sids().find(|channel| !world.messages(channel).is_empty()).unwrap();
        for list in ["/Users?PageSize=10".to_owned(), format!("/Channels/{channel}/Messages?PageSize=10")] {
            let (mut next, mut tokens, mut seen) = (asked.in_service(&list), HashSet::new(), HashSet::new());
            for page in 0..20 {
                let answer = asked.get(&next).await.json();
                next = asked.path_of(answer["meta"]["next_page_url"].as_str().expect("it never ends"));
                assert!(tokens.insert(next.clone()), "{next}");
                let found = rows_of(&answer);
                assert!(
                    page == 0 || list.contains("Messages") || found.len() == rows,
                    "{kind} {list} {page}"
                );
                seen.extend(found.iter().map(|row| row["sid"].as_str().unwrap().to_owned()));
            }
            if list.starts_with("/Users") {
                assert_eq!(seen.len(), if kind == "new-rows" { 200 } else { 10 }, "{kind}");
            }
        }
        assert!(asked.get(&asked.in_service("/Roles")).await.json()["meta"]["next_page_url"].is_null());
    }
    assert!("endless=".parse::<Faults>().is_err());
}
