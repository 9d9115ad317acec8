//! What others have made and written since the plan, and what must wait for something else.

use super::*;
use crate::testkit::operations::{close_conversation, mute_source, set_timers};

#[tokio::test]
async fn what_was_made_by_someone_else_is_looked_up_before_it_is_updated() {
    let server = Server::start([
        no_roles(),
        created(&json!({"sid": "RLnew"})),
        created(&json!({"sid": "USnew"})),
        created(&json!({"sid": "CHnew"})),
        refused("409 Conflict", 50433, "participant already exists"),
        ok(r#"{"sid": "MBtheirs", "identity": "user-8", "role_sid": "RLnew"}"#),
        ok(r#"{"sid": "MBtheirs", "identity": "user-8", "last_read_message_index": 90}"#),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &one_of_each());
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["done", "done", "done", "existing", "blocked"]);
    let reason = &entries(&path)[4].1;
    assert!(
        reason.starts_with("changed_since: since the plan was made: last_read_message_index is 90"),
        "{reason}"
    );
    assert!(sent(&server)[6].starts_with("GET "), "{:?}", sent(&server));
}

#[tokio::test]
async fn another_conversation_of_the_same_name_is_not_written_to() {
    let server = Server::start([
        no_roles(),
        created(&json!({"sid": "RLnew"})),
        created(&json!({"sid": "USnew"})),
        refused("409 Conflict", 50353, "unique name exists"),
        ok(&json!({"sid": "CHtheirs", "unique_name": "general", "date_created": "2026-05-05T00:00:00Z"})
            .to_string()),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut conversation = create_conversation(9);
    conversation.after.insert("unique_name".to_owned(), "general".into());
    conversation.after.insert("date_created".to_owned(), "2020-01-01T00:00:00Z".into());
    let (path, journal) =
        plan(&folder, &[create_role(1), create_user(8), conversation, create_participant(9, 8)]);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["done", "done", "blocked", "blocked"]);
    let reason = &entries(&path)[2].1;
    assert!(reason.starts_with("unique_name_taken: ") && reason.contains("date_created is"), "{reason}");
    assert_eq!(sent(&server).len(), 5, "no one is added to it");
}

#[tokio::test]
async fn a_conversation_is_closed_when_nothing_else_is_to_be_written_to_it() {
    let server = Server::start([
        no_roles(),
        created(&json!({"sid": "RLnew"})),
        created(&json!({"sid": "USnew"})),
        created(&json!({"sid": "CHnew"})),
        refused("403 Forbidden", 50417, "participants limit"),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let operations = [
        create_role(1),
        create_user(8),
        create_conversation(9),
        create_participant(9, 8),
        close_conversation(9),
    ];
    let (path, journal) = plan(&folder, &operations);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["done", "done", "done", "failed", "pending"]);
    let server =
        Server::start([created(&json!({"sid": "MBnew"})), ok(r#"{"sid": "CHnew", "state": "closed"}"#)])
            .await;
    apply(&server, Journal::open(&path).unwrap(), &options()).await;
    assert_eq!(states(&path), ["done"; 5]);
}

#[tokio::test]
async fn a_source_is_not_muted_before_the_participant_is_there() {
    let server = Server::start([]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) =
        plan(&folder, &[create_conversation(9), create_participant(9, 8), mute_source(9, 8)]);
    let only = ApplyOptions { only: Some(vec![OperationKind::MuteSource]), ..options() };
    apply(&server, journal, &only).await;
    assert_eq!(states(&path), ["pending"; 3]);
    assert_eq!(sent(&server), [""; 0]);
}

#[tokio::test]
async fn timers_of_an_unknown_outcome_are_written_again() {
    let server = Server::start([
        created(&json!({"sid": "CHnew"})),
        refused("503 Service Unavailable", 0, "busy"),
        ok(r#"{"sid": "CHnew", "timers": {}}"#),
        ok(r#"{"sid": "CHnew", "timers": {"date_closed": "2026-05-05T00:00:00Z"}}"#),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_conversation(9), set_timers(9)]);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["done"; 2]);
    let methods: Vec<String> =
        sent(&server).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(methods, ["POST", "POST", "GET", "POST"]);
}

#[tokio::test]
async fn a_role_is_not_made_twice_because_the_list_could_not_be_read() {
    let elsewhere = json!({"roles": [], "meta": {"next_page_url": "https://elsewhere.example/v1/Roles"}});
    let mut script = vec![no_roles(), refused("503 Service Unavailable", 0, "busy")];
    script.extend((0..20).map(|_| ok(&elsewhere.to_string())));
    let server = Server::start(script).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_role(1)]);
    apply(&server, journal, &options()).await;
    let posts = sent(&server).iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!((posts, states(&path)), (1, vec!["pending"]));
}

#[tokio::test]
async fn what_may_have_been_sent_is_not_failed_by_a_refused_look() {
    let server = Server::start([
        refused("503 Service Unavailable", 0, "busy"),
        refused("400 Bad Request", 50207, "no"),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(8)]);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["pending"]);
    assert_eq!(PlanFile::open(&path).unwrap().begun().unwrap(), 1, "it is looked up by the next run");
}
