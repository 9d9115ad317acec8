//! What an answer is worth: one that was lost, a 404 of what took effect, a success that ignored what was sent.

use super::*;
use crate::testkit::operations::{close_conversation, update_user_channel};

fn now() -> String {
    crate::clock::now().to_string()
}

fn methods(server: &Server) -> Vec<String> {
    sent(server).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_create_that_answers_404_and_takes_effect_is_looked_up_before_it_is_called_failed() {
    let there = json!({"sid": "USnew", "identity": "user-8", "friendly_name": "Ada", "date_created": now()});
    for (script, state, expected) in [
        (vec![refused(NO, 20404, "no"), ok(&there.to_string())], "done", vec!["POST", "GET"]),
        // It did not take effect: it is sent once more, and looked up again before it is failed.
        (vec![refused(NO, 20404, "no"); 6], "failed", vec!["POST", "GET", "GET", "POST", "GET", "GET"]),
    ] {
        let server = Server::start(script).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[create_user(8)]);
        apply(&server, journal, &options()).await;
        assert_eq!(states(&path), [state]);
        assert_eq!(methods(&server), expected);
    }
}

/// A client cut an emoji of some other field in two. No Rust text can hold its half, and the answer is good all the same.
#[test]
fn half_of_a_surrogate_pair_is_no_unreadable_answer() {
    let read = crate::apply::lookup::object(
        br#"{"sid": "CH1", "friendly_name": "cut \ud83d off", "type": "private"}"#,
    );
    assert_eq!(read.unwrap()["friendly_name"], "cut \u{fffd} off");
}

#[tokio::test]
async fn an_answer_without_the_sid_of_what_was_created_is_no_success() {
    let there = json!({"sid": "USnew", "identity": "user-8", "friendly_name": "Ada"});
    let server = Server::start([created(&json!({})), ok(&there.to_string())]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(8)]);
    apply(&server, journal, &options()).await;
    assert_eq!(entries(&path)[0].2["sid"], "USnew");
}

#[tokio::test]
async fn a_field_that_the_answer_shows_as_ignored_is_a_difference() {
    let server = Server::start([
        created(&json!({"sid": "USnew", "identity": "user-8", "friendly_name": null})),
        created(&json!({"sid": "CHnew", "friendly_name": "Support"})),
        ok(r#"{"sid": "CHnew", "state": "active"}"#),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(8), create_conversation(9), close_conversation(9)]);
    let outcome = apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["existing", "done", "existing"]);
    assert_eq!(entries(&path)[0].1, "differs: Twilio answered 201 and friendly_name is null, not \"Ada\"");
    assert_eq!(entries(&path)[2].1, "differs: Twilio answered 200 and state is \"active\", not \"closed\"");
    assert_eq!(outcome.differing, 2);
}

#[tokio::test]
async fn what_was_made_with_an_ignored_field_is_undone_too() {
    let server = Server::start([created(
        &json!({"sid": "US00000000000000000000000000000077", "friendly_name": "Eva"}),
    )])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(8)]);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["existing"]);
    assert_eq!(undone(&path), (1, 0));
}

/// How many operations undoing a plan takes, and how many things it leaves.
fn undone(path: &Path) -> (u64, u64) {
    let plan = PlanFile::open(path).unwrap();
    let mut draft =
        crate::plan::PlanDraft::create(&path.with_extension("undo.db"), &crate::plan::undo::header(&plan))
            .unwrap();
    let totals = crate::plan::undo::undo(&plan, &mut draft, crate::plan::RequestPace::default()).unwrap();
    (totals.operations.values().flat_map(BTreeMap::values).sum(), totals.findings.values().sum())
}

#[tokio::test]
async fn what_is_found_after_a_lost_answer_counts_as_made_if_only_this_run_can_have_made_it() {
    let user = |created: &str| {
        ok(&json!({"sid": "US00000000000000000000000000000077", "identity": "user-8", "friendly_name": "Ada",
            "date_created": created})
        .to_string())
    };
    let lost = || Act::SendAndClose(Vec::new());
    for (created, expected) in [(now(), (1, 0)), ("2020-01-01T00:00:00Z".to_owned(), (0, 1))] {
        let server = Server::start([lost(), user(&created)]).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[create_user(8)]);
        apply(&server, journal, &options()).await;
        assert_eq!(states(&path), ["done"]);
        assert_eq!(undone(&path), expected, "{created}");
    }
    // A role and a participant, whose creation date is the one that was sent.
    let mut participant = create_participant(9, 8);
    participant.after = fields(json!({"identity": "user-8", "date_created": "2019-05-05T00:00:00Z"}));
    participant.subject.conversation_sid = Some("CH00000000000000000000000000000099".to_owned());
    let role = json!([{"sid": "RL00000000000000000000000000000077", "friendly_name": "agent", "type": "conversation",
        "permissions": ["leaveConversation", "sendMessage"], "date_created": now()}]);
    let member = json!({"sid": "MB00000000000000000000000000000077", "identity": "user-8",
        "date_created": "2019-05-05T00:00:00Z"});
    let server =
        Server::start([no_roles(), lost(), page("roles", &role), lost(), ok(&member.to_string())]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_role(1), participant]);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["done"; 2]);
    assert_eq!(undone(&path), (2, 0));
}

#[tokio::test]
async fn a_channel_that_stays_public_after_a_success_is_not_done() {
    let channel = |kind: &str| json!({"sid": "CH00000000000000000000000000000009", "type": kind}).to_string();
    for (now, state) in [("public", "failed"), ("private", "done")] {
        let server = Server::start([ok(&channel("public")), ok(&channel("public")), ok(&channel(now))]).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[make_private(9), create_participant(9, 8)]);
        let only = ApplyOptions { only: Some(vec![OperationKind::MakePrivate]), ..options() };
        apply(&server, journal, &only).await;
        assert_eq!(states(&path)[0], state);
        assert_eq!(methods(&server), ["GET", "POST", "GET"]);
        if state == "failed" {
            let reason = &entries(&path)[0].1;
            assert!(
                reason.starts_with("left_public: Twilio answered 200 and left the channel public"),
                "{reason}"
            );
        }
    }
}

#[tokio::test]
async fn a_membership_that_ended_is_blocked_and_not_sent_for_ever() {
    let row = |status: &str| {
        ok(&json!({"status": status, "notification_level": "default", "member_sid": null}).to_string())
    };
    let not_on_it = || refused(NO, 50400, "User not member of channel");
    for (script, reason, expected) in [
        (
            vec![row("invited")],
            "not_joined: the user has not joined the channel (status invited)",
            vec!["GET"],
        ),
        (
            vec![row("joined"), not_on_it(), refused(NO, 20404, "no"), refused(NO, 20404, "no")],
            "target_gone: ",
            vec!["GET", "POST", "GET", "GET"],
        ),
        (
            vec![row("joined"), not_on_it(), row("joined"), not_on_it(), row("joined")],
            "not_joined: ",
            vec!["GET", "POST", "GET", "POST", "GET"],
        ),
    ] {
        let server = Server::start(script).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[update_user_channel(9, 8)]);
        apply(&server, journal, &options()).await;
        assert_eq!(states(&path), ["blocked"]);
        assert_eq!(methods(&server), expected);
        assert!(entries(&path)[0].1.starts_with(reason), "{:?}", entries(&path));
    }
    // A 404 that names no reason may be one of those that Twilio gives for what is there: another run looks again.
    let no = || refused(NO, 20404, "no");
    let server = Server::start([row("joined"), no(), no(), no()]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[update_user_channel(9, 8)]);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["failed"]);
}

#[tokio::test]
async fn a_limit_of_one_conversation_fails_its_operation_with_advice() {
    for (code, advice) in [(50422, "50 participants of other networks"), (50436, "a group MMS takes ten")] {
        let server = Server::start([refused("403 Forbidden", code, "limit exceeded")]).await;
        let folder = tempfile::tempdir().unwrap();
        let mut participant = create_participant(9, 8);
        participant.after.remove("role_sid");
        participant.subject.conversation_sid = Some("CH00000000000000000000000000000099".to_owned());
        let (path, journal) = plan(&folder, &[participant]);
        let outcome = apply(&server, journal, &options()).await;
        assert_eq!((states(&path), outcome.ended), (vec!["failed"], ApplyEnd::Finished));
        assert!(entries(&path)[0].1.contains(advice), "{:?}", entries(&path));
    }
}

#[tokio::test]
async fn a_user_whose_identity_is_a_direction_is_looked_up_through_the_list() {
    for name in [".", ".."] {
        let mut create = create_user(8);
        create.subject.identity = Some(name.to_owned());
        create.after.insert("identity".to_owned(), json!(name));
        let there = json!([{"sid": "US1", "identity": "x"}, {"sid": "US2", "identity": name, "friendly_name": "Ada"}]);
        let server = Server::start([refused("503 Busy", 0, ""), page("users", &there)]).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[create]);
        apply(&server, journal, &options()).await;
        assert_eq!(sent(&server), [format!("POST {USERS}"), format!("GET {USERS}?PageSize=50")]);
        assert_eq!(entries(&path)[0].2["sid"], "US2");
    }
}

#[tokio::test]
async fn a_role_that_is_there_is_not_made_again_by_a_copy_of_the_plan() {
    let role = json!([{"sid": "RL1", "friendly_name": "agent", "type": "conversation",
        "permissions": ["sendMessage", "leaveConversation"]}]);
    let server = Server::start([page("roles", &role)]).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_role(1)]);
    apply(&server, journal, &options()).await;
    assert_eq!(states(&path), ["existing"]);
    assert_eq!(methods(&server), ["GET"]);
}

#[tokio::test]
async fn an_operation_that_waits_holds_nothing_else_up_and_the_waiting_is_reported() {
    let busy = || answer("429 Too Many Requests", "Retry-After: 1\r\n", "{}");
    let mut script = vec![busy()];
    script.extend((1..=3).map(|number| created(&json!({"sid": format!("US{number}")}))));
    let server = Server::start(script).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(1), create_user(2), create_user(3)]);
    let stop = CancellationToken::new();
    let clients = clients_that_wait(&server, &stop, 0.2);
    let outcome = run(journal, clients, &options(), &Events::none(), &stop).await.unwrap();
    assert_eq!(states(&path), ["done"; 3]);
    let bodies: Vec<String> =
        server.requests().iter().map(|request| request.lines().last().unwrap().to_owned()).collect();
    let identities: Vec<&str> = bodies.iter().map(|body| body.split('&').next().unwrap()).collect();
    // One request at a time: the second and the third are sent while the first one waits.
    assert_eq!(identities, ["Identity=user-1", "Identity=user-2", "Identity=user-3", "Identity=user-1"]);
    let waited = outcome.waits.retries[&OperationKind::CreateUser];
    assert!((Duration::from_millis(50)..Duration::from_secs(10)).contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn a_write_that_is_not_answered_before_the_run_ends_is_looked_up_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let (path, journal) = plan(&folder, &[create_user(8)]);
    let server = Server::start([Act::Hang]).await;
    let stop = CancellationToken::new();
    let mut options_ = server.options();
    options_.limits.concurrency = 1;
    options_.cancellation = stop.clone();
    options_.timeouts.grace = Duration::from_millis(50);
    let client = Arc::new(Client::new(options_).unwrap());
    let clients = Clients { source: Arc::clone(&client), target: client, media: None };
    let (options, events) = (options(), Events::none());
    let (outcome, ()) = tokio::join!(run(journal, clients, &options, &events, &stop), async {
        while server.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    });
    assert_eq!(outcome.unwrap().ended, ApplyEnd::Interrupted);
    assert_eq!(states(&path), ["pending"], "it may have been performed, and is not called failed");

    let there = json!({"sid": "USnew", "identity": "user-8", "friendly_name": "Ada", "date_created": now()});
    let server = Server::start([ok(&there.to_string())]).await;
    apply(&server, Journal::open(&path).unwrap(), &options).await;
    assert_eq!((states(&path), methods(&server)), (vec!["done"], vec!["GET".to_owned()]));
}

#[tokio::test]
async fn a_role_that_is_refused_because_it_is_there_is_the_existing_one() {
    for status in ["400 Bad Request", "409 Conflict"] {
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[create_role(1)]);
        let role = create_role(1).after;
        let mut there = serde_json::Map::from_iter([("sid".to_owned(), json!("RLthere"))]);
        there.extend(role);
        let server = Server::start([
            no_roles(),
            refused(status, 50999, "a role of this name exists"),
            page("roles", &json!([there])),
        ])
        .await;
        apply(&server, journal, &options()).await;
        assert_eq!(states(&path), ["existing"], "{status}");
        assert_eq!(entries(&path)[0].2["sid"], "RLthere");
        // Where it is not there the refusal is what it ends with.
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = plan(&folder, &[create_role(1)]);
        let server = Server::start([no_roles(), refused(status, 50999, "no"), no_roles()]).await;
        apply(&server, journal, &options()).await;
        assert_eq!(states(&path), ["failed"], "{status}");
    }
}
