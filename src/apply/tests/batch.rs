//! Conversations that are created together with participants: what is sent and read, request by request.

use super::*;
use crate::plan::PARTICIPANTS;
use crate::testkit::operations::create_user;

/// A role, two users, and a conversation that brings both.
fn together() -> Vec<Operation> {
    let members = [create_participant(9, 8), create_participant(9, 7)];
    let mut conversation = create_conversation(9);
    let brought: Vec<Value> = members.iter().map(|member| Value::Object(member.after.clone())).collect();
    conversation.after.insert(PARTICIPANTS.to_owned(), json!(brought));
    let [one, other] = members;
    vec![create_role(1), create_user(8), create_user(7), conversation, one, other]
}

/// The answers to what comes before the conversation.
fn before() -> Vec<Act> {
    let made = |sid: &str| created(&json!({"sid": sid}));
    vec![no_roles(), made("RLnew"), made("US8"), made("US7")]
}

fn participants(role: &str) -> Act {
    let row =
        |user: u32| json!({"sid": format!("MB{user}"), "identity": format!("user-{user}"), "role_sid": role});
    page("participants", &json!([row(8), row(7)]))
}

const SERVICE: &str = "/v1/Services/IS00000000000000000000000000000002";
const NAME: &str = "chatferry-CH00000000000000000000000000000009";

/// What is sent once the users are there, the service's path left out.
async fn sent_with(script: Vec<Act>) -> (Vec<String>, std::path::PathBuf, tempfile::TempDir) {
    let server = Server::start(before().into_iter().chain(script)).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &together());
    apply(&server, journal, &options()).await;
    let lines = sent(&server).into_iter().skip(4).map(|line| line.replace(SERVICE, "")).collect();
    (lines, path, folder)
}

fn lines(expected: &[&str]) -> Vec<String> {
    expected.iter().map(|line| line.replace("NAME", NAME)).collect()
}

const BATCH: &str = "POST /ConversationWithParticipants";
const LIST: &str = "GET /Conversations/CHnew/Participants?PageSize=100";
const FIND: &str = "GET /Conversations/NAME";

#[tokio::test]
async fn one_request_and_one_list_where_no_view_is_written() {
    let made = || created(&json!({"sid": "CHnew"}));
    let (sent, path, _folder) = sent_with(vec![made(), participants("RLnew")]).await;
    assert_eq!(sent, lines(&[BATCH, LIST]));
    assert_eq!(states(&path), ["done"; 6]);
    assert_eq!(entries(&path)[4].2, json!({"sid": "MB8", "known_by": "batch"}));
    let journal = Journal::open(&path).unwrap();
    let member = MemberSid::from_digits(9 << 32 | 7).to_string();
    assert_eq!(journal.counterpart(Entity::Member, &member).unwrap().as_deref(), Some("MB7"));
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_by_name_and_then_by_the_list() {
    let found = json!({"sid": "CHnew", "unique_name": NAME, "friendly_name": "Support", "state": "active"});
    let script = vec![Act::SendAndClose(Vec::new()), ok(&found.to_string()), participants("RLnew")];
    let (sent, path, _folder) = sent_with(script).await;
    assert_eq!(sent, lines(&[BATCH, FIND, LIST]));
    assert_eq!(states(&path), ["done"; 6]);
}

#[tokio::test]
async fn what_is_refused_is_looked_up_and_created_one_by_one() {
    let made = |sid: &str| created(&json!({"sid": sid}));
    let no = || refused(NO, 20404, "no");
    for refusal in [
        refused("400 Bad Request", 20001, "no such parameter"),
        refused("403 Forbidden", 20403, "not with this key"),
        no(),
    ] {
        let (sent, path, _folder) =
            sent_with(vec![refusal, no(), no(), made("CHnew"), made("MB8"), made("MB7")]).await;
        let join = "POST /Conversations/CHnew/Participants";
        assert_eq!(sent, lines(&[BATCH, FIND, FIND, "POST /Conversations", join, join]));
        assert_eq!(states(&path), ["done"; 6]);
    }
}

#[tokio::test]
async fn what_was_dropped_is_set_by_an_update_of_the_participant() {
    let repaired = |sid: &str| ok(&json!({"sid": sid, "role_sid": "RLnew"}).to_string());
    let script =
        vec![created(&json!({"sid": "CHnew"})), participants("RLdefault"), repaired("MB8"), repaired("MB7")];
    let (sent, path, _folder) = sent_with(script).await;
    let update = "POST /Conversations/CHnew/Participants";
    assert_eq!(sent, lines(&[BATCH, LIST, &format!("{update}/MB8"), &format!("{update}/MB7")]));
    assert_eq!(states(&path), ["done"; 6]);
}

#[tokio::test]
async fn a_conversation_that_twilio_closed_is_not_taken_for_the_planned_one() {
    let closed = json!({"sid": "CHnew", "unique_name": NAME, "state": "closed", "date_created": crate::clock::now().to_string()});
    let script = vec![refused("400 Bad Request", 50427, "creation failed"), ok(&closed.to_string())];
    let (sent, path, _folder) = sent_with(script).await;
    assert_eq!(sent, lines(&[BATCH, FIND]));
    assert_eq!(states(&path), ["done", "done", "done", "failed", "blocked", "blocked"]);
    assert!(
        entries(&path)[3].1.starts_with("closed_by_twilio: Twilio closed CHnew"),
        "{:?}",
        entries(&path)[3]
    );
}
