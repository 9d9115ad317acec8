//! What a check of many accounts found: the object of `accounts check --json` and its text for people.

use serde::Serialize;

use super::format;
use super::probe::ProbeSummary;
use super::problem::Problem;
use super::table;
use crate::error::ExitStatus;
use crate::model::{AccountSid, Api};
use crate::printable::{Printable, PrintableLine, Tone};

const HEADER: [&str; 9] =
    ["OUTCOME", "NAME", "ACCOUNT", "READ FROM", "SERVICES", "USERS", "CHANNELS", "REQUESTS", "PROBLEM"];

/// What a check of all accounts found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AccountsSummary {
    /// In the order of the file.
    pub accounts: Vec<CheckedAccount>,
    /// How many of them can be crawled.
    pub usable: usize,
    /// The worst of all.
    pub exit_code: u8,
}

/// What was found of an account. Numbers are null where it did not answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CheckedAccount {
    /// Its number in the file, from 0.
    pub number: usize,
    pub name: String,
    pub account_sid: AccountSid,
    /// `ok`, `wrong settings`, `refused`, `interrupted` or `failed`.
    pub outcome: &'static str,
    /// `auth token`, `API key` or `OAuth client`.
    pub credentials: Option<&'static str>,
    /// The API that a crawl would read.
    pub source: Option<Api>,
    pub services: Option<u64>,
    pub users: Option<u64>,
    pub channels: Option<u64>,
    /// How many requests a crawl takes.
    pub requests: Option<u64>,
    /// What is wrong, in a line.
    pub problem: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code that `probe` would have.
    pub exit_code: u8,
}

impl CheckedAccount {
    pub(crate) fn of(
        number: usize,
        name: &str,
        sid: &AccountSid,
        probed: Result<ProbeSummary, Problem>,
        status: ExitStatus,
    ) -> Self {
        let mut checked = Self {
            number,
            name: name.to_owned(),
            account_sid: sid.clone(),
            outcome: outcome(status),
            credentials: None,
            source: None,
            services: None,
            users: None,
            channels: None,
            requests: None,
            problem: None,
            hint: None,
            exit_code: status.code(),
        };
        match probed {
            Ok(summary) => {
                checked.credentials = Some(summary.credentials);
                if status == ExitStatus::Done {
                    let services = &summary.services;
                    checked.source = Some(summary.source);
                    checked.services = Some(services.len() as u64);
                    checked.users = services.iter().map(|service| service.users).sum();
                    checked.channels = services.iter().map(|service| service.channels).sum();
                    checked.requests = Some(summary.requests);
                } else {
                    checked.problem = Some(summary.verdict_line());
                    checked.hint = summary.hint;
                }
            }
            Err(problem) => {
                let parts = std::iter::once(&problem.message).chain(&problem.causes);
                checked.problem = Some(parts.cloned().collect::<Vec<_>>().join(": "));
                checked.hint = problem.hint;
            }
        }
        checked
    }

    fn cells(&self) -> Vec<String> {
        let number = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), format::count);
        vec![
            self.outcome.to_owned(),
            self.name.clone(),
            self.account_sid.to_string(),
            self.source.map_or_else(|| "–".to_owned(), |api| api.title().to_owned()),
            number(self.services),
            number(self.users),
            number(self.channels),
            number(self.requests),
            self.problem.clone().unwrap_or_default(),
        ]
    }
}

fn outcome(status: ExitStatus) -> &'static str {
    match status {
        ExitStatus::Done | ExitStatus::Findings => "ok",
        ExitStatus::Usage => "wrong settings",
        ExitStatus::Refused => "refused",
        ExitStatus::Interrupted => "interrupted",
        ExitStatus::Failed | ExitStatus::Incomplete => "failed",
    }
}

impl AccountsSummary {
    pub(crate) fn of(accounts: impl IntoIterator<Item = CheckedAccount>, worst: ExitStatus) -> Self {
        let accounts: Vec<CheckedAccount> = accounts.into_iter().collect();
        let usable = accounts.iter().filter(|account| account.outcome == "ok").count();
        Self { accounts, usable, exit_code: worst.code() }
    }

    /// A line for each account, and how many can be crawled.
    pub(crate) fn text(&self) -> Printable {
        let rows: Vec<Vec<String>> = self.accounts.iter().map(CheckedAccount::cells).collect();
        let tone = |outcome: &str| match outcome {
            "ok" => Some(Tone::Good),
            "OUTCOME" => None,
            _ => Some(Tone::Bad),
        };
        let mut text = table::toned(&HEADER, &rows, tone);
        let all = self.accounts.len();
        let tone = if self.usable == all { Tone::Good } else { Tone::Bad };
        let verdict = format!("{} of {} can be crawled", self.usable, format::counted(all as u64, "account"));
        text.push(PrintableLine::verdict(tone, &verdict));
        text
    }
}
