//! Puts runs together by account, and says of each how it stands.

use serde::Serialize;

use super::record::FoundRun;
use super::state::AccountState;
use crate::error::ExitStatus;

/// An account of the accounts file.
#[derive(Debug, Clone)]
pub(crate) struct ExpectedAccount {
    pub name: String,
    pub sid: String,
    /// The services that its entry names; empty for whatever there is.
    pub services: Vec<String>,
}

/// How an account stands, by the newest file of each of its services.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AccountRow {
    /// Its number in the accounts file; null without one, or where the file lacks the account.
    pub number: Option<usize>,
    pub name: Option<String>,
    pub account_sid: Option<String>,
    pub state: AccountState,
    pub services: Vec<String>,
    /// When its newest run ended, or began where it has not ended.
    pub time: Option<String>,
    pub users: Option<u64>,
    pub channels: Option<u64>,
    pub memberships: Option<u64>,
    pub problem: Option<String>,
    /// The file that says so.
    pub place: Option<String>,
    pub exit_code: u8,
    #[serde(skip)]
    pub status: ExitStatus,
}

/// All accounts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AccountsOverview {
    /// In the order of the accounts file, then those that it lacks.
    pub accounts: Vec<AccountRow>,
    /// How many accounts are in each state.
    pub states: Vec<StateCount>,
    /// The worst of all.
    pub exit_code: u8,
    #[serde(skip)]
    pub status: ExitStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct StateCount {
    pub state: AccountState,
    pub accounts: usize,
}

/// Judges the accounts of the file, or without one all that runs are found of.
pub(crate) fn judge(mut runs: Vec<FoundRun>, expected: &[ExpectedAccount]) -> AccountsOverview {
    // The newest first; of one moment the file that says most.
    runs.sort_by(|one, other| {
        other
            .time
            .cmp(&one.time)
            .then_with(|| other.status.code().cmp(&one.status.code()))
            .then_with(|| one.place.cmp(&other.place))
    });
    let mut accounts: Vec<AccountRow> = Vec::new();
    for (number, account) in expected.iter().enumerate() {
        let (of_account, others) = runs.into_iter().partition(|run| is_of(run, account, expected));
        runs = others;
        accounts.push(row(Some((number, account)), &of_account));
    }
    while let Some(first) = runs.first().cloned() {
        let (of_account, others) = runs.into_iter().partition(|run| whose(run) == whose(&first));
        runs = others;
        accounts.push(row(None, &of_account));
    }
    accounts[expected.len()..]
        .sort_by(|one, other| (&one.account_sid, &one.name).cmp(&(&other.account_sid, &other.name)));
    let status = accounts.iter().fold(ExitStatus::Done, |worst, account| worst.worse(account.status));
    // Nothing at all is no success.
    let status = if accounts.is_empty() { ExitStatus::Incomplete } else { status };
    let counts = AccountState::ALL.map(|state| StateCount {
        state,
        accounts: accounts.iter().filter(|account| account.state == state).count(),
    });
    AccountsOverview { accounts, states: counts.to_vec(), exit_code: status.code(), status }
}

/// Whether a run is of this account: by its name, or by its SID and services where it has no name of the file.
fn is_of(run: &FoundRun, account: &ExpectedAccount, expected: &[ExpectedAccount]) -> bool {
    let known = run.account.as_ref().filter(|name| expected.iter().any(|account| account.name == **name));
    if let Some(name) = known {
        return *name == account.name;
    }
    run.account_sid.as_ref().is_some_and(|sid| *sid == account.sid)
        && (account.services.is_empty()
            || run.services.is_empty()
            || run.services.iter().any(|service| account.services.contains(service)))
}

/// What tells accounts apart that no file names.
fn whose(run: &FoundRun) -> Option<&String> {
    run.account_sid.as_ref().or(run.account.as_ref())
}

/// The row of an account with its runs, newest first.
fn row(expected: Option<(usize, &ExpectedAccount)>, runs: &[FoundRun]) -> AccountRow {
    let current = current(runs);
    let worst = current.iter().copied().max_by_key(|run| run.state);
    let newest = current.iter().map(|run| run.time).max();
    let mut services: Vec<String> = current.iter().flat_map(|run| run.services.iter().cloned()).collect();
    services.sort();
    services.dedup();
    let status = current.iter().fold(ExitStatus::Done, |status, run| status.worse(run.status));
    let sum = |number: fn(&FoundRun) -> Option<u64>| {
        current
            .iter()
            .map(|run| counted(runs, run, number))
            .sum::<Option<u64>>()
            .filter(|_| !current.is_empty())
    };
    let mut row = AccountRow {
        number: expected.map(|(number, _)| number),
        name: expected
            .map(|(_, account)| account.name.clone())
            .or_else(|| runs.iter().find_map(|run| run.account.clone())),
        account_sid: expected
            .map(|(_, account)| account.sid.clone())
            .or_else(|| runs.iter().find_map(|run| run.account_sid.clone())),
        state: worst.map_or(AccountState::Missing, |run| run.state),
        time: newest.map(|time| time.to_string()),
        users: sum(|run| run.users),
        channels: sum(|run| run.channels),
        memberships: sum(|run| run.memberships),
        problem: worst.and_then(|run| run.problem.clone()),
        place: worst.map(|run| run.place.clone()),
        exit_code: 0,
        status: if worst.is_some() { status } else { ExitStatus::Incomplete },
        services,
    };
    if let Some((_, account)) = expected {
        note_missing_services(&mut row, account);
    }
    row.exit_code = row.status.code();
    row
}

/// The newest run of each set of services. One that says of no service is about all of them.
fn current(runs: &[FoundRun]) -> Vec<&FoundRun> {
    let mut current: Vec<&FoundRun> = Vec::new();
    for run in runs {
        let is_superseded = current.iter().any(|newer| {
            newer.services == run.services || newer.services.is_empty() || run.services.is_empty()
        });
        if !is_superseded {
            current.push(run);
        }
    }
    current
}

/// A count of a run, or where it has none that of the newest other run of the same services.
fn counted(runs: &[FoundRun], run: &FoundRun, number: fn(&FoundRun) -> Option<u64>) -> Option<u64> {
    let same = runs.iter().filter(|other| other.services == run.services || run.services.is_empty());
    number(run).or_else(|| same.filter(|other| other.time <= run.time).find_map(number))
}

/// An account is not complete while nothing was found of a service that its entry names.
fn note_missing_services(row: &mut AccountRow, account: &ExpectedAccount) {
    let missing: Vec<&str> = account
        .services
        .iter()
        .filter(|service| !row.services.contains(service))
        .map(String::as_str)
        .collect();
    if missing.is_empty() || row.state > AccountState::Drifted {
        return;
    }
    row.state = AccountState::Incomplete;
    row.status = row.status.worse(ExitStatus::Incomplete);
    row.problem = Some(format!("nothing was found of {}", missing.join(", ")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(
        account: &str,
        services: &[&str],
        minute: u32,
        state: AccountState,
        status: ExitStatus,
    ) -> FoundRun {
        FoundRun {
            place: format!("{account}-{minute}"),
            account: None,
            account_sid: Some(account.to_owned()),
            services: services.iter().map(|service| (*service).to_owned()).collect(),
            time: format!("2026-12-02T02:{minute:02}:00Z").parse().unwrap(),
            state,
            status,
            users: Some(1),
            channels: None,
            memberships: Some(10),
            problem: None,
        }
    }

    fn expected(name: &str, sid: &str, services: &[&str]) -> ExpectedAccount {
        let services = services.iter().map(|service| (*service).to_owned()).collect();
        ExpectedAccount { name: name.to_owned(), sid: sid.to_owned(), services }
    }

    fn states(overview: &AccountsOverview) -> Vec<(Option<&str>, AccountState)> {
        overview.accounts.iter().map(|row| (row.name.as_deref(), row.state)).collect()
    }

    #[test]
    fn the_newest_run_of_a_service_counts_and_the_worst_service_of_an_account() {
        use AccountState::{Complete, Failed, Incomplete};
        let runs = vec![
            run("A", &["IS1"], 1, Failed, ExitStatus::Refused),
            run("A", &["IS1"], 2, Complete, ExitStatus::Done),
            run("B", &["IS2"], 2, Complete, ExitStatus::Done),
            run("B", &["IS3"], 1, Incomplete, ExitStatus::Incomplete),
            // It failed before it knew its service.
            run("C", &["IS4"], 1, Complete, ExitStatus::Done),
            run("C", &[], 2, Failed, ExitStatus::Refused),
        ];
        let overview = judge(runs, &[]);
        assert_eq!(
            overview.accounts.iter().map(|row| row.state).collect::<Vec<_>>(),
            [Complete, Incomplete, Failed]
        );
        assert_eq!(overview.accounts[1].users, Some(2), "of both services");
        assert_eq!((overview.exit_code, overview.status), (3, ExitStatus::Refused));
        assert_eq!(overview.accounts[0].exit_code, 0);
    }

    #[test]
    fn what_the_accounts_file_has_and_nothing_was_found_of_is_missing() {
        use AccountState::{Complete, Incomplete, Missing};
        let accounts = [
            expected("a", "A", &[]),
            expected("b", "B", &["IS2", "IS3"]),
            expected("c", "C", &[]),
            expected("b2", "B", &["IS4"]),
        ];
        let mut named = run("B", &[], 3, Complete, ExitStatus::Done);
        named.account = Some("b2".to_owned());
        let runs = vec![
            run("A", &["IS1"], 1, Complete, ExitStatus::Done),
            run("B", &["IS2"], 1, Complete, ExitStatus::Done),
            run("Z", &["IS9"], 1, Complete, ExitStatus::Done),
            named,
        ];
        let overview = judge(runs, &accounts);
        assert_eq!(
            states(&overview),
            [
                (Some("a"), Complete),
                (Some("b"), Incomplete),
                (Some("c"), Missing),
                (Some("b2"), Incomplete),
                (None, Complete)
            ]
        );
        assert_eq!(overview.accounts[1].problem.as_deref(), Some("nothing was found of IS3"));
        assert_eq!(overview.exit_code, 4);
        assert_eq!(judge(Vec::new(), &[]).exit_code, 4, "nothing at all is no success");
    }
}
