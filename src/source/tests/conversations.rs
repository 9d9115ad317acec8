//! Conversion of pages, against the published examples of `conversations/v1`, and the source against a scripted server.

use std::sync::Arc;

use super::super::convert::permissions;
use super::super::*;
use crate::model::{
    AccountSid, Api, ConversationState, Issue, IssueKind, JsonText, MemberSid, MembershipStatus,
    MessagingServiceSid, NotificationLevel, RoleSid, RoleType,
};
use crate::twilio::test_server::{Act, Server, answer, ok};

/// The digits that every SID of the examples has.
const A: u128 = 0xaaaa_aaaa_aaaa_aaaa_aaaa_aaaa_aaaa_aaaa;

macro_rules! example {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/wire/conversations_v1/", $name, ".json"))
    };
}

fn service_sid() -> ServiceSid {
    ServiceSid::from_digits(A)
}

fn read(list: &List, body: &str) -> ListPage {
    let account = AccountSid::from_digits(A);
    let asked =
        Asked { api: Api::Conversations, account: &account, service: None, user: None, channel: None };
    let listing = requests::listing(Api::Conversations, list.entity()).unwrap();
    read_page(list, listing.key, list.asked(asked), body.as_bytes()).unwrap().0
}

/// Field, kind and value of every issue.
fn said(issues: &[Issue]) -> Vec<(&str, IssueKind, &str)> {
    issues.iter().map(|issue| (&*issue.field, issue.kind, &*issue.value)).collect()
}

#[test]
fn a_user_conversation_is_a_joined_membership_and_brings_nothing_of_the_conversation() {
    let list = List::UserChannels(service_sid(), UserSid::from_digits(A));
    let page = read(&list, example!("ListServiceUserConversation.readFull"));
    let Records::Memberships(memberships) = &page.records else { panic!("memberships") };
    assert_eq!(
        memberships[..],
        [Membership {
            account_sid: Some(AccountSid::from_digits(A)),
            service_sid: Some(service_sid()),
            channel_sid: ChannelSid::from_digits(A),
            user_sid: UserSid::from_digits(A),
            member_sid: Some(MemberSid::from_digits(A)),
            status: Some(MembershipStatus::Joined),
            last_consumed_message_index: Some(100),
            unread_messages_count: Some(100),
            notification_level: Some(NotificationLevel::Default),
            extra: None,
        }]
    );
    assert_eq!((said(&page.issues), page.received, page.page_size), (vec![], 1, Some(50)));
}

#[test]
fn a_conversation_is_a_channel_without_what_conversations_does_not_say() {
    let list = List::Channels(service_sid());
    let page = read(&list, example!("ListServiceConversation.readFull"));
    assert_eq!(said(&page.issues), []);
    let body = format!(
        r#"{{"meta": {{"key": "conversations", "next_page_url": null}}, "conversations": [{}]}}"#,
        example!("FetchServiceConversation.fetch")
    );
    let page = read(&list, &body);
    let Records::Channels(channels) = &page.records else { panic!("channels") };
    let channel = &channels[0];
    assert_eq!(channel.unique_name.as_deref(), Some("first_conversation"));
    assert_eq!(channel.state, Some(ConversationState::Active));
    assert_eq!(channel.messaging_service_sid, Some(MessagingServiceSid::from_digits(A)));
    assert_eq!(channel.bindings, Some(JsonText("{}".into())));
    assert!(channel.timers.as_ref().is_some_and(|timers| timers.0.contains("2015-12-16T22:19:38Z")));
    assert_eq!((&channel.r#type, &channel.created_by), (&None, &None));
    assert_eq!((channel.members_count, channel.messages_count, &channel.extra), (None, None, &None));
    assert_eq!(said(&page.issues), []);
}

#[test]
fn a_message_keeps_its_author_and_media_and_guesses_nothing() {
    let list = List::Messages(service_sid(), ChannelSid::from_digits(A));
    let page = read(
        &list,
        include_str!(
            "../../../tests/data/wire/conversations_v1/ListServiceConversationMessage.readFull.json"
        ),
    );
    assert_eq!((said(&page.issues), page.received), (vec![], 3));
    let Records::Messages(messages) = &page.records else { panic!("messages") };
    let message = &messages[0];
    assert_eq!((message.from.as_deref(), message.index), (Some("pie_preferrer"), Some(0)));
    assert_eq!(message.participant_sid, Some(MemberSid::from_digits(A)));
    assert!(message.delivery.as_ref().is_some_and(|delivery| delivery.0.contains("undelivered")));
    assert_eq!((&message.r#type, message.was_edited, &message.last_updated_by), (&None, None, &None));
    assert_eq!((&message.media, &message.extra), (&None, &None));
    let media: serde_json::Value = serde_json::from_str(&messages[2].media.as_ref().unwrap().0).unwrap();
    assert_eq!((&media[0]["filename"], &media[0]["size"]), (&"car.jpg".into(), &42056.into()));
}

#[test]
fn a_participant_without_identity_keeps_its_binding_and_is_nothing_odd() {
    let list = List::Members(service_sid(), ChannelSid::from_digits(A));
    let page = read(&list, example!("ListServiceConversationParticipant.read"));
    let Records::Members(members) = &page.records else { panic!("members") };
    assert_eq!(members[0].identity, None);
    let binding = &members[0].extra.as_ref().unwrap().0;
    assert!(
        binding.starts_with(r#"{"messaging_binding":{"#) && binding.contains("+15558675310"),
        "{binding}"
    );
    assert_eq!((members[1].identity.as_deref(), &members[1].extra), (Some("IDENTITY"), &None));
    assert_eq!(members[1].role_sid, Some(RoleSid::from_digits(A)));
    assert_eq!(said(&page.issues), []);
}

#[test]
fn roles_and_users_keep_conversations_own_words() {
    assert!(permissions(Api::Conversations).is_sorted());
    let list = List::Roles(service_sid());
    let page = read(&list, example!("ListServiceRole.readFull"));
    let Records::Roles(roles) = &page.records else { panic!("roles") };
    assert_eq!(roles[0].r#type, Some(RoleType::Conversation));
    assert_eq!(roles[0].permissions.as_ref().unwrap()[1], "leaveConversation");
    assert_eq!(said(&page.issues), []);
    let page =
        read(&list, &example!("ListServiceRole.readFull").replace("\"conversation\"", "\"deployment\""));
    assert_eq!(said(&page.issues), [("type", IssueKind::UnknownValue, "\"deployment\"")]);

    let page = read(&List::Users(service_sid()), example!("ListServiceUser.readFull"));
    let Records::Users(users) = &page.records else { panic!("users") };
    assert_eq!((users[0].joined_channels_count, users[0].service_sid.as_ref()), (None, Some(&service_sid())));
    assert_eq!(said(&page.issues), []);
    let page = read(&List::Services, example!("ListService.readFull"));
    assert_eq!((page.received > 0, said(&page.issues)), (true, vec![]));
}

#[test]
fn what_is_unknown_is_kept_and_reported() {
    let list = List::UserChannels(service_sid(), UserSid::from_digits(1));
    let body = example!("ListServiceUserConversation.readFull")
        .replace("\"default\"", "\"loud\"")
        .replace("\"created_by\": \"created_by\"", "\"created_by\": 7, \"color\": \"red\"")
        .replace("\"unread_messages_count\": 100", "\"unread_messages_count\": \"many\"");
    let page = read(&list, &body);
    let Records::Memberships(memberships) = &page.records else { panic!("memberships") };
    assert_eq!(memberships[0].user_sid, UserSid::from_digits(1), "the key is what was asked for");
    let extra = &memberships[0].extra.as_ref().unwrap().0;
    assert!(
        extra.contains(r#""color":"red""#) && extra.contains(r#""unread_messages_count":"many""#),
        "{extra}"
    );
    let kinds: Vec<_> = said(&page.issues).into_iter().map(|(field, kind, _)| (field, kind)).collect();
    assert_eq!(
        kinds,
        [
            ("color", IssueKind::UnknownKey),
            ("unread_messages_count", IssueKind::WrongType),
            ("user_sid", IssueKind::OtherParent),
            ("notification_level", IssueKind::UnknownValue),
        ]
    );
}

/// The five resources of a service, as published.
fn resources() -> [Act; 5] {
    [
        ok(example!("FetchService.fetch")),
        ok(example!("FetchConfiguration.fetch")),
        ok(example!("FetchServiceConfiguration.fetch")),
        ok(example!("FetchServiceWebhookConfiguration.fetch")),
        ok(example!("FetchServiceNotification.fetch")),
    ]
}

async fn fetch_service(script: impl IntoIterator<Item = Act>) -> (Fetched<Service>, Vec<String>) {
    let server = Server::start(script).await;
    let mut options = server.options();
    options.credentials.account_sid = AccountSid::from_digits(A);
    let source = Source::new(Api::Conversations, Arc::new(Client::new(options).unwrap()));
    let fetched = source.service(&service_sid()).await.unwrap();
    let paths = server.requests().iter().map(|text| text.split(' ').nth(1).unwrap().to_owned()).collect();
    (fetched, paths)
}

#[tokio::test]
async fn a_service_is_five_resources() {
    let (fetched, paths) = fetch_service(resources()).await;
    let base = format!("/v1/Services/{}", service_sid());
    assert_eq!(
        paths,
        [
            base.clone(),
            "/v1/Configuration".to_owned(),
            format!("{base}/Configuration"),
            format!("{base}/Configuration/Webhooks"),
            format!("{base}/Configuration/Notifications"),
        ]
    );
    assert_eq!(paths.len() as u64, Api::Conversations.requests_of_service());
    let service = fetched.record;
    assert_eq!(service.default_channel_role_sid, Some(RoleSid::from_digits(A)));
    assert_eq!(service.default_service_role_sid, Some(RoleSid::from_digits(A)));
    assert_eq!(service.default_channel_creator_role_sid, Some(RoleSid::from_digits(A)));
    assert!(service.reachability_enabled.is_some() && service.webhook_method.is_some());
    assert!(service.webhook_filters.unwrap().0.contains("onMessage"));
    let notifications: serde_json::Value = serde_json::from_str(&service.notifications.unwrap().0).unwrap();
    assert_eq!(notifications["log_enabled"], false);
    assert_eq!(notifications["new_message"]["with_media"]["enabled"], false);
    let whole: serde_json::Value = serde_json::from_str(&service.configuration.unwrap().0).unwrap();
    let keys: Vec<_> = whole.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["account", "service", "webhooks", "notifications"]);
    assert_eq!(whole["service"]["chat_service_sid"], service_sid().to_string());
    // The scripted client is of another account than the examples.
    assert!(fetched.issues.iter().all(|issue| issue.kind == IssueKind::OtherParent), "{:?}", fetched.issues);
}

#[tokio::test]
async fn a_configuration_that_may_not_be_read_is_an_issue() {
    let mut script = resources().to_vec();
    let gone = answer("404 Not Found", "", r#"{"code": 20404, "message": "gone", "status": 404}"#);
    script[1] = answer("403 Forbidden", "", r#"{"code": 20003, "message": "no", "status": 403}"#);
    script[3] = gone.clone();
    script[4] =
        ok(&example!("FetchServiceNotification.fetch").replace("\"log_enabled\"", "\"log_everything\""));
    script.insert(4, gone.clone());
    script.insert(2, gone); // once only: it is there
    let (fetched, _) = fetch_service(script).await;
    let unreadable: Vec<_> = fetched
        .issues
        .iter()
        .filter(|issue| issue.kind == IssueKind::Unreadable)
        .map(|i| &*i.field)
        .collect();
    assert_eq!(unreadable, ["configuration.account", "configuration.webhooks"]);
    assert!(said(&fetched.issues).contains(&(
        "configuration.notifications.log_everything",
        IssueKind::UnknownKey,
        "false"
    )));
    let service = fetched.record;
    assert_eq!((service.webhook_method, service.webhook_filters), (None, None));
    let whole: serde_json::Value = serde_json::from_str(&service.configuration.unwrap().0).unwrap();
    assert!(whole["account"].is_null() && whole["webhooks"].is_null() && whole["service"].is_object());
}

#[tokio::test]
async fn lists_that_conversations_does_not_have_are_never_asked_for() {
    let server = Server::start([]).await;
    let source = Source::new(Api::Conversations, Arc::new(Client::new(server.options()).unwrap()));
    let list = List::Invites(service_sid(), ChannelSid::from_digits(1), None);
    let error = source.page(&list, None, None).await.unwrap_err();
    assert_eq!(error.to_string(), "Conversations has no list of invites to read");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_list_is_followed_on_its_own_host() {
    let base = format!("/v1/Services/{}/Users?PageSize=50", service_sid());
    let next = format!(r#""https://conversations.twilio.com{base}&Page=1&PageToken=PTa""#);
    let chats = r#""https://chat.twilio.com/v2/x""#;
    let page =
        |next: &str| format!(r#"{{"meta": {{"key": "users", "next_page_url": {next}}}, "users": []}}"#);
    let server = Server::start([ok(&page(&next)), ok(&page(chats))]).await;
    let source = Source::new(Api::Conversations, Arc::new(Client::new(server.options()).unwrap()));
    let list = List::Users(service_sid());
    let cursor = source.page(&list, None, None).await.unwrap().next.unwrap();
    let error = source.page(&list, Some(&cursor), None).await.unwrap_err();
    assert!(matches!(error, SourceError::Page(crate::twilio::PageError::ForeignHost { .. })), "{error}");
    assert!(server.requests()[1].contains(&format!("{base}&Page=1&PageToken=PTa ")));
}
