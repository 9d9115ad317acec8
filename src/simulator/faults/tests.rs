//! Faults as they are written and as they strike.

use super::*;

#[test]
fn the_text_form_is_read() {
    let faults: Faults = "429=3%:retry-after=2, reset=0.5%,loop-user=4".parse().unwrap();
    assert!((faults.share(Fault::Throttled) - 0.03).abs() < 1e-9);
    assert_eq!(faults.retry_after(Fault::Throttled), Some(2));
    assert!((faults.share(Fault::Reset) - 0.005).abs() < 1e-9);
    assert_eq!(faults.count(Fault::LoopUser), Some(4));
    assert_eq!(faults.count(Fault::Changing), None);
    assert_eq!("".parse::<Faults>().unwrap(), Faults::default());
}

/// A read of something in Chat.
fn situation(key: u64) -> RequestTraits<'static> {
    RequestTraits {
        path: "/v2/Services/IS1/Users",
        key,
        chat: true,
        write: false,
        create: false,
        has_token: false,
        below_service: false,
    }
}

#[test]
fn paths_and_parameters_are_texts_and_may_come_again() {
    let text =
        "forbid=/Configuration,429=3%,forbid=/Users/*/Channels,ignore=Attributes,forbid=/Services/IS2/**";
    let faults: Faults = text.parse().unwrap();
    for path in
        ["/v1/Services/IS1/Configuration", "/v2/Services/IS1/Users/US1/Channels", "/v2/Services/IS2/Roles"]
    {
        assert!(faults.forbids(path), "{path}");
    }
    for path in
        ["/v1/Services/IS1/Configuration/Webhooks", "/v2/Services/IS1/Users/US1/Channels/CH1", "/v2/Services"]
    {
        assert!(!faults.forbids(path), "{path}");
    }
    assert!(faults.ignores("Attributes") && !faults.ignores("FriendlyName"));
    assert_eq!(
        "forbid=".parse::<Faults>().unwrap_err().to_string(),
        "the fault `forbid` needs a path such as `/Configuration`, not ``"
    );
}

#[test]
fn the_table_is_in_the_order_of_the_kinds() {
    assert!(FAULTS.iter().enumerate().all(|(index, (fault, ..))| *fault as usize == index));
}

#[test]
fn mistakes_are_named() {
    let error = "42=1%".parse::<Faults>().unwrap_err().to_string();
    assert!(error.starts_with("there is no fault `42`; known are 429, 500,"), "{error}");
    for wrong in ["429", "429=5", "429=101%", "loop-user=1%", "500=1%:retry-after=1", "503=1%:retry-after=x"]
    {
        assert!(wrong.parse::<Faults>().is_err(), "{wrong}");
    }
}

#[test]
fn a_request_gets_through_after_three_accidents() {
    let faults_of_attempts = AttemptFaults::new("500=100%".parse().unwrap(), Draws::new(1));
    let situation = situation(9);
    for _ in 0..3 {
        assert_eq!(faults_of_attempts.decide_for(situation), Some(AttemptFault::Status(500, None)));
    }
    assert_eq!(faults_of_attempts.decide_for(situation), None);
}

#[test]
fn shares_are_kept_and_repeatable() {
    let run = || {
        let faults_of_attempts = AttemptFaults::new("502=10%,reset=5%".parse().unwrap(), Draws::new(3));
        (0..10_000_u64).map(|key| faults_of_attempts.decide_for(situation(key))).collect::<Vec<_>>()
    };
    let (first, second) = (run(), run());
    assert_eq!(first, second);
    let gateway = first.iter().filter(|fault| **fault == Some(AttemptFault::Status(502, None))).count();
    assert!((800..1200).contains(&gateway), "{gateway}");
}

#[test]
fn a_token_expires_once() {
    let faults_of_attempts =
        AttemptFaults::new("expired-token=100%,flaky-404=100%".parse().unwrap(), Draws::new(1));
    let page = RequestTraits { has_token: true, ..situation(9) };
    assert_eq!(faults_of_attempts.decide_for(page), Some(AttemptFault::ExpiredToken));
    assert_eq!(faults_of_attempts.decide_for(page), None);
    let one = RequestTraits { below_service: true, ..situation(10) };
    assert_eq!(faults_of_attempts.decide_for(one), Some(AttemptFault::NotFound));
    assert_eq!(faults_of_attempts.decide_for(one), None);
}

#[test]
fn credentials_fail_after_the_given_number() {
    let faults_of_attempts = AttemptFaults::new("unauthorized-after=2".parse().unwrap(), Draws::new(1));
    assert_eq!(faults_of_attempts.decide_for(situation(1)), None);
    assert_eq!(faults_of_attempts.decide_for(situation(2)), None);
    assert_eq!(faults_of_attempts.decide_for(situation(3)), Some(AttemptFault::Status(401, None)));
}

#[test]
fn chat_is_gone_and_conversations_is_not() {
    let faults_of_attempts = AttemptFaults::new("chat-gone=1".parse().unwrap(), Draws::new(1));
    let situation = |chat| RequestTraits { chat, ..situation(1) };
    assert_eq!(faults_of_attempts.decide_for(situation(true)), None);
    assert_eq!(faults_of_attempts.decide_for(situation(true)), Some(AttemptFault::Status(410, None)));
    assert_eq!(faults_of_attempts.decide_for(situation(false)), None);
}
