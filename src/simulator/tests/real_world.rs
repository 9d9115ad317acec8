//! What the real world has besides the plain one, and the rules of writing to it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{Asked, simulate, values};
use crate::simulator::{Options, WorldKind};

async fn real() -> Asked {
    simulate(Options { world: WorldKind::Real, users: 20, channels: 20, ..Options::default() }).await
}

/// The values of a key, null included.
fn all_of<'a>(rows: &'a [Value], key: &str) -> Vec<&'a Value> {
    rows.iter().map(|row| &row[key]).collect()
}

#[tokio::test]
async fn every_state_and_kind_of_participant_is_there() {
    let asked = real().await;
    let truth = asked.running.truth();
    let conversations = values(truth.conversations());
    let states: BTreeSet<&str> = conversations.iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, BTreeSet::from(["active", "closed", "inactive", "initializing"]));
    let timers: BTreeSet<usize> =
        conversations.iter().map(|row| row["timers"].as_object().map_or(0, serde_json::Map::len)).collect();
    assert_eq!(timers, BTreeSet::from([0, 1, 2]));
    for key in ["messaging_service_sid", "unique_name", "friendly_name", "attributes"] {
        let values = all_of(&conversations, key);
        assert!(
            values.iter().any(|value| value.is_null()) && values.iter().any(|value| value.is_string()),
            "{key}"
        );
    }
    let emails: Vec<&Value> = conversations.iter().map(|row| &row["bindings"]["email"]).collect();
    assert!(
        emails.iter().any(|email| email["name"].is_string())
            && emails.iter().any(|email| email["name"].is_null())
    );
    let sids = conversations.iter().map(|row| row["sid"].as_str().unwrap());
    let participants: Vec<Value> = sids.flat_map(|sid| values(truth.participants(sid))).collect();
    let bindings = participants.iter().filter(|row| !row["messaging_binding"].is_null());
    let kinds: BTreeSet<(&str, bool)> = bindings
        .clone()
        .map(|row| (row["messaging_binding"]["type"].as_str().unwrap(), row["identity"].is_string()))
        .collect();
    let expected = [("messenger", false), ("rcs", false), ("sms", false), ("sms", true), ("whatsapp", false)];
    assert_eq!(kinds, BTreeSet::from(expected));
    assert!(bindings.clone().any(|row| row["messaging_binding"]["proxy_address"].is_null()));
    for key in ["role_sid", "attributes", "last_read_message_index", "last_read_timestamp"] {
        let values = all_of(&participants, key);
        assert!(
            values.iter().any(|value| value.is_null()) && values.iter().any(|value| !value.is_null()),
            "{key}"
        );
    }
    // Chat shows those who chat and no one else.
    let channels = values(truth.channels());
    let sids = channels.iter().map(|row| row["sid"].as_str().unwrap());
    let members: Vec<Value> = sids.flat_map(|sid| values(truth.members(sid))).collect();
    assert!(members.iter().all(|row| row["identity"].is_string()));
    let bound = bindings.filter(|row| row["identity"].is_null()).count();
    let public = channels.iter().filter(|row| row["type"] == "public");
    let in_public: u64 = public.map(|row| row["members_count"].as_u64().unwrap()).sum();
    assert_eq!(members.len() as u64 - in_public, (participants.len() - bound) as u64);
    assert_eq!(asked.running.created(), [], "what was there from the start was not created");
}

#[tokio::test]
async fn texts_are_as_hostile_as_real_ones() {
    let asked = real().await;
    let truth = asked.running.truth();
    let users = values(truth.users());
    let identities: BTreeSet<&str> = users.iter().map(|row| row["identity"].as_str().unwrap()).collect();
    for identity in
        [".", "..", "a/b", "100%", "a+b@example.com", " blanks around ", "\u{1f600}", "case", "Case"]
    {
        assert!(identities.contains(identity), "{identity}");
    }
    assert!(identities.iter().any(|identity| identity.chars().count() == 256));
    assert!(users.iter().any(|row| row["role_sid"].is_null()));
    let page = asked.get(&asked.in_service("/Channels?Type=public&Type=private&PageSize=100")).await;
    assert!(
        page.text.contains("half of a smile \\ud83d\""),
        "a lone surrogate goes over the wire as an escape"
    );
    let channels = values(truth.channels());
    let names: Vec<&str> = channels.iter().filter_map(|row| row["friendly_name"].as_str()).collect();
    assert!(names.contains(&"half of a smile \u{fffd}"));
    assert!(
        names.iter().any(|name| name.contains('\0')) && names.iter().any(|name| name.contains('\u{202e}'))
    );
    assert!(names.iter().any(|name| name.chars().count() == 256));
    let attributes: Vec<&str> = channels.iter().filter_map(|row| row["attributes"].as_str()).collect();
    assert!(attributes.iter().any(|text| text.len() == 16 * 1_024));
    assert!(attributes.contains(&"") && attributes.contains(&"not JSON at all"));
    let sids = channels.iter().map(|row| row["sid"].as_str().unwrap());
    let messages: Vec<Value> = sids.flat_map(|sid| values(truth.messages(sid))).collect();
    for key in ["from", "body", "attributes", "date_updated", "media"] {
        let values = all_of(&messages, key);
        assert!(
            values.iter().any(|value| value.is_null()) && values.iter().any(|value| !value.is_null()),
            "{key}"
        );
    }
    let roles = values(truth.roles());
    assert!(roles.iter().any(|row| row["permissions"] == json!([])));
}

/// Fails unless the write is refused with this status and code.
async fn refused(asked: &Asked, path: &str, form: &str, expected: (u16, u32)) {
    let answer = asked.post(path, form).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_u64()),
        (expected.0, Some(u64::from(expected.1))),
        "{form}"
    );
}

#[tokio::test]
async fn participants_of_other_networks_have_rules() {
    let asked = simulate(Options::default()).await;
    let service = format!("/v1/Services/{}/Conversations", asked.running.target_service_sid());
    asked.post(&service, "UniqueName=a&Bindings.Email.Address=a%40example.com").await;
    asked.post(&service, "UniqueName=b").await;
    let at = |name: &str| format!("{service}/{name}/Participants");
    let sms = "MessagingBinding.Address=%2B15550001001&MessagingBinding.ProxyAddress=%2B15550002001";
    let answer = asked.post(&at("a"), sms).await;
    assert_eq!((answer.status, &answer.json()["identity"]), (201, &Value::Null));
    let expected = json!({"type": "sms", "address": "+15550001001", "proxy_address": "+15550002001"});
    assert_eq!(answer.json()["messaging_binding"], expected);
    refused(&asked, &at("b"), sms, (409, 50416)).await;
    refused(&asked, &at("a"), "", (400, 20001)).await;
    refused(&asked, &at("a"), "MessagingBinding.Address=%2B15550001002", (400, 20001)).await;
    refused(
        &asked,
        &at("a"),
        "MessagingBinding.Address=unknown&MessagingBinding.ProxyAddress=%2B15550002001",
        (400, 50407),
    )
    .await;
    refused(&asked, &at("a"), "Identity=c&MessagingBinding.ProxyAddress=%2B15550002001", (400, 50441)).await;
    refused(&asked, &at("a"), "MessagingBinding.ProjectedAddress=%2B15550003001", (400, 50444)).await;
    // A group MMS: a user with a projected address, then addresses of their own.
    let answer = asked.post(&at("b"), "Identity=c&MessagingBinding.ProjectedAddress=%2B15550003001").await;
    assert_eq!(
        answer.json()["messaging_binding"],
        json!({"type": "sms", "projected_address": "+15550003001"})
    );
    assert_eq!(asked.post(&at("b"), "MessagingBinding.Address=%2B15550001002").await.status, 201);
    refused(&asked, &format!("{}/c", at("b")), "Identity=d", (400, 50444)).await;
    refused(&asked, &format!("{}/c", at("b")), "MessagingBinding.ProxyAddress=%2B15550002009", (400, 50441))
        .await;
    for number in 0..49 {
        let form = format!(
            "MessagingBinding.Address=whatsapp:%2B1555000{number:04}&MessagingBinding.ProxyAddress=whatsapp:%2B15550002002"
        );
        assert_eq!(asked.post(&at("a"), &form).await.status, 201);
    }
    let one_more =
        "MessagingBinding.Address=rcs:%2B15550001009&MessagingBinding.ProxyAddress=rcs:%2B15550002002";
    refused(&asked, &at("a"), one_more, (403, 50422)).await;
}

#[tokio::test]
async fn a_closed_conversation_is_closed_to_its_participants_too() {
    let asked = simulate(Options::default()).await;
    let service = format!("/v1/Services/{}/Conversations", asked.running.target_service_sid());
    refused(&asked, &service, "UniqueName=a&State=closed", (400, 50384)).await;
    refused(&asked, &service, "UniqueName=a&State=initializing", (400, 20001)).await;
    asked.post(&service, "UniqueName=a").await;
    let conversation = format!("{service}/a");
    let participants = format!("{conversation}/Participants");
    let sms = "MessagingBinding.Address=%2B15550001001&MessagingBinding.ProxyAddress=%2B15550002001";
    assert_eq!(asked.post(&participants, "Identity=b").await.status, 201);
    assert_eq!(asked.post(&participants, sms).await.status, 201);
    assert_eq!(asked.post(&conversation, "State=closed").await.status, 200);
    refused(&asked, &conversation, "FriendlyName=A", (400, 50377)).await;
    refused(&asked, &participants, "Identity=c", (400, 50377)).await;
    refused(&asked, &format!("{participants}/b"), "Attributes=%7B%7D", (400, 50377)).await;
    assert_eq!(asked.delete(&format!("{participants}/b")).await.json()["code"], 50377);
    // Its addresses are free for another.
    asked.post(&service, "UniqueName=b").await;
    assert_eq!(asked.post(&format!("{service}/b/Participants"), sms).await.status, 201);
}
