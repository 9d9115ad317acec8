//! Reads one file that a run wrote: the record of `--result`, the result of an audit, or the package of an export.

use jiff::Timestamp;
use serde_json::Value;

use super::run_record::RECORD_FORMAT;
use super::state::AccountState;
use crate::error::ExitStatus;

/// The verbs whose outcome says whether an account's data is there.
const VERBS: [&str; 3] = ["crawl", "audit", "export"];

/// What a file says of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundRun {
    /// The file.
    pub place: String,
    /// The account's name in the accounts file.
    pub account: Option<String>,
    pub account_sid: Option<String>,
    /// The services that it is about; empty where that is not known.
    pub services: Vec<String>,
    /// When it ended, or began where it has not ended.
    pub time: Timestamp,
    pub state: AccountState,
    /// What it leads to.
    pub status: ExitStatus,
    pub users: Option<u64>,
    pub channels: Option<u64>,
    pub memberships: Option<u64>,
    pub problem: Option<String>,
}

/// Reads a file. None where it is of something else, or says of no account.
pub(super) fn read(place: &str, bytes: &[u8]) -> Option<FoundRun> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let found = if value.get("chatferry_result").is_some() {
        of_record(place, &value)
    } else if value.get("audit").is_some() && value.get("exit_code").is_some() {
        of_audit(place, &value)
    } else {
        of_package(place, &value)
    };
    found.filter(|found| found.account.is_some() || found.account_sid.is_some())
}

/// The record of `--result`.
fn of_record(place: &str, value: &Value) -> Option<FoundRun> {
    if value["chatferry_result"].as_u64()? > RECORD_FORMAT {
        tracing::warn!(place, "a record of a later version is left out");
        return None;
    }
    if !VERBS.contains(&value["verb"].as_str()?) {
        return None;
    }
    let result = &value["result"];
    // An audit has the summary of its crawl.
    let crawl = if result["crawl"].is_object() { &result["crawl"] } else { result };
    let code = value["exit_code"].as_u64();
    let (state, status) = match code {
        None => (AccountState::Unfinished, ExitStatus::Incomplete),
        Some(code) => judged(code, result["verdict"].as_str()),
    };
    let services = texts(&crawl["services"]);
    let problem = match code {
        None => Some("it is running, or it was killed".to_owned()),
        Some(_) => problem(&value["error"], crawl),
    };
    Some(FoundRun {
        services: if services.is_empty() { texts(&value["services"]) } else { services },
        time: time(&value["finished"]).or_else(|| time(&value["started"]))?,
        state,
        status,
        problem,
        ..counted(place, value, &crawl["counts"])
    })
}

/// The `result.json` of an audit.
fn of_audit(place: &str, value: &Value) -> Option<FoundRun> {
    let (state, status) = judged(value["exit_code"].as_u64()?, value["verdict"].as_str());
    Some(FoundRun {
        services: texts(&value["crawl"]["services"]),
        time: time(&value["finished"]).or_else(|| time(&value["started"]))?,
        state,
        status,
        problem: problem(&value["error"], &value["crawl"]),
        ..counted(place, value, &value["crawl"]["counts"])
    })
}

/// The `datapackage.json` of an export.
fn of_package(place: &str, value: &Value) -> Option<FoundRun> {
    let facts = value.get("chatferry")?;
    let (state, status) = judged(0, Some(facts["verdict"].as_str()?));
    let window = &facts["window"];
    let rows = |title: &str| {
        let of_title = |resource: &&Value| resource["title"] == title;
        let resource = value["resources"].as_array()?.iter().find(of_title)?;
        resource["rows"].as_u64().or_else(|| resource["row_count"].as_u64())
    };
    Some(FoundRun {
        services: texts(&facts["services"]),
        time: time(&window["finished"]).or_else(|| time(&window["started"]))?,
        state,
        status,
        users: rows("users"),
        channels: rows("channels"),
        memberships: rows("user_channels").or_else(|| rows("members")),
        ..counted(place, facts, &Value::Null)
    })
}

/// A run with the account and the counts of these objects.
fn counted(place: &str, whose: &Value, counts: &Value) -> FoundRun {
    let text = |key: &str| whose[key].as_str().map(str::to_owned);
    let number = |key: &str| counts[key].as_u64();
    FoundRun {
        place: place.to_owned(),
        account: text("account"),
        account_sid: text("account_sid"),
        services: Vec::new(),
        time: Timestamp::UNIX_EPOCH,
        state: AccountState::Missing,
        status: ExitStatus::Incomplete,
        users: number("users"),
        channels: number("channels"),
        memberships: number("user_channels").or_else(|| number("members")),
        problem: None,
    }
}

/// What an exit code and a verdict mean. A crawl that was finished before ends with 0, whatever its verdict.
fn judged(code: u64, verdict: Option<&str>) -> (AccountState, ExitStatus) {
    let status = ExitStatus::of_code(code).unwrap_or(ExitStatus::Failed);
    match status {
        ExitStatus::Done | ExitStatus::Findings => match verdict {
            Some("incomplete") => (AccountState::Incomplete, ExitStatus::Incomplete),
            Some("complete_with_drift") => (AccountState::Drifted, ExitStatus::Findings),
            _ => (AccountState::Complete, status),
        },
        ExitStatus::Incomplete | ExitStatus::Interrupted => (AccountState::Incomplete, status),
        ExitStatus::Failed | ExitStatus::Usage | ExitStatus::Refused => (AccountState::Failed, status),
    }
}

/// Why it is as it is, in one line.
fn problem(error: &Value, crawl: &Value) -> Option<String> {
    if let Some(message) = error["message"].as_str() {
        let causes = texts(&error["causes"]);
        return Some(std::iter::once(message.to_owned()).chain(causes).collect::<Vec<_>>().join(": "));
    }
    if let Some(stopped) = crawl["stopped"].as_str() {
        return Some(stopped.replace('_', " "));
    }
    let failures = crawl["failures"].as_u64().filter(|failures| *failures > 0)?;
    Some(if failures == 1 {
        "1 list could not be read".to_owned()
    } else {
        format!("{failures} lists could not be read")
    })
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ACCOUNT: &str = "AC00000000000000000000000000000001";

    fn record(exit_code: Option<u8>, result: &Value) -> FoundRun {
        let value = json!({
            "chatferry_result": 1, "verb": "crawl", "account": "acme", "account_sid": ACCOUNT, "services": ["IS1"],
            "started": "2026-12-02T01:00:00Z", "finished": exit_code.map(|_| "2026-12-02T02:00:00Z"),
            "exit_code": exit_code, "result": result, "error": null,
        });
        read("a/result.json", value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_record_says_how_its_run_ended() {
        let complete = record(
            Some(0),
            &json!({"verdict": "complete", "services": ["IS2"], "counts": {"users": 3, "user_channels": 7}}),
        );
        assert_eq!((complete.state, complete.status), (AccountState::Complete, ExitStatus::Done));
        assert_eq!((complete.users, complete.channels, complete.memberships), (Some(3), None, Some(7)));
        assert_eq!(complete.services, ["IS2"]);
        // It was finished before, and this run had nothing to do.
        let drifted = record(Some(0), &json!({"verdict": "complete_with_drift"}));
        assert_eq!((drifted.state, drifted.status), (AccountState::Drifted, ExitStatus::Findings));
        assert_eq!(drifted.services, ["IS1"], "the settings' where the result has none");
        let stopped = record(Some(130), &json!({"verdict": "incomplete", "stopped": "interrupted"}));
        assert_eq!((stopped.state, stopped.status), (AccountState::Incomplete, ExitStatus::Interrupted));
        assert_eq!(stopped.problem.as_deref(), Some("interrupted"));
        let refused = record(Some(3), &Value::Null);
        assert_eq!((refused.state, refused.status), (AccountState::Failed, ExitStatus::Refused));
        let killed = record(None, &Value::Null);
        assert_eq!((killed.state, killed.status), (AccountState::Unfinished, ExitStatus::Incomplete));
        assert_eq!(killed.time, "2026-12-02T01:00:00Z".parse().unwrap());
    }

    #[test]
    fn a_package_is_of_its_account_and_any_other_file_is_nothing() {
        let package = json!({
            "resources": [{"title": "users", "rows": 5}, {"title": "user_channels", "row_count": 9}],
            "chatferry": {
                "verdict": "complete", "account_sid": ACCOUNT, "services": ["IS1"],
                "window": {"started": "2026-12-02T01:00:00Z", "finished": "2026-12-02T02:00:00Z"},
            },
        });
        let found = read("p", package.to_string().as_bytes()).unwrap();
        assert_eq!((found.state, found.users, found.memberships), (AccountState::Complete, Some(5), Some(9)));
        for other in [
            "",
            "{}",
            "[]",
            "null",
            "{\"chatferry\": 1}",
            "{\"chatferry_result\": 9}",
            "{\"audit\": 1, \"exit_code\": 0}",
        ] {
            assert_eq!(read("p", other.as_bytes()), None, "{other}");
        }
    }
}
