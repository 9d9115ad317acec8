//! `ConversationWithParticipants`: what it makes, what it refuses, and what Twilio does not promise about it.

use serde_json::{Value, json};

use super::client::{Answer, Asked, simulate};
use crate::simulator::{Options, ServiceLimits};

fn target(asked: &Asked, path: &str) -> String {
    format!("/v1/Services/{}{path}", asked.running.target_service_sid())
}

fn form(name: &str, participants: &[Value]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("UniqueName", name);
    for participant in participants {
        form.append_pair("Participant", &participant.to_string());
    }
    form.finish()
}

async fn create(asked: &Asked, name: &str, participants: &[Value]) -> Answer {
    asked.post(&target(asked, "/ConversationWithParticipants"), &form(name, participants)).await
}

fn with(faults: &str) -> Options {
    Options { faults: faults.parse().unwrap(), ..Options::default() }
}

fn ada() -> Value {
    json!({"identity": "ada", "attributes": "{\"seat\":1}", "date_created": "2019-03-01T10:00:00Z"})
}

async fn participants(asked: &Asked, name: &str) -> Vec<Value> {
    asked.rows(&target(asked, &format!("/Conversations/{name}/Participants"))).await
}

async fn state(asked: &Asked, name: &str) -> Value {
    asked.get(&target(asked, &format!("/Conversations/{name}"))).await.json()["state"].clone()
}

#[tokio::test]
async fn a_conversation_and_its_participants_are_made_by_one_request() {
    let asked = simulate(Options::default()).await;
    let role = &asked.rows(&target(&asked, "/Roles")).await;
    let role = role.iter().rfind(|role| role["type"] == "conversation").unwrap()["sid"].clone();
    let bob = json!({"identity": "bob", "role_sid": role});
    let answer = create(&asked, "team", &[ada(), bob]).await;
    assert_eq!((answer.status, &answer.json()["state"]), (201, &json!("active")), "{}", answer.text);
    assert!(answer.json().get("participants").is_none(), "the answer has none of them");
    let mut rows = participants(&asked, "team").await;
    rows.sort_by_key(|row| row["identity"].to_string());
    let [one, other] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&one["identity"], &one["attributes"]), (&json!("ada"), &json!("{\"seat\":1}")));
    assert_eq!((&one["date_created"], &other["role_sid"]), (&json!("2019-03-01T10:00:00Z"), &role));
    assert_eq!(asked.rows(&target(&asked, "/Users")).await.len(), 2, "users come with their participants");
    assert_eq!(asked.running.stats().writes, 1);
}

#[tokio::test]
async fn what_is_wrong_leaves_nothing_behind() {
    let limits = ServiceLimits { channel_members: 3, user_channels: 1 };
    let asked = simulate(Options { target_limits: limits, ..Options::default() }).await;
    assert_eq!(create(&asked, "first", &[ada()]).await.status, 201);
    let one = |value: Value| vec![value];
    let many = |count: usize| -> Vec<Value> {
        (0..count).map(|number| json!({"identity": format!("user-{number}")})).collect()
    };
    for (name, participants, status, code) in [
        ("first", many(1), 409, 50353),
        ("eleven", many(11), 400, 50426),
        ("four", many(4), 403, 50417),
        ("twice", vec![json!({"identity": "x"}), json!({"identity": "x"})], 409, 50433),
        ("full", one(ada()), 403, 50214),
        ("role", one(json!({"identity": "x", "role_sid": "RL00000000000000000000000000000000"})), 400, 50101),
        ("attributes", one(json!({"identity": "x", "attributes": "not JSON"})), 400, 50304),
        ("object", one(json!({"identity": "x", "attributes": {}})), 400, 20001),
        ("key", one(json!({"Identity": "x"})), 400, 20001),
        ("no one", one(json!({})), 400, 20001),
        ("text", one(json!("x")), 400, 20001),
    ] {
        let answer = create(&asked, name, &participants).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (status, &json!(code)),
            "{name}: {}",
            answer.text
        );
    }
    assert_eq!(asked.rows(&target(&asked, "/Conversations")).await.len(), 1);
    assert_eq!(asked.rows(&target(&asked, "/Users")).await.len(), 1);
}

#[tokio::test]
async fn what_twilio_does_not_promise_can_be_asked_for() {
    let asked = simulate(with("batch-drops=attributes,batch-drops=date_created")).await;
    assert_eq!(create(&asked, "team", &[ada()]).await.status, 201);
    let row = &participants(&asked, "team").await[0];
    assert_eq!((&row["identity"], &row["attributes"]), (&json!("ada"), &json!("{}")));
    assert_ne!(row["date_created"], "2019-03-01T10:00:00Z");

    let asked = simulate(with("batch-refused=404")).await;
    assert_eq!(create(&asked, "team", &[ada()]).await.status, 404);
    assert_eq!(asked.get(&target(&asked, "/Conversations/team")).await.status, 404);

    let asked = simulate(with("batch-fails=100%")).await;
    let answer = create(&asked, "team", &[ada()]).await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(50427)));
    assert_eq!(state(&asked, "team").await, "closed");

    let asked = simulate(with("batch-closes=100%")).await;
    let answer = create(&asked, "team", &[ada()]).await;
    assert_eq!((answer.status, &answer.json()["state"]), (201, &json!("active")));
    assert_eq!(state(&asked, "team").await, "closed");
    assert_eq!(participants(&asked, "team").await.len(), 1);
}
