//! Summaries of probes as people and programs see them.

use super::*;
use crate::model::Api;

fn answers(origin: &str) -> Answer {
    Answer { answers: true, outcome: ProbeOutcome::Answered, origin: origin.to_owned(), problem: None }
}

fn summary() -> ProbeSummary {
    ProbeSummary {
        account_sid: AccountSid::from_digits(2),
        credentials: "API key",
        chat: answers("https://chat.twilio.com"),
        conversations: answers("https://conversations.twilio.com"),
        source: Api::Chat,
        routes: Routes { by_user: Some(12_400), by_channel: Some(130), user_page: 50, channel_page: 100 },
        services: vec![ProbedService {
            sid: ServiceSid::from_digits(1),
            friendly_name: Some("Support".to_owned()),
            channel_members_limit: Some(100),
            user_channels_limit: Some(250),
            users: Some(12_000),
            channels: Some(1),
            copy: Some(CopyCost::of(12_000, &BTreeMap::from([(2, 1)]))),
        }],
        requests_by_resource: BTreeMap::from([(Entity::User, 120), (Entity::Membership, 12_400)]),
        requests: 12_520,
        requests_exact: true,
        requests_per_second: Some(100),
        estimated_seconds: Some(125.2),
        elapsed_seconds: 1.5,
        hint: None,
    }
}

#[test]
fn a_probe_tells_what_answers_and_what_a_crawl_costs() {
    insta::assert_snapshot!("probe", summary().text());
    insta::assert_json_snapshot!("probe_object", summary());
}

#[test]
fn what_is_not_known_is_not_claimed() {
    let lower_bound = ProbeSummary { requests_exact: false, ..summary() };
    assert_eq!(
        lower_bound.verdict_line(),
        "a crawl takes at least 12,520 requests: at least 2m 05s at 100 requests a second"
    );
    let unlimited = ProbeSummary { requests_per_second: None, estimated_seconds: None, ..summary() };
    assert_eq!(unlimited.verdict_line(), "a crawl takes 12,520 requests");
    let problem = Some("404 Not Found".to_owned());
    let gone = ProbeSummary {
        hint: Some("check the SID".to_owned()),
        chat: Answer {
            answers: false,
            outcome: ProbeOutcome::Ended,
            problem,
            ..answers("https://chat.twilio.com")
        },
        services: Vec::new(),
        requests_by_resource: BTreeMap::new(),
        routes: Routes { by_user: None, by_channel: None, ..summary().routes },
        ..summary()
    };
    insta::assert_snapshot!("probe_gone", gone.text());
}

#[test]
fn a_probe_says_how_an_api_took_the_request() {
    for (outcome, line, verdict) in [
        (
            ProbeOutcome::Refused,
            "Chat           refused the credentials at",
            "Chat refused the credentials: ",
        ),
        (ProbeOutcome::Ended, "Chat           has ended at", "Chat has ended for this account: "),
        (ProbeOutcome::Unreachable, "Chat           unreachable at", "Chat is unreachable: "),
        (ProbeOutcome::Failed, "Chat           failed at", "Chat failed: "),
    ] {
        let chat = Answer { answers: false, outcome, ..answers("https://chat.twilio.com") };
        let text = ProbeSummary { chat, ..summary() }.text().to_string();
        assert!(text.contains(line), "{text}");
        assert!(text.contains(&format!("\n{verdict}nothing can be crawled")), "{text}");
    }
}
