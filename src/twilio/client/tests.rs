//! The client against a scripted server on loopback.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use super::*;
use crate::event::Events;
use crate::model::ServiceSid;
use crate::secret::{Credentials, Secret};
use crate::twilio::chat::requests;
use crate::twilio::test_server::{Act, Server, answer, ok};

const PAGE: &str = r#"{"meta": {"key": "users", "next_page_url": null}, "users": []}"#;

fn users() -> ApiRequest {
    requests::list_users(&ServiceSid::from_digits(1), None)
}

fn update() -> ApiRequest {
    ApiRequest::post(Api::Chat, ["v2", "Services"]).form("NotificationLevel", "muted").repeatable()
}

fn create() -> ApiRequest {
    ApiRequest::post(Api::Conversations, ["v1", "Conversations"]).form("FriendlyName", "x")
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn counted(client: &Client) -> (u64, u64, u64) {
    let Counters { attempts, retried, throttled } = client.counters();
    (attempts, retried, throttled)
}

#[tokio::test]
async fn a_request_is_signed_and_says_who_sends_it() {
    let server = Server::start([ok(PAGE), ok("{}")]).await;
    let client = Client::new(server.options()).unwrap();
    let reply = client.send(&users()).await.unwrap();
    assert_eq!((reply.status, reply.attempts, &reply.body[..]), (200, 1, PAGE.as_bytes()));
    client.send(&update()).await.unwrap();
    let [get, post] = <[String; 2]>::try_from(server.requests()).unwrap();
    let path = "/v2/Services/IS00000000000000000000000000000001/Users?PageSize=100";
    assert!(get.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{get}");
    let credentials = "QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDBhYzptYXJrZXItc2VjcmV0"; // AC00…ac:marker-secret
    assert!(get.contains(&format!("authorization: Basic {credentials}\r\n")), "{get}");
    assert!(get.contains(concat!("user-agent: chatferry/", env!("CARGO_PKG_VERSION"), "\r\n")), "{get}");
    assert!(get.contains("accept-encoding: gzip\r\n"), "{get}");
    assert!(!get.contains("webhook"), "{get}");
    assert!(post.contains("x-twilio-webhook-enabled: false\r\n"), "{post}");
    assert!(post.contains("content-type: application/x-www-form-urlencoded\r\n"), "{post}");
    assert!(post.ends_with("\r\n\r\nNotificationLevel=muted"), "{post}");
}

#[tokio::test]
async fn one_connection_serves_one_request_after_the_other() {
    let server = Server::start((0..20).map(|_| ok(PAGE))).await;
    let client = Client::new(server.options()).unwrap();
    for _ in 0..20 {
        client.send(&users()).await.unwrap();
    }
    assert_eq!((server.connections(), counted(&client)), (1, (20, 0, 0)));
}

#[tokio::test]
async fn gzip_is_unpacked_and_a_damaged_stream_is_fetched_again() {
    let whole = gzipped(PAGE);
    let mut damaged = whole.clone();
    damaged.truncate(whole.len() / 2);
    let gzip = "Content-Encoding: gzip\r\n";
    let server = Server::start([answer("200 OK", gzip, damaged), answer("200 OK", gzip, whole)]).await;
    let client = Client::new(server.options()).unwrap();
    let reply = client.send(&users()).await.unwrap();
    assert_eq!((&reply.body[..], reply.attempts), (PAGE.as_bytes(), 2));
}

#[tokio::test]
async fn what_a_network_and_a_server_do_wrong_is_tried_again() {
    let cut = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{{\"meta\"", PAGE.len());
    let faults = [
        Act::SendAndClose(Vec::new()),
        Act::SendAndClose(cut.into_bytes()),
        Act::SendAndClose(b"HTTP/1.1 200 OK\r\n\r\n{\"meta\": ".to_vec()),
        ok("<html>proxy</html>"),
        ok(""),
        answer("500 Internal Server Error", "", ""),
        answer("503 Service Unavailable", "Retry-After: 5\r\n", "busy"),
        ok(PAGE),
    ];
    let server = Server::start(faults).await;
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (log, mut options) = (Arc::clone(&lines), server.options());
    options.events = Events::new(move |event| match event {
        Event::Retrying { request, why, attempt, .. } => {
            log.lock().unwrap().push(format!("{request} {attempt} {why}"));
        }
        Event::Attempted { will_retry, .. } => log.lock().unwrap().push(format!("{will_retry}")),
        _ => {}
    });
    let client = Client::new(options).unwrap();
    let reply = client.send(&users()).await.unwrap();
    assert_eq!((reply.attempts, counted(&client)), (8, (8, 7, 0)));
    let lines = lines.lock().unwrap().join("\n").replace("00000000000000000000000000000001", "1");
    let expected = "true\nGET /v2/Services/IS1/Users 1 connection broken\n\
        true\nGET /v2/Services/IS1/Users 2 connection broken\n\
        true\nGET /v2/Services/IS1/Users 3 unreadable answer\n\
        true\nGET /v2/Services/IS1/Users 4 unreadable answer\n\
        true\nGET /v2/Services/IS1/Users 5 unreadable answer\n\
        true\nGET /v2/Services/IS1/Users 6 answered 500\n\
        true\nGET /v2/Services/IS1/Users 7 answered 503\nfalse";
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn the_budget_ends_and_the_error_says_what_happened_last() {
    let body =
        r#"{"code": 20500, "message": "Internal Server Error", "more_info": "https://x", "status": 500}"#;
    let headers = "Twilio-Request-Id: RQ77\r\n";
    let server = Server::start((0..9).map(|_| answer("500 Internal Server Error", headers, body))).await;
    let client = Client::new(server.options()).unwrap();
    let error = client.send(&users()).await.unwrap_err();
    assert_eq!((error.attempts, error.status, error.code), (8, Some(500), Some(20500)));
    assert_eq!(error.request_id.as_deref(), Some("RQ77"));
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("Twilio error 20500: Internal Server Error") && !shown.contains("marker-secret"));
}

#[tokio::test]
async fn refusals_have_a_larger_budget_for_a_post_too() {
    let refusal =
        || answer("429 Too Many Requests", "Twilio-Concurrent-Requests: 100\r\n", r#"{"code": 20429}"#);
    let server = Server::start((0..20).map(|_| refusal()).chain([ok("{}")])).await;
    let client = Client::new(server.options()).unwrap();
    assert_eq!(client.send(&create()).await.unwrap().attempts, 21);
    assert_eq!(counted(&client), (21, 20, 20));
    assert!(client.concurrency_limit() < 4, "{}", client.concurrency_limit());
}

#[tokio::test]
async fn a_post_of_unknown_outcome_is_not_repeated() {
    for fault in [Act::SendAndClose(Vec::new()), ok("not json"), answer("502 Bad Gateway", "", "")] {
        let server = Server::start([fault, ok("{}")]).await;
        let client = Client::new(server.options()).unwrap();
        client.send(&create()).await.unwrap_err();
        assert_eq!(server.requests().len(), 1);
    }
    let server = Server::start([answer("502 Bad Gateway", "", ""), ok("{}")]).await;
    let client = Client::new(server.options()).unwrap();
    assert_eq!(client.send(&update()).await.unwrap().attempts, 2);
}

#[tokio::test]
async fn some_refusals_are_final() {
    for (status, code) in [("400 Bad Request", 20001), ("401 Unauthorized", 20003), ("404 Not Found", 20404)]
    {
        let body = format!(r#"{{"code": {code}, "message": "no", "status": 0}}"#);
        let server = Server::start([answer(status, "", body), ok(PAGE)]).await;
        let client = Client::new(server.options()).unwrap();
        let error = client.send(&users()).await.unwrap_err();
        assert_eq!((error.attempts, error.code, server.requests().len()), (1, Some(code), 1));
        assert_eq!(error.is_unauthorized(), code == 20003);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start([ok(PAGE)]).await;
    let location = format!("Location: {}/v2\r\n", elsewhere.origin);
    let server = Server::start([answer("307 Temporary Redirect", &location, ""), ok(PAGE)]).await;
    let client = Client::new(server.options()).unwrap();
    let error = client.send(&users()).await.unwrap_err();
    assert!(matches!(error.kind, RequestErrorKind::Redirect), "{error}");
    assert_eq!((server.requests().len(), elsewhere.connections()), (1, 0));
}

#[tokio::test]
async fn no_connection_is_tried_again_even_for_a_post() {
    let server = Server::start([]).await;
    let options = server.options();
    drop(server);
    let client = Client::new(options).unwrap();
    let error = client.send(&create()).await.unwrap_err();
    assert!(matches!(error.kind, RequestErrorKind::NotSent(_)), "{error}");
    assert_eq!(error.attempts, 8);
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_server_that_hangs_is_left_and_tried_again() {
    let server = Server::start([Act::Hang, ok(PAGE)]).await;
    let mut options = server.options();
    options.timeouts.read = std::time::Duration::from_millis(400);
    let client = Client::new(options).unwrap();
    assert_eq!(client.send(&users()).await.unwrap().attempts, 2);
}

#[tokio::test]
async fn once_the_run_is_ending_nothing_new_is_sent() {
    let server =
        Server::start([answer("503 Service Unavailable", "Retry-After: 300\r\n", ""), ok(PAGE)]).await;
    let mut options = server.options();
    options.retry.scale = 1.0;
    let (cancellation, events) = (options.cancellation.clone(), options.cancellation.clone());
    options.events = Events::new(move |event| {
        if matches!(event, Event::Retrying { .. }) {
            events.cancel(); // while it waits for the next attempt
        }
    });
    let client = Client::new(options).unwrap();
    let error = client.send(&users()).await.unwrap_err();
    assert!(error.is_cancelled() && cancellation.is_cancelled(), "{error}");
    assert_eq!(error.attempts, 1);
    assert!(client.send(&users()).await.unwrap_err().is_cancelled());
    assert_eq!((server.requests().len(), counted(&client)), (1, (1, 0, 0)));
}

#[tokio::test]
async fn nothing_that_prints_holds_the_secret() {
    let server = Server::start([]).await;
    let mut options = server.options();
    let account = options.credentials.account_sid.clone();
    let secret = || Secret::new("hunter2".into());
    for credentials in [
        Credentials::auth_token(account.clone(), secret()),
        Credentials::oauth_client(account, "OQ1".to_owned(), secret()),
    ] {
        options.credentials = credentials;
        assert!(!format!("{options:?} {:?}", Client::new(options.clone()).unwrap()).contains("hunter2"));
    }
}

#[tokio::test]
async fn a_path_that_a_parser_would_take_for_another_is_not_sent() {
    let server = Server::start([ok("{}")]).await;
    let client = Client::new(server.options()).unwrap();
    for name in [".", ".."] {
        let request = ApiRequest::get(Api::Conversations, ["v1", "Services", "IS1", "Users", name]);
        let error = client.send(&request).await.unwrap_err();
        assert!(matches!(error.kind, RequestErrorKind::BadPath), "{name}: {error}");
    }
    for path in ["/v1/Services/%2e%2E/Users", "/v1/Services/.%2e"] {
        let request = ApiRequest::get_verbatim(Api::Conversations, path).unwrap();
        assert!(matches!(client.send(&request).await.unwrap_err().kind, RequestErrorKind::BadPath), "{path}");
    }
    assert!(server.requests().is_empty());
    let request = ApiRequest::get(Api::Conversations, ["v1", "Users", "a.b", "...", "..x"]);
    assert!(client.send(&request).await.is_ok());
}

#[tokio::test]
async fn what_a_gateway_says_is_not_twilios_word() {
    let html = "<html><body>403 Forbidden</body></html>";
    let headers = "Content-Type: text/html; charset=utf-8\r\nServer: squid/6.1\r\n";
    for status in ["403 Forbidden", "404 Not Found", "401 Unauthorized"] {
        let server = Server::start([answer(status, headers, html)]).await;
        let client = Client::new(server.options()).unwrap();
        let error = client.send(&ApiRequest::get(Api::Chat, ["v2", "Services"])).await.unwrap_err();
        assert!(!error.is_forbidden() && !error.is_not_found() && !error.is_unauthorized(), "{status}");
        let text = error.to_string();
        assert!(text.contains("not an answer of Twilio's API but text/html from squid/6.1"), "{text}");
        let hint = crate::error::Advise::hint(&error).unwrap();
        assert!(hint.contains("HTTPS_PROXY"), "{hint}");
    }
    let server = Server::start([answer("403 Forbidden", "", r#"{"code": 20003, "message": "no"}"#)]).await;
    let client = Client::new(server.options()).unwrap();
    let error = client.send(&ApiRequest::get(Api::Chat, ["v2", "Services"])).await.unwrap_err();
    assert!(error.is_forbidden() && error.sender.is_none());
}

#[tokio::test]
async fn an_answer_over_the_limit_is_a_failed_attempt_packed_or_not() {
    let large = format!("\"{}\"", "a".repeat(1 << 20));
    let gzip = "Content-Encoding: gzip\r\n";
    let large = || [ok(&large), answer("200 OK", gzip, gzipped(&large))];
    let server = Server::start(large().into_iter().chain([ok(PAGE)])).await;
    let client = Client::new(server.options()).unwrap();
    assert_eq!(client.send(&users()).await.unwrap().attempts, 3);

    let server = Server::start(large().into_iter().chain(large()).chain([ok(PAGE)])).await;
    let client = Client::new(server.options()).unwrap();
    let error = client.send(&users()).await.unwrap_err();
    assert!(matches!(error.kind, RequestErrorKind::TooLarge { .. }) && error.attempts == 4, "{error}");
    assert!(error.to_string().contains("more than 1 MiB, the limit of --max-answer"), "{error}");
    assert!(crate::error::Advise::hint(&error).unwrap().contains("--max-answer"));
}

#[tokio::test]
async fn of_the_body_of_a_failure_the_beginning_is_read_and_the_status_counts() {
    let large = "x".repeat(10 << 20);
    let server =
        Server::start([answer("503 Service Unavailable", "", &large), answer("404 Not Found", "", &large)])
            .await;
    let client = Client::new(server.options()).unwrap();
    let error = client.send(&users()).await.unwrap_err();
    assert_eq!((error.attempts, error.status), (2, Some(404)));
    assert!(!error.is_not_found(), "such a body is not Twilio's");
}

#[tokio::test]
async fn a_run_that_ends_waits_a_little_for_what_is_in_flight() {
    for (request, is_write) in [(users(), false), (create(), true), (update(), true)] {
        let server = Server::start([Act::Hang]).await;
        let mut options = server.options();
        options.timeouts.grace = Duration::from_millis(50);
        let cancellation = options.cancellation.clone();
        let client = Client::new(options).unwrap();
        let (sent, ()) = tokio::join!(client.send(&request), async {
            while server.requests().is_empty() {
                sleep(Duration::from_millis(5)).await;
            }
            cancellation.cancel();
        });
        let error = sent.unwrap_err();
        assert!(matches!(error.kind, RequestErrorKind::CutOff), "{error}");
        assert_eq!(error.is_cancelled(), !is_write, "a write may have been performed: {error}");
        assert_eq!(crate::error::Advise::status(&error), crate::error::Failure::Interrupted);
    }
}

const TOKEN: &str = r#"{"access_token": "first.token", "token_type": "Bearer", "expires_in": 3600}"#;
const NEXT_TOKEN: &str = r#"{"access_token": "next.token", "token_type": "Bearer", "expires_in": 3600}"#;

fn oauth_client(server: &Server) -> Client {
    let mut options = server.options();
    let account = options.credentials.account_sid.clone();
    options.credentials =
        Credentials::oauth_client(account, "OQ1".to_owned(), Secret::new("s3cret/+".into()));
    Client::new(options).unwrap()
}

fn conversations() -> ApiRequest {
    ApiRequest::get(Api::Conversations, ["v1", "Conversations"])
}

#[tokio::test]
async fn an_oauth_client_asks_for_a_token_once_and_signs_with_it() {
    let server = Server::start([ok(TOKEN), ok("{}"), ok("{}")]).await;
    let client = oauth_client(&server);
    client.send(&conversations()).await.unwrap();
    client.send(&create()).await.unwrap();
    let [token, get, post] = <[String; 3]>::try_from(server.requests()).unwrap();
    assert!(token.starts_with("POST /v2/token HTTP/1.1\r\n"), "{token}");
    let form = "grant_type=client_credentials&client_id=OQ1&client_secret=s3cret%2F%2B";
    assert!(token.ends_with(&format!("\r\n\r\n{form}")), "{token}");
    for request in [get, post] {
        assert!(request.contains("authorization: Bearer first.token\r\n"), "{request}");
    }
    assert_eq!(counted(&client), (2, 0, 0), "a token is no attempt");
}

#[tokio::test]
async fn a_token_that_ends_early_is_renewed_once_for_a_request() {
    let refused = || answer("401 Unauthorized", "", r#"{"code": 20003}"#);
    let server =
        Server::start([ok(TOKEN), refused(), ok(NEXT_TOKEN), ok("{}"), refused(), ok(TOKEN), refused()])
            .await;
    let client = oauth_client(&server);
    client.send(&create()).await.unwrap();
    assert!(server.requests()[3].contains("authorization: Bearer next.token\r\n"));
    let error = client.send(&conversations()).await.unwrap_err();
    assert!(error.is_unauthorized() && error.attempts == 2, "{error}");
    assert_eq!(server.requests().len(), 7);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let brief = |token: &str| ok(&TOKEN.replace("first.token", token).replace("3600", "0"));
    let server = Server::start([brief("a"), ok("{}"), brief("b"), ok("{}")]).await;
    let client = oauth_client(&server);
    client.send(&conversations()).await.unwrap();
    client.send(&conversations()).await.unwrap();
    assert!(server.requests()[3].contains("authorization: Bearer b\r\n"));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let refused = r#"{"code": 20003, "message": "invalid client"}"#;
    let server = Server::start([answer("401 Unauthorized", "", refused)]).await;
    let client = oauth_client(&server);
    let error = client.send(&create()).await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    let expected = format!(
        "POST /v1/Conversations: not sent, the OAuth client got no access token from {}: 401 Unauthorized, Twilio error 20003: \
         invalid client (1 attempt",
        client.origin(Api::Conversations)
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert!(crate::error::Advise::hint(&error).unwrap().contains("TWILIO_CLIENT_SECRET"));
    // Whatever else goes wrong there, the request itself never left, so a create is tried again.
    let server =
        Server::start([answer("503 Service Unavailable", "", ""), ok("no JSON"), ok(TOKEN), ok("{}")]).await;
    oauth_client(&server).send(&create()).await.unwrap();
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn an_oauth_client_sends_nothing_to_chat() {
    let server = Server::start([]).await;
    let error = oauth_client(&server).send(&users()).await.unwrap_err();
    assert!(error.is_forbidden() && error.to_string().contains("Conversations only"), "{error}");
    assert_eq!(server.requests().len(), 0);
}
