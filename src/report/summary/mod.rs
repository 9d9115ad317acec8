//! How all accounts stand, as text, CSV and a page.

use std::io::{self, Write};

use ::csv::{Terminator, WriterBuilder};
use serde::Serialize;

use super::html::{self as page, TemplateError};
use super::text::{format, table};
use crate::error::{Advise, ExitStatus, Failure};
use crate::printable::{Printable, PrintableLine, Tone};
use crate::summary::{AccountRow, AccountState, AccountsOverview};

const TEMPLATE: &str = include_str!("page.html");

const HEADER: [&str; 9] =
    ["STATE", "NAME", "ACCOUNT", "SERVICES", "USERS", "CHANNELS", "MEMBERSHIPS", "WHEN", "PROBLEM"];

const COLUMNS: [&str; 12] = [
    "number",
    "name",
    "account_sid",
    "state",
    "services",
    "time",
    "users",
    "channels",
    "memberships",
    "problem",
    "place",
    "exit_code",
];

/// The summary cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OverviewError {
    #[error("the page of accounts cannot be laid out")]
    Page(#[from] TemplateError),
    #[error("the summary cannot be written")]
    Write(#[from] io::Error),
}

impl Advise for OverviewError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}

/// How a state is called in a line for people.
fn words(state: AccountState) -> &'static str {
    match state {
        AccountState::Drifted => "drifted",
        state => state.as_str(),
    }
}

fn tone(state: AccountState) -> Tone {
    match state {
        AccountState::Complete => Tone::Good,
        AccountState::Drifted => Tone::Caution,
        _ => Tone::Bad,
    }
}

/// How many accounts are in each state that there is: `38 complete, 1 failed, 1 missing`.
fn states(overview: &AccountsOverview) -> String {
    let there = overview.states.iter().filter(|count| count.accounts > 0);
    let parts: Vec<String> = there
        .map(|count| format!("{} {}", format::count(count.accounts as u64), words(count.state)))
        .collect();
    if parts.is_empty() { "nothing was found".to_owned() } else { parts.join(", ") }
}

/// A line for each account, and how many are in each state.
pub(crate) fn text(overview: &AccountsOverview) -> Printable {
    let rows: Vec<Vec<String>> = overview.accounts.iter().map(cells).collect();
    let of_word = |word: &str| AccountState::ALL.into_iter().find(|state| words(*state) == word).map(tone);
    let mut text = if rows.is_empty() { Printable::new() } else { table::toned(&HEADER, &rows, of_word) };
    let line =
        format!("{}: {}", format::counted(overview.accounts.len() as u64, "account"), states(overview));
    text.push(PrintableLine::verdict(overall(overview), &line));
    text
}

fn overall(overview: &AccountsOverview) -> Tone {
    match overview.status {
        ExitStatus::Done => Tone::Good,
        ExitStatus::Findings => Tone::Caution,
        _ => Tone::Bad,
    }
}

fn cells(row: &AccountRow) -> Vec<String> {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    let number = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), format::count);
    vec![
        words(row.state).to_owned(),
        or_dash(&row.name),
        or_dash(&row.account_sid),
        format::count(row.services.len() as u64),
        number(row.users),
        number(row.channels),
        number(row.memberships),
        or_dash(&row.time),
        row.problem.clone().unwrap_or_default(),
    ]
}

/// A row for each account.
pub(crate) fn csv(overview: &AccountsOverview) -> Result<Vec<u8>, OverviewError> {
    let failed = |error: ::csv::Error| OverviewError::Write(io::Error::other(error));
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for row in &overview.accounts {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let record = [
            row.number.map(|number| number.to_string()).unwrap_or_default(),
            text(&row.name),
            text(&row.account_sid),
            row.state.as_str().to_owned(),
            row.services.join(" "),
            text(&row.time),
            number(row.users),
            number(row.channels),
            number(row.memberships),
            text(&row.problem),
            text(&row.place),
            row.exit_code.to_string(),
        ];
        writer.write_record(record).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| OverviewError::Write(error.into_error()))
}

#[derive(Debug, Serialize)]
struct AccountsOverviewPage<'a> {
    headline: String,
    text: String,
    tone: &'static str,
    rows: Vec<AccountsOverviewRow<'a>>,
    tool_version: &'static str,
}

#[derive(Debug, Serialize)]
struct AccountsOverviewRow<'a> {
    state: &'static str,
    tone: &'static str,
    account: &'a AccountRow,
}

fn css(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Caution => "busy",
        _ => "bad",
    }
}

/// Writes the page.
pub(crate) fn html(overview: &AccountsOverview, out: &mut dyn Write) -> Result<(), OverviewError> {
    let all = overview.accounts.len();
    let complete = overview.accounts.iter().filter(|row| row.state <= AccountState::Drifted).count();
    let report = AccountsOverviewPage {
        headline: format!("{complete} of {} complete", format::counted(all as u64, "account")),
        text: format!("{}.", page::opening(&states(overview))),
        tone: css(overall(overview)),
        rows: overview
            .accounts
            .iter()
            .map(|account| AccountsOverviewRow {
                state: words(account.state),
                tone: css(tone(account.state)),
                account,
            })
            .collect(),
        tool_version: env!("CARGO_PKG_VERSION"),
    };
    let rendered = page::html("summary.html", TEMPLATE, &report)?;
    out.write_all(rendered.before.as_bytes())?;
    Ok(())
}
