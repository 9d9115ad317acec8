//! Operations that wait to be sent again, and what goes on meanwhile.

use super::*;
use crate::testkit::operations::close_conversation;
use crate::testkit::plan::journal_of;

/// Too many requests, for a while.
fn busy() -> Act {
    answer("429 Too Many Requests", "Retry-After: 1\r\n", "{}")
}

/// What each request would write: the last segment of its path, and whom.
fn writes(server: &Server) -> Vec<String> {
    let one = |request: String| {
        let path = request.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
        let name = path.rsplit('/').next().unwrap().to_owned();
        let form = request.lines().last().unwrap().split('&').find_map(|pair| pair.strip_prefix("Identity="));
        form.map_or(name.clone(), |identity| format!("{name} {identity}"))
    };
    server.requests().into_iter().map(one).collect()
}

fn join(channel: u128, user: u128) -> Operation {
    let mut join = create_participant(channel, user);
    join.after.remove("role_sid");
    join
}

/// Two users on a conversation that is then closed.
fn operations() -> [Operation; 6] {
    [create_user(1), create_user(2), create_conversation(9), join(9, 1), join(9, 2), close_conversation(9)]
}

async fn apply_slowly(server: &Server, journal: Journal) -> ApplyOutcome {
    let stop = CancellationToken::new();
    let clients = clients_that_wait(server, &stop, 0.2);
    run(journal, clients, &options(), &Events::none(), &stop).await.unwrap()
}

#[tokio::test]
async fn a_kind_starts_while_another_one_waits_without_what_depends_on_it() {
    let server = Server::start([
        busy(),
        created(&json!({"sid": "US2"})),
        created(&json!({"sid": "CH9"})),
        created(&json!({"sid": "MB2"})),
        created(&json!({"sid": "US1"})),
        created(&json!({"sid": "MB1"})),
        ok(r#"{"sid": "CH9", "state": "closed"}"#),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &operations());
    let outcome = apply_slowly(&server, journal).await;
    assert_eq!((states(&path), outcome.ended), (vec!["done"; 6], ApplyEnd::Finished));
    assert_eq!(
        writes(&server),
        [
            "Users user-1",
            "Users user-2",
            "Conversations",
            "Participants user-2",
            "Users user-1",
            "Participants user-1",
            "CH9",
        ]
    );
    assert_eq!(outcome.waits.retries.keys().collect::<Vec<_>>(), [&OperationKind::CreateUser]);
}

#[tokio::test]
async fn what_has_no_counterpart_is_blocked_though_something_waited_before_it() {
    let server =
        Server::start([busy(), created(&json!({"sid": "CH9"})), created(&json!({"sid": "US1"}))]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(1), create_conversation(9), join(7, 2)]);
    apply_slowly(&server, journal).await;
    assert_eq!(states(&path), ["done", "done", "blocked"]);
    assert!(entries(&path)[2].1.starts_with("no_counterpart: "), "{:?}", entries(&path));
}

#[tokio::test]
async fn what_waited_and_failed_holds_what_depends_on_it() {
    let server = Server::start([
        busy(),
        created(&json!({"sid": "US2"})),
        created(&json!({"sid": "CH9"})),
        created(&json!({"sid": "MB2"})),
        refused("400 Bad Request", 50207, "Identity is too long"),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &operations());
    apply_slowly(&server, journal).await;
    assert_eq!(states(&path), ["failed", "done", "done", "blocked", "done", "pending"]);
}

#[tokio::test]
async fn an_undo_keeps_its_order_whatever_waits() {
    let server = Server::start([
        busy(),
        created(&json!({"sid": "US2"})),
        created(&json!({"sid": "US1"})),
        created(&json!({"sid": "CH9"})),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.db");
    let operations =
        [create_user(1), create_user(2), create_conversation(9)].map(|operation| (operation, None));
    let header = crate::plan::Header { kind: Move::Undo, ..crate::testkit::plan::header() };
    apply_slowly(&server, journal_of(&path, &header, &operations)).await;
    assert_eq!(writes(&server), ["Users user-1", "Users user-2", "Users user-1", "Conversations",]);
}
