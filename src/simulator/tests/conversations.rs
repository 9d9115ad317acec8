//! Conversations shows what Chat has: the private channels, under the same SIDs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{simulate, values};
use crate::simulator::{Options, ServiceLimits, WorldKind};

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

#[tokio::test]
async fn every_list_followed_to_its_end_is_the_truth() {
    let plain = Options { users: 130, channels: 60, ..Options::default() };
    assert_eq!(every_list_is_the_truth(plain).await, 0, "no conversation is closed");
    let real = Options { world: WorldKind::Real, users: 20, channels: 20, ..Options::default() };
    assert_eq!(every_list_is_the_truth(real).await, 2);
}

/// Gives how many conversations are closed.
async fn every_list_is_the_truth(options: Options) -> usize {
    let asked = simulate(options).await;
    let truth = asked.running.truth();
    let rows = async |path: &str| asked.rows(&asked.in_conversations(path)).await;
    assert_eq!(rows("/Roles?PageSize=4").await, values(truth.conversation_roles()));
    assert_eq!(rows("/Users?PageSize=37").await, values(truth.conversation_users()));
    assert_eq!(rows("/Conversations?PageSize=7").await, values(truth.conversations()));
    let closed = rows("/Conversations?State=closed").await;
    assert!(closed.iter().all(|row| row["state"] == "closed"));
    for user in truth.user_sids() {
        let path = format!("/Users/{user}/Conversations?PageSize=9");
        assert_eq!(rows(&path).await, values(truth.user_conversations(&user)));
    }
    for conversation in truth.conversation_sids() {
        let path = format!("/Conversations/{conversation}");
        assert_eq!(rows(&format!("{path}/Participants")).await, values(truth.participants(&conversation)));
        let messages = rows(&format!("{path}/Messages?PageSize=9")).await;
        assert_eq!(messages, values(truth.conversation_messages(&conversation)));
        let mut descending = rows(&format!("{path}/Messages?Order=desc")).await;
        descending.reverse();
        assert_eq!(messages, descending);
    }
    closed.len()
}

#[tokio::test]
async fn private_channels_are_conversations_with_the_same_sids() {
    let asked = simulate(Options::default()).await;
    let truth = asked.running.truth();
    let channels = values(truth.channels());
    let private: Vec<&str> =
        channels.iter().filter(|row| row["type"] == "private").map(|row| text(row, "sid")).collect();
    assert_eq!(truth.conversation_sids().collect::<Vec<_>>(), private);
    for channel in &channels {
        let sid = text(channel, "sid");
        let answer = asked.get(&asked.in_conversations(&format!("/Conversations/{sid}"))).await;
        if channel["type"] == "public" {
            assert_eq!((answer.status, &answer.json()["code"]), (404, &json!(50350)));
            let participants = asked.in_conversations(&format!("/Conversations/{sid}/Participants"));
            assert_eq!(asked.get(&participants).await.status, 404);
            continue;
        }
        let conversation = answer.json();
        for key in ["friendly_name", "unique_name", "attributes", "date_created", "date_updated"] {
            assert_eq!(conversation[key], channel[key], "{key} of {sid}");
        }
        let of = |rows: Vec<Value>, pairs: [&str; 5]| -> Vec<Vec<Value>> {
            rows.iter().map(|row| pairs.iter().map(|key| row[key].clone()).collect()).collect()
        };
        let members = ["sid", "identity", "role_sid", "attributes", "last_consumed_message_index"];
        let participants = ["sid", "identity", "role_sid", "attributes", "last_read_message_index"];
        assert_eq!(
            of(values(truth.members(sid)), members),
            of(values(truth.participants(sid)), participants)
        );
    }
}

#[tokio::test]
async fn a_user_has_the_conversations_it_joined() {
    let asked = simulate(Options::default()).await;
    let truth = asked.running.truth();
    let private: BTreeSet<String> = truth.conversation_sids().collect();
    for user in truth.user_sids() {
        let joined: Vec<(Value, Value)> = values(truth.user_channels(&user))
            .into_iter()
            .filter(|row| row["status"] == "joined" && private.contains(text(row, "channel_sid")))
            .map(|row| (row["channel_sid"].clone(), row["unread_messages_count"].clone()))
            .collect();
        let conversations = values(truth.user_conversations(&user));
        let found: Vec<(Value, Value)> = conversations
            .iter()
            .map(|row| (row["conversation_sid"].clone(), row["unread_messages_count"].clone()))
            .collect();
        assert_eq!(found, joined);
    }
}

#[tokio::test]
async fn roles_have_the_permissions_of_conversations() {
    let asked = simulate(Options::default()).await;
    let truth = asked.running.truth();
    let (chat, roles) = (values(truth.roles()), values(truth.conversation_roles()));
    assert_eq!(chat.len(), roles.len());
    for (chat, role) in chat.iter().zip(&roles) {
        assert_eq!((&chat["sid"], &chat["friendly_name"]), (&role["sid"], &role["friendly_name"]));
        assert_eq!(role["type"], if chat["type"] == "deployment" { "service" } else { "conversation" });
        let permissions = role["permissions"].to_string().replace("superviseChannel", "");
        assert!(["Channel", "Member"].iter().all(|word| !permissions.contains(word)), "{permissions}");
    }
    let agent = roles.iter().find(|role| text(role, "friendly_name").starts_with("Support")).unwrap();
    let permissions = json!(["sendMessage", "superviseChannel", "editOwnParticipantAttributes"]);
    assert_eq!(agent["permissions"], permissions);
}

#[tokio::test]
async fn an_empty_service_is_served_by_both_apis() {
    let asked = simulate(Options::default()).await;
    let target = asked.running.target_service_sid();
    for list in ["Users", "Conversations"] {
        assert_eq!(asked.rows(&format!("/v1/Services/{target}/{list}")).await, Vec::<Value>::new());
    }
    let roles = asked.rows(&format!("/v1/Services/{target}/Roles")).await;
    assert_eq!(roles.len(), 4);
    let configuration = asked.get(&format!("/v1/Services/{target}/Configuration")).await.json();
    assert!(roles.iter().any(|role| role["sid"] == configuration["default_conversation_role_sid"]));
    let service = asked.get(&format!("/v2/Services/{target}")).await.json();
    assert_eq!(service["limits"], json!({"channel_members": 1000, "user_channels": 1000}));
    let mut expected = [asked.running.service_sid(), target];
    expected.sort_unstable();
    for version in ["v1", "v2"] {
        let services = asked.rows(&format!("/{version}/Services")).await;
        assert_eq!(services.iter().map(|row| text(row, "sid")).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn an_account_sees_its_own_services_only() {
    let asked = simulate(Options::default()).await;
    let other = asked.running.other_account();
    let get = async |path: &str| asked.get_as(path, other.account_sid, other.auth_token).await;
    for version in ["v1", "v2"] {
        let path = |service: &str| format!("/{version}/Services/{service}");
        assert_eq!(get(&path(other.service_sid)).await.status, 200);
        assert_eq!(get(&path(asked.running.service_sid())).await.status, 404);
        assert_eq!(get(&format!("{}/Users", path(asked.running.target_service_sid()))).await.status, 404);
        assert_eq!(asked.get(&path(other.service_sid)).await.status, 404);
        let services = get(&format!("/{version}/Services")).await.json();
        assert_eq!(services["services"].as_array().unwrap().len(), 1);
    }
    let limits = get(&format!("/v2/Services/{}", other.service_sid)).await.json()["limits"].clone();
    assert_eq!(limits["channel_members"], ServiceLimits::DEFAULT.channel_members);
    assert_eq!(asked.get_as("/v1/Services", other.account_sid, asked.running.auth_token()).await.status, 401);
}

#[tokio::test]
async fn chat_can_be_gone_while_conversations_answers() {
    let asked = simulate(Options { faults: "chat-gone=0".parse().unwrap(), ..Options::default() }).await;
    assert_eq!(asked.get(&asked.in_service("/Users")).await.status, 410);
    assert_eq!(asked.get("/v2/Services").await.status, 410);
    assert_eq!(asked.get(&asked.in_conversations("/Users")).await.status, 200);
}
