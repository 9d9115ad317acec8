//! Summaries of crawls as people and programs see them.

use super::*;
use crate::model::Api;

fn summary(verdict: Verdict) -> CrawlSummary {
    CrawlSummary {
        carried: None,
        verdict,
        stopped: None,
        resume: None,
        already_finished: false,
        snapshot: "snapshot.db".to_owned(),
        source: Api::Chat,
        evidence: vec!["user_counts", "channel_counts", "member_lists"],
        cross_check: None,
        services: vec![ServiceSid::from_digits(1)],
        counts: BTreeMap::from([
            (Entity::Service, 1),
            (Entity::Role, 6),
            (Entity::User, 312),
            (Entity::Channel, 48),
            (Entity::Membership, 4_211),
            (Entity::Member, 4_209),
        ]),
        requests: Requests { total: 1_002, retried: 14, throttled: 9, minimum: 988 },
        failures: 0,
        failed_units: Vec::new(),
        drift: 0,
        holes: 0,
        missing_memberships_count: 0,
        missing_memberships: Vec::new(),
        is_settled: false,
        not_found: Vec::new(),
        vanished: 0,
        issues: 0,
        elapsed_seconds: 12.34,
    }
}

fn failed(number: u64) -> CrawlSummary {
    let unit = |index| FailedUnit {
        subject: format!("user_channels of US{index:032x}"),
        error: "GET /v2/…/Channels: 500 after 8 attempts".to_owned(),
    };
    CrawlSummary {
        failures: number,
        failed_units: (0..number.min(100)).map(unit).collect(),
        ..summary(Verdict::Incomplete)
    }
}

#[test]
fn each_outcome_has_one_plain_verdict_line_at_its_end() {
    let drift = CrawlSummary { drift: 3, vanished: 1, issues: 2, ..summary(Verdict::CompleteWithDrift) };
    let interrupted = CrawlSummary { stopped: Some(Stopped::Interrupted), ..summary(Verdict::Incomplete) };
    let time_up = CrawlSummary { stopped: Some(Stopped::TimeUp), ..summary(Verdict::Incomplete) };
    let resume = Some("run it again without --restart".to_owned());
    let restarted = CrawlSummary { resume, ..time_up.clone() };
    let again = CrawlSummary { already_finished: true, ..summary(Verdict::Complete) };
    let holes = CrawlSummary { holes: 1, ..summary(Verdict::Incomplete) };
    let users_only = CrawlSummary {
        counts: BTreeMap::from([(Entity::Service, 1), (Entity::User, 1)]),
        ..summary(Verdict::Complete)
    };
    for (name, summary) in [
        ("complete", summary(Verdict::Complete)),
        ("users_only", users_only),
        ("drift", drift),
        ("failed", failed(7)),
        ("holes", holes),
        ("interrupted", interrupted),
        ("time_up", time_up),
        ("restarted", restarted),
        ("already_finished", again),
    ] {
        assert!(summary.text().to_string().ends_with(&summary.verdict_line()));
        insta::assert_snapshot!(format!("crawl_{name}"), summary.text());
    }
}

#[test]
fn the_object_has_the_keys_of_the_contract() {
    insta::assert_json_snapshot!("crawl_object", failed(1));
}

#[test]
fn what_was_checked_across_and_what_could_not_be_is_said() {
    let check = |of, lists| Some(CrossCheck { share: "1/7".to_owned(), lists, of });
    let by_user = CrawlSummary { cross_check: check("members", 12), ..summary(Verdict::Complete) };
    assert!(
        by_user
            .text()
            .to_string()
            .contains("  checked   members of 12 channels against the users' lists (share 1/7)\n")
    );
    let by_channel = CrawlSummary { cross_check: check("user_channels", 1), ..summary(Verdict::Complete) };
    assert!(
        by_channel
            .text()
            .to_string()
            .contains("  checked   channels of 1 user against the channels' lists (share 1/7)\n")
    );
    let of = |evidence| CrawlSummary { source: Api::Conversations, evidence, ..summary(Verdict::Complete) };
    assert!(of(vec!["member_list"]).text().to_string().contains("were compared with each other"));
    assert!(
        of(vec!["cross_check"])
            .text()
            .to_string()
            .contains("a share of the memberships was compared with the other route")
    );
    assert!(of(Vec::new()).text().to_string().contains("nothing shows whether rows are missing"));
    assert!(!summary(Verdict::Complete).text().to_string().contains("  source"));
}

#[test]
fn missing_memberships_are_named_and_reading_again_is_not_advised() {
    let missing = |user: u64, missing_from: &str| MissingMembership {
        user_sid: Some(format!("US{user:032x}")),
        identity: Some(format!("user-{user}")),
        channel_sid: Some(format!("CH{user:032x}")),
        member_sid: Some(format!("MB{user:032x}")),
        missing_from: missing_from.to_owned(),
        count: 1,
    };
    let counted =
        MissingMembership { channel_sid: None, member_sid: None, count: 4, ..missing(3, "counted") };
    let settled = CrawlSummary {
        holes: 7,
        missing_memberships_count: 6,
        missing_memberships: vec![missing(1, "user_channels"), missing(2, "members"), counted],
        is_settled: true,
        ..summary(Verdict::Incomplete)
    };
    insta::assert_snapshot!("crawl_missing_memberships", settled.text());
    let one = CrawlSummary {
        missing_memberships_count: 1,
        missing_memberships: vec![missing(1, "members")],
        ..settled.clone()
    };
    assert!(one.verdict_line().contains("but 1 membership is missing on one side"), "{}", one.verdict_line());
    // Where something could not be read, reading again is what helps.
    let failed = CrawlSummary { is_settled: false, failures: 1, ..settled };
    assert!(failed.verdict_line().contains("run the same command again"), "{}", failed.verdict_line());
}
