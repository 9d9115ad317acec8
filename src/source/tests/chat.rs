//! Conversion of pages, and the source against a scripted server. The rows are those of the OpenAPI examples of
//! `chat.v2.service.*`, shortened.

use std::sync::Arc;

use super::super::convert::permissions;
use super::super::*;
use crate::model::{AccountSid, IssueKind, JsonText, MembershipStatus, NotificationLevel, RoleType};
use crate::twilio::PageError;
use crate::twilio::test_server::{Act, Server, answer, ok};

const ACCOUNT: &str = "AC000000000000000000000000000000ac";
const SERVICE: &str = "IS00000000000000000000000000000001";
const USER: &str = "US00000000000000000000000000000002";
const CHANNEL: &str = "CH00000000000000000000000000000003";

fn service_sid() -> ServiceSid {
    ServiceSid::from_digits(1)
}

fn user_sid() -> UserSid {
    UserSid::from_digits(2)
}

fn channel_sid() -> ChannelSid {
    ChannelSid::from_digits(3)
}

fn body(key: &str, rows: &str, next: &str) -> String {
    format!(
        r#"{{"meta": {{"page": 0, "page_size": 50, "first_page_url": "https://chat.twilio.com/v2?Page=0",
        "previous_page_url": null, "url": "https://chat.twilio.com/v2", "next_page_url": {next}, "key": "{key}"}},
        "{key}": [{rows}]}}"#
    )
}

fn read(list: &List, key: &str, rows: &str) -> ListPage {
    let account = AccountSid::from_wire(ACCOUNT);
    let asked = Asked { api: Api::Chat, account: &account, service: None, user: None, channel: None };
    let listing = requests::listing(Api::Chat, list.entity()).unwrap();
    read_page(list, listing.key, list.asked(asked), body(key, rows, "null").as_bytes()).unwrap().0
}

/// Subject, field, kind and value of every issue.
fn issues(page: &ListPage) -> Vec<(&str, &str, IssueKind, &str)> {
    page.issues.iter().map(|issue| (&*issue.subject, &*issue.field, issue.kind, &*issue.value)).collect()
}

fn user_channels() -> List {
    List::UserChannels(service_sid(), user_sid())
}

fn user_channel(more: &str) -> String {
    format!(
        r#"{{"account_sid": "{ACCOUNT}", "service_sid": "{SERVICE}", "channel_sid": "{CHANNEL}", "user_sid": "{USER}",
        "member_sid": "MB00000000000000000000000000000004", "status": "joined", "last_consumed_message_index": 5,
        "unread_messages_count": 5, "notification_level": "default", {more}
        "url": "https://chat.twilio.com/v2/x", "links": {{"channel": "https://chat.twilio.com/v2/y", "member": "z"}}}}"#
    )
}

fn membership(page: &ListPage) -> &Membership {
    let Records::Memberships(memberships) = &page.records else { panic!("memberships") };
    &memberships[0]
}

#[test]
fn a_published_user_channel_has_no_issues() {
    let page = read(&user_channels(), "channels", &user_channel(""));
    let membership = membership(&page);
    assert_eq!(membership.user_sid, user_sid());
    assert_eq!(membership.channel_sid, channel_sid());
    assert_eq!(membership.status, Some(MembershipStatus::Joined));
    assert_eq!(
        (membership.last_consumed_message_index, membership.unread_messages_count),
        (Some(5), Some(5))
    );
    assert_eq!(membership.notification_level, Some(NotificationLevel::Default));
    assert_eq!((&membership.extra, page.received, page.page_size), (&None, 1, Some(50)));
    assert_eq!(issues(&page), []);
}

#[test]
fn null_is_not_zero() {
    let row = format!(
        r#"{{"channel_sid": "{CHANNEL}", "unread_messages_count": 0, "last_consumed_message_index": null}}"#
    );
    let page = read(&user_channels(), "channels", &row);
    let membership = membership(&page);
    assert_eq!((membership.unread_messages_count, membership.last_consumed_message_index), (Some(0), None));
    assert_eq!((&membership.status, &membership.member_sid, &membership.service_sid), (&None, &None, &None));
    assert_eq!(membership.user_sid, user_sid(), "what was asked for");
    assert_eq!(issues(&page), []);
}

#[test]
fn what_is_unknown_is_kept_and_reported() {
    let row = user_channel(r#""muted_until": {"a": [1.50]}, "color": null,"#)
        .replace("joined", "banned")
        .replace(r#""last_consumed_message_index": 5"#, r#""last_consumed_message_index": "5""#);
    let page = read(&user_channels(), "channels", &row);
    let record = membership(&page);
    assert_eq!(record.status, Some(MembershipStatus::Other("banned".into())));
    assert_eq!(record.last_consumed_message_index, None);
    let extra = r#"{"muted_until":{"a": [1.50]},"color":null,"last_consumed_message_index":"5"}"#;
    assert_eq!(record.extra, Some(JsonText(extra.into())));
    let subject = format!("{USER}/{CHANNEL}");
    assert_eq!(
        issues(&page),
        [
            (&*subject, "muted_until", IssueKind::UnknownKey, r#"{"a": [1.50]}"#),
            (&*subject, "color", IssueKind::UnknownKey, "null"),
            (&*subject, "last_consumed_message_index", IssueKind::WrongType, r#""5""#),
            (&*subject, "status", IssueKind::UnknownValue, r#""banned""#),
        ]
    );
}

#[test]
fn both_spellings_of_not_participating_are_known() {
    for (text, status) in [
        ("notParticipating", MembershipStatus::NotParticipating),
        ("not_participating", MembershipStatus::NotParticipatingSnakeCase),
    ] {
        let page = read(&user_channels(), "channels", &user_channel("").replace("joined", text));
        assert_eq!(membership(&page).status, Some(status));
        assert_eq!(issues(&page), []);
    }
}

#[test]
fn another_parent_than_the_one_asked_for_is_reported() {
    let row = user_channel("")
        .replace(USER, "US000000000000000000000000000000ff")
        .replace(SERVICE, "IS000000000000000000000000000000ff")
        .replace(ACCOUNT, "AC000000000000000000000000000000ff");
    let page = read(&user_channels(), "channels", &row);
    let record = membership(&page);
    assert_eq!(record.user_sid, user_sid(), "a key is what was asked for");
    assert_eq!(record.service_sid, Some(ServiceSid::from_digits(0xff)), "any other field is what was sent");
    assert_eq!(record.extra, Some(JsonText(r#"{"user_sid":"US000000000000000000000000000000ff"}"#.into())));
    let fields: Vec<_> = issues(&page).iter().map(|(_, field, kind, _)| (*field, *kind)).collect();
    let other = IssueKind::OtherParent;
    assert_eq!(fields, [("account_sid", other), ("service_sid", other), ("user_sid", other)]);
}

#[test]
fn a_sid_that_is_none_is_kept() {
    let rows = r#"{"sid": "US00000000000000000000000000000002", "role_sid": "admin"},
        {"sid": "u2", "role_sid": null}, {"sid": "USABCDEF00000000000000000000000000"}"#;
    let page = read(&List::Users(service_sid()), "users", rows);
    let Records::Users(users) = &page.records else { panic!("users") };
    assert_eq!(users[0].role_sid.as_ref().unwrap().to_string(), "admin");
    assert_eq!(users[1].sid.to_string(), "u2");
    let malformed = IssueKind::MalformedSid;
    assert_eq!(
        issues(&page),
        [(USER, "role_sid", malformed, r#""admin""#), ("u2", "sid", malformed, r#""u2""#)],
        "upper-case digits fit the published pattern"
    );
}

#[test]
fn a_row_without_its_key_is_an_issue_that_holds_it() {
    let rows = r#"{"sid": null, "identity": "a"}, 5, {"sid": "MB00000000000000000000000000000004"}"#;
    let page = read(&List::Members(service_sid(), channel_sid()), "members", rows);
    let Records::Members(members) = &page.records else { panic!("members") };
    assert_eq!((members.len(), page.received), (1, 3));
    assert_eq!(members[0].channel_sid, channel_sid());
    assert_eq!(
        issues(&page),
        [
            ("", "", IssueKind::Unusable, r#"{"sid": null, "identity": "a"}"#),
            ("", "", IssueKind::Unusable, "5"),
        ]
    );
}

#[test]
fn roles_keep_permissions_that_nobody_knows() {
    assert!(permissions(Api::Chat).is_sorted());
    let row = r#"{"sid": "RL00000000000000000000000000000005", "type": "deployment",
        "permissions": ["createChannel", "flyToTheMoon"], "date_created": "2016-03-03T19:47:15Z"}"#;
    let page = read(&List::Roles(service_sid()), "roles", row);
    let Records::Roles(roles) = &page.records else { panic!("roles") };
    assert_eq!(roles[0].r#type, Some(RoleType::Deployment));
    assert_eq!(roles[0].permissions.as_deref().unwrap(), ["createChannel", "flyToTheMoon"]);
    let sid = "RL00000000000000000000000000000005";
    assert_eq!(issues(&page), [(sid, "permissions", IssueKind::UnknownValue, r#""flyToTheMoon""#)]);
    let page =
        read(&List::Roles(service_sid()), "roles", &format!(r#"{{"sid": "{sid}", "type": "service"}}"#));
    assert_eq!(
        issues(&page),
        [(sid, "type", IssueKind::UnknownValue, r#""service""#)],
        "Conversations' word"
    );
}

#[test]
fn nested_values_are_kept_as_text() {
    let limits = r#"{"user_channels": 250, "channel_members": 100}"#;
    let row = format!(
        r#"{{"sid": "{SERVICE}", "account_sid": "{ACCOUNT}", "limits": {limits}, "webhook_filters": null,
        "notifications": {{}}, "media": {{"size_limit_mb": 150, "compatibility_message": "new \u2603"}}}}"#
    );
    let page = read(&List::Services, "services", &row);
    let Records::Services(services) = &page.records else { panic!("services") };
    assert_eq!(services[0].limits, Some(JsonText(limits.into())));
    assert_eq!((&services[0].webhook_filters, issues(&page)), (&None, vec![]));
    assert_eq!(
        &*services[0].media.as_ref().unwrap().0,
        r#"{"size_limit_mb": 150, "compatibility_message": "new \u2603"}"#
    );
}

#[test]
fn a_message_says_its_channel_twice() {
    let row = |to: &str| {
        format!(
            r#"{{"sid": "IM00000000000000000000000000000006", "to": "{to}", "channel_sid": "{CHANNEL}", "from": "ä",
            "was_edited": false, "index": 0, "body": "Hi", "type": "media",
            "media": {{"sid": "ME1", "size": 9223372036854775808}}}}"#
        )
    };
    let list = List::Messages(service_sid(), channel_sid());
    let page = read(&list, "messages", &row(CHANNEL));
    let Records::Messages(messages) = &page.records else { panic!("messages") };
    assert_eq!(
        (messages[0].index, messages[0].from.as_deref(), &messages[0].extra),
        (Some(0), Some("ä"), &None)
    );
    assert_eq!(issues(&page), []);
    let page = read(&list, "messages", &row("CH9"));
    assert_eq!(issues(&page)[0].1, "to");
}

#[tokio::test]
async fn a_list_is_followed_past_an_empty_page_until_the_api_says_that_it_ends() {
    let next = |token| {
        format!(
            r#""https://chat.twilio.com/v2/Services/{SERVICE}/Users?PageSize=100&Page=1&PageToken={token}""#
        )
    };
    let user = format!(r#"{{"sid": "{USER}"}}"#);
    let server = Server::start([
        ok(&body("users", &user, &next("PT%2Fa"))),
        ok(&body("users", "", &next("PTb"))),
        ok(&body("users", "", "null")),
    ])
    .await;
    let source = Source::new(Api::Chat, Arc::new(Client::new(server.options()).unwrap()));
    let list = List::Users(service_sid());
    let (mut cursor, mut received) = (None, 0);
    loop {
        let page = source.page(&list, cursor.as_deref(), None).await.unwrap();
        received += page.received;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let paths: Vec<_> =
        server.requests().iter().map(|request| request.split(' ').nth(1).unwrap().to_owned()).collect();
    let base = format!("/v2/Services/{SERVICE}/Users?PageSize=100");
    assert_eq!(
        paths,
        [base.clone(), format!("{base}&Page=1&PageToken=PT%2Fa"), format!("{base}&Page=1&PageToken=PTb")]
    );
    assert_eq!(received, 1);
}

#[tokio::test]
async fn credentials_never_go_to_another_host() {
    let elsewhere = Server::start([ok(&body("users", "", "null"))]).await;
    let next = format!(r#""{}/v2/Services/{SERVICE}/Users?PageToken=PTa""#, elsewhere.origin);
    let server = Server::start([ok(&body("users", "", &next))]).await;
    let source = Source::new(Api::Chat, Arc::new(Client::new(server.options()).unwrap()));
    let error = source.page(&List::Users(service_sid()), None, None).await.unwrap_err();
    assert!(matches!(error, SourceError::Page(PageError::ForeignHost { .. })), "{error}");
    let error = source.page(&List::Users(service_sid()), Some("@evil.example/v2"), None).await.unwrap_err();
    assert!(matches!(error, SourceError::Page(PageError::NotAPath { .. })), "{error}");
    assert_eq!((server.requests().len(), elsewhere.connections()), (1, 0));
}

#[tokio::test]
async fn a_page_that_names_itself_as_the_next_is_an_error() {
    let path = format!("/v2/Services/{SERVICE}/Users?PageSize=100");
    let first = format!(r#""https://chat.twilio.com{path}""#);
    let later = format!(r#""https://chat.twilio.com{path}&Page=2&PageToken=PTa""#);
    let server = Server::start([ok(&body("users", "", &first)), ok(&body("users", "", &later))]).await;
    let source = Source::new(Api::Chat, Arc::new(Client::new(server.options()).unwrap()));
    let list = List::Users(service_sid());
    for cursor in [None, Some(format!("{path}&Page=1&PageToken=PTa"))] {
        let error = source.page(&list, cursor.as_deref(), None).await.unwrap_err();
        assert!(matches!(error, SourceError::Page(PageError::Repeated { .. })), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_page_is_fetched_again() {
    let whole = body("channels", &user_channel(""), "null");
    let server = Server::start([
        Act::SendAndClose(format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{whole}").into_bytes()),
        ok("{}"),
        ok(whole.strip_suffix("]}").unwrap()),
        ok(&whole),
    ])
    .await;
    let source = Source::new(Api::Chat, Arc::new(Client::new(server.options()).unwrap()));
    let page = source.page(&user_channels(), None, Some(20)).await.unwrap();
    assert_eq!((page.received, source.client().counters().attempts), (1, 4));
    assert!(server.requests()[3].contains("/Channels?PageSize=20 "));
}

#[tokio::test]
async fn single_resources_are_fetched_with_their_issues() {
    let user = format!(r#"{{"sid": "{USER}", "is_online": true, "service_sid": "{SERVICE}", "new": 1}}"#);
    let gone = answer("404 Not Found", "", r#"{"code": 20404, "message": "gone", "status": 404}"#);
    let server =
        Server::start([ok(&user), gone, ok(&user_channel("")), ok(&format!(r#"{{"sid": "{SERVICE}"}}"#))])
            .await;
    let source = Source::new(Api::Chat, Arc::new(Client::new(server.options()).unwrap()));
    let fetched = source.user(&service_sid(), &user_sid()).await.unwrap();
    assert_eq!((fetched.record.is_online, fetched.issues.len()), (Some(true), 1));
    let error = source.channel(&service_sid(), &channel_sid()).await.unwrap_err();
    assert!(error.request().is_some_and(crate::twilio::RequestError::is_not_found), "{error}");
    let fetched = source.membership(&service_sid(), &user_sid(), &channel_sid()).await.unwrap();
    assert!(fetched.record.is_joined() && fetched.issues.is_empty());
    assert_eq!(source.service(&service_sid()).await.unwrap().record.sid, service_sid());
}

#[test]
fn half_of_an_emoji_costs_half_of_an_emoji() {
    let list = List::Messages(service_sid(), channel_sid());
    let sid = "IM00000000000000000000000000000007";
    let row = format!(
        r#"{{"sid": "{sid}", "body": "well \ud83d", "attributes": "{{\"a\":1}}", "media": {{"filename": "\ude00.png"}}}}"#
    );
    let page = read(&list, "messages", &row);
    let Records::Messages(messages) = &page.records else { panic!("messages") };
    assert_eq!(messages[0].body.as_deref(), Some("well \u{fffd}"));
    assert_eq!(&*messages[0].media.as_ref().unwrap().0, r#"{"filename": "\ufffd.png"}"#);
    assert_eq!(messages[0].extra, None);
    assert_eq!(
        issues(&page),
        [
            (sid, "body", IssueKind::BrokenText, r#""well \ud83d""#),
            (sid, "media", IssueKind::BrokenText, r#"{"filename": "\ude00.png"}"#),
        ]
    );
}

#[tokio::test]
async fn a_service_of_another_account_is_refused() {
    let other = "AC000000000000000000000000000000bb";
    let record = format!(r#"{{"sid": "{SERVICE}", "account_sid": "{other}"}}"#);
    let server = Server::start([ok(&record), ok(&body("services", &record, "null"))]).await;
    let source = Source::new(Api::Chat, Arc::new(Client::new(server.options()).unwrap()));
    let fetched = source.service(&service_sid()).await.map(drop);
    let listed = source.page(&List::Services, None, None).await.map(drop);
    for refused in [fetched, listed] {
        let error = refused.unwrap_err();
        assert!(error.is_other_account(), "{error}");
        assert!(error.to_string().contains(other), "{error}");
        assert_eq!(error.status(), Failure::Refused);
    }
}
