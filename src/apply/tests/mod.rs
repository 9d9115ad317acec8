//! Plans applied against a scripted server: what is sent, what is looked up first, and what is written down.

mod answers;
mod batch;
mod found;
mod waiting;

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::model::{Entity, MemberSid, RoleSid};
use crate::plan::{Entry, Operation, PlanError, PlanFile, WantedOperations};
use crate::storage::StorageError;
use crate::testkit::operations::{
    create_conversation, create_participant, create_role, create_user, make_private,
    update_known_participant, update_participant,
};
use crate::testkit::plan::{fields, journal};
use crate::twilio::Client;
use crate::twilio::test_server::{Act, Server, answer, ok};

/// One request at a time, so that the script's order is that of the requests.
fn clients(server: &Server, stop: &CancellationToken) -> Clients {
    clients_that_wait(server, stop, 0.0)
}

/// The same, whose waits are multiplied by this.
fn clients_that_wait(server: &Server, stop: &CancellationToken, scale: f64) -> Clients {
    let mut options = server.options();
    options.limits.concurrency = 1;
    options.cancellation = stop.clone();
    options.retry.scale = scale;
    let client = Arc::new(Client::new(options).unwrap());
    Clients { source: Arc::clone(&client), target: client, media: None }
}

fn options() -> ApplyOptions {
    ApplyOptions {
        only: None,
        limit: None,
        max_duration: None,
        stop_after_errors: None,
        webhooks: false,
        conversation_rate: NonZeroU32::new(1000).unwrap(),
        service_rate: NonZeroU32::new(1000).unwrap(),
        pause: Duration::ZERO,
    }
}

async fn apply(server: &Server, journal: Journal, options: &ApplyOptions) -> ApplyOutcome {
    let stop = CancellationToken::new();
    run(journal, clients(server, &stop), options, &Events::none(), &stop).await.unwrap()
}

/// What a plan says of its operations: state, reason, result.
fn entries(path: &Path) -> Vec<(&'static str, String, Value)> {
    let mut entries = Vec::new();
    let visit = |entry: &Entry| {
        let reason = entry.reason.clone().unwrap_or_default();
        entries.push((entry.state.name(), reason, entry.result.clone().unwrap_or_default()));
        Ok::<_, PlanError>(())
    };
    PlanFile::open(path).unwrap().operations(&WantedOperations::default(), visit).unwrap();
    entries
}

fn states(path: &Path) -> Vec<&'static str> {
    entries(path).into_iter().map(|(state, ..)| state).collect()
}

/// The first lines of what was sent.
fn sent(server: &Server) -> Vec<String> {
    let line = |request: String| request.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    server.requests().into_iter().map(line).collect()
}

fn plan(folder: &tempfile::TempDir, operations: &[Operation]) -> (std::path::PathBuf, Journal) {
    let path = folder.path().join("plan.db");
    let operations: Vec<_> = operations.iter().map(|operation| (operation.clone(), None)).collect();
    let journal = journal(&path, &operations);
    (path, journal)
}

fn created(value: &Value) -> Act {
    answer("201 Created", "Twilio-Request-Id: RQ1\r\n", value.to_string())
}

fn refused(status: &str, code: i64, message: &str) -> Act {
    answer(status, "", json!({"code": code, "message": message}).to_string())
}

/// The last page of a list.
fn page(list: &str, rows: &Value) -> Act {
    ok(&json!({list: rows, "meta": {"next_page_url": null}}).to_string())
}

fn no_roles() -> Act {
    page("roles", &json!([]))
}

/// A role, a user, a conversation, and the user on it with what it has read.
fn one_of_each() -> [Operation; 5] {
    [
        create_role(1),
        create_user(8),
        create_conversation(9),
        create_participant(9, 8),
        update_participant(9, 8),
    ]
}

const NO: &str = "404 Not Found";
const USERS: &str = "/v1/Services/IS00000000000000000000000000000002/Users";

#[tokio::test]
async fn each_thing_is_made_in_order_and_referred_to_by_its_new_sid() {
    let server = Server::start([
        no_roles(),
        created(&json!({"sid": "RLnew"})),
        created(&json!({"sid": "USnew"})),
        created(&json!({"sid": "CHnew"})),
        created(&json!({"sid": "MBnew"})),
        ok(r#"{"sid": "MBnew", "last_read_message_index": 5}"#),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &one_of_each());
    let outcome = apply(&server, journal, &options()).await;
    assert_eq!(outcome.ended, ApplyEnd::Finished);
    let service = "POST /v1/Services/IS00000000000000000000000000000002";
    assert_eq!(
        sent(&server),
        [
            format!("{}/Roles?PageSize=50", service.replace("POST", "GET")),
            format!("{service}/Roles"),
            format!("{service}/Users"),
            format!("{service}/Conversations"),
            format!("{service}/Conversations/CHnew/Participants"),
            format!("{service}/Conversations/CHnew/Participants/MBnew"),
        ]
    );
    let requests = server.requests()[1..].to_vec();
    assert!(requests[3].ends_with("Identity=user-8&RoleSid=RLnew"), "{}", requests[3]);
    let header = |request: &String| request.to_lowercase().contains("x-twilio-webhook-enabled: false");
    let with_header: Vec<bool> = requests.iter().map(header).collect();
    assert_eq!(with_header, [false, true, true, true, true], "a role does not take the header");
    let entries = entries(&path);
    assert!(
        entries.iter().all(|(state, reason, _)| (*state, reason.as_str()) == ("done", "")),
        "{entries:?}"
    );
    assert_eq!(
        entries[0].2,
        json!({"sid": "RLnew", "known_by": "answer", "status": 201, "request_id": "RQ1"})
    );
    assert!(!path.with_extension("db-wal").exists(), "the plan is one file again");
    // Applied again it does nothing, and knows the new SIDs.
    let journal = Journal::open(&path).unwrap();
    let role = RoleSid::from_digits(1).to_string();
    assert_eq!(journal.counterpart(Entity::Role, &role).unwrap().as_deref(), Some("RLnew"));
    let outcome = apply(&server, journal, &options()).await;
    assert_eq!((outcome.ended, outcome.performed.len()), (ApplyEnd::Finished, 0));
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn an_unknown_outcome_is_looked_up_before_it_is_sent_again() {
    let there = r#"{"sid": "USnew", "identity": "user-8", "friendly_name": "Ada"}"#;
    let (post, get) = (format!("POST {USERS}"), format!("GET {USERS}/user-8"));
    let no = || refused(NO, 20404, "no");
    let lost = || Act::SendAndClose(Vec::new());
    let made = || created(&json!({"sid": "USnew"}));
    for (script, expected, known_by) in [
        // Accepted, and the answer is lost.
        (vec![lost(), ok(there)], vec![&post, &get], "look_up"),
        (vec![created(&json!([])), ok(there)], vec![&post, &get], "look_up"),
        // Not accepted: it is not there, which is asked twice.
        (vec![refused("503 Busy", 0, ""), no(), no(), made()], vec![&post, &get, &get, &post], "answer"),
        (vec![lost(), no(), ok(there)], vec![&post, &get, &get], "look_up"),
    ] {
        let server = Server::start(script).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[create_user(8)]);
        apply(&server, journal, &options()).await;
        assert_eq!(sent(&server), expected.into_iter().cloned().collect::<Vec<_>>());
        let (state, _, result) = &entries(&path)[0];
        assert_eq!((*state, &result["known_by"]), ("done", &json!(known_by)), "it is ours");
        assert_eq!(result["sid"], "USnew");
    }
}

#[tokio::test]
async fn what_was_begun_by_a_run_that_was_killed_is_looked_up_first() {
    let server = Server::start([ok(r#"{"sid": "US1", "identity": "user-8", "friendly_name": "Ada"}"#)]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(8)]);
    journal.started(1, "2026-01-01T00:00:00Z").unwrap();
    // Not even an operation of a kind that is wanted.
    let others = ApplyOptions { only: Some(vec![OperationKind::CreateRole]), ..options() };
    apply(&server, journal, &others).await;
    assert_eq!(sent(&server), [format!("GET {USERS}/user-8")]);
    assert_eq!(states(&path), ["done"]);

    let server = Server::start([refused(NO, 20404, "no"), refused(NO, 20404, "no")]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(8)]);
    journal.started(1, "2026-01-01T00:00:00Z").unwrap();
    apply(&server, journal, &others).await;
    assert_eq!(states(&path), ["pending"]);
    assert_eq!(Journal::open(&path).unwrap().begun(0, 9).unwrap(), [], "it is known that it was not done");
}

#[tokio::test]
async fn what_is_there_already_is_compared() {
    let there = |name: &str| {
        ok(&json!({"sid": "US1", "identity": "user-8", "friendly_name": name, "role_sid": "RL1"}).to_string())
    };
    for (name, reason) in [("Ada", ""), ("Eva", "differs: friendly_name is \"Eva\", not \"Ada\"")] {
        let server =
            Server::start([refused("409 Conflict", 50201, "User already exists"), there(name)]).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[create_user(8)]);
        let outcome = apply(&server, journal, &options()).await;
        assert_eq!(entries(&path)[0], ("existing", reason.to_owned(), entries(&path)[0].2.clone()));
        assert_eq!(entries(&path)[0].2["sent"], false, "it is not ours");
        assert_eq!(outcome.differing, u64::from(!reason.is_empty()));
    }
}

#[tokio::test]
async fn what_depends_on_a_failure_waits_and_is_taken_up_again_with_it() {
    let refusal = refused("400 Bad Request", 50207, "Identity too long");
    let server = Server::start([refusal, created(&json!({"sid": "CHnew"}))]).await;
    let folder = tempfile::tempdir().unwrap();
    let operations =
        [create_user(8), create_conversation(9), create_participant(9, 8), update_participant(9, 8)];
    let path = folder.path().join("plan.db");
    let role = create_role(1);
    let mut all: Vec<_> = vec![(role, Some("role_without_counterpart"))];
    all.extend(operations.map(|operation| (operation, None)));
    let outcome = apply(&server, journal(&path, &all), &options()).await;
    assert_eq!(states(&path), ["blocked", "failed", "done", "blocked", "blocked"]);
    let found = entries(&path);
    assert_eq!(found[0].1, "role_without_counterpart");
    assert!(found[1].1.contains("Twilio error 50207: Identity too long"), "{}", found[1].1);
    assert!(found[1].1.ends_with("shorten the identity in the mapping, and plan again"), "{}", found[1].1);
    assert!(found[3].1.starts_with("depends_on_failed: US"), "{}", found[3].1);
    assert_eq!(outcome.not_done.len(), 4);
    assert_eq!(outcome.not_done[0].reason, found[1].1);

    // The user can be made now; the role stays blocked, and with it the participant.
    let server = Server::start([created(&json!({"sid": "USnew"}))]).await;
    apply(&server, Journal::open(&path).unwrap(), &options()).await;
    assert_eq!(states(&path), ["blocked", "done", "done", "blocked", "blocked"]);
    assert!(entries(&path)[3].1.starts_with("depends_on_failed: RL"), "{}", entries(&path)[3].1);
}

#[tokio::test]
async fn no_one_is_added_to_a_channel_that_could_not_be_made_private() {
    let public = ok("{\"sid\": \"CH00000000000000000000000000000009\", \"type\": \"public\"}");
    let server = Server::start([public, refused("400 Bad Request", 20001, "Not now")]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[make_private(9), create_participant(9, 8)]);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["failed", "blocked"]);
    assert!(entries(&path)[1].1.starts_with("depends_on_failed: CH"), "{}", entries(&path)[1].1);
    assert_eq!(sent(&server).len(), 2, "the channel is looked at, and its change is refused");
}

#[tokio::test]
async fn what_was_changed_since_is_not_overwritten() {
    let member = MemberSid::from_digits(0xaa).to_string();
    let now = |index: i64| ok(&json!({"sid": member, "last_read_message_index": index}).to_string());
    let get = "GET /v1/Services/IS00000000000000000000000000000002/Conversations/CH000000000000000000000000000000bb/Participants/MB000000000000000000000000000000aa";
    let post = get.replace("GET", "POST");
    for (found, state, sends) in [(3, "done", true), (5, "existing", false), (4, "blocked", false)] {
        let server = Server::start([now(found), now(5)]).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[update_known_participant(9, 8)]);
        apply(&server, journal, &options()).await;
        assert_eq!(states(&path), [state]);
        let expected = if sends { vec![get, &post] } else { vec![get] };
        assert_eq!(sent(&server), expected);
        if state == "blocked" {
            let (_, reason, result) = &entries(&path)[0];
            assert_eq!(
                reason,
                "changed_since: since the plan was made: last_read_message_index is 4, not 3; plan again"
            );
            assert_eq!(result, &json!({"found": {"last_read_message_index": 4}}));
        } else if sends {
            assert_eq!(entries(&path)[0].2["before"], json!({"last_read_message_index": 3}));
        }
    }
}

#[tokio::test]
async fn a_limit_and_a_choice_of_kinds_leave_the_rest_to_do() {
    let users: Vec<Operation> = (1..=5).map(create_user).collect();
    let answers = || (1..=9).map(|number| created(&json!({"sid": format!("US{number}")})));
    let server = Server::start(answers()).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &users);
    let outcome = apply(&server, journal, &ApplyOptions { limit: Some(2), ..options() }).await;
    assert_eq!(outcome.ended, ApplyEnd::LimitReached);
    assert_eq!(states(&path), ["done", "done", "pending", "pending", "pending"]);
    let roles = ApplyOptions { only: Some(vec![OperationKind::CreateRole]), ..options() };
    let outcome = apply(&server, Journal::open(&path).unwrap(), &roles).await;
    assert_eq!((outcome.ended, server.requests().len()), (ApplyEnd::Finished, 2));
    let outcome =
        apply(&server, Journal::open(&path).unwrap(), &ApplyOptions { limit: Some(3), ..options() }).await;
    assert_eq!((outcome.ended, server.requests().len()), (ApplyEnd::Finished, 5));

    let server = Server::start((0..40).map(|_| refused("400 Bad Request", 50003, "too long"))).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &(1..=40).map(create_user).collect::<Vec<_>>());
    let two = ApplyOptions { stop_after_errors: NonZeroU32::new(2), ..options() };
    let outcome = apply(&server, journal, &two).await;
    assert_eq!(outcome.ended, ApplyEnd::TooManyErrors);
    let failed = states(&path).iter().filter(|state| **state == "failed").count();
    assert!((2..20).contains(&failed), "{failed}"); // those in flight are brought to their end
}

#[tokio::test]
async fn refused_credentials_end_the_run_and_lose_nothing() {
    let server =
        Server::start([created(&json!({"sid": "US1"})), refused("401 Unauthorized", 20003, "Authenticate")])
            .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(1), create_user(2), create_user(3)]);
    let stop = CancellationToken::new();
    let ended = run(journal, clients(&server, &stop), &options(), &Events::none(), &stop).await;
    assert!(matches!(ended, Err(ApplyError::Unauthorized(_))), "{ended:?}");
    assert_eq!(states(&path), ["done", "pending", "pending"]);
}

#[tokio::test]
async fn a_plan_that_cannot_be_written_stops_the_run_before_anything_is_sent() {
    let server = Server::start((0..50).map(|number| created(&json!({"sid": format!("US{number}")})))).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &(1..=50).map(create_user).collect::<Vec<_>>());
    journal.allow_pages(0); // the disk is full: not one page more
    let told = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&told);
    let events = Events::new(move |event| {
        *counted.lock().unwrap() += u32::from(matches!(event, Event::Performed { .. }));
    });
    let stop = CancellationToken::new();
    let ended = run(journal, clients(&server, &stop), &options(), &events, &stop).await;
    let Err(ApplyError::Plan(error @ PlanError::Storage(StorageError::Full { .. }))) = ended else {
        panic!("{ended:?}")
    };
    assert!(error.to_string().contains("plan.db"));
    let known = u32::try_from(states(&path).iter().filter(|state| **state == "done").count()).unwrap();
    assert_eq!(*told.lock().unwrap(), known, "what was told is on disk");
}

#[tokio::test]
async fn another_ones_answer_is_no_answer() {
    // The name looks like a SID, and Twilio answers with whoever has that SID.
    let name = "US00000000000000000000000000000001";
    let mut create = create_user(8);
    create.subject.identity = Some(name.to_owned());
    create.after.insert("identity".to_owned(), json!(name));
    let other = ok(
        r#"{"sid": "US00000000000000000000000000000001", "identity": "someone else", "friendly_name": "Ada"}"#,
    );
    let no_match =
        page("users", &json!([{"sid": "US00000000000000000000000000000001", "identity": "someone else"}]));
    let server =
        Server::start([refused("503 Busy", 0, ""), other, no_match, created(&json!({"sid": "USnew"}))]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create]);
    apply(&server, journal, &options()).await;
    assert_eq!(entries(&path)[0].2["sid"], "USnew");

    // Of a participant the list is read, which has names alone.
    let mut create = create_participant(9, 8);
    create.subject.identity = Some("..".to_owned());
    create.after = fields(json!({"identity": ".."}));
    create.subject.conversation_sid = Some("CH1".to_owned());
    let page_of = |rows: Value, next: Value| {
        ok(&json!({"participants": rows, "meta": {"next_page_url": next}}).to_string())
    };
    let next =
        "https://conversations.twilio.com/v1/Services/IS1/Conversations/CH1/Participants?PageToken=PT1";
    let server = Server::start([
        Act::SendAndClose(Vec::new()),
        page_of(json!([{"sid": "MB1", "identity": "."}]), json!(next)),
        page_of(json!([{"sid": "MB2", "identity": ".."}]), Value::Null),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create]);
    apply(&server, journal, &options()).await;
    let (state, reason, result) = &entries(&path)[0];
    assert_eq!((*state, reason.as_str(), &result["sid"]), ("done", "", &json!("MB2")));
    assert!(sent(&server).iter().all(|line| !line.contains("/..")), "{:?}", sent(&server));
}
